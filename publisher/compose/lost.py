"""What a channel's reader won't get of a post: found by looking for the post's own words, pictures and
links in what is sent, however that was made."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from publisher.adapter import Adapter, Message
from publisher.post.post import Post
from publisher.text import tree
from publisher.text.lead import is_footnote
from publisher.text.render.elements import BLOCKS, is_notes
from publisher.text.tree import COMMENT, Element, text_of

KINDS = {
    "table": ("a table", "tables"),
    "picture": ("a picture", "pictures"),
    "code": ("a piece of code", "pieces of code"),
    "footnote": ("a footnote", "footnotes"),
    "media": ("a video or other medium", "videos or other media"),
    "link": ("a link", "links"),
}
IN_A_ROW, IN_A_ROW_WIDE = 24, 10
"""Letters in a row that are no coincidence elsewhere; of scripts that have one for a syllable or a
word."""
MOST = 0.9
"""The part of a table's cell, of code or of a footnote that has to be shown."""
LITTLE, FEW = 0.02, 9
"""A part of a text, and a number of its characters, that is no loss: a label, a number, a name that is
written in another way."""

_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>()]+")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])")
_SIGNS = re.compile(r"[\W_]+")
_PARAGRAPHS = BLOCKS | {"br"}


@dataclass(frozen=True, slots=True)
class Lost:
    """`count` of one kind, of `of` that the post has. The kind "characters" counts its running text."""

    kind: str
    count: int
    of: int

    def __str__(self) -> str:
        if self.kind == "characters":
            whole = (
                "the text" if self.count == self.of else f"{self.count:,} of {self.of:,} characters"
            )
            return f"{whole} ({self.of:,} characters)" if self.count == self.of else whole
        one, several = KINDS[self.kind]
        return one if self.count == 1 else f"{self.count} {several}"


def lost(post: Post, adapter: Adapter, message: Message) -> tuple[Lost, ...]:
    """In the order in which they are told. Empty where the author wrote this channel's text, or
    nothing was composed."""
    if (
        not message.parts
        or not post.whole
        or "text" in post.override(message.channel, adapter.name)
    ):
        return ()
    written = _written(post)
    if adapter.html:
        page = tree.parse("".join(part.html for part in message.parts))
        found = _lost_of(written, message, f"{message.title}\n{text_of(page)}")
        images = sum(1 for each in page.walk() if each.name == "img")
        leads_to = {each.attrs.get("href") for each in page.walk() if each.name == "a"}
        found["picture"] = (max(0, written.pictures - images), written.pictures)
        found["link"] = (
            sum(1 for link in written.links if link not in leads_to),
            len(written.links),
        )
    else:
        text = "\n".join((message.title, *(part.text for part in message.parts)))
        found = _lost_of(written, message, text)
    return tuple(Lost(kind, count, of) for kind, (count, of) in found.items() if count)


def _lost_of(written: _Written, message: Message, text: str) -> dict[str, tuple[int, int]]:
    """By kind, of what a channel shows as `text`."""
    shown = _Shown(_letters(text))
    tables = sum(1 for cells in written.tables if not all(map(shown.has, cells)))
    code = sum(1 for each in written.code if not shown.has(each))
    footnotes = sum(1 for each in written.footnotes if not shown.has(each))
    links = sum(1 for link in written.links if link not in text)
    whole = sum(length for _, length in written.sentences)
    gone = round(sum(length * (1 - shown.share(each)) for each, length in written.sentences))
    return {
        "table": (tables, len(written.tables)),
        "picture": (max(0, written.pictures - len(message.pictures)), written.pictures),
        "code": (code, len(written.code)),
        "footnote": (footnotes, len(written.footnotes)),
        "media": (
            sum(1 for each in written.media if not each or each not in text),
            len(written.media),
        ),
        "link": (links, len(written.links)),
        "characters": (gone if gone > max(FEW, LITTLE * whole) or gone == whole else 0, whole),
    }


