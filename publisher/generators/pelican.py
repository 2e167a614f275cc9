"""Pelican: docs.getpelican.com/en/latest/settings.html (read 2026-11), held against pelican 4.12."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from publisher.generators import slugs
from publisher.generators.generator import FirstPost, Generator, below, inside
from publisher.generators.literals import read
from publisher.generators.page import Facts, NoAddress, NotBuilt, Page

_DEFAULTS = {
    "ARTICLE_URL": "{slug}.html", "ARTICLE_LANG_URL": "{slug}-{lang}.html",
    "DRAFT_URL": "drafts/{slug}.html", "DRAFT_LANG_URL": "drafts/{slug}-{lang}.html",
    "PAGE_URL": "pages/{slug}.html", "PAGE_LANG_URL": "pages/{slug}-{lang}.html",
    "FILENAME_METADATA": r"(?P<date>\d{4}-\d{2}-\d{2}).*",
}  # fmt: skip


def find(folder: Path) -> Pelican | None:
    file = folder / "pelicanconf.py"
    if not file.is_file():
        return None
    settings = read(file)
    for_public = folder / "publishconf.py"
    if for_public.is_file():
        settings = {**settings, **read(for_public)}
    return Pelican(folder, file, settings)


class Pelican(Generator):
    name = "Pelican"
    built = ("OUTPUT_PATH", "output")
    first_post = FirstPost("content/{slug}.md", form="lines", draft=("Status", "draft"), clock=True)
    links = ("{filename}", "|filename|")
    builds_drafts = True

    def read_facts(self) -> Facts:
        url = self.text("SITEURL").rstrip("/")
        return Facts(
            base_url=url,
            title=self.text("SITENAME"),
            language=self.text("DEFAULT_LANG"),
            timezone=self.text("TIMEZONE"),
            static=self.text("PATH") or "content",
        )

    def path(self, page: Page) -> str:
        inner = inside(page.path, self.text("PATH") or "content")
        named = self._of_name(inner)
        status = page.text("status").lower()
        if status == "skip":
            raise NotBuilt(
                f"the site doesn't build this post as an article: its status is {status}"
            )
        if given := page.text("url"):
            return "/" + given.lstrip("/")
        if given := page.text("save_as"):
            return "/" + given.lstrip("/").removesuffix("index.html")
        kind = self._kind(page, inner)
        language = page.text("lang") or named.get("lang", "") or self.text("DEFAULT_LANG") or "en"
        is_other = language != (self.text("DEFAULT_LANG") or "en")
        setting = f"{kind}_LANG_URL" if is_other else f"{kind}_URL"
        pattern = self.settings.get(setting, _DEFAULTS[setting])
        if not isinstance(pattern, str):
            raise NoAddress(f"{setting} is made by code, which isn't run here")
        known: dict[str, Any] = {
            "slug": page.text("slug") or named.get("slug") or self._slug(page, inner),
            "lang": language,
        }
        if "{date" in pattern:
            known["date"] = page.own_day()
        if "{category" in pattern:
            known["category"] = self._category(page)
        if "{author" in pattern:
            known["author"] = self._slugged(
                page.text("author") or (page.words("authors") or [self.text("AUTHOR")])[0]
            )
        try:
            path = pattern.format(**known)
        except (LookupError, ValueError, AttributeError):
            raise NoAddress(f"{setting} is {pattern!r}, which isn't known here") from None
        return "/" + path.lstrip("/").removesuffix("index.html")

    def linked(self, target: str, page: PurePosixPath) -> Path | None:
        """What `{filename}other.md` names."""
        found = re.fullmatch(r"[{|]filename[|}](.*)", target.strip())
        if found is None:
            return None
        content = PurePosixPath(self.text("PATH") or "content")
        name = found[1]
        return self.existing(
            content / name.lstrip("/") if name.startswith("/") else page.parent / name
        )

    def asset(self, file: PurePosixPath, page: PurePosixPath) -> str | None:
        """Only what STATIC_PATHS names is published as it is."""
        found = super().asset(file, page)
        paths = self.settings.get("STATIC_PATHS", ["images"])
        folders = [str(each).strip("/") for each in paths] if isinstance(paths, list) else []
        is_static = found and any(
            PurePosixPath(found[1:]).is_relative_to(folder) for folder in folders
        )
        return found if is_static else None

    def _kind(self, page: Page, inner: PurePosixPath) -> str:
        pages = self.settings.get("PAGE_PATHS", ["pages"])
        folders = pages if isinstance(pages, list) else [pages]
        if any(below(inner, str(folder)) is not None for folder in folders):
            return "PAGE"
        articles = self.settings.get("ARTICLE_PATHS", [""])
        places = articles if isinstance(articles, list) else [articles]
        if not any(below(inner, str(folder)) is not None for folder in places):
            raise NotBuilt("the site doesn't build this post: it lies outside ARTICLE_PATHS")
        status = page.text("status") or str(self.table("DEFAULT_METADATA").get("status") or "")
        return "DRAFT" if status.lower() == "draft" else "ARTICLE"

    def _of_name(self, inner: PurePosixPath) -> dict[str, str]:
        """What the file's name and path say, by the site's patterns."""
        found: dict[str, str] = {}
        for setting, text in (("FILENAME_METADATA", inner.stem), ("PATH_METADATA", str(inner))):
            pattern = self.settings.get(setting, _DEFAULTS.get(setting, ""))
            if not isinstance(pattern, str):
                raise NoAddress(f"{setting} is made by code, which isn't run here")
            try:
                matched = re.match(pattern, text) if pattern else None
            except re.error:
                raise NoAddress(f"{setting} can't be read") from None
            found |= {
                key: value
                for key, value in (matched.groupdict() if matched else {}).items()
                if value
            }
        return found

    def _slug(self, page: Page, inner: PurePosixPath) -> str:
        source = self.text("SLUGIFY_SOURCE") or "title"
        return self._slugged(inner.stem if source == "basename" else page.title)

    def _category(self, page: Page) -> str:
        own = page.text("category")
        if not own:
            raise NoAddress("its address has a category in it, and its front matter names none")
        return self._slugged(own)

    def _slugged(self, text: str) -> str:
        if "SLUG_REGEX_SUBSTITUTIONS" in self.settings or self.settings.get("SLUG_SUBSTITUTIONS"):
            raise NoAddress("SLUG_REGEX_SUBSTITUTIONS makes its name, which isn't followed here")
        lower = not self.settings.get("SLUGIFY_PRESERVE_CASE")
        if self.settings.get("SLUGIFY_USE_UNICODE"):
            return slugs.unicode_words(text, lower=lower)
        return slugs.ascii_words(text, lower=lower)
