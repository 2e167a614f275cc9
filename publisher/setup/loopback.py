"""A browser's way back to this program: a server on this machine that waits for one visit (RFC
8252, section 7.3)."""

from __future__ import annotations

import html
import secrets
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from publisher.errors import UsageError

HOST = "127.0.0.1"
PATIENCE = 600.0
"""Seconds for somebody to find a password, sign in, and agree."""
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>publish</title>'
    "<style>body{{font:17px/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;"
    "padding:0 1rem}}"
    ":root{{color-scheme:light dark}}</style><h1>{title}</h1><p>{words}</p></html>"
)


class Redirect:
    """Listens while it is open; `url` is where a browser is to be sent to, and `state` what it must
    bring along: whoever doesn't know it is not who was asked."""

    def __init__(self) -> None:
        self.state = secrets.token_urlsafe(24)
        self._answer: Mapping[str, str] = {}
        self._came = threading.Event()
        redirect = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                redirect._visited(self)

            def log_message(self, format: str, *args: Any) -> None:
                """The address has a secret in it."""

        self._server = HTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self) -> Mapping[str, str]:
        """What the browser brought along. Raises UsageError where nobody came."""
        if not self._came.wait(PATIENCE):
            raise UsageError(
                "the browser didn't come back",
                hint="publish init --no-browser shows a code instead",
            )
        return self._answer

    def _visited(self, visit: BaseHTTPRequestHandler) -> None:
        address = urlsplit(visit.path)
        brought = dict(parse_qsl(address.query, max_num_fields=20))
        is_asked = secrets.compare_digest(brought.get("state", "").encode(), self.state.encode())
        if address.path != "/" or not is_asked or self._came.is_set():
            _show(visit, 404, "Nothing here", "This address was made for one visit.")
            return
        said = brought.get("error_description") or brought.get("error")
        title = "It was refused" if said else "Done"
        _show(visit, 200, title, said or "You can close this page, and go back to the terminal.")
        self._answer = brought
        self._came.set()


def _show(visit: BaseHTTPRequestHandler, status: int, title: str, words: str) -> None:
    body = _PAGE.format(title=html.escape(title), words=html.escape(words)).encode()
    visit.send_response_only(status)
    visit.send_header("Content-Type", "text/html; charset=utf-8")
    visit.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
    visit.send_header("Referrer-Policy", "no-referrer")
    visit.send_header("Content-Length", str(len(body)))
    visit.send_header("Connection", "close")
    visit.end_headers()
    visit.wfile.write(body)
