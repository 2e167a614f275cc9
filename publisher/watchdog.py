"""A connection that ends after so long, whatever the other side does."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Watchdog:
    """Shuts `sock` down after so many seconds; who reads from it is told that it was closed.

    A timeout of the socket's own begins anew with each byte. `bit`: it came to that.
    """

    def __init__(self, sock: socket.socket | None, seconds: float) -> None:
        self.bit = False
        self._socket = sock
        self._timer = threading.Timer(seconds, self._bite)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        self._timer.cancel()

    def _bite(self) -> None:
        self.bit = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
