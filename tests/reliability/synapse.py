"""Synapse, the Matrix server that most people use, on loopback: from PyPI, with SQLite."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.reliability.runner import ROOT
from tests.reliability.servers import free_port, wait_for

PYTHON = Path(os.environ.get("SYNAPSE") or ROOT / ".venvs" / "synapse" / "bin" / "python")
DOMAIN, USER, PASSWORD, DEVICE = "synapse.example", "news", "a-long-password-1", "ANNOUNCEMENTS"
MODULE: list[str | Path] = [PYTHON, "-m", "synapse.app.homeserver"]
GENEROUS = "{per_second: 1000, burst_count: 1000}"
MORE = f"""
listeners: [{{port: PORT, bind_addresses: ["127.0.0.1"], type: http, resources: [{{names: [client, media]}}]}}]
enable_registration: true
enable_registration_without_verification: true
suppress_key_server_warning: true
trusted_key_servers: []
rc_message: {GENEROUS}
rc_registration: {GENEROUS}
rc_login: {{address: {GENEROUS}, account: {GENEROUS}, failed_attempts: {GENEROUS}}}
"""


class Synapse:
    """One server with one account in one room. A context manager."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folder = Path(self._folder.name)
        config, more = folder / "homeserver.yaml", folder / "more.yaml"
        made = ["--server-name", DOMAIN, "--config-path", str(config), "--report-stats=no"]
        self._log = (folder / "log").open("wb")
        subprocess.run(
            [*MODULE, *made, "--generate-config"],
            cwd=folder,
            check=True,
            stdout=self._log,
            stderr=self._log,
        )
        more.write_text(MORE.replace("PORT", str(self.port)), "utf-8")
        self._server = subprocess.Popen(
            [*MODULE, "-c", str(config), "-c", str(more)],
            cwd=folder,
            stdout=self._log,
            stderr=self._log,
        )
        wait_for(self.port, 90.0)
        self._register()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(30)
        self._log.close()
        self._folder.cleanup()

    def _register(self) -> None:
        body = {
            "username": USER,
            "password": PASSWORD,
            "device_id": DEVICE,
            "auth": {"type": "m.login.dummy"},
        }
        told = self.ask("POST", "/register", body, token="")[1]
        self.token = str(told["access_token"])
        room = {"room_alias_name": USER, "preset": "public_chat"}
        self.room = str(self.ask("POST", "/createRoom", room)[1]["room_id"])

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None
    ) -> tuple[int, Any]:
        """What it answers below /_matrix/client/v3: the status, and the JSON."""
        return ask(self.url, method, path, body, self.token if token is None else token)

    @property
    def alias(self) -> str:
        return f"#{USER}:{DOMAIN}"

    def live(self) -> list[str]:
        """The texts of the room, oldest first, without what was redacted, and edits."""
        found = self.ask("GET", f"/rooms/{self.room}/messages?dir=b&limit=1000")[1]["chunk"]
        return [
            event["content"]["body"]
            for event in reversed(found)
            if event["type"] == "m.room.message"
            and event["content"]
            and (event["content"].get("m.relates_to") or {}).get("rel_type") != "m.replace"
        ]


def ask(url: str, method: str, path: str, body: Any, token: str) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{url}/_matrix/client/v3{path}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
