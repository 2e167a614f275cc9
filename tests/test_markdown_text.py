"""Markdown that an adapter writes shows what the author wrote: their markup as markup, their
characters as characters."""

from __future__ import annotations

import html
import importlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from publisher.text.flavour import Setting
from publisher.text.tree import parse, text_of

_flavour: Any = importlib.import_module("publisher.adapters._markdown_text")
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
"""What stands in for a platform's own reading."""


def said(source: str, **setting: Any) -> str:
    return str(_flavour.markdown(parse(source), Setting(**setting)))


def read(markdown: str) -> str:
    """What a reader sees of it, each run of white space one space."""
    return " ".join(text_of(parse(READER.render(markdown))).split())


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<p><b>bold</b>, <em>it</em>, <del>gone</del></p>", "**bold**, *it*, ~~gone~~"),
        ("<p><b>a <strong>b</strong></b></p>", "**a b**"),
        ("<p>Run <code>make_all *</code>, <code>a`b</code></p>", "Run `make_all *`, ``a`b``"),
        ("<h1>One</h1><p>x</p><h3>Three</h3>", "# One\n\nx\n\n### Three"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "- a\n  - b"),
        ("<ol start=9><li>a<ul><li>b</li></ul></li><li>c</li></ol>", "9. a\n   - b\n10. c"),
        ("<blockquote><p>a</p><blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
        ("<pre><code class='language-py'>a = 1\n</code></pre>", "```py\na = 1\n```"),
        ("<pre><code>```\n</code></pre>", "````\n```\n````"),
        ("<p><a href='https://example.org/a_(b)'>words</a></p>", "[words](https://example.org/a_%28b%29)"),
        ("<p><a href='https://example.org/a'>https://example.org/a</a></p>", "https://example.org/a"),
        ("<table><tr><th>A</th><th>B</th></tr><tr><td>1|2</td><td>3</td></tr></table>",
         "| A | B |\n| --- | --- |\n| 1\\|2 | 3 |"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "|  |  |\n| --- | --- |\n| 1 | 2 |"),
    ],
)  # fmt: skip
def test_markup(source: str, shown: str) -> None:
    assert said(source) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("snake_case _x_ *y* `z` \\", "snake_case \\_x\\_ \\*y\\* \\`z\\` \\\\"),
        ("~~no~~ a ~ b", "\\~\\~no\\~\\~ a ~ b"),
        ("[x](https://example.org/a_b_)", "\\[x\\](https://example.org/a_b_)"),
        ("![x](y) [note]", "!\\[x\\](y) \\[note\\]"),
        ("<b>x</b> 1 < 2 a<b", "&lt;b>x&lt;/b> 1 < 2 a&lt;b"),
        ("&copy; &amp; & co", "&amp;copy; &amp;amp; & co"),
        ("# no heading", "\\# no heading"),
        ("#tag", "#tag"),
        ("> no quote", "\\> no quote"),
        ("- no item", "\\- no item"),
        ("2024. A year", "2024\\. A year"),
        ("===", "\\==="),
        ("a # b - c 1. d", "a # b - c 1. d"),
    ],
)
def test_signs_that_would_be_markup_are_said(text: str, shown: str) -> None:
    assert said(f"<p>{html.escape(text)}</p>") == shown


def test_a_line_of_signs_makes_no_heading() -> None:
    assert said("<p>a<br>---<br>===</p>") == "a\n\\---\n\\==="


PIECES = ("[x](y)", "![", "](", "_x_", "__", "*x*", "**", "`", "``", "<b>", "</b>", "<!--", "&amp;", "&#35;",
          "~~", "# ", "> ", "- ", "+ ", "1. ", "2) ", "===", "---", "|", "\\", "\\*", "https://e.org/a_b_c",
          "www.e.org", "@ada", " ", "a", "é", "語")  # fmt: skip
LINES = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(
    st.sampled_from(" abAB12_*`~[](){}<>!#+-.=|\\&;:/\"'@äß語ق\n") | st.characters(codec="utf-8"),
    max_size=60,
)


@given(LINES)
def test_an_author_s_characters_are_never_markup(text: str) -> None:
    plain = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u200b\u2028\u2029]", " ", text).split())
    source = f"<p>{html.escape(plain)}</p>"
    wanted = " ".join(text_of(parse(source)).split())
    assert read(said(source)) == wanted


@given(st.lists(LINES, min_size=1, max_size=4))
def test_a_paragraph_stays_a_paragraph(texts: list[str]) -> None:
    clean = [
        " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u200b\u2028\u2029]", " ", each).split())
        for each in texts
    ]
    source = "<br>".join(html.escape(each) for each in clean)
    rendered = parse(READER.render(said(f"<p>{source}</p>")))
    assert {each.name for each in rendered.walk()} <= {"body", "p", "html"}


@given(LINES)
def test_a_table_keeps_its_cells(text: str) -> None:
    words = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u200b\u2028\u2029]", " ", text).split())
    cell = html.escape(words)
    source = f"<table><tr><th>A</th><th>B</th></tr><tr><td>{cell}</td><td>x</td></tr></table>"
    rendered = parse(READER.render(said(source)))
    assert [each.name for each in rendered.walk()].count("td") == 2
