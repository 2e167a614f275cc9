"""Deliveries → rows with an outcome: channels side by side, each channel's posts in order, until Ctrl-C."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from publisher.ledger import Ledger
from publisher.plan import Delivery
from publisher.secrets import Redactor
from publisher.sender import Outcome, Sender, Timing, stopped

TIMING = Timing()


def deliver(
    deliveries: Sequence[Delivery],
    ledger: Ledger,
    redact: Redactor,
    *,
    pictures: Callable[[str], bytes],
    progress: Callable[[str, str], None],
    done: Callable[[Outcome], None],
    timing: Timing | None = None,
) -> bool:
    """Send everything, channels side by side, each channel's posts in order. False: Ctrl-C was pressed.

    The caller holds the posts' locks. `pictures` gives a picture's bytes, by their hash. `progress(channel, words)`
    and `done(outcome)` are called from the threads; `done` for every delivery, also for
    those that Ctrl-C left as they were.
    """
    timing = timing or TIMING
    stop = threading.Event()
    channels: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        channels.setdefault(delivery.channel, []).append(delivery)
    left = {id(delivery): delivery for delivery in deliveries}

    def work(mine: list[Delivery], over: threading.Event) -> None:
        try:
            for delivery in mine:
                if stop.is_set():
                    return
                outcome = Sender(delivery, ledger, redact, pictures, progress, stop, timing).run()
                if left.pop(id(delivery), None):
                    done(outcome)
        finally:
            over.set()

    # Events, since Thread.join forgets that a thread is running once Ctrl-C has interrupted it (up to Python 3.12).
    overs: list[threading.Event] = []
    try:
        for name, mine in channels.items():
            over = threading.Event()
            # Daemon threads: after Ctrl-C a request that hangs must not keep the process alive. Its intent is on disk.
            threading.Thread(target=work, args=(mine, over), name=name, daemon=True).start()
            overs.append(over)
        for over in overs:
            while not over.wait(0.2):  # in slices, so that Ctrl-C is heard on every system
                pass
        return True
    except KeyboardInterrupt:
        stop.set()
        end = time.monotonic() + timing.patience
        for over in overs:
            over.wait(max(0.0, end - time.monotonic()))
        for delivery in deliveries:
            if left.pop(id(delivery), None):
                known = {(row.part, row.recipient): row for row in ledger.rows(delivery.key, delivery.channel)}
                rows = tuple(known.get((row.part, row.recipient), row) for row in delivery.rows)
                done(Outcome(delivery, rows, stopped()))
        return False
