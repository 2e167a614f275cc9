"""Starts the processes of `child.py`, several side by side, and waits for them."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.reliability.child import Job

ROOT = Path(__file__).resolve().parents[2]
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Run:
    """What one process did. `status` is negative where a signal ended it."""

    status: int
    out: str
    err: str

    @property
    def killed(self) -> bool:
        return self.status == KILLED

    @property
    def json(self) -> dict[str, Any]:
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


@dataclass
class Process:
    """A run under way."""

    job: Job
    started: Future[int] = field(default_factory=Future)
    ended: Future[int] = field(default_factory=Future)

    def signal(self, number: int) -> None:
        """Send a signal, unless it is over already."""
        pid = self.started.result(30)
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(pid, number)

    def wait(self, seconds: float = 300.0) -> Run:
        try:
            status = self.ended.result(seconds)
        except TimeoutError:
            self.signal(signal.SIGKILL)
            raise TimeoutError(
                f"{self.job.argv} took longer than {seconds} s:\n{self._read(self.job.err)}"
            ) from None
        return Run(status, self._read(self.job.out), self._read(self.job.err))

    @staticmethod
    def _read(file: str) -> str:
        return Path(file).read_text("utf-8") if Path(file).exists() else ""


class Runner:
    """The process that forks; a context manager."""

    def __enter__(self) -> Self:
        self._numbers = itertools.count(1)
        self._processes: dict[int, Process] = {}
        self._lock = threading.Lock()
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.child"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C on the tests is not meant for the processes under test
        )
        assert self._server.stdout is not None
        self._server.stdout.readline()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(30)
        self._listener.join(5)
        self._server.stdout.close()

    def start(self, job: Job) -> Process:
        process = Process(job)
        with self._lock:
            number = next(self._numbers)
            self._processes[number] = process
            assert self._server.stdin is not None
            self._server.stdin.write(job.as_line(number).encode())
            self._server.stdin.flush()
        return process

    def _listen(self) -> None:
        assert self._server.stdout is not None
        for line in self._server.stdout:
            said = json.loads(line)
            if "started" in said:
                self._processes[said["started"]].started.set_result(said["pid"])
            elif "ended" in said:
                self._processes.pop(said["ended"]).ended.set_result(said["status"])
