"""The site as it was built, if it is there: which page it really has of a post.

It is asked only where it is newer than the post. Its pages are files: /news/x/ is news/x/index.html,
and /news/x may be news/x.html.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import unquote

from publisher.generators.page import quoted

LARGEST = 200_000
"""Bytes of a page that are looked at: its head, and the beginning of its text."""
MOST = 20_000
"""Files of a built site that are looked through."""

_TITLE = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_CANONICAL = re.compile(r"<link\b[^>]*\brel=[\"']?canonical\b[^>]*>", re.IGNORECASE)
_HREF = re.compile(r"""\bhref=(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Built:
    """A folder with a built site."""

    folder: Path

    def is_newer_than(self, post: Path) -> bool:
        """Whether it was built after the post was last written. Its front page is made anew in each
        build."""
        front = self.folder / "index.html"
        try:
            return front.stat().st_mtime >= post.stat().st_mtime
        except OSError:
            return False

    def has(self, path: str) -> bool:
        """Whether there is a page at this path, which is as it stands in an address."""
        return self._file(path) is not None

    def canonical(self, path: str) -> str:
        """The address that the page at this path says is its own; empty where it says none."""
        file = self._file(path)
        found = _CANONICAL.search(_beginning(file)) if file else None
        address = _HREF.search(found[0]) if found else None
        return unescape(next(filter(None, address.groups()), "")) if address else ""

    def _file(self, path: str) -> Path | None:
        name = unquote(path).lstrip("/")
        names = [f"{name}index.html"] if path.endswith("/") else [name, f"{name}.html"]
        top = self.folder.resolve()
        files = [(self.folder / each).resolve() for each in names]
        inside = (file for file in files if file.is_relative_to(top) and file.is_file())
        return next(inside, None)

    def paths_of(self, title: str) -> list[str]:
        """The paths of all pages that are called `title`, quoted as in an address."""
        wanted = _bare(title)
        return [self._path(file) for file in self._pages() if wanted and wanted in _titles(file)]

    def _pages(self) -> Iterator[Path]:
        left = MOST
        for folder, _, names in os.walk(self.folder):
            for name in sorted(names):
                if name.endswith((".html", ".htm")) and left:
                    left -= 1
                    yield Path(folder) / name

    def _path(self, file: Path) -> str:
        path = "/" + file.relative_to(self.folder).as_posix()
        path = path.removesuffix("index.html") if path.endswith("/index.html") else path
        return quoted(path)


def _titles(file: Path) -> set[str]:
    """What a page calls itself: its title, also without the site's behind it, and its headings."""
    titles = _TITLE.findall(_beginning(file))
    whole = [unescape(_TAG.sub("", found)) for _, found in titles]
    parts = [re.split(r"\s+[|·•–—-]\s+", each)[0] for each in whole]
    return {_bare(each) for each in (*whole, *parts)}


def _beginning(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def _bare(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())
