"""Discord's Markdown: the subset of developers/docs "Markdown formatting", as clients render it
(2026-08-06)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from publisher.text.flavour import Pings, Setting
from publisher.text.marks import Mark, Text, concat, indent, substitute
from publisher.text.render import elements
from publisher.text.render.blocks import Block, Flow, Kind, one_line
from publisher.text.render.line import Inline, with_mark
from publisher.text.render.link_targets import canonical, readable_address, says_address
from publisher.text.tree import Element, text_of

_ADDRESS = re.compile(r"(https?://[^\s<>]+)")
_MARKUP = re.compile(
    r"[\\*_`]|~(?=~)|(?<=~)~|\|(?=\|)|(?<=\|)\||(?<=\])\(|\[$|<(?=[@#:/!&a-z])", re.IGNORECASE
)
_PING = re.compile(r"@(?=everyone|here)|<(?=@)")
_LINE_START = re.compile(r"(#{1,3}|-#|>{1,3}|[-+*]|\d{1,9}(?=[.)]))(?=[\s.)])")
_ALERT = re.compile(r"\[!([A-Za-z]+)\][ \n]*")
_LITERAL_IN_MASK = re.compile(r"://|\bwww\.|discord\.gg", re.IGNORECASE)
_DELIMITERS = {
    "strong": "**", "b": "**", "em": "*", "i": "*", "cite": "*", "dfn": "*", "var": "*", "u": "__", "ins": "__",
}  # fmt: skip


PINGS = Pings(
    # Only these ping, and numbers in angle brackets.
    re.compile(
        r"(?<![\w/@])@(?P<name>(?:\w|\\_)+(?:[.-]+(?:\w|\\_)+)*)(?P<host>@[\w.-]+\w)?|<(?=@[&!]?\d+>)"
    ),
    inert="\u200b",
    only=("everyone", "here"),
    in_code=False,
)


def discord(part: Element, setting: Setting) -> Text:
    """A post in Discord's Markdown, in which only the author's markup is markup, and nobody is
    pinged.

    A link is `[words](address)`, also where its words stand for the address a second time;
    addresses that are said elsewhere aren't given. Where the words themselves hold an address Discord would
    print the brackets: there both are said plainly. An image is its alternative text, leading to
    the image, unless that is attached.
    """
    return Discord("", setting.skip_urls, setting.attached).render(part)


class Discord(Flow):
    bullet = "- "

    def __init__(
        self, language: str, skip_urls: Collection[str], attached: Collection[str]
    ) -> None:
        super().__init__(language, skip_urls, attached)
        self.open: tuple[str, ...] = ()

    @contextmanager
    def within(self, delimiter: str) -> Iterator[None]:
        """So that bold inside bold isn't marked twice."""
        was, self.open = self.open, (*self.open, delimiter)
        try:
            yield
        finally:
            self.open = was

    # Blocks.

    def gap(self, before: Kind, after: Kind) -> str:
        return "\n" if before == "heading" else super().gap(before, after)

    def block(self, element: Element) -> list[Block]:
        if (element.name in elements.HEADINGS and int(element.name[1]) > 3) or element.name in (
            "summary",
            "dt",
            "legend",
        ):
            with self.within("**"):
                words = one_line(self.words(element))
            kind: Kind = "heading" if element.name in elements.HEADINGS else "caption"
            return [Block(wrapped(words, "**"), kind)] if words else []
        return super().block(element)

    def heading(self, words: Text, level: int) -> Text:
        return concat(("#" * level, " ", one_line(words))) if words else words

    def quote(self, element: Element) -> list[Block]:
        """Discord has no quotations inside quotations."""
        if self.inner_quotes:
            return self.blocks(element)
        self.inner_quotes = True
        text = self.join(self.blocks(element))
        self.inner_quotes = False
        if alert := _ALERT.match(text):
            text = substitute(text, [(0, alert.end(), f"**{alert[1].capitalize()}:** ")])
        if not text:
            return []
        quoted = indent(text, "> ", "> ", empty="> ")
        return [Block(with_mark(quoted, Mark(0, len(quoted), "wrap", opener="> ")), "quote")]

    def code(self, text: Text, language: str) -> Text:
        opener, closer = f"```{language}\n", "\n```"
        whole = opener + text.replace("```", "`\u200b`\u200b`") + closer
        return Text(whole, (Mark(0, len(whole), "wrap", closer=closer, opener=opener),))

    def row(self, cells: list[Text], head: bool) -> Text:
        row = super().row(cells, head)
        return wrapped(row, "**") if head and "**" not in row else row

    def picture(self, image: Element) -> Text:
        words = self.escaped(self.alt(image))
        address = readable_address(image.attrs.get("src", ""))
        if not words:
            return Text("")
        return masked(Text(words), address) if address and can_mask(words) else Text(f"[{words}]")

    # Inline.

    def escaped(self, text: str) -> str:
        line = Inline()
        return self.escape(text, line)

    def escape(self, text: str, line: Inline) -> str:
        """An author's characters as Discord shows them: markup inert, addresses untouched, nobody
        pinged."""
        pieces = _ADDRESS.split(text)
        for at in range(0, len(pieces), 2):
            pieces[at] = _PING.sub(
                lambda found: found[0] + "\u200b", _MARKUP.sub(r"\\\g<0>", pieces[at])
            )
        text = "".join(pieces)
        if line.at_line_start and (found := _LINE_START.match(text)):
            at = found.end() if text[0].isdigit() else 0
            text = text if text[0] == "\\" else f"{text[:at]}\\{text[at:]}"
        elif line.last == "]" and not line.pending and text.startswith("("):
            text = "\\" + text
        return text

    def emphasis(self, element: Element, line: Inline) -> None:
        self.delimited(element, _DELIMITERS[element.name], line)

    def struck(self, element: Element, line: Inline) -> None:
        self.delimited(element, "~~", line)

    def delimited(self, element: Element, delimiter: str, line: Inline) -> None:
        if delimiter in self.open:
            self.children(element, line)
            return
        with self.within(delimiter):
            text, after = self.inside(element, line)
        if text.strip():
            if not line.pending and line.last == delimiter[0]:
                line.write("\u200b")  # "*a***b**" would be read otherwise
            line.write(wrapped(text, delimiter))
        elif text:
            line.write(text)
        line.space(after)

    def code_span(self, element: Element, line: Inline) -> None:
        text = " ".join(text_of(element).split())
        if not text:
            return
        ticks = "``" if "`" in text else "`"
        pad = " " if text[0] == "`" or text[-1] == "`" else ""
        whole = f"{ticks}{pad}{text.replace('``', '`' + chr(0x200B) + '`')}{pad}{ticks}"
        line.mark(whole, Mark(0, len(whole), "atom"))

    def link_out(self, element: Element, address: str, words: Text, line: Inline) -> None:
        http = address.lower().startswith(("http://", "https://"))
        told = canonical(address) in self.own or says_address(words, address)
        if http and words.strip() and can_mask(words) and not told:
            line.write(masked(one_line(words), address))
        else:
            super().link_out(element, address, words, line)


def wrapped(text: Text, delimiter: str) -> Text:
    whole = concat((delimiter, text, delimiter))
    return with_mark(whole, Mark(0, len(whole), "wrap", closer=delimiter, opener=delimiter))


def can_mask(words: str) -> bool:
    """Would Discord take these words for a link's? Not with an address in them, or a bracket
    without its other half."""
    depth = 0
    for character in words:
        depth += (character == "[") - (character == "]")
        if depth < 0:
            return False
    return depth == 0 and not _LITERAL_IN_MASK.search(words)


def masked(words: Text, address: str) -> Text:
    safe = address.replace("(", "%28").replace(")", "%29")
    whole = concat(("[", words, f"]({safe})"))
    link = Mark(1, 1 + len(words), "link", href=address)
    return with_mark(with_mark(whole, link), Mark(0, len(whole), "atom"))
