"""The one tree that every channel's text is made from: a post's HTML, read as a browser reads
it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from publisher.errors import PostError

COMMENT = "#comment"

MAX_DEPTH = 64
"""Elements nested deeper are dissolved into their parents, so that whoever walks the tree may
recurse."""

MAX_NESTING = 5_000
"""Tags open at once. The parser's time grows with its square: 10,000 take 0.25 s, 200,000 four
minutes."""

DROPPED = frozenset(
    "script style template iframe noscript object embed applet canvas svg math head title meta link base"
    " form input select textarea datalist frame frameset noframes dialog audio map".split()
)
"""What a reader of a text never sees, or what means nothing outside a browser."""

_MEDIA = frozenset(("iframe", "object", "embed", "audio"))
"""Of these: what a reader of the page sees or hears. They leave a comment that says so, as `medium`."""

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_CLOSED_BY_THE_NEXT = frozenset(
    "p li dt dd tr td th thead tbody tfoot option colgroup rp rt".split()
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")


@dataclass(frozen=True, slots=True)
class Element:
    """One HTML element. `name` is lower case; `children` are elements and strings, in order.

    A comment is an Element named COMMENT whose attrs["data"] is its text: `<!-- thread -->` means
    something.
    """

    name: str
    attrs: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Element | str, ...] = ()

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in document order."""
        stack: list[Element] = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(
                child for child in reversed(element.children) if isinstance(child, Element)
            )


def parse(html: str) -> Element:
    """A post's HTML as a tree whose root is named "body". Whatever the HTML, the tree is at most
    MAX_DEPTH deep.

    Raises PostError for more than MAX_NESTING tags open at once.
    """
    _guard(html)
    from selectolax.lexbor import LexborHTMLParser

    body = LexborHTMLParser(f"<!DOCTYPE html><body>{html}").body
    return Element("body", {}, _children(body))


def _is_dropped(node: Any) -> bool:
    """A button does something in a browser; one within a link is how the link looks."""
    if node.tag == "button":
        return node.parent is None or node.parent.tag != "a"
    return node.tag in DROPPED


def _guard(html: str) -> None:
    if html.count("<") <= MAX_NESTING:
        return
    depth = 0
    for found in _TAG.finditer(html):
        name = found[2].lower()
        if name in VOID or name in _CLOSED_BY_THE_NEXT:
            continue
        depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > MAX_NESTING:
            raise PostError(
                f"more than {MAX_NESTING} HTML tags are open at once (<{name}>)",
                hint="close the tags, or remove the nesting",
            )


def _children(top: Any) -> tuple[Element | str, ...]:
    """The parser's nodes below `top`, without recursion: each level's list is filled before it is
    frozen."""
    levels: list[tuple[str, dict[str, str], list[Element | str], int]] = [("", {}, [], 0)]
    node, depth = top.child if top is not None else None, 1
    while node is not None:
        into = levels[-1][2]
        opened = False
        if node.is_text_node:
            into.append(node.text_content or "")
        elif node.is_comment_node:
            into.append(Element(COMMENT, {"data": node.comment_content or ""}))
        elif node.is_element_node and node.tag in _MEDIA:
            into.append(Element(COMMENT, {"medium": node.tag}))
        elif node.is_element_node and not _is_dropped(node):
            attrs = {name: value or "" for name, value in node.attributes.items()}
            if node.child is None:
                into.append(Element(node.tag, attrs))
            else:
                opened = True
                if depth < MAX_DEPTH:
                    levels.append((node.tag, attrs, [], depth))
        if opened:
            node, depth = node.child, depth + 1
            continue
        while node.next is None:
            node, depth = node.parent, depth - 1
            if depth == 0:
                return tuple(levels[0][2])
            if levels[-1][3] == depth:
                name, attrs, children, _ = levels.pop()
                levels[-1][2].append(Element(name, attrs, tuple(children)))
        node = node.next
    return tuple(levels[0][2])


def transform(root: Element, change: Callable[[Element], Element | None]) -> Element:
    """The tree with `change` applied to every element, the innermost first; None leaves an element
    out.

    What nothing is changed in is the very same as before, not a copy.
    """
    children: list[Element | str] = []
    same = True
    for child in root.children:
        if isinstance(child, str):
            children.append(child)
            continue
        changed = transform(child, change)
        same = same and changed is child
        if changed is not None:
            children.append(changed)
    return change(root if same else Element(root.name, root.attrs, tuple(children)))  # type: ignore[return-value]


