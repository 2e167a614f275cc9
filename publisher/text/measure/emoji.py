"""Emoji sequences that X counts as one character: those of twemoji-parser 11.0.2, which
twitter-text 3.1.0 uses.

They are of Emoji 11 (2018). A newer sequence counts part by part on X, so newer tables would count
too little. An emoji of a single code point isn't listed: it weighs the same as any other character
outside the light ranges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

# What comes second in every sequence: rare, and so quickly looked for.
_SECOND = re.compile("[\u200d\u20e3\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0067]")

_SKIN = "[\U0001f3fb-\U0001f3ff]"
_GENDER = "[\u2640\u2642]\ufe0f"

_PROFESSIONS = (
    "1F33E 1F373 1F393 1F3A4 1F3A8 1F3EB 1F3ED 1F4BB-1F4BC 1F527 1F52C 1F680 1F692 1F9B0-1F9B3"
)

_GENDERED_WITH_VARIANT = "26F9 1F3CB-1F3CC 1F574-1F575"
_GENDERED = (
    "1F3C3-1F3C4 1F3CA 1F46E 1F471 1F473 1F477 1F481-1F482 1F486-1F487 1F645-1F647 1F64B 1F64D-1F64E "
    "1F6A3 1F6B4-1F6B6 1F926 1F935 1F937-1F939 1F93D-1F93E 1F9B8-1F9B9 1F9D6-1F9DD"
)
_GENDERED_WITHOUT_SKIN = "1F46F 1F93C 1F9DE-1F9DF"

# An emoji only where U+FE0F follows.
_TEXT_UNLESS_ASKED = "A9 AE 2122 265F"

# An emoji unless U+FE0E follows; U+FE0F belongs to it.
_VARIANT = (
    "203C 2049 2139 2194-2199 21A9-21AA 231A-231B 2328 23CF 23ED-23EF 23F1-23F2 23F8-23FA 24C2 25AA-25AB "
    "25B6 25C0 25FB-25FE 2600-2604 260E 2611 2614-2615 2618 2620 2622-2623 2626 262A 262E-262F 2638-263A "
    "2640 2642 2648-2653 2660 2663 2665-2666 2668 267B 267F 2692-2697 2699 269B-269C 26A0-26A1 26AA-26AB "
    "26B0-26B1 26BD-26BE 26C4-26C5 26C8 26CF 26D1 26D3-26D4 26E9-26EA 26F0-26F5 26F8 26FA 26FD 2702 "
    "2708-2709 270F 2712 2714 2716 271D 2721 2733-2734 2744 2747 2757 2763-2764 27A1 2934-2935 2B05-2B07 "
    "2B1B-2B1C 2B50 2B55 3030 303D 3297 3299 1F004 1F170-1F171 1F17E-1F17F 1F202 1F21A 1F22F 1F237 1F321 "
    "1F324-1F32C 1F336 1F37D 1F396-1F397 1F399-1F39B 1F39E-1F39F 1F3CD-1F3CE 1F3D4-1F3DF 1F3F3 1F3F5 "
    "1F3F7 1F43F 1F441 1F4FD 1F549-1F54A 1F56F-1F570 1F573 1F576-1F579 1F587 1F58A-1F58D 1F5A5 1F5A8 "
    "1F5B1-1F5B2 1F5BC 1F5C2-1F5C4 1F5D1-1F5D3 1F5DC-1F5DE 1F5E1 1F5E3 1F5E8 1F5EF 1F5F3 1F5FA 1F6CB "
    "1F6CD-1F6CF 1F6E0-1F6E5 1F6E9 1F6F0 1F6F3"
)
_VARIANT_WITH_SKIN = "261D 26F7 26F9 270C-270D 1F3CB-1F3CC 1F574-1F575 1F590"
_WITH_SKIN = (
    "270A-270B 1F385 1F3C2-1F3C4 1F3C7 1F3CA 1F442-1F443 1F446-1F450 1F466-1F469 1F46E 1F470-1F478 1F47C "
    "1F481-1F483 1F485-1F487 1F4AA 1F57A 1F595-1F596 1F645-1F647 1F64B-1F64F 1F6A3 1F6B4-1F6B6 1F6C0 "
    "1F6CC 1F918-1F91C 1F91E-1F91F 1F926 1F930-1F939 1F93D-1F93E 1F9B5-1F9B6 1F9B8-1F9B9 1F9D1-1F9DD"
)

# The flags of countries, by their two letters: the first, and what may follow it.
_FLAGS = (
    "A:CDEFGILMOQRSTUWXZ B:ABDEFGHIJLMNOQRSTVWYZ C:ACDFGHIKLMNOPRUVWXYZ D:EGJKMOZ E:ACEGHRSTU F:IJKMOR "
    "G:ABDEFGHILMNPQRSTUWY H:KMNRTU I:CDELMNOQRST J:EMOP K:EGHIMNPRWYZ L:ABCIKRSTUVY "
    "M:ACDEFGHKLMNOPQRSTUVWXYZ N:ACEFGILOPRUZ O:M P:AEFGHKLMNRSTWY Q:A R:EOSUW S:ABCDEGHIJKLMNORSTVXYZ "
    "T:ACDFGHJKLMNORTVWZ U:AGMNSYZ V:ACEGINU W:FS X:K Y:ET Z:AMW"
)
_FLAGS_OF_NATIONS = ("gbeng", "gbsct", "gbwls")


def _one_of(ranges: str) -> str:
    bounds = (part.partition("-") for part in ranges.split())
    return (
        "["
        + "".join(
            chr(int(low, 16)) + (dash and "-" + chr(int(high, 16))) for low, dash, high in bounds
        )
        + "]"
    )


def _regional(letters: str) -> str:
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in letters)


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """Matches each emoji sequence of two code points or more; the order of the alternatives
    matters."""
    joiner, man, woman, boy, girl = "\u200d", "\U0001f468", "\U0001f469", "\U0001f466", "\U0001f467"
    heart = f"{joiner}\u2764\ufe0f{joiner}"
    kiss = f"{heart}\U0001f48b{joiner}"
    flags = "|".join(
        f"{_regional(first)}[{_regional(seconds)}]"
        for first, _, seconds in (row.partition(":") for row in _FLAGS.split())
    )
    nations = "|".join(
        "".join(chr(0xE0000 + ord(letter)) for letter in nation) for nation in _FLAGS_OF_NATIONS
    )
    return re.compile(
        "|".join(
            [
                f"[{man}{woman}]{_SKIN}?{joiner}(?:[\u2695\u2696\u2708]\ufe0f|{_one_of(_PROFESSIONS)})",
                f"{_one_of(_GENDERED_WITH_VARIANT)}(?:{_SKIN}|\ufe0f){joiner}{_GENDER}",
                f"{_one_of(_GENDERED)}{_SKIN}?{joiner}{_GENDER}",
                f"(?:{man}(?:{kiss}|{heart}){man}|{woman}(?:{kiss}|{heart})[{man}{woman}])",
                f"(?:{man}(?:{joiner}[{man}{woman}])?|{woman}(?:{joiner}{woman})?)"
                f"{joiner}(?:{boy}{joiner}{boy}|{girl}{joiner}[{boy}{girl}]|[{boy}{girl}])",
                f"\U0001f3f3\ufe0f{joiner}\U0001f308",
                f"\U0001f3f4{joiner}\u2620\ufe0f",
                f"\U0001f441{joiner}\U0001f5e8",
                f"{_one_of(_GENDERED_WITHOUT_SKIN)}{joiner}{_GENDER}",
                "[#*0-9]\ufe0f?\u20e3",
                f"{_one_of(_TEXT_UNLESS_ASKED)}\ufe0f",
                f"{_one_of(_VARIANT)}\ufe0f",
                f"{_one_of(_VARIANT_WITH_SKIN)}(?:\ufe0f{_SKIN}?|{_SKIN})",
                f"{_one_of(_WITH_SKIN)}{_SKIN}",
                f"\U0001f3f4(?:{nations})\U000e007f",
                flags,
            ]
        )
    )


def sequences(text: str) -> Iterator[tuple[int, int]]:
    """Where each emoji sequence of two code points or more starts and ends, leftmost first."""
    after = 0
    for second in _SECOND.finditer(text):
        start = second.start() - 1
        if start >= after and (found := _pattern().match(text, start)):
            after = found.end()
            yield start, after
