"""Docusaurus: docusaurus.io/docs/blog and /docs/api/plugins (read 2026-11), held against docusaurus
3."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from publisher.generators.generator import FirstPost, Generator
from publisher.generators.literals import read
from publisher.generators.page import Facts, NoAddress, NotBuilt, Page
from publisher.generators.unknown import UNKNOWN

FILES = tuple(f"docusaurus.config.{kind}" for kind in ("js", "ts", "mjs", "cjs", "mts"))
_DATED = re.compile(
    r"(?P<folder>.*?)(?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2})[-/]?(?P<text>.*?)(?:/index)?"
)
_TRANSLATED = re.compile(
    r"i18n/(?P<folder>[^/]+)/docusaurus-plugin-content-(?:(?P<plugin>blog|pages)|(?P<docs>docs))"
    r"(?:-(?P<id>[^/]+))?/(?(docs)current/)(?P<inner>.+)"
)
"""Where translations lie; of documents, those of the version that isn't released yet."""
_NUMBER = re.compile(r"^(?!\d+[-_.]\d)\d+\s*[-_.]+\s*(?=[^-_.\s])")


def find(folder: Path) -> Docusaurus | None:
    for name in FILES:
        if (folder / name).is_file():
            settings = read(folder / name)
            return Docusaurus(folder, folder / name, settings if isinstance(settings, dict) else {})
    return None


