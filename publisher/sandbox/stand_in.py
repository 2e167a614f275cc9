"""What the sandbox asks of every platform on this machine, whatever it talks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from re import Pattern
from typing import Any, ClassVar

from publisher.sandbox.faults import Faults
from publisher.sandbox.past import Past
from publisher.sandbox.traffic import Exchange
from publisher.sandbox.web import Answer, Request


class Clock:
    """The platforms' time. `skew` sets it off from this machine's: wrong clocks, or hours gone
    by."""

    def __init__(self) -> None:
        self.skew = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a sandbox gives to its platforms.

    changed  to be called when something came, was edited or went
    faults   those still to come
    log      is told each HTTP request as it came
    told     is told each exchange once it is over
    """

    clock: Clock
    changed: Callable[[], None]
    faults: Faults
    log: Callable[[Request], None]
    told: Callable[[Exchange], None]


class StandIn(ABC):
    """One platform on this machine, and one account there. Most talk HTTP: see
    `publisher.sandbox.platform.Platform`."""

    name: ClassVar[str]
    """The adapter that leads to it."""
    title: ClassVar[str]
    """What people call it."""
    kinds: ClassVar[Mapping[str, str]]
    """Kinds of faults that can be asked for, and what each does."""
    signature: ClassVar[Pattern[str] | None] = None
    """What in the path of a request signs it: it is shown nowhere."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.clock = surroundings.clock
        self.changed = surroundings.changed
        self.past = Past()
        self.pages = ""
        """Where the sandbox's own pages are."""

    # Its life.

    @abstractmethod
    def listen(self, port: int = 0) -> None:
        """Take a port; 0: any that is free. Its addresses are known from then on. Raises OSError."""

    @abstractmethod
    def start(self) -> None:
        """Answer."""

    @abstractmethod
    def stop(self) -> None:
        """Close every connection and the port."""

    # How it is reached.

    @property
    @abstractmethod
    def place(self) -> str:
        """Its address, for people."""

    def settings(self) -> Mapping[str, Any]:
        """The options of its adapter that lead here."""
        return {}

    def secrets(self) -> Mapping[str, str]:
        """The account's secrets, by the adapter's options. They open nothing but this."""
        return {}

    # What came.

    @abstractmethod
    def received(self, last: int = ...) -> list[dict[str, Any]]:
        """The `last` so many of what is live, oldest first. See `Sandbox.received`."""

    def mails(self) -> Sequence[tuple[bytes, str]]:
        """Each mail's bytes and its HTML ("" where it has none)."""
        return ()

    def shown(self, name: str) -> Answer | None:
        """A page for people below `{pages}/{platform}/`, for one that shows none by itself."""
        return None

    @abstractmethod
    def reset(self) -> None:
        """Forget everything."""

    # For a rehearsal and for tests.

    def stage(self, kind: str, when: str) -> str:
        """When a fault of this kind strikes; see `publisher.sandbox.faults.Fault`."""
        return when

    def vary(self, random: Random) -> None:  # noqa: B027 - some are all alike
        """Set its switches as one of the servers that there are has them."""

    def hang_up(self) -> None:  # noqa: B027 - most have nothing to close
        """Close the connections that clients keep; over HTTP they needn't keep any."""
