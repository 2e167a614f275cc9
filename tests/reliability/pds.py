"""Bluesky's own server (PDS) on loopback: npm's @atproto/dev-env, with a PLC directory and one account."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import requests

from publisher.sandbox.bluesky_rules import POST
from tests.reliability.runner import ROOT

ENTRY = Path(
    os.environ.get("PDS_DEV_ENV")
    or ROOT / ".venvs" / "pds" / "node_modules" / "@atproto" / "dev-env" / "dist" / "index.js"
)
START = Path(__file__).with_name("real_pds.mjs")
PATIENCE = 120.0
"""Seconds until it listens, on a busy machine."""


def missing_pds() -> str:
    if shutil.which("node") is None:
        return "node is not installed"
    return "" if ENTRY.exists() else "@atproto/dev-env is not installed in .venvs/pds"


class Pds:
    """`url`, `did`, `handle`, `password` (an app password) of the one account."""

    url = did = handle = password = ""

    def __enter__(self) -> Self:
        self._node = subprocess.Popen(
            ["node", START, ENTRY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        too_late = threading.Timer(PATIENCE, self._node.kill)
        too_late.start()
        assert self._node.stdout is not None
        line = next((line for line in self._node.stdout if line.startswith('{"url"')), "")
        too_late.cancel()
        if not line:
            self._node.kill()
            raise TimeoutError("the PDS didn't start")
        for name, value in json.loads(line).items():
            setattr(self, name, value)
        # What it logs is read away, or it would stand still once the pipe is full.
        self._reader = threading.Thread(target=self._node.stdout.read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.close()
        try:
            self._node.wait(20)
        except subprocess.TimeoutExpired:
            self._node.kill()
            self._node.wait(20)
        self._reader.join(20)
        self._node.stdout.close()

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def received(self) -> list[dict[str, Any]]:
        """Every post that is live, oldest first."""
        query: Mapping[str, str | int] = {"repo": self.did, "collection": POST, "limit": 100}
        address = f"{self.url}/xrpc/com.atproto.repo.listRecords"
        records = requests.get(address, params=query, timeout=30).json()["records"]
        return [
            {**each, "channel": "bluesky", "text": each["value"]["text"]} for each in records[::-1]
        ]