class Docusaurus(Generator):
    name = "Docusaurus"
    built = ("", "build")
    first_post = FirstPost("blog/{date}-{slug}.md", has_date=False)
    placeholders = ("https://your-docusaurus-site.example.com",)

    def read_facts(self) -> Facts:
        url, base = self.text("url").rstrip("/"), self.text("baseUrl").strip("/")
        language = self.table("i18n").get("defaultLocale")
        return Facts(
            base_url=f"{url}/{base}" if base else url,
            title=self.text("title"),
            language=language if isinstance(language, str) else "",
            static="static",
            separator="<!-- truncate -->",
        )

    def path(self, page: Page) -> str:
        if page.path.parts[0].endswith("versioned_docs"):
            raise NoAddress("the address of a document of an older version isn't known here")
        if translated := _TRANSLATED.fullmatch(str(page.path)):
            return self._translation(page, translated)
        for plugin in ("blog", "docs"):
            for options in self._instances(plugin):
                folder = PurePosixPath(str(options.get("path") or plugin))
                self._demand_plain(plugin, options)
                if page.path.is_relative_to(folder):
                    return self._below(plugin, options, page, page.path.relative_to(folder))
        pages = PurePosixPath("src/pages")
        if page.path.is_relative_to(pages):
            return self._page(page.path.relative_to(pages))
        raise NotBuilt(
            "the site doesn't build this post: it lies in no folder of its blog or documents"
        )

    def language(self, path: PurePosixPath) -> str:
        translated = _TRANSLATED.fullmatch(str(path))
        return self._locale(translated["folder"]) or "" if translated else ""

    def _locale(self, folder: str) -> str | None:
        """The language whose translations lie in this folder of i18n; None where there is none."""
        for locale in self._locales():
            if str(self._of_locale(locale).get("path") or locale) == folder:
                return locale
        return None

    def _locales(self) -> list[str]:
        locales = self.table("i18n").get("locales")
        return (
            [each for each in locales if isinstance(each, str)] if isinstance(locales, list) else []
        )

    def _of_locale(self, locale: str) -> dict[str, Any]:
        configs = self.table("i18n").get("localeConfigs")
        own = configs.get(locale) if isinstance(configs, dict) else None
        return own if isinstance(own, dict) else {}

    def _translation(self, page: Page, translated: re.Match[str]) -> str:
        """A file below i18n/fr/: its page is that of the default language's file, below /fr; without
        that file it has none."""
        i18n, plugin = self.table("i18n"), translated["plugin"] or "docs"
        locale = self._locale(translated["folder"])
        if UNKNOWN in (self.settings.get("i18n"), i18n.get("locales"), i18n.get("localeConfigs")):
            raise NoAddress("its languages are made by code, which isn't run here")
        if locale is None:
            raise NotBuilt(
                f"the site doesn't build this post: it has no language {translated['folder']}"
            )
        if self._of_locale(locale).keys() & {"baseUrl", "url"}:
            raise NoAddress(f"the language {locale} has an address of its own")
        start = "" if locale == i18n.get("defaultLocale") else f"/{locale}"
        inner = PurePosixPath(translated["inner"])
        if plugin == "pages":
            self._demand_original(PurePosixPath("src/pages") / inner)
            return start + self._page(inner)
        for options in self._instances(plugin):
            if str(options.get("id") or "default") == (translated["id"] or "default"):
                self._demand_plain(plugin, options)
                self._demand_original(PurePosixPath(str(options.get("path") or plugin)) / inner)
                return start + self._below(plugin, options, page, inner)
        raise NotBuilt("the site doesn't build this post: it has no such blog or documents")

    def _demand_original(self, path: PurePosixPath) -> None:
        if self.existing(path) is None:
            raise NotBuilt(
                f"the site doesn't build this post: {path}, which it translates, is gone"
            )

    def _demand_plain(self, plugin: str, options: dict[str, Any]) -> None:
        if UNKNOWN in (options.get("path"), options.get("routeBasePath")):
            raise NoAddress(f"the settings of its {plugin} are made by code, which isn't run here")

    def _below(self, plugin: str, options: dict[str, Any], page: Page, inner: PurePosixPath) -> str:
        self._demand_built(inner)
        route = str(options.get("routeBasePath", plugin)).strip("/")
        made = self._post(page, inner) if plugin == "blog" else self._document(page, inner)
        return self._ended(f"/{route}/{made.lstrip('/')}")

    def _page(self, inner: PurePosixPath) -> str:
        self._demand_built(inner)
        return self._ended("/" + re.sub("(^|/)index$", "", str(inner.with_suffix(""))))

    def _instances(self, plugin: str) -> list[dict[str, Any]]:
        """The options of each blog, or each folder of documents."""
        found: list[dict[str, Any]] = []
        for preset in self.listed("presets"):
            name, options = _with_options(preset)
            if name in ("classic", "@docusaurus/preset-classic"):
                own = options.get(plugin)
                if own is not False:
                    found.append(own if isinstance(own, dict) else {})
        for each in self.listed("plugins"):
            name, options = _with_options(each)
            if name in (f"@docusaurus/plugin-content-{plugin}", f"content-{plugin}"):
                found.append(options)
        return sorted(found, key=lambda options: -len(str(options.get("path") or "")))

    def _post(self, page: Page, inner: PurePosixPath) -> str:
        if slug := page.text("slug"):
            return slug
        name = str(inner.with_suffix(""))
        if dated := _DATED.fullmatch(name):
            return f"/{dated['date'].replace('-', '/')}/{dated['folder']}{dated['text']}"
        return "/" + name.removesuffix("/index")

    def _document(self, page: Page, inner: PurePosixPath) -> str:
        folder = [_NUMBER.sub("", part) for part in inner.parent.parts]
        above = "/".join(folder)
        slug = page.text("slug")
        if slug.startswith("/"):
            return slug
        name = slug or page.text("id") or _NUMBER.sub("", inner.stem)
        is_index = not slug and (
            name.lower() in ("index", "readme") or (folder and name.lower() == folder[-1].lower())
        )
        return f"{above}/" if is_index else f"{above}/{name}" if above else name

    def _demand_built(self, inner: PurePosixPath) -> None:
        if any(part.startswith("_") for part in inner.parts) or ".test" in inner.name:
            raise NotBuilt("the site doesn't build this post: its name begins with _")

    def _ended(self, path: str) -> str:
        """A page is a folder's index.html, whose address ends in a slash; where `trailingSlash` is
        false it is a file, whose ending links may leave out."""
        path = re.sub("/{2,}", "/", path).rstrip("/")
        if not path:
            return "/"
        return f"{path}.html" if self.settings.get("trailingSlash") is False else f"{path}/"


def _with_options(each: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(each, str):
        return each, {}
    if isinstance(each, list) and each and isinstance(each[0], str):
        return each[0], each[1] if len(each) > 1 and isinstance(each[1], dict) else {}
    return "", {}
