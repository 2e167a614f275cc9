"""Front matter → what it says: the post without its text. Everything that is wrong with it is gathered,
and told together.

The keys are those that Hugo, Jekyll, Zola, Eleventy and Astro use (their documentation, read
2026-11-22).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from publisher import registry
from publisher.config import COMMON_OPTIONS, Config, Site, wrong_value
from publisher.dates import parse_date
from publisher.errors import PostError, PublishError, did_you_mean
from publisher.files import path_below, read_text, resolved
from publisher.generators.generator import Generator, is_address
from publisher.generators.listing import listed
from publisher.generators.page import Page
from publisher.hosts import parts_of
from publisher.identity import Identity
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
from publisher.post.drafts import Unclear, is_draft
from publisher.post.frontmatter import split
from publisher.post.keys import near_misses
from publisher.post.post import NOBODY, Post
from publisher.post.words import description_words, title_words
from publisher.text.tree import Element

SIZE_LIMIT = 5_000_000
"""Bytes. The longest of 6,910 real posts has a fifth of that."""

NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufeff\ufffe\uffff]")
"""Control characters, which a terminal would obey; noncharacters, some of which are marks here; and
a byte order mark, of which X says that it is no text."""

PUBLISH_DATES = (
    "publishdate", "publish_date", "pubdate", "published_at", "date_published", "published_date", "datepublished",
)  # fmt: skip
ADDRESS_KEYS = ("canonical_url", "canonicalurl", "canonical", "permalink", "url", "path")
"""Keys that say where the post's page is."""
ELEVENTY_WORDS = frozenset(("last modified", "created", "git last modified", "git created"))
"""What Eleventy fills in when it builds (11ty.dev/docs/dates, read 2026-11): no date that is known
here."""

_NO_TAGS = frozenset(("post", "posts", "all", "nav"))
"""Collections of Eleventy, which its posts name among their tags."""


