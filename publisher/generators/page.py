"""What a generator is asked about, and what it answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote


def quoted(path: str) -> str:
    """A path as it stands in an address; what is encoded already stays."""
    return quote(path, safe="/%:@!$&'()*+,;=~-._")


class NoAddress(Exception):
    """There is no page, or its address can't be known from here; the message says why."""


class NotBuilt(NoAddress):
    """The site makes no page of it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One source file of a site.

    path      below the site's folder
    data      its front matter, keys in small letters
    title     as its front matter says it; else empty
    heading   the first heading of its text; else empty
    date      its date, aware, in the time zone that it was written in; None where it has none
    zone      the site's time zone
    head_of   the front matter of another file, keys in small letters; empty where it can't be read
    """

    path: PurePosixPath
    data: Mapping[str, Any]
    title: str = ""
    heading: str = ""
    date: dt.datetime | None = None
    zone: dt.tzinfo = dt.UTC
    head_of: Callable[[Path], Mapping[str, Any]] = field(default=lambda _: {})

    def text(self, *keys: str) -> str:
        """The first of these keys that says something, as text."""
        for key in keys:
            value = self.data.get(key)
            is_text = isinstance(value, str | int | float) and not isinstance(value, bool)
            if is_text and str(value).strip():
                return str(value).strip()
        return ""

    def words(self, *keys: str) -> list[str]:
        """The first of these keys that is there, as a list."""
        for key in keys:
            value = self.data.get(key)
            if isinstance(value, list | tuple):
                return [str(each).strip() for each in value if str(each).strip()]
            if isinstance(value, str) and value.strip():
                return [value.strip()]
        return []

    def day(self) -> dt.datetime:
        """Its date, as the site's clock shows it. Raises NoAddress."""
        return self.own_day().astimezone(self.zone)

    def own_day(self) -> dt.datetime:
        """Its date, as it was written. Raises NoAddress."""
        if self.date is None:
            raise NoAddress("its address has a date in it, and the post has none")
        return self.date


@dataclass(frozen=True, slots=True)
class Facts:
    """What a site says of itself; empty where it says nothing.

    base_url   where the site is, whole, without a slash at the end
    timezone   a name, such as "Europe/Paris"
    static     the folder of files that are copied as they are, below the site's
    separator  what ends an excerpt, where it isn't <!--more-->
    """

    base_url: str = ""
    title: str = ""
    language: str = ""
    timezone: str = ""
    static: str = ""
    separator: str = ""
