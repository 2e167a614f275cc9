"""The Python-Markdown extension that makes it read CommonMark, with what GitHub and Hugo add to it.

markdown-it-py reads the source into tokens, blocks and inline; `_Builder` makes Python-Markdown's
tree of them, at the place where its own block parser stood. From there on everything is
Python-Markdown's: its inline patterns run over the text that is left (so that extensions keep
working, footnotes first of all, and see neither code nor addresses), then its tree processors,
serializer and postprocessors. docs/architecture.md says what else was tried.
"""

from __future__ import annotations

import xml.etree.ElementTree as etree  # noqa: N813 - as everybody, Python-Markdown too, calls it
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from markdown.blockparser import BlockParser
from markdown.extensions import Extension
from markdown.extensions.abbr import AbbrExtension
from markdown.extensions.footnotes import FN_BACKLINK_TEXT, FootnoteExtension
from markdown.postprocessors import RawHtmlPostprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import ETX, STX, AtomicString, code_escape
from markdown_it import MarkdownIt
from markdown_it.common.utils import isLinkClose, isLinkOpen, unescapeAll
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from publisher.markdown import limits
from publisher.markdown.autolinks import find_addresses

if TYPE_CHECKING:
    from markdown import Markdown
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

CORE_PATTERNS = (
    "backtick", "escape", "reference", "link", "image_link", "image_reference", "short_reference", "short_image_ref",
    "autolink", "automail", "linebreak", "html", "entity", "em_strong", "em_strong2", "not_strong",
)  # fmt: skip
"""Python-Markdown's own inline patterns; the last two are those of versions before 3.11."""


class CommonMark(Extension):
    """Must come before every extension that hands Python-Markdown a block of its own."""

    def __init__(self, *, addresses: bool = True) -> None:
        super().__init__()
        self.addresses = addresses
        self.footnotes = Footnotes()
        self.abbreviations = AbbrExtension()

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        md.preprocessors.deregister("html_block")
        md.preprocessors.register(_NoPlaceholders(md), "normalize_whitespace", 30)
        for name in CORE_PATTERNS:
            md.inlinePatterns.deregister(name, strict=False)
        md.treeprocessors.deregister("prettify")
        md.treeprocessors.register(_Newlines(md), "newlines", 10)
        md.postprocessors.register(_RawHtml(md), "raw_html", 30)
        md.parser = _Blocks(md, self)
        self.footnotes.extendMarkdown(md)
        self.abbreviations.extendMarkdown(md)


class _NoPlaceholders(Preprocessor):
    """Python-Markdown's own expands tabs, within code too; markdown-it-py does the rest of what it
    does."""

    def run(self, lines: list[str]) -> list[str]:
        return [line.replace(STX, "").replace(ETX, "") for line in lines]


class _Newlines(Treeprocessor):
    """A line each for blocks. Python-Markdown's own also strips code and recurses."""

    def run(self, root: etree.Element) -> None:
        for element in root.iter():
            if element.tag is None or self.md.is_block_level(element.tag):
                element.tail = (element.tail or "") + "\n"


class _RawHtml(RawHtmlPostprocessor):
    """Python-Markdown's own takes the paragraph away around a `<video>` or `<del>` that is all of
    it."""

    def isblocklevel(self, html: str) -> bool:
        return False


class Footnotes(FootnoteExtension):
    """Footnotes as the sites show them: in the order of the text, and only what it refers to.

    Python-Markdown's own takes each note's text for unparsed; here `bodies` are elements, parsed
    with the post.
    """

    def reset(self) -> None:
        super().reset()
        self.bodies: dict[str, etree.Element] = {}

    def define(self, label: str, body: etree.Element) -> None:
        if label not in self.bodies:
            self.bodies[label] = body
            self.setFootnote(label, "")

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        super().extendMarkdown(md)
        md.treeprocessors.deregister("footnote-reorder", strict=False)
        md.treeprocessors.register(_FootnoteOrder(self), "footnote-order", 19)

    def findFootnotesPlaceholder(self, root: etree.Element) -> None:  # noqa: N802
        """No words of a post move the notes away from its end."""

    def makeFootnotesDiv(self, root: etree.Element) -> etree.Element | None:  # noqa: N802
        if not self.bodies:
            return None
        division = etree.Element("div", {"class": "footnote"})
        etree.SubElement(division, "hr")
        notes = etree.SubElement(division, "ol")
        for label, body in self.bodies.items():
            note = etree.SubElement(notes, "li", {"id": self.makeFootnoteId(label)})
            note.extend(body)
            last = note[-1] if len(note) and note[-1].tag == "p" else etree.SubElement(note, "p")
            target = f"#{self.makeFootnoteRefId(label)}"
            back = etree.SubElement(last, "a", {"class": "footnote-backref", "href": target})
            back.text = AtomicString(FN_BACKLINK_TEXT)
        return division


