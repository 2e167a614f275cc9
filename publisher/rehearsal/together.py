"""A long rehearsal, shared among the processors of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Self

from publisher.rehearsal.rehearsal import Verdict
from publisher.rehearsal.rehearse import rehearse

SHARE = 300
"""Disasters for which it is worth it to start a process more: that takes about two seconds."""
MOST = 4
APART = 1_000_000
"""Between the seeds of two processes."""
LOOK = 0.2
"""Seconds between two looks at how far they are."""

Work = Callable[..., Verdict]


def rehearse_together(
    file: str,
    *,
    config: str | None,
    names: str | None,
    disasters: int,
    seed: int,
    tell: Callable[[int], None],
) -> Verdict:
    """As `rehearse`."""
    workers = max(1, min(MOST, os.cpu_count() or 1, disasters // SHARE))
    work = partial(rehearse, file, config=config, names=names)
    if workers == 1:
        return work(disasters=disasters, seed=seed, tell=tell)
    share = -(-disasters // workers)
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        players = [
            stack.enter_context(_Player(work, share, seed + number * APART, scratch))
            for number in range(workers)
        ]
        for player in players:
            while not player.has_ended():
                tell(sum(each.struck.value for each in players))
            verdict.add(player.verdict())
    return verdict


class _Player:
    """A process that plays a share. A context manager: left early, it is killed."""

    def __init__(self, work: Work, disasters: int, seed: int, scratch: str) -> None:
        # Not forked: a fork of a process with threads may hang.
        context = multiprocessing.get_context("spawn")
        self.struck: Any = context.Value("l", 0)
        self._end, end = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_play, args=(work, disasters, seed, scratch, self.struck, end), daemon=True
        )
        self._process.start()
        end.close()  # so that a process that dies is noticed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()  # it takes SIGTERM for Ctrl-C, and goes on
        self._process.join()
        self._end.close()

    def has_ended(self) -> bool:
        """Looks for a moment."""
        return self._end.poll(LOOK)

    def verdict(self) -> Verdict:
        """Raises what it raised; EOFError where it died."""
        said = self._end.recv()
        if isinstance(said, Exception):
            raise said
        assert isinstance(said, Verdict)  # noqa: S101 - nothing else is sent
        return said


def _play(
    work: Work, disasters: int, seed: int, scratch: str, struck: Any, end: Connection
) -> None:
    # Ctrl-C is the first process's to deal with; it also removes what this one leaves behind.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = scratch

    def tell(count: int) -> None:
        struck.value = count

    try:
        end.send(work(disasters=disasters, seed=seed, tell=tell))
    except Exception as error:
        end.send(error)