def resolve(root: Element, address: Callable[[str], str]) -> Element:
    """Every address that an element leads to or shows, passed through `address`. Where that is empty
    the element leads nowhere, and its words stay."""

    def change(element: Element) -> Element:
        attrs = element.attrs
        if not attrs:
            return element
        found = {name: attrs[name] for name in ("href", "src", "poster", "cite") if attrs.get(name)}
        changed = {name: to for name, value in found.items() if (to := address(value)) != value}
        if not changed:
            return element
        kept = {
            name: value
            for name, value in {**attrs, **changed}.items()
            if value or name not in changed
        }
        return Element(element.name, kept, element.children)

    return transform(root, change)


def text_of(element: Element | str) -> str:
    """All the words in an element, white space as it is in the source."""
    if isinstance(element, str):
        return element
    if (
        len(element.children) == 1
        and isinstance(element.children[0], str)
        and element.name != COMMENT
    ):
        return element.children[0]
    words: list[str] = []
    stack: list[Element | str] = [element]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            words.append(node)
        elif node.name == "br":
            words.append("\n")
        elif node.name != COMMENT:
            stack.extend(reversed(node.children))
    return "".join(words)


def bare(text: str) -> str:
    """Only what is said, not how: letters and digits, in one case and one form."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(
        char for char in folded if char.isalnum() or unicodedata.category(char)[0] == "M"
    )


_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_WRAPPERS = frozenset(("div", "article", "section", "header", "main", "hgroup", "center"))


def without_title(root: Element, title: str) -> Element:
    """The tree without a first heading or line that only repeats the title (case, spaces and
    typography don't count)."""
    wanted = bare(title)
    if not wanted:
        return root
    for at, child in enumerate(root.children):
        if isinstance(child, str):
            if child.strip():
                return root
        elif child.name in _HEADINGS or child.name == "p":
            if bare(text_of(child)) != wanted:
                return root
            return replace(root, children=root.children[:at] + root.children[at + 1 :])
        elif child.name in _WRAPPERS:
            if text_of(child).strip() or any(inner.name == "img" for inner in child.walk()):
                inner = without_title(child, title)
                return replace(
                    root, children=(*root.children[:at], inner, *root.children[at + 1 :])
                )
        elif child.name not in (COMMENT, "a", "br", "hr") or text_of(child).strip():
            return root
    return root


_MORE = re.compile(r"\s*(?:more|truncate)\s*", re.IGNORECASE)


def excerpt(root: Element) -> Element:
    """What stands before `<!-- more -->`; the whole tree where there is none."""

    if not any(element.name == COMMENT for element in root.walk()):
        return root

    def before(element: Element) -> tuple[Element, bool]:
        kept: list[Element | str] = []
        for child in element.children:
            if isinstance(child, Element):
                if child.name == COMMENT and _MORE.fullmatch(child.attrs.get("data", "")):
                    return replace(element, children=tuple(kept)), True
                part, ended = before(child)
                if ended:
                    kept.append(part)
                    return replace(element, children=tuple(kept)), True
            kept.append(child)
        return element, False

    return before(root)[0]


_PARTED = frozenset({"ul", "ol", "div", "section", "article", "main", "details"})
"""Elements whose beginning is written alike, whatever follows in them. A quotation isn't: what ends
it tells whether it has quotation marks of its own."""


def _may_be_parted(element: Element) -> bool:
    """Nor is a list with paragraphs in it, where one long item sets all apart, or one that is
    numbered downwards."""
    if element.name not in _PARTED or "reversed" in element.attrs:
        return False
    items = (item for item in element.children if isinstance(item, Element) and item.name == "li")
    return not any(
        isinstance(inner, Element) and inner.name == "p"
        for item in items
        for inner in item.children
    )


def beginning(root: Element, size: int) -> Element:
    """The first blocks, together of at least `size` characters; the very same tree where there is
    no more."""
    kept: list[Element | str] = []
    whole = True
    for child in root.children:
        if size <= 0:
            whole = False
            break
        length = len(text_of(child))
        part = child
        if length > size and isinstance(child, Element) and _may_be_parted(child):
            part = beginning(child, size)
        whole = whole and part is child
        kept.append(part)
        size -= length
    return root if whole else replace(root, children=tuple(kept))
