"""Plain text for email: wrapped, with the links' addresses at the end."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from publisher.text.cut.break_points import cuts, parted
from publisher.text.mail_words import MailWords, mail_words
from publisher.text.marks import Mark, Text, concat, cut, indent, substitute
from publisher.text.render.blocks import Block, Flow, between
from publisher.text.render.line import Inline
from publisher.text.render.link_targets import canonical
from publisher.text.tree import Element

WIDTH = 72
"""Columns of a line at most."""

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def mail(root: Element, *, width: int = WIDTH, language: str = "") -> Text:
    """A post as the plain text part of a newsletter, its lines at most `width` columns wide. What
    stands for a picture is in the post's `language`.

    Chinese and Japanese characters take two columns. An address or a line of code is never broken,
    however long. A link is its words and a number, "[1]"; the addresses stand at the end, each
    once. Footnotes have raised numbers.
    """
    return Mail(width, mail_words(language)).render(root)


class Mail(Flow):
    bullet = "- "

    def __init__(self, width: int, say: MailWords) -> None:
        super().__init__()
        self.width = width
        self.say = say
        self.addresses: dict[str, tuple[int, str]] = {}

    @contextmanager
    def narrower(self, by: int) -> Iterator[None]:
        was, self.width = self.width, max(10, self.width - by)
        try:
            yield
        finally:
            self.width = was

    def render(self, root: Element) -> Text:
        text = super().render(root)
        if not self.addresses:
            return text
        return concat(
            (
                text,
                "\n\n",
                "\n".join(f"[{number}] {url}" for number, url in self.addresses.values()),
            )
        )

    def paragraph(self, text: Text) -> Text:
        return wrap(text, self.width)

    def heading(self, words: Text, level: int) -> Text:
        text = self.paragraph(words)
        if level > 2 or not text:
            return text
        return concat(
            (text, "\n", ("=" if level == 1 else "-") * max(map(columns, text.split("\n"))))
        )

    def code(self, text: Text, language: str) -> Text:
        return indent(text, "    ", "    ", empty="")

    def quote(self, element: Element) -> list[Block]:
        with self.narrower(2):
            text = self.join(self.blocks(element))
        return [Block(indent(text, "> ", "> ", empty=">"), "quote")] if text else []

    def item(self, element: Element, marker: str) -> tuple[Text, bool]:
        with self.narrower(len(marker)):
            return super().item(element, marker)

    def hanging(self, marker: str) -> str:
        return " " * len(marker)

    def nested(self, element: Element, first: str, rest: str) -> Text:
        with self.narrower(len(rest)):
            return super().nested(element, first, rest)

    def note(self, number: str) -> str:
        return number.translate(_RAISED)

    def notes(self, element: Element) -> list[Block]:
        with self.narrower(2):
            return [
                Block(indent(block.text, "", "  ", empty=""), "note")
                for block in super().notes(element)
            ]

    def picture(self, image: Element) -> Text:
        words = self.alt(image)
        return (
            self.paragraph(Text(f"[{self.say.image}{self.say.colon}{words}]"))
            if words
            else Text("")
        )

    def grid(self, rows: list[tuple[list[Text], bool]]) -> Text:
        """In columns where they fit, else each row a paragraph."""
        count = max(len(row) for row, _ in rows)
        widths = [
            max((columns(row[at]) for row, _ in rows if at < len(row)), default=0)
            for at in range(count)
        ]
        if sum(widths) + 2 * (count - 1) > self.width:
            return concat(
                between([self.paragraph(self.row(row, head)) for row, head in rows], "\n")
            )
        lines: list[Text] = []
        for row, head in rows:
            cells = [
                concat((cell, " " * (widths[at] - columns(cell)))) for at, cell in enumerate(row)
            ]
            line = concat(between(cells, "  "))
            lines.append(cut(line, 0, len(line.rstrip(" "))))
            if head and len(lines) == 1 and len(rows) > 1:
                lines.append(Text("  ".join("-" * width for width in widths)))
        return concat(between(lines, "\n"))

    def words_and_address(self, words: Text, address: str, line: Inline) -> None:
        number, _ = self.addresses.setdefault(
            canonical(address), (len(self.addresses) + 1, address)
        )
        whole = concat((words, f" [{number}]"))
        start = max(words.rfind(" "), words.rfind("\n")) + 1
        line.mark(whole, Mark(start, len(whole), "atom"))

    def is_said(self, address: str) -> bool:
        return False


def columns(text: str) -> int:
    """How many columns a text takes in a terminal or a mail reader's fixed-width font."""
    if text.isascii() or max(text) < "\u0300":
        return len(text)
    return sum(map(_columns, text))


@cache
def _columns(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    return 0 if unicodedata.category(character) in ("Mn", "Me", "Cf") else 1


def wrap(text: Text, width: int) -> Text:
    """`text` with its lines broken where they would be wider than `width` columns.

    Its marks tell where a line may end; nothing needs them after that.
    """
    changes: list[tuple[int, int, str]] = []
    start = 0
    while start <= len(text):
        stop = text.find("\n", start)
        stop = len(text) if stop < 0 else stop
        if columns(text[start:stop]) > width:
            line = cut(text, start, stop)
            breaks = _breaks(line, width) if max(line) > "\u2e80" else _narrow_breaks(line, width)
            changes += [(start + a, start + b, "\n") for a, b in breaks]
        start = stop + 1
    return substitute(str(text), changes)


def _breaks(line: Text, width: int) -> Iterator[tuple[int, int]]:
    """The spans of white space, or places without any, at which one line becomes several."""
    start = end = taken = 0
    for offset in cuts(line):
        wide = columns(line[end:offset])
        if end > start and taken + wide > width:
            after = end
            while after < len(line) and line[after].isspace():
                after += 1
            yield end, after
            start, taken, wide = after, 0, columns(line[after:offset])
        taken += wide
        end = offset


def _narrow_breaks(line: Text, width: int) -> Iterator[tuple[int, int]]:
    """The same for a line whose characters take one column each: only what stands near a line's end
    is looked at."""
    atoms = sorted((mark.start, mark.end) for mark in line.marks if mark.kind == "atom")

    def is_free(space: int) -> bool:
        around = bisect_left(atoms, (space, 0)) - 1
        if around >= 0 and atoms[around][1] > space:
            return False
        before = line.rfind(" ", 0, space) + 1
        after = line.find(" ", space + 1)
        after = len(line) if after < 0 else after
        return (
            before < space and space + 1 < after and parted(line, before, space, space + 1, after)
        )

    start = 0
    while len(line) - start > width:
        space = line.rfind(" ", start, start + width + 1)
        while space > start and not is_free(space):
            space = line.rfind(" ", start, space)
        if space <= start:
            space = line.find(" ", start + width + 1)
            while space >= 0 and not is_free(space):
                space = line.find(" ", space + 1)
            if space < 0:
                return
        yield space, space + 1
        start = space + 1
