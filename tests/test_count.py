"""Each platform's own measure of a text, to the character."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.adapter import Channel
from publisher.registry import load
from publisher.text.measure import count
from publisher.text.measure.entities import graphemes, twitter_hashtags, twitter_mentions
from tests import conformance

CASES = [case for case in conformance.twitter_text() if case.source == "validate.yml"]


def test_twitter_text_s_own_cases_are_here() -> None:
    if not CASES:
        pytest.skip(conformance.MISSING_SPECS)
    assert len(CASES) == 97


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.section}: {case.description}")
def test_x_counts_as_twitter_text_says(case: conformance.Case) -> None:
    assert case.actual == case.expected


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("—", 1),
        ("’“", 2),
        ("…", 2),
        ("•", 2),
        ("→", 2),
        ("✓", 2),
        ("日本", 4),
        ("حرية", 4),
        ("Свобода", 7),
        ("🇩🇪", 2),
        ("👩🏽‍🚀", 2),
        ("1️⃣", 2),
        ("\u200d", 1),
        ("e\u0301", 1),
        ("🇦🇦", 4),  # no country: two letters
        ("🧑‍🚀", 5),  # newer than X's table: a person, a joiner and a rocket
        ("example.com", 23),
        ("foo.zip", 23),
        ("example.music", 23),  # delegated after twitter-text's last release
        ("node.js", 7),
        ("v1.2.3", 6),
        ("README.md", 23),
        ("p.ex. 3.14", 10),
        ("ada@example.org", 15),
        ("https://example.org/" + "a" * 300, 23),
        ("Nouvelle version : https://example.org/v2 et merci !", 19 + 23 + 11),
    ],
)
def test_x_counts(text: str, length: int) -> None:
    assert count.twitter(text) == length


@pytest.mark.parametrize("text", ["a\ufffe", "\ufeffa", "\uffff"])
def test_x_refuses_invalid_characters(text: str) -> None:
    assert not count.measure_twitter(text).valid


@pytest.mark.parametrize("case", list(conformance.mastodon()), ids=lambda case: case.description)
def test_mastodon_counts(case: conformance.Case) -> None:
    assert case.actual == case.expected


def test_mastodon_counts_an_address_as_its_instance_says() -> None:
    assert count.mastodon("Voir https://example.org/a/long/path/to/news", url_length=30) == 35


def test_software_that_is_not_mastodon_gets_the_larger_count() -> None:
    text = "Voir https://forge.example.org/collectif/atelier/releases/v2.0"
    assert count.mastodon(text, "CW", is_mastodon=False) == len(text) + 2
    assert count.mastodon("http://t.co", is_mastodon=False) == 23
    assert count.mastodon("👨‍👩‍👧‍👦", is_mastodon=False) == 7


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("  été \n\n", 3),
        ("😀", 2),
        ("👨‍👩‍👧‍👦", 11),
        ("自由", 2),
        ("**a** <https://example.org>", 27),
        (" \u3000", 0),
    ],
)
def test_discord_counts_utf_16_units_after_trimming(text: str, length: int) -> None:
    assert count.discord(text) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Bonjour", 7),
        ("é" * 300, 300),
        ("自" * 300, 300),
        ("👨‍👩‍👧‍👦", 3),  # one character, 25 bytes
        ("👨‍👩‍👧‍👦" * 120, 300),  # 3,000 bytes
        ("👨‍👩‍👧‍👦" * 121, 303),
        ("https://example.org/" + "a" * 100, 120),
    ],
)
def test_bluesky_counts_characters_and_bytes(text: str, length: int) -> None:
    assert count.bluesky(text) == length


MEASURES: list[Callable[[str], int]] = [count.twitter, count.mastodon, count.discord, count.bluesky]
TEXTS = st.text(
    st.characters(codec="utf-8") | st.sampled_from("a.@/:#é日😀\u200d\ufe0f🏽🇫🇷 \n")
) | st.lists(
    st.sampled_from(
        [
            "https://example.org/x",
            "example.org",
            "@ada@example.social",
            "#tag",
            "👩🏽‍🚀",
            "日本",
            " ",
            "\n",
            ".",
            "é",
            "a",
        ]
    )
).map("".join)


@pytest.mark.parametrize("measure", MEASURES)
@given(text=TEXTS)
def test_a_count_is_never_negative_and_nothing_counts_nothing(
    measure: Callable[[str], int], text: str
) -> None:
    assert measure(text) >= 0
    assert measure("") == 0


@pytest.mark.parametrize("measure", [count.twitter, count.mastodon])
@given(first=TEXTS, second=TEXTS)
def test_paragraphs_count_on_their_own(
    measure: Callable[[str], int], first: str, second: str
) -> None:
    """What stands before a blank line doesn't change what comes after it counts: a text can be cut
    there."""
    first, second = f"{first}.", f"a{second}."
    assert measure(f"{first}\n\n{second}") == measure(first) + 2 + measure(second)


@given(text=TEXTS)
def test_the_quick_count_and_the_full_measure_agree(text: str) -> None:
    assert count.twitter(text) == count.measure_twitter(text).weighted_length


@given(text=TEXTS, warning=TEXTS)
def test_no_text_is_longer_on_mastodon_than_elsewhere_in_the_fediverse(
    text: str, warning: str
) -> None:
    assert count.mastodon(text, warning) <= count.mastodon(text, warning, is_mastodon=False)
    assert len(text) + len(warning) <= count.mastodon(text, warning, is_mastodon=False)


@given(text=st.text(st.characters(exclude_characters=".:@")))
def test_without_entities_mastodon_counts_characters(text: str) -> None:
    clusters = len(graphemes(text)) if text.strip() else 0
    assert count.mastodon(text) >= count.mastodon(text, conjuncts=True) >= clusters
    if not any(unicodedata.category(letter) in ("Mn", "Mc") for letter in text):
        assert count.mastodon(text) == clusters


@given(text=TEXTS)
def test_discord_never_counts_less_than_code_points(text: str) -> None:
    assert count.discord(text) >= len(text.strip())


NASTY = {
    "dots": ".",
    "at signs": "@",
    "protocols": "http://",
    "protocols and hosts": "http://a.com ",
    "short labels": "a.",
    "hosts without spaces": "a.com",
    "paths that open parentheses": "http://a.com/(",
    "parentheses": "(a)",
    "nested parentheses": "(a(b)",
    "exclamation marks": "!",
    "hyphens": "a-",
    "underscores": "a_.com",
    "Chinese": "字",
    "Chinese labels": "字.",
    "mentions": "@a@b.",
    "hash signs": "#",
    "numbered tags": "#1",
    "joiners": "👨\u200d",
    "flags": "🇫",
    "combining marks": "\u0301",
    "conjuncts": "क्",
    "punycode": "xn--",
}


@pytest.mark.parametrize("piece", list(NASTY.values()), ids=list(NASTY))
def test_a_hundred_thousand_of_the_same_take_no_quadratic_time(piece: str) -> None:
    row = (piece * 100_000)[:100_000]
    began = time.process_time()
    for text in (
        row,
        f"http://a.com/{row}",
        f"http://{row}.com ",
        f"http://a.com?{row}",
        f"#{row}",
        f"@{row}",
    ):
        for read in (*MEASURES, twitter_mentions, twitter_hashtags):
            read(text)
    assert time.process_time() - began < 15  # quadratic, one of them takes a minute


@pytest.mark.parametrize(
    ("text", "before", "since"),
    [
        ("क्षेत्र में स्वतंत्र सॉफ़्टवेयर", 19, 14),
        ("প্রযুক্তি ও ক্ষমতা", 12, 9),
        ("સ્વતંત્રતા", 6, 4),
        ("ସ୍ୱତନ୍ତ୍ର", 6, 3),
        ("స్వాతంత్ర్యం", 6, 3),
        ("സ്വാതന്ത്ര്യം", 7, 3),
        ("ಸ್ವಾತಂತ್ರ್ಯ", 6, 6),
        ("ਸੁਤੰਤਰ ਪ੍ਰੋਗਰਾਮ", 10, 10),
        ("சுதந்திரம் க்ஷ", 9, 9),
        ("ශ්‍රී ලංකා", 5, 5),
        ("ខ្មែរ ស្រី", 6, 4),
        ("မြန်မာ ဗုဒ္ဓ", 8, 7),
        ("ᬓ᭄ᬱ", 2, 1),
        ("ꦏ꧀ꦱ", 2, 1),
        ("น้ำใจ", 3, 3),
        ("ນ້ຳ", 1, 1),
        ("क्‍ष क्‌ष", 5, 4),
        ("अ्क", 2, 2),
        ("한국어", 3, 3),
        ("👨‍👩‍👧‍👦 🇫🇷🇩🇪", 4, 4),
    ],
)
def test_mastodon_counts_as_the_ruby_that_it_runs_on(text: str, before: int, since: int) -> None:
    """As Ruby 3.4.1 and 4.0.0 said (benchmarks/ruby.py). Where the server's version isn't known, the
    larger number counts."""
    assert count.mastodon(text) == before
    assert count.mastodon(text, conjuncts=True) == since


@pytest.mark.parametrize(
    ("version", "length"), [("4.5.1", 2), ("4.6.0", 1), ("5.0.0+glitch", 1), ("", 2)]
)
def test_the_server_s_version_says_which_ruby_it_is(version: str, length: int) -> None:
    channel = load("mastodon")(Channel("mastodon", "mastodon", {}, Path()))
    facts = {"version": version} if version else {}
    assert channel.rule({}, facts).count("क्ष") == length
