"""How much of a post is read, and what of a folder's faults matters: an archive isn't read whole, run
by run, and makes no run fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publisher import channels
from publisher.config import Config
from publisher.delivery.left_alone import over, reason_of
from publisher.delivery.plan import Choice
from publisher.delivery.planning import Planning, held_back, key_of
from publisher.delivery.settled import Settled
from publisher.errors import PublishError
from publisher.files import path_below
from publisher.identity import Identity
from publisher.ledger.sqlite import Ledger
from publisher.post.post import Post


@dataclass(frozen=True, slots=True)
class Enough:
    """Whether a post's front matter is enough to know that nothing is to be done about it.

    named    the channels that the command line names, with commas between; or None
    settled  which posts need no look
    """

    config: Config
    ledger: Ledger
    now: datetime
    in_bulk: frozenset[Path]
    named: str | None
    choice: Choice
    settled: Settled

    def __call__(self, head: Post) -> bool:
        if head.file not in self.in_bulk or held_back(head, self.now) or not self._is_plain():
            return False
        try:
            chosen = channels.chosen(self.named, self.config)
            names = channels.channels_of(head, chosen, self.config)
        except PublishError:
            return False
        key = key_of(head, self.ledger, self.config)
        reason = reason_of(head, self.config.site, self.now, in_bulk=True)
        return all(self._is_over(head, key, name, reason) for name in names)

    def _is_plain(self) -> bool:
        """Whether nothing is asked for that would make another thing of what is live."""
        choice = self.choice
        return not (choice.republish or choice.update_all or choice.force)

    def _is_over(self, head: Post, key: str, channel: str, reason: str | None) -> bool:
        states = self.ledger.states(key, channel)
        if not states:
            return reason is not None
        if over(states):
            return True
        return states == {"sent"} and self.settled.is_settled(head, key, channel)


def is_archived(error: PublishError, config: Config, ledger: Ledger) -> bool:
    """Whether what can't be read was marked as not to be sent: an old file makes no run fail."""
    if error.file is None:
        return False
    key = ledger.find(Identity(path_below(Path(error.file), config.names_from())))
    rows = ledger.rows(key) if key else []
    return bool(rows) and all(row.state == "archived" for row in rows)


def matters(twins: Sequence[Post], planning: Planning) -> bool:
    """Whether one of two posts that claim the same identity is live, or would be sent."""
    site, now = planning.config.site, planning.now
    return any(
        planning.ledger.find(post.identity) is not None
        or reason_of(post, site, now, in_bulk=post.file in planning.in_bulk) is None
        for post in twins
    )
