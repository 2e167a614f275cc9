"""Clocks on which waiting takes no time: each channel shares one with its platform, so that waits,
lists that lag and keys that expire keep their true lengths."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Skewed(Protocol):
    """The sandbox's clock."""

    skew: timedelta

    def now(self) -> datetime: ...


class Clocks:
    """By channel. A channel is sent to by a thread of its name; others have this machine's time."""

    def __init__(self, clocks: Mapping[str, Skewed]) -> None:
        self._clocks = clocks

    def now(self) -> datetime:
        clock = self._clocks.get(threading.current_thread().name)
        return datetime.now(UTC) if clock is None else clock.now()

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        clock = self._clocks.get(threading.current_thread().name)
        if clock is None:
            return stop.wait(seconds)
        clock.skew += timedelta(seconds=seconds)
        return stop.is_set()
