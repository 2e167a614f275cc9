"""A post's Markdown is read as the author's own site reads it: CommonMark, and what GitHub and Hugo
add."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import PostError
from publisher.markdown.to_html import to_html

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="module")
def benchmark() -> Any:
    """The comparison itself is the benchmark's, so that what it prints and what is asserted here
    are one."""
    spec = importlib.util.spec_from_file_location(
        "benchmark_commonmark", ROOT / "benchmarks" / "commonmark.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"../shared/{name} is not there")
    return path


def html(source: str) -> str:
    return to_html(source).replace("\n", "")


# The specification, and posts.


def test_all_examples_of_commonmark_but_those_where_a_bare_address_becomes_a_link(
    benchmark: Any,
) -> None:
    path = shared("specs/commonmark-0.31.json")
    results = benchmark.passed(path, to_html)
    assert len(results) == 652
    assert [number for number, good in results.items() if not good] == [602, 608, 611]
    assert sum(benchmark.passed(path, benchmark.readers()["markdown"]).values()) < 450, (
        "the comparison can fail"
    )


def test_real_posts_have_the_text_tags_and_addresses_that_commonmark_gives_them(
    benchmark: Any,
) -> None:
    paths = sorted(shared("posts").rglob("*.md"))[::6]
    sources = [
        source for source in map(benchmark.body, paths) if "{{" not in source and "{%" not in source
    ]
    expected = [benchmark.events(one) for one in map(benchmark.reference().render, sources)]

    def share(reader: Callable[[str], str], part: Callable[[Any], list[Any]]) -> float:
        found = [benchmark.events(reader(source)) for source in sources]
        same = [part(mine) == part(theirs) for mine, theirs in zip(found, expected, strict=True)]
        return sum(same) / len(same)

    readers = benchmark.readers()
    assert share(readers["ours"], benchmark.text_of) >= 0.99
    assert share(readers["ours"], benchmark.tags_of) >= 0.98
    assert share(readers["markdown"], benchmark.tags_of) < 0.6, "the comparison can fail"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>a</p>", "<p>b</p>"),
        ("<p>a b</p>", "<p>ab</p>"),
        ("<p>a</p><p>b</p>", "<p>a b</p>"),
        ("<ul><li>a</li></ul>", "<ul><li><p>a</p></li></ul>"),
        ('<a href="/x">a</a>', '<a href="/y">a</a>'),
        ("<pre>a  b</pre>", "<pre>a b</pre>"),
        ("<p>a<b>b</b></p>", "<p>ab</p>"),
        ("<p>&amp;lt;</p>", "<p>&lt;</p>"),
        ("<p>a <b>b</b></p>", "<p>a<b> b</b></p>"),
    ],
)
def test_the_comparison_tells_different_documents_apart(
    benchmark: Any, one: str, other: str
) -> None:
    assert benchmark.events(one) != benchmark.events(other)


def test_the_comparison_overlooks_only_how_the_same_document_is_written(benchmark: Any) -> None:
    one = '<ul>\n<li>a &quot;b&quot;\nc</li>\n</ul><img src="/x" alt="y" />'
    other = '<ul><li>a "b" c</li></ul><img alt="y" src="/x">'
    assert benchmark.events(one) == benchmark.events(other)


# Blocks.


def test_a_list_right_under_a_paragraph_is_a_list() -> None:
    assert html("Nouveautés :\n- un calendrier\n- une carte") == (
        "<p>Nouveautés :</p><ul><li>un calendrier</li><li>une carte</li></ul>"
    )


def test_a_list_may_be_nested_with_two_spaces_or_three() -> None:
    nested = "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li></ul>"
    assert html("- a\n  - b\n    - c") == nested
    assert html("1. a\n   - b") == "<ol><li>a<ul><li>b</li></ul></li></ol>"


def test_a_list_is_loose_where_an_empty_line_is_between_its_items_else_tight() -> None:
    assert html("- a\n- b") == "<ul><li>a</li><li>b</li></ul>"
    assert html("- a\n\n- b") == "<ul><li><p>a</p></li><li><p>b</p></li></ul>"


def test_a_numbered_list_starts_where_its_author_starts() -> None:
    assert html("3. trois\n4. quatre") == '<ol start="3"><li>trois</li><li>quatre</li></ol>'


def test_a_quote_goes_on_over_lines_without_its_sign() -> None:
    assert html("> Le logiciel libre\nest un bien commun.") == (
        "<blockquote><p>Le logiciel libreest un bien commun.</p></blockquote>"
    )


def test_code_keeps_tabs_empty_lines_and_signs_of_markup() -> None:
    code = "if a:\n\tprint('&lt; <b> *x*')\n\n\n# end"
    escaped = code.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert (
        to_html(f"```python\n{code}\n```")
        == f'<pre><code class="language-python">{escaped}\n</code></pre>'
    )


def test_a_fence_inside_a_list_belongs_to_its_item() -> None:
    assert html("1. Installer :\n   ```sh\n   make\n   ```\n2. Lancer") == (
        '<ol><li>Installer :<pre><code class="language-sh">make</code></pre></li><li>Lancer</li></ol>'
    )


def test_raw_html_comes_through_with_markdown_after_an_empty_line() -> None:
    assert html("<details>\n<summary>Plus</summary>\n\n*Voilà*\n\n</details>") == (
        "<details><summary>Plus</summary><p><em>Voilà</em></p></details>"
    )
    assert html("H<sub>2</sub>O <img src='x.png'>") == "<p>H<sub>2</sub>O <img src='x.png'></p>"


@pytest.mark.parametrize("sign", ["<!-- more -->", "<!--more-->", "<!-- thread -->"])
def test_comments_that_mean_something_come_through(sign: str) -> None:
    assert html(f"Before\n\n{sign}\n\nAfter") == f"<p>Before</p>{sign}<p>After</p>"
    assert sign in html(f"Before {sign} after")


def test_tables_with_their_alignment() -> None:
    assert html("| 版本 | 日期 |\n|---|---:|\n| 2.4 | *今天* |") == (
        '<table><thead><tr><th>版本</th><th style="text-align:right">日期</th></tr></thead>'
        '<tbody><tr><td>2.4</td><td style="text-align:right"><em>今天</em></td></tr></tbody></table>'
    )


def test_definition_lists() -> None:
    assert html("Fediverse\n: A network of *networks*") == (
        "<dl><dt>Fediverse</dt><dd>A network of <em>networks</em></dd></dl>"
    )


def test_abbreviations_are_explained_and_not_shown_as_text() -> None:
    assert html("Nos API ouvertes\n\n*[API]: interface de programmation") == (
        '<p>Nos <abbr title="interface de programmation">API</abbr> ouvertes</p>'
    )


# Inline.


@pytest.mark.parametrize("end", ["\\", "  "])
def test_a_line_break_is_made_by_a_backslash_or_two_spaces(end: str) -> None:
    assert html(f"12 rue de la Paix{end}\nParis") == "<p>12 rue de la Paix<br />Paris</p>"


def test_references_may_be_full_collapsed_or_shortcut() -> None:
    link = '<a href="https://example.org/ã">x</a>'.replace("ã", "%C3%A3")
    for use in ("[x][X]", "[x][]", "[x]"):
        assert html(f"{use}\n\n[x]: https://example.org/ã") == f"<p>{link}</p>"


def test_emphasis_as_commonmark_has_it_within_chinese_too() -> None:
    assert html("**重要**的消息，snake_case_name，***两者***") == (
        "<p><strong>重要</strong>的消息，snake_case_name，<em><strong>两者</strong></em></p>"
    )


def test_what_is_struck_through() -> None:
    assert html("~~30 €~~ 25 €") == "<p><s>30 €</s> 25 €</p>"


@pytest.mark.parametrize(
    ("source", "address", "rest"),
    [
        ("https://example.org", "https://example.org", ""),
        ("https://example.org/a_b_c.", "https://example.org/a_b_c", "."),
        ("https://example.org/w_(x))", "https://example.org/w_(x)", ")"),
        ("https://example.org/?a=1&b=2", "https://example.org/?a=1&amp;b=2", ""),
        ("https://example.org。谢谢", "https://example.org", "。谢谢"),
        ("https://example.org/记", "https://example.org/", "记"),
        ("http://مثال.example/a", "http://مثال.example/a", ""),
    ],
)
def test_a_bare_address_becomes_a_link(source: str, address: str, rest: str) -> None:
    assert f">{address}</a>{rest}</p>" in html(f"Voir {source}")


@pytest.mark.parametrize(
    "source",
    [
        "`https://example.org`",
        "[https://a.example](/b)",
        '<a href="/b">https://a.example</a>',
        "https://",
        "xhttps://a",
    ],
)
def test_an_address_that_is_code_or_a_link_already_or_none_is_left_alone(source: str) -> None:
    assert to_html(source).count("<a ") == source.count("](") + source.count("<a ")


def test_footnotes_are_numbered_in_the_order_they_are_referred_to() -> None:
    made = html(
        "First *very[^b]* then[^a], `[^a]`, \\[^a] and [^none].\n\n"
        "[^a]: A *note* with\n\n    two parts\n[^b]: B\n[^c]: unused"
    )
    assert '<sup id="fnref:b"><a class="footnote-ref" href="#fn:b">1</a></sup></em> then' in made
    assert (
        '<a class="footnote-ref" href="#fn:a">2</a></sup>, <code>[^a]</code>, [^a] and [^none].</p>'
        in made
    )
    assert made.index('<li id="fn:b"><p>B<a') < made.index(
        '<li id="fn:a"><p>A <em>note</em> with</p><p>two parts<a'
    )
    assert "unused" not in made


def test_footnotes_of_one_post_are_not_those_of_the_next() -> None:
    to_html("a[^1]\n\n[^1]: b\n\n*[HTML]: c\n\n[r]: /d")
    assert html("a[^1] HTML [r]") == "<p>a[^1] HTML [r]</p>"


@pytest.mark.parametrize("text", ["&amp;copy;", "\\&copy;", "`&copy;`", "&amp;amp;copy;"])
def test_what_looks_like_an_entity_is_shown_as_written(text: str, benchmark: Any) -> None:
    shown = {
        "&amp;copy;": "&copy;",
        "\\&copy;": "&copy;",
        "`&copy;`": "&copy;",
        "&amp;amp;copy;": "&amp;copy;",
    }[text]
    assert benchmark.text_of(benchmark.events(to_html(text))) == [shown]


def test_french_no_break_spaces_and_arabic_direction_marks_are_kept() -> None:
    for text in ("«\u202fBonjour\u202f»\u00a0!", "\u200fمرحبا\u200e (HTML)"):
        assert text in to_html(text)


# Anything at all.

SIGNS = (
    "* ** _ ` ``` ~~ ~~~ [ ] ( ) ![ ]( [^ ]: [^a] [^a]: *[a]: [a]: < > <a> </a> <div> <!-- --> & &amp; \\ | |--- - + "
    "1. # ## : ~ a b é 中 https://e.org \x02 \x03 \x00"
).split(" ")
MARKUP = st.lists(
    st.sampled_from([*SIGNS, " ", "  ", "    ", "\t", "\n", "\n\n"]), max_size=60
).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), MARKUP))
def test_any_text_gives_the_same_html_twice_or_an_error_with_a_line(source: str) -> None:
    def outcome() -> str:
        try:
            return to_html(source)
        except PostError as error:
            assert error.line and error.message and error.hint
            return error.message

    first = outcome()
    assert outcome() == first
    assert "\x02" not in first
    assert "\x03" not in first


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("abcdé中م ", min_size=1).filter(str.strip), min_size=1, max_size=5))
def test_words_are_neither_lost_nor_repeated(paragraphs: list[str]) -> None:
    made = re.sub("<[^>]+>", " ", to_html("\n\n".join(one.strip() for one in paragraphs)))
    assert made.split() == " ".join(paragraphs).split()
