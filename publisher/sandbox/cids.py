"""Content identifiers, as the AT Protocol makes them: CIDv1 of a SHA-256, in base32.

https://atproto.com/specs/data-model (read 2026-11). A record's is that of its DAG-CBOR, so the same record
has the same one here and on a real server.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

RAW, DAG_CBOR = 0x55, 0x71


def of_bytes(data: bytes, codec: int = RAW) -> str:
    digest = bytes((1, codec, 0x12, 32)) + hashlib.sha256(data).digest()
    return "b" + base64.b32encode(digest).decode().rstrip("=").lower()


def of_record(record: Mapping[str, Any]) -> str:
    return of_bytes(encoded(record), DAG_CBOR)


def encoded(value: Any) -> bytes:
    """DAG-CBOR: the shortest lengths, keys by their length and then their bytes, links as tag 42."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, str):
        data = value.encode()
        return _head(3, len(data)) + data
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(encoded(each) for each in value)
    if isinstance(value, Mapping):
        if set(value) == {"$link"}:
            return _link(str(value["$link"]))
        items = sorted((len(key.encode()), key.encode(), each) for key, each in value.items())
        pairs = (_head(3, length) + key + encoded(each) for length, key, each in items)
        return _head(5, len(items)) + b"".join(pairs)
    raise TypeError(f"no DAG-CBOR for {type(value).__name__}")


def _link(cid: str) -> bytes:
    text = cid[1:].upper()
    data = b"\0" + base64.b32decode(text + "=" * (-len(text) % 8))
    return b"\xd8\x2a" + _head(2, len(data)) + data


def _head(major: int, number: int) -> bytes:
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 24:
            return bytes((major << 5 | number,))
        if number < 1 << (8 * size):
            return bytes((major << 5 | info,)) + number.to_bytes(size, "big")
    raise ValueError("a number of more than 64 bits")
