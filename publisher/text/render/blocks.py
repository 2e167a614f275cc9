"""The walk from the tree to text, shared by plain text, Discord's Markdown and mail. Each overrides
what differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from publisher.text.marks import Mark, Text, concat, indent, strip, substitute
from publisher.text.render import elements
from publisher.text.render.inlines import ENDS, Running
from publisher.text.render.line import Inline, with_mark
from publisher.text.render.quotes import OPENING
from publisher.text.tree import COMMENT, Element, bare

Kind = Literal[
    "paragraph",
    "heading",
    "list",
    "item",
    "code",
    "quote",
    "rule",
    "table",
    "caption",
    "note",
    "break",
]
RULE = "———"
LINE = 200
"""Characters of a line of code that is never torn."""

_ATTRIBUTION = re.compile(r"(?:—|–|--|―)\s*\S")
_ALERT = re.compile(r"\[!([A-Za-z]+)\][ \n]*")


class Block(NamedTuple):
    text: Text
    kind: Kind = "paragraph"

    def marked(self) -> Text:
        """The text, marked as what it is where a cut must know."""
        if self.kind not in ("heading", "code", "quote"):
            return self.text
        return with_mark(self.text, Mark(0, len(self.text), self.kind))


class Flow(Running):
    """Block by block."""

    bullet = "• "
    inner_quotes = False

    def render(self, root: Element) -> Text:
        blocks = self.blocks(root)
        while blocks and blocks[-1].kind == "rule":
            blocks.pop()
        while blocks and blocks[0].kind == "rule":
            blocks.pop(0)
        return strip(self.join(blocks), "\n")

    # Blocks.

    def blocks(self, element: Element) -> list[Block]:
        """What stands in this element, one block after the other, none of them empty."""
        found: list[Block] = []
        line = Inline()
        self.here = element

        def end_line() -> None:
            nonlocal line
            if not line.pieces:
                return
            text = strip(line.text(), ENDS)
            line = Inline()
            if text:
                found.append(Block(self.paragraph(text)))

        for child in element.children:
            if isinstance(child, Element) and child.name == COMMENT and not line.pieces:
                if elements.is_thread(child):
                    found.append(Block(Text("", (Mark(0, 0, "break"),)), "break"))
            elif isinstance(child, Element) and elements.is_block(child):
                end_line()
                new = self.block(child)
                if not (new and new[0].kind == "rule" and found and found[-1].kind == "rule"):
                    found.extend(new)
            else:
                self.inline(child, line)
        end_line()
        return found

    def block(self, element: Element) -> list[Block]:
        name = element.name
        if name in elements.HEADINGS:
            text = self.heading(self.words(element), int(name[1]))
            return [Block(text, "heading")] if text else []
        if name in elements.LISTS:
            return self.notes(element) if elements.is_notes(element) else self.listing(element)
        if name == "pre":
            text = self.code(Text(elements.code_of(element)), elements.language_of(element))
            return [Block(text, "code")] if text.strip() else []
        if name == "blockquote":
            return self.quote(element)
        if name == "hr":
            return [Block(self.rule(), "rule")]
        if name == "table":
            return self.table(element)
        if name in ("summary", "dt", "legend"):
            text = self.term(self.words(element))
            return [Block(text, "caption")] if text else []
        if name == "dd":
            text = self.nested(element, "  ", "  ")
            return [Block(text, "item")] if text else []
        if name == "p" and (images := elements.only_images(element)):
            pictures = [text for image in images if (text := self.picture(image))]
            return [Block(concat(between(pictures, "\n")))] if pictures else []
        if name == "figure":
            return self.figure(element)
        if name == "nav" or "toc" in element.attrs.get("class", "").split():
            return []
        if "footnote" in element.attrs.get("class", ""):
            return [block for block in self.blocks(element) if block.kind != "rule"]
        return self.blocks(element)

    def gap(self, before: Kind, after: Kind) -> str:
        """What stands between two blocks."""
        if (
            before == "caption"
            or (before == "item" and after in ("item", "caption"))
            or before == after == "note"
        ):
            return "\n"
        return "\n\n"

    def join(self, blocks: list[Block]) -> Text:
        pieces: list[str] = []
        before: Kind | None = None
        for block in blocks:
            if before is not None and block.kind != "break":
                pieces.append(self.gap(before, block.kind))
            if block.kind != "break":
                before = block.kind
                pieces.append(block.marked())
            elif before is not None:
                pieces.append(block.text)
        return concat(pieces)

    def paragraph(self, text: Text) -> Text:
        """A finished run of text."""
        return text

    def heading(self, words: Text, level: int) -> Text:
        return self.paragraph(words)

    def term(self, words: Text) -> Text:
        return self.paragraph(words)

    def rule(self) -> Text:
        return Text(RULE)

    def code(self, text: Text, language: str) -> Text:
        """A thread goes on only at a line's end, unless the line alone is long for a post."""
        lines = [found.span() for found in re.finditer(".+", text)]
        atoms = [Mark(*line, "atom") for line in lines if line[1] - line[0] <= LINE]
        return Text(text, (*atoms, *text.marks))

    def nested(self, element: Element, first: str, rest: str) -> Text:
        """The blocks in an element, indented."""
        text = self.join(self.blocks(element))
        return indent(text, first, rest, empty="") if text else text

    def quote(self, element: Element) -> list[Block]:
        """In quotation marks, with who said it after them; a remark set as a quotation gets
        none."""
        was, self.inner_quotes = self.inner_quotes, True
        blocks = self.blocks(element)
        self.inner_quotes = was
        if not blocks:
            return []
        source = None
        if len(blocks) > 1 and _ATTRIBUTION.match(blocks[-1].text) and len(blocks[-1].text) < 200:
            source = blocks.pop()
        text = self.join(blocks)
        if alert := _ALERT.match(text):
            text = substitute(text, [(0, alert.end(), alert[1].capitalize() + ": ")])
        elif (
            blocks[0].kind in ("paragraph", "quote")
            and blocks[-1].kind != "code"
            and not elements.is_callout(element)
        ):
            opening, closing = self.quotes[2:] if was else self.quotes[:2]
            if text[0] not in OPENING and not text.endswith(closing.strip()):
                text = concat((opening, text, closing))
        return [Block(concat((text, "\n", source.text)) if source else text, "quote")]

    def listing(self, element: Element) -> list[Block]:
        number = elements.start_of(element)
        step = -1 if "reversed" in element.attrs else 1
        items: list[Text] = []
        long = False
        for item in element.children:
            if isinstance(item, str):
                continue
            if item.name != "li":
                if items and (text := self.nested(item, "  ", "  ")):
                    items[-1] = concat((items[-1], "\n", text))
                continue
            marker = self.bullet
            if number is not None:
                value = elements.whole_number(item.attrs.get("value", ""))
                number = number if value is None else value
                marker = f"{number}. "
                number += step
            text, roomy = self.item(item, marker)
            if text:
                items.append(text)
                long = long or roomy
        separator = "\n\n" if long and len(items) > 1 else "\n"
        return [Block(concat(between(items, separator)), "list")] if items else []

    def item(self, element: Element, marker: str) -> tuple[Text, bool]:
        """One item, and whether it is so long that empty lines should stand around it."""
        blocks = self.blocks(element)
        pieces: list[str] = []
        for at, block in enumerate(blocks):
            if at:
                pieces.append(
                    "\n"
                    if block.kind in ("list", "item")
                    else self.gap(blocks[at - 1].kind, block.kind)
                )
            pieces.append(block.marked())
        text = concat(pieces)
        roomy = any(
            isinstance(child, Element) and child.name == "p" for child in element.children
        ) and (len(text) > 100 or sum(block.kind not in ("list", "break") for block in blocks) > 1)
        return indent(text, marker, self.hanging(marker), empty="") if text else text, roomy

    def hanging(self, marker: str) -> str:
        """What stands before the other lines of an item."""
        return "  "

    def notes(self, element: Element) -> list[Block]:
        """Footnotes, each on a line: "[1] text"."""
        items = [
            child for child in element.children if isinstance(child, Element) and child.name == "li"
        ]
        first = elements.start_of(element) or 1
        texts = [(number, self.join(self.blocks(item))) for number, item in enumerate(items, first)]
        return [
            Block(concat((self.note(str(number)), " ", text)), "note")
            for number, text in texts
            if text
        ]

    def table(self, element: Element) -> list[Block]:
        rows: list[tuple[list[Text], bool]] = []
        caption: list[Block] = []
        for part in element.walk():
            if part.name == "caption" and (words := self.words(part)):
                caption.append(Block(self.term(words), "caption"))
            elif part.name == "tr":
                cells = [
                    cell
                    for cell in part.children
                    if isinstance(cell, Element) and cell.name in ("td", "th")
                ]
                row = [one_line(self.words(cell)) for cell in cells]
                while row and not row[-1]:
                    row.pop()
                if row:
                    rows.append((row, all(cell.name == "th" for cell in cells)))
        if not rows:
            return caption
        return [*caption, Block(self.grid(rows), "table")]

    def grid(self, rows: list[tuple[list[Text], bool]]) -> Text:
        """The rows of a table, none of them empty; True for the head."""
        return concat(between([self.row(row, head) for row, head in rows], "\n"))

    def row(self, cells: list[Text], head: bool) -> Text:
        return concat(between([cell or Text("–") for cell in cells], " · "))

    def figure(self, element: Element) -> list[Block]:
        caption = next((child for child in element.walk() if child.name == "figcaption"), None)
        images = [child for child in element.walk() if child.name == "img"]
        if caption is None or not images:
            return self.blocks(element)
        words = self.words(caption)
        pictures = [text for image in images if (text := self.picture(image))]
        if bare(words) in {bare(image.attrs.get("alt", "")) for image in images}:
            pictures = []
        lines = [*pictures, *([self.paragraph(words)] if words else [])]
        return [Block(concat(between(lines, "\n")))] if lines else []

    def picture(self, image: Element) -> Text:
        """A picture that stands by itself."""
        words = self.alt(image)
        return self.paragraph(Text(f"[{words}]")) if words else Text("")


def between(texts: Iterable[Text], separator: str) -> Iterator[str]:
    """The texts with `separator` between each and the next."""
    for at, text in enumerate(texts):
        if at:
            yield separator
        yield text


def one_line(text: Text) -> Text:
    return substitute(
        text, [(at, at + 1, " ") for at, character in enumerate(text) if character == "\n"]
    )
