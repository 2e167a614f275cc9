"""What would make reading a post slow, or its tree too deep, is refused with the line, before that
work is begun.

Everything here is counted in one pass. `check` looks at the source; the two rules are put into
markdown-it-py, before each block and between blocks and inline, because only there is it known what
is a paragraph and what is code: a listing full of brackets is no danger. `Depth` counts what the
tree's readers will have to walk down.

The limits lie far above what people write (the largest found in 420 posts of ten sites are given in
brackets) and below what takes more than about two seconds; `benchmarks/commonmark.py times` prints
the seconds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.errors import PostError

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore

MAX_LENGTH = 2_000_000
"""Characters in a post (56,000)."""
MAX_LINES = 30_000
"""Lines in a post (1,500): a table is read as a whole before its cells can be counted."""
MAX_LEVEL = 20
"""Quotes within each other; a list counts twice, as list and as item (7). Readers of the tree
recurse."""
MAX_TOKENS = 100_000
"""Of markdown-it-py's block tokens in a post: a paragraph is three, an item five, a cell three
(1,400)."""
MAX_PARAGRAPH = 100_000
"""Characters in one paragraph, heading or cell (1,600)."""
MAX_SIGNS = 3_000
"""Signs of markup in one of these, line ends included (110). Python-Markdown's inline step needs
time in the square of the elements in a paragraph."""
MAX_ALL_SIGNS = 150_000
"""The same in a post (5,300). In both, a bracket within brackets weighs more, since
each is looked at from each outer one, and so does an address."""
MAX_NOTES = 500
"""References to footnotes, and definitions of abbreviations, in a post (7). Python-Markdown looks
each up in a list."""
MAX_DEPTH = 64
"""Elements within each other: emphasis within links within quotes (8), and as many again of raw
HTML (6)."""

_SIGN = re.compile(r"[\n\[\]*_`<&~!\\]|://")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)[^<>]*(?<!/)>")
_NEVER_DEEP = frozenset(
    "area base br col dd dt embed hr img input li link meta option p param source td th tr track wbr".split()
)
"""Elements without content, and those that a browser closes by itself where the next begins."""


def check(source: str) -> None:
    """Raises PostError for a source that is too long to be read at all."""
    if len(source) > MAX_LENGTH:
        raise PostError(
            f"the post has {len(source):,} characters, more than the {MAX_LENGTH:,} that are read",
            hint="split it into several posts",
            line=1,
        )
    if source.count("\n") > MAX_LINES:
        raise PostError(
            f"the post has more than the {MAX_LINES:,} lines that are read",
            hint="split it into several posts",
            line=MAX_LINES + 1,
        )


def block_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A rule for markdown-it-py that never matches. Beyond a level of its own it would silently
    leave text out."""
    if state.level > MAX_LEVEL:
        raise PostError(
            "quotes or lists are nested too deep",
            hint=f"at most {MAX_LEVEL} quotes or {MAX_LEVEL // 2} lists within each other",
            line=start + 1,
        )
    _check_tokens(len(state.tokens), start + 1)
    return False


def _check_tokens(count: int, line: int) -> None:
    if count > MAX_TOKENS:
        raise PostError(
            "the post has too many paragraphs, items and cells: more than any reader would read",
            hint="split it into several posts",
            line=line,
        )


def inline_rule(state: StateCore) -> None:
    """A core rule for markdown-it-py, to run between "block" and "inline"."""
    _check_tokens(len(state.tokens), 1)
    signs = notes = 0
    for token in state.tokens:
        if token.type != "inline":
            continue
        line = token.map[0] + 1 if token.map else 1
        if len(token.content) > MAX_PARAGRAPH:
            raise PostError(
                f"a paragraph of {len(token.content):,} characters is too long: at most {MAX_PARAGRAPH:,}",
                hint="put an empty line where a new paragraph begins",
                line=line,
            )
        here = _weigh(token.content)
        signs += here
        if here > MAX_SIGNS or signs > MAX_ALL_SIGNS:
            whole = "a paragraph" if here > MAX_SIGNS else "the post"
            raise PostError(
                f"{whole} has too many brackets, asterisks, line ends and other signs of markup: "
                f"at most {MAX_SIGNS if here > MAX_SIGNS else MAX_ALL_SIGNS:,}",
                hint="if this is code or data, fence it with ``` lines; else divide it",
                line=line,
            )
        notes += token.content.count("[^")
        if notes > MAX_NOTES or len(state.env.get("abbreviations", ())) > MAX_NOTES:
            raise PostError(
                f"the post has more than {MAX_NOTES:,} references to footnotes, or abbreviations",
                hint="split it into several posts",
                line=line,
            )


def _weigh(text: str) -> int:
    signs = _SIGN.findall(text)
    weight = len(signs) + 2 * text.count("://")
    depth = 0
    for sign in signs:
        if sign == "[":
            depth += 1
            weight += min(depth, MAX_LEVEL)
        elif sign == "]" and depth:
            depth -= 1
    return weight


class Depth:
    """How deep the tree is at one place of a document that is walked through."""

    def __init__(self) -> None:
        self.raw = 0

    def elements(self, depth: int, line: int) -> None:
        """Of Markdown's own making: `depth` elements are open."""
        if depth > MAX_DEPTH:
            raise PostError(
                "emphasis, links, quotes or lists are nested too deep",
                hint=f"at most {MAX_DEPTH} within each other",
                line=line,
            )

    def html(self, html: str, line: int) -> None:
        """Of raw HTML: feed all of it, in order."""
        for closing, name in _TAG.findall(html):
            if name.lower() not in _NEVER_DEEP:
                self.raw = max(0, self.raw - 1) if closing else self.raw + 1
                if self.raw > MAX_DEPTH:
                    raise PostError(
                        f"HTML elements are nested too deep, the last is <{name}>",
                        hint=f"at most {MAX_DEPTH} within each other; close the ones before it",
                        line=line,
                    )
