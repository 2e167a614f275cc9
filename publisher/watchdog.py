"""A connection that ends after so long, whatever the other side does; and how long that may be."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_thread = threading.local()


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """What this thread waits for within the block takes no longer than that, all together."""
    _thread.end = time.monotonic() + seconds
    try:
        yield
    finally:
        _thread.end = None


def at_most(seconds: float) -> float:
    """So many seconds, or fewer: those that are left until the thread's deadline."""
    end = getattr(_thread, "end", None)
    return seconds if end is None else min(seconds, max(0.001, end - time.monotonic()))


class Watchdog:
    """Shuts `sock` down after at most so many seconds; who reads from it is told that it was
    closed.

    A timeout of the socket's own begins anew with each byte. `bit`: it came to that.
    """

    def __init__(self, sock: socket.socket | None, seconds: float) -> None:
        self.bit = False
        self._socket = sock
        self._timer = threading.Timer(at_most(seconds), self._bite)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        self._timer.cancel()

    def _bite(self) -> None:
        self.bit = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
