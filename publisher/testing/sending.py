"""What an adapter does at the edge: one try, and the truth about what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from publisher.adapter import Adapter, Attempt, Payload, Receipt
from publisher.errors import CannotLook, DeliveryError, NotSent, Refused, Unknown
from publisher.sandbox import Sandbox
from publisher.testing.bench import SENTENCE, Bench


class Sending(Bench):
    nothing_live: ClassVar[tuple[str, ...]] = ("429", "429-date")
    """Faults after which a platform certainly shows nothing, and after which trying again makes
    sense."""
    has_a_name: ClassVar[bool] = False
    """Whether what is live there has a name of ours: then it is found by that, whenever it was
    made."""
    same_key_is_one: ClassVar[bool] = False
    """Whether the platform takes what has the same key for the same, always."""
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

    def test_what_is_sent_arrives_as_it_was_composed(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        payload = channel.payload(self.message(channel), 0)
        receipt = self.send(channel, payload, self.attempt())
        channel.close()
        (item,) = self.live(sandbox)
        assert SENTENCE in item["text"]
        assert receipt.id

    def test_it_says_when_it_leaves_if_it_announces_that(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        said: list[int] = []
        attempt = replace(self.attempt(), leaving=lambda: said.append(len(self.live(sandbox))))
        self.send(channel, channel.payload(self.message(channel), 0), attempt)
        channel.close()
        assert said == ([0] if channel.announces else [])

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
        payload = channel.payload(self.message(channel), 0)
        attempt = self.ready(channel, payload, self.attempt())
        for kind in self.nothing_live:
            self.fault(sandbox, kind, seconds=7)
            with pytest.raises(NotSent) as caught:
                channel.send(payload, attempt)
            channel.close()
            if kind.startswith("429"):
                assert caught.value.retry_after == pytest.approx(7, abs=1.1)
        assert not self.live(sandbox)

    def test_no_server_is_certainly_not_sent(self, channel: Adapter) -> None:
        self.move_to_a_closed_port(channel)
        with pytest.raises(NotSent):
            self.send(channel, channel.payload(self.message(channel), 0), self.attempt())
        channel.close()

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        raise NotImplementedError

    def test_a_lost_answer_is_unknown_whatever_the_client_library_makes_of_it(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        for kind in self.maybe_live:
            assert kind in sandbox.kinds()[self.adapter]
            sandbox.clear()
            payload = channel.payload(self.message(channel, f"{kind}: {SENTENCE}"), 0)
            attempt = self.ready(channel, payload, self.attempt(kind))
            self.fault(sandbox, kind, seconds=0.1)
            with pytest.raises(Unknown):
                channel.send(payload, attempt)
            channel.close()

    def test_what_went_out_is_found_or_it_says_that_it_cannot_look(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        payload, since = channel.payload(self.message(channel), 0), datetime.now(UTC)
        attempt = self.ready(channel, payload, self.attempt())
        try:
            assert self.look(channel, payload, attempt, since) is None
            receipt = channel.send(payload, attempt)
            assert self.look(channel, payload, attempt, since) == receipt
            other = channel.payload(self.message(channel, "Something else."), 0)
            another = self.ready(channel, other, self.attempt("key-2"))
            assert self.look(channel, other, another, since) is None
            later = since + timedelta(minutes=5)
            assert self.has_a_name or self.look(channel, payload, attempt, later) is None
        except CannotLook as error:
            assert error.message
        finally:
            channel.close()

    def test_it_is_found_whatever_the_server_s_clock_says(self, sandbox: Sandbox) -> None:
        try:
            for hours in (-1, 1):
                sandbox.clear()
                sandbox.clock.skew = timedelta(hours=hours)
                self.finds_what_it_sent(sandbox)
        finally:
            sandbox.clock.skew = timedelta()

    def finds_what_it_sent(self, sandbox: Sandbox) -> None:
        """By the server's clock, as the core asks: or says why it can't look."""
        channel = self.signed_in(sandbox)
        payload = channel.payload(self.message(channel), 0)
        attempt = self.ready(channel, payload, self.attempt())
        since = attempt.began + (channel.clock() or timedelta())
        receipt = channel.send(payload, attempt)
        try:
            assert self.look(channel, payload, attempt, since) == receipt
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

    def test_what_it_knows_by_its_key_is_live_once(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        """Where it says that the same may be sent again at once."""
        payload = channel.payload(self.message(channel), 0)
        attempt = self.ready(channel, payload, self.attempt())
        self.fault(sandbox, "lost")
        with pytest.raises(Unknown) as caught:
            channel.send(payload, attempt)
        if self.same_key_is_one or channel.knows_both(attempt, caught.value):
            channel.send(payload, attempt)
        channel.close()
        assert len(self.live(sandbox)) == 1

    def test_every_error_is_one_clear_line(self, channel: Adapter, sandbox: Sandbox) -> None:
        for kind in (*self.nothing_live, *self.maybe_live):
            sandbox.clear()
            payload = channel.payload(self.message(channel, f"{kind} {SENTENCE}"), 0)
            attempt = self.ready(channel, payload, self.attempt(kind))
            self.fault(sandbox, kind, seconds=0.1)
            with pytest.raises(DeliveryError) as caught:
                channel.send(payload, attempt)
            channel.close()
            assert caught.value.message
            assert "\n" not in caught.value.message
            assert "object at 0x" not in caught.value.message
            words = f"{caught.value.message} {caught.value.hint}"
            assert not [value for value in channel.secrets.values() if value in words]
