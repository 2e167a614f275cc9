"""A text with a few tags, for platforms that take what is bold, or a link, beside the words:
Telegram's entities, Slack's rich text.

It is written with tags, so that it can be cut and counted like any other, and read by `parsed` here
rather than by the platform: what is no tag of ours is text, and nothing that an author writes can
make a message that is refused for its markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from dataclasses import dataclass

from publisher.text.flavour import Setting
from publisher.text.marks import Mark, Text, concat
from publisher.text.render.blocks import Block, Flow, one_line
from publisher.text.render.line import Inline, with_mark
from publisher.text.render.link_targets import canonical, says_address
from publisher.text.tree import Element, text_of

_TAG = re.compile(
    r'<(?P<close>/)?(?P<name>b|i|u|s|code|pre|blockquote)>|<a href="(?P<href>[^"<>]*)">|(?P<end></a>)'
)
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot);")
_NAMES = {
    "strong": "b", "b": "b", "em": "i", "i": "i", "cite": "i", "dfn": "i", "var": "i", "u": "u", "ins": "u",
}  # fmt: skip


def tagged_text(part: Element, setting: Setting) -> Text:
    """A post with tags, in which only the author's markup is markup."""
    return Tagged(setting.language, setting.skip_urls, setting.attached).render(part)


@dataclass(frozen=True, slots=True)
class Span:
    """text[start:end] is shown as `name` says, which is a tag; a link leads to `href`."""

    name: str
    start: int
    end: int
    href: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text as it is shown, and what of it is shown how: outer spans before inner ones."""

    text: str
    spans: tuple[Span, ...]


def units(text: str) -> int:
    """UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def count(text: str) -> int:
    """UTF-16 units of what is shown."""
    return units(parsed(text).text)


def parsed(text: str) -> Parsed:
    """Tags that have no other half are left out; any other sign is text."""
    shown: list[str] = []
    length = at = 0
    waiting: list[tuple[str, int, str]] = []
    spans: list[Span] = []

    def add(piece: str) -> None:
        nonlocal length
        said = _ENTITY.sub(lambda found: html.unescape(found[0]), piece)
        shown.append(said)
        length += len(said)

    for found in _TAG.finditer(text):
        add(text[at : found.start()])
        at = found.end()
        name = found["name"] or "a"
        if not (found["close"] or found["end"]):
            waiting.append((name, length, html.unescape(found["href"] or "")))
            continue
        opened = [number for number, each in enumerate(waiting) if each[0] == name]
        if opened:
            _, start, href = waiting.pop(opened[-1])
            if length > start:
                spans.append(Span(name, start, length, href))
    add(text[at:])
    return Parsed("".join(shown), tuple(sorted(spans, key=lambda each: (each.start, -each.end))))


class Tagged(Flow):
    """`open` are the tags around what is being written; `quoting`: a quotation is."""

    def __init__(
        self, language: str, skip_urls: Collection[str], attached: Collection[str]
    ) -> None:
        super().__init__(language, skip_urls, attached)
        self.open: tuple[str, ...] = ()
        self.quoting = False

    # Blocks.

    def heading(self, words: Text, level: int) -> Text:
        return tagged(one_line(words), "b") if words else words

    def term(self, words: Text) -> Text:
        return tagged(one_line(words), "b") if words else words

    def quote(self, element: Element) -> list[Block]:
        """Without quotations inside quotations: neither platform has them."""
        if self.quoting:
            return self.blocks(element)
        self.quoting = True
        text = self.join(self.blocks(element))
        self.quoting = False
        return [Block(tagged(text, "blockquote"), "quote")] if text else []

    def code(self, text: Text, language: str) -> Text:
        return tagged(Text(escaped(text)), "pre")

    def picture(self, image: Element) -> Text:
        words = escaped(self.alt(image))
        return Text(f"[{words}]") if words else Text("")

    # Inline.

    def escape(self, text: str, line: Inline) -> str:
        return escaped(text)

    def emphasis(self, element: Element, line: Inline) -> None:
        self.within(element, _NAMES[element.name], line)

    def struck(self, element: Element, line: Inline) -> None:
        self.within(element, "s", line)

    def within(self, element: Element, name: str, line: Inline) -> None:
        if name in self.open:
            self.children(element, line)
            return
        was, self.open = self.open, (*self.open, name)
        text, after = self.inside(element, line)
        self.open = was
        if text:
            line.write(tagged(text, name) if text.strip() else text)
        line.space(after)

    def code_span(self, element: Element, line: Inline) -> None:
        text = " ".join(text_of(element).split())
        if text:
            whole = f"<code>{escaped(text)}</code>"
            line.mark(whole, Mark(0, len(whole), "atom"))

    def link_out(self, element: Element, address: str, words: Text, line: Inline) -> None:
        http = address.lower().startswith(("http://", "https://"))
        told = canonical(address) in self.own or says_address(words, address)
        if http and words.strip() and not told:
            line.write(linked(words, address))
        else:
            super().link_out(element, address, words, line)

    def address(self, address: str, line: Inline) -> None:
        super().address(escaped(address), line)


def escaped(text: str) -> str:
    """So that it is text, whatever it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def tagged(text: Text, name: str) -> Text:
    opener, closer = f"<{name}>", f"</{name}>"
    whole = concat((opener, text, closer))
    return with_mark(whole, Mark(0, len(whole), "wrap", closer=closer, opener=opener))


def linked(words: Text, address: str) -> Text:
    """A link, which is never torn."""
    href = html.escape(address)
    whole = concat((f'<a href="{href}">', words, "</a>"))
    start = len(href) + len('<a href="">')
    link = Mark(start, start + len(words), "link", href=address)
    return with_mark(with_mark(whole, link), Mark(0, len(whole), "atom"))
