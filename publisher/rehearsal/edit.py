"""The post as it would be after an edit that shows on every channel."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from publisher.post.post import Post
from publisher.text.tree import Element

WORD = "(edited)"


def edited(post: Post) -> Post:
    """With a word before its first paragraph, and behind its title."""
    return replace(
        post,
        title=f"{post.title} {WORD}" if post.title else "",
        body=_with_word(post.body),
        digest=hashlib.sha256(f"{post.digest} {WORD}".encode()).hexdigest(),
    )


def _with_word(body: Element) -> Element:
    children = list(body.children)
    for index, child in enumerate(children):
        if isinstance(child, Element) and child.name == "p":
            children[index] = replace(child, children=(f"{WORD} ", *child.children))
            break
    return replace(body, children=tuple(children))
