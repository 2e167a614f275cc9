"""The walk through running text: words, links, images and what is raised or emphasised."""

from __future__ import annotations

import re
from collections.abc import Collection

from publisher.text.marks import Mark, Text, concat, cut, strip
from publisher.text.render import elements
from publisher.text.render.line import WHITE, Inline, with_mark
from publisher.text.render.link_targets import canonical, readable_address, says_address
from publisher.text.render.quotes import OPENING, quotes
from publisher.text.tree import COMMENT, Element, text_of

ENDS = WHITE + "\u00a0"
_SUPERSCRIPT = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_BACK = frozenset("↩ ↩︎ ↩️ ⤴ ⤴︎ ↑ ^ ⏎ ↵ ⬆ ⬆️".split())
_PERMALINK = frozenset("# ¶ § 🔗 ⚓ link".split())
_WORD = re.compile(r"[^\s()（），。]+")
_EMPHASIS = frozenset(("strong", "b", "em", "i", "cite", "dfn", "var", "u", "ins"))


class Running:
    """One rendering. Made anew for each, since it remembers which addresses have been said."""

    def __init__(
        self, language: str = "", skip_urls: Collection[str] = (), attached: Collection[str] = ()
    ) -> None:
        self.quotes = quotes(language)
        self.said = {canonical(address) for address in skip_urls}
        self.own = frozenset(self.said)
        self.attached = frozenset(attached)
        self.here: Element | None = None  # the paragraph
        self._around: tuple[Element | None, str] = (None, "")

    def note(self, number: str) -> str:
        """A footnote's number, in the text and before the note."""
        return f"[{number}]"

    def alt(self, image: Element) -> str:
        """What to say of an image: nothing where it is attached, or has no words but a file's
        name."""
        words = " ".join(image.attrs.get("alt", "").split())
        if image.attrs.get("src", "") in self.attached or elements.is_file_name(words):
            return ""
        return words

    def words(self, element: Element) -> Text:
        line = Inline()
        self.children(element, line)
        return strip(line.text(), ENDS)

    def children(self, element: Element, line: Inline) -> None:
        for child in element.children:
            self.inline(child, line)

    def inside(self, element: Element, line: Inline) -> tuple[Text, str]:
        """The words in an element, ready to be written to `line`, and the white space after
        them."""
        inner = Inline()
        inner.depth = line.depth
        self.children(element, inner)
        line.space(inner.leading)
        return inner.text(), inner.pending

    def escape(self, text: str, line: Inline) -> str:
        return text

    def inline(self, node: Element | str, line: Inline) -> None:
        if isinstance(node, str):
            for text in line.words(node):
                line.write(self.escape(text, line))
            return
        name = node.name
        if name == COMMENT:
            if elements.is_thread(node):
                line.write(Text("", (Mark(0, 0, "break"),)))
        elif name == "br":
            line.line_break()
        elif name == "a":
            self.link(node, line)
        elif name == "img":
            if words := self.alt(node):
                line.write(self.escape(words, line))
        elif name in ("code", "samp", "tt", "kbd"):
            self.code_span(node, line)
        elif name in ("del", "s", "strike"):
            self.struck(node, line)
        elif name in ("sup", "sub"):
            self.raised(node, line)
        elif name == "q":
            text, after = self.inside(node, line)
            if text:
                line.write(concat((self.quotes[0], text, self.quotes[1])))
            line.space(after)
        elif name == "rt":
            text, after = self.inside(node, line)
            line.write(concat(("(", text, ")")) if text else "")
        elif name in _EMPHASIS:
            self.emphasis(node, line)
        elif name not in ("rp", "wbr", "video", "audio", "track", "source"):
            if name in elements.BLOCKS and line.pieces and not line.at_line_start:
                line.line_break()
            self.children(node, line)
            if name in elements.BLOCKS and line.pieces:
                line.space("\n")
        elif name in ("video", "audio"):
            source = node.attrs.get("src") or next(
                (s.attrs.get("src", "") for s in node.walk() if s.name == "source"), ""
            )
            if address := readable_address(source):
                self.address(address, line)

    def emphasis(self, element: Element, line: Inline) -> None:
        self.children(element, line)

    def struck(self, element: Element, line: Inline) -> None:
        """What was struck out is not said any more."""

    def code_span(self, element: Element, line: Inline) -> None:
        text = " ".join(text_of(element).split())
        if text:
            line.mark(with_mark(text, Mark(0, len(text), "code")), Mark(0, len(text), "atom"))

    def raised(self, element: Element, line: Inline) -> None:
        """Digits above or below the line have characters of their own; ordinals (1er, 2nd) are read
        as they are."""
        text, after = self.inside(element, line)
        if not text.marks and not text.startswith("["):
            table = _SUPERSCRIPT if element.name == "sup" else _SUBSCRIPT
            raised = text.translate(table)
            if not any(character in raised for character in text) and raised != text:
                text = Text(raised)
        line.write(text)
        line.space(after)

    def link(self, element: Element, line: Inline) -> None:
        href = element.attrs.get("href", "").strip()
        words, after = self.inside(element, line)
        if href.startswith("#") or (self.own and canonical(href.partition("#")[0]) in self.own):
            self.link_in_page(element, href, words, line)
        else:
            self.link_out(element, readable_address(href), words, line)
        line.space(after)

    def link_in_page(self, element: Element, href: str, words: Text, line: Inline) -> None:
        kind = f"{element.attrs.get('class', '')} {element.attrs.get('role', '')}"
        said = words.strip()
        if href.startswith("#") and (
            "backref" in kind or "backlink" in kind or "reversefootnote" in kind or said in _BACK
        ):
            line.pending = ""
        elif href.startswith("#") and (
            "footnote" in kind or "noteref" in kind or href.startswith(("#fn", "#user-content-fn"))
        ):
            line.pending = ""
            line.write(self.note(said.strip("[]()")))
        elif href.startswith("#") and said in _PERMALINK:
            pass
        else:
            line.write(words)

    def link_out(self, element: Element, address: str, words: Text, line: Inline) -> None:
        """The words, and the address after them where a reader needs it: once, and only if the
        words don't say it."""
        if not address:
            line.write(words)
        elif not words.strip():
            picture = any(child.name == "img" for child in element.walk())
            if picture and not self.is_said(address) and not elements.is_image_file(address):
                self.address(address, line)
        elif says_address(words, address):
            self.address(address, line)
        elif (within := word_that_says(words, address)) is not None:
            link = Mark(0, len(address), "link", href=address)
            said = with_mark(with_mark(address, link), Mark(0, len(address), "atom"))
            self.said.add(canonical(address))
            line.write(concat((cut(words, 0, within[0]), said, cut(words, within[1], len(words)))))
        elif self.is_said(address) or self.is_around(address):
            line.write(with_mark(words, Mark(0, len(words), "link", href=address)))
        else:
            self.said.add(canonical(address))
            self.words_and_address(words, address, line)

    def is_around(self, address: str) -> bool:
        """Do the words of this paragraph hold the address, in its beginning? Made when a link first
        asks."""
        if self._around[0] is not self.here:
            paragraph = self.here
            direct = paragraph and any(
                isinstance(child, Element) and child.name == "a" for child in paragraph.children
            )
            self._around = (paragraph, text_of(paragraph)[:2000] if paragraph and direct else "")
        return address in self._around[1]

    def is_said(self, address: str) -> bool:
        return canonical(address) in self.said

    def words_and_address(self, words: Text, address: str, line: Inline) -> None:
        """A short text is never torn from its address; of a long one at least the last word
        isn't."""
        in_parentheses = line.depth > 0
        shown = f" {address}" if in_parentheses else f" ({address})"
        whole = concat((with_mark(words, Mark(0, len(words), "link", href=address)), shown))
        start = 0 if len(words) <= 60 else max(words.rfind(" "), words.rfind("\n")) + 1
        line.mark(whole, Mark(start, len(whole), "atom"))
        # In an address's query Mastodon takes ")" and Chinese, Japanese or Korean for a part of it.
        line.after_address = in_parentheses or "?" in address

    def address(self, address: str, line: Inline) -> None:
        """An address as it is, apart from any letters before it: a platform finds it only so."""
        self.said.add(canonical(address))
        touching = (
            line.last and not line.pending and not line.last.isspace() and line.last not in OPENING
        )
        if touching and (line.last.isalnum() or ord(line.last) > 127):
            line.space(" ")
        link = Mark(0, len(address), "link", href=address)
        line.mark(with_mark(address, link), Mark(0, len(address), "atom"))
        line.after_address = True


def word_that_says(words: str, address: str) -> tuple[int, int] | None:
    """Which of these words, if any, is the address or its domain: "the collective example.org"."""
    if "." not in words or len(words) > 100:
        return None
    return next(
        (found.span() for found in _WORD.finditer(words) if says_address(found[0], address)), None
    )
