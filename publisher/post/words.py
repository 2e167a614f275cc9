"""What a title and a description say in words: markup, entities and repetitions aside."""

from __future__ import annotations

import re
from html import unescape

from publisher.markdown.to_html import to_html
from publisher.text import tree
from publisher.text.emoji_names import with_emoji

_ENTITY = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]*|#\d+|#[xX][0-9a-fA-F]+);")
_TAG = re.compile(
    r"</?(?:strong|em|b|i|u|s|del|ins|code|kbd|mark|small|sup|sub|span|abbr|a|br|wbr)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_CODE = re.compile(r"(`+)(.+?)\1")
_LINK = re.compile(r"!?\[([^\[\]]+)\]\([^()\s]*(?:\s\"[^\"]*\")?\)")
_BOLD_OR_NOT = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*]+)(?<=[^\s*])\1(?![\w*])")
_UNDERLINED = re.compile(r"(?<![\w_])_(?=[^\s_])([^_]+)(?<=[^\s_])_(?![\w_])")
_NUMBERS_ONLY = re.compile(
    r"(?:(?:version|release)\s+)?v?\d+(?:\.\d+)*(?:[ -]?(?:alpha|beta|rc|pre)[.-]?\d*)?",
    re.IGNORECASE,
)
_AFTER_TITLE = re.compile(r"[*_”»\"]*\s*(?:[:：—–]|[.。!！?？؟۔।…]+(?=\s|$)|\s-(?=\s))\s*")

_SPACES = re.compile(r"\s+")

LONG_TITLE = 30
"""Characters of a title that is no sentence's subject: a description that begins with it is one
that a blog has made of the page's text."""


def title_words(title: str, site: str = "") -> str:
    """A title as a reader sees it on the site. `__init__` stays: a title is seldom bold, and often
    about code. One that is only a version says nothing without the name of the `site`."""
    if _ENTITY.search(title):
        title = unescape(title)
    if "<" in title:
        title = _TAG.sub("", title)
    title = _LINK.sub(r"\1", title)
    pieces = _CODE.split(title)  # words, backticks, code, words, …
    for at in range(0, len(pieces), 3):
        words = _BOLD_OR_NOT.sub(r"\2", pieces[at])
        pieces[at] = with_emoji(_UNDERLINED.sub(r"\1", words))
    title = " ".join("".join(pieces[at] for at in range(len(pieces)) if at % 3 != 1).split())
    if site and _NUMBERS_ONLY.fullmatch(title):
        return f"{site} {title}"
    return title


def description_words(description: str, title: str) -> str:
    """A description's words: many write Markdown there, and some begin with the title again, or say
    nothing else."""
    if re.search(r"[*_`\[<&]", description):
        description = " ".join(tree.text_of(tree.parse(to_html(description))).split())
    description = with_emoji(description)
    if not title:
        return description
    if tree.bare(description) == tree.bare(title):
        return ""
    end = _end_of_title(description, title)
    if end is None:
        return description
    repeated = _AFTER_TITLE.match(description, end)
    if repeated is None and (title[-1] in ".!?…。！？؟" or len(title) >= LONG_TITLE):
        repeated = _SPACES.match(description, end)
    return (description[repeated.end() :] if repeated else "") or description


def _end_of_title(description: str, title: str) -> int | None:
    """Where the title ends with which a description begins; markup and typography don't count."""
    wanted, so_far = tree.bare(title), ""
    for at, character in enumerate(description):
        so_far += tree.bare(character)
        if so_far == wanted:
            return at + 1
        if not wanted.startswith(so_far):
            return None
    return None
