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
from collections.abc import Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from publisher.config import Site
from publisher.dates import parse_date
from publisher.files import path_below, resolved
from publisher.generators.generator import Generator, is_address
from publisher.identity import Identity
from publisher.post.address import quote_address
from publisher.post.drafts import Unclear, is_draft
from publisher.post.front_values import FrontValues, one_line
from publisher.post.keys import near_misses
from publisher.post.own_page import Known, own_page
from publisher.post.post import Post
from publisher.post.publish_table import mentions, publish_table
from publisher.post.words import description_words, title_words
from publisher.text.tree import Element

PUBLISH_DATES = (
    "publishdate", "publish_date", "pubdate", "published_at", "date_published", "published_date", "datepublished",
)  # fmt: skip
UPDATE_DATES = (
    "updated", "lastmod", "last_modified_at", "last_modified", "updateddate", "updated_date", "date_updated", "modified",
)  # fmt: skip
AUTHOR_KEYS = ("authors", "author")
ALIAS_KEYS = ("aliases", "alias", "redirect_from")
"""Keys that say where the post's page was before (Hugo's, Jekyll's)."""
ELEVENTY_WORDS = frozenset(("last modified", "created", "git last modified", "git created"))
"""What Eleventy fills in when it builds (11ty.dev/docs/dates, read 2026-11): no date that is known
here."""

_NO_TAGS = frozenset(("post", "posts", "all", "nav"))
"""Collections of Eleventy, which its posts name among their tags."""


class Head:
    """The front matter of one file, read. `source` is what follows it."""

    def __init__(self, values: FrontValues, source: str) -> None:
        self.values = values
        self.file = values.file
        self.config = values.config
        self.data = values.data
        self.source = source

    def post(self) -> Post:
        """What the front matter says."""
        site = self.config.site
        date, slug = self.date_and_slug()
        path = path_below(self.file, self.config.root)
        title = title_words(self.values.string("title"), site.title)
        channels, overrides = publish_table(self.values)
        draft = self.draft(path)
        address = own_page(self.values, Known(self.source, path, slug, date, draft))
        return Post(
            file=self.file,
            identity=Identity(self.known_path(path), address.url, self.values.string("id")),
            title=title,
            body=Element("div"),
            description=description_words(self.description, title),
            date=date,
            updated=self.updated(),
            draft=draft,
            not_before=self.not_before(date),
            expires=self.values.moment("expirydate", "expiry_date", "expires", "unpublishdate"),
            authors=self.authors(),
            tags=self.tags(),
            language=self.language(),
            slug=slug,
            url=address.url,
            url_source=address.source,
            url_problem=address.problem,
            aliases=self.aliases(site),
            digest=self.digest(),
            channels=channels,
            overrides=overrides,
            mentions=mentions(self.values),
            notes=self.near_misses(),
            whole=False,
        )

    def page(self) -> str:
        """The address alone; empty where it has none."""
        date, slug = self.date_and_slug()
        path = path_below(self.file, self.config.root)
        address = own_page(self.values, Known(self.source, path, slug, date, self.draft(path)))
        return "" if self.values.errors else address.url

    def known_path(self, path: str) -> str:
        """The path that the ledger knows it by: `path`, or where two sites share a ledger, one that
        tells them apart."""
        names_from = self.config.names_from()
        same = names_from == resolved(self.config.root)
        return path if same else path_below(self.file, names_from)

    def language(self) -> str:
        own = self.values.string("lang", "language", "locale").replace("_", "-")
        generator = self.config.generator
        of_name = generator.language(self.below_site(generator)) if generator and not own else ""
        return own or of_name or self.config.site.language

    def below_site(self, generator: Generator) -> PurePosixPath:
        return PurePosixPath(path_below(self.file, generator.root))

    @cached_property
    def description(self) -> str:
        """Some themes keep a picture in `preview`, or a flag in `teaser`: that is no description."""
        described = self.values.string("description", "summary", "excerpt")
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
            self.values.problem(str(error), hint, error.key)
            return True

    def near_misses(self) -> tuple[str, ...]:
        """Notes of keys that say little and are mistyped; the others are errors."""
        deciding, describing = near_misses(self.data, self.config.site.ignore_keys)
        for key, meant in deciding.items():
            hint = f"did you mean {meant!r}? if not, add it to [site] ignore_keys"
            self.values.problem(
                f"the key {key!r} is not known, and may decide where it goes", hint, key
            )
        return tuple(
            f"the key {key!r} is not known; did you mean {meant!r}?"
            for key, meant in describing.items()
        )

    def updated(self) -> dt.datetime | None:
        """When its page was last changed. Many let their site fill that in: what is no date says
        nothing."""
        dates = (parse_date(self.data.get(key), self.config.site.timezone) for key in UPDATE_DATES)
        return next((each for each in dates if each), None)

    def authors(self) -> tuple[str, ...]:
        """Their names: `Ada`, `[Ada, Grace]`, `{name: Ada}`, or a list of such tables."""
        value = next((self.data[key] for key in AUTHOR_KEYS if self.data.get(key)), ())
        found = [
            each.get("name") if isinstance(each, Mapping) else each
            for each in (value if isinstance(value, list | tuple) else [value])
        ]
        names = (one_line(each) for each in found if isinstance(each, str))
        return tuple(dict.fromkeys(name for name in names if name))

    def aliases(self, site: Site) -> tuple[str, ...]:
        """The addresses that its page had before, whole; what isn't below the site is passed over."""
        value = next((self.data[key] for key in ALIAS_KEYS if self.data.get(key)), ())
        found = [
            one_line(each)
            for each in (value if isinstance(value, list | tuple) else [value])
            if isinstance(each, str)
        ]
        base = site.base_url.rstrip("/")
        whole = (
            each if is_address(each) else f"{base}/{each.lstrip('/')}" if base else ""
            for each in found
        )
        return tuple(dict.fromkeys(quote_address(each) for each in whole if each))

    def not_before(self, date: dt.datetime | None) -> dt.datetime | None:
        """The latest of all dates that hold it back: Hugo builds a page when both are over."""
        published = self.values.moment(*PUBLISH_DATES)
        return max((each for each in (date, published) if each), default=None)

    def date_and_slug(self) -> tuple[dt.datetime | None, str]:
        """Jekyll puts both into the file's name: 2026-11-23-the-slug.md. The front matter comes
        first."""
        stem = self.file.parent.name if self.file.stem in ("index", "README") else self.file.stem
        named = re.fullmatch(r"(\d{4}-\d{1,2}-\d{1,2})[-_](.+)", stem)
        slug = self.values.string("slug") or (named[2] if named else stem)
        value = self.data.get("date")
        if isinstance(value, Mapping):  # Nuxt and others keep several there
            value = value.get("published") or value.get("created")
        if isinstance(value, str) and value.strip().lower() in ELEVENTY_WORDS:
            return None, slug
        if value is None or value == "":
            of_name = parse_date(named[1], self.config.site.timezone) if named else None
            return self.values.moment(*PUBLISH_DATES) or of_name, slug
        date = parse_date(value, self.config.site.timezone)
        if date is None:
            self.values.wrong_date("date", value)
        return date, slug

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
            self.values.problem(f"{key} is not a list", f"write {key}: [one, two]", key)
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
