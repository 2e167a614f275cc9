"""Discord's webhook: the contract, and what is Discord's own, over real sockets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from publisher.adapter import Adapter
from publisher.errors import CannotLook, TemplateError
from publisher.sandbox import Sandbox
from publisher.testing import AdapterContract
from publisher.testing.bench import NOW, SENTENCE
from tests import specs
from tests.test_pictures import got


class TestDiscord(AdapterContract):
    adapter = "discord"

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.secrets = {"webhook_url": "http://127.0.0.1:9/api/webhooks/1/secret-token"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [(got(one["url"]), one["description"]) for one in item["object"]["attachments"]]

    def sent(self, channel: Adapter, sandbox: Sandbox, **options: Any) -> dict[str, Any]:
        message = self.message(channel, options={**channel.settings, **options})
        channel.send(channel.payload(message, 0), self.attempt())
        (request,) = [each for each in sandbox.requests if each.method == "POST"]
        assert request.argument("wait") == "true"
        body = json.loads(request.body)
        specs.check_request("discord", "POST", "/webhooks/{webhook_id}/{webhook_token}", body)
        assert isinstance(body, dict)
        return body

    def test_the_embed_has_title_text_link_and_time(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        body = self.sent(channel, sandbox, colour="#5865f2")
        assert body["embeds"] == [
            {
                "title": "Lamp 2.0 is out",
                "description": SENTENCE,
                "url": "https://example.org/news/lamp/",
                "timestamp": NOW.isoformat(),
                "color": 0x5865F2,
            }
        ]

    def test_nobody_is_pinged_unless_asked(self, channel: Adapter, sandbox: Sandbox) -> None:
        assert self.sent(channel, sandbox, content="@everyone")["allowed_mentions"] == {"parse": []}

    def test_those_who_are_asked_for_are_pinged(self, channel: Adapter, sandbox: Sandbox) -> None:
        body = self.sent(channel, sandbox, content="<@&1>", allowed_mentions=["roles"])
        assert body["allowed_mentions"] == {"parse": ["roles"]}
        assert body["content"] == "<@&1>"

    @pytest.mark.parametrize(
        ("title", "text"),
        [("t" * 257, "x"), ("é" * 257, "x"), ("😀" * 129, "x"), ("t" * 256, "x" * 5745)],
    )
    def test_a_field_over_its_limit_is_an_error_before_anything_is_sent(
        self, channel: Adapter, title: str, text: str
    ) -> None:
        with pytest.raises(TemplateError):
            channel.payload(self.message(channel, text, title=title), 0)

    def test_it_says_that_it_cannot_be_read_back(self, channel: Adapter) -> None:
        with pytest.raises(CannotLook):
            channel.find({}, self.attempt(), NOW)
