"""What Mastodon and X show reads as if somebody had typed it there."""

from __future__ import annotations

import pytest

from publisher.text.measure import count
from publisher.text.render.plain import plain
from publisher.text.tree import parse


def said(html: str, language: str = "", **options: object) -> str:
    return str(plain(parse(html), language=language, **options))  # type: ignore[arg-type]


def test_paragraphs_stand_apart_and_hard_wrapped_lines_are_joined() -> None:
    assert (
        said("<p>One line\ncontinued.</p>\n\n<p>Another <em>one</em>.</p>")
        == "One line continued.\n\nAnother one."
    )


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("新版本\n发布了", "新版本发布了"),
        ("新しい\nバージョン", "新しいバージョン"),
        ("支持 Mastodon\n和 Discord", "支持 Mastodon 和 Discord"),
        ("새 버전이\n나왔습니다", "새 버전이 나왔습니다"),
    ],
)
def test_no_space_appears_where_a_chinese_or_japanese_line_was_wrapped(
    source: str, shown: str
) -> None:
    assert said(f"<p>{source}</p>") == shown


def test_a_line_break_is_kept() -> None:
    assert said("<p>Rue des Lilas<br>\n44000 Nantes</p>") == "Rue des Lilas\n44000 Nantes"


def test_lists_have_bullets_or_their_numbers_and_nested_ones_are_indented() -> None:
    html = "<p>New:</p><ul><li>one<ol start='3'><li>x</li><li>y</li></ol></li><li>two</li></ul>"
    assert said(html) == "New:\n\n• one\n  3. x\n  4. y\n• two"


def test_a_loose_list_of_short_items_stays_together_and_one_of_paragraphs_has_room() -> None:
    assert said("<ul><li><p>a</p></li><li><p>b</p></li></ul>") == "• a\n• b"
    assert said("<ul><li><p>a</p><p>more</p></li><li><p>b</p></li></ul>") == "• a\n\n  more\n\n• b"


@pytest.mark.parametrize(
    ("language", "quoted"),
    [
        ("fr", "«\u00a0Oui\u00a0»"), ("fr-FR", "«\u00a0Oui\u00a0»"), ("en", "“Oui”"), ("de", "„Oui“"),
        ("ja", "「Oui」"), ("zh-Hant", "「Oui」"), ("zh_TW", "「Oui」"), ("zh", "“Oui”"), ("zh-Hans-CN", "“Oui”"),
        ("ar", "«Oui»"),
        ("xx", "“Oui”"),
    ],
)  # fmt: skip
def test_quotations_have_the_marks_of_the_language(language: str, quoted: str) -> None:
    assert said("<blockquote><p>Oui</p></blockquote>", language) == quoted
    assert said("<p><q>Oui</q></p>", language) == quoted


def test_who_is_quoted_stands_after_the_quotation() -> None:
    html = "<blockquote><p>We own our tools.</p><p>— Ada</p></blockquote>"
    assert said(html) == "“We own our tools.”\n— Ada"


def test_a_quotation_that_has_its_marks_gets_no_second_ones() -> None:
    html = "<blockquote><p>«\u00a0Soyons libres\u00a0», dit Ada.</p></blockquote>"
    assert said(html, "fr") == "«\u00a0Soyons libres\u00a0», dit Ada."


def test_a_quotation_in_a_quotation_has_the_inner_marks() -> None:
    assert (
        said("<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>") == "“a\n\n‘b’”"
    )


@pytest.mark.parametrize(
    "remark",
    [
        "<p><strong>Note:</strong> bring a laptop.</p>",
        "<p>Note: bring a laptop.</p>",
        "<p>💡 Bring a laptop.</p>",
    ],
)
def test_a_remark_set_as_a_quotation_is_not_quoted(remark: str) -> None:
    assert not said(f"<blockquote>{remark}</blockquote>").startswith("“")


def test_an_alert_is_said_in_words() -> None:
    assert (
        said("<blockquote><p>[!WARNING]\nBack up first.</p></blockquote>")
        == "Warning: Back up first."
    )


def test_code_is_kept_as_it_is() -> None:
    html = "<p>Run <code>make  test</code>:</p><pre><code>if x:\n    y()\n\nz()\n</code></pre>"
    assert said(html) == "Run make test:\n\nif x:\n    y()\n\nz()"


def test_a_link_is_its_words_then_its_address() -> None:
    assert (
        said('<p>Read <a href="https://example.org/a">the notes</a>.</p>')
        == "Read the notes (https://example.org/a)."
    )


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<a href="https://example.org/a">https://example.org/a</a>', "https://example.org/a"),
        ('<a href="https://example.org/">example.org</a>', "https://example.org"),
        ('<a href="https://example.org/a/b">example.org/a/…</a>', "https://example.org/a/b"),
        ('the <a href="https://coop.example.org">collective coop.example.org</a>', "the collective https://coop.example.org"),
        ('<a href="mailto:ada@example.org">ada@example.org</a>', "ada@example.org"),
        ('<a href="mailto:ada@example.org?subject=Hi">Write</a>', "Write (ada@example.org)"),
        ('<a href="mailto:ada@example.org">Write to us</a> (ada@example.org)', "Write to us (ada@example.org)"),
        ('<a href="#install">below</a>', "below"),
        ('<a href="../other.md">there</a>', "there"),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ('(see <a href="https://example.org/a">the notes</a>)', "(see the notes https://example.org/a)"),
        ('（<a href="https://example.org/a">via</a>）', "（via https://example.org/a ）"),
    ],
)  # fmt: skip
def test_the_address_is_said_only_where_a_reader_needs_it(html: str, shown: str) -> None:
    assert said(f"<p>{html}</p>") == shown


