"""The lists that a built site has of its own pages: sitemap.xml and its parts (sitemaps.org), and its
feed, RSS 2.0 or Atom (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from html import unescape
from pathlib import Path

MAPS = ("sitemap*.xml", "sitemap/*.xml")
FEEDS = (
    "*.xml", "feed/index.xml", "feed/*.xml", "feeds/*.xml", "blog/*.xml", "posts/*.xml", "news/*.xml",
)  # fmt: skip
"""Where generators write them."""
LARGEST = 20_000_000
"""Bytes of one that are read."""

_LOCATION = re.compile(r"<loc>\s*([^<\s]+)\s*</loc>")
_ENTRY = re.compile(r"<(item|entry)\b[^>]*>(.*?)</\1>", re.DOTALL)
_TITLE = re.compile(r"<title\b[^>]*>(.*?)</title>", re.DOTALL)
_LINK = re.compile(r"<link\b[^>]*>([^<\s]+)</link>")
_LINK_OF_ATOM = re.compile(
    r"<link\b(?![^>]*rel=[\"'](?:self|edit|enclosure))[^>]*\bhref=[\"']([^\"']+)"
)
_TIME = re.compile(r"<(?:pubDate|published|updated|dc:date)>\s*([^<]+?)\s*<")


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list: its whole address, and in a feed its title and its day (YYYY-MM-DD)."""

    url: str
    title: str = ""
    day: str = ""


@lru_cache(maxsize=4)
def listed_in(folder: Path, _time: int) -> tuple[Listed, ...]:
    """What all lists of a built site have, whole addresses alone. `_time` is that of the build, since
    each post of a run asks."""
    maps = (
        Listed(unescape(url)) for text in _texts(folder, MAPS) for url in _LOCATION.findall(text)
    )
    feeds = (entry for text in _texts(folder, FEEDS) for entry in _entries(text))
    return tuple(dict.fromkeys(each for each in (*maps, *feeds) if re.match("https?://", each.url)))


def _texts(folder: Path, patterns: tuple[str, ...]) -> Iterator[str]:
    files = {file: None for pattern in patterns for file in sorted(folder.glob(pattern))}
    for file in files:
        if file.is_file() and not file.is_symlink() and file.stat().st_size <= LARGEST:
            yield file.read_text("utf-8", "replace")


def _entries(text: str) -> Iterator[Listed]:
    for _, entry in _ENTRY.findall(text):
        link = _LINK.search(entry) or _LINK_OF_ATOM.search(entry)
        title, time = _TITLE.search(entry), _TIME.search(entry)
        if link:
            yield Listed(
                unescape(link[1]), _words(title[1]) if title else "", _day(time[1]) if time else ""
            )


def _words(text: str) -> str:
    """Of a title: a section of CDATA, or with its entities escaped once more as HTML."""
    data = re.fullmatch(r"\s*<!\[CDATA\[(.*)\]\]>\s*", text, re.DOTALL)
    return unescape(data[1] if data else unescape(text))


def _day(text: str) -> str:
    if iso := re.match(r"\d{4}-\d\d-\d\d", text):
        return iso[0]
    try:
        return f"{parsedate_to_datetime(text):%Y-%m-%d}"
    except ValueError:
        return ""
