"""Grapheme clusters as Ruby counts them, and with it Mastodon.

Held against Ruby 3.4.1 and 4.0.0 themselves (npm @ruby/3.4-wasm-wasi and @ruby/4.0-wasm-wasi 2.10.1,
2026-11) by benchmarks/ruby.py: 420 real posts are the same, and of 4,800 random texts in 24 scripts of
Asia all but nine.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import regex

from publisher.text.measure.entities import graphemes

_CONSONANT = regex.compile(r"\p{InCB=Consonant}")
_SPACING = "\u0e33\u0eb3"
"""Letters that belong to what is before them: SARA AM of Thai and Lao (UAX 29, GB9a)."""


def count_clusters(text: str, *, conjuncts: bool) -> int:
    """How many clusters Ruby makes of a text. `conjuncts`: from Ruby 4.0 on, which joins the
    consonants of Indic and Khmer conjuncts (UAX 29, GB9c); before, each begins a new cluster."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    return sum(1 + _more(cluster, conjuncts=conjuncts) for cluster in graphemes(text))


def _more(cluster: str, *, conjuncts: bool) -> int:
    """How many clusters Ruby makes of one of ours, beside the first."""
    if len(cluster) < 3:
        return 0
    joints = list(_joints(cluster))
    if not conjuncts:
        return len(joints)
    return sum(1 for at in joints if not _follows_a_consonant(cluster, at))


def _joints(cluster: str) -> Iterator[int]:
    """Where a consonant is joined to what is before it."""
    for at in range(1, len(cluster)):
        before, letter = cluster[at - 1], cluster[at]
        is_letter = unicodedata.category(letter) == "Lo" and letter not in _SPACING
        if is_letter and _is_mark(before):
            yield at


def _follows_a_consonant(cluster: str, at: int) -> bool:
    """Whether there is one before the marks before `at`: our clusters join it to vowels, too."""
    at -= 1
    while at >= 0 and _is_mark(cluster[at]):
        at -= 1
    return at >= 0 and _CONSONANT.match(cluster[at]) is not None


def _is_mark(character: str) -> bool:
    return character == "\u200d" or unicodedata.category(character) in ("Mn", "Mc")
