"""Addresses, mentions and hashtags, found where each platform finds them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.text.measure import entities, tlds, validity
from publisher.text.measure.entities import Span
from tests import conformance

CASES = [case for case in conformance.twitter_text() if case.source != "validate.yml"]


def test_twitter_text_s_own_cases_are_here() -> None:
    if not CASES:
        pytest.skip(conformance.MISSING_SPECS)
    assert len([case for case in CASES if case.source == "extract.yml"]) == 215
    assert len([case for case in CASES if case.source == "tlds.yml"]) > 1500


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.source == "extract.yml"],
    ids=lambda case: f"{case.section}: {case.description}",
)
def test_x_finds_what_twitter_text_finds(case: conformance.Case) -> None:
    assert case.actual == case.expected


def test_every_top_level_domain_that_twitter_text_knows_is_known() -> None:
    assert [
        case.description for case in CASES if case.source == "tlds.yml" and not case.passes
    ] == []


def test_top_level_domains_are_current_and_dated() -> None:
    assert {"org", "music", "web", "рф", "中国", "onion", "موقع"} <= tlds.names()
    assert all(name == name.lower() for name in tlds.names())
    lines = (
        Path(tlds.__file__)
        .with_name("tlds.txt")
        .read_text("utf-8")
        .split("#\n# Not in IANA")[0]
        .splitlines()
    )
    said = re.search(r"version 20\d{8} \(of (20\d\d-\d\d-\d\d)\), (\d+) names", "\n".join(lines))
    assert said, "the list doesn't say its date"
    assert date.fromisoformat(said.group(1)) >= date(2026, 9, 30)
    assert int(said.group(2)) == len([line for line in lines if not line.startswith("#")])


def found(find: Callable[[str], tuple[Span, ...]], text: str) -> list[str]:
    return [text[span.start : span.end] for span in find(text)]


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("Voir atelier.example.org/été.", ["atelier.example.org/été"]),
        ("（https://example.jp/新着）", ["https://example.jp/"]),
        ("自由软件example.org发布", ["example.org"]),
        (
            "[wiki](https://example.org/wiki/Libre_(logiciel))",
            ["https://example.org/wiki/Libre_(logiciel)"],
        ),
        ("😀https://😀.example.org", ["https://😀.example.org"]),
        (
            "https://example.org/a https://t.co/abc?x=1!",
            ["https://example.org/a", "https://t.co/abc?x=1"],
        ),
        ("ada@example.org", []),
        ("fichier.py, index.html, e.g. node.js", ["fichier.py"]),
        ("http://" + "a" * 64 + ".org", []),
    ],
)
def test_x_urls(text: str, urls: list[str]) -> None:
    assert found(entities.twitter_urls, text) == urls


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (
            "Voir https://example.jp/新着情報、https://example.org",
            ["https://example.jp/新着情報、https://example.org"],
        ),
        ("example.org et http://localhost", []),
        (
            "[wiki](https://example.org/wiki/Libre_(logiciel))",
            ["https://example.org/wiki/Libre_(logiciel)"],
        ),
        ("xhttps://example.org", []),
        ("https://example.org/a.b?c=é&d#e.", ["https://example.org/a.b?c=é&d#e"]),
        ("ipfs://example.org «https://example.org»", ["ipfs://example.org", "https://example.org"]),
        ("https://" + "é" * 60 + ".org", []),
        ("https://t.co/" + "a" * 41, []),
    ],
)
def test_mastodon_urls(text: str, urls: list[str]) -> None:
    assert found(entities.mastodon_urls, text) == urls


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        (
            "@ada, @bob@example.social: @c.d_e@été.example",
            ["@ada", "@bob@example.social", "@c.d_e@été.example"],
        ),
        ("x@ada /@ada =@ada é@ada", []),
        ("(@ada) 「@ada」", ["@ada", "@ada"]),
        ("@ada@ @ada:// @adaé", []),
        ("@ada.", ["@ada"]),
    ],
)
def test_mastodon_mentions(text: str, mentions: list[str]) -> None:
    assert found(entities.mastodon_mentions, text) == mentions


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#libre #été #自由 #свобода #حرية", ["#libre", "#été", "#自由", "#свобода", "#حرية"]),
        ("#2026 #v2 a#b &#39; #️⃣", ["#v2"]),
        ("#a#b #c\ufe0f#d", []),
        ("example.org/#tag 👍#tag", ["#tag"]),
    ],
)
def test_x_hashtags(text: str, tags: list[str]) -> None:
    assert found(entities.twitter_hashtags, text) == tags


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("https://10.0.0.200:8080/a?b#c", True),
        ("https://[::1]/", True),
        ("https://☃-.example/", False),
        ("https://example.org/a b", False),
    ],
)
def test_the_form_of_an_address(url: str, form: bool) -> None:
    assert validity.is_twitter_url(url) is form


@pytest.mark.parametrize(
    ("text", "clusters"),
    [
        ("e\u0301a", ["e\u0301", "a"]),
        ("👨‍👩‍👧‍👦🇫🇷🇩🇪", ["👨‍👩‍👧‍👦", "🇫🇷", "🇩🇪"]),
        ("🇫🇷🇩", ["🇫🇷", "🇩"]),
        ("a\r\nb", ["a", "\r\n", "b"]),
        ("🇫🇷\u200d🇩🇪🇪\ufe0f🇸", ["🇫🇷\u200d", "🇩🇪", "🇪\ufe0f", "🇸"]),
    ],
)
def test_graphemes(text: str, clusters: list[str]) -> None:
    assert entities.graphemes(text) == clusters


TEXTS = st.text() | st.lists(
    st.sampled_from(
        [
            "https://",
            "example",
            ".org",
            "日本",
            ".jp/",
            "@",
            "ada",
            "#",
            "tag",
            "(",
            ")",
            ".",
            " ",
            "/",
            "😀",
            "é",
            "1",
            "_",
            "-",
            "🇫",
        ]
    )
).map("".join)


@given(text=TEXTS)
def test_graphemes_joined_are_the_text(text: str) -> None:
    clusters = entities.graphemes(text)
    assert "".join(clusters) == text
    assert "" not in clusters
    assert entities.count_graphemes(text) == len(clusters)


@pytest.mark.parametrize(
    "find",
    [
        entities.twitter_urls,
        entities.twitter_mentions,
        entities.twitter_lists,
        entities.twitter_hashtags,
        entities.mastodon_urls,
        entities.mastodon_mentions,
        entities.mastodon_entities,
    ],
)
@given(text=TEXTS)
def test_spans_are_in_order_inside_the_text_and_apart(
    find: Callable[[str], tuple[Span, ...]], text: str
) -> None:
    position = 0
    for span in find(text):
        assert position <= span.start < span.end <= len(text)
        position = span.end
