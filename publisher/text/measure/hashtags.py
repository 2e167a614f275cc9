"""Hashtags from tags."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

IsHashtag = Callable[[str], bool]
"""Whether a platform takes this, "#" included, for one hashtag."""

_SEPARATORS = re.compile(r"[\s\-‐‑–—/_.,:;·・'’]+")
_SHORTENED = re.compile(r"(?<=\w)['’](?=(?:t|s|re|ve|ll|d|m)\b)|&", re.IGNORECASE)
"""What joins letters to one word in English: "don't", "R&D"."""
_FRACTION = re.compile(r"\d[.,:/]\d")


def hashtag(tag: str, taken: IsHashtag) -> str | None:
    """`machine learning` as `#MachineLearning`; None for what can't be a hashtag there, or would be
    another word.

    Words keep their accents and the capitals they have. In scripts without capitals words are
    joined by "_", Chinese and Japanese by nothing. A hashtag has letters and digits, at least one
    of them a letter (X: twitter-text 3.1, 2021-10-21; Mastodon: app/models/tag.rb of 4.6), so
    `c++`, `c#`, `2024` and `web 2.0` are left out; so is what isn't `taken`.
    """
    tag = unicodedata.normalize("NFC", tag).strip().lstrip("#＃")
    if not tag or _FRACTION.search(tag):
        return None
    words = [word for word in _SEPARATORS.split(_SHORTENED.sub("", tag)) if word]
    if not words or not all(_is_letter(character) for word in words for character in word):
        return None
    joined = words[0]
    if len(words) > 1:
        joined = ""
        for word in words:
            capital = word if word != word.lower() else word[:1].upper() + word[1:]
            joined += (
                "_" + capital
                if joined and _caseless(joined[-1]) and _caseless(capital[0])
                else capital
            )
    if not any(unicodedata.category(character)[0] == "L" for character in joined):
        return None
    made = "#" + joined
    return made if taken(made) else None


def hashtags(tags: Iterable[str], taken: IsHashtag, most: int | None = None) -> str:
    """The hashtags of a post with spaces between, each once, whatever its case; the first `most` of
    them."""
    found: dict[str, str] = {}
    for tag in tags:
        if made := hashtag(tag, taken):
            found.setdefault(made.casefold(), made)
    return " ".join(list(found.values())[:most])


def _is_letter(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LM" or category == "Nd" or character in "\u200c\u200d"


def _caseless(character: str) -> bool:
    """A letter of a script with spaces between words, but no capitals: Arabic, Hebrew, Hindi,
    Korean."""
    if unicodedata.category(character)[0] not in "LM" or character.upper() != character.lower():
        return False
    return not unicodedata.name(character, "").startswith(("CJK", "HIRAGANA", "KATAKANA"))
