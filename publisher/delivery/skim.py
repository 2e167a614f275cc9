"""How much of a post is read: an archive isn't read whole, run by run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from publisher import channels
from publisher.config import Config
from publisher.delivery.left_alone import over, reason_of
from publisher.delivery.plan import Choice
from publisher.delivery.planning import key_of
from publisher.errors import PublishError
from publisher.ledger.sqlite import Ledger
from publisher.post.post import Post


@dataclass(frozen=True, slots=True)
class Enough:
    """Whether a post's front matter is enough to know that nothing is to be done about it.

    named  the channels that the command line names, with commas between; or None
    """

    config: Config
    ledger: Ledger
    now: datetime
    in_bulk: frozenset[Path]
    named: str | None
    choice: Choice

    def __call__(self, head: Post) -> bool:
        if head.file not in self.in_bulk or self.choice.republish or head.draft:
            return False
        try:
            chosen = channels.chosen(self.named, self.config)
            names = channels.channels_of(head, chosen, self.config)
        except PublishError:
            return False
        key = key_of(head, self.ledger, self.config)
        reason = reason_of(head, self.config.site, self.now, in_bulk=True)
        states = [self.ledger.states(key, name) for name in names]
        return all(over(each) if each else reason for each in states)
