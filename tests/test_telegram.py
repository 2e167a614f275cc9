"""Telegram: the contract, and what is its own."""

from __future__ import annotations

import html
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from publisher.adapter import Adapter
from publisher.errors import Gone, NotSent, Refused, TemplateError
from publisher.sandbox import Sandbox
from publisher.sandbox.telegram import Server
from publisher.testing import AdapterContract
from publisher.text.flavour import Setting
from publisher.text.tree import parse, text_of
from tests.conftest import POST, Publish
from tests.one_channel import on
from tests.test_pictures import got

markup: Any = importlib.import_module("publisher.adapters._tagged_text")
telegram: Any = importlib.import_module("publisher.adapters.telegram")


class TestTelegram(AdapterContract):
    adapter = "telegram"
    shows_alt = False

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [(got(one["url"]), one["alt"]) for one in item["pictures"]]

    def test_a_caption_that_is_too_long_is_an_error_before(self, channel: Adapter) -> None:
        message = self.message(channel, "😀" * 513, pictures=(self.picture(),))
        with pytest.raises(TemplateError, match="1024"):
            channel.payload(message, 0)
        channel.payload(self.message(channel, "😀" * 512, pictures=(self.picture(),)), 0)

    def test_every_picture_of_an_album_is_deleted(self, channel: Adapter, sandbox: Sandbox) -> None:
        self.test_pictures_arrive_in_order_with_their_bytes_and_texts(channel, sandbox)
        (item,) = self.live(sandbox)
        attempt = self.attempt()
        album = f"{item['id']},{int(item['id']) + 1}"
        channel.delete({}, _with(attempt, album))
        assert self.live(sandbox) == []
        with pytest.raises(Gone):
            channel.delete({}, _with(attempt, album))

    def test_a_bot_that_may_not_post_is_told_before(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        sandbox[Server].rights = False
        try:
            with pytest.raises(Refused) as caught:
                channel.check()
            assert "may not post" in caught.value.message
            assert "Add Administrator" in caught.value.hint
        finally:
            sandbox[Server].rights = True

    def test_a_silent_message_without_preview(self, channel: Adapter, sandbox: Sandbox) -> None:
        options = {**channel.settings, "silent": True, "link_preview": False}
        channel.send(channel.payload(self.message(channel, options=options), 0), self.attempt())
        (item,) = self.live(sandbox)
        assert (item["silent"], item["link_preview"]) == (True, False)

    def test_that_pictures_stay_is_said(self, channel: Adapter) -> None:
        payload, attempt = self.put_live(channel)
        new = channel.payload(self.message(channel, pictures=(self.picture(),)), 0)
        assert "pictures stay" in channel.update(new, attempt).warning
        assert channel.update(payload, attempt).warning == ""

    def test_a_refusal_says_how_long_in_its_body(self, channel: Adapter, sandbox: Sandbox) -> None:
        sandbox.fault("telegram", "429-bare", seconds=7)
        with pytest.raises(NotSent) as caught:
            channel.send(channel.payload(self.message(channel), 0), self.attempt())
        assert caught.value.retry_after == 7

    @pytest.mark.parametrize(
        ("url", "found", "mine"),
        [
            ("https://t.me/library_news/42", "42", True),
            ("https://t.me/library_news/42?single", "42", True),
            ("https://t.me/c/1234567890/42", "42", False),
            ("https://t.me/other/42", "42", False),
            ("https://t.me/library_news", "", False),
            ("https://example.org/library_news/42", "42", False),
        ],
    )
    def test_an_address_says_the_id(
        self, url: str, found: str, mine: bool, channel: Adapter
    ) -> None:
        assert channel.id_in(url) == found
        assert channel.is_there(url) is mine

    def picture(self) -> Any:
        from publisher.adapter import Picture

        return Picture("h", "s", "lamp.png", "image/png", "A lamp", size=9)


def _with(attempt: Any, remote_id: str) -> Any:
    from dataclasses import replace

    return replace(attempt, remote_id=remote_id)


# Text


def said(source: str) -> str:
    return str(markup.tagged_text(parse(source), Setting()))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<p><strong>bold <em>both</em></strong></p>", "<b>bold <i>both</i></b>"),
        ("<p><b>a <strong>b</strong></b></p>", "<b>a b</b>"),
        ("<p><del>gone</del> <u>under</u></p>", "<s>gone</s> <u>under</u>"),
        ("<p>1 &lt; 2 &amp; <code>a&lt;b</code></p>", "1 &lt; 2 &amp; <code>a&lt;b</code>"),
        ("<h2>Two</h2><p>x</p>", "<b>Two</b>\n\nx"),
        ("<ul><li>a</li><li>b</li></ul>", "• a\n• b"),
        ("<pre><code>a\n</code></pre>", "<pre>a</pre>"),
        ("<blockquote><p>a</p><blockquote>b</blockquote></blockquote>",
         "<blockquote>a\n\nb</blockquote>"),
        ("<p><a href='https://example.org/?a=1&amp;b=2'>words</a></p>",
         '<a href="https://example.org/?a=1&amp;b=2">words</a>'),
    ],
)  # fmt: skip
def test_tags(source: str, shown: str) -> None:
    assert said(source) == shown


