"""ntfy: the contract, and what is its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.adapter import Adapter
from publisher.errors import CannotLook, Refused, TemplateError
from publisher.sandbox import Sandbox
from publisher.sandbox.ntfy import Server
from publisher.testing import AdapterContract
from tests.conftest import Publish
from tests.one_channel import on


class TestNtfy(AdapterContract):
    adapter = "ntfy"

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}

    def test_what_is_there_is_found_and_nothing_else(self, channel: Adapter) -> None:
        payload, since = channel.payload(self.message(channel), 0), datetime.now(UTC)
        with pytest.raises(CannotLook):
            channel.find(payload, self.attempt(), since)
        receipt = channel.send(payload, self.attempt())
        assert channel.find(payload, self.attempt(), since) == receipt
        other = channel.payload(self.message(channel, title="Another title"), 0)
        taken = replace(self.attempt(), is_taken=lambda id: id == receipt.id)
        for nothing in (
            (other, self.attempt(), since),
            (payload, taken, since),
            (payload, self.attempt(), since + timedelta(minutes=5)),
        ):
            with pytest.raises(CannotLook):
                channel.find(*nothing)

    def test_a_title_that_is_too_long_is_an_error_before(self, channel: Adapter) -> None:
        channel.payload(self.message(channel, title="é" * 512), 0)
        with pytest.raises(TemplateError, match="1026 bytes"):
            channel.payload(self.message(channel, title="é" * 513), 0)

    def test_an_open_topic_needs_no_token(self, channel: Adapter, sandbox: Sandbox) -> None:
        channel.secrets = {}
        with pytest.raises(Refused):
            channel.send(channel.payload(self.message(channel), 0), self.attempt())
        sandbox[Server].is_open = True
        try:
            assert "the server is there" in channel.check()
            channel.send(channel.payload(self.message(channel), 0), self.attempt())
            assert len(self.live(sandbox)) == 1
        finally:
            sandbox[Server].is_open = False

    def test_a_tap_opens_the_page(self, channel: Adapter, sandbox: Sandbox) -> None:
        options = {**channel.settings, "priority": 4}
        channel.send(channel.payload(self.message(channel, options=options), 0), self.attempt())
        (item,) = self.live(sandbox)
        assert item["object"]["click"] == "https://example.org/news/lamp/"
        assert item["object"]["priority"] == 4


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with on("ntfy", tmp_path, monkeypatch) as sandbox:
        yield sandbox


@pytest.mark.parametrize("kind", ["lost", "lost-500", "cut", "lost-html"])
def test_what_arrived_is_found(kind: str, here: Sandbox, publish: Publish) -> None:
    here.fault("ntfy", kind)
    assert publish("post.md", "--json").statuses() == {"ntfy": "sent"}
    assert len(here.received()) == 1


@pytest.mark.parametrize("kind", ["lost", "drop", "500"])
def test_what_is_not_found_is_unknown(kind: str, here: Sandbox, publish: Publish) -> None:
    here[Server].caches = False
    here.fault("ntfy", kind)
    assert publish("post.md", "--json").statuses() == {"ntfy": "unknown"}
    before = len(here.received())
    assert publish("post.md", "--json").status == 3
    assert len(here.received()) == before
