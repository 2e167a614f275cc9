"""How each platform measures a text. Pure functions; each returns one number to hold against the
platform's limit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from publisher.text.measure import emoji
from publisher.text.measure.entities import (
    MastodonMention,
    count_graphemes,
    mastodon_entities,
    twitter_urls_counted,
)
from publisher.text.measure.ruby import count_clusters


@dataclass(frozen=True, slots=True)
class Weights:
    """A configuration of twitter-text: what X counts, in hundredths of a character where `scale` is
    100.

    `light` are the ranges (first and last code point) that weigh `light_weight`; all else weighs
    `default_weight`.
    """

    limit: int = 280
    scale: int = 100
    default_weight: int = 200
    light_weight: int = 100
    light: tuple[tuple[int, int], ...] = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
    url_length: int = 23
    emoji: bool = True


V3 = Weights()
"""What X counts with (twitter-text 3.1.0, config/v3.json)."""

V2 = Weights(emoji=False)
"""The one before (config/v2.json), for twitter-text's own test cases."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What twitter-text says of a text. The two ends are the last offsets, in UTF-16 units,
    displayed and allowed.

    permillage  the weighted length in thousandths of the limit
    """

    weighted_length: int
    valid: bool
    permillage: int
    display_end: int
    valid_end: int


_INVALID = re.compile("[\ufeff\ufffe\uffff]")


@lru_cache(maxsize=8)
def _light(weights: Weights) -> re.Pattern[str]:
    return re.compile(
        "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in weights.light) + "]+"
    )


def twitter(text: str, weights: Weights = V3) -> int:
    """Weighted length as X counts it (twitter-text 3.1.0): 280 is its limit, 25,000 for Premium
    (docs, 2024-08-20).

    An address counts 23, a bare one ("example.org") too; an emoji sequence 2; Latin, Greek,
    Cyrillic, Arabic, Hebrew and most dashes and quotes 1; all else 2. All of that after composing
    the text (NFC).
    """
    if text.isascii() and "." not in text:
        return len(text)
    pieces = _pieces(unicodedata.normalize("NFC", text), weights)
    return (
        sum(_weight(piece, weights) if weight is None else weight for piece, weight in pieces)
        // weights.scale
    )


def _pieces(text: str, weights: Weights) -> Iterator[tuple[str, int | None]]:
    """The composed text in pieces: addresses and emoji sequences with their weight, what is between
    without one."""
    position = 0
    for start, end, weight in _entities(text, weights):
        if start >= position:
            yield text[position:start], None
            yield text[start:end], weight
            position = end
    yield text[position:], None


def _entities(text: str, weights: Weights) -> list[tuple[int, int, int]]:
    """(start, end, weight) of addresses and emoji sequences, by their start."""
    found = [
        (
            url.start,
            url.counted,
            weights.url_length * weights.scale + url.torn * weights.default_weight,
        )
        for url in twitter_urls_counted(text)
    ]
    if weights.emoji and not text.isascii():
        found += [(start, end, weights.default_weight) for start, end in emoji.sequences(text)]
        found.sort(key=lambda entity: entity[0])
    return found


def _weight(text: str, weights: Weights) -> int:
    light = sum(map(len, _light(weights).findall(text)))
    return light * weights.light_weight + (len(text) - light) * weights.default_weight


def measure_twitter(text: str, weights: Weights = V3) -> Measured:
    """All that twitter-text says of a text: slower than `twitter`, and knows what X refuses."""
    composed = unicodedata.normalize("NFC", text)
    total, offset, valid_end, valid = 0, 0, 0, True
    for piece, weight in _pieces(composed, weights):
        for step in piece if weight is None else [piece]:
            total += _weight(step, weights) if weight is None else weight
            offset += utf16_length(step)
            # Of an address or an emoji sequence, twitter-text looks at the last character only.
            valid = valid and not _INVALID.match(step[-1])
            if valid and total <= weights.limit * weights.scale:
                valid_end = offset - 1
    length = total // weights.scale
    return Measured(
        weighted_length=length,
        valid=valid and 0 < length <= weights.limit,
        permillage=length * 1000 // weights.limit,
        display_end=max(utf16_length(text) - 1, 0),
        valid_end=valid_end + utf16_length(text) - utf16_length(composed),
    )


def mastodon(
    text: str,
    spoiler_text: str = "",
    *,
    url_length: int = 23,
    is_mastodon: bool = True,
    conjuncts: bool = False,
) -> int:
    """Length as Mastodon counts it: 500 is its default limit (4.6.5
    app/validators/status_length_validator.rb).

    Grapheme clusters of the content warning and the text; an address with a protocol and a known
    top-level domain counts `url_length` (the instance's `characters_reserved_per_url`),
    "@user@host" as "@user". GoToSocial (2025-10) and Takahē (2024-08) count code points without any
    discount, whatever they advertise: for them, and for all that isn't Mastodon, pass
    is_mastodon=False and get the larger of the two.

    `conjuncts`: the server is of 4.6 or later, which run Ruby 4.0 and count "क्ष" as one; earlier
    ones count two, which is never less.
    """
    counted = count_clusters(spoiler_text + _countable(text, url_length), conjuncts=conjuncts)
    return counted if is_mastodon else max(counted, len(spoiler_text) + len(text))


def _countable(text: str, url_length: int) -> str:
    """The text as Mastodon rewrites it for counting."""
    if not text.strip():
        return ""
    pieces, position = [], 0
    for entity in mastodon_entities(text):
        pieces.append(text[position : entity.start])
        if isinstance(entity, MastodonMention):
            pieces.append(text[entity.start : entity.user_end])
        else:
            pieces.append("x" * url_length)
        position = entity.end
    return "".join([*pieces, text[position:]])


def discord(text: str) -> int:
    """Length for one of Discord's fields: code points and UTF-16 units, whichever is more, after
    trimming.

    Limits: content 2000, embed title 256, description 4096, all embeds together 6000 (developer
    docs, message.mdx, 2026-08-06, which say that whitespace is trimmed first). Discord's staff
    speaks of code points (discord-api-docs 1315, 2020); there are never fewer UTF-16 units, so
    these are what is counted here.
    """
    return utf16_length(text.strip())


def utf16_length(text: str) -> int:
    """Length in UTF-16 units, as JavaScript counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def bluesky(text: str) -> int:
    """One number to hold against 300: Bluesky allows 300 grapheme clusters and 3,000 bytes of
    UTF-8.

    So: the larger of the clusters and a tenth of the bytes, rounded up (app.bsky.feed.post lexicon,
    2026-08-20). Addresses count in full.
    """
    return max(count_graphemes(text), -(-len(text.encode("utf-8", "surrogatepass")) // 10))
