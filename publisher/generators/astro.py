"""Astro: docs.astro.build/guides/content-collections and /guides/routing (read 2026-11), held
against astro 5."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from publisher.generators import javascript, slugs
from publisher.generators.generator import FirstPost, Generator, inside
from publisher.generators.literals import read, text_of
from publisher.generators.page import Facts, NoAddress, NotBuilt, Page
from publisher.generators.unknown import UNKNOWN

FILES = tuple(f"astro.config.{kind}" for kind in ("mjs", "js", "ts", "mts", "cjs"))
_COLLECTIONS = (
    "content.config.ts", "content.config.mjs", "content.config.js",
    "content/config.ts", "content/config.mjs", "content/config.js",
)  # fmt: skip


def find(folder: Path) -> Astro | None:
    for name in FILES:
        if (folder / name).is_file():
            settings = read(folder / name)
            return Astro(folder, folder / name, settings if isinstance(settings, dict) else {})
    return None


@dataclass(frozen=True, slots=True)
class Collection:
    """Where a collection's files lie, below the site, and whether their names are made by code."""

    name: str
    folder: str
    own_ids: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """A page that is built for each entry of a collection: its path, with `*` for the entry's id."""

    collection: str
    path: str


class Astro(Generator):
    name = "Astro"
    built = ("outDir", "dist")
    first_post = FirstPost("src/content/blog/{slug}.md", draft=None)
    builds_drafts = True
    placeholders = ("https://example.com",)

    def read_facts(self) -> Facts:
        site, base = self.text("site").rstrip("/"), self.text("base").strip("/")
        i18n = self.table("i18n")
        language = i18n.get("defaultLocale")
        return Facts(
            base_url=f"{site}/{base}" if base else site,
            language=language if isinstance(language, str) else "",
            static=self.text("publicDir").removeprefix("./") or "public",
        )

    @property
    def source(self) -> str:
        return str(PurePosixPath(self.text("srcDir") or "src"))

    def path(self, page: Page) -> str:
        pages = PurePosixPath(self.source) / "pages"
        if page.path.is_relative_to(pages):
            return self._ended(
                "/" + _without_index(str(page.path.relative_to(pages).with_suffix("")))
            )
        collection = self._collection_of(page.path)
        inner = inside(page.path, collection.folder)
        if any(part.startswith("_") for part in inner.parts):
            raise NotBuilt("the site doesn't build this post: its name begins with _")
        if "#" in str(inner):
            raise NotBuilt(
                "the site doesn't build this post: Astro finds no file with # in its name"
            )
        if collection.own_ids:
            raise NoAddress("the site's collection makes its names by code, which isn't run here")
        routes = [route for route in self._routes if route.collection == collection.name]
        if len({route.path for route in routes}) != 1:
            raise NoAddress(
                f"which page of src/pages shows the collection {collection.name} isn't plain from here"
            )
        identity = page.text("slug") or _without_index(
            "/".join(slugs.github(part) for part in inner.with_suffix("").parts)
        )
        return self._ended(routes[0].path.replace("*", identity))

    def _collection_of(self, path: PurePosixPath) -> Collection:
        inside_of = [each for each in self._collections if path.is_relative_to(each.folder)]
        if inside_of:
            return max(inside_of, key=lambda each: len(each.folder))
        content = PurePosixPath(self.source) / "content"
        if path.is_relative_to(content) and len(path.relative_to(content).parts) > 1:
            name = path.relative_to(content).parts[0]
            return Collection(name, str(content / name))
        raise NotBuilt("the site doesn't build this post: it lies in no collection")

    @cached_property
    def _collections(self) -> list[Collection]:
        file = self.existing(*(f"{self.source}/{name}" for name in _COLLECTIONS))
        if file is None:
            return []
        root = javascript.tree_of(text_of(file))
        named = javascript.constants(root)
        exported = javascript.value_of(named.get("collections"), {})
        names = _names(named.get("collections"))
        found = []
        for name, variable in names.items() if isinstance(exported, dict) else ():
            definition = javascript.words(named[variable]) if variable in named else ""
            base = re.search(r"""\bbase\s*:\s*["'`]([^"'`]+)["'`]""", definition)
            folder = base[1] if base else f"{self.source}/content/{name}"
            own = "generateId" in definition or (
                "loader" in definition and "glob(" not in definition
            )
            found.append(Collection(name, str(PurePosixPath(folder)), own))
        return found

    @cached_property
    def _routes(self) -> list[Route]:
        """Which pages are built of which collection, as their getStaticPaths says."""
        pages = self.root / self.source / "pages"
        routes = []
        for file in sorted(pages.rglob("*.astro")) if pages.is_dir() else ():
            parameter = re.fullmatch(r"\[(?:\.\.\.)?(\w+)\]", file.stem)
            text = text_of(file)
            collections = set(re.findall(r"""getCollection\(\s*["'`]([\w-]+)["'`]""", text))
            if parameter is None or "getStaticPaths" not in text or len(collections) != 1:
                continue
            given = re.search(
                rf"params\s*:\s*\{{\s*{parameter[1]}\s*:\s*\w+\.(id|slug)\s*,?\s*\}}", text
            )
            folder = "/".join(file.parent.relative_to(pages).parts)
            if "[" in folder or (given is None and f"{{ params: {{ {parameter[1]} }}" not in text):
                continue
            if given is not None:
                above = f"/{folder}/" if folder else "/"
                routes.append(Route(collections.pop(), f"{above}*"))
        return routes

    def _ended(self, path: str) -> str:
        """By `trailingSlash` and `build.format`."""
        path = path.rstrip("/") or "/"
        form = self.table("build").get("format")
        if self.settings.get("base") is UNKNOWN or form is UNKNOWN:
            raise NoAddress("the site's settings make its address by code, which isn't run here")
        if path == "/":
            return path
        if form == "file":
            return f"{path}.html"
        return path if self.text("trailingSlash") == "never" else f"{path}/"


def _names(node: Any) -> dict[str, str]:
    """Which variable each exported collection is: `{ blog, news: posts }`."""
    names: dict[str, str] = {}
    for each in node.named_children if node is not None else ():
        if each.type == "shorthand_property_identifier":
            names[javascript.words(each)] = javascript.words(each)
        elif each.type == "pair":
            key, value = each.child_by_field_name("key"), each.child_by_field_name("value")
            names[javascript.words(key).strip("\"'")] = javascript.words(value)
    return names


def _without_index(path: str) -> str:
    return re.sub("(^|/)index$", "", path)
