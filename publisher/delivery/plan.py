"""Message + ledger → Delivery: what is to be done on one channel, and what a dry run shows. Reads,
changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from publisher.adapter import Adapter, Message, Payload, Picture, pictures_of
from publisher.ledger.row import DONE, LIVE_OR_MAYBE, Row, canonical, digest, is_digest
from publisher.ledger.sqlite import Ledger
from publisher.post.post import Post

Status = Literal["planned", "sent", "unchanged", "outdated", "skipped", "failed", "unknown"]
Action = Literal["create", "update", "delete", "none"]


STALE = "the post was edited since, and what is here can't be"
"""What the ledger says of a row whose edit can't follow, once a person was told of it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the author wants done about what is live already.

    update      follow an edit of the post
    update_all  follow a new template or configuration, too
    republish   bring back what was retracted, as a new generation
    force       overwrite what somebody edited on the platform
    """

    update: bool = True
    update_all: bool = False
    republish: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One post on one channel: its rows in the order in which they are dealt with, live ones
    included.

    source     what the author made, in short, to tell an edit from a new template
    fresh      nothing of it is live: its rows replace whatever the ledger has
    changed    what is live, or was frozen when sending began, is no longer what the post says
    following  its rows make it say that
    kept       why it isn't made to say it: "edit" (can't, or isn't to be edited), "template" (what
               changed is not the post), "lost" (what a run that died was sending isn't known any
               more); or why nothing is sent at all: "retracted", "archived"; else empty
    """

    post: Post
    adapter: Adapter
    message: Message
    key: str
    rows: tuple[Row, ...]
    source: str = ""
    fresh: bool = False
    changed: bool = False
    following: bool = False
    kept: str = ""
    choice: Choice = field(default_factory=Choice)

    @property
    def channel(self) -> str:
        return self.adapter.channel.name

    @property
    def can_not_follow(self) -> bool:
        """The post was edited, and this channel edits nothing."""
        return self.kept == "edit" and not self.adapter.edits

    @property
    def is_told(self) -> bool:
        """An earlier run has said of this very edit that it can't follow."""
        return self.can_not_follow and all(
            row.error == STALE and row.source == self.source
            for row in self.rows
            if row.state == "sent"
        )

    @property
    def open_rows(self) -> tuple[Row, ...]:
        """What is still to be done."""
        return tuple(row for row in self.rows if row.state not in DONE)

    @property
    def action(self) -> Action:
        ops = {row.op for row in self.open_rows}
        if not ops or self.kept in ("retracted", "archived", "lost"):
            return "none"
        if "create" in ops:
            return "update" if len(ops) > 1 else "create"
        return "delete" if ops == {"delete"} and len(self.open_rows) == len(self.rows) else "update"

    def resolve_command(self, row: Row) -> str:
        """How a person says what became of a row, whatever else is open."""
        command = f"publish resolve {self.post.file} {self.channel}"
        if row.recipient:
            return f"{command} --recipient {row.recipient}"
        return f"{command} --part {row.part + 1}" if len(self.rows) > 1 else command

    @property
    def cost(self) -> float:
        return sum(self.adapter.cost(row.payload) for row in self.open_rows if row.op == "create")


def plan(
    post: Post,
    message: Message,
    adapter: Adapter,
    ledger: Ledger,
    key: str,
    recipients: Sequence[str] | None = None,
    choice: Choice | None = None,
) -> Delivery:
    """What to do about the post that the ledger knows as `key`.

    While any part is not settled, or not live yet, its channel's parts and recipients are what they
    were when sending began: a text that was edited in between is an edit, afterwards, and who
    joined the list later doesn't get the archive. `recipients` is None where the adapter knows
    them.
    """
    choice = choice or Choice()
    payloads = [adapter.payload(message, index) for index in range(len(message.parts))]
    source = source_of(post, payloads)
    known = [_filled(row, payloads) for row in ledger.rows(key, adapter.channel.name)]
    known = [
        row for row in known if not (is_digest(row.payload) and row.state in ("pending", "failed"))
    ]
    made = Delivery(post, adapter, message, key, tuple(known), source, choice=choice)
    gone = _gone(known)
    if gone and not (
        choice.republish and all(row.state in ("retracted", "archived") for row in known)
    ):
        # An archived post was never composed: what would be sent is what there is to show.
        shown = [row if row.payload else replace(row, payload=payloads[0]) for row in known]
        return replace(made, rows=tuple(shown), kept=gone)
    if any(is_digest(row.payload) for row in known):
        shown = [replace(row, payload=payloads[min(row.part, len(payloads) - 1)]) for row in known]
        return replace(made, kept="lost", rows=tuple(shown))
    if not gone and any(row.state in LIVE_OR_MAYBE for row in known):
        wanted = [
            row
            for row in known
            if row.state in LIVE_OR_MAYBE or _still_wanted(row, adapter, recipients)
        ]
        return _follow(replace(made, rows=tuple(wanted)), payloads)
    before = {(row.part, row.recipient): row for row in known}
    generation = max((row.generation for row in known), default=1) + bool(gone)
    rows = []
    for part, payload in enumerate(payloads):
        for recipient in adapter.recipients() if recipients is None else recipients:
            old = before.get((part, recipient))
            media = old.media if old and not gone else {}  # uploaded by a run that got no further
            rows.append(
                Row(
                    key,
                    made.channel,
                    part,
                    payload,
                    recipient,
                    generation,
                    source=source,
                    media=media,
                )
            )
    return replace(made, rows=tuple(rows), fresh=True)


