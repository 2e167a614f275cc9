"""A Mastodon that nobody here wrote, on loopback: mastodon-mock from PyPI."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.reliability.runner import ROOT

MASTODON_MOCK = Path(
    os.environ.get("MASTODON_MOCK") or ROOT / ".venvs" / "mastodon-mock" / "bin" / "mastodon_mock"
)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_for(port: int, seconds: float = 30.0) -> None:
    """Until somebody listens there. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


class MastodonMock:
    """mastodon-mock 0.6.1, in an environment of its own, with its database in memory."""

    token = "mock_token"

    def __enter__(self) -> Self:
        self.port = free_port()
        self._server = subprocess.Popen(
            [
                MASTODON_MOCK,
                "serve",
                "--in-memory",
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
            ],
            cwd=tempfile.gettempdir(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self.port)
        self._account = self._ask("/api/v1/accounts/verify_credentials")["id"]
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(20)

    def post(self, text: str) -> None:
        """As another program of the same account does."""
        self._ask("/api/v1/statuses", urllib.parse.urlencode({"status": text}).encode())

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            body,
            headers={"Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def received(self) -> list[dict[str, Any]]:
        """Every status that is live, as the sandbox would tell it."""
        found, older = [], ""
        while statuses := self._ask(f"/api/v1/accounts/{self._account}/statuses?limit=40{older}"):
            found += statuses
            older = f"&max_id={statuses[-1]['id']}"
        return [{**status, "channel": "mastodon", "text": status["content"]} for status in found]
