"""The plain text of a newsletter reads well in a window of 80 columns."""

from __future__ import annotations

from hypothesis import given

from publisher.text.render.mail import columns, mail
from publisher.text.tree import parse
from tests.test_fit import TEXTS


def said(html: str, width: int = 72) -> str:
    return str(mail(parse(html), width=width))


def test_lines_are_wrapped_at_72_columns() -> None:
    text = said(f"<p>{'libre ' * 40}</p>")
    assert max(map(len, text.split("\n"))) in range(67, 73)
    assert text.split() == ["libre"] * 40


def test_chinese_takes_two_columns_and_no_line_begins_with_a_full_stop() -> None:
    text = said(f"<p>{'我们发布了新版本。' * 20}</p>")
    assert max(map(columns, text.split("\n"))) in range(68, 73)
    assert not any(line.startswith("。") for line in text.split("\n"))
    assert text.replace("\n", "") == "我们发布了新版本。" * 20


def test_links_are_numbered_and_listed_once() -> None:
    html = (
        '<p>See <a href="https://example.org/a">the notes</a>, <a href="https://example.org/b">more</a> and '
        '<a href="https://example.org/a">again</a>, or <a href="https://example.org/c">https://example.org/c</a>.</p>'
    )
    assert said(html) == (
        "See the notes [1], more [2] and again [1], or https://example.org/c.\n\n"
        "[1] https://example.org/a\n[2] https://example.org/b"
    )


def test_an_address_is_never_broken_nor_a_number_cut_off_from_its_words() -> None:
    address = "https://example.org/" + "a-b/" * 30
    assert address in said(f'<p>{"x " * 30}<a href="{address}">{address}</a></p>').split()
    assert (
        "\n["
        not in said(f'<p>{"xx " * 23}<a href="https://example.org">y</a> z</p>', 70).split("\n\n")[
            0
        ]
    )


def test_headings_quotations_lists_and_code() -> None:
    assert said("<h1>Été</h1><h2>Two</h2><p>x</p>") == "Été\n===\n\nTwo\n---\n\nx"
    assert said("<blockquote><p>a b c</p><p>d</p></blockquote>", 4) == "> a b c\n>\n> d"
    assert said(f"<ol start=9><li>{'ab ' * 8}</li><li>{'ab ' * 8}</li></ol>", 23) == (
        "9. ab ab ab ab ab ab ab\n   ab\n10. ab ab ab ab ab ab\n    ab ab"
    )
    assert said("<pre><code>if x:\n    y()</code></pre>") == "    if x:\n        y()"


def test_images_tables_and_footnotes() -> None:
    assert said('<p><img src="a.png" alt="The team"></p>') == "[Image: The team]"
    table = (
        "<table><tr><th>City</th><th>Day</th></tr>"
        "<tr><td>Aix-en-Provence</td><td>5</td></tr><tr><td>东京</td><td>6</td></tr></table>"
    )
    assert said(table) == (
        "City             Day\n---------------  ---\nAix-en-Provence  5\n东京             6"
    )
    assert said(table, 12) == "City · Day\nAix-en-Provence\n· 5\n东京 · 6"
    note = (
        '<p>Free<sup><a class="footnote-ref" href="#fn:1">1</a></sup></p>'
        '<ol><li id="fn:1"><p>As in speech.</p></li></ol>'
    )
    assert said(note) == "Free¹\n\n¹ As in speech."


@given(TEXTS)
def test_wrapping_changes_nothing_but_white_space(text: str) -> None:
    html = "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n"))
    assert "".join(said(html, 30).split()) == "".join(said(html, 10_000).split())
