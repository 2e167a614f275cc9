"""Text on Bluesky: what is counted, what is shown, and what its facets say."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from importlib import import_module
from random import Random
from typing import Any

import pytest
import regex
from hypothesis import assume, given
from hypothesis import strategies as st

from publisher.text import tree
from publisher.text.flavour import Setting
from publisher.text.measure.mentions import mentions
from tests.pages import ROOT

rich: Any = import_module("publisher.adapters._bluesky_text")

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
EMOJI_AND_MARKS = (
    FAMILY, "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", "e\u0301", "1️⃣", "❤️", "क्षत्रिय", "ശ്രീ", "น้ำ", "বাংলা", "தமிழ்",
    "ಕನ್ನಡ", "မြန်မာ", "ខ្មែរ", "\u1112\u1161\u11ab",
)  # fmt: skip
SEGMENTER = """
const texts = JSON.parse(require('fs').readFileSync(0));
console.log(JSON.stringify(texts.map(text => [...new Intl.Segmenter().segment(text)].length)));
"""
LONG = "https://example.org/news/2026/lamp-2-0-is-out/?from=bluesky"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("abc", 3),
        ("e\u0301" * 10, 10),
        ("a\u0301\u0302\u0303\u0304", 1),
        ("日本語", 3),
        ("한국어", 3),
        ("\u1112\u1161\u11ab", 1),  # one syllable of three letters
        ("مرحبا", 5),
        ("שָׁלוֹם", 4),
        ("नमस्ते", 3),  # a conjunct is one
        (FAMILY, 3),  # one grapheme, but 25 bytes, of which there are ten to a grapheme
        (f"{FAMILY}abcdefghij", 11),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 2),
        ("👍🏽", 1),
        ("❤️", 1),
        ("a\nb\n\nc", 6),
        ("https://example.org", len("example.org")),
        ("https://example.org/", len("example.org")),
        ("https://example.org/lamp/", len("example.org/lamp/")),
        (LONG, len("example.org/news/2026/lamp-2-0-is-…")),
        (f"See {LONG}.", len("See example.org/news/2026/lamp-2-0-is-….")),
        ("example.org", 11),
    ],
)
def test_what_is_shown_is_counted_in_graphemes_or_tens_of_bytes(text: str, length: int) -> None:
    assert rich.count(text) == length


@given(st.text())
def test_the_count_is_enough_for_both_limits(text: str) -> None:
    shown, _ = rich.shown(text)
    graphemes, size = len(regex.findall(r"\X", shown)), len(shown.encode("utf-8", "replace"))
    assert rich.count(text) == max(graphemes, math.ceil(size / 10))


def test_the_count_is_that_of_the_server_s_own_segmenter() -> None:
    """A PDS counts by Intl.Segmenter of node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    texts = [file.read_text("utf-8") for file in sorted(ROOT.glob("examples/*.md"))]
    words = [*EMOJI_AND_MARKS, *(word for text in texts for word in text.split())]
    chosen = Random(1)
    texts += [" ".join(chosen.choices(words, k=12)) for _ in range(2000)]
    seen = [rich.shown(text)[0] for text in texts]
    ran = subprocess.run(
        [node, "-e", SEGMENTER], input=json.dumps(seen), capture_output=True, text=True, check=True
    )
    assert [rich.count_graphemes(text) for text in seen] == json.loads(ran.stdout)


def facets(text: str) -> list[tuple[str, str]]:
    """What a reader could press, and where it leads. Every facet is one that is right."""
    shown, spans = rich.shown(text)
    made = rich.facets(shown, spans)
    assert rich.wrong(shown, made) == ""
    data = shown.encode()
    found = []
    for facet in made:
        words = data[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        (feature,) = facet["features"]
        (value,) = [feature[name] for name in feature if name != "$type"]
        found.append((words, value))
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Größer – 日本語: {LONG}", [("example.org/news/2026/lamp-2-0-is-…", LONG)]),
        ("(https://example.org/a)", [("example.org/a", "https://example.org/a")]),
        ("https://e.org/a_(b), yes", [("e.org/a_(b)", "https://e.org/a_(b)")]),
        ("https://me:pw@e.org/a", [("e.org/a", "https://me:pw@e.org/a")]),
        ("xhttps://e.org", []),
        ("ftp://e.org mailto:a@e.org e.org", []),
        ("#lamp #Größe.", [("#lamp", "lamp"), ("#Größe", "Größe")]),
        ("#日本 ＃ランプ", [("#日本", "日本"), ("＃ランプ", "ランプ")]),
        ("C# a#b (#c #1 #2026 # ##", []),
        (f"#{'x' * 64}", [(f"#{'x' * 64}", "x" * 64)]),
        (f"#{'x' * 65}", []),
        ("#️⃣ 1", []),
        ("hi @ada.test!", [("@ada.test", "ada.test")]),
        (
            "@ada a@ada.test https://e.org/@ada.test",
            [("e.org/@ada.test", "https://e.org/@ada.test")],
        ),
        ("@\u200cada.test", []),
        ("@ada.test@example.org", []),
    ],
)
def test_links_tags_and_mentions(text: str, found: list[tuple[str, str]]) -> None:
    assert facets(text) == found


