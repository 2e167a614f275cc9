"""Discord shows what the author wrote: their markup as markup, their characters as characters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.text.tree import parse
from tests.discord_text import discord


def said(html: str, **options: Any) -> str:
    return str(discord(parse(html), **options))


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p><strong>bold</strong>, <em>italic</em>, <del>gone</del></p>", "**bold**, *italic*, ~~gone~~"),
        ("<p><b>bold and <i>both </i></b>text</p>", "**bold and *both*** text"),
        ("<p><b>a <strong>b</strong></b></p>", "**a b**"),
        ("<p><i>a</i><b>b</b></p>", "*a*\u200b**b**"),
        ("<p>Run <code>make_all *</code></p>", "Run `make_all *`"),
        ("<p><code>a`b</code></p>", "``a`b``"),
        ("<h1>One</h1><p>x</p><h3>Three</h3><h5>Five</h5><p>y</p>", "# One\nx\n\n### Three\n**Five**\ny"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul><ol start=2><li>c</li></ol>", "- a\n  - b\n\n2. c"),
        ("<blockquote><p>a</p><p>b</p></blockquote><p>c</p>", "> a\n> \n> b\n\nc"),
        ("<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>", "> a\n> \n> b"),
        ("<pre><code class='language-py'>a_b = 1\n</code></pre>", "```py\na_b = 1\n```"),
        ("<pre><code>```</code></pre>", "```\n`\u200b`\u200b`\n```"),
        ("<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>", "**A · B**\n1 · 2"),
    ],
)  # fmt: skip
def test_markup(html: str, shown: str) -> None:
    assert said(html) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("snake_case *x* `y` \\", "snake\\_case \\*x\\* \\`y\\` \\\\"),
        ("~~no~~ ||secret|| a | b ~ c", "\\~\\~no\\~\\~ \\|\\|secret\\|\\| a | b ~ c"),
        ("# no heading", "\\# no heading"),
        ("-# small", "\\-# small"),
        ("> no quote", "\\> no quote"),
        ("- no item", "\\- no item"),
        ("2024. A year", "2024\\. A year"),
        ("a > b # c - d 1. e", "a > b # c - d 1. e"),
        ("[x](https://example.org/a_b)", "[x]\\(https://example.org/a_b)"),
        ("https://example.org/a_b*c", "https://example.org/a_b*c"),
        ("<t:1> <#5> <:x:1> 1 < 2", "\\<t:1> \\<#5> \\<:x:1> 1 < 2"),
        ("@everyone @here", "@\u200beveryone @\u200bhere"),
    ],
)
def test_an_authors_characters_are_not_markup(text: str, shown: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    assert said(f"<p>{escaped}</p>") == shown


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (
            '<a href="https://example.org/a">the <b>notes</b></a>',
            "[the **notes**](https://example.org/a)",
        ),
        ('<a href="https://example.org/a">https://example.org/a</a>', "https://example.org/a"),
        ('<a href="https://example.org/a_(b)">x</a>', "[x](https://example.org/a_%28b%29)"),
        (
            '<a href="https://example.org/a">see https://b.org</a>',
            "see https://b.org (https://example.org/a)",
        ),
        ('<a href="https://example.org/a">a] b</a>', "a] b (https://example.org/a)"),
        ('[<a href="https://example.org/a">x</a>]', "\\[[x](https://example.org/a)]"),
        ('<a href="mailto:ada@example.org">Write</a>', "Write (ada@example.org)"),
        ('<a href="/relative">there</a>', "there"),
        ('<a href="https://example.org/post/">this post</a>', "this post"),
    ],
)
def test_links_are_masked_where_discord_renders_them(html: str, shown: str) -> None:
    assert said(f"<p>{html}</p>", skip_urls=["https://example.org/post"]) == shown


def test_images_lead_to_themselves() -> None:
    html = '<p><img src="https://example.org/a.png" alt="The team"></p>'
    assert said(html) == "[The team](https://example.org/a.png)"
    assert said(html, attached=["https://example.org/a.png"]) == ""


@given(st.text(alphabet="ab_*~`|>#-+[]()<>@:1. \\\n", min_size=1, max_size=40))
def test_every_character_of_the_author_is_there(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    shown = said(f"<p>{escaped}</p>").replace("\u200b", "")
    unescaped = ""
    characters = iter(shown)
    for character in characters:
        unescaped += next(characters) if character == "\\" else character
    assert unescaped.split() == text.split()
