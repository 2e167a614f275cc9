"""Jekyll: jekyllrb.com/docs/permalinks and /docs/posts (read 2026-11), held against jekyll 4.3."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from publisher.generators import slugs
from publisher.generators.generator import MARKDOWN, FirstPost, Generator, below
from publisher.generators.literals import read
from publisher.generators.page import Facts, NoAddress, NotBuilt, Page

_STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
_DATED = re.compile(r"(?P<date>\d{2,4}-\d{1,2}-\d{1,2})-(?P<slug>.*)")
_IGNORED = frozenset(("vendor", "node_modules", "_site"))


def find(folder: Path) -> Jekyll | None:
    for name in ("_config.yml", "_config.yaml", "_config.toml"):
        file = folder / name
        if file.is_file():
            settings = read(file)
            return Jekyll(folder, file, settings if isinstance(settings, dict) else {})
    return None


class Jekyll(Generator):
    name = "Jekyll"
    built = ("destination", "_site")
    first_post = FirstPost("_posts/{date}-{slug}.md", draft=("published", False), has_date=False)

    def read_facts(self) -> Facts:
        url = self.text("url").rstrip("/")
        base = self.text("baseurl").strip("/")
        whole = f"{url}/{base}" if base else url
        return Facts(
            base_url=whole,
            title=self.text("title"),
            language=self.text("lang", "locale"),
            timezone=self.text("timezone"),
            static=self.text("source") or ".",
            separator=self.text("excerpt_separator"),
        )

    def path(self, page: Page) -> str:
        page = self._with_defaults(page)
        inner = self._below_source(page.path)
        folder = next((part for part in ("_posts", "_drafts") if part in inner.parts[:-1]), "")
        top = PurePosixPath(self.text("collections_dir"))
        if inner.is_relative_to(top):
            inner = inner.relative_to(top)
        elif folder:
            raise NotBuilt(f"the site doesn't build this post: it lies outside {top}")
        if folder:
            return self._post(page, inner, folder)
        if inner.parts[0].startswith("_") and len(inner.parts) > 1:
            return self._of_collection(page, inner)
        return self._page(page, inner)

    def linked(self, target: str, page: PurePosixPath) -> Path | None:
        """What `link` and `post_url` name."""
        source = PurePosixPath(self.text("source") or ".")
        plain = target.strip().strip("\"'").lstrip("/")
        if found := self.existing(source / plain):
            return found
        folder, _, name = plain.rpartition("/")
        names = [f"{name}{kind}" for kind in MARKDOWN]
        posts = [file for name in names for file in (self.root / source).rglob(f"_posts/**/{name}")]
        posts = [file for file in posts if not folder or folder in file.as_posix()]
        return posts[0] if len(posts) == 1 else None

    def asset(self, file: PurePosixPath, page: PurePosixPath) -> str | None:
        """What lies in a folder whose name begins with an underscore is not published."""
        if any(part.startswith(("_", ".")) for part in file.parts):
            return None
        return super().asset(file, page)

    def _below_source(self, path: PurePosixPath) -> PurePosixPath:
        inner = below(path, self.text("source") or ".")
        if inner is None:
            raise NotBuilt("the site doesn't build this post: it lies outside its source folder")
        excluded = self.settings.get("exclude")
        names = [str(each).strip("/") for each in excluded] if isinstance(excluded, list) else []
        if any(
            inner.match(name) or inner.is_relative_to(name) for name in (*names, *_IGNORED) if name
        ):
            raise NotBuilt("the site doesn't build this post: it is excluded")
        return inner

    def _post(self, page: Page, inner: PurePosixPath, folder: str) -> str:
        named = _DATED.fullmatch(inner.stem)
        if folder == "_posts" and named is None:
            raise NotBuilt(
                "the site doesn't build this post: its file's name has no date (2026-11-23-name.md)"
            )
        name = named["slug"] if named else inner.stem
        pattern = page.text("permalink") or self._posts_pattern()
        pattern = _STYLES.get(pattern, pattern) if not page.text("permalink") else pattern
        above = [part for part in inner.parts[: inner.parts.index(folder)] if part]
        categories = list(dict.fromkeys([*above, *self._categories(page)]))
        return self._filled(pattern, page, name, categories)

    def _posts_pattern(self) -> str:
        collections = self.settings.get("collections")
        posts = collections.get("posts") if isinstance(collections, dict) else None
        own = posts.get("permalink") if isinstance(posts, dict) else None
        return str(own or self.text("permalink") or "date")

    def _of_collection(self, page: Page, inner: PurePosixPath) -> str:
        label = inner.parts[0].removeprefix("_")
        collections = self.settings.get("collections")
        table = collections.get(label) if isinstance(collections, dict) else None
        listed = isinstance(collections, list) and label in collections
        if not listed and not (isinstance(table, dict) and table.get("output")):
            raise NotBuilt(f"the site doesn't build this post: {inner.parts[0]} has no pages")
        if listed:
            raise NotBuilt(f"the site doesn't build this post: {inner.parts[0]} has no output")
        pattern = page.text("permalink") or str((table or {}).get("permalink") or "")
        pretty = self.text("permalink") == "pretty" or self.text("permalink").endswith("/")
        pattern = pattern or ("/:collection/:path/" if pretty else "/:collection/:path:output_ext")
        path = "/".join(inner.with_suffix("").parts[1:])
        pattern = pattern.replace(":collection", label).replace(":path", path)
        return self._filled(pattern, page, inner.stem, self._categories(page))

    def _page(self, page: Page, inner: PurePosixPath) -> str:
        if given := page.text("permalink"):
            return self._filled(given, page, inner.stem, self._categories(page))
        folder = "/".join(inner.parent.parts)
        above = f"/{folder}/" if folder else "/"
        if inner.stem == "index":
            return above
        pretty = self.text("permalink") == "pretty" or self.text("permalink").endswith("/")
        return f"{above}{inner.stem}/" if pretty else f"{above}{inner.stem}.html"

    def _categories(self, page: Page) -> list[str]:
        one, several = page.data.get("category"), page.data.get("categories")
        found: list[str] = []
        if isinstance(several, str):
            found += several.split()
        elif isinstance(several, list):
            found += [str(each) for each in several if each]
        if isinstance(one, str | int) and str(one).strip():
            found.append(str(one))
        return found

    def _filled(self, pattern: str, page: Page, name: str, categories: list[str]) -> str:
        slug = page.text("slug")

        def value(found: re.Match[str]) -> str:
            token = found[1]
            if token in _DATES:
                return _DATES[token](page.day())
            known = {
                "title": slugs.jekyll(slug or name, "pretty", cased=True),
                "slug": slugs.jekyll(slug or name),
                "name": slugs.jekyll(name),
                "basename": name,
                "categories": "/".join(dict.fromkeys(each.lower() for each in categories)),
                "slugified_categories": "/".join(
                    dict.fromkeys(slugs.jekyll(each) for each in categories)
                ),
                "output_ext": ".html",
                "collection": "posts",
            }
            if token not in known:
                raise NoAddress(f"the permalink has :{token} in it, which isn't known here")
            return known[token]

        path = re.sub(r":([a-z_]+)", value, pattern)
        path = "/" + re.sub("/{2,}", "/", path).lstrip("/")
        if path.endswith("/index.html"):
            return path.removesuffix("index.html")
        # A file that is served as a page has an ending, whatever links may leave out.
        return path if path.endswith(("/", ".html")) else f"{path}.html"

    def _with_defaults(self, page: Page) -> Page:
        """What `defaults` of the settings say for this page; its own front matter comes first."""
        scopes = self.settings.get("defaults")
        merged: dict[str, Any] = {}
        for each in scopes if isinstance(scopes, list) else ():
            scope = each.get("scope") if isinstance(each, dict) else None
            values = each.get("values") if isinstance(each, dict) else None
            if isinstance(scope, dict) and isinstance(values, dict) and _applies(scope, page.path):
                merged |= {str(key).lower(): value for key, value in values.items()}
        if not merged:
            return page
        return replace(page, data={**merged, **page.data})


def _applies(scope: dict[str, Any], path: PurePosixPath) -> bool:
    kind = str(scope.get("type") or "")
    is_post = "_posts" in path.parts or "_drafts" in path.parts
    if kind and (kind in ("posts", "post")) != is_post:
        return False
    top = str(scope.get("path") or "").strip("/")
    if "*" in top:
        return path.match(top)
    return not top or path.is_relative_to(top)


def _short(day: dt.datetime) -> str:
    return "Mon Tue Wed Thu Fri Sat Sun".split()[day.weekday()]


_MONTH_NAMES = (
    "January February March April May June July August September October November December".split()
)
_DAY_NAMES = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_DATES: dict[str, Callable[[dt.datetime], str]] = {
    "year": lambda day: f"{day:%Y}",
    "short_year": lambda day: f"{day:%y}",
    "month": lambda day: f"{day:%m}",
    "i_month": lambda day: str(day.month),
    "short_month": lambda day: _MONTH_NAMES[day.month - 1][:3],
    "long_month": lambda day: _MONTH_NAMES[day.month - 1],
    "day": lambda day: f"{day:%d}",
    "i_day": lambda day: str(day.day),
    "y_day": lambda day: f"{day.timetuple().tm_yday:03}",
    "short_day": _short,
    "long_day": lambda day: _DAY_NAMES[day.weekday()],
    "week": lambda day: f"{day.isocalendar().week:02}",
    "w_year": lambda day: str(day.isocalendar().year),
    "w_day": lambda day: str(day.isoweekday()),
    "hour": lambda day: f"{day:%H}",
    "minute": lambda day: f"{day:%M}",
    "second": lambda day: f"{day:%S}",
}
