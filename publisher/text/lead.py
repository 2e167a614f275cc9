"""The lead of a post: those of its first blocks that a person would quote to tell others of it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

from publisher.text.cut.good_ends import outside_quotations
from publisher.text.cut.sentences import sentence_ends
from publisher.text.render import elements
from publisher.text.tree import COMMENT, Element, bare, excerpt, text_of, transform

LENGTH = 1_500
"""Characters that are gathered: more than any channel's lead has room for."""

ENOUGH = 100
"""A beginning with fewer characters is followed by the paragraphs after the next heading."""

QUOTATION = 250
"""Characters of a quotation that still fits into a lead as a whole."""

_ADDRESS = "\ufdd2"
"""Where an address stood. A noncharacter: no post contains it."""

_WRITTEN_OUT = re.compile(r"(?i:https?)://[^\s<>]*[^\s<>.,;:!?)\]}»”’\"'…。，、）」]")
_IN_BRACKETS = re.compile(rf"\s*[(\[（［][^()\[\]（）［］]*{_ADDRESS}[^()\[\]（）［］]*[)\]）］]")
_WITHOUT_STOPS = re.compile("[\u0e00-\u0eff\u1780-\u17ff]")
"""Thai, Lao and Khmer, where a space stands between sentences, and not between words."""
_PINGS = re.compile(r"(?<!\w)@\w")
_PHRASE_BEFORE_ADDRESS = re.compile(rf"(?:\S+\s+)?\S*{_ADDRESS}\S*\s*")
_COLON = re.compile(r"[:：][\s\u00a0\u202f]*$")
_HERE = frozenset(
    "here|click here|this link|link|ici|cliquez ici|ce lien|hier|aquí|aqui|acá|este enlace|qui|aici|här|her|täällä|tästä"
    "|tutaj|tu|zde|tady|itt|εδώ|здесь|тут|сюда|по ссылке|тут|buradan|burada|هنا|من هنا|اینجا|כאן|यहाँ|यहां|এখানে"
    "|di sini|sini|tại đây|đây|ที่นี่|这里|此处|這裡|此處|こちら|ここ|여기|여기서".split("|")
)
"""Words that mean nothing without the address behind them."""

_STOPS = elements.HEADINGS | {"hr", "table", "pre", "dl"}
_PASSED_OVER = frozenset(("nav", "figure", "details", "aside", "address", "footer", "template"))
_WRAPPERS = frozenset(("div", "article", "section", "header", "main", "hgroup", "center", "body"))
_NOT_IN_A_LEAD = frozenset(("img", "picture", "video", "audio", "del", "s", "strike"))
_ENDED = re.compile(r"[.!?…。！？؟۔।:：;,»”\"')\]）」]\s*$")


def lead(body: Element, title: str = "", language: str = "") -> Element:
    """What stands before the first heading, rule, table or code; or the first paragraphs, where
    that is nothing, or less than ENOUGH. Only what stands before `<!-- more -->`, where there is
    one.

    Links are their words. A sentence that says an address, "here", or code that would ping is left
    out, and so is one that ends in a colon and announces what isn't in the lead: a list of links, a
    picture, code. Pictures, footnotes' numbers, long quotations, and remarks beside the text (a
    box, a line of italics) are left out too, and a first line or sentence that only repeats the
    `title`. `language` is a BCP 47 tag.
    """
    title = bare(title)
    shown = excerpt(body)
    if not has_text(shown):  # a picture, and then the mark
        shown = body
    blocks = _gathered(shown, title, language, remarks=False)
    return Element("body", {}, tuple(blocks or _gathered(shown, title, language, remarks=True)))


def has_text(element: Element) -> bool:
    return bool(text_of(element).strip())


def _gathered(body: Element, title: str, language: str, *, remarks: bool) -> list[Element]:
    blocks: list[Element] = []
    size = 0
    for block in _blocks(body):
        if size >= LENGTH or (size >= ENOUGH and _stops(block)):
            break
        part = None
        if not _stops(block) and (remarks or not _is_remark(block)):
            part = _readable(block, language)
        if part is not None and not blocks:
            part = _without_title(part, title, language)
            if part is None:
                continue
        if part is not None:
            blocks.append(part)
            size += len(text_of(part))
        elif has_text(block) or any(inner.name == "img" for inner in block.walk()):
            _take_back_announcement(blocks, language)
            size = sum(len(text_of(one)) for one in blocks)
    _take_back_announcement(blocks, language)
    return blocks


def _blocks(element: Element) -> Iterator[Element]:
    """The blocks in reading order, wrappers opened; text that stands between them as paragraphs."""
    line: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str) or not elements.is_block(child):
            line.append(child)
            continue
        if line:
            yield Element("p", {}, tuple(line))
            line = []
        if child.name in _WRAPPERS and not _is_beside(child):
            yield from _blocks(child)
        else:
            yield child
    if line:
        yield Element("p", {}, tuple(line))


def _is_beside(element: Element) -> bool:
    classes = element.attrs.get("class", "")
    return "footnote" in classes or "toc" in classes.split()


def _stops(block: Element) -> bool:
    return block.name in _STOPS or _is_bold_line(block)


def _is_bold_line(block: Element) -> bool:
    """A paragraph that is a heading in all but name."""
    only = _only_child(block)
    return (
        block.name == "p"
        and only is not None
        and only.name in ("strong", "b")
        and not _ENDED.search(text_of(only))
    )


