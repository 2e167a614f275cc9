"""Deliveries → rows with an outcome: channels side by side, each channel's posts in order, until
Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from publisher.delivery.plan import Delivery
from publisher.delivery.rounds import Rounds, stopped
from publisher.delivery.work import Outcome, Timing, Work
from publisher.ledger.sqlite import Ledger
from publisher.secrets import Redactor

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
    """Send everything, channels side by side, each channel's posts in order. False: Ctrl-C was
    pressed.

    The caller holds the posts' locks. `pictures` gives a picture's bytes, by their hash.
    `progress(channel, words)` and `done(outcome)` are called from the threads; `done` for every
    delivery, also for those that Ctrl-C left as they were.
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
                this = Work(delivery, ledger, redact, pictures, progress)
                outcome = Rounds(this, stop, timing).run()
                if left.pop(id(delivery), None):
                    done(outcome)
        finally:
            over.set()

    overs: list[threading.Event] = []
    with _ctrl_c_noted() as pressed:
        for name, mine in channels.items():
            over = threading.Event()
            # Daemon threads: after Ctrl-C a request that hangs must not keep the process alive. Its
            # intent is on disk.
            threading.Thread(target=work, args=(mine, over), name=name, daemon=True).start()
            overs.append(over)
        for over in overs:
            while not over.wait(0.1) and not pressed:
                pass
    if not pressed:
        return True
    stop.set()
    end = time.monotonic() + timing.patience
    for over in overs:
        over.wait(max(0.0, end - time.monotonic()))
    for delivery in deliveries:
        if left.pop(id(delivery), None):
            known = {
                (row.part, row.recipient): row
                for row in ledger.rows(delivery.key, delivery.channel)
            }
            rows = tuple(known.get((row.part, row.recipient), row) for row in delivery.rows)
            done(Outcome(delivery, rows, stopped()))
    return False


@contextmanager
def _ctrl_c_noted() -> Iterator[list[int]]:
    """Meanwhile Ctrl-C only makes the list longer, instead of raising KeyboardInterrupt; afterwards
    it raises as ever.

    The exception may come anywhere, also within threading's own code, which then keeps a lock for
    good: seen 2026-11, one run in some hundred hung.
    """
    pressed: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    if (
        not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):  # it is none of our business
        yield pressed
        return
    signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