@pytest.mark.parametrize(
    ("text", "shown", "entities"),
    [
        ("<b>a</b>", "a", [("bold", 0, 1)]),
        ("😀<b>é</b>", "😀é", [("bold", 2, 1)]),
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ("<b>a", "a", []),
        ("a</b>", "a", []),
        ("1 < 2 <x> <b", "1 < 2 <x> <b", []),
        ("&lt;b&gt; &amp;lt; &copy;", "<b> &lt; &copy;", []),
        ("<b></b>a", "a", []),
    ],
)
def test_what_is_no_tag_is_text(text: str, shown: str, entities: list[Any]) -> None:
    found = markup.parsed(text)
    assert found.text == shown
    told = telegram.entities(found)
    assert [(each["type"], each["offset"], each["length"]) for each in told] == entities


def test_a_link_has_its_address() -> None:
    found = markup.parsed('<a href="https://example.org/?a=1&amp;b=2">é</a>')
    (link,) = telegram.entities(found)
    assert link == {
        "type": "text_link",
        "offset": 0,
        "length": 1,
        "url": "https://example.org/?a=1&b=2",
    }


@given(st.text(st.sampled_from("<>&;/abiu \"'=#é😀") | st.characters(codec="utf-8"), max_size=60))
def test_an_author_s_characters_are_never_markup(text: str) -> None:
    part = parse(f"<p>{html.escape(text)}</p>")
    shown = markup.parsed(str(markup.tagged_text(part, Setting())))
    assert shown.spans == ()
    assert shown.text.split() == text_of(part).split()


@given(st.text(max_size=200))
def test_every_entity_lies_within_the_text(text: str) -> None:
    found = markup.parsed(text)
    size = len(found.text.encode("utf-16-le", "surrogatepass")) // 2
    for each in telegram.entities(found):
        assert 0 <= each["offset"] < each["offset"] + each["length"] <= size


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("a", 1),
        ("é", 1),
        ("e\u0301", 2),
        ("語", 1),
        ("😀", 2),
        ("👩🏽‍🚀", 7),
        ("<b>x</b> &amp;", 3),
    ],
)
def test_the_count_is_of_what_is_shown(text: str, units: int) -> None:
    assert markup.count(text) == units


# The whole command


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with on("telegram", tmp_path, monkeypatch) as sandbox:
        yield sandbox


def test_it_reads_as_somebody_would_have_posted_it(here: Sandbox, publish: Publish) -> None:
    publish("post.md", "--json")
    (live,) = here.received()
    assert live["text"].startswith("Lamp 2.0 is out\n\nLamp 2.0 is here.")
    bold = [each for each in live["object"]["entities"] if each["type"] == "bold"]
    assert [(each["offset"], each["length"]) for each in bold] == [(0, 15), (17, 8)]


def test_signs_in_a_title_are_signs(here: Sandbox, publish: Publish, tmp_path: Path) -> None:
    text = POST.replace("title: Lamp 2.0 is out", "title: '1 < 2 & x > y @ada'")
    (tmp_path / "post.md").write_text(text, "utf-8")
    assert publish("post.md", "--json").status == 0
    (live,) = here.received()
    assert live["text"].startswith("1 < 2 & x > y @\u200bada\n")


def test_the_token_is_shown_nowhere(here: Sandbox, publish: Publish) -> None:
    here.fault("telegram", "lost")
    ran = publish("post.md", "--json")
    token = here.environment()["TELEGRAM_BOT_TOKEN"]
    assert token not in ran.out + ran.err
    assert token not in requests.get(f"{here.url}/_sandbox/requests", timeout=5).text
    assert token not in requests.get(f"{here.url}/_sandbox/window", timeout=5).text
