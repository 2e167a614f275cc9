"""MkDocs, and the blog of its theme Material: mkdocs.org/user-guide and
squidfunk.github.io/mkdocs-material/plugins/blog (read 2026-11), held against mkdocs-material 9.7."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path, PurePosixPath
from typing import Any

from publisher.dates import parse_date
from publisher.generators import slugs
from publisher.generators.generator import FirstPost, Generator, inside
from publisher.generators.literals import read
from publisher.generators.page import Facts, NoAddress, Page
from publisher.generators.unknown import UNKNOWN


def find(folder: Path) -> MkDocs | None:
    for name in ("mkdocs.yml", "mkdocs.yaml"):
        if (folder / name).is_file():
            settings = read(folder / name)
            return MkDocs(folder, folder / name, settings if isinstance(settings, dict) else {})
    return None


class MkDocs(Generator):
    name = "MkDocs"
    built = ("site_dir", "site")
    first_post = FirstPost("docs/blog/posts/{slug}.md")

    def read_facts(self) -> Facts:
        url = self.text("site_url").rstrip("/")
        theme = self.table("theme")
        language = theme.get("language")
        return Facts(
            base_url=url,
            title=self.text("site_name"),
            language=language if isinstance(language, str) else "",
            static=self.text("docs_dir") or "docs",
            separator=str((self._blog or {}).get("post_excerpt_separator") or ""),
        )

    def path(self, page: Page) -> str:
        inner = inside(page.path, self.text("docs_dir") or "docs")
        blog = self._blog
        if blog is None:
            return self._ended(str(inner.with_suffix("")))
        folder = str(blog.get("blog_dir") or "blog")
        posts = str(blog.get("post_dir") or "{blog}/posts").replace("{blog}", folder)
        if not inner.is_relative_to(PurePosixPath(posts)):
            return self._ended(str(inner.with_suffix("")))
        form = str(blog.get("post_url_format") or "{date}/{slug}")
        try:
            made = form.format(
                date=self._date(page, blog) if "{date}" in form else "",
                slug=page.text("slug") or self._slug(page, inner, blog) if "{slug}" in form else "",
                file=inner.stem,
                categories=self._categories(page, blog) if "{categories}" in form else "",
            )
        except (LookupError, ValueError):
            raise NoAddress(f"post_url_format is {form!r}, which isn't known here") from None
        top = "" if folder == "." else f"{folder}/"
        return self._ended(re.sub("/{2,}", "/", f"{top}{made}").strip("/"))

    @property
    def _blog(self) -> dict[str, Any] | None:
        """The settings of the blog plugin; None where there is none."""
        plugins = self.settings.get("plugins")
        listed = plugins if isinstance(plugins, list) else [plugins]
        for each in listed:
            if each in ("blog", "material/blog"):
                return {}
            if isinstance(each, dict):
                for name in ("blog", "material/blog"):
                    if name in each:
                        return each[name] if isinstance(each[name], dict) else {}
        return None

    def _slug(self, page: Page, inner: PurePosixPath, blog: dict[str, Any]) -> str:
        rule = blog.get("post_slugify")
        if rule is UNKNOWN:
            raise NoAddress("post_slugify is code, which isn't run here")
        title = page.title or page.heading or inner.stem.replace("-", " ").replace("_", " ")
        if not page.title and not page.heading and title.lower() == title:
            title = title.capitalize()
        return slugs.pymdown(title, str(blog.get("post_slugify_separator") or "-"))

    def _date(self, page: Page, blog: dict[str, Any]) -> str:
        """By a pattern of Babel's; the parts that make addresses."""
        day = self._day(page)
        form = str(blog.get("post_url_date_format") or "yyyy/MM/dd")
        parts = re.findall(r"y+|M+|d+|'[^']*'|[^A-Za-z']+|[A-Za-z]+", form)
        known = {
            "yyyy": f"{day:%Y}", "y": f"{day:%Y}", "yy": f"{day:%y}", "MM": f"{day:%m}", "M": str(day.month),
            "dd": f"{day:%d}", "d": str(day.day),
        }  # fmt: skip
        if any(part not in known and part[0].isalpha() for part in parts):
            raise NoAddress(f"post_url_date_format is {form!r}, which isn't known here")
        return "".join(known.get(part, part.strip("'")) for part in parts)

    def _day(self, page: Page) -> dt.datetime:
        dates = page.data.get("date")
        created = dates.get("created") if isinstance(dates, dict) else dates
        day = parse_date(created, page.zone) if created else None
        return day or page.own_day()

    def _categories(self, page: Page, blog: dict[str, Any]) -> str:
        rule = blog.get("categories_slugify")
        if rule is UNKNOWN:
            raise NoAddress("categories_slugify is code, which isn't run here")
        most = blog.get("post_url_max_categories")
        names = page.words("categories")[: most if isinstance(most, int) else 1]
        separator = str(blog.get("categories_slugify_separator") or "-")
        return "/".join(slugs.pymdown(name, separator) for name in names)

    def _ended(self, path: str) -> str:
        if path in ("index", "README"):
            return "/"
        if path.endswith(("/index", "/README")):
            return f"/{path.rpartition('/')[0]}/"
        return f"/{path}/" if self._in_folders else f"/{path}.html"

    @property
    def _in_folders(self) -> bool:
        return self.settings.get("use_directory_urls") is not False
