"""X: the contract, and what is X's own, over real sockets through tweepy; the sandbox verifies the
signature."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from publisher.adapter import Adapter
from publisher.errors import CannotLook, Duplicate, Refused
from publisher.sandbox import Sandbox
from publisher.sandbox.twitter import Twitter
from publisher.testing import AdapterContract
from tests import specs
from tests.test_pictures import got
from tests.web_servers import Server, says


class TestTwitter(AdapterContract):
    adapter = "twitter"

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_url": "http://127.0.0.1:9"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [
            (got(f"{sandbox[Twitter].url}/media/{one['id']}"), one["alt"]) for one in item["media"]
        ]

    def test_the_request_is_the_one_that_the_documentation_describes(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        options = {**channel.settings, "reply_settings": "following"}
        channel.send(
            channel.payload(self.message(channel, "Hello.", options=options), 0), self.attempt()
        )
        (request,) = sandbox.requests
        assert (request.method, request.path) == ("POST", "/2/tweets")
        assert request.headers["authorization"].startswith("OAuth ")
        body = json.loads(request.body)
        assert body == {"text": "Hello.", "reply_settings": "following"}
        specs.check_request("twitter", "POST", "/2/tweets", body)

    def test_the_same_text_twice_is_a_duplicate(self, channel: Adapter, sandbox: Sandbox) -> None:
        payload = channel.payload(self.message(channel), 0)
        channel.send(payload, self.attempt())
        with pytest.raises(Duplicate):
            channel.send(payload, self.attempt())
        assert len(self.live(sandbox)) == 1

    def test_a_post_is_found_again_whatever_x_made_of_its_addresses(self, channel: Adapter) -> None:
        text = "Ours & theirs <3: https://example.org/a?b=c, example.org, and www.example.com/x."
        payload, since = channel.payload(self.message(channel, text), 0), datetime.now(UTC)
        receipt = channel.send(payload, self.attempt())
        assert channel.find(payload, self.attempt(), since) == receipt

    def test_a_plan_without_reading_says_so(self, channel: Adapter, sandbox: Sandbox) -> None:
        sandbox[Twitter].reads = False
        try:
            with pytest.raises(CannotLook):
                channel.find(
                    channel.payload(self.message(channel), 0), self.attempt(), datetime.now(UTC)
                )
        finally:
            sandbox[Twitter].reads = True

    def test_a_list_that_holds_nothing_but_errors_is_no_empty_list(self, channel: Adapter) -> None:
        """X answers 200 to it: taken for "not there", the post would go out again."""
        errors = b'{"errors": [{"title": "Not Found Error", "detail": "Could not find user"}]}'
        with Server(says("200 OK", errors, "Connection: close")) as server:
            channel.settings = {**channel.settings, "api_url": server.url("")}
            payload = channel.payload(self.message(channel), 0)
            with pytest.raises(CannotLook):
                channel.find(payload, self.attempt(), datetime.now(UTC))

    def test_a_post_with_a_link_costs_more(self, channel: Adapter) -> None:
        costs = [
            channel.cost(channel.payload(self.message(channel, text), 0))
            for text in ("No link.", "A link: https://example.org/", "A bare one: example.org")
        ]
        assert costs == [0.015, 0.2, 0.2]

    def test_a_text_over_the_limit_is_refused_by_the_platform_too(self, channel: Adapter) -> None:
        rule = channel.rule({}, {})
        assert rule.limit == 280
        text = "日" * 141
        assert not rule.fits(text)
        with pytest.raises(Refused):
            channel.send(channel.payload(self.message(channel, text), 0), self.attempt())
