"""LinkedIn's "little text", in which most signs mean something.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
(read 2026-11-27): reserved characters are escaped with a backslash; at the first one that isn't,
LinkedIn cuts the text, without a word. A hashtag is a template of its own.
"""

from __future__ import annotations

import re

RESERVED = r"\|{}@[]()<>#*_~"
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SIGN = re.compile("[" + re.escape(RESERVED) + "]")
_HASHTAG = re.compile(r"(?<![\w&/#])#(\w*[^\W\d_]\w*)")
_TEMPLATE = re.compile(r"\{hashtag\|\\#\|(\w+)\}")


def little(text: str) -> str:
    """Plain text, so that LinkedIn shows it as it is; "#word" as a hashtag."""
    pieces = _HASHTAG.split(text)
    for at, piece in enumerate(pieces):
        is_tag = at % 2 == 1
        # A tag's letters are \w: the underscore, which is reserved, is none inside of a template.
        pieces[at] = f"{{hashtag|\\#|{piece}}}" if is_tag else _SIGN.sub(r"\\\g<0>", piece)
    return "".join(pieces)


def plain(text: str) -> str:
    """What a reader sees of little text."""
    return _ESCAPED.sub(r"\1", _TEMPLATE.sub(r"\\#\1", text))


def count(text: str) -> int:
    """UTF-16 units of what is sent for a plain text, escapes and templates among them: whether
    LinkedIn counts those isn't said, so this is never too little."""
    return len(little(text).encode("utf-16-le", "surrogatepass")) // 2
