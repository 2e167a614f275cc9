"""Eleventy: 11ty.dev/docs/permalinks and /docs/data-cascade (read 2026-11), held against
@11ty/eleventy 3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path, PurePosixPath
from typing import Any

from publisher.generators import javascript, slugs
from publisher.generators.generator import FirstPost, Generator, inside
from publisher.generators.literals import read, text_of
from publisher.generators.page import Facts, NoAddress, NotBuilt, Page
from publisher.generators.unknown import UNKNOWN

FILES = (
    ".eleventy.js", "eleventy.config.js", "eleventy.config.mjs", "eleventy.config.cjs", "eleventy.config.ts",
)  # fmt: skip
_EXPRESSION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
_DATE_FORMATS = {"%Y", "%m", "%d", "%y", "%H", "%M"}


def find(folder: Path) -> Eleventy | None:
    for name in FILES:
        if (folder / name).is_file():
            return Eleventy(folder, folder / name, _settings(folder / name))
    return _of_package(folder)


def _of_package(folder: Path) -> Eleventy | None:
    """A site without a settings file of its own, which Eleventy allows: package.json names it, or a
    folder has a data file of its own name, which is Eleventy's way."""
    package = folder / "package.json"
    if not package.is_file():
        return None
    about = read(package)
    tables = (
        [about.get(key) for key in ("dependencies", "devDependencies")]
        if isinstance(about, dict)
        else []
    )
    is_named = any(isinstance(table, dict) and "@11ty/eleventy" in table for table in tables)
    if is_named or any(_has_data_file(each) for each in folder.iterdir() if each.is_dir()):
        return Eleventy(folder, package, {})
    return None


def _has_data_file(folder: Path) -> bool:
    names = (f"{folder.name}{kind}" for kind in (".json", ".11tydata.json", ".11tydata.js"))
    return any((folder / name).is_file() for name in names)


def _settings(file: Path) -> dict[str, Any]:
    text = text_of(file)
    settings = javascript.exported(text)
    named = javascript.constants(javascript.tree_of(text))
    if "config" in named:
        own = javascript.value_of(named["config"], named)
        settings |= own if isinstance(own, dict) else {}
    return settings | {CODE: text}


CODE = "<code>"
"""Under which the settings have the whole text of their file."""