class _FootnoteOrder(Treeprocessor):
    """Python-Markdown's inline step doesn't go through a post from top to bottom, so that its own
    numbers may jump."""

    def __init__(self, footnotes: Footnotes) -> None:
        self.footnotes = footnotes

    def run(self, root: etree.Element) -> None:
        if not self.footnotes.bodies:
            return
        numbers: dict[str, int] = {}
        for reference in root.iter("a"):
            if reference.get("class") == "footnote-ref":
                number = numbers.setdefault(reference.get("href", ""), len(numbers) + 1)
                reference.text = str(number)
        division = next(one for one in root.iter("div") if one.get("class") == "footnote")
        notes = next(division.iter("ol"))
        by_address = {f"#{note.get('id')}": note for note in notes}
        notes[:] = [by_address[address] for address in numbers]
        if not numbers:
            root.remove(division)


class _Blocks(BlockParser):
    """Stands where Python-Markdown's block parser stood."""

    def __init__(self, md: Markdown, extension: CommonMark) -> None:
        super().__init__(md)
        self.extension = extension
        self.reader = reader()

    def parseDocument(self, lines: Iterable[str]) -> etree.ElementTree:  # noqa: N802
        self.root = etree.Element(self.md.doc_tag)
        self.parseChunk(self.root, "\n".join(lines))
        return etree.ElementTree(self.root)

    def parseChunk(self, parent: etree.Element, text: str) -> None:  # noqa: N802
        env: dict[str, Any] = {}
        tokens = self.reader.parse(text, env)
        self.extension.abbreviations.abbrs.update(env.get("abbreviations", {}))  # type: ignore[attr-defined]
        _Builder(self.md, self.extension, self.reader, parent).build(tokens)


def reader() -> MarkdownIt:
    """CommonMark, and what GitHub, Hugo or Jekyll read beside it: tables, ~~strikethrough~~, notes,
    definitions."""
    made = MarkdownIt("commonmark", {"maxNesting": limits.MAX_LEVEL + 4})
    made.enable(["table", "strikethrough"])
    footnote_plugin(made, inline=False, move_to_end=False)
    made.inline.ruler.disable("footnote_ref")  # Python-Markdown's own inline pattern does that
    deflist_plugin(made)
    made.block.ruler.before(
        "reference", "abbreviation", _abbreviation, {"alt": ["paragraph", "reference"]}
    )
    made.block.ruler.before("table", "guard", limits.block_rule)
    made.core.ruler.after("block", "guard", limits.inline_rule)
    # What was escaped must stay apart from the text, or inline patterns would see it as markup.
    made.core.ruler.disable("text_join")
    # Addresses are judged later, on the tree; refused here, their Markdown would show as text.
    made.validateLink = lambda url: True  # type: ignore[method-assign]
    return made


def block_tokens(source: str) -> list[Token]:
    """What the blocks of a source are, without reading what stands in them."""
    blocks = reader()
    blocks.core.ruler.enableOnly(["normalize", "block"])
    return blocks.parse(source)


