"""Zola: getzola.org/documentation/content (read 2026-11)."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from publisher.generators import slugs
from publisher.generators.generator import FirstPost, Generator, inside
from publisher.generators.literals import read
from publisher.generators.page import Facts, NoAddress, Page


def find(folder: Path) -> Zola | None:
    """A config.toml with `base_url`; Hugo's says `baseURL`."""
    for name in ("zola.toml", "config.toml"):
        if (folder / name).is_file():
            settings = read(folder / name)
            if isinstance(settings.get("base_url"), str) and "channels" not in settings:
                return Zola(folder, folder / name, settings)
    return None


class Zola(Generator):
    name = "Zola"
    built = ("output_dir", "public")
    first_post = FirstPost("content/{slug}.md", form="toml")
    links = ("@/",)
    placeholders = ("https://example.com", "http://example.com", "http://zola-site.com")

    def read_facts(self) -> Facts:
        url = self.text("base_url").rstrip("/")
        return Facts(
            base_url=url,
            title=self.text("title"),
            language=self.text("default_language") or "en",
            static="static",
        )

    def path(self, page: Page) -> str:
        inner = inside(page.path, "content")
        language, name = self._language(inner)
        prefix = f"/{language}" if language else ""
        if given := page.text("path"):
            return f"{prefix}/{given.strip('/')}/"
        folder, stem = inner.parent, name
        if stem == "index":
            folder, stem = folder.parent, folder.name
        stem = re.sub(r"^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?[-_\s]+(?=.)", "", stem)
        parts = [
            *(self._slug(part) for part in folder.parts),
            self._slug(page.text("slug") or stem),
        ]
        return f"{prefix}/{'/'.join(parts)}/"

    def language(self, path: PurePosixPath) -> str:
        return self._language(path)[0]

    def linked(self, target: str, page: PurePosixPath) -> Path | None:
        """What `@/blog/other.md` names."""
        return (
            self.existing(PurePosixPath("content") / target[2:])
            if target.startswith("@/")
            else None
        )

    def asset(self, file: PurePosixPath, page: PurePosixPath) -> str | None:
        """What lies in a page's own folder is published below the page."""
        if self._language(page)[1] == "index" and file.is_relative_to(page.parent):
            return str(file.relative_to(page.parent))
        return super().asset(file, page)

    def _language(self, inner: PurePosixPath) -> tuple[str, str]:
        base, _, suffix = inner.stem.rpartition(".")
        if base and suffix in self.table("languages"):
            return suffix, base
        return "", inner.stem

    def _slug(self, text: str) -> str:
        mode = str(self.table("slugify").get("paths") or "on")
        if mode == "off":
            return text
        if mode == "safe":
            return re.sub(r"""[<>:"/|?*#\\()\[\]\s\n]+""", "_", text).strip(" .")
        if not text.isascii():
            raise NoAddress("how Zola writes what isn't ASCII in its names isn't known here")
        return slugs.ascii_words(re.sub(r"[^A-Za-z0-9]+", "-", text)).strip("-")
