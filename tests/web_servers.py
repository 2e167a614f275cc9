"""Web servers on this machine that answer as a test likes, byte by byte."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable

BODY = b"a picture, as far as this goes"

Answering = Callable[[bytes, Callable[[bytes], None]], None]
"""What a server does with a request's head: write, as it likes."""


class Server:
    """One that answers each connection once. `requests` are the heads it was sent."""

    def __init__(self, answering: Answering, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._answering, self._tls = answering, tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept)]

    def url(self, path: str = "/lamp.png", scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def __enter__(self) -> Server:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listening.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._threads.append(threading.Thread(target=self._talk, args=(connection,)))
            self._threads[-1].start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(20)
            wire: socket.socket = connection
            if self._tls is not None:
                wire = self._tls.wrap_socket(connection, server_side=True)
            with wire:
                head = b""
                while b"\r\n\r\n" not in head and (piece := wire.recv(4096)):
                    head += piece
                self.requests.append(head)
                self._answering(head, wire.sendall)


def says(status: str = "200 OK", body: bytes = BODY, *headers: str) -> Answering:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body)}",
        "Content-Type: Image/PNG; charset=x",
        *headers,
    ]

    def answer(_: bytes, write: Callable[[bytes], None]) -> None:
        write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    return answer


def leads_to(*places: str, status: str = "302 Found") -> Answering:
    """To each place in turn, then to the last again."""
    left = list(places)

    def answer(head: bytes, write: Callable[[bytes], None]) -> None:
        place = left.pop(0) if len(left) > 1 else left[0]
        says(status, b"", f"Location: {place}")(head, write)

    return answer


def drips(start: bytes) -> Answering:
    def answer(_: bytes, write: Callable[[bytes], None]) -> None:
        write(start)
        for _step in range(200):
            time.sleep(0.05)
            write(b"x")

    return answer
