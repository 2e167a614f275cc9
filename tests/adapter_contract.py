"""The promises that every channel keeps. A channel's own test is a subclass that says how its parts look:

    class TestMastodon(AdapterContract):
        adapter = "mastodon"

Differences between channels are declared as attributes of the adapter or of the test, never skipped.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from publisher import registry
from publisher.adapter import Adapter, Attempt, Channel, Message, Part, Payload, Receipt
from publisher.errors import CannotLook, DeliveryError, NotSent, Refused, Unknown
from publisher.ledger import canonical
from publisher.sandbox import FAULTS, Sandbox

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SENTENCE = "Lamp 2.0 is out: it starts twice as fast. Größer, schöner — naïve café, 日本語, مرحبا 👩🏽‍🚀!"


class AdapterContract:
    adapter: ClassVar[str]
    recipient: ClassVar[str] = ""
    nothing_live: ClassVar[tuple[str, ...]] = ("429", "429-date")
    """Faults after which a platform certainly shows nothing, and after which trying again makes sense."""
    maybe_live: ClassVar[tuple[str, ...]] = (
        "500",
        "502",
        "503",
        "504",
        "drop",
        "reset",
        "html",
        "lost",
        "lost-503",
        "cut",
    )
    """Faults after which nobody can know without looking."""

    @pytest.fixture
    def channel(self, sandbox: Sandbox) -> Adapter:
        """The adapter, signed in to the sandbox."""
        from publisher import config

        path = Path(self.folder) / "publish.toml"
        path.write_text(sandbox.config(), "utf-8")
        loaded = config.load(path)
        values = sandbox.environment()
        secrets = {name: values[secret.env] for name, secret in loaded.secrets[self.adapter].items()}
        return registry.load(self.adapter)(loaded.channels[self.adapter], secrets)

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    folder: Path

    def message(self, adapter: Adapter, text: str = SENTENCE, **changes: Any) -> Message:
        values: dict[str, Any] = {
            "channel": self.adapter,
            "title": "Lamp 2.0 is out",
            "description": "",
            "url": "https://example.org/news/lamp/",
            "language": "en",
            "date": NOW,
            "options": dict(adapter.settings),
            "rule": adapter.rule(adapter.settings, {}),
            "parts": (Part(text, f"<p>{text}</p>" if adapter.html else ""),),
        }
        return Message(**{**values, **changes})

    def attempt(self, key: str = "key-1", reply_to: str | None = None) -> Attempt:
        return Attempt(key, datetime.now(UTC), reply_to, self.recipient)

    def live(self, sandbox: Sandbox) -> list[dict[str, Any]]:
        return [item for item in sandbox.received() if item["channel"] == self.adapter]

    # What it says of itself

    def test_it_is_found_by_name_and_says_what_it_is(self) -> None:
        adapter = registry.load(self.adapter)
        assert adapter.name == self.adapter
        assert adapter.title
        assert len({option.name for option in adapter.options}) == len(adapter.options)
        assert all(option.help for option in adapter.options)

    def test_secrets_are_never_taken_from_a_post(self) -> None:
        assert not [option.name for option in registry.load(self.adapter).options if option.secret and option.in_post]

    # Pure

    def test_a_payload_is_json_and_the_same_each_time(self, channel: Adapter) -> None:
        payload = channel.payload(self.message(channel), 0)
        assert json.loads(canonical(payload)) == payload
        assert canonical(channel.payload(self.message(channel), 0)) == canonical(payload)

    def test_a_payload_needs_no_secret(self, channel: Adapter) -> None:
        without = type(channel)(Channel(self.adapter, self.adapter, channel.settings, self.folder))
        assert without.payload(self.message(channel), 0) == channel.payload(self.message(channel), 0)

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

    # At the edge

    def test_what_is_sent_arrives_as_it_was_composed(self, channel: Adapter, sandbox: Sandbox) -> None:
        payload = channel.payload(self.message(channel), 0)
        receipt = channel.send(payload, self.attempt())
        channel.close()
        (item,) = self.live(sandbox)
        assert SENTENCE in item["text"]
        assert receipt.id

    def test_checking_posts_nothing(self, channel: Adapter, sandbox: Sandbox) -> None:
        said = channel.check()
        channel.close()
        assert said
        assert not [value for value in channel.secrets.values() if value in said]
        assert not self.live(sandbox)

    def test_wrong_credentials_are_refused_and_not_shown(self, channel: Adapter, sandbox: Sandbox) -> None:
        channel.secrets = {name: self.spoilt(value) for name, value in channel.secrets.items()}
        with pytest.raises(Refused) as caught:
            channel.check()
        channel.close()
        words = f"{caught.value.message} {caught.value.hint}"
        assert not [value for value in channel.secrets.values() if value in words]

    def spoilt(self, secret: str) -> str:
        return secret[:-1] + ("x" if secret[-1] != "x" else "y")

    def test_a_refusal_for_now_says_so_and_how_long(self, channel: Adapter, sandbox: Sandbox) -> None:
        for kind in self.nothing_live:
            sandbox.fault(self.adapter, kind, seconds=7)
            with pytest.raises(NotSent) as caught:
                channel.send(channel.payload(self.message(channel), 0), self.attempt())
            channel.close()
            if kind.startswith("429"):
                assert caught.value.retry_after == pytest.approx(7, abs=1.1)
        assert not self.live(sandbox)

    def test_no_server_is_certainly_not_sent(self, channel: Adapter) -> None:
        self.move_to_a_closed_port(channel)
        with pytest.raises(NotSent):
            channel.send(channel.payload(self.message(channel), 0), self.attempt())
        channel.close()

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        raise NotImplementedError

    def test_a_lost_answer_is_unknown_whatever_the_client_library_makes_of_it(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        for kind in self.maybe_live:
            assert kind in FAULTS[self.adapter]
            sandbox.clear()
            sandbox.fault(self.adapter, kind, seconds=0.1)
            with pytest.raises(Unknown):
                channel.send(channel.payload(self.message(channel, f"{kind}: {SENTENCE}"), 0), self.attempt(kind))
            channel.close()

    def test_what_went_out_is_found_or_it_says_that_it_cannot_look(self, channel: Adapter, sandbox: Sandbox) -> None:
        payload = channel.payload(self.message(channel), 0)
        attempt, since = self.attempt(), datetime.now(UTC)
        try:
            assert self.look(channel, payload, attempt, since) is None
            receipt = channel.send(payload, attempt)
            assert self.look(channel, payload, attempt, since) == receipt
            other = channel.payload(self.message(channel, "Something else."), 0)
            assert self.look(channel, other, attempt, since) is None
            assert self.look(channel, payload, attempt, since + timedelta(minutes=5)) is None
        except CannotLook as error:
            assert error.message
        finally:
            channel.close()

    def look(self, channel: Adapter, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        """Reading may be repeated, and the core does so: a connection that fails on a busy machine is no failure."""
        for _ in range(2):
            try:
                return channel.find(payload, attempt, since)
            except NotSent:
                continue
        return channel.find(payload, attempt, since)

    def test_every_error_is_one_clear_line(self, channel: Adapter, sandbox: Sandbox) -> None:
        for kind in (*self.nothing_live, *self.maybe_live):
            sandbox.clear()
            sandbox.fault(self.adapter, kind, seconds=0.1)
            with pytest.raises(DeliveryError) as caught:
                channel.send(channel.payload(self.message(channel, f"{kind} {SENTENCE}"), 0), self.attempt(kind))
            channel.close()
            assert caught.value.message
            assert "\n" not in caught.value.message
            assert "object at 0x" not in caught.value.message
