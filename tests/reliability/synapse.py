"""A Matrix homeserver that nobody here wrote, on loopback: Synapse from PyPI."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import requests

from tests.reliability.runner import ROOT
from tests.reliability.servers import free_port

SYNAPSE = Path(os.environ.get("SYNAPSE") or ROOT / ".venvs" / "synapse" / "bin" / "python")
SECRET = "registers-who-tests"
PASSWORD = "long-enough-for-a-test"
V3 = "/_matrix/client/v3"

MUCH = {"per_second": 10_000, "burst_count": 10_000}


def configuration(folder: Path, port: int) -> str:
    """As YAML, which JSON is. Nothing is limited but by a test."""
    listener = {
        "port": port,
        "type": "http",
        "tls": False,
        "bind_addresses": ["127.0.0.1"],
        "resources": [{"names": ["client"]}],
    }
    values = {
        "server_name": "localhost",
        "pid_file": f"{folder}/pid",
        "listeners": [listener],
        "database": {"name": "sqlite3", "args": {"database": f"{folder}/homeserver.db"}},
        "media_store_path": f"{folder}/media",
        "signing_key_path": f"{folder}/signing.key",
        "registration_shared_secret": SECRET,
        "macaroon_secret_key": SECRET,
        "form_secret": SECRET,
        "report_stats": False,
        "trusted_key_servers": [],
        "rc_message": MUCH,
        "rc_login": dict.fromkeys(("account", "address", "failed_attempts"), MUCH),
        "rc_joins": {"local": MUCH, "remote": MUCH},
        "rc_joins_per_room": MUCH,
        "rc_room_creation": MUCH,
        "rc_media_create": MUCH,
    }
    return json.dumps(values)


@dataclass(frozen=True)
class Told:
    status: int
    body: Any
    headers: Any = field(default_factory=dict)

    @property
    def code(self) -> str:
        return str(self.body.get("errcode", "")) if isinstance(self.body, dict) else ""


class Client:
    """One account at one server, and the room it speaks of."""

    def __init__(self, url: str, token: str, room: str = "", user: str = "") -> None:
        self.url, self.token, self.room, self.user = url, token, room, user

    def ask(self, method: str, path: str, body: Any = None, **how: Any) -> Told:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            how["json"] = body
        answer = requests.request(method, self.url + path, headers=headers, timeout=60, **how)
        return Told(answer.status_code, answer.json(), answer.headers)

    def in_room(self, method: str, path: str, body: Any = None, **how: Any) -> Told:
        return self.ask(method, f"{V3}/rooms/{quote(self.room, safe='')}{path}", body, **how)

    def send(self, transaction: str, content: Any, **how: Any) -> Told:
        return self.in_room("PUT", f"/send/m.room.message/{transaction}", content, **how)

    def said(self) -> list[dict[str, Any]]:
        """Every message of the room that isn't redacted, oldest first, edits among them."""
        page = self.in_room("GET", "/messages?dir=b&limit=1000").body
        return [
            event
            for event in reversed(page["chunk"])
            if event["type"] == "m.room.message" and event["content"]
        ]


class Synapse:
    """One room, "#announcements:localhost": `founder` made it, `bot` may write in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = self.folder / "homeserver.yaml"
        config.write_text(configuration(self.folder, self.port), "utf-8")
        self._command = [str(SYNAPSE), "-m", "synapse.app.homeserver", "-c", str(config)]
        subprocess.run(
            [*self._command, "--generate-keys"], cwd=self.folder, check=True, capture_output=True
        )
        self.start()
        self.founder = self.sign_in(self.register("founder", admin=True), "FOUNDER")
        self.bot = self.sign_in(self.register("announcer"), "ANNOUNCEMENTS")
        self.make_room()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                self._command, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT
            )
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                requests.get(f"{self.url}/_matrix/client/versions", timeout=5)
                return
            except requests.RequestException:
                if self._server.poll() is not None:
                    break
                time.sleep(0.1)
        raise TimeoutError((self.folder / "log").read_text("utf-8")[-2000:])

    def stop(self, *, kill: bool = False) -> None:
        if kill:
            self._server.kill()
        else:
            self._server.terminate()
        self._server.wait(30)

    def register(self, name: str, *, admin: bool = False) -> str:
        address = f"{self.url}/_synapse/admin/v1/register"
        nonce = requests.get(address, timeout=30).json()["nonce"]
        said = "\0".join((nonce, name, PASSWORD, "admin" if admin else "notadmin"))
        mac = hmac.new(SECRET.encode(), said.encode(), hashlib.sha1).hexdigest()
        body = {
            "nonce": nonce,
            "username": name,
            "password": PASSWORD,
            "admin": admin,
            "mac": mac,
            "inhibit_login": True,
        }
        requests.post(address, json=body, timeout=30).raise_for_status()
        return name

    def sign_in(self, name: str, device: str) -> Client:
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": name},
            "password": PASSWORD,
            "device_id": device,
        }
        told = Client(self.url, "").ask("POST", f"{V3}/login", body).body
        return Client(self.url, told["access_token"], user=told["user_id"])

    def make_room(self, alias: str = "announcements", *, encrypted: bool = False) -> str:
        """A new room that both are in, which all who are signed in speak of from now on."""
        body: dict[str, Any] = {"room_alias_name": alias, "preset": "public_chat"}
        if encrypted:
            content = {"algorithm": "m.megolm.v1.aes-sha2"}
            body["initial_state"] = [{"type": "m.room.encryption", "content": content}]
        made = self.founder.ask("POST", f"{V3}/createRoom", body)
        assert made.status == 200, made.body
        room = str(made.body["room_id"])
        self.bot.ask("POST", f"{V3}/join/{quote(room, safe='')}", {})
        if not encrypted:
            self.founder.room = self.bot.room = room
        return room
