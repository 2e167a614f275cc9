"""The promises that every channel keeps. A channel's own test is a subclass that says how its parts
look:

    class TestMastodon(AdapterContract):
        adapter = "mastodon"

Differences between channels are declared as attributes of the adapter or of the test, never
skipped.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from publisher import registry
from publisher.adapter import (
    Adapter,
    Attempt,
    Channel,
    Message,
    Part,
    Payload,
    Picture,
    Receipt,
    pictures_of,
)
from publisher.errors import CannotLook, DeliveryError, Gone, NotSent, Refused, Unknown
from publisher.ledger.row import canonical
from publisher.sandbox import Sandbox

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SENTENCE = (
    "Lamp 2.0 is out: it starts twice as fast. Größer, schöner — naïve café, 日本語, مرحبا 👩🏽‍🚀!"
)


def png(width: int, height: int) -> bytes:
    """A picture without a library: made in no time, and the same each time."""
    rows = (b"\0" + b"\x40\x80\xc0" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


class AdapterContract:
    adapter: ClassVar[str]
    recipient: ClassVar[str] = ""
    nothing_live: ClassVar[tuple[str, ...]] = ("429", "429-date")
    """Faults after which a platform certainly shows nothing, and after which trying again makes
    sense."""
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

    @pytest.fixture(scope="class")
    @classmethod
    def own_sandbox(cls) -> Iterator[Sandbox]:
        """With this channel's platform alone."""
        with Sandbox(adapters=(cls.adapter,)) as sandbox:
            yield sandbox

    @pytest.fixture
    def sandbox(self, own_sandbox: Sandbox) -> Sandbox:
        own_sandbox.clear()
        return own_sandbox

    @pytest.fixture
    def channel(self, sandbox: Sandbox) -> Adapter:
        """The adapter, signed in to the sandbox."""
        from publisher import config

        path = Path(self.folder) / "publish.toml"
        path.write_text(sandbox.config(), "utf-8")
        loaded = config.load(path)
        values = sandbox.environment()
        secrets = {
            name: values[secret.env] for name, secret in loaded.secrets[self.adapter].items()
        }
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
        assert not [
            option.name
            for option in registry.load(self.adapter).options
            if option.secret and option.in_post
        ]

    # Pure

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

    # At the edge

    def test_what_is_sent_arrives_as_it_was_composed(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
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

    def test_wrong_credentials_are_refused_and_not_shown(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        channel.secrets = {name: self.spoilt(value) for name, value in channel.secrets.items()}
        with pytest.raises(Refused) as caught:
            channel.check()
        channel.close()
        words = f"{caught.value.message} {caught.value.hint}"
        assert not [value for value in channel.secrets.values() if value in words]

    def spoilt(self, secret: str) -> str:
        return secret[:-1] + ("x" if secret[-1] != "x" else "y")

    def test_a_refusal_for_now_says_so_and_how_long(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
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
            assert kind in sandbox.kinds()[self.adapter]
            sandbox.clear()
            sandbox.fault(self.adapter, kind, seconds=0.1)
            with pytest.raises(Unknown):
                channel.send(
                    channel.payload(self.message(channel, f"{kind}: {SENTENCE}"), 0),
                    self.attempt(kind),
                )
            channel.close()

    def test_what_went_out_is_found_or_it_says_that_it_cannot_look(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
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

    def look(
        self, channel: Adapter, payload: Payload, attempt: Attempt, since: datetime
    ) -> Receipt | None:
        """Reading may be repeated, and the core does so: a connection that fails on a busy machine
        is no failure."""
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
                channel.send(
                    channel.payload(self.message(channel, f"{kind} {SENTENCE}"), 0),
                    self.attempt(kind),
                )
            channel.close()
            assert caught.value.message
            assert "\n" not in caught.value.message
            assert "object at 0x" not in caught.value.message

    # What is live: edited, deleted

    def put_live(self, channel: Adapter) -> tuple[Payload, Attempt]:
        """A part that is live, and the attempt that goes on about it."""
        payload = channel.payload(self.message(channel), 0)
        receipt = channel.send(payload, self.attempt())
        return payload, replace(self.attempt(), remote_id=receipt.id or "", media=receipt.media)

    def test_what_a_reader_sees_is_the_same_for_the_same_payload_only(
        self, channel: Adapter
    ) -> None:
        one = channel.payload(self.message(channel), 0)
        other = channel.payload(self.message(channel, "Something else."), 0)
        assert channel.seen(one) == channel.seen(channel.payload(self.message(channel), 0))
        assert channel.seen(one) != channel.seen(other)

    def test_an_edit_changes_it_in_its_place_however_often_it_is_made(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        if not channel.edits:
            with pytest.raises(NotImplementedError):
                channel.update({}, self.attempt())
            return
        payload, attempt = self.put_live(channel)
        new = channel.payload(self.message(channel, "Edited since."), 0)
        assert channel.stands(payload, attempt)
        for _ in range(2):
            assert channel.update(new, attempt).id == attempt.remote_id
        assert channel.stands(new, attempt)
        assert not channel.stands(payload, attempt)
        channel.close()
        (item,) = self.live(sandbox)
        assert "Edited since." in item["text"]

    def test_what_is_deleted_is_gone_and_says_so(self, channel: Adapter, sandbox: Sandbox) -> None:
        if not channel.deletes:
            with pytest.raises(NotImplementedError):
                channel.delete({}, self.attempt())
            return
        payload, attempt = self.put_live(channel)
        channel.delete(payload, attempt)
        assert not self.live(sandbox)
        if channel.edits:
            with pytest.raises(Gone):
                channel.update(payload, attempt)
            with pytest.raises(Gone):
                channel.delete(payload, attempt)
        channel.close()

    # Pictures

    def test_pictures_arrive_in_order_with_their_bytes_and_texts(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        rule = channel.pictures(channel.settings, {})
        if rule is None:
            return
        assert rule.count > 1
        assert {"image/jpeg", "image/png"} <= set(rule.kinds)
        data = [png(20 + number, 10) for number in range(2)]
        pictures = tuple(
            Picture(
                hashlib.sha256(each).hexdigest(), hashlib.sha256(each).hexdigest(), f"{number}.png", "image/png",
                f"Number {number}", size=len(each),
            )
            for number, each in enumerate(data)
        )  # fmt: skip
        kept = {picture.hash: each for picture, each in zip(pictures, data, strict=True)}
        payload = channel.payload(self.message(channel, pictures=pictures), 0)
        assert pictures_of(payload) != ()
        media = {}
        if channel.uploads:
            for picture in pictures:
                made = channel.upload(picture, kept[picture.hash])
                assert made.ready or channel.finish(made.id, picture)
                media[picture.source] = made.id
        channel.send(payload, replace(self.attempt(), media=media, bytes_of=kept.__getitem__))
        channel.close()
        assert self.arrived(sandbox) == [
            (each, f"Number {number}") for number, each in enumerate(data)
        ]

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        """The pictures of the one post that is live, in order: their bytes and texts."""
        raise NotImplementedError
