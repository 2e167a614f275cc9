"""What every store of a ledger offers, and the one that is a file on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from publisher.identity import Identity
from publisher.ledger import locks
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Claim(Generic[T]):
    """What a run is about to do: the posts that nobody else may touch meanwhile, by their keys, and
    the rows it will try. `made` is what it was planned from."""

    made: T
    posts: Mapping[str, Identity] = field(default_factory=dict)
    rows: Sequence[Row] = ()


class Store(Protocol):
    ledger: Ledger
    pictures: Path
    """The folder in which pictures wait to be sent."""

    def hold(
        self, plan: Callable[[], Claim[T]], stop: threading.Event | None = None
    ) -> AbstractContextManager[tuple[T, Mapping[str, str]]]:
        """Hold the posts that `plan` claims, as far as nobody else does, then plan again: somebody
        may just have let go of them. Yields what was planned, and who holds the others, by their
        keys.

        `stop` is set where the run is being stopped: then letting go is a matter of seconds. Raises
        ReceiptsNotKept where what was sent can't be written down.
        """
        ...

    def confirm(self) -> None:
        """To be called before each send: are the posts still held? Raises LeaseLost."""
        ...


class FileStore:
    """A SQLite file, with a lock of the operating system for each post beside it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.pictures = ledger.path.parent / "pictures"

    @contextmanager
    def hold(
        self, plan: Callable[[], Claim[T]], stop: threading.Event | None = None
    ) -> Iterator[tuple[T, Mapping[str, str]]]:
        keys = set(plan().posts)
        with locks.hold(self.ledger.path, keys) as busy:
            claim = plan()
            # One that it knows by another name by now, or that wasn't to be touched, isn't ours.
            others = {key: "another process" for key in claim.posts if key not in keys}
            yield claim.made, {**others, **busy}

    def confirm(self) -> None:
        """The operating system's locks hold as long as this process lives."""
