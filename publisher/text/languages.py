"""Which language a tag means, where there are words of ours in several."""

from __future__ import annotations

_TRADITIONAL = ("hant", "tw", "hk", "mo")
_SAME = {"no": "nb", "nn": "nb", "iw": "he", "in": "id"}


def tag_of(language: str) -> str:
    """The language of a BCP 47 tag, in small letters; "zh-hant" where Chinese is written in its
    traditional form."""
    tags = language.lower().replace("_", "-").split("-")
    if tags[0] == "zh" and any(one in _TRADITIONAL for one in tags):
        return "zh-hant"
    return _SAME.get(tags[0], tags[0])
