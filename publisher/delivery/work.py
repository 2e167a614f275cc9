"""One delivery while it is sent: its rows, as the ledger has them, and what an attempt needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from publisher.adapter import Adapter, Attempt, Receipt
from publisher.clock import now
from publisher.delivery.plan import Delivery
from publisher.errors import DeliveryError, LedgerError, PublishError, Refused
from publisher.hosts import is_address
from publisher.ledger.row import DONE, Media, Row, State
from publisher.ledger.sqlite import Ledger
from publisher.secrets import Redactor


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds.

    settle        how long after an attempt a reading that finds nothing may be believed: a replica
                  may lag, a request may arrive late
    look_again    the least time between two readings
    deadline      how long a channel is tried without anything going out
    longest_wait  between two tries, where the platform doesn't say
    patience      how long Ctrl-C waits for the answer to a request that is under way
    """

    settle: float = 30.0
    look_again: float = 2.0
    deadline: float = 600.0
    longest_wait: float = 60.0
    patience: float = 5.0


class Progress(Protocol):
    """Who shows a person what is going on, channel by channel."""

    def tell(self, channel: str, words: str) -> None:
        """Something that they should read."""

    def count(self, channel: str, words: str) -> None:
        """Something that will soon be replaced: shown as often as a person can follow."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery: its rows as they are in the ledger now, and the error that ended
    it, if any."""

    delivery: Delivery
    rows: tuple[Row, ...]
    error: PublishError | None = None


