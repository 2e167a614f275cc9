"""Hugo: gohugo.io/content-management/urls, /organization and /multilingual (read 2026-11), held
against hugo 0.111."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from publisher.generators import slugs
from publisher.generators.generator import MARKDOWN, FirstPost, Generator, inside
from publisher.generators.literals import read
from publisher.generators.page import Facts, NoAddress, NotBuilt, Page

FILES = tuple(
    f"{name}.{kind}" for name in ("hugo", "config") for kind in ("toml", "yaml", "yml", "json")
)
_BUNDLE = frozenset(("index",))
_CASCADED = frozenset(("url", "slug", "draft", "build", "_build", "headless", "outputs", "path"))
"""What a section may set for the pages in it, and is looked for in its own file only here."""


def find(folder: Path) -> Hugo | None:
    """The site whose top is `folder`."""
    for name in FILES:
        file = folder / name
        if file.is_file():
            settings = _small(read(file))
            if "baseurl" in settings or name.startswith("hugo"):
                return Hugo(folder, file, settings)
    default = folder / "config" / "_default"
    for name in FILES:
        if (default / name).is_file():
            return Hugo(folder, default / name, _of_folder(folder / "config", name))
    return None


def _of_folder(config: Path, name: str) -> dict[str, Any]:
    """What config/_default and config/production say together."""
    settings: dict[str, Any] = {}
    for folder in (config / "_default", config / "production"):
        main = folder / name
        if main.is_file():
            settings |= _small(read(main))
        for file in sorted(folder.glob("*.*")) if folder.is_dir() else ():
            key, _, language = file.stem.partition(".")
            if f"{file.stem}{file.suffix}" not in FILES and file.suffix in (
                ".toml",
                ".yaml",
                ".yml",
                ".json",
            ):
                table = settings.setdefault(key.lower(), {})
                if not language and isinstance(table, dict):
                    table |= _small(read(file))
    return settings


class Hugo(Generator):
    name = "Hugo"
    built = ("publishdir", "public")
    first_post = FirstPost("content/posts/{slug}.md", clock=True)
    placeholders = ("https://example.org", "http://example.org")

    def read_facts(self) -> Facts:
        language = self._table_of(self.default_language)
        return Facts(
            base_url=str(language.get("baseurl") or self.text("baseurl")),
            title=str(language.get("title") or self.text("title")),
            language=str(
                language.get("languagecode") or self.text("languagecode") or self.default_language
            ),
            timezone=self.text("timezone"),
            static=self.text("staticdir") or "static",
        )

    @property
    def default_language(self) -> str:
        return (self.text("defaultcontentlanguage") or "en").lower()

    def base_for(self, page: Page) -> str:
        own = str(self._table_of(self.language_of(page.path)).get("baseurl") or "")
        return self._absolute(own) if own else self.facts.base_url

    def output(self) -> Path | None:
        hosts = [table for table in self._languages().values() if table.get("baseurl")]
        return None if hosts else super().output()

    def path(self, page: Page) -> str:
        language = self.language_of(page.path)
        inner = self._below_content(page.path, language)
        self._demand_built(page, inner)
        prefix = self._prefix(language)
        name, folder = self._name(inner), inner.parent
        if name == "_index":
            raise NotBuilt("it is the page of a section, and no post")
        is_bundle = name in _BUNDLE
        if is_bundle:
            name, folder = folder.name, folder.parent
        if given := page.text("url"):
            return self._given(given, prefix, page, inner, name)
        if pattern := self._pattern(inner, language):
            return prefix + self._filled(pattern, page, inner, name)
        own = page.text("slug") or self._name_after_date(name) or name
        whole = self._made("/".join((*folder.parts, own)))
        return f"{prefix}/{whole}{'.html' if self._is_ugly(inner) else '/'}"

    def language(self, path: PurePosixPath) -> str:
        language = self.language_of(path)
        if language not in self._languages():
            return ""
        return str(self._table_of(language).get("languagecode") or language)

    def language_of(self, path: PurePosixPath) -> str:
        """By the file's name (bonjour.fr.md), else by the folder that a language has to itself."""
        suffix = path.stem.rpartition(".")[2].lower() if "." in path.stem else ""
        if suffix in self._languages():
            return suffix
        for language, table in self._languages().items():
            folder = str(table.get("contentdir") or "")
            if folder and path.is_relative_to(folder):
                return language
        return self.default_language

    def linked(self, target: str, page: PurePosixPath) -> Path | None:
        """What `ref` and `relref` name: a path in the content folder or beside the page, or a name."""
        target = target.strip().removesuffix("/")
        content = PurePosixPath(self._content(self.language_of(page)))
        places = [content] if target.startswith("/") else [page.parent, content]
        plain = target.lstrip("/")
        names = [plain] if plain.endswith(MARKDOWN) else [f"{plain}.md", f"{plain}/index.md"]
        if found := self.existing(*(place / name for place in places for name in names)):
            return found
        if "/" in plain:
            return None
        root = self.root / content
        same = [file for name in names[:1] for file in root.rglob(name)] + list(
            root.rglob(f"{plain}/index.md")
        )
        return same[0] if len(same) == 1 else None

    def asset(self, file: PurePosixPath, page: PurePosixPath) -> str | None:
        """What lies in a page's own folder is published below the page."""
        if self._name(page) in _BUNDLE and file.is_relative_to(page.parent):
            return str(file.relative_to(page.parent))
        return super().asset(file, page)

    def _languages(self) -> dict[str, dict[str, Any]]:
        tables = self.table("languages")
        return {name: table for name, table in tables.items() if isinstance(table, dict)}

    def _table_of(self, language: str) -> dict[str, Any]:
        return self._languages().get(language, {})

    def _prefix(self, language: str) -> str:
        """Every language but the default one is below its name; with a host of its own none is."""
        if not self._languages() or self._table_of(language).get("baseurl"):
            return ""
        in_folder = self.settings.get("defaultcontentlanguageinsubdir")
        return "" if language == self.default_language and not in_folder else f"/{language}"

    def _content(self, language: str) -> str:
        own = str(self._table_of(language).get("contentdir") or "")
        return own or self.text("contentdir") or "content"

    def _below_content(self, path: PurePosixPath, language: str) -> PurePosixPath:
        mounts = self.table("module").get("mounts")
        for mount in mounts if isinstance(mounts, list) else ():
            if not isinstance(mount, dict):
                continue
            target = PurePosixPath(str(mount.get("target", "")))
            source = str(mount.get("source", "")).rstrip("/")
            if target.parts[:1] == ("content",) and path.is_relative_to(source):
                return PurePosixPath(*target.parts[1:]) / path.relative_to(source)
        return inside(path, self._content(language))

    def _demand_built(self, page: Page, inner: PurePosixPath) -> None:
        kinds = self.settings.get("disablekinds")
        if isinstance(kinds, list) and "page" in [str(kind).lower() for kind in kinds]:
            raise NotBuilt(
                "the site doesn't build this post: its pages are turned off (disableKinds)"
            )
        folders = (
            [inner.parent, *inner.parent.parents]
            if self._name(inner) not in _BUNDLE
            else list(inner.parent.parents)
        )
        content = page.path.parents[len(inner.parts) - 1]
        for folder in folders[:-1]:
            if self._has(content / folder, "index"):
                raise NotBuilt(
                    "the site doesn't build this post: it lies in the folder of another page"
                )
        for key in ("build", "_build"):
            options = page.data.get(key)
            render = options.get("render") if isinstance(options, Mapping) else None
            if render is False or str(render).lower() in ("never", "link"):
                raise NotBuilt("the site doesn't build this post: it isn't rendered (build)")
        outputs = page.data.get("outputs")
        if isinstance(outputs, list) and "html" not in [str(each).lower() for each in outputs]:
            raise NotBuilt("the site doesn't build this post as a page (outputs)")
        for folder in (inner.parent, *inner.parent.parents):
            head = page.head_of(self.root / content / folder / "_index.md")
            cascades = head.get("cascade")
            tables = cascades if isinstance(cascades, list) else [cascades]
            for table in tables:
                if isinstance(table, Mapping) and _CASCADED & {str(key).lower() for key in table}:
                    where = content / folder / "_index.md"
                    raise NoAddress(f"the cascade in {where} decides about its page")

    def _name(self, inner: PurePosixPath) -> str:
        stem = inner.stem
        base, _, suffix = stem.rpartition(".")
        return base if base and suffix.lower() in self._languages() else stem

    def _name_after_date(self, name: str) -> str:
        """The name behind a date in the file's name, where the site takes that for the post's date;
        else empty."""
        dates = self.table("frontmatter").get("date")
        dated = re.fullmatch(r"\d{4}-\d\d-\d\d[-_ ]*(.+)", name)
        return dated[1] if dated and isinstance(dates, list) and ":filename" in dates else ""

    def _pattern(self, inner: PurePosixPath, language: str) -> str:
        own = self._table_of(language).get("permalinks")
        table = own if isinstance(own, dict) else self.table("permalinks")
        pages = table.get("page") if isinstance(table.get("page"), dict) else None
        section = inner.parts[0] if len(inner.parts) > 1 else "/"
        for rules in (pages, table):
            found = (rules or {}).get(section.lower())
            if isinstance(found, str) and section != section.lower():
                raise NoAddress(f"whether permalinks of {section} count depends on Hugo's version")
            if isinstance(found, str):
                return found
        return ""

    def _filled(self, pattern: str, page: Page, inner: PurePosixPath, name: str) -> str:
        sections = [self._token(part) for part in self._sections(page, inner)]

        own = page.text("slug") or self._name_after_date(name)
        title = page.title
        known = {
            "section": sections[0] if sections else "",
            "title": self._token(title),
            "slug": self._token(own or title),
            "filename": self._token(name),
            "contentbasename": self._token(name),
            "slugorfilename": self._token(own or name),
            "slugorcontentbasename": self._token(own or name),
        }

        def value(found: re.Match[str]) -> str:
            word = found[1].lower()
            if word in _DATES:
                return _date(word, page)
            if word == "sections":
                return "/".join(_sliced(sections, found[2]))
            if word not in known:
                raise NoAddress(
                    f"the site's permalink has :{found[1]} in it, which isn't known here"
                )
            return known[word]

        path = self._made(re.sub(r":(\w+)(\[[\d:last]*\])?", value, pattern))
        path = "/" + re.sub("/{2,}", "/", path).strip("/")
        ending = ".html" if self._is_ugly(inner) else "/"
        return path + ending if path != "/" else path

    def _given(self, url: str, prefix: str, page: Page, inner: PurePosixPath, name: str) -> str:
        """A `url` that begins with a slash is below the site, any other below its language. What has
        no ending is a folder."""
        if re.search(r"(?:^|[/_-]):[a-z]", url):
            below = "" if url.startswith("/") else prefix
            return below + self._filled(url, page, inner, name)
        path = url if url.startswith("/") else f"{prefix}/{url}"
        return path if re.search(r"/$|\.\w+$", path) else f"{path}/"

    def _made(self, text: str) -> str:
        return slugs.hugo(
            text,
            lower=not self.settings.get("disablepathtolower"),
            accents=not self.settings.get("removepathaccents"),
        )

    def _token(self, text: str) -> str:
        """A part of a permalink, in which Hugo keeps no plus signs."""
        return self._made(text).replace("+", "")

    def _sections(self, page: Page, inner: PurePosixPath) -> list[str]:
        """The sections that a page is in: the first folder, and those that have a file of their own
        (_index.md)."""
        folders = list(inner.parent.parts)
        if self._name(inner) in _BUNDLE:
            folders = folders[:-1]
        content = page.path.parents[len(inner.parts) - 1]
        return [
            name
            for depth, name in enumerate(folders)
            if depth == 0 or self._has(content / PurePosixPath(*folders[: depth + 1]), "_index")
        ]

    @lru_cache(maxsize=4096)  # noqa: B019 - as long as the site, which is as long as a run
    def _has(self, folder: PurePosixPath, name: str) -> bool:
        """Whether a folder has a page of this name: every post in it asks."""
        return any((self.root / folder / f"{name}{kind}").is_file() for kind in MARKDOWN)

    def _is_ugly(self, inner: PurePosixPath) -> bool:
        ugly = self.settings.get("uglyurls")
        return bool(ugly.get(inner.parts[0])) if isinstance(ugly, dict) else bool(ugly)

    @staticmethod
    def _absolute(address: str) -> str:
        return address.rstrip("/") if re.match("https?://", address) else ""


