"""Quotation marks by language, as CLDR 46 (2024) gives them; French with the no-break spaces inside
that print uses."""

from __future__ import annotations

Quotes = tuple[str, str, str, str]
"""Opening and closing, then opening and closing of a quotation inside a quotation."""

_ENGLISH: Quotes = ("“", "”", "‘", "’")
_FRENCH: Quotes = ("«\u00a0", "\u00a0»", "“", "”")
_GERMAN: Quotes = ("„", "“", "‚", "‘")
_CORNERS: Quotes = ("「", "」", "『", "』")
_ANGLES: Quotes = ("«", "»", "“", "”")
_LOW_HIGH: Quotes = ("„", "”", "‚", "’")
_RUSSIAN: Quotes = ("«", "»", "„", "“")

_BY_LANGUAGE: dict[str, Quotes] = {
    "fr": _FRENCH, "br": _FRENCH, "ja": _CORNERS, "zh-hant": _CORNERS, "zh-tw": _CORNERS, "zh-hk": _CORNERS,
    "zh-mo": _CORNERS, "ar": _ANGLES, "fa": _ANGLES, "es": _ANGLES, "ca": _ANGLES, "it": _ANGLES, "el": _ANGLES,
    "pt-pt": _ANGLES, "de": _GERMAN, "cs": _GERMAN, "sk": _GERMAN, "sl": _GERMAN, "bg": _GERMAN, "is": _GERMAN,
    "de-ch": ("«", "»", "‹", "›"), "fr-ch": ("«", "»", "‹", "›"), "ru": _RUSSIAN, "uk": _RUSSIAN, "be": _RUSSIAN,
    "pl": _LOW_HIGH, "hu": _LOW_HIGH, "ro": _LOW_HIGH, "hr": _LOW_HIGH, "sv": ("”", "”", "’", "’"),
    "fi": ("”", "”", "’", "’"), "da": ("“", "”", "‘", "’"), "nb": ("«", "»", "‘", "’"), "no": ("«", "»", "‘", "’"),
    "nn": ("«", "»", "‘", "’"), "nl": ("‘", "’", "“", "”"), "he": ("”", "”", "’", "’"),
}  # fmt: skip

OPENING = '«‹“‘„‚「『"'


def quotes(language: str) -> Quotes:
    """For a BCP 47 tag such as "fr", "zh-Hant-TW" or "pt_BR"; English ones for a language not known
    here."""
    tags = language.lower().replace("_", "-").split("-")
    for region in tags[:0:-1]:
        if (found := _BY_LANGUAGE.get(f"{tags[0]}-{region}")) is not None:
            return found
    return _BY_LANGUAGE.get(tags[0], _ENGLISH)
