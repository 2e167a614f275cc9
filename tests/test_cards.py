"""What a platform would show of a page, and what the page lacks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from publisher.site.link_cards import Card, read

URL = "https://example.org/news/lamp/"
WHOLE = """<!doctype html><html><head><title>Lamp | Example</title>
<meta property="og:title" content="Lamp 2.0 is out"><meta property="og:type" content="article">
<meta property="og:description" content="It starts
 twice as fast."><meta property="og:image" content="https://example.org/lamp.png">
<meta property="og:image:alt" content="A lamp"><meta name="twitter:card" content="summary_large_image">
</head><body>Text</body></html>"""


def cards(html: str) -> dict[str, Card]:
    return {card.platform: card for card in read(html, URL)}


def test_a_page_that_says_everything_lacks_nothing() -> None:
    found = cards(WHOLE)
    assert set(found) == {"Mastodon", "X", "Discord"}
    for card in found.values():
        assert card.missing == ()
        assert (card.title, card.description) == ("Lamp 2.0 is out", "It starts twice as fast.")
        assert card.image == "https://example.org/lamp.png"
    assert found["X"].kind == "summary_large_image"


def test_without_twitter_card_x_shows_a_small_card_or_a_bare_link() -> None:
    without = WHOLE.replace('<meta name="twitter:card" content="summary_large_image">', "")
    card = cards(without)["X"]
    assert (card.kind, card.missing[0]) == (
        "summary",
        "twitter:card is missing: X shows a small card",
    )
    card = cards(without.replace("og:type", "og:other"))["X"]
    assert (card.kind, card.missing[0]) == ("link", "twitter:card is missing: X shows a bare link")


def test_a_bare_page_is_shown_by_its_title_and_told_what_it_lacks() -> None:
    card = cards("<title> A  page </title>")["Mastodon"]
    assert card.title == "A page"
    assert card.missing == (
        "og:title is missing: the page's <title> is shown",
        "og:image is missing: the card has no picture",
        "og:description is missing",
    )


def test_a_relative_picture_is_resolved_and_told() -> None:
    card = cards(WHOLE.replace("https://example.org/lamp.png", "../lamp.png"))["Mastodon"]
    assert card.image == "https://example.org/news/lamp.png"
    assert "relative" in card.missing[0]
    assert (
        cards(WHOLE.replace("https://example.org/lamp.png", "javascript:alert(1)"))["X"].image == ""
    )


@given(st.text() | st.binary().map(lambda data: data.decode("utf-8", "replace")))
def test_no_page_is_too_odd(html: str) -> None:
    for card in read(html, URL):
        assert not any(ord(c) < 32 for c in card.title + card.description)


def test_a_page_of_five_megabytes_is_read() -> None:
    assert cards(WHOLE + "<p>word</p>" * 450_000)["X"].title == "Lamp 2.0 is out"
