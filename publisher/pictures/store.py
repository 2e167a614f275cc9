"""The exact bytes of pictures that are being sent, beside the ledger: what was planned is what goes
out, later too."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

from publisher.errors import LedgerError, PictureError

AGE = 2 * 86_400.0
"""Seconds after which a picture that no open row needs is removed."""


class Store:
    """One file a picture, called by the SHA-256 of its bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Keep these bytes; returns their hash. Raises LedgerError where they can't be written."""
        name = hashlib.sha256(data).hexdigest()
        path = self.folder / name
        try:
            if path.exists():
                os.utime(path)  # needed again: not to be tidied away by another run
                return name
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, part = tempfile.mkstemp(dir=self.folder, prefix="part-")
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(path)
        except OSError as error:
            raise LedgerError(
                f"a picture can't be kept: {error.strerror}",
                hint="check the disk and its rights",
                file=self.folder,
            ) from None
        return name

    def get(self, name: str) -> bytes:
        """Raises PictureError for one that isn't there, or is damaged."""
        try:
            data = (self.folder / name).read_bytes() if re.fullmatch("[0-9a-f]{64}", name) else b""
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() != name:
            raise PictureError(
                "a picture that was to be sent is lost",
                hint="put it back beside the post, and run again",
            )
        return data

    def tidy(self, wanted: Collection[str]) -> None:
        """Remove old pictures that aren't wanted any more."""
        if not self.folder.is_dir():
            return
        for file in self.folder.iterdir():
            if file.name not in wanted and time.time() - file.stat().st_mtime > AGE:
                file.unlink(missing_ok=True)
