"""Deliveries → rows with an outcome: channels side by side, each channel's posts in order, until
Ctrl-C."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from publisher.delivery.plan import Delivery
from publisher.delivery.rounds import Rounds, stopped
from publisher.delivery.stopping import Stopping
from publisher.delivery.work import Outcome, Progress, Timing, Work
from publisher.ledger.sqlite import Ledger
from publisher.secrets import Redactor

TIMING = Timing()
POLL = 0.1
"""Seconds between two looks at whether Ctrl-C was pressed."""


def deliver(
    deliveries: Sequence[Delivery],
    ledger: Ledger,
    redact: Redactor,
    *,
    pictures: Callable[[str], bytes],
    confirm: Callable[[], None],
    progress: Progress,
    done: Callable[[Outcome], None],
    heard: Callable[[], None],
    stopping: Stopping,
    timing: Timing | None = None,
) -> bool:
    """Send everything, channels side by side, each channel's posts in order. False: it was
    stopped.

    The caller holds the posts' locks; `confirm` raises LeaseLost where that isn't so any more.
    `pictures` gives a picture's bytes, by their hash. `progress` and `done(outcome)` are
    called from the threads; `done` for every delivery, also for those that Ctrl-C left as they
    were. `heard` is called as soon as Ctrl-C is.
    """
    timing = timing or TIMING
    channels: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        channels.setdefault(delivery.channel, []).append(delivery)
    left = {id(delivery): delivery for delivery in deliveries}

    def send(mine: list[Delivery], over: threading.Event) -> None:
        try:
            for delivery in mine:
                if stopping.asked.is_set():
                    return
                work = Work(
                    delivery, ledger, redact, pictures=pictures, confirm=confirm, progress=progress
                )
                outcome = Rounds(work, stopping.asked, timing).run()
                if left.pop(id(delivery), None):
                    done(outcome)
        finally:
            over.set()

    overs: list[threading.Event] = []
    for name, mine in channels.items():
        over = threading.Event()
        # Daemon threads: after Ctrl-C a request that hangs must not keep the process alive. Its
        # intent is on disk.
        threading.Thread(target=send, args=(mine, over), name=name, daemon=True).start()
        overs.append(over)
    for over in overs:
        while not over.wait(POLL) and not stopping.asked.is_set():
            pass
    if not stopping.asked.is_set():
        return True
    heard()
    _wait_for_answers(overs, stopping, timing.patience)
    for delivery in deliveries:
        if left.pop(id(delivery), None):
            done(_left_as_it_was(delivery, ledger))
    return False


def _wait_for_answers(
    overs: Sequence[threading.Event], stopping: Stopping, patience: float
) -> None:
    """For so many seconds, or until somebody is in a hurry."""
    end = time.monotonic() + patience
    for over in overs:
        while not over.is_set() and not stopping.hurried.is_set():
            remaining = end - time.monotonic()
            if remaining <= 0:
                return
            over.wait(min(POLL, remaining))


def _left_as_it_was(delivery: Delivery, ledger: Ledger) -> Outcome:
    known = {(row.part, row.recipient): row for row in ledger.rows(delivery.key, delivery.channel)}
    rows = tuple(known.get((row.part, row.recipient), row) for row in delivery.rows)
    return Outcome(delivery, rows, stopped())
