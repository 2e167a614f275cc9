"""Shorten a text to what there is room for: at a sentence, else at a word."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache

from publisher.text.cut.break_points import cuts, grapheme_ends, is_cjk
from publisher.text.cut.good_ends import LIST_LINE, GoodEnds
from publisher.text.cut.sentences import sentence_ends
from publisher.text.marks import Mark, Text, cut, marks_of

SHORT = 25
"""Characters of a sentence that is teaser enough, however much room there is."""

_WINDOW = 700
_DANGLING = re.compile(
    r"(?:[\s\u00a0\u202f(\[{«‹“‘„‚「『（【《〈,;:、，；：–—·•/&¿¡…]|(?<!\.)\.{2,}|(?<=\s)[-*+>])+$"
)
_LEAD_IN = re.compile(r"[:：][\s\u00a0\u202f]*$")
_ENDED = re.compile(r"[.!?…。！？؟۔:：;,»”\"')\]）」]$")


def fit(
    text: str,
    fits: Callable[[str], bool],
    *,
    language: str = "",
    ellipsis: str = "…",
    teaser: bool = False,
) -> str | None:
    """The longest beginning of `text` for which `fits` is true; `text` itself if it fits as a
    whole.

    What is left out is shown by `ellipsis`, which is counted in. The end is that of a sentence
    where this costs no more than a third of the room, else that of a word: never inside a grapheme,
    an address, a hashtag, a mention or an atom, or between a number and its unit; and where there
    is another, not where nobody would stop (see GoodEnds). Marks of a Text are kept, and markup
    that was open is closed. None if not even one word fits. `fits` need not be monotone in detail:
    an address may count less than its beginning.

    A `teaser` is followed by the address of the whole: it ends with a sentence even where that
    costs two thirds of the room, which nothing then shows; and it is None rather than end where
    nobody would stop.
    """
    if whole_fits(text, fits):
        return text
    shorten = Shortened(text, ellipsis, after_sentence="" if teaser else ellipsis)

    @cache  # measuring is what takes the time
    def fits_at(end: int) -> bool:
        return fits(shorten.said(end))

    positions = word_ends(text, fits_at)
    last = longest(positions, fits_at)
    if last is None:
        positions = unbroken(text, positions)
        last = longest(positions, fits_at)
    if last is None:
        return None
    good = GoodEnds(text, positions[last]).good
    word = next(
        (
            end
            for end in positions[last::-1]
            if (stop := shorten.stop(end, whole_sentence=False)[0]) and good(stop) and fits_at(end)
        ),
        None,
    )
    least = 0 if word is None else _least(len(shorten.said(word)), teaser)
    ends = natural_ends(text, positions[last], language)
    question = None  # what comes next may be its answer
    for end in reversed(ends):
        candidate = shorten.said(end, whole_sentence=True)
        if len(candidate) < least or (question and end * 3 < question * 2):
            break
        if good(end) and fits(candidate):
            if not (teaser and _is_question(text, end)):
                return shorten.at(end, whole_sentence=True)
            question = question or end
    if question is not None:
        return shorten.at(question, whole_sentence=True)
    if word is None:
        return None if teaser else shorten.at(positions[last])
    return shorten.at(word)


def _is_question(text: str, end: int) -> bool:
    """Does the paragraph go on after a question that ends here?"""
    return text[end - 1] in "?？؟՞" and not text.startswith("\n\n", end)


def _least(length: int, teaser: bool) -> float:
    """How many characters a text must have that ends with a sentence, where one that ends with a
    word has `length`."""
    return min(length / 3, SHORT) if teaser else length * 2 / 3


def whole_fits(text: str, fits: Callable[[str], bool]) -> bool:
    """Does the whole text fit? It isn't measured where its beginning is too long already."""
    size = _WINDOW
    while size < len(text) // 2:
        pause = max(text.rfind(character, 0, size) for character in " \n。，")
        if pause > 0 and not fits(text[:pause].rstrip()):
            return False
        size *= 4
    return fits(text)


def word_ends(text: str, fits: Callable[[int], bool]) -> list[int]:
    """Ends of words up to the first, or somewhat further, that doesn't fit."""
    window = _WINDOW
    while True:
        ends = cuts(text, window)
        if window >= len(text) or (ends and not fits(ends[-1])):
            return ends
        window *= 2


def unbroken(text: str, positions: Sequence[int]) -> list[int]:
    """Where a text that begins with a very long run without spaces may be cut, if anywhere: Thai,
    or a long number."""
    first = positions[0] if positions else 0
    if first < 50 or any(mark.kind == "atom" and mark.start < first for mark in marks_of(text)):
        return []
    return grapheme_ends(text, min(first, _WINDOW))


