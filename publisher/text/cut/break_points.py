"""Where a text may be cut: after a word, wherever that is in a script."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from publisher.text.marks import marks_of
from publisher.text.patterns import compiled

SPACES = " \t\n\r\f\v\u1680\u2000-\u2006\u2008-\u200a\u205f\u3000\u2028\u2029"
"""White space at which a line may end; no-break spaces are not among it (a range for a character
class)."""

CJK = (
    "\u2e80-\u2fff\u3001-\u303f\u3040-\u30ff\u3100-\u312f\u3190-\u31ff\u3200-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f"
    "\uff00-\uffef\U0001f200-\U0001f2ff\U00020000-\U0003fffd"
)
"""Chinese and Japanese, written without spaces (ranges for a character class)."""

_AFTER_UNIT = ".,;:!?)]»”\u00a0\u202f"
_OPENING = "([{«‹“‘„‚¿¡（〔［｛〈《「『【〖〝｟"
_CLOSING = (
    ")\\]}»›”’,;:!?.…%٪،؛؟、。，．：；！？）〕］｝〉》」』】〗〟｠・゠–—々ー"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ～％"
)

URL = r"(?i:https?|mailto|ftp|xmpp|gemini|gopher|magnet|ssh|git|irc)://[^\s<>\"«»“”、。，；：！？（）「」『』【】《》]+"
_TAGGED = r"[@＠#＃][\w\u200c\u200d·.@-]+"
_TOKEN = re.compile(rf"\(?{URL}|{_TAGGED}|[^{SPACES}]+")
"""In a text without Chinese and Japanese: reading those takes longer, also to compile."""
_TOKEN_WITH_CJK = (
    rf"\(?{URL}|{_TAGGED}"
    rf"|[\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9f]+"
    rf"|[{CJK}][\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\u200d\U000e0100-\U000e01ef]*"
    rf"|[^{SPACES}{CJK}]+"
)
_MAY_BE_CJK = re.compile("[^\0-\u2e7f]")
_ONE_CJK = f"[{CJK}]"
_ADDRESS = re.compile(rf"\(?{URL}")
_CLOSES = re.compile(
    f"[{_CLOSING}\u0300-\u036f\u200b-\u200f\u2060-\u2069\ufe00-\ufe0f\\U0001f3fb-\\U0001f3ff]"
)
_PUNCTUATION = re.compile(f"[{_CLOSING}\u00a0\u202f]+$")
_NUMBER = re.compile(
    r"[(\[«“]?[+\-−±~≈<>]?[$€£¥]?\d[\d.,\u00a0\u202f٫٬'’/×x]*(?<![.,])$|[٠-٩۰-۹][٠-٩۰-۹٫٬]*$"
)
_UNIT = (
    r"(?:[%‰°€$£¥₹₽]|°[CF]|[kKMGTPEZY]?(?:i?[bBo](?:ps|it|its|/s)?|octets?|bytes?)"
    r"|[nµumckMGTd]?(?:m|g|s|l|L|W|Wh|V|A|Hz|Pa|J|eq|Ω)[²³23]?(?:/[hs])?|km/h|m/s|ha|t|h|min|mn|sec|j|d|px|pt|dpi|fps|ppm|ppi"
    r"|°|EUR|USD|CHF|GBP|CAD|JPY|CNY|RMB|F|€/\w+|million|millions|milliard|milliards|billion|billions|thousand"
    r"|seconds?|secondes?|minutes?|hours?|heures?|days?|jours?|weeks?|semaines?|months?|mois|years?|ans?|années?"
    r"|euros?|dollars?|yuans?|dirhams?|dinars?|pounds?|points?|percent|degrees?|degrés?|meters?|metres?|mètres?"
    r"|kilometers?|kilometres?|kilomètres?|am|pm|a\.m|p\.m|AM|PM|h\d\d"
    r"|يوم|يومًا|أيام|ساعة|ساعات|دقيقة|دقائق|سنة|سنوات|عام|أعوام|شهر|أشهر|كم|متر|دولار|يورو|مليون|ملايين|مليار|ألف"
    r"|个|個|年|月|日|天|小时|小時|時間|分|秒|分钟|公里|米|元|円|万|億|亿|人|件|回|次|本|台)$"
)
_LEADS = re.compile(
    r"(?:[(«“\[]?(?:n°|nº|№|no|nos|pp?|art|fig|vol|chap|ch|sec|eq|m|mm|mme|mlle|mr|mrs|ms|dr|pr|prof|st|ste|cf|e\.g"
    r"|i\.e|p\. ?ex|ex|vs|env|approx|§)\.?|[-–—•·*+]|\(?\d{1,3}[.)]|[a-z][.)])$",
    re.IGNORECASE,
)
_NEEDS_DOT = re.compile(
    r"(?:no|nos|pp?|art|fig|vol|chap|ch|sec|eq|m|mm|mr|mrs|ms|dr|pr|prof|st|cf|ex|vs|env|approx)$",
    re.I,
)


def _leads(text: str, start: int, end: int) -> bool:
    """Does this word only make sense with the next: "M.", "p.", "n°", a bullet, a list's number?"""
    if end - start > 8:
        return False
    word = text[start:end]
    if not _LEADS.match(word) or _NEEDS_DOT.search(word.lstrip("(«“[")):
        return False
    if word[0] in "-–—•·*+" or word[-1] == ")" or word.rstrip(".").isdigit():
        return not text[:start].rsplit("\n", 1)[-1].strip()
    return True


