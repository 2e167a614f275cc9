"""Names of pages, made of titles and file names as each generator makes them.

hugo      hugolib's paths.Sanitize, v0.111 and v0.140
jekyll    jekyll 4.3, lib/jekyll/utils.rb
github    npm github-slugger 2, which Astro uses
hexo      npm hexo-util 3, slugize
words     npm @sindresorhus/slugify 2, which is Eleventy's filter `slugify`
ascii     Unidecode with Django's rule, which Pelican 4 and Nikola 8 use
pymdown   pymdownx.slugs, which MkDocs Material uses

All read and tried 2026-11. Unicode's data are those of `regex`.
"""

from __future__ import annotations

import unicodedata

import regex

from publisher.generators.page import NoAddress

_PLAIN = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D",
        "ł": "l", "Ł": "L", "ı": "i", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D",
        "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "«": "<<", "»": ">>",
        "\u00a0": " ", "\u202f": " ",
    }
)  # fmt: skip
"""Latin letters that Unicode doesn't take apart, and common marks, as Unidecode writes them."""
_WORDS = str.maketrans(
    {
        "ß": "ss", "ẞ": "Ss", "ä": "ae", "Ä": "Ae", "ö": "oe", "Ö": "Oe", "ü": "ue", "Ü": "Ue", "Æ": "AE", "æ": "ae",
        "Ð": "D", "ð": "d", "Ø": "O", "ø": "o", "Þ": "TH", "þ": "th", "Đ": "D", "đ": "d", "ı": "i", "ł": "l", "Ł": "L",
        "Ħ": "H", "ħ": "h", "Ĳ": "IJ", "ĳ": "ij", "€": "E", "¢": "c", "¥": "Y", "‽": "?!",
    }
)  # fmt: skip
_HEXO = str.maketrans(
    {
        "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ß": "s", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H",
        "ı": "i", "ŀ": "l", "Ŀ": "L", "ł": "l", "Ł": "L", "ŉ": "n", "ŧ": "t", "Ŧ": "T", "ſ": "l",
    }
)  # fmt: skip


def hugo(text: str, *, lower: bool = True, accents: bool = True) -> str:
    """Letters, marks, digits and `./\\_#+~-` stay; spaces and hyphens are one hyphen."""
    if not accents:
        text = _without_marks(text)
    text = regex.sub(r"[^\p{L}\p{M}\p{Nd}./\\_#+~\-\s@]", "", text.strip())
    text = regex.sub(r"(?:\s|-)*\s(?:\s|-)*", "-", text)
    return text.lower() if lower else text


def jekyll(text: str, mode: str = "default", *, cased: bool = False) -> str:
    """Modes as in the filter `slugify`: default, pretty, raw, ascii, latin, none."""
    if mode == "none":
        return text if cased else text.lower()
    if mode == "latin":
        text, mode = _latin(text), "default"
    kept = {
        "raw": r"\s+",
        "default": r"[^\p{M}\p{L}\p{Nd}]+",
        "pretty": r"[^\p{M}\p{L}\p{Nd}._~!$&'()+,;=@]+",
        "ascii": r"[^A-Za-z0-9]+",
    }
    text = regex.sub(kept[mode], "-", text).removeprefix("-").removesuffix("-")
    return text if cased else text.lower()


def github(text: str) -> str:
    bare = regex.sub(r"[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\- ]", "", text.lower())
    return bare.replace(" ", "-")


def hexo(text: str, *, lower: bool = False) -> str:
    bare = regex.sub("[\u0000-\u001f]", "", _without_marks(text.translate(_HEXO)))
    bare = regex.sub(r"""[\s~`!@#$%^&*()\-_+=\[\]{}|\\;:"'<>,.?/]+""", "-", bare).strip("-")
    return bare.lower() if lower else bare


def words(text: str) -> str:
    """Raises NoAddress for other scripts than Latin, and for symbols that have words of their own."""
    text = unicodedata.normalize("NFC", text).translate(_WORDS).replace("&", " and ")
    text = _without_marks(text).lower()
    for each in text:
        is_latin = regex.match(r"[\p{Latin}\p{P}\p{Z}]", each) is not None
        if not each.isascii() and not is_latin:
            raise NoAddress(f"how the filter slugify writes {each!r} isn't known here")
    text = regex.sub(r"([a-z\d]+)'([ts])(\s|$)", r"\1\2\3", text)
    return regex.sub(r"[^a-z\d]+", "-", text).strip("-")


def ascii_words(text: str, *, lower: bool = True, plus: bool = False) -> str:
    """`plus`: plus signs stay. Raises NoAddress for a script that isn't Latin."""
    text = _latin(unicodedata.normalize("NFKC", text))
    text = regex.sub(r"[^+\w\s-]" if plus else r"[^\w\s-]", "", text).strip()
    text = regex.sub(r"[-\s]+", "-", text)
    return text.lower() if lower else text


def unicode_words(text: str, *, lower: bool = True) -> str:
    text = unicodedata.normalize("NFKC", text)
    text = regex.sub(r"[-\s]+", "-", regex.sub(r"[^\w\s-]", "", text).strip())
    return text.lower() if lower else text


def pymdown(text: str, separator: str = "-", *, case: str = "lower") -> str:
    text = regex.sub(r"</?[^>]*>", "", unicodedata.normalize("NFC", text)).strip()
    if case == "lower":
        text = text.lower()
    elif case == "fold":
        text = text.casefold()
    elif case == "lower-ascii":
        text = regex.sub(r"[A-Z]", lambda found: found[0].lower(), text)
    return regex.sub(r"[^\w\- ]", "", text).replace(" ", separator)


def _latin(text: str) -> str:
    """ASCII for what is Latin. Raises NoAddress for other letters: each generator has a table of
    thousands of its own."""
    bare = _without_marks(text.translate(_PLAIN))
    foreign = [each for each in bare if not each.isascii() and each.isalnum()]
    if foreign:
        raise NoAddress(
            f"how the generator writes {foreign[0]!r} in Latin letters isn't known here"
        )
    return bare


def _without_marks(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    bare = "".join(each for each in apart if unicodedata.category(each) != "Mn")
    return unicodedata.normalize("NFC", bare)