class Eleventy(Generator):
    name = "Eleventy"
    built = ("", "_site")
    first_post = FirstPost("posts/{slug}.md", draft=None)
    builds_drafts = True

    def read_facts(self) -> Facts:
        data = self.root / self._folder("input", ".") / self._folder("data", "_data")
        about: dict[str, Any] = {}
        for name in ("metadata", "site", "meta"):
            for file in (data / f"{name}.json", data / f"{name}.js", data / f"{name}.mjs"):
                if file.is_file() and not about:
                    found = read(file)
                    about = found if isinstance(found, dict) else {}
        url = about.get("url") or about.get("baseUrl") or ""
        prefix = self.text("pathPrefix").strip("/")
        base = str(url).rstrip("/") if isinstance(url, str) else ""
        if prefix and not base.endswith(f"/{prefix}"):
            base = f"{base}/{prefix}"
        return Facts(
            base_url=base,
            title=str(about.get("title") or "") if isinstance(about.get("title"), str) else "",
            language=str(about.get("language") or about.get("lang") or "")
            if isinstance(about.get("language") or about.get("lang"), str)
            else "",
        )

    @property
    def code(self) -> str:
        """The text of the settings file: some calls in it say plainly what is set."""
        return self.text(CODE)

    def path(self, page: Page) -> str:
        inner = inside(page.path, self._folder("input", "."))
        left_out = {"node_modules", self._folder("output", "_site")}
        left_out |= {self._folder("includes", "_includes"), self._folder("data", "_data")}
        if any(part in left_out or part.startswith(".") for part in inner.parts[:-1]):
            raise NotBuilt("the site doesn't build this post: it lies in a folder that is left out")
        data = self._data(page, inner)
        permalink = data.get("permalink")
        if permalink is UNKNOWN or isinstance(permalink, dict):
            raise NoAddress("its permalink is made by code, which isn't run here")
        if permalink is False or (isinstance(permalink, str) and permalink.strip() == "false"):
            raise NotBuilt("the site doesn't build this post: its permalink is false")
        if not permalink or not isinstance(permalink, str):
            return self._by_name(inner)
        path = _EXPRESSION.sub(lambda found: self._value(found[1], page, inner, data), permalink)
        if "{%" in path:
            raise NoAddress("its permalink is a template, which isn't run here")
        return _as_page("/" + path.lstrip("/"))

    def output(self) -> Path | None:
        return self.root / self._folder("output", "_site")

    def _by_name(self, inner: PurePosixPath) -> str:
        folder = f"/{'/'.join(inner.parent.parts)}/" if inner.parent.parts else "/"
        # lamp/lamp.md is lamp/, as lamp/index.md is.
        is_folder = inner.stem in ("index", inner.parent.name)
        return folder if is_folder else f"{folder}{inner.stem}/"

    def _folder(self, name: str, default: str) -> str:
        found = self.table("dir").get(name)
        setter = re.search(rf"""\bset{name.title()}Directory\(\s*["'`]([^"'`]*)["'`]""", self.code)
        found = setter[1] if setter else found
        return str(PurePosixPath(found)) if isinstance(found, str) and found else default

    def _data(self, page: Page, inner: PurePosixPath) -> dict[str, Any]:
        """The data cascade, as far as it says the permalink: folders' data files, the layout, the
        post itself."""
        if re.search(
            r"""addGlobalData\(\s*["'`](?:permalink|eleventyComputed)""",
            self.code,
        ):
            raise NoAddress("the site's settings make its permalink, and they aren't run here")
        data: dict[str, Any] = {}
        top = self.root / self._folder("input", ".")
        for folder in reversed(inner.parents):
            name = folder.name or top.resolve().name
            data |= _data_of(top / folder, name)
        data |= _data_of(top / inner.parent, inner.stem)
        own = dict(page.data)
        layout = own.get("layout", data.get("layout"))
        for _ in range(5):
            if not isinstance(layout, str):
                break
            head = self._layout(layout, page)
            data = {**{key: value for key, value in head.items() if key == "permalink"}, **data}
            layout = head.get("layout")
        computed = own.get("eleventycomputed", data.get("eleventyComputed"))
        if isinstance(computed, Mapping) and "permalink" in computed:
            own["permalink"] = computed["permalink"]
        return data | own

    def _layout(self, name: str, page: Page) -> Mapping[str, Any]:
        top = PurePosixPath(self._folder("input", "."))
        folders = [
            top / self._folder("layouts", self._folder("includes", "_includes")),
            top / self._folder("includes", "_includes"),
        ]
        names = [
            name,
            *(f"{name}{kind}" for kind in (".njk", ".liquid", ".html", ".md", ".webc", ".vto")),
        ]
        file = self.existing(*(folder / each for folder in folders for each in names))
        return page.head_of(file) if file else {}

    def _value(
        self, expression: str, page: Page, inner: PurePosixPath, data: dict[str, Any]
    ) -> str:
        """What an expression of Liquid or Nunjucks stands for, where it is simple. Raises
        NoAddress."""
        name, *filters = [each.strip() for each in expression.split("|")]
        value = self._named(name, page, inner, data)
        for each in filters:
            word, _, argument = each.partition(":")
            word, argument = word.strip(), argument.strip().strip("\"'")
            if word == "slugify":
                value = slugs.words(str(value))
            elif word == "slug":
                value = _slug(str(value))
            elif word in ("downcase", "lower"):
                value = str(value).lower()
            elif word == "date" and name in ("page.date", "date") and _is_simple(argument):
                value = page.own_day().astimezone(UTC).strftime(argument)
            elif word not in ("url", "safe"):
                raise NoAddress(
                    f"its permalink has {{{{ {expression} }}}} in it, which isn't run here"
                )
        if not isinstance(value, str | int):
            raise NoAddress(f"its permalink has {{{{ {expression} }}}} in it, which isn't run here")
        return str(value)

    def _named(self, name: str, page: Page, inner: PurePosixPath, data: dict[str, Any]) -> Any:
        stem = re.sub(r"^.*?\d{4}-\d{2}-\d{2}-(?=.)", "", inner.stem)
        folder = "/".join(inner.parent.parts)
        if literal := re.fullmatch(r"""["']([^"']*)["']""", name):
            return literal[1]
        if name == "page.fileSlug":
            last = re.sub(r"^.*?\d{4}-\d{2}-\d{2}-(?=.)", "", inner.parent.name)
            return last if stem == "index" else stem
        if name == "page.filePathStem":
            return f"/{folder}/{stem}" if folder else f"/{stem}"
        if name in ("page.date", "date"):
            return page.own_day()
        value = data.get(name.lower(), data.get(name))
        if value in (None, "") or "." in name:
            raise NoAddress(f"its permalink has {{{{ {name} }}}} in it, which isn't known here")
        return value


def _data_of(folder: Path, name: str) -> dict[str, Any]:
    """The data files of a folder or a file called `name`. One that is code is looked at for a
    permalink."""
    data: dict[str, Any] = {}
    for kind in (".json", ".11tydata.json", ".11tydata.js", ".11tydata.mjs", ".11tydata.cjs"):
        file = folder / f"{name}{kind}"
        if not file.is_file():
            continue
        found = read(file)
        if isinstance(found, dict):
            data |= found
        is_code = kind.endswith("js") and "permalink" not in data
        if is_code and "permalink" in text_of(file):
            data["permalink"] = UNKNOWN
    return data


def _slug(text: str) -> str:
    """The filter `slug`, of what no table of letters and signs changes. Raises NoAddress."""
    if not re.fullmatch(r"[A-Za-z0-9 -]+", text):
        raise NoAddress(f"how the filter slug writes {text!r} isn't known here")
    return re.sub(r"[ -]+", "-", text.strip()).lower()


def _is_simple(form: str) -> bool:
    return bool(form) and all(each in _DATE_FORMATS for each in re.findall("%.", form))


def _as_page(path: str) -> str:
    """Eleventy writes what is said; index.html is its folder."""
    path = re.sub("/{2,}", "/", path)
    for end in ("/index.html", "/index/", "/index"):
        if path.endswith(end):
            return path.removesuffix(end) + "/"
    return path
