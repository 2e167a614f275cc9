"""A loopback proxy in front of a real HTTP server: it forwards, and then may lose or replace the
answer."""

from __future__ import annotations

import http.client
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

Mischief = Literal["drop", "503", "cut", "html", "refuse", "none"]


class Proxy:
    """Forwards to 127.0.0.1:`port`. Each item of `mischief` strikes one POST that is passed on, in
    order; or one request of another `method`, with `within` in its path:

    drop    the server gets it; its answer is dropped and the connection closed
    503     the server gets it; the answer is 503
    cut     the server gets it; half of its answer comes
    html    the server gets it; the answer is 200 with a page
    none    nothing happens to it
    refuse  the server never gets it; the answer is 503
    """

    def __init__(self, port: int, method: str = "POST", within: str = "") -> None:
        self.mischief: deque[Mischief] = deque()
        self.posts = 0
        self._method, self._within = method, within
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                proxy._forward(self, port)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server's names

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _forward(self, client: BaseHTTPRequestHandler, port: int) -> None:
        body = client.rfile.read(int(client.headers.get("Content-Length") or 0))
        kind: Mischief | None = None
        if client.command == self._method and self._within in client.path:
            self.posts += 1
            kind = self.mischief.popleft() if self.mischief else None
        client.close_connection = True
        if kind == "refuse":
            self._answer(client, 503, b"{}", "application/json")
            return
        server = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        # What is compressed would be passed on without saying so.
        left_out = ("connection", "accept-encoding")
        headers = {
            name: value for name, value in client.headers.items() if name.lower() not in left_out
        }
        server.request(client.command, client.path, body or None, headers)
        answer = server.getresponse()
        said = answer.read()
        server.close()
        if kind == "drop":
            return
        if kind == "503":
            self._answer(client, 503, b"<h1>503 Service Unavailable</h1>", "text/html")
        elif kind == "html":
            self._answer(client, 200, b"<h1>Welcome to this network</h1>", "text/html")
        else:
            self._answer(
                client,
                answer.status,
                said,
                answer.headers.get("Content-Type", ""),
                cut=kind == "cut",
            )

    @staticmethod
    def _answer(
        client: BaseHTTPRequestHandler, status: int, body: bytes, kind: str, *, cut: bool = False
    ) -> None:
        client.send_response(status)
        client.send_header("Content-Type", kind)
        client.send_header("Content-Length", str(len(body)))
        client.end_headers()
        client.wfile.write(body[: len(body) // 2] if cut else body)
