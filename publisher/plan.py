"""Message + ledger → Delivery: what is to be done on one channel, and what a dry run shows. Reads, changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from publisher.adapter import Adapter, Message
from publisher.ledger import LIVE_OR_MAYBE, Ledger, Row
from publisher.post import Post

Status = Literal["planned", "sent", "unchanged", "outdated", "skipped", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One post on one channel: its rows in the order in which they go out, those that are live already included.

    `changed`: what is live, or was frozen when sending began, is no longer what the post says.
    """

    post: Post
    adapter: Adapter
    message: Message
    key: str
    rows: tuple[Row, ...]
    fresh: bool
    changed: bool

    @property
    def channel(self) -> str:
        return self.adapter.channel.name

    @property
    def open_rows(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.state != "sent")

    @property
    def action(self) -> Literal["create", "none"]:
        return "create" if self.open_rows else "none"

    @property
    def cost(self) -> float:
        return sum(self.adapter.cost(row.payload) for row in self.open_rows)


def plan(
    post: Post, message: Message, adapter: Adapter, ledger: Ledger, recipients: Sequence[str] | None = None
) -> Delivery:
    """What to do. Once any part is, or may be, live, its channel's parts and recipients are what they were then:
    a text that was edited in between is an edit, and who joined the list later doesn't get the archive.

    `recipients` is None where they are not to be read (a dry run of a channel that isn't set up).
    """
    key = ledger.find(post.identity) or post.identity.key
    payloads = [adapter.payload(message, index) for index in range(len(message.parts))]
    known = ledger.rows(key, adapter.channel.name)
    if any(row.state in LIVE_OR_MAYBE for row in known):
        known = [row for row in known if row.state in LIVE_OR_MAYBE or _still_wanted(row, adapter, recipients)]
        changed = {row.part: row.payload for row in known} != dict(enumerate(payloads))
        return Delivery(post, adapter, message, key, tuple(known), fresh=False, changed=changed)
    generation = max((row.generation for row in known), default=1)
    rows = tuple(
        Row(key, adapter.channel.name, part, payload, recipient, generation)
        for part, payload in enumerate(payloads)
        for recipient in (adapter.recipients() if recipients is None else recipients)
    )
    return Delivery(post, adapter, message, key, rows, fresh=True, changed=False)


def _still_wanted(row: Row, adapter: Adapter, recipients: Sequence[str] | None) -> bool:
    """Who left the list, or whose dead address was taken out of it, gets no copy that didn't go out yet."""
    return not row.recipient or row.recipient in (adapter.recipients() if recipients is None else recipients)
