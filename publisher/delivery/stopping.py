"""Ctrl-C and its like: noted while something is under way, instead of raising in the middle of it.

KeyboardInterrupt may come anywhere, also within threading's own code, which then keeps a lock for
good: seen 2026-11, one run in some hundred hung.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""A cancelled job of GitHub's gets SIGINT, SIGTERM after 7.5 s, and is killed 2.5 s later
(docs.github.com, "Workflow cancellation reference", read 2026-11)."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """`asked`: begin nothing more; `hurried`: don't wait for what is under way either."""

    asked: threading.Event = field(default_factory=threading.Event)
    hurried: threading.Event = field(default_factory=threading.Event)

    def note(self) -> None:
        """The first time it is asked, the second time it is in a hurry."""
        (self.hurried if self.asked.is_set() else self.asked).set()


@contextmanager
def noted() -> Iterator[Stopping]:
    """Meanwhile the signals only set events; a third Ctrl-C raises KeyboardInterrupt after all."""
    stopping = Stopping()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return

    def note(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and stopping.hurried.is_set():
            raise KeyboardInterrupt
        stopping.note()

    before: dict[int, Any] = {}
    for number in SIGNALS:
        handler = signal.getsignal(number)
        # What somebody ignores on purpose (nohup, a shell's background) stays ignored.
        if handler in (signal.SIG_DFL, signal.default_int_handler):
            before[number] = handler
            signal.signal(number, note)
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
