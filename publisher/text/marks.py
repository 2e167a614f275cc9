"""Text that remembers what it was made from, so that it can be cut without breaking it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Literal, NamedTuple, Self


class Mark(NamedTuple):
    """What is known of text[start:end] (offsets in code points).

    kind:
      atom   never cut inside: an address, a mention, "text (address)"
      wrap   markup such as **bold** or a ``` fence: a cut inside is followed by `closer`, and what
             comes after it, where it stands by itself, begins with `opener`
      link   `href` is where the words lead (for channels that take links beside the text)
      break  start == end: the author wants a new part of a thread here
      heading, code, quote   what these blocks are: a shortened text doesn't end inside one, or
             after a heading
    """

    start: int
    end: int
    kind: Literal["atom", "wrap", "link", "break", "heading", "code", "quote"]
    closer: str = ""
    href: str = ""
    opener: str = ""

    def moved(self, start: int, end: int) -> Mark:
        return Mark(start, end, self.kind, self.closer, self.href, self.opener)


class Text(str):
    """A string with marks. Any ordinary string operation gives a plain string, without marks."""

    marks: tuple[Mark, ...]

    def __new__(cls, text: str, marks: Iterable[Mark] = ()) -> Self:
        made = super().__new__(cls, text)
        made.marks = tuple(marks)
        return made


def marks_of(text: str) -> tuple[Mark, ...]:
    """The marks of a Text; none for an ordinary string."""
    return text.marks if isinstance(text, Text) else ()


def concat(pieces: Iterable[str]) -> Text:
    """The pieces one after the other, with their marks."""
    pieces = tuple(pieces)
    if len(pieces) == 1 and isinstance(pieces[0], Text):
        return pieces[0]
    marks: list[Mark] = []
    length = 0
    for piece in pieces:
        if isinstance(piece, Text) and piece.marks:
            marks += [mark.moved(mark.start + length, mark.end + length) for mark in piece.marks]
        length += len(piece)
    return Text("".join(pieces), marks)


def cut(text: str, start: int, end: int) -> Text:
    """text[start:end] with what is left of its marks; an atom or a link that is cut through is
    dropped."""
    kept: list[Mark] = []
    for mark in marks_of(text):
        if mark.start > end or mark.end < start:
            continue
        first, last = max(mark.start, start), min(mark.end, end)
        if first > last or (first == last and mark.kind != "break"):
            continue
        if mark.kind == "atom" and (first, last) != (mark.start, mark.end):
            continue
        kept.append(mark.moved(first - start, last - start))
    return Text(text[start:end], kept)


def strip(text: str, characters: str) -> Text:
    """`text` without these characters at its ends, marks kept."""
    if isinstance(text, Text) and (
        not text or (text[0] not in characters and text[-1] not in characters)
    ):
        return text
    start = len(text) - len(text.lstrip(characters))
    return cut(text, start, max(start, len(text.rstrip(characters))))


def substitute(text: str, changes: Iterable[tuple[int, int, str]]) -> Text:
    """`text` with each text[start:end] replaced by a new string; `changes` are in order and don't
    overlap.

    A mark that begins or ends inside a replaced span covers the whole replacement. What is inserted
    at the very start of a mark stays outside it, what is inserted at its very end too.
    """
    changes = [change for change in changes if text[change[0] : change[1]] != change[2]]
    if not changes:
        return text if isinstance(text, Text) else Text(text)
    pieces: list[str] = []
    starts, ends, grown_before, grown_after = [], [], [], []
    at = grown = 0
    for start, end, new in changes:
        pieces += (text[at:start], new)
        starts.append(start)
        ends.append(end)
        grown_before.append(grown)
        grown += len(new) - (end - start)
        grown_after.append(grown)
        at = end
    pieces.append(text[at:])

    def begin(offset: int) -> int:
        before = bisect_right(ends, offset)
        if before < len(starts) and starts[before] < offset:
            return starts[before] + grown_before[before]
        return offset + (grown_after[before - 1] if before else 0)

    def finish(offset: int) -> int:
        before = bisect_left(starts, offset)
        if before and ends[before - 1] > offset:
            return ends[before - 1] + grown_after[before - 1]
        return offset + (grown_after[before - 1] if before else 0)

    moved = []
    for mark in marks_of(text):
        start = begin(mark.start)
        moved.append(mark.moved(start, start if mark.kind == "break" else finish(mark.end)))
    return Text("".join(pieces), moved)


def indent(text: str, first: str, rest: str, *, empty: str | None = None) -> Text:
    """`text` with `first` before its first line and `rest` before the others; `empty` before those
    without words."""
    if not marks_of(text):
        line, *others = text.split("\n")
        if empty is None:
            empty = rest.rstrip()
        return Text("\n".join([first + line, *(rest + line if line else empty for line in others)]))
    marks = tuple(
        mark._replace(closer=mark.closer.replace("\n", "\n" + rest))
        if "\n" in mark.closer
        else mark
        for mark in marks_of(text)
    )
    changes = [(0, 0, first)]
    at = text.find("\n") + 1
    while at:
        blank = at == len(text) or text[at] == "\n"
        changes.append((at, at, (rest.rstrip() if empty is None else empty) if blank else rest))
        at = text.find("\n", at) + 1
    return substitute(Text(text, marks), changes)
