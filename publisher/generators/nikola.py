"""Nikola: getnikola.com/handbook.html (read 2026-11), held against nikola 8.3."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from publisher.generators import slugs
from publisher.generators.generator import FirstPost, Generator
from publisher.generators.literals import read
from publisher.generators.page import Facts, NoAddress, NotBuilt, Page


def find(folder: Path) -> Nikola | None:
    """A conf.py is Nikola's where it says POSTS; Sphinx has one, too."""
    file = folder / "conf.py"
    if not file.is_file():
        return None
    settings = read(file)
    return Nikola(folder, file, settings) if "POSTS" in settings else None


class Nikola(Generator):
    name = "Nikola"
    built = ("OUTPUT_FOLDER", "output")
    first_post = FirstPost("posts/{slug}.md", form="nikola", draft=("status", "draft"), clock=True)
    links = ("link://filename/",)
    placeholders = ("https://example.com", "http://example.com")

    def read_facts(self) -> Facts:
        url = (self.text("BASE_URL") or self.text("SITE_URL")).rstrip("/")
        title = self.settings.get("BLOG_TITLE")
        return Facts(
            base_url=url,
            title=title if isinstance(title, str) else "",
            language=self.text("DEFAULT_LANG"),
            timezone=self.text("TIMEZONE"),
            static="files",
            separator="<!-- TEASER_END -->",
        )

    def path(self, page: Page) -> str:
        language, source = self._language(page.path)
        if page.data.get("path") or page.data.get("permalink"):
            raise NoAddress("what makes its address isn't known here")
        folder, destination = self._rule(page.path)
        inner = (
            source.parent.relative_to(folder)
            if source.parent.is_relative_to(folder)
            else PurePosixPath()
        )
        slug = page.text("slug") or self._slug(source.stem)
        translated = self.table("TRANSLATIONS").get(language)
        prefix = translated if isinstance(translated, str) else ""
        parts = [
            each
            for each in (
                *PurePosixPath(prefix).parts,
                *PurePosixPath(destination).parts,
                *inner.parts,
            )
            if each != "."
        ]
        pretty = self.settings.get("PRETTY_URLS", True)
        own = page.data.get("pretty_url")
        if isinstance(own, str | bool):
            pretty = str(own).lower() not in ("false", "no", "0")
        end = "/" if pretty and slug != "index" else ".html"
        path = "/" + "/".join((*parts, slug)) + end
        return path.removesuffix("index.html") if self.settings.get("STRIP_INDEXES", True) else path

    def language(self, path: PurePosixPath) -> str:
        return self._language(path)[0]

    def linked(self, target: str, page: PurePosixPath) -> Path | None:
        """What `link://filename/posts/other.md` names."""
        found = re.fullmatch(r"link://filename/(.*)", target.strip())
        return self.existing(found[1]) if found else None

    def asset(self, file: PurePosixPath, page: PurePosixPath) -> str | None:
        return f"/{file}" if file.is_relative_to("images") else super().asset(file, page)

    def _language(self, path: PurePosixPath) -> tuple[str, PurePosixPath]:
        """The language of a file, and the name of the post that it translates."""
        default = self.text("DEFAULT_LANG") or "en"
        base, _, suffix = path.stem.rpartition(".")
        if base and suffix in self.table("TRANSLATIONS"):
            return suffix, path.with_name(f"{base}{path.suffix}")
        return default, path

    def _rule(self, path: PurePosixPath) -> tuple[PurePosixPath, str]:
        """The folder of the pattern that the file is matched by, and where its pages go."""
        for rule in (*self.listed("POSTS"), *self.listed("PAGES")):
            if not (isinstance(rule, list) and len(rule) > 1 and isinstance(rule[0], str)):
                raise NoAddress("POSTS is made by code, which isn't run here")
            pattern = PurePosixPath(rule[0])
            folder = PurePosixPath(*(part for part in pattern.parts[:-1] if "*" not in part))
            if path.is_relative_to(folder) and path.match(pattern.name):
                if not isinstance(rule[1], str):
                    raise NoAddress(
                        "where its page goes depends on the language, which isn't followed here"
                    )
                return folder, rule[1]
        raise NotBuilt("the site doesn't build this post: no pattern in POSTS or PAGES matches it")

    def _slug(self, stem: str) -> str:
        if re.search(r"\w", str(self.settings.get("FILE_METADATA_REGEXP") or "")):
            raise NoAddress("FILE_METADATA_REGEXP makes its name, which isn't followed here")
        if self.settings.get("USE_SLUGIFY", True):
            return slugs.ascii_words(stem, plus=True)
        return re.sub(r"""[/\\?#"'\r\n\t*:<>|]""", "-", stem)
