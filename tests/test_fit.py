"""A text that is too long ends where a person would end it, and uses the room there is."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.text.cut.fit import fit
from publisher.text.measure import count
from publisher.text.measure.entities import graphemes
from publisher.text.render.plain import plain
from publisher.text.tree import parse
from tests.discord_text import discord

WORDS = st.sampled_from(
    [
        *"we a release été publier version 12 GB 3,5 % 10 € (note) e.g. M. Dupont fin. prêt\u202f! • —".split(
            " "
        ),
        *"https://example.org/a_b?c=d example.org @ada@example.social #LogicielLibre 👩🏽‍🚀 🇫🇷 é".split(
            " "
        ),
        *"新版本发布了。 速度更快 カタカナ إصدار جديد؟ «\u00a0oui\u00a0»".split(" "),
    ]
)
TEXTS = st.lists(
    st.tuples(WORDS, st.sampled_from([" ", " ", " ", "\n", "\n\n"])), min_size=1, max_size=60
).map(lambda pairs: "".join(word + space for word, space in pairs).strip())
RULES = [count.twitter, count.mastodon, count.discord, count.bluesky, len]


def room(limit: int, rule: Callable[[str], int] = len) -> Callable[[str], bool]:
    return lambda text: rule(text) <= limit


def test_what_fits_stays_as_it_is() -> None:
    assert fit("All of it.", room(10)) == "All of it."


def test_the_end_is_a_sentence_where_that_costs_no_more_than_a_third() -> None:
    text = "The new release is here, and it is fast. It also brings a great many other things that you will like."
    assert fit(text, room(55)) == "The new release is here, and it is fast. …"
    assert (
        fit(text, room(80))
        == "The new release is here, and it is fast. It also brings a great many other…"
    )


def test_the_end_is_a_list_item_or_a_paragraph_but_never_a_heading() -> None:
    text = "New in this release:\n\n• Faster start of the server\n• Better words\n• Much more of everything else"
    assert (
        fit(text, room(70))
        == "New in this release:\n\n• Faster start of the server\n• Better words …"
    )
    headed = "We have a new release for you, it is fast.\n\nInstallation\n\nDownload the archive and unpack it."
    assert fit(headed, room(60)) == "We have a new release for you, it is fast. …"


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("It takes 12 GB of disk", 12, "It takes…"),
        ("La remise est de 10 % ici", 21, "La remise est de…"),
        ("Il coûte 10 € par mois", 12, "Il coûte…"),
        ("À 5 km du centre", 5, "À…"),
        ("共有100万人参加了", 6, "共有…"),
        ("Ask M. Dupont today", 7, "Ask…"),
        ("See our notes (https://example.org/a) now", 20, "See our…"),
        ("Thanks to @ada@example.social today", 18, "Thanks to…"),
        ("支持#自由软件和更多功能", 7, "支持…"),
        ("看https://example.org/a更多", 10, "看…"),
        ("A fine tool, (really) made for you", 16, "A fine tool…"),
        ("It costs: nothing at all", 11, "It costs…"),
        ("Elle dit «\u00a0oui\u00a0» à tous", 12, "Elle dit…"),
        ("The list • one • two • three", 12, "The list…"),
        ("Tout va bien ici\u00a0: oui oui oui", 19, "Tout va bien ici…"),
        ("我们发布了“新版本”。更多", 7, "我们发布了…"),
    ],
)
def test_nothing_is_torn_apart_and_nothing_dangles(text: str, limit: int, shown: str) -> None:
    assert fit(text, room(limit)) == shown


def test_a_family_is_not_broken_up() -> None:
    text = "👩‍👩‍👧‍👦" * 60
    shortened = fit(text, room(100))
    assert shortened is not None
    assert set(graphemes(shortened.removesuffix("…"))) == {"👩‍👩‍👧‍👦"}


def test_a_link_is_not_cut_off_from_its_text() -> None:
    text = plain(
        parse(
            '<p>All about it in <a href="https://example.org/a">our long release notes</a> of today.</p>'
        )
    )
    assert fit(text, room(50)) == "All about it in…"


def test_markup_that_was_open_is_closed() -> None:
    bold = discord(parse("<p>Look, <b>this is <i>really very</i> important</b> news</p>"))
    assert fit(bold, room(30)) == "Look, **this is *really…***"
    assert fit(bold, room(12)) == "Look…"
    code = discord(
        parse("<pre><code class='language-sh'>make demo\nmake test\nmake install</code></pre>")
    )
    assert fit(code, room(32)) == "```sh\nmake demo\nmake test…\n```"
    quoted = discord(parse("<blockquote><pre><code>make demo\nmake test</code></pre></blockquote>"))
    assert fit(quoted, room(31)) == "> ```\n> make demo\n> make…\n> ```"


def test_no_room_for_a_word_is_none() -> None:
    assert fit("Extraordinary news", room(5)) is None
    assert fit("https://example.org/" + "a" * 100, room(50)) is None


def test_a_language_without_spaces_is_cut_at_a_character() -> None:
    thai = "ซอฟต์แวร์เสรีเป็นซอฟต์แวร์ที่ให้เสรีภาพแก่ผู้ใช้ในการใช้งานศึกษาและแก้ไข" * 3
    shortened = fit(thai, room(40))
    assert shortened is not None
    assert 30 < len(shortened) <= 40


@given(TEXTS, st.integers(1, 300), st.sampled_from(RULES))
def test_the_result_fits_and_is_a_beginning(
    text: str, limit: int, rule: Callable[[str], int]
) -> None:
    shortened = fit(text, room(limit, rule))
    if shortened is None:
        return
    assert rule(shortened) <= limit
    assert shortened == fit(text, room(limit, rule))
    if shortened != text:
        assert shortened.endswith("…")
        kept = shortened.removesuffix("…").rstrip()
        assert text.startswith(kept)
        assert "".join(graphemes(text)[: len(graphemes(kept))]) == kept


@given(
    st.lists(
        st.sampled_from("alpha beta gamma delta epsilon zeta".split()), min_size=1, max_size=80
    ),
    st.integers(10, 200),
)
def test_with_one_more_word_it_would_be_too_long(words: list[str], limit: int) -> None:
    shortened = fit(" ".join(words), room(limit))
    assert shortened is not None
    kept = shortened.removesuffix("…").split()
    if len(kept) < len(words):
        assert len(" ".join(words[: len(kept) + 1])) + (len(kept) + 1 < len(words)) > limit


@pytest.mark.parametrize("rule", [count.twitter, count.mastodon, count.discord])
@pytest.mark.parametrize(
    "sentence",
    ["This is an ordinary sentence of a post. ", "这是一个普通的句子。", "https://example.org/a "],
)
def test_a_very_long_text_takes_no_time(sentence: str, rule: Callable[[str], int]) -> None:
    text = sentence * (1_000_000 // len(sentence))
    began = time.process_time()
    assert fit(text, room(500, rule)) is not None
    assert time.process_time() - began < 2


@settings(max_examples=50)
@given(st.text(max_size=200), st.integers(1, 100))
def test_any_text_at_all(text: str, limit: int) -> None:
    shortened = fit(text, room(limit))
    assert shortened is None or len(shortened) <= limit
