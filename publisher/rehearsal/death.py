"""A process that is killed, played within this one.

At the fail point where it dies an exception is raised that nothing catches; from then on its other
threads die at their next fail point, and its ledger writes nothing more. The operating system lets
go of its locks. What a played death can't show: a power cut, and a process that dies between two
fail points in the middle of its own memory.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from publisher import failpoints
from publisher.adapter import Adapter
from publisher.ledger.sqlite import Ledger


class Killed(BaseException):
    """Not an Exception, so that nothing takes it for a failure to be dealt with."""


@dataclass(frozen=True, slots=True)
class Death:
    """As the thread of this channel passes its `number`-th fail point."""

    channel: str
    number: int


class Process:
    """One run. Where a `death` is given, it dies there. `passed` counts the fail points, by
    thread."""

    def __init__(self, death: Death | None = None) -> None:
        self.death = death
        self.passed: Counter[str] = Counter()
        self.dead = False
        self._lock = threading.Lock()

    def pass_by(self) -> None:
        with self._lock:
            here = threading.current_thread().name
            self.passed[here] += 1
            self.dead = self.dead or self.death == Death(here, self.passed[here])
        self.demand_life()

    def demand_life(self) -> None:
        """Raises Killed."""
        if self.dead:
            raise Killed

    def cut_off(self, adapter: Adapter, hang_up: Callable[[], None]) -> None:
        """Nobody answers a dead process any more, so that it can't take its leave of a server."""
        close = adapter.close

        def close_as_it_is() -> None:
            if self.dead:
                hang_up()
            close()

        adapter.close = close_as_it_is  # type: ignore[method-assign]


class MortalLedger(Ledger):
    """It writes as long as its process lives. What a dead process wrote is in the file, without
    waiting for the disk: it is this machine that would have to lose its power."""

    def __init__(self, path: Path, process: Process) -> None:
        self._process = process
        super().__init__(path)
        assert self._db is not None  # noqa: S101 - just opened
        self._db.execute("PRAGMA synchronous = OFF")

    @contextmanager
    def _writing(self) -> Iterator[object]:  # type: ignore[override]
        self._process.demand_life()
        with super()._writing() as db:
            yield db


class Watch:
    """Follows the processes through the fail points, and counts the requests that have left. A
    context manager."""

    def __init__(self) -> None:
        self.left = 0
        self.process: Process | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._before = failpoints.hook, threading.excepthook
        failpoints.hook = self._pass_by
        threading.excepthook = self._died
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        failpoints.hook, threading.excepthook = self._before

    def _pass_by(self, point: str) -> None:
        if point == "request sent":
            with self._lock:
                self.left += 1
        if self.process is not None:
            self.process.pass_by()

    def _died(self, what: threading.ExceptHookArgs) -> None:
        if what.exc_type is not Killed:
            self._before[1](what)
