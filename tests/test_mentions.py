"""Nobody is mentioned by accident."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.registry import load
from publisher.text.marks import Mark, Text
from publisher.text.measure import count
from publisher.text.measure.entities import mastodon_mentions, twitter_mentions
from publisher.text.measure.mentions import mentions
from publisher.text.tree import parse
from tests.discord_text import discord

PINGS = {name: load(name).pings for name in ("mastodon", "twitter", "discord", "email")}
FOUND = {"mastodon": mastodon_mentions, "twitter": twitter_mentions}


def visible(text: str) -> str:
    return text.replace("\u200c", "").replace("\u200b", "")


@pytest.mark.parametrize("platform", ["mastodon", "twitter"])
def test_only_the_known_become_mentions(platform: str) -> None:
    known = {"@ada": {"mastodon": "@ada@example.social", "twitter": "@ada_l"}[platform]}
    text = mentions("Thanks @ada, @bob and .@eve@example.net (@Ada)!", PINGS[platform], known)
    assert [text[span.start : span.end] for span in FOUND[platform](text)] == [known["@ada"]] * 2
    assert visible(text) == f"Thanks {known['@ada']}, @bob and .@eve@example.net ({known['@ada']})!"


@pytest.mark.parametrize("platform", ["mastodon", "twitter", "discord", "email"])
@pytest.mark.parametrize(
    "text",
    [
        "write to ada@example.org",
        "https://example.org/@ada/1",
        "see example.org/@ada",
        "an @ alone",
        "https://a.org/?u=@ada",
    ],
)
def test_addresses_stay_as_they_are(platform: str, text: str) -> None:
    assert mentions(text, PINGS[platform], {"@ada": "@other"}) == text


def test_an_inert_mention_costs_almost_nothing() -> None:
    assert count.mastodon(mentions("@bob", PINGS["mastodon"], {})) == count.mastodon("@bob")
    assert count.twitter(mentions("@bob", PINGS["twitter"], {})) == count.twitter("@bob") + 1


def test_discord_pings_nobody() -> None:
    for text in (
        discord(parse("<p>@everyone @here &lt;@12&gt; &lt;@&amp;7&gt;</p>")),
        "@everyone @here <@12> <@&7>",
    ):
        made = mentions(text, PINGS["discord"], {})
        assert "@everyone" not in made
        assert "@here" not in made
        assert "<@" not in made
    assert mentions("hi @ada and @bob", PINGS["discord"], {"@ada": "<@99>"}) == "hi <@99> and @bob"


def test_marks_move_along() -> None:
    text = Text(
        "@bob met @ada here",
        (Mark(14, 18, "atom"), Mark(0, 18, "link", href="https://example.org")),
    )
    made = mentions(text, PINGS["mastodon"], {"@ada": "@ada@example.social"})
    said = {made[mark.start : mark.end] for mark in made.marks}
    assert said == {"here", str(made), "@ada@example.social"}


@pytest.mark.parametrize("platform", ["mastodon", "twitter"])
@given(text=st.text(alphabet="@＠ab_1 .-/:é中\n(http", max_size=60))
def test_whatever_the_text_nobody_is_mentioned(platform: str, text: str) -> None:
    made = mentions(text, PINGS[platform], {})
    assert not FOUND[platform](made)
    assert visible(made) == text
