"""The page itself: every post with its cards, in one file that asks nobody for anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup, escape

from publisher.delivery.left_alone import LEFT_ALONE
from publisher.delivery.result import Result
from publisher.errors import PublishError
from publisher.preview.card import Card, card

_ADDRESS = re.compile(
    r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]])|(?<![\w&])([#@][^\W_](?:[\w.@\u200c-]*\w)?)"
)
_KEPT = re.compile(
    r"```[\w+-]*\n(?P<block>.*?)\n?```|`(?P<code>[^`\n]+)`|\\(?P<letter>[^\w\s])", re.DOTALL
)
"""Code, and letters that are meant as they are: in neither is anything a mark."""
_MARKS = (
    (re.compile(r"(?m)^#{1,3} (.+)$"), r"<strong>\1</strong>"),
    (re.compile(r"(?m)^&gt; ?(.*)$"), r'<span class="quote">\1</span>'),
    (re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"<em>\1</em>"),
    (re.compile(r"~~(?=\S)(.+?)(?<=\S)~~"), r"<s>\1</s>"),
    (re.compile(r"\[([^\]\n]+)\]\((https?://[^\s)]+)\)"), r'<a href="\2" rel="noreferrer">\1</a>'),
)
_OPEN, _CLOSE = "\ufdd2", "\ufdd3"
"""Around the number of what is kept. Noncharacters: no post contains them."""


def page(
    results: Sequence[Result],
    errors: Sequence[PublishError],
    warnings: Sequence[PublishError],
    pictures: Mapping[str, bytes],
) -> str:
    """`pictures` has their bytes, by their hash."""
    posts: dict[str, dict[str, Any]] = {}
    for result in results:
        if result.reason in LEFT_ALONE:
            continue
        post = result.delivery.post
        about = posts.setdefault(
            str(post.file), {"title": post.title, "url": post.url, "file": post.file, "cards": []}
        )
        about["cards"].append(card(result, pictures))
    template = _engine().get_template("page.html.j2")
    return template.render(
        posts=list(posts.values()), errors=errors, warnings=warnings, style=_style(), look=_look
    )


def _look(shown: Card) -> jinja2.Template:
    """Its channel's own, or the one for any."""
    return _engine().select_template([f"looks/{shown.look}.html.j2", "looks/general.html.j2"])


def linked(text: str) -> Markup:
    """Text with its addresses, names and hashtags as clients show them."""

    def link(found: re.Match[str]) -> str:
        if found[1]:
            return f'<a href="{found[1]}" rel="noreferrer" dir="ltr">{found[1]}</a>'
        return f'<span class="tag">{found[2]}</span>'

    return Markup(_ADDRESS.sub(link, str(escape(text))))  # noqa: S704 - escaped just before


def marked(text: str) -> Markup:
    """Text with the commonest marks of Markdown as clients that know it show them."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        code = found["block"] or found["code"]
        kept.append(f"<code>{escape(code)}</code>" if code else str(escape(found["letter"] or "")))
        return f"{_OPEN}{len(kept) - 1}{_CLOSE}"

    shown = str(escape(_KEPT.sub(keep, text)))
    for pattern, made in _MARKS:
        shown = pattern.sub(made, shown)
    whole = re.sub(f"{_OPEN}(\\d+){_CLOSE}", lambda found: kept[int(found[1])], shown)
    return Markup(whole)  # noqa: S704 - every piece was escaped


@cache
def _engine() -> jinja2.Environment:
    engine = jinja2.Environment(
        loader=jinja2.PackageLoader("publisher.preview", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters |= {"linked": linked, "marked": marked}
    return engine


def _style() -> Markup:
    return Markup((files(__package__) / "page.css").read_text("utf-8"))  # noqa: S704 - ours
