"""Limits of time and memory around code that somebody else wrote: templates."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

try:
    import resource
except ImportError:  # Windows has neither this nor SIGPROF
    resource = None  # type: ignore[assignment]


class _Late(BaseException):
    """No Exception: Jinja2 drops those while it works out constants, and goes on."""


@contextmanager
def limited(seconds: float, memory: int) -> Iterator[None]:
    """Raise TimeoutError after so many seconds of this process's own time, MemoryError beyond so
    many more bytes. A busy machine makes nothing late.

    Works on Linux, in the main thread; elsewhere as far as the system allows.
    """
    with _limited_time(seconds), _limited_memory(memory):
        yield


@contextmanager
def _limited_time(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "SIGPROF") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise _Late

    before = signal.signal(signal.SIGPROF, ring)
    # Again and again: what is busy in one long call of C hears it only afterwards, and may be about
    # to make the next.
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.1)
    try:
        yield
    except _Late:
        raise TimeoutError(f"it took more than {seconds:g} seconds") from None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def _limited_memory(memory: int) -> Iterator[None]:
    used = _address_space()
    if resource is None or used is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = used + memory
    if soft != resource.RLIM_INFINITY:
        wanted = min(wanted, soft)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int | None:
    """Bytes of address space in use; None where the system doesn't say (only Linux does, in
    /proc)."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError):
        return None
    return pages * resource.getpagesize()
