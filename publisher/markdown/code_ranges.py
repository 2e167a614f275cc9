"""Where a Markdown source is code, and so shows what would mean something elsewhere."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

_CODE = re.compile(
    r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})[^\n]*$"
    r"|(?<!\\)(?P<ticks>`+)"
    r"|<(?P<tag>pre|code|script|style)\b",
    re.MULTILINE | re.IGNORECASE,
)
_INDENTED = re.compile(r"^[ \t>]*(?: {4}|\t)", re.MULTILINE)


class CodeRanges:
    """Asks of an offset whether it is within code of any form: fences, spans, `<pre>`, indented."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.ranges = list(_ranges(source))
        self.starts = [start for start, _ in self.ranges]

    def __contains__(self, offset: int) -> bool:
        at = bisect_right(self.starts, offset)
        if at and offset < self.ranges[at - 1][1]:
            return True
        line = self.source.rfind("\n", 0, offset) + 1
        if _INDENTED.match(self.source, line) is None:
            return False
        return self.source.count("\n", 0, offset) in self.indented

    @cached_property
    def indented(self) -> frozenset[int]:
        """The numbers, from 0, of lines of indented code. Only the block parser knows them: what
        is indented may be a list's item."""
        from publisher.markdown.commonmark import block_tokens

        return frozenset(
            number
            for token in block_tokens(self.source)
            if token.type == "code_block" and token.map
            for number in range(*token.map)
        )


def _ranges(source: str) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    unclosed: set[str] = set()
    at = 0
    while found := _CODE.search(source, at):
        start, at = found.span()
        if found["fence"]:
            closing = rf"^[ \t>]*{found['fence'][0]}{{{len(found['fence'])},}}[ \t]*$"
            end = re.compile(closing, re.MULTILINE).search(source, at)
            at = end.end() if end else len(source)
        elif found["ticks"]:
            end = re.compile(rf"(?<!`){found['ticks']}(?!`)|\n[ \t]*\n").search(source, at)
            if end is None or end[0][0] == "\n":
                continue
            at = end.end()
        else:
            tag = found["tag"].lower()
            close = None
            if tag not in unclosed:
                close = re.compile(rf"</{tag}\s*>", re.IGNORECASE).search(source, at)
            if close is None:
                unclosed.add(tag)
                continue
            at = close.end()
        ranges.append((start, at))
    return ranges
