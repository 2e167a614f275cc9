"""What Slack shows: rich text, whose styles stand beside the words.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block (read 2026-11-27). Slack's own markup
(mrkdwn) has no way to say a "*" that is none; rich text needs none.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from . import _tagged_text as markup

STYLES = {"b": "bold", "i": "italic", "s": "strike", "code": "code"}
CONTAINERS = {"pre": "rich_text_preformatted", "blockquote": "rich_text_quote"}


def escaped(text: str) -> str:
    """As the field `text` has it, which notifications show: only these three signs mean
    something."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def rich_text(shown: markup.Parsed) -> dict[str, Any]:
    """A block. What is quoted, and code that stands by itself, are elements of their own."""
    elements = []
    for kind, start, end in _containers(shown):
        text = _trimmed(shown, kind, start, end)
        if text:
            elements.append({"type": kind, "elements": text})
    return {"type": "rich_text", "elements": elements}


def _containers(shown: markup.Parsed) -> Iterator[tuple[str, int, int]]:
    at = 0
    for span in shown.spans:
        if span.name in CONTAINERS and span.start >= at:
            yield "rich_text_section", at, span.start
            yield CONTAINERS[span.name], span.start, span.end
            at = span.end
    yield "rich_text_section", at, len(shown.text)


def _trimmed(shown: markup.Parsed, kind: str, start: int, end: int) -> list[dict[str, Any]]:
    """Its runs. An element that stands by itself makes a line of its own: the one line break before
    and after it isn't said twice."""
    text = shown.text
    if kind == "rich_text_section":
        if start > 0 and text[start:end].startswith("\n"):
            start += 1
        if end < len(text) and text[start:end].endswith("\n"):
            end -= 1
    return list(_runs(shown, start, end))


def _runs(shown: markup.Parsed, start: int, end: int) -> Iterator[dict[str, Any]]:
    """Pieces of one style each."""
    edges = {start, end}
    for span in shown.spans:
        edges |= {edge for edge in (span.start, span.end) if start < edge < end}
    ordered = sorted(edges)
    for first, last in pairwise(ordered):
        around = [each for each in shown.spans if each.start <= first and last <= each.end]
        style = {STYLES[each.name]: True for each in around if each.name in STYLES}
        text = shown.text[first:last]
        links = [each.href for each in around if each.name == "a"]
        run: dict[str, Any] = {"type": "text", "text": text}
        if links:
            run = {"type": "link", "url": links[-1], "text": text}
        yield {**run, "style": style} if style else run
