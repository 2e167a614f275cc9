"""The site as it was built, if it is there: which page it really has of a post, and what that page
calls itself.

It is asked only where it is newer than the post. Its pages are files: /news/x/ is news/x/index.html,
and /news/x may be news/x.html.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from publisher.generators.page import Page, quoted
from publisher.generators.site_lists import Listed, listed_in
from publisher.hosts import parts_of

LARGEST = 200_000
"""Bytes of a page that are looked at: its head, and the beginning of its text."""
MOST = 20_000
"""Files of a built site that are looked through."""

_TITLE = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_CANONICAL = re.compile(r"<link\b[^>]*\brel=[\"']?canonical\b[^>]*>", re.IGNORECASE)
_HREF = re.compile(r"""\bhref=(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_DAY = re.compile(
    r"""(?:\bdatetime=["']?|published_time["']?\s+content=["']?|"datePublished"\s*:\s*")(\d{4}-\d\d-\d\d)""",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_HERE = frozenset(("localhost", "127.0.0.1", "0.0.0.0", "::1"))  # noqa: S104 - names, not a server


@dataclass(frozen=True, slots=True)
class BuiltPage:
    """One page: its path quoted as in an address, the titles it has, and the days it says
    (YYYY-MM-DD)."""

    path: str
    titles: frozenset[str]
    days: frozenset[str]


@dataclass(frozen=True, slots=True)
class Built:
    """A folder with a built site."""

    folder: Path

    def is_newer_than(self, post: Path) -> bool:
        """Whether it was built after the post was last written. Its front page is made anew in each
        build."""
        try:
            return self._front().st_mtime >= post.stat().st_mtime
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

    def is_called(self, path: str, page: Page) -> bool:
        """Whether the page at this path has the title of `page`."""
        file = self._file(path)
        return file is not None and _letters(page.title or page.heading) in _titles(
            _beginning(file)
        )

    def address_at(self, path: str) -> str:
        """The whole address of the page at this path, by its own words, or by the site's map or feed;
        empty where none of them says it."""
        if not self.has(path):
            return ""
        own = self.canonical(path)
        if _is_public(own):
            return own
        # A site below a path of its host (/blog) has pages in its folder without that.
        there = {each.url for each in self._listed() if _bare_path(each.url).endswith(_bare(path))}
        return there.pop() if len(there) == 1 else ""

    def pages_of(self, page: Page) -> list[str]:
        """The paths of all pages that are called as `page` is; where there are several, those of its
        day."""
        wanted = _letters(page.title or page.heading)
        found = [
            each
            for each in _pages(self.folder, self._front().st_mtime_ns)
            if wanted and wanted in each.titles
        ]
        of_day = [each for each in found if each.days & days_of(page)]
        return [each.path for each in (of_day if len(found) > 1 and of_day else found)]

    def listed_as(self, page: Page) -> str:
        """The address that the site's feed gives the one page of this title and day; empty where it
        gives none, or several."""
        wanted, days = _letters(page.title or page.heading), days_of(page)
        found = {
            each.url
            for each in self._listed()
            if wanted and _letters(each.title) == wanted and each.day in days
        }
        return found.pop() if len(found) == 1 else ""

    def picture(self, path: str, file: PurePosixPath, alt: str) -> str:
        """What the page at this path shows in the place of a picture's file: by its name, which a
        generator keeps and adds to (lamp.Bx3f.png, lamp_hu12_800x0.png), else by its text. Empty
        where no one picture of the same kind is found."""
        page = self._file(path)
        images = _IMAGE.findall(_beginning(page)) if page else []
        shown = [(_attribute(each, "src"), _attribute(each, "alt")) for each in images]
        same_kind = [each for each in shown if _kind(each[0]) == _kind(file.name)]
        named = re.compile(rf"{re.escape(file.stem)}(?:[._-].*)?", re.IGNORECASE)
        by_name = {src for src, _ in same_kind if named.fullmatch(PurePosixPath(_path(src)).stem)}
        by_text = {src for src, text in same_kind if alt and " ".join(text.split()) == alt}
        for found in (by_name, by_text):
            if len(found) == 1:
                return found.pop()
        return ""

    def _front(self) -> os.stat_result:
        return (self.folder / "index.html").stat()

    def _listed(self) -> Sequence[Listed]:
        return listed_in(self.folder, self._front().st_mtime_ns)

    def _file(self, path: str) -> Path | None:
        name = unquote(path).lstrip("/")
        names = [f"{name}index.html"] if path.endswith("/") else [name, f"{name}.html"]
        top = self.folder.resolve()
        files = [(self.folder / each).resolve() for each in names]
        inside = (file for file in files if file.is_relative_to(top) and file.is_file())
        return next(inside, None)


def is_other(one: str, address: str) -> bool:
    """Whether two addresses of one host lead to two pages: a slash at the end, or an ending that links
    leave out, makes no other."""
    if _host(one) != _host(address):
        return False  # none, or a copy that was built for another place
    return _bare(one).lower() != _bare(address).lower()


def days_of(page: Page) -> frozenset[str]:
    """The day of its date: as it was written, as the site's clock shows it, and in UTC."""
    if page.date is None:
        return frozenset()
    moments = (page.date, page.date.astimezone(page.zone), page.date.astimezone(dt.UTC))
    return frozenset(f"{each:%Y-%m-%d}" for each in moments)


@lru_cache(maxsize=4)
def _pages(folder: Path, _time: int) -> tuple[BuiltPage, ...]:
    """Every post of a run may ask: a build is looked through once."""
    return tuple(
        BuiltPage(_path_of(file, folder), _titles(text), frozenset(_DAY.findall(text)))
        for file in _files(folder)
        if (text := _beginning(file))
    )


def _files(folder: Path) -> Iterator[Path]:
    left = MOST
    for above, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith((".html", ".htm")) and left:
                left -= 1
                yield Path(above) / name


def _path_of(file: Path, folder: Path) -> str:
    path = "/" + file.relative_to(folder).as_posix()
    path = path.removesuffix("index.html") if path.endswith("/index.html") else path
    return quoted(path)


def _titles(text: str) -> frozenset[str]:
    """What a page calls itself: its title, also without the site's behind it, and its headings."""
    whole = [unescape(_TAG.sub("", found)) for _, found in _TITLE.findall(text)]
    parts = [re.split(r"\s+[|·•–—-]\s+", each)[0] for each in whole]
    return frozenset(_letters(each) for each in (*whole, *parts))


def _beginning(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def _letters(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())


def _bare(address: str) -> str:
    """Without what may be left out at its end."""
    return re.sub(r"(?:/|/index)?(?:\.html)?/?$", "", unquote(address))


def _path(address: str) -> str:
    parts = parts_of(address)
    return unquote(parts.path) if parts else ""


def _bare_path(address: str) -> str:
    return _bare(_path(address))


def _host(address: str) -> str:
    found = re.match("https?://([^/?#]*)", address, re.IGNORECASE)
    return found[1].lower() if found else ""


def _is_public(address: str) -> bool:
    """Whether it is whole, and not that of the machine that built the site."""
    parts = parts_of(address)
    return bool(_host(address) and parts and (parts.hostname or "") not in _HERE)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"""\b{name}=(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", tag, re.IGNORECASE)
    return unescape(next(filter(None, found.groups()), "")) if found else ""


def _kind(address: str) -> str:
    kind = PurePosixPath(_path(address)).suffix.lower()
    return ".jpg" if kind == ".jpeg" else kind
