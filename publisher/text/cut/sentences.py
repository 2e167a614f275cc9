"""Where sentences end, in French, English, Chinese, Japanese, Arabic and their neighbours."""

from __future__ import annotations

import re

_CLOSERS = r"(?:[”’\"'»›)\]）」』】》〉〕*_~]|[ \u00a0\u202f]»(?!\w))*"
_WIDE = re.compile(rf"[。！？｡]+{_CLOSERS}")
_NARROW = re.compile(rf"(?P<stop>[.!?…؟۔।]+){_CLOSERS}(?=[\s\u2066-\u2069\u200e\u200f]|$)")

# Never the last word of a sentence: a name, a number or an example follows.
_BEFORE_A_WORD = frozenset(
    "m mm mme mmes mlle mlles me mgr dr pr prof st ste sr sra mr mrs ms messrs gen sen rep gov capt lt col sgt rev"
    " hon p.ex ex e.g eg i.e ie cf vs c.-à-d c-à-d viz resp approx env ca c al hrsg bzw z.b d.h u.a ing dipl mt ft"
    " z".split()
)
# An abbreviation only where a number follows.
_BEFORE_A_NUMBER = frozenset(
    "no nos n° nr p pp fig figs art vol chap ch sec eq éd ed t tab pl v ver jan janv feb févr mar apr avr jun jul juil"
    " aug sep sept oct nov dec déc".split()
)
# May end a sentence: it does where a capital follows.
_EITHER = frozenset(
    "etc inc ltd co corp bros jr sr a.m p.m s.a s.a.r.l b.v av blvd dept univ".split()
)

_WORD = re.compile(r"[^\s(\[«“\"'’]*$")
_P_EX = re.compile(r"\b[pz]\.[ \u00a0\u202f]?$", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[^\W\d_]\.[ \u00a0]?-?)*[^\W\d_]")
_NEXT = re.compile(
    r"[\s\u2066-\u2069\u200e\u200f]*([«“‘\"'(\[—–¿¡\u00a0\u202f*_~-]*)(.?)", re.DOTALL
)


def sentence_ends(text: str, language: str = "") -> list[int]:
    """Offsets just after each sentence's end, its closing quotation marks and brackets included, in
    order.

    Careful rather than eager: an end that is missed costs a little room, one that isn't there a
    sentence its sense. `language` is a BCP 47 tag; in German, "3." is an ordinal number.
    """
    ends = {found.end() for found in _WIDE.finditer(text)}
    ends |= {found.end() for found in _NARROW.finditer(text) if _is_end(text, found, language)}
    return sorted(ends)


def _is_end(text: str, found: re.Match[str], language: str) -> bool:
    after = _NEXT.match(text, found.end())
    following = after[2] if after else ""
    gap = text[found.end() : after.start(1)] if after else ""
    if "\n" in gap and following:
        return not _is_list_number(text, found)
    if following.islower():
        return False
    if found["stop"] != ".":
        return True
    word = _before(text, found.start())
    if not word:
        return False
    lower = word.lower().replace("\u00a0", "").replace("\u202f", "")
    if lower in _BEFORE_A_WORD and following:
        return False
    if lower in _BEFORE_A_NUMBER and following.isdigit():
        return False
    if lower in _EITHER:
        return not following.isdigit()
    if word.isupper() and _INITIALS.fullmatch(word) and following:
        return False
    if word.isdigit() and (
        _is_list_number(text, found) or (language.lower().startswith("de") and len(word) < 3)
    ):
        return False
    return not (lower == "ex" and _P_EX.search(text[: found.start() - 2]))


def _before(text: str, end: int) -> str:
    """The word that stands before a full stop (at most 40 characters of it are looked at)."""
    found = _WORD.search(text[max(0, end - 40) : end])
    return found[0] if found else ""


def _is_list_number(text: str, found: re.Match[str]) -> bool:
    """Is this the full stop after a list's number, at the beginning of a line?"""
    line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()].strip()
    return len(line) <= 3 and line.isdigit()
