"""Hexo: hexo.io/docs/permalinks (read 2026-11), held against hexo 8."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from publisher.generators import slugs
from publisher.generators.generator import FirstPost, Generator, inside
from publisher.generators.literals import read
from publisher.generators.page import Facts, NoAddress, NotBuilt, Page

_IN_NAMES = {
    "year": r"\d{4}", "month": r"\d{2}", "day": r"\d{2}", "i_month": r"\d{1,2}", "i_day": r"\d{1,2}",
    "hash": r"[0-9a-f]{12}",
}  # fmt: skip


def find(folder: Path) -> Hexo | None:
    """A _config.yml is Hexo's where package.json or its own keys say so; else it is Jekyll's."""
    file = folder / "_config.yml"
    if not file.is_file():
        return None
    settings = read(file)
    if not isinstance(settings, dict):
        return None
    package = folder / "package.json"
    about = read(package) if package.is_file() else {}
    wanted = about.get("dependencies") if isinstance(about, dict) else None
    is_hexo = isinstance(about, dict) and (
        "hexo" in about or (isinstance(wanted, dict) and "hexo" in wanted)
    )
    if is_hexo or {"source_dir", "public_dir", "new_post_name"} & set(settings):
        return Hexo(folder, file, settings)
    return None


class Hexo(Generator):
    name = "Hexo"
    built = ("public_dir", "public")
    first_post = FirstPost("source/_posts/{slug}.md", draft=("published", False), clock=True)
    placeholders = ("http://example.com", "https://example.com")

    def read_facts(self) -> Facts:
        url = self.text("url").rstrip("/")
        language = self.settings.get("language")
        first = language[0] if isinstance(language, list) and language else language
        return Facts(
            base_url=url,
            title=self.text("title"),
            language=str(first or "").replace("_", "-") if isinstance(first, str) else "",
            timezone=self.text("timezone"),
            static=self.text("source_dir") or "source",
        )

    def base_for(self, page: Page) -> str:
        """`root` is where the site is on its host; it is the path of `url`, where it isn't given."""
        root = self.text("root").strip("/")
        if not root or not self.facts.base_url:
            return self.facts.base_url
        parts = urlsplit(self.facts.base_url)
        return f"{parts.scheme}://{parts.netloc}/{root}"

    def path(self, page: Page) -> str:
        inner = inside(page.path, self.text("source_dir") or "source")
        if inner.parts[0] not in ("_posts", "_drafts"):
            return self._page(inner, page)
        if page.data.get("published") in (False, "false"):
            raise NotBuilt("the site doesn't build this post: published is false")
        if inner.parts[0] == "_drafts" and not self.settings.get("render_drafts"):
            raise NotBuilt("the site doesn't build this post: it is a draft")
        if given := page.text("permalink"):
            path = "/" + given.lstrip("/")
            is_folder = self.settings.get("post_asset_folder") and not path.endswith(("/", ".html"))
            return self._pretty(path + ("/" if is_folder else ""))
        return self._pretty(self._filled(page, PurePosixPath(*inner.parts[1:])))

    def linked(self, target: str, page: PurePosixPath) -> Path | None:
        """What `post_link` names: the file's name below _posts, without its ending."""
        posts = PurePosixPath(self.text("source_dir") or "source") / "_posts"
        plain = target.strip().strip("\"'").lstrip("/")
        return self.existing(posts / f"{plain}.md", posts / plain)

    def asset(self, file: PurePosixPath, page: PurePosixPath) -> str | None:
        """What lies in a folder whose name begins with an underscore is not published."""
        if any(part.startswith(("_", ".")) for part in file.parts):
            return None
        return super().asset(file, page)

    def _page(self, inner: PurePosixPath, page: Page) -> str:
        if inner.parts[0].startswith("_"):
            raise NotBuilt(f"the site doesn't build this post: {inner.parts[0]} has no pages")
        if given := page.text("permalink"):
            return self._pretty("/" + given.lstrip("/"))
        return self._pretty("/" + str(inner.with_suffix(".html")))

    def _filled(self, page: Page, inner: PurePosixPath) -> str:
        rule = self.text("permalink") or ":year/:month/:day/:title/"
        slug, named = self._slug(inner)
        defaults = self.table("permalink_defaults")

        def value(found: re.Match[str]) -> str:
            word = found[1]
            if word in _DATES:
                return _date(word, page)
            if word == "title":
                return slug
            if word == "name":
                return slug.rpartition("/")[2]
            if word == "post_title":
                return slugs.hexo(page.title, lower=True)
            if word == "category":
                return self._category(page)
            if word == "hash":
                text = f"{slug}{int(page.day().timestamp())}"
                return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:12]
            own = page.text(word) or named.get(word, "") or str(defaults.get(word) or "")
            if not own or (word in ("id", "_id", "abbrlink") and not page.text(word)):
                raise NoAddress(f"the permalink has :{word} in it, which only Hexo knows")
            return own

        path = "/" + re.sub(r":(\w*[^\W_])", value, rule).lstrip("/")
        is_folder = self.settings.get("post_asset_folder") and not path.endswith(("/", ".html"))
        return path + ("/" if is_folder else "")

    def _slug(self, inner: PurePosixPath) -> tuple[str, dict[str, str]]:
        """The name, and what else the file's name says, by `new_post_name`."""
        rule = (self.text("new_post_name") or ":title.md").rpartition(".")[0]
        pattern = re.sub(
            r":(\w*[^\W_])",
            lambda found: f"(?P<{found[1]}>{_IN_NAMES.get(found[1], '.+?')})",
            re.escape(rule).replace(r"\:", ":").replace(r"\-", "-").replace(r"\_", "_"),
        )
        stem = str(inner.with_suffix(""))
        matched = re.fullmatch(pattern, stem)
        named = matched.groupdict() if matched else {}
        return named.get("title") or slugs.hexo(stem), named

    def _category(self, page: Page) -> str:
        found = page.data.get("categories") or page.data.get("category") or []
        names = found if isinstance(found, list) else [found]
        if any(isinstance(each, list) for each in names):
            raise NoAddress(
                "the permalink has :category in it, and the post several branches of them"
            )
        if not names:
            return self.text("default_category") or "uncategorized"
        mapped = self.table("category_map")
        lower = self.text("filename_case") == "1"
        return "/".join(slugs.hexo(str(mapped.get(str(each), each)), lower=lower) for each in names)

    def _pretty(self, path: str) -> str:
        """The folder of an index.html. Links may leave out .html (pretty_urls), the file has it."""
        return path.removesuffix("index.html") if path.endswith("/index.html") else path


def _date(word: str, page: Page) -> str:
    """Hexo reads dates in the site's time zone, and writes them in that of the machine that builds
    it: mostly the author's, or a server's."""
    there = _DATES[word](page.own_day().astimezone(dt.UTC))
    if there != _DATES[word](page.day()):
        raise NoAddress("its address depends on the time zone of the machine that builds the site")
    return there


_DATES: dict[str, Callable[[dt.datetime], str]] = {
    "year": lambda day: f"{day:%Y}",
    "month": lambda day: f"{day:%m}",
    "day": lambda day: f"{day:%d}",
    "hour": lambda day: f"{day:%H}",
    "minute": lambda day: f"{day:%M}",
    "second": lambda day: f"{day:%S}",
    "i_month": lambda day: str(day.month),
    "i_day": lambda day: str(day.day),
    "timestamp": lambda day: str(int(day.timestamp())),
}