def _follow(made: Delivery, payloads: Sequence[Payload]) -> Delivery:
    """What of a post is live, or may be, and what has to change for it to say what the post says
    now."""
    adapter = made.adapter
    live = {row.part: row for row in reversed(made.rows)}
    new = dict(enumerate(payloads))
    if {part: adapter.seen(row.payload) for part, row in live.items()} == {
        part: adapter.seen(payload) for part, payload in new.items()
    }:
        return made
    made = replace(made, changed=True)
    if made.open_rows:
        return made  # first what was begun
    if _is_as_written(made, live, payloads) and not made.choice.update_all:
        return replace(made, kept="edit" if live[0].error == STALE else "template")
    if not (adapter.edits and made.choice.update):
        return replace(made, kept="edit")
    rows = []
    for part, payload in new.items():
        if part not in live:
            rows.append(
                Row(
                    made.key,
                    made.channel,
                    part,
                    payload,
                    generation=live[0].generation,
                    source=made.source,
                )
            )
        elif adapter.seen(live[part].payload) == adapter.seen(payload):
            rows.append(live[part])
        else:
            row = live[part].with_state("pending", op="update", live=live[part].payload, error=None)
            rows.append(replace(row, payload=payload))
    surplus = sorted(set(live) - set(new), reverse=True)
    rows += [live[part].with_state("pending", op="delete", error=None) for part in surplus]
    return replace(made, rows=tuple(rows), following=True)


def _is_as_written(made: Delivery, live: Mapping[int, Row], payloads: Sequence[Payload]) -> bool:
    """Whether the author has changed nothing: neither the words, nor the name, nor any picture that
    is live. Another version may choose other pictures of the same words; that is no edit."""
    before = live[0].source
    if before in ("", made.source):
        return True
    sent = [live[part].payload for part in sorted(live)]
    there = {place_of(each): each.source for payload in sent for each in pictures_of(payload)}
    wanted = [picture for payload in payloads for picture in pictures_of(payload)]
    return before == source_of(made.post, sent) and all(
        there.get(place_of(picture), picture.source) == picture.source for picture in wanted
    )


def place_of(picture: Picture) -> str:
    """Which picture it is, whatever its file shows today."""
    return picture.address or picture.src or picture.name


def source_of(post: Post, payloads: Sequence[Payload]) -> str:
    """What the author made: a digest of the post's own words, and one of its name and the pictures
    that go with it."""
    more = [
        post.slug,
        *(picture.source for payload in payloads for picture in pictures_of(payload)),
    ]
    return f"{post.digest}+{hashlib.sha256(' '.join(more).encode()).hexdigest()[:16]}"


def _filled(row: Row, payloads: Sequence[Payload]) -> Row:
    """A ledger that is as public as the repository has a digest where the text isn't live: the text
    is the post's own, if that is still what it was. What is live by a person's word has the words
    of today."""
    if not is_digest(row.payload) or row.part >= len(payloads):
        return row
    same = digest(canonical(payloads[row.part])) == row.payload["hash"]
    return (
        replace(row, payload=payloads[row.part])
        if same or row.state in ("sent", "failed", "pending")
        else row
    )


def _gone(known: Sequence[Row]) -> str:
    """Whether it is not to be sent: "retracted" (also while that is under way) or "archived"; else
    empty."""
    first = next((row for row in known if row.part == 0), None)
    if first is None:
        return ""
    if first.state == "retracted" or first.op == "delete":
        return "retracted"
    return "archived" if first.state == "archived" else ""


def _still_wanted(row: Row, adapter: Adapter, recipients: Sequence[str] | None) -> bool:
    """Who left the list, or whose dead address was taken out of it, gets no copy that didn't go out
    yet."""
    return not row.recipient or row.recipient in (
        adapter.recipients() if recipients is None else recipients
    )
