"""Top-level domains: what turns `name.word` into an address on the platforms that count with
twitter-text.

The names are data, in `tlds.txt`; where they are from, of what date, and how to refresh them is
said there and in docs/conformance.md. A platform may lag behind them by years.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

_ASCII_WORD = re.compile(r"[A-Za-z]+")
_NOT_A_BOUNDARY = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@+-")


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Every known top-level domain, lower case, in Unicode: "org", "рф"."""
    lines = Path(__file__).with_name("tlds.txt").read_text("utf-8").split("\n")
    return frozenset(_decoded(line) for line in lines if line and not line.startswith("#"))


def _decoded(name: str) -> str:
    return name[4:].encode("ascii").decode("punycode") if name.startswith("xn--") else name


@lru_cache(maxsize=1)
def _international() -> tuple[dict[str, tuple[int, ...]], frozenset[str]]:
    """For those that aren't ASCII: the lengths to try by first letter, longest first; and the
    folded names."""
    folded = frozenset(_folded(name) for name in names() if not name.isascii())
    lengths: dict[str, set[int]] = {}
    for name in folded:
        lengths.setdefault(name[0], set()).add(len(name))
    return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}, folded


def _folded(text: str) -> str:
    """Case folding that keeps lengths, as JavaScript's regular expressions do it."""
    return "".join(
        upper if len(upper := character.upper()) == 1 else character for character in text
    )


def end_of_name(text: str, start: int, stop: int | None = None) -> int:
    """Where the top-level domain that begins at `start` ends (offset in text), or -1 if none begins
    there.

    What follows it must not be an ASCII letter, a digit, "@", "+" or "-" (twitter-text 3.1.0,
    regexp/validGTLD).
    """
    stop = len(text) if stop is None else stop
    word = _ASCII_WORD.match(text, start, stop)
    if word and word.group().lower() in names() and not _goes_on(text, word.end(), stop):
        return word.end()
    if start >= stop:
        return -1
    lengths, folded = _international()
    for length in lengths.get(_folded(text[start]), ()):
        end = start + length
        if end <= stop and _folded(text[start:end]) in folded and not _goes_on(text, end, stop):
            return end
    return -1


def _goes_on(text: str, end: int, stop: int) -> bool:
    return end < stop and text[end] in _NOT_A_BOUNDARY
