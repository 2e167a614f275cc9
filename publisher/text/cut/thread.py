"""Split a text into the parts of a thread: at paragraphs, else at sentences, else at words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from publisher.text.cut.fit import (
    fit,
    longest,
    natural_ends,
    open_at,
    paragraph_ends,
    unbroken,
    word_ends,
)
from publisher.text.marks import Mark, cut, marks_of

Fits = Callable[[str, int, int], bool]


def thread(
    text: str,
    fits: Fits,
    *,
    before: str = "",
    after: str = "",
    language: str = "",
    maximum: int = 10,
    number: str = "",
    read_on: str = "",
) -> list[str] | None:
    """The parts of a thread, each of which `fits(part, index, total)`; None where that can't be
    done.

    before, after  stand before the first part and after the last, as they are
    maximum        of parts; where there would be more, the last is shortened and says where to
                   `read_on`
    number         such as "{n}/{total}": stands on a line of its own after each part, where there
                   are several
    A part ends with a paragraph, else a sentence or a list's item, else a word, and where the
    author wants (a mark of kind "break"). None is shorter than a fifth of what fits, if that can be
    helped. Joined, they say every word once.
    """
    whole = before + text + after
    if not any(mark.kind == "break" for mark in marks_of(text)) and fits(whole, 0, 1):
        return [whole]
    wraps = tuple(
        sorted(
            (mark for mark in marks_of(text) if mark.kind == "wrap"), key=lambda mark: mark.start
        )
    )
    plan = _Plan(text, fits, before, after, language, maximum, number, read_on, wraps, total=2)
    for _ in range(6):
        parts = plan.parts()
        if parts is None or len(parts) == plan.total or (not number and plan.same_for(parts)):
            return parts
        plan = replace(plan, total=len(parts))
    # Two totals lead to one another: with the larger the numbers take more room, so the smaller
    # fits too.
    plan = replace(plan, total=plan.total + 1)
    parts = plan.parts()
    return parts and replace(plan, shown=len(parts)).parts()


@dataclass(frozen=True, slots=True)
class _Plan:
    """One try, with the number of parts taken for `total`."""

    text: str
    fits: Fits
    before: str
    after: str
    language: str
    maximum: int
    number: str
    read_on: str
    wraps: tuple[Mark, ...]
    total: int
    shown: int = 0

    def parts(self) -> list[str] | None:
        """As many parts as it takes, `total` or not."""
        spans: list[tuple[int, int]] = []
        start = 0
        breaks = sorted({mark.start for mark in marks_of(self.text) if mark.kind == "break"})
        for stop in (*breaks, len(self.text)):
            final = stop == len(self.text)
            if not self.text[start:stop].strip() and not (final and not spans):
                continue
            while True:
                start = self._skip(start)
                if len(spans) == self.maximum - 1 and not (
                    final and self._fits(start, stop, len(spans), last=True)
                ):
                    return self._shortened(spans, start)
                end = self._end(start, stop, len(spans), final)
                if end is None:
                    return None
                spans.append((start, end))
                start = end
                if not self.text[end:stop].strip():
                    break
            start = stop
        spans = self._balanced(spans)
        return [
            self._made(*span, index, last=index == len(spans) - 1)
            for index, span in enumerate(spans)
        ]

    def same_for(self, parts: Sequence[str]) -> bool:
        return all(self.fits(part, index, len(parts)) for index, part in enumerate(parts))

    def _skip(self, start: int) -> int:
        """Past the white space between two parts; a line's indentation stays."""
        text = self.text
        end = start + len(text[start : start + 1000]) - len(text[start : start + 1000].lstrip())
        line = text.rfind("\n", start, end)
        return line + 1 if line >= 0 else end

    def _made(self, start: int, end: int, index: int, *, last: bool) -> str:
        """text[start:end] as the part it would be."""
        until = bisect_left(self.wraps, end, key=lambda mark: mark.start)
        wraps = [mark for mark in self.wraps[:until] if mark.end > start]
        _, opened = open_at(self.text, start, wraps)
        openers = "".join(mark.opener for mark in opened)
        if self.text.startswith(openers, start):
            openers = ""
        end, opened = open_at(self.text, end, wraps)
        body = (
            openers
            + self.text[start:end].rstrip()
            + "".join(mark.closer for mark in reversed(opened))
        )
        if index == 0:
            body = self.before + body
        if last:
            body += self.after
        if self.number and (self.total > 1):
            body += "\n" + self.number.format(
                n=index + 1, total=self.shown or max(self.total, index + 1)
            )
        return body

    def _fits(self, start: int, end: int, index: int, *, last: bool) -> bool:
        return self.fits(
            self._made(start, end, index, last=last), index, max(self.total, index + 1)
        )

    def _end(self, start: int, stop: int, index: int, final: bool) -> int | None:
        """Where the part that begins at `start` ends."""
        if self._all_fits(start, stop, index, final):
            return stop
        size = 4_000
        while True:
            rest = cut(self.text, start, min(stop, start + size))
            ends = word_ends(rest, lambda end: self._fits(start, start + end, index, last=False))
            if start + size >= stop or (
                ends and not self._fits(start, start + ends[-1], index, last=False)
            ):
                break
            size *= 4
        at = longest(ends, lambda end: self._fits(start, start + end, index, last=False))
        if at is None:
            ends = unbroken(rest, ends)
            at = longest(ends, lambda end: self._fits(start, start + end, index, last=False))
        if at is None:
            return None
        room = ends[at]
        if at == len(ends) - 1 and final:  # all but what stands after it would fit: share it out
            return start + _best_end(
                rest, ends[:-1] or ends, room // 4, room, room // 2, self.language
            )
        return start + _best_end(rest, ends[: at + 1], room // 2, room, room, self.language)

    def _all_fits(self, start: int, stop: int, index: int, last: bool) -> bool:
        """Not measured where the beginning is too long already."""
        pause = max(self.text.rfind(character, start, start + 700) for character in " \n。，")
        if (
            stop - start > 1400
            and pause > start
            and not self._fits(start, pause, index, last=False)
        ):
            return False
        return stop - start < 50_000 and self._fits(start, stop, index, last=last)

    def _balanced(self, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """The last two parts shared out anew where the last is shorter than a fifth of the one
        before."""
        if len(spans) < 2 or spans[-2][1] in {
            mark.start for mark in marks_of(self.text) if mark.kind == "break"
        }:
            return spans
        (start, middle), (last, end) = spans[-2:]
        if (end - last) * 4 >= middle - start:
            return spans
        both = cut(self.text, start, end)
        ends = word_ends(both, lambda _: True)
        length = end - start
        index = len(spans) - 2
        allowed = [at for at in ends if length // 4 <= at <= length * 3 // 4]
        while allowed:
            at = _best_end(both, allowed, length // 3, length * 2 // 3, length // 2, self.language)
            new = self._skip(start + at)
            if self._fits(start, start + at, index, last=False) and self._fits(
                new, end, index + 1, last=True
            ):
                return [*spans[:-2], (start, start + at), (new, end)]
            allowed = [other for other in allowed if other < at]
        return spans

    def _shortened(self, spans: list[tuple[int, int]], start: int) -> list[str] | None:
        """The last part there may be: what fits of the rest, and where to read on."""
        index = len(spans)
        said = not self.read_on or self.read_on in self.after
        tail = ("" if said else f"\n\n{self.read_on}") + self.after
        label = (
            "\n" + self.number.format(n=index + 1, total=index + 1) if self.number and index else ""
        )
        head = self.before if index == 0 else ""
        shortened = fit(
            cut(self.text, start, len(self.text)),
            lambda candidate: self.fits(head + candidate + tail + label, index, index + 1),
            language=self.language,
        )
        if shortened is None:
            return None
        made = [self._made(*span, at, last=False) for at, span in enumerate(spans)]
        return [*made, head + shortened + tail + label]


def _best_end(
    text: str, ends: Sequence[int], least: int, most: int, aim: int, language: str
) -> int:
    """The end, nearest to `aim`, of a paragraph of at least `least`; else of a sentence; else one
    of `ends`."""
    paragraphs = paragraph_ends(text, most)
    natural = natural_ends(text, most, language)
    for least_here in (least, least // 2):
        for kind in (paragraphs, natural):
            allowed = set(ends)
            near = [end for end in kind if least_here <= end <= most and end in allowed]
            if near:
                return min(near, key=lambda end: (abs(end - aim), end))
    at = bisect_left(ends, aim)
    return (
        ends[min(at, len(ends) - 1)]
        if at < len(ends) and ends[at] <= most
        else ends[bisect_right(ends, most) - 1]
    )
