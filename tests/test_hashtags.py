"""Tags become hashtags that each platform takes for such, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.registry import load
from publisher.text.measure.entities import Span, twitter_hashtags
from publisher.text.measure.hashtags import IsHashtag, hashtag, hashtags

ON_X = load("twitter").is_hashtag


@pytest.mark.parametrize("taken", [ON_X, load("mastodon").is_hashtag])
@pytest.mark.parametrize(
    ("tag", "made"),
    [
        ("python", "#python"), ("machine learning", "#MachineLearning"), ("open-source", "#OpenSource"),
        ("iOS apps", "#iOSApps"), ("logiciel libre", "#LogicielLibre"), ("été indien", "#ÉtéIndien"),
        ("e\u0301te\u0301", "#été"), ("node.js", "#NodeJs"), ("#already", "#already"), ("开源 软件", "#开源软件"),
        ("日本", "#日本"), ("ذكاء اصطناعي", "#ذكاء_اصطناعي"), ("2024 recap", "#2024Recap"), ("c++", None), ("c#", None),
        ("2024", None), ("web 2.0", None), ("R&D", "#RD"), ("don't panic", "#DontPanic"), ("We’re back", "#WereBack"),
            ("l'eau", "#LEau"), ("🎉", None), ("", None), ("---", None),
    ],
)  # fmt: skip
def test_a_tag_is_a_hashtag_or_nothing(tag: str, made: str | None, taken: IsHashtag) -> None:
    assert hashtag(tag, taken) == made


def test_hashtags_stand_in_a_row_each_once() -> None:
    assert hashtags(["Free software", "c++", "free-software", "été"], bool) == "#FreeSoftware #été"


@given(st.text(max_size=30))
def test_what_is_made_is_a_hashtag_as_x_finds_it(tag: str) -> None:
    made = hashtag(tag, ON_X)
    if made is not None:
        assert list(map(tuple_of, twitter_hashtags(made))) == [(0, len(made))]


def tuple_of(span: Span) -> tuple[int, int]:
    return span.start, span.end
