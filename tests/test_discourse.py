"""Discourse: the contract, and what is its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.adapter import Adapter, Message
from publisher.errors import Refused, TemplateError
from publisher.sandbox import Sandbox
from publisher.testing import AdapterContract
from publisher.testing.bench import SENTENCE
from tests.conftest import POST, Publish
from tests.one_channel import on
from tests.test_pictures import got


class TestDiscourse(AdapterContract):
    adapter = "discourse"
    makes_live = "POST /posts.json"
    has_a_name = True
    same_key_is_one = True

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [(got(one["url"]), one["alt"]) for one in item["pictures"]]

    def message(self, adapter: Adapter, text: str = SENTENCE, **changes: Any) -> Message:
        return super().message(adapter, text, **{"title": "Lamp 2.0 is out now", **changes})

    def test_a_topic_has_a_title(self, channel: Adapter) -> None:
        for title in ("", "x" * 256):
            with pytest.raises(TemplateError, match="title"):
                channel.payload(self.message(channel, title=title), 0)

    def test_what_a_forum_refuses_is_said(self, channel: Adapter) -> None:
        with pytest.raises(Refused, match="between 15 and 255"):
            channel.send(channel.payload(self.message(channel, title="Short"), 0), self.attempt())

    def test_a_reply_is_found_in_its_topic(self, channel: Adapter) -> None:
        first = channel.send(channel.payload(self.message(channel), 0), self.attempt())
        attempt = self.attempt("key-2", reply_to=first.id)
        payload = {"raw": "The second part."}
        since = datetime.now(UTC)
        assert not channel.knows_both(attempt, None)
        assert channel.find(payload, attempt, since) is None
        reply = channel.send(payload, attempt)
        assert channel.find(payload, attempt, since) == reply
        taken = replace(attempt, is_taken=lambda id: id == reply.id)
        assert channel.find(payload, taken, since) is None
        assert channel.find(payload, attempt, since + timedelta(minutes=5)) is None

    def test_an_edit_changes_the_title_too(self, channel: Adapter, sandbox: Sandbox) -> None:
        payload, attempt = self.put_live(channel)
        new = {**payload, "title": "Another title of it"}
        assert not channel.stands(new, attempt)
        channel.update(new, attempt)
        assert channel.stands(new, attempt)
        (item,) = self.live(sandbox)
        assert item["subject"] == "Another title of it"

    def test_a_topic_that_was_adopted_can_be_edited(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        payload, attempt = self.put_live(channel)
        topic = channel.id_in(self.live(sandbox)[0]["url"])
        adopted = replace(attempt, remote_id=topic)
        assert channel.stands(payload, adopted)
        channel.update({**payload, "raw": "Edited."}, adopted)
        assert self.live(sandbox)[0]["text"] == "Edited."

    @pytest.mark.parametrize(
        ("url", "found"),
        [
            ("https://forum.example.org/t/lamp-is-out/42", "42"),
            ("https://forum.example.org/t/lamp-is-out/42/3", "42"),
            ("https://forum.example.org/forum/t/42", "42"),
            ("https://forum.example.org/c/news/5", ""),
        ],
    )
    def test_an_address_says_the_topic(self, url: str, found: str, channel: Adapter) -> None:
        assert channel.id_in(url) == found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with on("discourse", tmp_path, monkeypatch) as sandbox:
        yield sandbox


def test_nobody_is_notified(here: Sandbox, publish: Publish, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text(POST.replace("**Lamp 2.0**", "@ada says that it"), "utf-8")
    publish("post.md", "--json")
    (live,) = here.received()
    assert live["text"].startswith("@\u200bada says")
