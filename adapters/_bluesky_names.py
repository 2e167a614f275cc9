"""What things are called on the AT Protocol: a record's key and address.

https://atproto.com/specs/tid, /specs/at-uri-scheme and /specs/handle (read 2026-11).
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

POST = "app.bsky.feed.post"
HANDLE = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
DID = r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]"

_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_TID = "[234567a-j][234567a-z]{12}"
_AT = re.compile(rf"at://({DID}|{HANDLE})/([a-zA-Z0-9.-]+)/([\w.~:-]{{1,512}})/?")
_PROFILE = re.compile(rf"/profile/({DID}|{HANDLE})/post/({_TID})/?")

_UNDATED = 1_577_836_800
"""2020-01-01, in seconds since 1970: a post without a date gets a moment of the year that follows."""
_YEAR = 31_536_000


class Address(NamedTuple):
    """at://authority/collection/key; `authority` is a DID or a handle."""

    authority: str
    collection: str
    key: str

    def __str__(self) -> str:
        return f"at://{self.authority}/{self.collection}/{self.key}"


def key_of(date: int | None, name: str) -> str:
    """The key of a record: a TID, which holds a time in microseconds and ten bits more.

    The seconds are those of the post's date (since 1970); the microseconds and the ten bits come
    from `name`. So it is known before anything is sent, and the same whenever it is tried again.
    """
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:12], "big")
    number, low = divmod(number, 1024)
    number, micro = divmod(number, 1_000_000)
    seconds = date if date is not None and date >= 0 else _UNDATED + number % _YEAR
    return _tid((seconds * 1_000_000 + micro) << 10 | low)


def _tid(number: int) -> str:
    number &= (1 << 63) - 1
    return "".join(_LETTERS[number >> shift & 31] for shift in range(60, -1, -5))


def seconds(date: datetime | None) -> int | None:
    return int(date.astimezone(UTC).timestamp()) if date is not None else None


def address_in(text: str) -> Address | None:
    """The record that an at-URI names, or the address of a post's page on the web; None for
    anything else."""
    if found := _AT.fullmatch(text):
        return Address(found[1], found[2], found[3])
    parts = urlsplit(text)
    if parts.scheme in ("http", "https") and (found := _PROFILE.fullmatch(parts.path)):
        return Address(found[1], POST, found[2])
    return None
