"""Slack by webhook: the contract, and that it says what it can't know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.adapter import Adapter
from publisher.errors import Refused
from publisher.sandbox import Sandbox
from publisher.testing import AdapterContract
from tests.one_channel import on


class TestSlackWebhook(AdapterContract):
    adapter = "slack_webhook"
    refuses_more = False

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.secrets = {"webhook_url": "http://127.0.0.1:9/services/T0/B0/secret"}

    def test_a_webhook_that_is_gone_is_refused(self, channel: Adapter) -> None:
        address = channel.secrets["webhook_url"].replace("/services/T0", "/services/T9")
        channel.secrets = {"webhook_url": address}
        with pytest.raises(Refused) as caught:
            channel.check()
        assert "no_service" in caught.value.message


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with on("slack_webhook", tmp_path, monkeypatch) as sandbox:
        yield sandbox