@pytest.mark.parametrize("length", range(12, 24))
def test_a_short_address_ends_with_a_whole_character(length: int) -> None:
    shown = rich.short(f"https://e.org/{'x' * length}%E6%97%A5%E6%9C%AC")
    assert regex.fullmatch(r"e\.org/x+(%[0-9A-F]{2})*…?", shown)


def test_a_name_that_was_made_inert_is_shown_as_it_was_written() -> None:
    assert rich.shown("@\u200cada.test")[0] == "@ada.test"


def made(html: str, **setting: Any) -> str:
    return str(rich.bluesky(tree.parse(html), Setting(**setting)))


def test_the_words_of_a_link_lead_where_it_leads() -> None:
    text = made(
        '<p>Größer: read <a href="https://example.org/ä?b=1">the <b>news</b></a>, please.</p>'
    )
    assert rich.shown(text)[0] == "Größer: read the news, please."
    assert facets(text) == [("the news", "https://example.org/%C3%A4?b=1")]


def test_a_link_whose_words_are_its_address_is_shown_short() -> None:
    text = made(f'<p>At <a href="{LONG}">{LONG}</a></p>')
    assert facets(text) == [("example.org/news/2026/lamp-2-0-is-…", LONG)]


def test_code_stays_as_it_is() -> None:
    code = "curl https://example.org/install.sh | sh -s #now @ada.test"
    for html in (f"<p><code>{code}</code></p>", f"<pre><code>{code}</code></pre>"):
        text = made(html)
        assert rich.shown(text)[0] == code
        assert facets(text) == []
    linked = made('<p><a href="https://example.org/"><code>#a @b.test</code></a></p>')
    assert facets(linked) == [("#a @b.test", "https://example.org")]


def test_nobody_is_mentioned_unless_the_author_said_whom() -> None:
    plain = made("<p>Thanks to @ada and @ada.test.</p>")
    nobody = str(mentions(plain, rich.PINGS, {}))
    assert facets(nobody) == []
    assert rich.shown(nobody)[0] == "Thanks to @ada and @ada.test."
    asked = str(mentions(plain, rich.PINGS, {"@ada": "@ada.example"}))
    assert facets(asked) == [("@ada.example", "ada.example")]


def test_our_own_marks_never_come_from_a_post() -> None:
    text = made("<p>a\ufdd0b\ufdd1https://evil.example\ufdd2c\ufdd3</p>")
    assert rich.shown(text)[0] == "abhttps://evil.examplec"
    assert facets(text) == []


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters="\u200c"), max_size=80
)


@given(st.lists(WORDS, max_size=4))
def test_plain_characters_arrive_as_they_are(words: list[str]) -> None:
    """Whatever looks like Markdown or HTML by then is a reader's text."""
    text = " ".join(" ".join(words).split())
    assume("http" not in text.lower())
    shown, spans = rich.shown(rich.Rich("", (), ()).escape(text, None))
    assert shown == text
    assert not [span for span in spans if span.kind == "link"]


@given(st.text(max_size=60))
def test_what_is_shown_shows_the_same_once_more(text: str) -> None:
    shown, _ = rich.shown(text)
    assert rich.shown(shown)[0] == shown or "http" in shown


@given(st.lists(st.sampled_from((LONG, "#tag", "@ada.test", "日本 ", "é", " ", FAMILY, "(", ")."))))
def test_every_facet_is_one_that_is_right(pieces: list[str]) -> None:
    facets("".join(pieces))


@pytest.mark.parametrize(
    ("start", "end", "feature"),
    [
        (0, 99, {"uri": "https://e.org"}),  # beyond the text
        (1, 3, {"uri": "https://e.org"}),  # within a character
        (3, 3, {"uri": "https://e.org"}),
        (0, 2, {"uri": "not an address"}),
        (0, 2, {"tag": "ü"}),
        (0, 2, {"handle": "ada.test"}),
    ],
)
def test_a_facet_that_is_wrong_is_noticed(start: int, end: int, feature: dict[str, str]) -> None:
    kind = {"uri": "link", "tag": "tag", "handle": "mention"}[next(iter(feature))]
    feature = {"$type": f"app.bsky.richtext.facet#{kind}", **feature}
    facet = {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}
    assert rich.wrong("üabc", [facet])


def test_two_facets_on_one_place_are_noticed() -> None:
    feature = {"$type": "app.bsky.richtext.facet#link", "uri": "https://e.org"}
    facet = {"index": {"byteStart": 0, "byteEnd": 3}, "features": [feature]}
    assert rich.wrong("abc", [facet]) == ""
    assert rich.wrong("abc", [facet, facet])


@pytest.mark.parametrize("word", ["#FreeSoftware", "#日本", "#été", "#R2D2"])
def test_a_hashtag(word: str) -> None:
    assert rich.is_hashtag(word)


@pytest.mark.parametrize("word", ["#2026", f"#{'x' * 65}", "#a b", "a", "##a,"])
def test_no_hashtag(word: str) -> None:
    assert not rich.is_hashtag(word)
