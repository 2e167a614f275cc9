"""The command at a real pseudo-terminal, answered as a person would."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

Answer = str | Callable[[str], str]
"""What is typed; or what makes it of all that has been shown."""
PATIENCE = 120.0
"""Seconds after which a program that waits for ever is stopped."""


def talk(
    arguments: Iterable[str],
    answers: Iterable[tuple[str, Answer]],
    folder: Path,
    **environment: str,
) -> tuple[int, str]:
    """Run the command; wherever the words of the next answer have been shown, type it. Returns its
    exit status, and all that was shown. It has no other terminal: getpass would open that one."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "publisher", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=folder,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", **environment},
    )
    os.close(slave)
    timer = threading.Timer(PATIENCE, process.kill)
    timer.start()
    shown, seen, waiting = "", 0, list(answers)
    try:
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # Linux says EIO when the other side is gone
                break
            if not data:
                break
            shown += data.decode("utf-8", "replace")
            while waiting and (at := shown.find(waiting[0][0], seen)) >= 0:
                seen = at + len(waiting[0][0])
                answer = waiting.pop(0)[1]
                words = answer if isinstance(answer, str) else answer(shown)
                os.write(master, f"{words}\n".encode())
        return process.wait(), shown
    finally:
        timer.cancel()
        os.close(master)
