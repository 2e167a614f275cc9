"""Markdown as CommonMark and GitHub's tables have it, for platforms that take it: Mattermost,
Discourse.

Escapes are those that all of them know: CommonMark 0.31.2, section 2.4, without the signs that the
older parser of Mattermost's clients doesn't take (webapp, marked, read 2026-11-27): there "<" and
"&" are said as entities.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from publisher.text.flavour import Setting
from publisher.text.marks import Mark, Text, concat, indent, substitute
from publisher.text.render.blocks import Block, Flow, between, one_line
from publisher.text.render.line import Inline, with_mark
from publisher.text.render.link_targets import canonical, readable_address, says_address
from publisher.text.tree import Element, text_of

_ADDRESS = re.compile(r"(https?://[^\s<>\[\]*`\\]+)")
_MARKUP = re.compile(r"[\\`*\[\]]|(?<![^\W_])_|_(?![^\W_])|~(?=~)|(?<=~)~")
_ENTITY = re.compile(r"&(?=#?\w+;)|<(?=[A-Za-z/!?])")
_ENTITIES = {"&": "&amp;", "<": "&lt;"}
_LINE_START = re.compile(r"(?:#{1,6}(?=\s|$)|>|[-+](?=\s|$)|\d{1,9}(?=[.)](?:\s|$))|[-=]+$)")
_ALERT = re.compile(r"\[!([A-Za-z]+)\][ \n]*")
_TICKS = re.compile("`+")
_DELIMITERS = {"strong": "**", "b": "**", "em": "*", "i": "*", "cite": "*", "dfn": "*", "var": "*"}


def markdown(part: Element, setting: Setting) -> Text:
    """A post in Markdown in which only the author's markup is markup.

    A link is `[words](address)`; addresses that are said elsewhere aren't given. A picture is its
    alternative text, leading to the picture, unless that is attached.
    """
    return Markdown("", setting.skip_urls, setting.attached).render(part)


class Markdown(Flow):
    """`open` are the delimiters around what is being written."""

    bullet = "- "

    def __init__(
        self, language: str, skip_urls: Collection[str], attached: Collection[str]
    ) -> None:
        super().__init__(language, skip_urls, attached)
        self.open: tuple[str, ...] = ()

    # Blocks.

    def heading(self, words: Text, level: int) -> Text:
        return concat(("#" * level, " ", one_line(words))) if words else words

    def term(self, words: Text) -> Text:
        return wrapped(one_line(words), "**")

    def rule(self) -> Text:
        return Text("---")

    def hanging(self, marker: str) -> str:
        return " " * len(marker)

    def quote(self, element: Element) -> list[Block]:
        text = self.join(self.blocks(element))
        if alert := _ALERT.match(text.replace("\\", "")):
            end = text.index("]") + 1
            text = substitute(text, [(0, end, f"**{alert[1].capitalize()}:**")])
        if not text:
            return []
        quoted = indent(text, "> ", "> ", empty=">")
        return [Block(with_mark(quoted, Mark(0, len(quoted), "wrap", opener="> ")), "quote")]

    def code(self, text: Text, language: str) -> Text:
        longest = max((len(found[0]) for found in _TICKS.finditer(text)), default=0)
        fence = "`" * max(3, longest + 1)
        opener, closer = f"{fence}{language}\n", f"\n{fence}"
        whole = f"{opener}{text}{closer}"
        return Text(whole, (Mark(0, len(whole), "wrap", closer=closer, opener=opener),))

    def grid(self, rows: list[tuple[list[Text], bool]]) -> Text:
        """A table has a head: where there is none, it is empty."""
        width = max(len(row) for row, _ in rows)
        lines = [_cells(row, width) for row, _ in rows]
        if not rows[0][1]:
            lines.insert(0, _cells([], width))
        lines.insert(1, Text("|" + " --- |" * width))
        return concat(between(lines, "\n"))

    def picture(self, image: Element) -> Text:
        words = self.escape(self.alt(image), Inline())
        address = readable_address(image.attrs.get("src", ""))
        if not words:
            return Text("")
        return masked(Text(words), address) if address else Text(f"\\[{words}\\]")

    # Inline.

    def escape(self, text: str, line: Inline) -> str:
        """An author's characters as they are shown: markup inert, addresses untouched."""
        pieces = _ADDRESS.split(text)
        pieces[::2] = [_MARKUP.sub(r"\\\g<0>", piece) for piece in pieces[::2]]
        text = _ENTITY.sub(lambda found: _ENTITIES[found[0]], "".join(pieces))
        if line.at_line_start and (found := _LINE_START.match(text)):
            at = found.end() if text[0].isdigit() else 0
            text = f"{text[:at]}\\{text[at:]}"
        return text

    def emphasis(self, element: Element, line: Inline) -> None:
        """What is underlined has no markup."""
        delimiter = _DELIMITERS.get(element.name)
        if delimiter is None or delimiter in self.open:
            self.children(element, line)
        else:
            self.delimited(element, delimiter, line)

    def struck(self, element: Element, line: Inline) -> None:
        self.delimited(element, "~~", line)

    def delimited(self, element: Element, delimiter: str, line: Inline) -> None:
        was, self.open = self.open, (*self.open, delimiter)
        text, after = self.inside(element, line)
        self.open = was
        if text.strip():
            if not line.pending and (line.last == delimiter[0] or line.last.isalnum()):
                line.write("\u200b")  # inside a word, or beside another, it would be no delimiter
            line.write(wrapped(text, delimiter))
        elif text:
            line.write(text)
        line.space(after)

    def code_span(self, element: Element, line: Inline) -> None:
        text = " ".join(text_of(element).split())
        if not text:
            return
        longest = max((len(found[0]) for found in _TICKS.finditer(text)), default=0)
        ticks = "`" * (longest + 1)
        pad = " " if text[0] == "`" or text[-1] == "`" else ""
        whole = f"{ticks}{pad}{text}{pad}{ticks}"
        line.mark(whole, Mark(0, len(whole), "atom"))

    def link_out(self, element: Element, address: str, words: Text, line: Inline) -> None:
        http = address.lower().startswith(("http://", "https://"))
        told = canonical(address) in self.own or says_address(words, address)
        if http and words.strip() and not told:
            line.write(masked(one_line(words), address))
        else:
            super().link_out(element, address, words, line)


def _cells(row: list[Text], width: int) -> Text:
    padded = [*row, *[Text("")] * (width - len(row))]
    safe = [cell.replace("|", "\\|") if "|" in cell else cell for cell in padded]
    return concat(("| ", *between([Text(cell) for cell in safe], " | "), " |"))


def wrapped(text: Text, delimiter: str) -> Text:
    whole = concat((delimiter, text, delimiter))
    return with_mark(whole, Mark(0, len(whole), "wrap", closer=delimiter, opener=delimiter))


def masked(words: Text, address: str) -> Text:
    """A link, which is never torn."""
    safe = address.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    whole = concat(("[", words, f"]({safe})"))
    link = Mark(1, 1 + len(words), "link", href=address)
    return with_mark(with_mark(whole, link), Mark(0, len(whole), "atom"))
