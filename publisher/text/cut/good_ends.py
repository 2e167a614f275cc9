"""Where a shortened text may end, so that it reads as if somebody had stopped there."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from publisher.text.marks import marks_of

LIST_LINE = re.compile(r"[ \t]*(?:[•*+-]|\d{1,3}[.)])\s")
_COLON = re.compile(r"[:：][\s\u00a0\u202f*_~”\"»)\]]*$")
_QUOTATIONS = re.compile(
    r"“[^“”\n]*”|„[^„“”\n]*[“”]|«[^«»\n]*»|»[^«»\n]*«|「[^「」\n]*」|『[^『』\n]*』|《[^《》\n]*》"
    r"|‹[^‹›\n]*›|(?<!\w)\"[^\"\n]*\"|(?<!\w)‘[^‘’\n]*’(?!\w)|\([^()\n]*\)|（[^（）\n]*）"
)
"""Quotations and parentheses that are closed in the same paragraph."""


def outside_quotations(text: str, ends: Iterable[int]) -> list[int]:
    """Those of the `ends` that no quotation or parentheses go round."""
    spans = [found.span() for found in _QUOTATIONS.finditer(text)]
    return [end for end in ends if not any(start < end < stop for start, stop in spans)]


class GoodEnds:
    """Asks of an offset whether the text may end there. What it knows of the whole text is worked
    out once."""

    def __init__(self, text: str, stop: int) -> None:
        self.text = text
        paragraph_end = text.find("\n\n", stop)
        head = text if paragraph_end < 0 else text[:paragraph_end]
        spans = [found.span() for found in _QUOTATIONS.finditer(head)]
        for mark in marks_of(text):
            if mark.kind in ("code", "quote"):
                spans.append((mark.start, mark.end))
            elif mark.kind == "heading":
                spans.append((mark.start, mark.end + 1))  # nor right after a heading
        self.spans = sorted(spans)
        self.starts = [start for start, _ in self.spans]
        self.reach: list[int] = []
        for _, end in self.spans:
            self.reach.append(max(end, self.reach[-1]) if self.reach else end)
        self.items = _items(head)
        self.item_starts = [start for start, _, _ in self.items]

    def good(self, end: int) -> bool:
        """Not inside a quotation, parentheses or code, after a heading or a colon, or in a list,
        unless that is after its second item or a later one."""
        inside = bisect_right(self.starts, end - 1)
        if inside and self.starts[inside - 1] < end and self.reach[inside - 1] > end:
            return False
        if _COLON.search(self.text, max(0, end - 12), end):
            return False
        at = bisect_right(self.item_starts, end - 1)
        if at:
            _, item_end, number = self.items[at - 1]
            if end <= item_end:
                return end == item_end and number > 1
        return True


def _items(text: str) -> list[tuple[int, int, int]]:
    """(start, end, place in its list, from 1) of each item of a list. Lines of an item after its
    first are indented."""
    items: list[tuple[int, int, int]] = []
    number, at = 0, 0
    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        if LIST_LINE.match(line):
            number += 1
            items.append((start, start + len(line), number))
        elif number and line[:1] in (" ", "\t"):
            items[-1] = (items[-1][0], start + len(line), number)
        elif line.strip():
            number = 0
    return items
