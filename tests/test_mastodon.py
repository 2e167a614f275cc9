"""Mastodon: the contract, and what is Mastodon's own, over real sockets through Mastodon.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from publisher import registry
from publisher.adapter import Adapter, Channel, Part
from publisher.sandbox import Sandbox
from publisher.testing import AdapterContract
from tests import specs
from tests.test_pictures import got


class TestMastodon(AdapterContract):
    adapter = "mastodon"
    same_key_is_one = True

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [
            (got(one["url"]), one["description"]) for one in item["object"]["media_attachments"]
        ]

    def test_the_request_is_the_one_that_the_documentation_describes(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        options = {
            **channel.settings,
            "visibility": "unlisted",
            "spoiler_text": "Release",
            "language": "fr",
        }
        channel.send(
            channel.payload(self.message(channel, options=options), 0), self.attempt("the-key")
        )
        (request,) = [each for each in sandbox.requests if each.method == "POST"]
        assert request.path == "/api/v1/statuses"
        assert request.headers["idempotency-key"] == "the-key"
        assert request.headers["authorization"] == f"Bearer {channel.secrets['access_token']}"
        form = {key: values[0] for key, values in parse_qs(request.body.decode()).items()}
        assert form["visibility"] == "unlisted"
        assert form["spoiler_text"] == "Release"
        assert form["language"] == "fr"
        assert "sensitive" not in form, "it would override the account's own setting"
        specs.check_request("mastodon", "POST", "/api/v1/statuses", form)

    def test_one_post_is_one_request(self, channel: Adapter, sandbox: Sandbox) -> None:
        channel.send(channel.payload(self.message(channel), 0), self.attempt())
        assert [(each.method, each.path) for each in sandbox.requests] == [
            ("POST", "/api/v1/statuses")
        ]

    def test_the_same_key_makes_one_post_of_two_attempts(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        payload = channel.payload(self.message(channel), 0)
        assert channel.send(payload, self.attempt("k")) == channel.send(payload, self.attempt("k"))
        assert len(self.live(sandbox)) == 1

    def test_a_thread_s_later_parts_are_unlisted_where_the_first_is_public(
        self, channel: Adapter
    ) -> None:
        parts = (Part("One."), Part("Two."))
        options = {**channel.settings, "visibility": "public"}
        message = self.message(channel, options=options, parts=parts)
        assert [channel.payload(message, index)["visibility"] for index in (0, 1)] == [
            "public",
            "unlisted",
        ]
        message = self.message(channel, parts=parts)
        assert "visibility" not in channel.payload(message, 1), (
            "the account's default may be narrower"
        )

    def test_a_reply_is_only_found_below_its_parent(self, channel: Adapter) -> None:
        payload, since = channel.payload(self.message(channel), 0), datetime.now(UTC)
        first = channel.send(payload, self.attempt("one"))
        assert channel.find(payload, self.attempt("two", reply_to=first.id), since) is None
        second = channel.send(payload, self.attempt("two", reply_to=first.id))
        assert channel.find(payload, self.attempt("two", reply_to=first.id), since) == second

    def test_the_limits_are_the_instance_s_own(self, channel: Adapter) -> None:
        facts = channel.learn()
        assert facts["max_characters"] == 500
        rule = channel.rule({}, {**facts, "max_characters": 1000})
        assert (rule.limit, rule.limit_source) == (1000, "instance")

    @pytest.mark.parametrize(
        ("facts", "expected"),
        [({}, 23), ({"characters_reserved_per_url": 30}, 30), ({"is_mastodon": False}, 43)],
    )
    def test_an_address_counts_as_the_server_says(
        self, facts: dict[str, Any], expected: int
    ) -> None:
        adapter = registry.load("mastodon")(Channel("mastodon", "mastodon"))
        assert adapter.rule({}, facts).count("https://example.org/" + "x" * 23) == expected

    def test_a_content_warning_is_counted_in(self) -> None:
        adapter = registry.load("mastodon")(Channel("mastodon", "mastodon"))
        assert adapter.rule({"spoiler_text": "12345"}, {}).count("678") == 8
