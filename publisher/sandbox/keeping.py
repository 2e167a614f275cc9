"""What the sandbox received, written to a folder that only its owner can read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

OURS = re.compile(r"\d{3,}\.(eml|html)")


class Folder:
    """received.json lists everything; each mail is also there as NNN.eml, its HTML as NNN.html.
    received.html, the window as a page to keep, is written at the end: it takes a while."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (path / "received.json").exists():  # an earlier sandbox's folder: its mails are not ours
            self._tidy()
        self._mails = 0

    def write(
        self, received: Sequence[Mapping[str, Any]], mails: Sequence[tuple[bytes, str]]
    ) -> None:
        """Bring the folder up to date. `mails` are the messages as they came, each with its
        HTML."""
        if len(mails) < self._mails:
            self._tidy()
            self._mails = 0
        for number, (raw, html) in enumerate(mails[self._mails :], start=self._mails + 1):
            self._put(f"{number:03d}.eml", raw)
            if html:
                self._put(f"{number:03d}.html", html.encode())
        self._mails = len(mails)
        self._put(
            "received.json", json.dumps(received, ensure_ascii=False, indent=2).encode() + b"\n"
        )

    def show(self, page: str) -> None:
        self._put("received.html", page.encode())

    def _tidy(self) -> None:
        for file in self.path.iterdir():
            if OURS.fullmatch(file.name):
                file.unlink()

    def _put(self, name: str, data: bytes) -> None:
        """Whole or not at all: a reader never sees half a file."""
        new = self.path / f".{name}.new"
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        new.replace(self.path / name)
