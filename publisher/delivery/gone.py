"""Posts that are live, and whose files are gone: said once, since nothing is taken down by itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from publisher.config import Config
from publisher.errors import PostError, PublishError
from publisher.identity import Identity
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger

NOTE = "its file is gone"
"""What the ledger says of a row of which that has been told."""


@dataclass(frozen=True, slots=True)
class Gone:
    """One such post, of which nobody has been told yet."""

    key: str
    identity: Identity
    rows: Sequence[Row]

    def warning(self) -> PublishError:
        where = ", ".join(dict.fromkeys(row.url or row.channel for row in self.rows))
        return PostError(
            f"the file is gone, and what it said is live still: {where}",
            hint=f"to take it down: publish retract {self.identity.path}",
            file=self.identity.path,
        )

    def noted(self) -> list[Row]:
        return [replace(row, error=NOTE) for row in self.rows]


def newly_gone(ledger: Ledger, config: Config, present: Collection[str]) -> list[Gone]:
    """Those whose file isn't there. `present` are the keys of the posts that this run has read."""
    root = config.names_from()
    found = []
    for key, identity in ledger.posts().items():
        if key in present or (root / identity.path).is_file():
            continue
        rows = [row for row in ledger.rows(key) if row.state == "sent" and not row.recipient]
        if rows and not any(row.error == NOTE for row in rows):
            found.append(Gone(key, identity, rows))
    return found


def is_back(row: Row) -> bool:
    """Whether a row of a post that is there says that its file is gone."""
    return row.error == NOTE
