"""`:tada:` as 🎉, as GitHub, Jekyll and Hugo show it; for every channel, as only Discord knows such
names."""

from __future__ import annotations

import re
from dataclasses import replace

from publisher.text.tree import Element

_NAME = re.compile(r"(?<![\w:/]):[a-z0-9_+-]{2,40}:(?![\w/])")
_CODE = frozenset(("pre", "code", "kbd", "samp", "tt"))


def with_emoji(text: str) -> str:
    """The text with each name that there is (GitHub's list, the package `emoji`) as its emoji."""
    if text.count(":") < 2 or not _NAME.search(text):
        return text
    from emoji import emojize  # only here: few posts have such names

    return _NAME.sub(lambda found: emojize(found[0], language="alias"), text)


def emoji_in(element: Element) -> Element:
    """The tree with emoji for their names, but not in code; the very same where there are none."""
    if element.name in _CODE:
        return element
    children: list[Element | str] = []
    for child in element.children:
        children.append(with_emoji(child) if isinstance(child, str) else emoji_in(child))
    if all(one is other for one, other in zip(children, element.children, strict=True)):
        return element
    return replace(element, children=tuple(children))
