"""What holds a post back, in every tool's way.

The keys are those of Hugo, Jekyll, Eleventy, Zola, Hexo, Pelican, Nikola, Ghost and WordPress, and of
their popular themes (their documentation, read 2026-11). What can't be understood is an error: a
post that is held though it was meant costs a minute, the other mistake can't be taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

TRUE = frozenset("true yes on y t 1".split())
FALSE = frozenset("false no off n f 0".split())

_HIDES = ("draft", "unlisted", "headless", "hidden", "private", "eleventyexcludefromcollections")
"""Keys that hold a post back if they are true."""
_KEEPING_STATUSES = frozenset(
    "draft drafts private hidden pending unlisted skip trash archived future scheduled wip todo idea".split()
)
_FOLDERS = frozenset(("_drafts", "drafts"))


class Unclear(ValueError):
    """A value that is neither true nor false, and its key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} is neither true nor false")
        self.key = key


def is_draft(data: Mapping[str, Any], path: str) -> bool:
    """Whether the front matter `data` (its keys in small letters), or the folder of `path`, says
    that this isn't for readers. Raises Unclear."""
    if _FOLDERS.intersection(PurePosixPath(path.lower()).parts[:-1]):
        return True
    if any(_is_true(data, key, default=False) for key in _HIDES):
        return True
    if not _is_true(data, "published", default=True) or _is_no(data.get("publish")):
        return True
    status = data.get("status")
    if isinstance(status, str) and status.strip().lower() in _KEEPING_STATUSES:
        return True
    return _is_no(data.get("permalink")) or _is_never_built(data)


def _is_never_built(data: Mapping[str, Any]) -> bool:
    """Hugo's `build: {render: never}`."""
    for key in ("build", "_build"):
        options = data.get(key)
        if isinstance(options, Mapping):
            render = options.get("render")
            if _is_no(render) or str(render).strip().lower() == "never":
                return True
    return False


def _is_no(value: Any) -> bool:
    return value is False or (isinstance(value, str) and value.strip().lower() in FALSE)


def _is_true(data: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = data.get(key)
    if value is None or value == "":
        return default
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    if key == "published" and any(letter.isdigit() for letter in word):
        return default  # a date: read as one
    raise Unclear(key)