def cuts(text: str, stop: int | None = None) -> list[int]:
    """Offsets at which text[:offset] ends with a whole word, in order, up to `stop`.

    A word here is what isn't torn apart: an address and the word before "(address)", a mention, a
    hashtag, a number and its unit, an atom; in Chinese and Japanese a character with the
    punctuation that belongs to it.
    """
    stop = len(text) if stop is None else min(stop, len(text))
    atoms = sorted((mark.start, mark.end) for mark in marks_of(text) if mark.kind == "atom")
    found = list(_cuts(text, stop))
    if not atoms:
        return found
    starts = [start for start, _ in atoms]
    reach: list[int] = []
    for _, end in atoms:
        reach.append(max(end, reach[-1]) if reach else end)
    free = []
    for offset in found:
        before = bisect_left(starts, offset)
        if before == 0 or reach[before - 1] <= offset:
            free.append(offset)
    for end in {
        end for _, end in atoms if end <= stop and (end == len(text) or text[end].isspace())
    }:
        at = bisect_right(free, end)
        if (
            not (at and free[at - 1] == end)
            and bisect_left(starts, end)
            and reach[bisect_left(starts, end) - 1] <= end
        ):
            free.insert(at, end)
    return free


def _cuts(text: str, stop: int) -> Iterator[int]:
    before, end = -1, 0
    token = compiled(_TOKEN_WITH_CJK) if _MAY_BE_CJK.search(text, 0, stop) else _TOKEN
    for found in token.finditer(text, 0, stop):
        start, after = found.span()
        if before >= 0:
            # Most words are long, of letters, and followed by one that begins with a letter.
            easy = (
                end < start
                and end - before > 7
                and text[end - 1].isalpha()
                and text[start].isalpha()
            )
            if easy or parted(text, before, end, start, after):
                yield end
        before, end = start, after
    if before >= 0 and (stop == len(text) or text[stop].isspace()):
        yield end


def parted(text: str, before: int, end: int, start: int, after: int) -> bool:
    """May the text be cut between the words text[before:end] and text[start:after]?"""
    left, right = text[before:end], text[start:after]
    if left[-1] in _OPENING:
        return False
    if end == start:
        if _CLOSES.match(right) or (_ADDRESS.match(left) and not is_cjk(right)):
            return False
        if left[-1].isdigit() and not right[0].isascii():
            return False
        return is_cjk(left[-1]) or is_cjk(right)
    if right[0] == "(" and _ADDRESS.match(right):
        return False
    if "\n" in text[end:start]:
        return not _leads(text, before, end)
    if right[0] in ":;!?»" or (not right[0].isalnum() and _PUNCTUATION.fullmatch(right)):
        return False
    if (
        left[-1].isdigit()
        and _NUMBER.fullmatch(left)
        and compiled(_UNIT).match(right.rstrip(_AFTER_UNIT))
    ):
        return False
    return not _leads(text, before, end)


def is_cjk(text: str) -> bool:
    """Does the text, which isn't empty, begin with a Chinese or Japanese character?"""
    return text[0] >= "\u2e80" and bool(compiled(_ONE_CJK).match(text))


def grapheme_ends(text: str, stop: int) -> list[int]:
    """Where the first word may be cut if it alone is too long: after each user-perceived character,
    but not inside an address, a mention or a hashtag."""
    import regex  # only here: most texts never get so far

    if _ADDRESS.match(text) or text[:1] in "@＠#＃":
        return []
    return [found.end() for found in regex.finditer(r"\X", text, pos=0, endpos=stop)]