def _abbreviation(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`*[HTML]: Hypertext Markup Language`, as kramdown and PHP Markdown Extra have it."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("*[", begin) or state.is_code_block(start):
        return False
    name, colon, title = state.src[begin + 2 : state.eMarks[start]].partition("]:")
    if not colon or not name.strip() or not title.strip() or "]" in name:
        return False
    if not silent:
        state.env.setdefault("abbreviations", {})[name.strip()] = title.strip()
        state.line = start + 1
    return True


class _Builder:
    """One pass over the tokens; `open` is the path of elements from the root to where text is put
    now."""

    def __init__(
        self, md: Markdown, extension: CommonMark, source: MarkdownIt, root: etree.Element
    ) -> None:
        self.md = md
        self.extension = extension
        self.source = source
        self.open = [root]
        self.text: list[str] = []
        self.depth = limits.Depth()
        self.links = 0
        self.line = 1

    def build(self, tokens: list[Token]) -> None:
        for token in tokens:
            if token.map:
                self.line = token.map[0] + 1
            self.add(token)
        self.flush()

    def add(self, token: Token) -> None:
        handler = getattr(self, f"on_{token.type}", None)
        if handler:
            handler(token)
        elif token.nesting == 1:
            self.start(token)
        elif token.nesting == -1:
            self.end()
        else:
            self.element(token)

    # What most tokens are: an element that opens, closes, or is empty.

    def element(self, token: Token) -> etree.Element:
        self.flush()
        made = etree.SubElement(self.open[-1], token.tag)
        for name, value in token.attrs.items():
            made.set(name, _escape(str(value)))
        return made

    def start(self, token: Token) -> None:
        self.open.append(self.element(token))
        self.depth.elements(len(self.open), self.line)

    def end(self) -> None:
        self.flush()
        self.open.pop()

    # Blocks.

    def on_paragraph_open(self, token: Token) -> None:
        if not token.hidden:
            self.start(token)

    def on_paragraph_close(self, token: Token) -> None:
        if token.hidden:
            self.flush()
        else:
            self.end()

    def on_inline(self, token: Token) -> None:
        self.links = 0
        for child in token.children or []:
            self.add(child)

    def on_code_block(self, token: Token) -> None:
        self.code(token)

    def on_fence(self, token: Token) -> None:
        words = unescapeAll(token.info).split()
        self.code(token, words[0].strip("{}") if words else "")  # Quarto: {python}

    def code(self, token: Token, language: str = "") -> None:
        self.flush()
        made = etree.SubElement(etree.SubElement(self.open[-1], "pre"), "code")
        if language:
            made.set("class", _escape(f"language-{language}"))
        made.text = AtomicString(code_escape(token.content))

    def on_html_block(self, token: Token) -> None:
        self.flush()
        self.depth.html(token.content, self.line)
        made = etree.SubElement(self.open[-1], "")
        # The serializer writes the text alone of such an element.
        made.tag = None  # type: ignore[assignment]
        made.text = AtomicString(self.md.htmlStash.store(token.content.rstrip("\n")))

    def on_footnote_reference_open(self, token: Token) -> None:
        self.flush()
        body = etree.Element("div")
        self.extension.footnotes.define(token.meta["label"], body)
        self.open.append(body)

    def on_footnote_reference_close(self, token: Token) -> None:
        self.end()

    # Inline.

    def on_text(self, token: Token) -> None:
        self.text.append(token.content)

    def on_text_special(self, token: Token) -> None:
        # Python-Markdown's own sign for an escaped character. "&" means nothing to inline patterns,
        # but its serializer would take what follows for an entity.
        if token.info == "escape" and token.content != "&":
            self.text.append("".join(f"{STX}{ord(character)}{ETX}" for character in token.content))
        else:
            self.text.append(token.content)

    def on_softbreak(self, token: Token) -> None:
        self.text.append("\n")

    def on_hardbreak(self, token: Token) -> None:
        self.element(token)
        self.text.append("\n")

    def on_code_inline(self, token: Token) -> None:
        self.element(token).text = AtomicString(code_escape(token.content))

    def on_html_inline(self, token: Token) -> None:
        self.flush()
        self.depth.html(token.content, self.line)
        self.links += isLinkOpen(token.content) - isLinkClose(token.content)
        self.text.append(self.md.htmlStash.store(token.content))

    def on_image(self, token: Token) -> None:
        made = self.element(token)
        made.set("alt", _escape(_alternative(token.children or [])))

    def on_link_open(self, token: Token) -> None:
        self.start(token)
        self.links += 1

    def on_link_close(self, token: Token) -> None:
        self.end()
        self.links -= 1

    # Text.

    def flush(self) -> None:
        """Put the text that was gathered where it belongs, with bare addresses made links."""
        if not self.text:
            return
        text = "".join(self.text)
        self.text.clear()
        if self.extension.addresses and self.links <= 0 and "://" in text:
            position = 0
            for start, end in find_addresses(text):
                self.put(text[position:start])
                address = text[start:end]
                target = address if address.isascii() else self.source.normalizeLink(address)
                made = etree.SubElement(self.open[-1], "a", {"href": _escape(target)})
                made.text = AtomicString(_escape(address))
                position = end
            text = text[position:]
        self.put(text)

    def put(self, text: str) -> None:
        text = _escape(text)
        parent = self.open[-1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + text
        else:
            parent.text = (parent.text or "") + text


def _escape(text: str) -> str:
    """Python-Markdown's serializer leaves alone what looks like an entity; here all text is meant
    literally."""
    return text.replace("&", "&amp;")


def _alternative(tokens: list[Token]) -> str:
    """An image's alternative text: what its Markdown says without markup (spec 0.31.2, section
    6.4)."""
    parts = []
    for token in tokens:
        if token.type == "image":
            parts.append(_alternative(token.children or []))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        else:
            parts.append(token.content)
    return "".join(parts)