class Head:
    """The front matter of one file, read. `text` is the whole file, `source` what follows the front
    matter; `errors` is what is wrong so far."""

    def __init__(
        self, file: Path, config: Config, text: str, data: Mapping[str, Any], source: str
    ) -> None:
        self.file = file
        self.config = config
        self.text = text
        self.data = data
        self.source = source
        self.errors: list[PublishError] = []
        self.described = ""

    def post(self) -> Post:
        """What the front matter says."""
        site = self.config.site
        date, slug = self.date_and_slug()
        path = path_below(self.file, self.config.root)
        title = title_words(self.string("title"), site.title)
        channels, overrides = self.publish()
        draft = self.draft(path)
        address = self.address(site, date, slug, path, draft=draft)
        self.described = self.description()
        return Post(
            file=self.file,
            identity=Identity(self.known_path(path), address.url, self.string("id")),
            title=title,
            body=Element("div"),
            description=description_words(self.described, title),
            date=date,
            draft=draft,
            not_before=self.not_before(date),
            expires=self.moment("expirydate", "expiry_date", "expires", "unpublishdate"),
            tags=self.tags(),
            language=self.language(),
            slug=slug,
            url=address.url,
            url_source=address.source,
            url_problem=address.problem,
            digest=self.digest(),
            channels=channels,
            overrides=overrides,
            mentions=self.mentions(),
            notes=self.near_misses(),
            whole=False,
        )

    def page(self) -> str:
        """The address alone; empty where it has none."""
        date, slug = self.date_and_slug()
        path = path_below(self.file, self.config.root)
        address = self.address(self.config.site, date, slug, path, draft=self.draft(path))
        return "" if self.errors else address.url

    def known_path(self, path: str) -> str:
        """The path that the ledger knows it by: `path`, or where two sites share a ledger, one that
        tells them apart."""
        names_from = self.config.names_from()
        same = names_from == resolved(self.config.root)
        return path if same else path_below(self.file, names_from)

    def problem(self, message: str, hint: str, key: str) -> None:
        self.errors.append(PostError(message, hint=hint, file=self.file, line=self.line(key)))

    def line(self, key: str) -> int | None:
        """Where a front matter key stands in the file; at the beginning of a line, if there is such
        a place."""
        named = rf"""["']?{re.escape(key)}["']?\s*[:=]"""
        for pattern in (rf"\s*{named}", rf"""[^#]*[\s{{,]{named}"""):
            for number, line in enumerate(self.text.split("\n"), 1):
                if re.match(pattern, line, re.IGNORECASE):
                    return number
        return None

    def string(self, *keys: str) -> str:
        """The first of these keys that is there, as one line of text."""
        for key in keys:
            value = self.data.get(key)
            if value is None or value == "" or value is False:
                continue
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                return one_line(str(value))
            self.problem(f"{key} is not a text", "write it in quotes", key)
        return ""

    def language(self) -> str:
        own = self.string("lang", "language", "locale").replace("_", "-")
        generator = self.config.generator
        of_name = generator.language(self.below_site(generator)) if generator and not own else ""
        return own or of_name or self.config.site.language

    def below_site(self, generator: Generator) -> PurePosixPath:
        return PurePosixPath(path_below(self.file, generator.root))

    def description(self) -> str:
        """Some themes keep a picture in `preview`, or a flag in `teaser`: that is no description."""
        described = self.string("description", "summary", "excerpt")
        for key in ("teaser", "preview", "subtitle", "lead", "dek", "abstract"):
            value = self.data.get(key)
            if not described and isinstance(value, str) and " " in value.strip():
                described = one_line(value)
        return described

    def draft(self, path: str) -> bool:
        try:
            return is_draft(self.data, path)
        except Unclear as error:
            hint = f"write {error.key}: true or {error.key}: false"
            self.problem(str(error), hint, error.key)
            return True

    def near_misses(self) -> tuple[str, ...]:
        """Notes of keys that say little and are mistyped; the others are errors."""
        deciding, describing = near_misses(self.data, self.config.site.ignore_keys)
        for key, meant in deciding.items():
            hint = f"did you mean {meant!r}? if not, add it to [site] ignore_keys"
            self.problem(f"the key {key!r} is not known, and may decide where it goes", hint, key)
        return tuple(
            f"the key {key!r} is not known; did you mean {meant!r}?"
            for key, meant in describing.items()
        )

    def moment(self, *keys: str) -> dt.datetime | None:
        """The first of these dates that is there."""
        for key in keys:
            value = self.data.get(key)
            if value is None or value in ("", True, False):
                continue
            # "Never" is written as a year far away.
            date = parse_date(value, self.config.site.timezone, latest=9999)
            if date is None:
                self.wrong_date(key, value)
            return date
        return None

    def not_before(self, date: dt.datetime | None) -> dt.datetime | None:
        """The latest of all dates that hold it back: Hugo builds a page when both are over."""
        published = self.moment(*PUBLISH_DATES)
        return max((each for each in (date, published) if each), default=None)

    def wrong_date(self, key: str, value: object) -> None:
        self.problem(
            f"{key} {str(value)!r} is not a date",
            "write for example 2026-11-23 or 2026-11-23T18:00:00+01:00",
            key,
        )

    def date_and_slug(self) -> tuple[dt.datetime | None, str]:
        """Jekyll puts both into the file's name: 2026-11-23-the-slug.md. The front matter comes
        first."""
        stem = self.file.parent.name if self.file.stem in ("index", "README") else self.file.stem
        named = re.fullmatch(r"(\d{4}-\d{1,2}-\d{1,2})[-_](.+)", stem)
        slug = self.string("slug") or (named[2] if named else stem)
        value = self.data.get("date")
        if isinstance(value, Mapping):  # Nuxt and others keep several there
            value = value.get("published") or value.get("created")
        if isinstance(value, str) and value.strip().lower() in ELEVENTY_WORDS:
            return None, slug
        if value is None or value == "":
            of_name = parse_date(named[1], self.config.site.timezone) if named else None
            return self.moment(*PUBLISH_DATES) or of_name, slug
        date = parse_date(value, self.config.site.timezone)
        if date is None:
            self.wrong_date("date", value)
        return date, slug

    def address(
        self,
        site: Site,
        date: dt.datetime | None,
        slug: str,
        path: str,
        *,
        draft: bool,
    ) -> Address:
        """The post's own address: as the front matter says it, by the permalink of publish.toml, or
        as the site's generator makes it."""
        publish = self.data.get("publish")
        told = publish.get("url") if isinstance(publish, dict) else None
        if told in ("none", False):
            return Address(source=NOBODY)
        given = one_line(told) if isinstance(told, str) else ""
        given = given or self.string("canonical_url")
        for key in ("canonicalurl", "canonical"):  # some themes keep a table there, or a flag
            theirs = self.data.get(key)
            if not given and isinstance(theirs, str) and is_address(theirs.strip()):
                given = theirs.strip()
        generator = self.config.generator
        if generator is not None and not given and not site.permalink:
            if draft and not generator.builds_drafts:
                return Address(problem=f"{generator.name} builds no page of a draft")
            page = Page(
                path=self.below_site(generator),
                data=self.data,
                title=self.string("title"),
                heading=_heading_of(self.source),
                date=date,
                zone=site.timezone,
                head_of=_head_of,
            )
            output = self.config.root / site.built if site.built else generator.output()
            address = of_generator(
                generator, page, site.base_url, output, own="base_url" in site.own
            )
            if not site.build_list:
                return address
            listing = listed(site.build_list, generator.root, site.base_url.rstrip("/"))
            return of_listing(address, listing, page, generator.name)
        given = given or self.string("permalink", "url")
        if is_pattern(given):
            given = ""
        if not given and self.string("path"):
            given = "/" + self.string("path").strip("/") + "/"
        where = FRONT_MATTER
        if not given and site.permalink:
            given, where = self.by_permalink(site, date, slug, path), CONFIGURATION
        if given and not has_scheme(given) and site.base_url:
            # Below the site, wherever that is: https://example.org/blog/ and /news/x/ give
            # /blog/news/x/.
            given = f"{site.base_url.rstrip('/')}/{given.lstrip('/')}"
        if not is_address(given):
            return Address()
        if parts_of(given) is None:
            self.problem(
                f"its address {given!r} can't be read",
                "write for example https://example.org/news/x/",
                next((key for key in ADDRESS_KEYS if self.data.get(key)), "publish"),
            )
            return Address()
        return Address(quote_address(given), where)

    def by_permalink(self, site: Site, date: dt.datetime | None, slug: str, path: str) -> str:
        """What the permalink of publish.toml makes of the post; empty where it can't be filled in,
        which is an error."""
        if date is None and re.search(r"\{(year|month|day)\}", site.permalink):
            self.problem(
                "has no date, which the site's permalink needs",
                "add a line date: 2026-11-23",
                "title",
            )
        day = date.astimezone(site.timezone) if date else dt.datetime(1, 1, 1, tzinfo=dt.UTC)
        known = {
            "slug": slug, "year": f"{day:%Y}", "month": f"{day:%m}", "day": f"{day:%d}",
            "path": str(PurePosixPath(path).with_suffix("")),
        }  # fmt: skip
        try:
            return site.permalink.format_map(known)
        except (LookupError, ValueError, AttributeError):
            self.errors.append(
                PostError(
                    f"the permalink {site.permalink!r} can't be filled in",
                    hint=f"it may contain {', '.join('{' + name + '}' for name in known)}",
                    file=self.config.path or self.file,
                )
            )
            return ""

    def tags(self) -> tuple[str, ...]:
        taxonomies = self.data.get("taxonomies")
        tables = [self.data, taxonomies if isinstance(taxonomies, dict) else {}]
        for key in ("tags", "categories", "topics", "keywords"):
            for table in tables:
                if tags := self.tags_in(table.get(key) or (), key):
                    return tags
        return ()

    def tags_in(self, value: Any, key: str) -> tuple[str, ...]:
        if isinstance(value, str):
            value = value.split(",") if "," in value else value.split()
        if not isinstance(value, list | tuple):
            self.problem(f"{key} is not a list", f"write {key}: [one, two]", key)
            return ()
        words = (one_line(str(tag)) for tag in value if isinstance(tag, str | int | float))
        return tuple(dict.fromkeys(tag for tag in words if tag and tag.lower() not in _NO_TAGS))

    def digest(self) -> str:
        """SHA-256 of the front matter and the text, whatever the order of keys."""
        own = {
            key: value for key, value in self.data.items() if key not in ("syndication", "mastodon")
        }
        told = json.dumps(own, sort_keys=True, default=str, ensure_ascii=True)
        return hashlib.sha256(f"{told}\n{self.source.strip()}".encode()).hexdigest()

    def publish(self) -> tuple[tuple[str, ...] | None, Mapping[str, Mapping[str, Any]]]:
        value = self.data.get("publish")
        if value in (None, True, False, "yes", "no", "on", "off"):
            return None, {}
        if not isinstance(value, dict):
            self.problem(
                "publish is not a table",
                "write publish: {channels: [mastodon, discord]}",
                "publish",
            )
            return None, {}
        known = dict.fromkeys((*self.config.channels, *registry.names()))
        channels: tuple[str, ...] | None = None
        overrides: dict[str, Mapping[str, Any]] = {}
        for key, table in value.items():
            if key == "channels":
                names = (
                    [name.strip() for name in table.split(",")] if isinstance(table, str) else table
                )
                if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                    self.problem(
                        "publish: channels is not a list",
                        "write channels: [mastodon, discord]",
                        "channels",
                    )
                    continue
                for name in names:
                    if name not in known:
                        self.problem(
                            f"publish: there is no channel {name!r}",
                            did_you_mean(name, known),
                            "channels",
                        )
                channels = tuple(dict.fromkeys(names))
            elif key == "url":
                if table not in ("none", False) and not (isinstance(table, str) and table.strip()):
                    self.problem(
                        "publish: url is no address", "write url: none, or an address", "url"
                    )
            elif key not in known:
                self.problem(
                    f"publish: there is no channel {key!r}",
                    did_you_mean(str(key), (*known, "channels", "url")),
                    str(key),
                )
            elif not isinstance(table, dict):
                self.problem(f"publish: {key} is not a table", f"write {key}: {{text: …}}", key)
            else:
                overrides[key] = MappingProxyType(self.override(key, table))
        return channels, overrides

    def override(self, channel: str, table: dict[str, Any]) -> dict[str, Any]:
        section = self.config.channels.get(channel)
        adapter = registry.load(section.adapter if section else channel)
        options = {
            option.name: option for option in (*COMMON_OPTIONS, *adapter.options) if option.in_post
        }
        known = (*options, *(() if adapter.html else ("text",)))
        checked: dict[str, Any] = {}
        for key, value in table.items():
            if key == "text" and "text" in known and isinstance(value, str):
                checked[key] = only_text(value).strip()
            elif key not in options:
                self.problem(f"publish: {channel} has no {key!r}", did_you_mean(key, known), key)
            elif wrong := wrong_value(options[key], value):
                self.problem(f"publish: {channel}: {key} {wrong}", options[key].help, key)
            else:
                checked[key] = only_text(value) if isinstance(value, str) else value
        return checked

    def mentions(self) -> Mapping[str, Mapping[str, str]]:
        """{"@ada": {"mastodon": "@ada@example.social"}}: whom an @word in the text means, by
        adapter."""
        value = self.data.get("mentions") or {}
        if not isinstance(value, dict) or not all(
            isinstance(table, dict) and all(isinstance(name, str) for name in table.values())
            for table in value.values()
        ):
            self.problem(
                "mentions is not a table of tables",
                'write mentions: {"@ada": {mastodon: "@ada@example.social"}}',
                "mentions",
            )
            return {}
        return {
            "@" + str(name).lstrip("@"): {key: one_line(handle) for key, handle in table.items()}
            for name, table in value.items()
        }


def one_line(text: str) -> str:
    """White space folded, control characters gone: fit for a header, a title, a terminal."""
    return " ".join(
        "".join(c if unicodedata.category(c) != "Cc" else " " for c in only_text(text)).split()
    )


def only_text(text: str) -> str:
    """Without what is no text: an escape in front matter ("\\e", "\\ud800") makes it of harmless
    characters."""
    return NOT_TEXT.sub("", text).encode("utf-8", "ignore").decode()


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