_DATES = frozenset("year month monthname day weekday weekdayname yearday".split())
_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def _date(token: str, page: Page) -> str:
    day = page.own_day()
    return {
        "year": f"{day:%Y}",
        "month": f"{day:%m}",
        "monthname": _MONTHS[day.month - 1],
        "day": f"{day:%d}",
        "weekday": str(day.isoweekday() % 7),
        "weekdayname": _DAYS[day.weekday()],
        "yearday": str(day.timetuple().tm_yday),
    }[token]


def _sliced(sections: list[str], piece: str | None) -> list[str]:
    """Of `:sections[1:]`, `:sections[last]`, `:sections[:2]`."""
    if not piece:
        return sections
    inner = piece.strip("[]")
    if inner == "last":
        return sections[-1:]
    first, colon, end = inner.partition(":")
    start = int(first) if first else 0
    if not colon:
        return sections[start : start + 1]
    stop = len(sections) - 1 if end == "last" else int(end) if end else len(sections)
    return sections[start:stop]


def _small(value: Any) -> dict[str, Any]:
    """Hugo's keys are in any case; but a language's, a section's and a permalink's are names."""
    if not isinstance(value, dict):
        return {}
    small = {str(key).lower(): each for key, each in value.items()}
    for key in ("languages", "permalinks", "module", "frontmatter"):
        if isinstance(small.get(key), dict):
            small[key] = {
                str(name).lower(): _small(table) if isinstance(table, dict) else table
                for name, table in small[key].items()
            }
    return small