def test_each_address_is_said_once_and_what_the_template_says_not_at_all() -> None:
    html = (
        '<p><a href="https://example.org/a">One</a>, <a href="http://www.example.org/a/">again</a>, '
        '<a href="https://example.org/post#part">this post</a>.</p>'
    )
    assert (
        said(html, skip_urls=["https://example.org/post"])
        == "One (https://example.org/a), again, this post."
    )


@pytest.mark.parametrize("language", ["zh", "ja", "ar", "fr"])
def test_an_address_ends_where_it_ends_on_both_platforms(language: str) -> None:
    """Mastodon takes Chinese letters and closing quotation marks after an address for a part of
    it."""
    address = "https://example.org/" + "a" * 100
    text = said(
        f'<p>看<a href="{address}">{address}</a>。更多 «\u00a0<a href="{address}">{address}</a>\u00a0»</p>',
        language,
    )
    assert count.mastodon(text) == count.mastodon(text.replace("a" * 100, "a"))
    assert count.twitter(text) == count.twitter(text.replace("a" * 100, "a"))


def test_an_address_with_letters_of_any_script_works_as_a_link() -> None:
    html = '<p><a href="https://zh.wikipedia.org/wiki/中文">维基</a>后面</p>'
    assert said(html) == "维基 (https://zh.wikipedia.org/wiki/%E4%B8%AD%E6%96%87)后面"


def test_images_are_said_only_where_they_are_not_attached() -> None:
    html = '<p><img src="a.png" alt="The team at the fair"></p><p>We were <img src="b.png" alt="glad">.</p>'
    assert said(html) == "[The team at the fair]\n\nWe were glad."
    assert said(html, attached=["a.png", "b.png"]) == "We were ."


@pytest.mark.parametrize("alt", ["", "IMG_2041.jpg", "team-photo_final"])
def test_a_file_name_says_nothing_about_an_image(alt: str) -> None:
    assert said(f'<p><img src="a.png" alt="{alt}"></p><p>Text</p>') == "Text"


def test_a_caption_that_repeats_the_alternative_text_is_said_once() -> None:
    assert (
        said('<figure><img src="a.png" alt="The team"><figcaption>The team.</figcaption></figure>')
        == "The team."
    )


def test_tables_can_be_read() -> None:
    html = "<table><tr><th>City</th><th>Day</th></tr><tr><td>Lille</td><td>12 May</td></tr></table>"
    assert said(html) == "City · Day\nLille · 12 May"


def test_footnotes_keep_their_numbers_and_lose_their_arrows() -> None:
    html = (
        '<p>Free<sup id="fnref:1"><a class="footnote-ref" href="#fn:1">1</a></sup>.</p>'
        '<div class="footnote"><hr><ol><li id="fn:1"><p>As in speech.&#160;'
        '<a class="footnote-backref" href="#fnref:1">&#8617;</a></p></li></ol></div>'
    )
    assert said(html) == "Free[1].\n\n[1] As in speech."


def test_raised_and_lowered_characters_can_be_read() -> None:
    html = "<p>H<sub>2</sub>O, 20 m<sup>2</sup>, le 1<sup>er</sup> mai, the 2<sup>nd</sup></p>"
    assert said(html) == "H₂O, 20 m², le 1er mai, the 2nd"


def test_what_was_struck_out_is_not_said() -> None:
    assert said("<p>On <del>Monday</del> Tuesday</p>") == "On Tuesday"


def test_details_definitions_and_ruby_can_be_read() -> None:
    assert said("<details><summary>More</summary><p>Hidden.</p></details>") == "More\nHidden."
    assert said("<dl><dt>Fork</dt><dd>A copy.</dd></dl>") == "Fork\n  A copy."
    assert said("<p><ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby></p>") == "漢字(かんじ)"


def test_a_rule_separates_and_never_begins_or_ends() -> None:
    assert said("<hr><p>a</p><hr><hr><p>b</p><hr>") == "a\n\n———\n\nb"


def test_french_spaces_and_direction_marks_are_kept() -> None:
    french = "«\u00a0Prêt\u202f?\u00a0» Oui\u00a0: 10\u00a0%\u202f!"
    assert said(f"<p>{french}</p>", "fr") == french
    arabic = "\u200fإصدار \u2067C++\u2069 جديد\u200e"
    assert said(f"<p>{arabic}</p>", "ar") == arabic


def test_marks_say_what_must_not_be_torn_and_where_a_part_ends() -> None:
    text = plain(
        parse(
            '<p>Our <a href="https://example.org/a">new notes</a>.</p><!-- thread --><p>Next <code>a b</code></p>'
        )
    )
    marks = [(mark.kind, text[mark.start : mark.end], mark.href) for mark in text.marks]
    assert ("atom", "new notes (https://example.org/a)", "") in marks
    assert ("link", "new notes", "https://example.org/a") in marks
    assert ("atom", "a b", "") in marks
    assert [text[mark.start :].strip() for mark in text.marks if mark.kind == "break"] == [
        "Next a b"
    ]
