"""What Matrix shows: plain text, and HTML of a few elements beside it.

https://spec.matrix.org/v1.16/client-server-api/#mroommessage-msgtypes (read 2026-11-27).
"""

from __future__ import annotations

import html

from . import _tagged_text as markup

OPEN = {
    "b": "<strong>",
    "i": "<em>",
    "u": "<u>",
    "s": "<del>",
    "code": "<code>",
    "pre": "<pre><code>",
    "blockquote": "<blockquote>",
}
CLOSE = {
    "b": "</strong>",
    "i": "</em>",
    "u": "</u>",
    "s": "</del>",
    "code": "</code>",
    "pre": "</code></pre>",
    "blockquote": "</blockquote>",
    "a": "</a>",
}


def as_html(shown: markup.Parsed) -> str:
    """Spans that overlap without lying in each other don't come from our own tags."""
    pieces: list[str] = []
    at = 0
    open_spans: list[markup.Span] = []

    def write(until: int) -> None:
        nonlocal at
        in_code = any(span.name == "pre" for span in open_spans)
        words = html.escape(shown.text[at:until], quote=False)
        pieces.append(words if in_code else words.replace("\n", "<br>"))
        at = until

    def close(before: int) -> None:
        while open_spans and open_spans[-1].end <= before:
            write(open_spans[-1].end)
            pieces.append(CLOSE[open_spans.pop().name])

    for span in shown.spans:
        close(span.start)
        write(span.start)
        address = f'<a href="{html.escape(span.href)}">'
        pieces.append(OPEN.get(span.name, address))
        open_spans.append(span)
    close(len(shown.text))
    write(len(shown.text))
    return "".join(pieces)


def count(text: str) -> int:
    """Bytes of the longer of the two forms."""
    shown = markup.parsed(text)
    return max(len(each.encode()) for each in (shown.text, as_html(shown)))
