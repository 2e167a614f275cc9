"""What an adapter decides: pure, and the same each time."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest

from publisher import registry
from publisher.adapter import Adapter, Channel
from publisher.errors import Refused, TemplateError
from publisher.ledger.row import canonical
from publisher.sandbox import Sandbox
from publisher.testing.bench import SENTENCE, Bench, filled

SCRIPTS = ("a", "é", "e\u0301", "語", "ق", "👩🏽‍🚀", "a line\n", "https://example.org/a/long/way/ ")
"""What is measured differently: letters of one and several code points, bytes, UTF-16 units; and
addresses."""


class Composing(Bench):
    refuses_more: ClassVar[bool] = True
    """Whether the platform refuses a text that is longer than the adapter's limit; else the adapter
    stops before it must."""

    def test_it_is_found_by_name_and_says_what_it_is(self) -> None:
        adapter = registry.load(self.adapter)
        assert adapter.name == self.adapter
        assert adapter.title
        assert len({option.name for option in adapter.options}) == len(adapter.options)
        assert all(option.help for option in adapter.options)

    def test_secrets_are_never_taken_from_a_post(self) -> None:
        assert not [
            option.name
            for option in registry.load(self.adapter).options
            if option.secret and option.in_post
        ]

    def test_a_payload_is_json_and_the_same_each_time(self, channel: Adapter) -> None:
        payload = channel.payload(self.message(channel), 0)
        assert json.loads(canonical(payload)) == payload
        assert canonical(channel.payload(self.message(channel), 0)) == canonical(payload)

    def test_a_payload_needs_no_secret(self, channel: Adapter) -> None:
        without = type(channel)(Channel(self.adapter, self.adapter, channel.settings, self.folder))
        assert without.payload(self.message(channel), 0) == channel.payload(
            self.message(channel), 0
        )

    def test_no_secret_is_in_a_payload(self, channel: Adapter) -> None:
        body = canonical(channel.payload(self.message(channel), 0)).decode()
        assert channel.secrets
        assert not [name for name, value in channel.secrets.items() if value in body]

    def test_the_text_is_what_was_composed(self, channel: Adapter) -> None:
        assert channel.text_of(channel.payload(self.message(channel), 0)) == SENTENCE

    def test_the_cost_is_never_negative(self, channel: Adapter) -> None:
        assert channel.cost(channel.payload(self.message(channel), 0)) >= 0

    def test_max_characters_is_the_limit_where_there_is_one(self, channel: Adapter) -> None:
        rule = channel.rule({**channel.settings, "max_characters": 100}, {})
        assert rule.limit is None or (rule.limit, rule.limit_source) == (100, "config")

    # Counting, held against the platform's own

    def test_what_fits_is_taken(self, channel: Adapter, sandbox: Sandbox) -> None:
        rule = channel.rule(channel.settings, {})
        if rule.limit is None:
            return
        for number, script in enumerate(SCRIPTS):
            sandbox.clear()
            text = filled(script, rule)
            self.send(
                channel,
                channel.payload(self.message(channel, text), 0),
                self.attempt(f"key-{number}"),
            )
            channel.close()
            (item,) = self.live(sandbox)
            assert item["text"]

    def test_one_more_is_refused(self, channel: Adapter, sandbox: Sandbox) -> None:
        rule = channel.rule(channel.settings, {})
        if rule.limit is None or not self.refuses_more:
            return
        for number, script in enumerate(SCRIPTS):
            text = f"{filled(script, rule)} a"
            with pytest.raises((Refused, TemplateError)):
                self.send(
                    channel,
                    channel.payload(self.message(channel, text), 0),
                    self.attempt(f"key-{number}"),
                )
            channel.close()
        assert not self.live(sandbox)
