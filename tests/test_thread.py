"""A thread says every word once, in parts that end where a person would pause."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.text.cut.thread import thread
from publisher.text.measure import count
from publisher.text.render.plain import plain
from publisher.text.tree import parse
from tests.discord_text import discord
from tests.test_fit import TEXTS

Fits = Callable[[str, int, int], bool]


def room(limit: int, rule: Callable[[str], int] = len) -> Fits:
    return lambda part, index, total: rule(part) <= limit


def parts(text: str, limit: int, **options: object) -> list[str]:
    made = thread(text, room(limit), **options)  # type: ignore[arg-type]
    assert made is not None
    return made


PARAGRAPH = "We have worked on this release for a year. It is faster than ever. Thank you all for your help."


def test_what_fits_is_one_part() -> None:
    assert parts("Short.", 100, before="Title\n\n", after="\n\nhttps://example.org") == [
        "Title\n\nShort.\n\nhttps://example.org"
    ]


def test_parts_end_at_paragraphs() -> None:
    assert parts("\n\n".join([PARAGRAPH] * 3), 150) == [PARAGRAPH] * 3


def test_else_at_sentences() -> None:
    assert parts(PARAGRAPH, 70) == [
        "We have worked on this release for a year. It is faster than ever.",
        "Thank you all for your help.",
    ]


def test_else_at_words_without_an_ellipsis() -> None:
    assert parts("one two three four five six seven", 15) == [
        "one two three",
        "four five six",
        "seven",
    ]


def test_a_heading_goes_with_what_it_heads() -> None:
    text = f"{PARAGRAPH}\n\nInstallation\n\n{PARAGRAPH}"
    assert parts(text, 115) == [PARAGRAPH, f"Installation\n\n{PARAGRAPH}"]


def test_what_stands_before_and_after_is_counted_in() -> None:
    made = parts("\n\n".join([PARAGRAPH] * 2), 110, before="News: ", after=" https://example.org")
    assert made[0].startswith("News: We have")
    assert made[-1].endswith("help. https://example.org")
    assert all(len(part) <= 110 for part in made)


def test_numbers_only_if_asked_and_counted_in() -> None:
    made = parts("\n\n".join([PARAGRAPH] * 3), 150, number="{n}/{total}")
    assert [part.rsplit("\n", 1)[1] for part in made] == ["1/3", "2/3", "3/3"]
    assert all(len(part) <= 150 for part in made)


def test_one_part_has_no_number() -> None:
    assert parts("Short.", 100, number="{n}/{total}") == ["Short."]


def test_the_author_may_force_a_part() -> None:
    text = plain(parse("<p>One.</p><!-- thread --><p>Two.</p><p>Three <!-- Thread -->four.</p>"))
    assert parts(text, 500) == ["One.", "Two.\n\nThree", "four."]


def test_the_last_part_is_not_a_leftover() -> None:
    made = parts("word " * 60 + "end", 300)
    assert len(made) == 2
    assert min(map(len, made)) >= 60


def test_above_the_maximum_the_last_part_says_where_to_read_on() -> None:
    made = parts("\n\n".join([PARAGRAPH] * 9), 150, maximum=3, read_on="https://example.org/post")
    assert len(made) == 3
    assert made[-1].endswith("…\n\nhttps://example.org/post")
    assert all(len(part) <= 150 for part in made)


def test_a_link_stays_with_its_text() -> None:
    link = '<a href="https://example.org/a">the long release notes of this year</a>'
    text = plain(parse(f"<p>{'word ' * 12}{link} {'word ' * 12}</p>"))
    made = parts(text, 100)
    assert any(
        "the long release notes of this year (https://example.org/a)" in part for part in made
    )


def test_markup_is_closed_in_one_part_and_opened_in_the_next() -> None:
    text = discord(parse(f"<p><b>{'word ' * 20}</b></p>"))
    made = parts(text, 60)
    assert all(
        part.startswith("**") and part.endswith("**") and part.count("**") == 2 for part in made
    )
    code = discord(parse("<pre><code class='language-sh'>" + "make demo\n" * 12 + "</code></pre>"))
    made = parts(code, 70)
    assert all(part.startswith("```sh\nmake") and part.endswith("demo\n```") for part in made)
    quote = discord(parse("<blockquote><p>" + "word " * 30 + "</p></blockquote>"))
    assert all(part.startswith("> word") for part in parts(quote, 70))


def test_a_very_long_post_makes_a_thread_at_once() -> None:
    text = discord(
        parse("<p>" + "<b>bold</b> word <a href='https://example.org'>link</a> " * 20_000 + "</p>")
    )
    began = time.process_time()
    assert len(thread(text, room(2000, count.discord), read_on="https://example.org") or []) == 10
    assert time.process_time() - began < 4


def test_no_room_for_a_word_is_none() -> None:
    assert thread("Extraordinary news today", room(8)) is None


@pytest.mark.parametrize("number", ["", "{n}/{total}"])
@given(
    text=TEXTS,
    limit=st.integers(60, 200),
    rule=st.sampled_from([count.twitter, count.mastodon, len]),
)
def test_no_word_is_lost_or_repeated(
    number: str, text: str, limit: int, rule: Callable[[str], int]
) -> None:
    made = thread(
        text, room(limit, rule), before="Before: ", after="\n\nAfter.", number=number, maximum=500
    )
    assert made is not None
    assert all(rule(part) <= limit for part in made)
    assert made == thread(
        text, room(limit, rule), before="Before: ", after="\n\nAfter.", number=number, maximum=500
    )
    if number and len(made) > 1:
        assert [part.rsplit("\n", 1)[1] for part in made] == [
            f"{at}/{len(made)}" for at in range(1, len(made) + 1)
        ]
        made = [part.rsplit("\n", 1)[0] for part in made]
    assert "".join("".join(made).split()) == "".join(f"Before: {text}\n\nAfter.".split())


@given(
    st.lists(
        st.sampled_from([PARAGRAPH, PARAGRAPH * 2, "A short one.", "Titre"]),
        min_size=2,
        max_size=12,
    )
)
def test_no_part_is_shorter_than_a_fifth(paragraphs: list[str]) -> None:
    made = parts("\n\n".join(paragraphs), 280, maximum=100)
    if len(made) > 1:
        assert min(map(len, made)) >= 56
