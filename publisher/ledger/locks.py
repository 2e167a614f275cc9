"""One post is sent by one process at a time: an OS file lock beside the ledger, which a dead
process lets go of."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path


@contextmanager
def hold(ledger: Path, posts: Iterable[str]) -> Iterator[dict[str, str]]:
    """Hold the locks of these posts (ledger keys), as far as nobody else does.

    Yields, for each post that is held by somebody else, who that is.
    """
    from filelock import FileLock, Timeout  # 60 ms to import, and only a real run needs it

    folder = ledger.parent / "locks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    held: list[tuple[FileLock, Path]] = []
    busy: dict[str, str] = {}
    try:
        for post in sorted(set(posts)):
            name = hashlib.sha256(post.encode()).hexdigest()[:24]
            lock, note = FileLock(folder / f"{name}.lock"), folder / f"{name}.holder"
            try:
                lock.acquire(timeout=0)
            except Timeout:
                busy[post] = _who(note)
                continue
            held.append((lock, note))
            note.write_text(
                f"process {os.getpid()} on {socket.gethostname()} since {datetime.now():%H:%M:%S}",
                "utf-8",
            )
        yield busy
    finally:
        for lock, note in held:
            note.unlink(missing_ok=True)
            lock.release()


def _who(note: Path) -> str:
    try:
        return note.read_text("utf-8") or "another process"
    except OSError:
        return "another process"
