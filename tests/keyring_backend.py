"""A keyring for tests, in a file that the environment names; chosen by PYTHON_KEYRING_BACKEND."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    priority = 1

    def _entries(self) -> dict[str, str]:
        file = Path(os.environ["TEST_KEYRING"])
        entries: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return entries

    def get_password(self, service: str, username: str) -> str | None:
        return self._entries().get(f"{service} / {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        entries = {**self._entries(), f"{service} / {username}": password}
        Path(os.environ["TEST_KEYRING"]).write_text(json.dumps(entries), "utf-8")