def longest(positions: Sequence[int], fits: Callable[[int], bool]) -> int | None:
    """The index of the last position that fits, found by halving, then checked against its
    neighbours."""
    low, high = -1, len(positions) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if fits(positions[middle]):
            low = middle
        else:
            high = middle - 1
    for further in range(min(low + 3, len(positions) - 1), low, -1):
        if fits(positions[further]):
            return further
    return low if low >= 0 else None


def natural_ends(text: str, stop: int, language: str) -> list[int]:
    """Ends of sentences, and of list items, at or before `stop`, outside of what mustn't be torn
    apart."""
    head = text[: stop + 40]
    ends = [end for end in sentence_ends(head, language) if end <= stop] + paragraph_ends(
        text, stop
    )
    for found in re.finditer(r"\n+", text[: stop + 1]):
        start = text.rfind("\n", 0, found.start()) + 1
        if LIST_LINE.match(text[start : found.start()]):
            ends.append(found.start())
    atoms = [mark for mark in marks_of(text) if mark.kind == "atom" and mark.start < stop]
    torn = (
        {end for end in ends for atom in atoms if atom.start < end < atom.end} if atoms else set()
    )
    return sorted(set(ends) - torn)


def paragraph_ends(text: str, stop: int) -> list[int]:
    """Ends of paragraphs at or before `stop`: not of headings, or of a "namely:"."""
    found = [match.start() for match in re.finditer(r"\n[ \t]*\n", text[: stop + 2])]
    return [end for end in found if end <= stop and _closes(text, end)]


def _closes(text: str, end: int) -> bool:
    if _LEAD_IN.search(text, max(0, end - 10), end):
        return False
    start = text.rfind("\n", 0, end) + 1
    alone = start == 0 or text.startswith("\n\n", start - 2)
    return not (alone and end - start < 60 and not _ENDED.search(text[start:end]))


class Shortened:
    """`text` cut at an offset: what dangles is taken off, the ellipsis put on, open markup
    closed."""

    def __init__(self, text: str, ellipsis: str, after_sentence: str | None = None) -> None:
        self.text = text
        self.ellipsis = ellipsis
        self.after_sentence = ellipsis if after_sentence is None else after_sentence
        self.wraps = sorted(
            (mark for mark in marks_of(text) if mark.kind == "wrap"), key=lambda mark: mark.start
        )
        self.starts = [mark.start for mark in self.wraps]

    def said(self, end: int, *, whole_sentence: bool = False) -> str:
        if end >= len(self.text):
            return self.text
        ellipsis = self.ellipsis
        if whole_sentence:
            ellipsis = self.after_sentence
            last = self.text[end - 1]
            if ellipsis and last != "”" and not is_cjk(last):
                ellipsis = f" {ellipsis}"
        end, still_open = self.stop(end, whole_sentence)
        if ellipsis[:1] == self.ellipsis and "://" in _last_word(self.text, end):
            ellipsis = f" {ellipsis}"  # a platform would take it for the address's end
        return self.text[:end] + ellipsis + "".join(mark.closer for mark in reversed(still_open))

    def at(self, end: int, *, whole_sentence: bool = False) -> Text:
        """The same with the marks of what is left."""
        if end >= len(self.text):
            return self.text if isinstance(self.text, Text) else Text(self.text)
        kept = cut(self.text, 0, self.stop(end, whole_sentence)[0])
        return Text(self.said(end, whole_sentence=whole_sentence), kept.marks)

    def stop(self, end: int, whole_sentence: bool) -> tuple[int, list[Mark]]:
        if not whole_sentence:
            end = end_without_dangling(self.text, end)
        return open_at(self.text, end, self.wraps[: bisect_right(self.starts, end)])


def end_without_dangling(text: str, end: int) -> int:
    """`end` moved to before what makes no sense at the end of a text: an opening bracket, a comma,
    a bullet."""
    start = max(0, end - 80)
    found = _DANGLING.search(text, start, end)
    return found.start() if found else end


def _last_word(text: str, end: int) -> str:
    return text[max(text.rfind(" ", 0, end), text.rfind("\n", 0, end)) + 1 : end]


def open_at(text: str, end: int, wraps: Sequence[Mark]) -> tuple[int, list[Mark]]:
    """Which markup is open at `end`, the outermost first; `end` is moved out of an opener or a
    closer."""
    while True:
        around = [mark for mark in wraps if mark.start < end < mark.end]
        moved = end
        for mark in around:
            if not text[mark.start + len(mark.opener) : moved].strip():
                moved = min(moved, mark.start)
            elif mark.closer and moved > mark.end - len(mark.closer):
                moved = mark.end - len(mark.closer)
        moved = min(moved, len(text[:moved].rstrip()))
        if moved == end:
            return end, sorted(around, key=lambda mark: (mark.start, -mark.end))
        end = moved
