"""Where a post's own page is: as its front matter says it, by the permalink of publish.toml, or as the
site's generator makes it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from publisher.errors import PostError, PublishError
from publisher.files import path_below, read_text
from publisher.generators.generator import Generator, is_address
from publisher.generators.listing import listed
from publisher.generators.page import Page
from publisher.hosts import parts_of
from publisher.post.address import (
    CONFIGURATION,
    FRONT_MATTER,
    Address,
    has_scheme,
    is_pattern,
    of_generator,
    of_listing,
    quote_address,
)
from publisher.post.front_values import SIZE_LIMIT, FrontValues, one_line
from publisher.post.frontmatter import split
from publisher.post.post import NOBODY

ADDRESS_KEYS = ("canonical_url", "canonicalurl", "canonical", "permalink", "url", "path")
"""Keys that say where the post's page is."""


@dataclass(frozen=True, slots=True)
class Known:
    """What else is known of a post, of which an address may be made. `source` is its text as it is
    written, `path` its file below the configuration's folder."""

    source: str
    path: str
    slug: str
    date: dt.datetime | None
    draft: bool


def own_page(values: FrontValues, known: Known) -> Address:
    """Problems with what is written are added to the `values`."""
    config = values.config
    publish = values.data.get("publish")
    told = publish.get("url") if isinstance(publish, dict) else None
    if told in ("none", False):
        return Address(source=NOBODY)
    given = one_line(told) if isinstance(told, str) else ""
    given = given or _canonical(values)
    if config.generator is not None and not given and not config.site.permalink:
        return _by_generator(config.generator, values, known)
    given = given or _plain(values)
    where = FRONT_MATTER
    if not given and config.site.permalink:
        given, where = _by_permalink(values, known), CONFIGURATION
    if given and not has_scheme(given) and config.site.base_url:
        # Below the site, wherever that is: https://example.org/blog/ and /news/x/ give
        # /blog/news/x/.
        given = f"{config.site.base_url.rstrip('/')}/{given.lstrip('/')}"
    if not is_address(given):
        return Address()
    if parts_of(given) is None:
        values.problem(
            f"its address {given!r} can't be read",
            "write for example https://example.org/news/x/",
            next((key for key in ADDRESS_KEYS if values.data.get(key)), "publish"),
        )
        return Address()
    return Address(quote_address(given), where)


def _canonical(values: FrontValues) -> str:
    """What the front matter says of the page on any site. Some themes keep a table there, or a
    flag."""
    theirs = (values.data.get(key) for key in ("canonicalurl", "canonical"))
    addresses = (each.strip() for each in theirs if isinstance(each, str))
    return values.string("canonical_url") or next(filter(is_address, addresses), "")


def _plain(values: FrontValues) -> str:
    """What it says where no generator is known, which would make something of it; a pattern is none."""
    given = values.string("permalink", "url")
    if given and not is_pattern(given):
        return given
    path = values.string("path").strip("/")
    return f"/{path}/" if path else ""


def _by_generator(generator: Generator, values: FrontValues, known: Known) -> Address:
    config, site = values.config, values.config.site
    if known.draft and not generator.builds_drafts:
        return Address(problem=f"{generator.name} builds no page of a draft")
    page = Page(
        path=PurePosixPath(path_below(values.file, generator.root)),
        data=values.data,
        title=values.string("title"),
        heading=_heading_of(known.source),
        date=known.date,
        zone=site.timezone,
        head_of=_head_of,
    )
    address = of_generator(
        generator, page, site.base_url, config.built(), own="base_url" in site.own
    )
    if not site.build_list:
        return address
    listing = listed(site.build_list, generator.root, site.base_url.rstrip("/"))
    return of_listing(address, listing, page, generator.name)


def _by_permalink(values: FrontValues, known: Known) -> str:
    """What the permalink of publish.toml makes of the post; empty where it can't be filled in,
    which is an error."""
    site, date = values.config.site, known.date
    if date is None and re.search(r"\{(year|month|day)\}", site.permalink):
        values.problem(
            "has no date, which the site's permalink needs",
            "add a line date: 2026-11-23",
            "title",
        )
    day = date.astimezone(site.timezone) if date else dt.datetime(1, 1, 1, tzinfo=dt.UTC)
    parts = {
        "slug": known.slug, "year": f"{day:%Y}", "month": f"{day:%m}", "day": f"{day:%d}",
        "path": str(PurePosixPath(known.path).with_suffix("")),
    }  # fmt: skip
    try:
        return site.permalink.format_map(parts)
    except (LookupError, ValueError, AttributeError):
        values.errors.append(
            PostError(
                f"the permalink {site.permalink!r} can't be filled in",
                hint=f"it may contain {', '.join('{' + name + '}' for name in parts)}",
                file=values.config.path or values.file,
            )
        )
        return ""


def _heading_of(source: str) -> str:
    """The first heading of a text that begins with one, as it is written."""
    found = re.match(r"\s*#[ \t]+(.+?)[ \t]*#*[ \t]*$", source, re.MULTILINE)
    return one_line(found[1]) if found else ""


def _head_of(file: Path) -> Mapping[str, Any]:
    """The front matter of another file of the site; empty where it can't be read."""
    try:
        return _head_as_of(file, file.stat().st_mtime_ns)
    except (OSError, PublishError):
        return {}


@lru_cache(maxsize=256)
def _head_as_of(file: Path, _time: int) -> Mapping[str, Any]:
    """A section's file is asked for by every post in it: it is read once. Raises PostError."""
    return split(read_text(file, SIZE_LIMIT, PostError), file)[0]