class Work:
    """The rows of one delivery, by their index. Every change is in the ledger before it is here."""

    def __init__(
        self,
        delivery: Delivery,
        ledger: Ledger,
        redact: Redactor,
        *,
        pictures: Callable[[str], bytes],
        confirm: Callable[[], None],
        progress: Progress,
    ) -> None:
        self.delivery = delivery
        self.adapter = delivery.adapter
        self.redact = redact
        self.bytes_of = pictures
        self.confirm = confirm
        self.is_thread = not any(row.recipient for row in delivery.rows)
        self.retracting = all(row.op == "delete" for row in delivery.rows)
        self.last_progress = now()
        self._rows = list(delivery.rows)
        self._live = sum(1 for row in delivery.rows if row.state == "sent")
        self._ledger = ledger
        self._progress = progress

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(self._rows)

    def row(self, index: int) -> Row:
        return self._rows[index]

    def begin(self) -> None:
        """Write down what is going to be tried."""
        if self.delivery.fresh:
            identity, key = self.delivery.post.identity, self.delivery.key
            self._ledger.prepare(identity, key, self.delivery.channel, self._rows)
        elif self.retracting:
            # All of it is to go, whatever happens now: no later run takes the rest for a post.
            self._rows = [
                row.with_state("intent") if row.state == "pending" else row for row in self._rows
            ]
            self._ledger.record_all(self._rows)

    def record(self, index: int, row: Row) -> None:
        self._ledger.record(row)
        self._live += (row.state == "sent") - (self._rows[index].state == "sent")
        self._rows[index] = row
        if row.state in DONE:
            self.last_progress = now()

    def is_live(
        self, index: int, receipt: Receipt | None, media: Mapping[str, Media] | None = None
    ) -> None:
        """A row is live, where the receipt says. None: only that it is live is known.

        Raises LedgerError, with the address, where that can't be written down.
        """
        row = self._rows[index].with_state("sent", error=None)
        if receipt is not None:
            row = replace(row, remote_id=receipt.id, url=address_in(receipt))
            row = self.warned(row, receipt)
        if media is not None:
            row = replace(row, media=media)
        try:
            self.record(index, row)
        except LedgerError as error:
            # This run knows it, and tells; the ledger still has the intent.
            self._rows[index] = row.with_state("intent")
            where = row.url or row.remote_id
            raise LedgerError(
                f"it is live{f' at {where}' if where else ''}, and that could not be written down:"
                f" {error.message}",
                hint=f"{error.hint}; then: {self.resolve_command(index)} --sent {row.url or ''}",
                file=error.file,
            ) from error

    def warned(self, row: Row, receipt: Receipt) -> Row:
        """Tells a receipt's warning, and keeps it for `publish status`."""
        if not receipt.warning:
            return row
        self.say(f"WARNING: {receipt.warning}")
        return replace(row, error=self.redact(receipt.warning))

    def fail(self, index: int, state: State, error: DeliveryError | None = None) -> None:
        changes = {"error": self.redact(error.message)} if error else {}
        self.record(index, self._rows[index].with_state(state, **changes))

    def take_back(self, index: int, error: DeliveryError | None = None) -> None:
        """An edit, or a deletion, didn't come about: what is live stays as it is."""
        row = as_live(self._rows[index])
        self.record(index, replace(row, error=self.redact(error.message)) if error else row)

    def remember_upload(self, index: int, source: str, media: Media) -> None:
        row = self._rows[index]
        row = replace(row, media={**row.media, source: media})
        # In the ledger what is live stays "sent" until the intent to edit it is written.
        is_planned_edit = row.op == "update" and row.state == "pending"
        self._ledger.record(as_live(row) if is_planned_edit else row)
        self._rows[index] = row

    def forget(self, index: int) -> None:
        """A part that a thread doesn't have any more."""
        row = self._rows[index]
        self._ledger.forget(row)
        self._rows[index] = row.with_state("retracted")

    def say(self, words: str) -> None:
        self._progress.tell(self.delivery.channel, self.redact(words))

    def count(self) -> None:
        """Shows how far a newsletter is."""
        words = f"{self._live:,} of {len(self._rows):,} sent"
        self._progress.count(self.delivery.channel, words)

    def attempt(self, index: int, row: Row | None = None) -> Attempt:
        """Raises Refused where the part that this one replies to has no id."""
        row = row or self._rows[index]
        reply_to = None
        parent = 0 if self.adapter.flat else index - 1
        if self.is_thread and index and self.adapter.replies and row.op == "update":
            reply_to = self._rows[parent].remote_id
        elif self.is_thread and index and self.adapter.replies and row.op == "create":
            reply_to = self._remote_id(parent)
            if reply_to is None:
                raise Refused(
                    f"part {parent + 1} is live, but its id is not known, so part {index + 1} can't"
                    " reply to it",
                    hint=f"{self.resolve_command(parent)} --sent URL",
                )
        return Attempt(
            key=self._key(row),
            began=row.began or now(),
            reply_to=reply_to,
            recipient=row.recipient,
            remote_id=row.remote_id or "",
            media={source: media.id for source, media in row.media.items()},
            draft=self._draft(row),
            bytes_of=self.bytes_of,
            is_taken=lambda id: self._ledger.has_id(id, row),
            name=name_of(self.adapter, row),
            again=row.op == "update" and row.state == "intent",
        )

    def look(self, index: int) -> Receipt | None:
        """Read back what is known to be live. None: it isn't to be seen, or nobody can look."""
        row = self._rows[index]
        attempt = self.attempt(index)
        try:
            return self.adapter.find(row.payload, attempt, self.since(index))
        except LedgerError:
            raise
        except Exception:
            return None

    def since(self, index: int) -> datetime:
        """When a row was first meant to be sent, by the platform's clock: as it was then, where that
        was noted, else as it is now."""
        row = self._rows[index]
        if row.server is not None:
            return row.server
        return (row.began or now()) + (self.adapter.clock() or timedelta(0))

    def resolve_command(self, index: int) -> str:
        """How a person says what became of a row."""
        return self.delivery.resolve_command(self._rows[index])

    def _key(self, row: Row) -> str:
        """With the payload, frozen once it was tried: another project's post.md on the same account
        is no replay."""
        account = f"{self.adapter.name}/{row.channel}"
        what = (account, row.post, str(row.part), str(row.generation), row.hash)
        return hashlib.sha256("\n".join(what).encode()).hexdigest()[:40]

    def _draft(self, row: Row) -> str:
        media = row.media.get(row.draft) if self.adapter.drafts else None
        return media.id if media else ""

    def _remote_id(self, index: int) -> str | None:
        """The id of a part that is live. Where only a refusal proved that it is, this looks once
        more."""
        row = self._rows[index]
        if row.state == "sent" and row.remote_id is None and (live := self.look(index)):
            self.record(
                index, row.with_state("sent", remote_id=live.id, url=address_in(live) or row.url)
            )
        return self._rows[index].remote_id


def name_of(adapter: Adapter, row: Row) -> str:
    """What `Attempt.name` is for a row. Without the payload: what a platform knows by this name is
    this part, whatever it says."""
    account = f"{adapter.name}/{row.channel}"
    what = (account, row.post, str(row.part), str(row.generation))
    return hashlib.sha256("\n".join(what).encode()).hexdigest()[:40]


def address_in(receipt: Receipt) -> str | None:
    """Where it is live, if what the platform said is an address."""
    return receipt.url if receipt.url and is_address(receipt.url) else None


def as_live(row: Row) -> Row:
    """The row without the edit that didn't come about."""
    payload = row.payload if row.live is None else row.live
    return row.with_state("sent", op="create", payload=payload, live=None)


def seconds_since(moment: datetime) -> float:
    return (now() - moment).total_seconds()
