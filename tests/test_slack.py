"""Slack: the contract, and what is its own."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.adapter import Adapter, Picture
from publisher.errors import CannotLook, Gone, NotSent, Refused, Unknown
from publisher.sandbox import Sandbox
from publisher.sandbox.slack import Server
from publisher.testing import AdapterContract
from tests.conftest import POST, Publish
from tests.one_channel import on
from tests.test_pictures import got

slack: Any = importlib.import_module("publisher.adapters.slack")
rich: Any = importlib.import_module("publisher.adapters._slack_text")
tagged: Any = importlib.import_module("publisher.adapters._tagged_text")


class TestSlack(AdapterContract):
    adapter = "slack"
    makes_live = "POST /api/chat.postMessage"
    has_a_name = True
    refuses_more = False

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [(got(one["url"]), one["alt"]) for one in item["pictures"]]

    def test_a_message_has_its_mark(self, channel: Adapter, sandbox: Sandbox) -> None:
        channel.send(channel.payload(self.message(channel), 0), self.attempt("key-7"))
        (item,) = self.live(sandbox)
        mark = item["object"]["metadata"]
        assert mark["event_payload"] == {"key": "key-7"}
        assert mark["event_type"].replace("_", "").isalnum()

    def test_a_part_of_a_thread_is_found_in_its_thread(self, channel: Adapter) -> None:
        first = channel.send(channel.payload(self.message(channel), 0), self.attempt("key-1"))
        attempt = self.attempt("key-2", reply_to=first.id)
        payload = channel.payload(self.message(channel, "The second part."), 0)
        since = datetime.now(UTC) - timedelta(minutes=1)
        assert channel.find(payload, attempt, since) is None
        assert channel.send(payload, attempt) == channel.find(payload, attempt, since)

    def test_it_is_found_on_a_later_page(self, channel: Adapter, monkeypatch: Any) -> None:
        monkeypatch.setattr(slack, "PAGE", 2)
        since = datetime.now(UTC)
        payload = channel.payload(self.message(channel), 0)
        receipts = [channel.send(payload, self.attempt(f"key-{n}")) for n in range(5)]
        for number, receipt in enumerate(receipts):
            assert channel.find(payload, self.attempt(f"key-{number}"), since) == receipt

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            ("ratelimited", NotSent),
            ("internal_error", Unknown),
            ("fatal_error", Unknown),
            ("channel_not_found", Refused),
            ("invalid_auth", Refused),
            ("msg_too_long", Refused),
        ],
    )
    def test_what_an_error_in_200_means(self, code: str, kind: type[Exception]) -> None:
        assert type(slack.refusal(code)) is kind

    def test_who_is_not_invited_is_told_what_to_do(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        sandbox[Server].member = False
        try:
            with pytest.raises(Refused) as caught:
                channel.check()
            assert "/invite" in caught.value.hint
            with pytest.raises(CannotLook):
                channel.find({}, self.attempt(), datetime.now(UTC))
        finally:
            sandbox[Server].member = True

    def test_a_picture_waits_until_slack_has_seen_it(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        sandbox[Server].slow_files = True
        try:
            picture = Picture("h", "s", "lamp.png", "image/png", "A lamp", size=3)
            upload = channel.upload(picture, b"png")
            assert not upload.ready
            assert not channel.finish(upload.id, picture)
            assert channel.finish(upload.id, picture)
        finally:
            sandbox[Server].slow_files = False

    def test_an_edit_keeps_its_mark(self, channel: Adapter, sandbox: Sandbox) -> None:
        _, attempt = self.put_live(channel)
        channel.update(channel.payload(self.message(channel, "Edited."), 0), attempt)
        (item,) = self.live(sandbox)
        assert item["object"]["metadata"]["event_payload"] == {"key": "key-1"}

    def test_what_is_gone_does_not_stand(self, channel: Adapter) -> None:
        payload, attempt = self.put_live(channel)
        channel.delete(payload, attempt)
        with pytest.raises(Gone):
            channel.stands(payload, attempt)

    @pytest.mark.parametrize(
        ("url", "found", "mine"),
        [
            ("https://x.slack.com/archives/C0SANDBOX1/p1700000000123456", "1700000000.123456", True),
            ("https://x.slack.com/archives/C0SANDBOX1/p1700000000123456?thread_ts=1.2", "1700000000.123456", True),
            ("https://x.slack.com/archives/C0OTHER000/p1700000000123456", "1700000000.123456", False),
            ("https://x.slack.com/archives/C0SANDBOX1", "", False),
        ],
    )  # fmt: skip
    def test_an_address_says_the_id(
        self, url: str, found: str, mine: bool, channel: Adapter
    ) -> None:
        assert channel.id_in(url) == found
        assert channel.is_there(url) is mine


# Text


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("a", [("rich_text_section", [("a", {}, "")])]),
        ("a <b>b</b>", [("rich_text_section", [("a ", {}, ""), ("b", {"bold": True}, "")])]),
        ("<b>a<i>b</i></b>",
         [("rich_text_section", [("a", {"bold": True}, ""), ("b", {"bold": True, "italic": True}, "")])]),
        ('<a href="https://example.org/">a</a>', [("rich_text_section", [("a", {}, "https://example.org/")])]),
        ("x\n\n<blockquote>q <b>b</b></blockquote>\n\ny",
         [("rich_text_section", [("x\n", {}, "")]), ("rich_text_quote", [("q ", {}, ""), ("b", {"bold": True}, "")]),
          ("rich_text_section", [("\ny", {}, "")])]),
        ("<pre>a &lt; b</pre>", [("rich_text_preformatted", [("a < b", {}, "")])]),
        ("*no* _no_ <!here> @here", [("rich_text_section", [("*no* _no_ <!here> @here", {}, "")])]),
    ],
)  # fmt: skip
def test_styles_stand_beside_the_words(text: str, elements: list[Any]) -> None:
    block = rich.rich_text(tagged.parsed(text))
    told = [
        (each["type"], [(run["text"], run.get("style", {}), run.get("url", "")) for run in each["elements"]])
        for each in block["elements"]
    ]  # fmt: skip
    assert told == elements


@given(st.text(st.sampled_from("ab<>/&;\n 😀é") | st.characters(codec="utf-8"), max_size=50))
def test_no_word_is_lost(text: str) -> None:
    shown = tagged.parsed(text)
    block = rich.rich_text(shown)
    runs = [run["text"] for each in block["elements"] for run in each["elements"]]
    assert "".join(runs).replace("\n", "") == shown.text.replace("\n", "")


# The whole command


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with on("slack", tmp_path, monkeypatch) as sandbox:
        yield sandbox


def test_it_reads_as_somebody_would_have_posted_it(here: Sandbox, publish: Publish) -> None:
    publish("post.md", "--json")
    (live,) = here.received()
    assert live["text"].startswith("Lamp 2.0 is out\n\nLamp 2.0 is here.")
    assert live["text"].endswith("\n\nhttps://example.org/news/post/")


def test_nobody_is_notified(here: Sandbox, publish: Publish, tmp_path: Path) -> None:
    text = POST.replace("**Lamp 2.0**", "\\<!channel> & @here: it")
    (tmp_path / "post.md").write_text(text, "utf-8")
    publish("post.md", "--json")
    (request,) = [each for each in here.requests if each.path.endswith("postMessage")]
    body = json.loads(request.body)
    assert "&lt;!channel&gt; &amp; @here" in body["text"]
    assert "link_names" not in body
