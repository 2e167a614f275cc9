"""A post's HTML becomes one tree, whatever it is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import PostError
from publisher.text.tree import (
    COMMENT,
    MAX_DEPTH,
    Element,
    excerpt,
    parse,
    resolve,
    text_of,
    without_title,
)


def depth(element: Element) -> int:
    return 1 + max(
        (depth(child) for child in element.children if isinstance(child, Element)), default=0
    )


def test_html_is_read_as_a_browser_reads_it() -> None:
    root = parse("<p>One<p>Two &amp; <b>three<ul><li>a<li>b</ul>")
    assert root.name == "body"
    assert [child.name for child in root.children if isinstance(child, Element)] == ["p", "p", "ul"]
    assert text_of(root) == "OneTwo & threeab"


def test_comments_stay_and_scripts_go() -> None:
    root = parse(
        "<p>a<!-- thread --></p><script>x()</script><style>p{}</style><template><p>t</p></template>"
    )
    assert [element.attrs["data"] for element in root.walk() if element.name == COMMENT] == [
        "thread"
    ]
    assert text_of(root) == "a"


@pytest.mark.parametrize("tag", ["div", "blockquote", "b", "ul><li"])
def test_deep_nesting_becomes_a_shallow_tree_with_every_word(tag: str) -> None:
    root = parse(f"<{tag}>" * 2000 + "word" + "<p>after")
    assert depth(root) <= MAX_DEPTH + 1
    assert text_of(root).split() == ["wordafter"]


def test_nesting_without_end_is_a_clear_error_at_once() -> None:
    began = time.process_time()
    with pytest.raises(PostError, match="tags are open at once"):
        parse("<div>" * 200_000)
    assert time.process_time() - began < 4


def test_every_address_can_be_made_absolute() -> None:
    root = resolve(
        parse('<a href="b.md"><img src="c.png" alt="x"></a>'),
        lambda address: f"https://example.org/{address}",
    )
    assert [
        element.attrs.get("href") or element.attrs.get("src")
        for element in root.walk()
        if element.attrs
    ] == [
        "https://example.org/b.md",
        "https://example.org/c.png",
    ]


@pytest.mark.parametrize(
    ("title", "heading", "said_twice"),
    [
        ("Sortie de la 2.0 !", "<h1>Sortie de la 2.0\u202f!</h1>", False),
        ("It's here", "<h2>IT’S <em>HERE</em></h2>", False),
        ("新版本发布", "<!-- toc --><h1>新版本发布</h1>", False),
        ("Version 2", "<h1>Version 3</h1>", True),
        ("Version 2", "<p>Intro.</p><h1>Version 2</h1>", True),
    ],
)
def test_a_first_heading_that_repeats_the_title_is_not_said_twice(
    title: str, heading: str, said_twice: bool
) -> None:
    words = text_of(without_title(parse(f"{heading}<p>Text.</p>"), title))
    assert (len(words) > len("Text.")) is said_twice
    assert words.endswith("Text.")


@pytest.mark.parametrize("comment", ["<!--more-->", "<!-- more -->", "<!-- MORE  -->"])
def test_the_excerpt_ends_at_more(comment: str) -> None:
    assert text_of(excerpt(parse(f"<p>Before</p><div>{comment}<p>After</p></div>"))) == "Before"
    assert text_of(excerpt(parse("<p>All</p>"))) == "All"


@given(st.text(alphabet="<>/abdiluop!- \"'=&;\n", max_size=300))
def test_any_text_is_some_tree(source: str) -> None:
    assert parse(source).name == "body"
