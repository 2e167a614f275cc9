"""What an edit changes, word by word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Literal

Kind = Literal["same", "removed", "added"]

_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+|[^\S\n]+|\n|[^\w\s]")
"""Words, single Chinese and Japanese characters, spaces, line breaks, signs."""

MOST = 4000
"""Words above which lines are compared: the time grows with their square."""


def differences(old: str, new: str) -> Iterator[tuple[Kind, str]]:
    """The pieces of both, in order: those that aren't added make `old`, those that aren't removed
    make `new`."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) + len(after) > MOST:
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for kind, i, j, m, n in difflib.SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            yield "same", "".join(before[i:j])
            continue
        if i < j:
            yield "removed", "".join(before[i:j])
        if m < n:
            yield "added", "".join(after[m:n])
