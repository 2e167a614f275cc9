"""A post's Markdown as HTML, read as CommonMark: what the author's own site makes of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.errors import PostError
from publisher.markdown import limits

if TYPE_CHECKING:
    from markdown import Markdown


def to_html(source: str, *, file: Path | str | None = None, first_line: int = 1) -> str:
    """Markdown without front matter, as HTML.

    Raw HTML and comments come through as they are: what is harmful in them is dealt with on the
    tree. Raises PostError, with the line, for what can't be read in reasonable time (see guard);
    `first_line` is the line of `file` on which `source` starts.
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    try:
        limits.check(source)
        return _reader().reset().convert(source)
    except PostError as error:
        error.file = str(file) if file is not None else None
        error.line = (error.line or 1) + first_line - 1
        raise


@cache
def _reader() -> Markdown:
    from markdown import Markdown

    from publisher.markdown.commonmark import CommonMark

    return Markdown(extensions=[CommonMark()])