class _Shown:
    """What a channel shows, as letters alone. Something may stand between the words of a post there: a
    number, a sign, a word in brackets. So a text is looked for piece by piece."""

    def __init__(self, letters: str) -> None:
        self._letters = letters
        self._made: dict[int, set[str]] = {}

    def has(self, text: str) -> bool:
        return self.share(text) >= MOST

    def share(self, text: str) -> float:
        """How much of a text is shown, from 0 to 1."""
        size = IN_A_ROW_WIDE if max(text, default="") >= "\u2e80" else IN_A_ROW
        if len(text) <= size or text in self._letters:
            return float(text in self._letters)
        step = size // 2
        # Of `size` letters in a row, one of the pieces that begin at each `step` is wholly part.
        near = (
            range(max(0, at - step), min(at, len(text) - size) + 1)
            for at in range(0, len(text) - step + 1, step)
            if text[at : at + step] in self._pieces(step)
        )
        shown, end = 0, 0
        for at in chain.from_iterable(near):
            if text[at : at + size] in self._pieces(size):
                shown += at + size - max(at, end)
                end = at + size
        return shown / len(text)

    def _pieces(self, size: int) -> set[str]:
        """Every `size` letters in a row of what is shown."""
        if size not in self._made:
            letters = self._letters
            self._made[size] = {letters[at : at + size] for at in range(len(letters) - size + 1)}
        return self._made[size]


def _letters(text: str) -> str:
    """Letters and digits alone, in one form. Addresses aside, which one channel says and another
    doesn't."""
    plain = unicodedata.normalize("NFKC", _ADDRESS.sub(" ", text)).casefold()
    return _SIGNS.sub("", plain)


@dataclass(frozen=True, slots=True)
class _Written:
    """What a post has, its words as letters alone: the running text in sentences, each with its
    length in characters; of media their addresses, where a text may say them."""

    sentences: tuple[tuple[str, int], ...]
    tables: tuple[tuple[str, ...], ...]
    code: tuple[str, ...]
    footnotes: tuple[str, ...]
    links: tuple[str, ...]
    pictures: int
    media: tuple[str, ...]


@lru_cache(maxsize=8)
def _written(post: Post) -> _Written:
    """Every channel of a post asks."""
    elements = list(post.body.walk())
    tables = [each for each in elements if each.name == "table"]
    in_tables = {id(each) for table in tables for each in table.walk()}
    notes = [each for each in elements if is_notes(each)]
    cells = [
        [_letters(text_of(cell)) for cell in table.walk() if cell.name in ("td", "th")]
        for table in tables
    ]
    links = {each.attrs.get("href", "") for each in elements if each.name == "a"}
    return _Written(
        sentences=tuple(
            (letters, len(words))
            for paragraph in _paragraphs(post.body)
            for words in _SENTENCE.split(paragraph)
            if (letters := _letters(words))
        ),
        tables=tuple(tuple(filter(None, row)) for row in cells if any(row)),
        code=tuple(
            filter(
                None,
                (
                    _letters(text_of(each))
                    for each in elements
                    if each.name == "pre" and id(each) not in in_tables
                ),
            )
        ),
        footnotes=tuple(
            _letters(_without_numbers(item))
            for each in notes
            for item in each.children
            if isinstance(item, Element) and item.name == "li"
        ),
        links=tuple(sorted(each for each in links if each.startswith("http") and each != post.url)),
        pictures=len(post.pictures),
        media=tuple(_address_of(each) for each in elements if _is_medium(each)),
    )


def _is_medium(element: Element) -> bool:
    return element.name in ("video", "audio") or (
        "medium" in element.attrs and element.name == COMMENT
    )


def _address_of(medium: Element) -> str:
    """Where a video is; empty where that is in a frame of somebody else's."""
    sources = (each.attrs.get("src", "") for each in medium.walk() if each.name != "track")
    return next(filter(None, sources), "")


def _paragraphs(body: Element) -> Iterator[str]:
    """The words of the running text, paragraph by paragraph: without tables, code, footnotes, what is
    struck out, and addresses."""
    words: list[str] = []

    def flushed() -> Iterator[str]:
        paragraph = " ".join(_ADDRESS.sub(" ", "".join(words)).split())
        words.clear()
        if paragraph:
            yield paragraph

    stack: list[Element | str] = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            words.append(node)
            continue
        if node.name in ("table", "pre", "del", "s", "strike", COMMENT) or is_notes(node):
            continue
        if node.name == "sup" and is_footnote(node):
            # Its number is said otherwise on each channel: what is before it and after it counts.
            yield from flushed()
            continue
        if node.name in _PARAGRAPHS:
            yield from flushed()
            if node.name != "br":
                stack.append(Element("br"))
        stack.extend(reversed(node.children))
    yield from flushed()


def _without_numbers(note: Element) -> str:
    """A footnote's words, without the sign that leads back."""
    return "".join(
        text_of(each) for each in note.children if isinstance(each, str) or each.name != "a"
    ).replace("↩", "")
