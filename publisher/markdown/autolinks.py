"""Bare addresses in text, as GitHub finds them (GFM spec 0.29, section 6.9, "Autolinks
(extension)")."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Two differences, for text without spaces between words: Chinese or Japanese may touch an address
# on either side, and ends it, but for a host that begins with them. U+0002 and U+0003 are
# Python-Markdown's placeholders.
_PATH = (
    r"[^\s<>\u0002\u0003\u2018-\u201f\u00ab\u00bb"
    r"\u3000-\u303f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]"
)
_LETTERS_HOST = r"(?=[^\0-\x7f])(?:[\w-]+\.)+[A-Za-z]{2,63}(?![A-Za-z0-9-])"
_ADDRESS = re.compile(
    rf"(?<![A-Za-z0-9_/:.@-])(?i:https?)://(?:{_LETTERS_HOST}{_PATH}*|{_PATH}+)",
)
_TRAILING = "?!.,:;*_~'\""
_HOST = re.compile(r"https?://\w", re.IGNORECASE)


def find_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yields (start, end) of each http(s) address, in order."""
    for match in _ADDRESS.finditer(text):
        start, end = match.span()
        surplus = {
            closing: text.count(closing, start, end) - text.count(opening, start, end)
            for opening, closing in ("()", "[]")
        }
        while end > start:
            last = text[end - 1]
            if last in _TRAILING:
                end -= 1
            elif surplus.get(last, 0) > 0:
                end -= 1
                surplus[last] -= 1
            else:
                break
        if _HOST.match(text, start, end):
            yield start, end
