"""What a Matrix message says, in its two forms: plain words, and HTML of a few elements beside them.

https://spec.matrix.org/v1.16/client-server-api/#mroommessage-msgtypes (read 2026-11-27).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable

from publisher.adapter import Picture

from . import _tagged_text as markup

TAGS = {
    "b": ("<strong>", "</strong>"),
    "i": ("<em>", "</em>"),
    "u": ("<u>", "</u>"),
    "s": ("<del>", "</del>"),
    "code": ("<code>", "</code>"),
    "pre": ("<pre><code>", "</code></pre>"),
    "blockquote": ("<blockquote>", "</blockquote>"),
}
WIDEST, HIGHEST = 800, 600
"""Pixels that clients allow a picture within a text."""

_AROUND_BLOCKS = re.compile(
    r"(?:<br>){1,2}(?=<pre>|<blockquote>)|(?<=</pre>)(?:<br>){1,2}|(?<=</blockquote>)(?:<br>){1,2}"
)


def as_words(shown: markup.Parsed) -> str:
    """For clients and notifications without HTML: a link's address stands behind its words."""
    links = sorted((span.end, span.href) for span in shown.spans if span.name == "a")
    pieces: list[str] = []
    at = 0
    for end, href in links:
        pieces += (shown.text[at:end], f" ({href})")
        at = end
    return "".join((*pieces, shown.text[at:]))


def as_html(shown: markup.Parsed) -> str:
    pieces: list[str] = []
    open_spans: list[markup.Span] = []
    at = 0

    def write(until: int) -> None:
        nonlocal at
        words = html.escape(shown.text[at:until], quote=False)
        in_code = any(span.name == "pre" for span in open_spans)
        pieces.append(words if in_code else words.replace("\n", "<br>"))
        at = until

    def close(before: int) -> None:
        while open_spans and open_spans[-1].end <= before:
            write(open_spans[-1].end)
            name = open_spans.pop().name
            pieces.append("</a>" if name == "a" else TAGS[name][1])

    for span in shown.spans:
        close(span.start)
        write(span.start)
        link = f'<a href="{html.escape(span.href)}">'
        pieces.append(link if span.name == "a" else TAGS[span.name][0])
        open_spans.append(span)
    close(len(shown.text))
    write(len(shown.text))
    return _AROUND_BLOCKS.sub("", "".join(pieces))


def shown_pictures(pictures: Iterable[tuple[Picture, str]]) -> str:
    """Pictures below the text, each with its address and with its words for those who don't see
    it."""
    return "".join(f"<br>{_shown(picture, address)}" for picture, address in pictures)


def told_pictures(pictures: Iterable[Picture]) -> str:
    """What the plain words say of the pictures."""
    return "".join(f"\n[{picture.alt}]" for picture in pictures if picture.alt)


def _shown(picture: Picture, address: str) -> str:
    size = ""
    if picture.width and picture.height:
        scale = min(1.0, WIDEST / picture.width, HIGHEST / picture.height)
        width, height = round(picture.width * scale), round(picture.height * scale)
        size = f' width="{width}" height="{height}"'
    alt = html.escape(picture.alt or picture.name)
    return f'<img src="{html.escape(address)}" alt="{alt}"{size}>'


def weight(text: str) -> int:
    """Bytes that a text takes in an event, as canonical JSON: a quotation mark, a backslash and a line's
    end take two (https://spec.matrix.org/v1.16/appendices/#canonical-json, read 2026-11-27)."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")) - 2


def count(text: str) -> int:
    """Bytes of the longer of the two forms."""
    shown = markup.parsed(text)
    return max(weight(as_words(shown)), weight(as_html(shown)))