def _is_remark(block: Element) -> bool:
    """What is said beside the text: a box, an author's line in italics."""
    if block.name == "blockquote":
        return "data-box" in block.attrs or elements.is_callout(block)
    only = _only_child(block)
    return block.name == "p" and only is not None and only.name in ("em", "i", "small")


def _only_child(block: Element) -> Element | None:
    children = [one for one in block.children if not isinstance(one, str) or one.strip()]
    only = children[0] if len(children) == 1 else None
    return only if isinstance(only, Element) else None


def _readable(block: Element, language: str) -> Element | None:
    """The block as it stands in a lead; None where nothing of it does."""
    if block.name in _PASSED_OVER or _is_beside(block):
        return None
    if block.name == "blockquote" and not _is_short_quotation(block):
        return None
    block = transform(block, _as_words) or Element("p")
    if "://" in text_of(block):
        block = transform(block, _marked) or block
    if block.name in elements.LISTS:
        return _listing(block)
    if _ADDRESS in text_of(block):
        block = _without_addresses(block, language)
    return block if has_text(block) else None


def _as_words(element: Element) -> Element | None:
    if element.name in _NOT_IN_A_LEAD or element.name == COMMENT:
        return None
    if element.name == "sup" and is_footnote(element):
        return None
    if element.name == "code" and _PINGS.search(text_of(element)):
        return Element("span", {}, (_ADDRESS,))
    if element.name != "a":
        return element
    words, href = text_of(element).strip(), element.attrs.get("href", "").strip()
    if not words:
        return None
    if words.strip(".!»”：:").casefold() in _HERE:
        return Element("span", {}, (_ADDRESS,))
    if href.startswith("#"):
        return element
    return Element("span", {}, element.children)


def _marked(element: Element) -> Element:
    """With a mark instead of each address that a platform would make a link of."""
    children = (
        _WRITTEN_OUT.sub(_ADDRESS, child) if isinstance(child, str) else child
        for child in element.children
    )
    return replace(element, children=tuple(children))


def _is_short_quotation(block: Element) -> bool:
    """Of paragraphs only."""
    inner = {one.name for one in block.children if isinstance(one, Element)}
    return len(text_of(block)) <= QUOTATION and inner <= {"p", "br", COMMENT}


def is_footnote(element: Element) -> bool:
    """Whether it is a footnote's number, in the text."""
    only = _only_child(element)
    return only is not None and only.attrs.get("href", "").startswith(("#fn", "#user-content-fn"))


def _listing(block: Element) -> Element | None:
    """The items, without lists in them; one alone is no list. None for a table of contents, and
    where an item is an address."""
    links = [one.attrs.get("href", "") for one in block.walk() if one.name == "a"]
    if links and all(href.startswith("#") for href in links):
        return None
    items: list[Element] = []
    for item in block.children:
        if isinstance(item, Element) and item.name == "li":
            own = tuple(
                one
                for one in item.children
                if isinstance(one, str) or one.name not in elements.LISTS | _STOPS
            )
            item = replace(item, children=own)
            words = text_of(item)
            if words.strip() and _ADDRESS not in words and not _COLON.search(words):
                items.append(item)
    return replace(block, children=tuple(items)) if len(items) > 1 else None


def _without_addresses(block: Element, language: str) -> Element:
    text = text_of(block)
    spans = [found.span() for found in _IN_BRACKETS.finditer(text)]
    left = _IN_BRACKETS.sub(lambda found: " " * len(found[0]), text)
    if _WITHOUT_STOPS.search(text):
        spans += [found.span() for found in _PHRASE_BEFORE_ADDRESS.finditer(left)]
    else:
        ends = [0, *outside_quotations(left, sentence_ends(left, language)), len(left)]
        spans += [span for span in itertools.pairwise(ends) if _ADDRESS in left[slice(*span)]]
    return _without(block, spans, 0)[0]


def _without_title(block: Element, title: str, language: str) -> Element | None:
    text = text_of(block)
    if not title or not bare(text).startswith(title):
        return block
    ends = [*sentence_ends(text, language), len(text)]
    repeated = next((end for end in ends if bare(text[:end]) == title), None)
    if repeated is None:
        return block
    rest = _without(block, [(0, repeated)], 0)[0]
    return rest if has_text(rest) else None


def _take_back_announcement(blocks: list[Element], language: str) -> None:
    """Without a last sentence that ends in a colon: what it announces doesn't follow."""
    while blocks:
        text = text_of(blocks[-1])
        if blocks[-1].name != "p" or not _COLON.search(text):
            return
        before = [end for end in sentence_ends(text, language) if text[end:].strip()]
        last = blocks.pop()
        if before:
            blocks.append(_without(last, [(before[-1], len(text))], 0)[0])


def _without(element: Element, spans: list[tuple[int, int]], at: int) -> tuple[Element, int]:
    """The element without these spans of its `text_of`, and the offset at which it ends; `at` is
    the one at which it begins."""
    children: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str):
            children.append(
                "".join(
                    character
                    for offset, character in enumerate(child, at)
                    if not any(start <= offset < end for start, end in spans)
                )
            )
            at += len(child)
            continue
        if child.name == "br":
            at += 1
            children.append(child)
        else:
            part, at = _without(child, spans, at)
            children.append(part)
    return replace(element, children=tuple(children)), at
