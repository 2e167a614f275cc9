"""Boxes: quotations that begin with `[!kind]`, as GitHub, Hugo and Obsidian write them. Elsewhere
they are a quotation whose first words say what it is."""

from __future__ import annotations

import re
from dataclasses import replace

from publisher.text.box_words import label
from publisher.text.tree import Element, transform

_MARK = re.compile(r"\s*\[!([A-Za-z][\w-]*)\][+-]?[ \t]*([^\n]*)(\n?)")


def labelled(root: Element, language: str) -> Element:
    """The tree with each mark as a word of `language` (a BCP 47 tag), in bold; a title stands on
    that line."""
    if not any(element.name == "blockquote" for element in root.walk()):
        return root

    def change(element: Element) -> Element:
        return _labelled(element, language) if element.name == "blockquote" else element

    return transform(root, change)


def _labelled(quotation: Element, language: str) -> Element:
    for at, child in enumerate(quotation.children):
        if isinstance(child, str):
            if child.strip():
                return quotation
            continue
        first = child.children[0] if child.children else None
        mark = _MARK.match(first) if isinstance(first, str) else None
        if child.name != "p" or mark is None or not isinstance(first, str):
            return quotation
        kind, title, broken = mark.groups()
        words: list[Element | str] = [
            Element("strong", {}, (label(kind, language),)),
            " ",
            title,
        ]
        rest = first[mark.end() :]
        has_title = bool(title.strip()) or (not broken and len(child.children) > 1)
        if broken and has_title:
            words.append(Element("br"))
        others = [rest, *child.children[1:]]
        if has_title and not broken:
            others = _broken_after_title(others)
        paragraph = replace(child, children=(*words, *others))
        children = (*quotation.children[:at], paragraph, *quotation.children[at + 1 :])
        return replace(quotation, attrs={**quotation.attrs, "data-box": kind}, children=children)
    return quotation


def _broken_after_title(children: list[Element | str]) -> list[Element | str]:
    """A title with markup in it ends with its line, too."""
    for at, child in enumerate(children):
        if isinstance(child, str) and "\n" in child:
            title, text = child.split("\n", 1)
            return [*children[:at], title, Element("br"), text, *children[at + 1 :]]
    return children
