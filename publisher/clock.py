"""The time, and waiting for it to pass. A rehearsal brings a clock on which waiting takes none."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in UTC."""

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Until so many seconds are over, or `stop` is set; whether it is."""


other: Clock | None = None
"""In place of this machine's own."""


def now() -> datetime:
    return datetime.now(UTC) if other is None else other.now()


def wait(stop: threading.Event, seconds: float) -> bool:
    """Until so many seconds are over, or `stop` is set; whether it is."""
    return stop.wait(seconds) if other is None else other.wait(stop, seconds)
