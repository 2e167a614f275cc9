"""What a PDS demands of a record, and what it says where that isn't met: the lexicons app.bsky.feed.post,
app.bsky.embed.images and .external, as PDS 0.4.217 holds a record to them.

`tests/test_real_pds.py` asks that server and the sandbox the same, and compares the answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import regex

POST = "app.bsky.feed.post"
MAX_BLOB = 1_000_000
_TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,20})?(Z|[+-]\d\d:\d\d)")
_URI = re.compile(r"\w+:(?://)?[^\s/][^\s]*")
_DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")
_AT = re.compile(
    r"at://(did:[a-z]+:[a-zA-Z0-9._:%-]+|(?:[\w-]+\.)+[a-zA-Z]+)(/[\w.-]+(/[\w.~:-]+)?)?"
)
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*|[a-zA-Z]{5,8}(-[a-zA-Z0-9]{1,8})*")
_FACET = "app.bsky.richtext.facet"


class Wrong(Exception):
    """`at` is where in the record, as the server writes it: ".facets[0].index"."""

    def __init__(self, what: str, at: str) -> None:
        super().__init__(f"{what} at $.record{at}")


def wrong_key(key: str) -> str:
    if _TID.fullmatch(key):
        return ""
    return f'Invalid record key for {POST}: Invalid TID string (got "{key}") at $'


def check(record: Mapping[str, Any]) -> None:
    """Raises Wrong for the first thing that is."""
    text = _needed(record, "text", "", str)
    _string(text, "", "text", size=3000, graphemes=300)
    created = _needed(record, "createdAt", "", str)
    _like(_DATE, "datetime", created, ".createdAt")
    _list(record, "langs", 3, lambda value, at: _like(_LANGUAGE, "language", value, at))
    _list(record, "facets", None, _facet)
    if "reply" in record:
        for name in ("root", "parent"):
            ref = _needed(record["reply"], name, ".reply", dict)
            _like(_AT, "at-uri", _needed(ref, "uri", f".reply.{name}", str), f".reply.{name}.uri")
            _needed(ref, "cid", f".reply.{name}", str)
    embed = record.get("embed") or {}
    if embed.get("$type") == "app.bsky.embed.images":
        _list(embed, "images", 4, _image, at=".embed.images")
    if embed.get("$type") == "app.bsky.embed.external":
        _external(_needed(embed, "external", ".embed", dict), ".embed.external")


def blobs_of(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The pictures that a record mentions, in order."""
    embed = record.get("embed") or {}
    found = [image["image"] for image in embed.get("images") or ()]
    if thumb := (embed.get("external") or {}).get("thumb"):
        found.append(thumb)
    return found


def _needed(value: Mapping[str, Any], name: str, at: str, kind: type) -> Any:
    if name not in value:
        raise Wrong(f'Missing required key "{name}"', at)
    if not isinstance(value[name], kind):
        raise Wrong(f"Expected another type for {name}", at)
    return value[name]


def _string(text: str, at: str, name: str, *, size: int, graphemes: int) -> None:
    if (length := len(text.encode())) > size:
        raise Wrong(f"string too big (maximum {size}, got {length})", f"{at}.{name}")
    if (length := len(regex.findall(r"\X", text))) > graphemes:
        raise Wrong(f"grapheme too big (maximum {graphemes}, got {length})", f"{at}.{name}")


def _like(pattern: re.Pattern[str], what: str, value: str, at: str) -> None:
    if not pattern.fullmatch(value):
        raise Wrong(f'Invalid {what} (got "{value}")', at)


def _list(
    record: Mapping[str, Any],
    name: str,
    most: int | None,
    each: Callable[[Any, str], None],
    *,
    at: str = "",
) -> None:
    at = at or f".{name}"
    values = record.get(name) or []
    if most is not None and len(values) > most:
        raise Wrong(f"array too big (maximum {most}, got {len(values)})", at)
    for number, value in enumerate(values):
        each(value, f"{at}[{number}]")


def _facet(facet: Mapping[str, Any], at: str) -> None:
    index = _needed(facet, "index", at, dict)
    for name in ("byteStart", "byteEnd"):
        if (value := _needed(index, name, f"{at}.index", int)) < 0:
            raise Wrong(f"integer too small (minimum 0, got {value})", f"{at}.index.{name}")
    for number, feature in enumerate(_needed(facet, "features", at, list)):
        here = f"{at}.features[{number}]"
        if feature.get("$type") == f"{_FACET}#link":
            _like(_URI, "uri", _needed(feature, "uri", here, str), f"{here}.uri")
        elif feature.get("$type") == f"{_FACET}#mention":
            _like(_DID, "DID", _needed(feature, "did", here, str), f"{here}.did")
        elif feature.get("$type") == f"{_FACET}#tag":
            tag = _needed(feature, "tag", here, str)
            _string(tag, here, "tag", size=640, graphemes=64)


def _image(image: Mapping[str, Any], at: str) -> None:
    _blob(_needed(image, "image", at, dict), f"{at}.image")
    _needed(image, "alt", at, str)


def _external(card: Mapping[str, Any], at: str) -> None:
    _like(_URI, "uri", _needed(card, "uri", at, str), f"{at}.uri")
    _needed(card, "title", at, str)
    _needed(card, "description", at, str)
    if "thumb" in card:
        _blob(card["thumb"], f"{at}.thumb")


def _blob(blob: Mapping[str, Any], at: str) -> None:
    if (size := int(blob.get("size", 0))) > MAX_BLOB:
        raise Wrong(f"blob too big (maximum {MAX_BLOB}, got {size})", at)
