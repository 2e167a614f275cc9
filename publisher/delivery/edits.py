"""What a sender does beside sending: putting pictures there, editing what is live, deleting it.

All of it comes to the same however often it is done, so that a lost answer is just tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from publisher.adapter import Picture, Receipt, Upload, pictures_of
from publisher.errors import (
    CannotLook,
    EditedThere,
    Gone,
    LedgerError,
    NotSent,
    PictureError,
    Refused,
)
from publisher.ledger.row import Media, Row

if TYPE_CHECKING:
    from publisher.delivery.sender import Sender

T = TypeVar("T")


def upload(sender: Sender, index: int) -> None:
    """Put the row's pictures on the platform, as far as they aren't there, one after the other.

    The ledger knows each as soon as it is there: who tries again attaches it, and uploads only the
    others. Raises NotSent, also while the platform is still busy with one, or Refused.
    """
    adapter, row = sender.adapter, sender.rows[index]
    if not adapter.uploads:
        return
    attached = {picture.source for picture in pictures_of(row.live or {})}
    for number, picture in enumerate(pictures_of(row.payload), 1):
        there = row.media.get(picture.source)
        if there is not None and picture.source not in attached and _age(there) > adapter.uploads:
            there = None  # the platform has removed it by now
        if there is None:
            sender.progress(sender.delivery.channel, f"uploading picture {number}")
            made = _harmlessly(sender, index, partial(_send_picture, sender, picture))
            there = Media(made.id, datetime.now(UTC), made.ready)
            row = _keep(sender, index, picture, there)
        if not there.ready:
            finish = partial(adapter.finish, there.id, picture)
            if not _harmlessly(sender, index, finish):
                raise NotSent(f"picture {number} is still being processed", retry_after=1.0)
            row = _keep(sender, index, picture, replace(there, ready=True))


def update(sender: Sender, index: int) -> None:
    """Make what is live say what the post says now, unless somebody edited it there.

    Raises NotSent, Refused; EditedThere or Gone.
    """
    row = sender.rows[index]
    if not row.remote_id:
        sender.record(index, _as_live(row))
        raise Refused(
            "it is live, but its id is not known, so it can't be edited", hint=_resolve(sender)
        )
    try:
        if not sender.delivery.choice.force:
            _check_untouched(sender, index)
        upload(sender, index)
        row = sender.rows[index]
        sender.record(index, row.with_state("intent", tried=datetime.now(UTC), error=None))
        receipt = sender.adapter.update(row.payload, sender.attempt(index, row))
    except (NotSent, LedgerError):
        raise
    except Gone as error:
        if len({each.part for each in sender.rows}) == 1:
            sender.record(
                index, _as_live(row).with_state("retracted", error="it was deleted there")
            )
            raise Gone(
                "it was deleted there, and stays so", hint="to post it again: --republish"
            ) from error
        sender.record(index, _as_live(row))
        raise Gone(
            f"part {row.part + 1} was deleted there",
            hint="`publish retract` takes the rest down, --republish posts anew",
        ) from error
    except Refused as error:
        sender.record(index, replace(_as_live(row), error=sender.redact(error.message)))
        raise
    except Exception as problem:
        raise NotSent(f"the edit failed: {type(problem).__name__}: {problem}") from problem
    wanted = {picture.source for picture in pictures_of(row.payload)}
    media = {source: one for source, one in row.media.items() if source in wanted} | media_of(
        receipt
    )
    url = receipt.url or row.url
    # Its source stays what it was until the whole delivery is done: else the parts still to come
    # would look as if only a template had changed.
    sender.record(
        index, row.with_state("sent", op="create", live=None, url=url, media=media, error=None)
    )


def delete(sender: Sender, index: int) -> None:
    """Take down one row: the whole post is retracted, or a thread has become shorter. Raises
    NotSent or Refused."""
    row = sender.rows[index]
    if not row.remote_id:
        raise Refused(
            "it is live, but its id is not known, so it can't be deleted", hint=_resolve(sender)
        )
    if row.state != "intent":
        sender.record(index, row.with_state("intent", tried=datetime.now(UTC)))
    try:
        sender.adapter.delete(row.payload, sender.attempt(index, row))
    except Gone:
        pass
    except (NotSent, LedgerError):
        raise
    except Refused as error:
        if not sender.retracting:
            sender.record(index, replace(_as_live(row), error=sender.redact(error.message)))
        raise
    except Exception as problem:
        raise NotSent(f"deleting failed: {type(problem).__name__}: {problem}") from problem
    if sender.retracting:
        sender.record(index, row.with_state("retracted", op="create", error=None))
    else:
        sender.ledger.forget(row)
        sender.rows[index] = row.with_state("retracted")


def media_of(receipt: Receipt) -> dict[str, Media]:
    now = datetime.now(UTC)
    return {source: Media(id, now) for source, id in receipt.media.items()}


def _check_untouched(sender: Sender, index: int) -> None:
    """Raises EditedThere where what is live is neither what was sent nor what a run that died made
    of it."""
    row = sender.rows[index]
    attempt = sender.attempt(index, row)
    sent = [
        payload
        for payload in (row.live, row.payload if row.state == "intent" else None)
        if payload is not None
    ]
    try:
        if not any(sender.adapter.stands(payload, attempt) for payload in sent):
            raise EditedThere(
                "it was edited there since it was sent, and is left as it is",
                hint="take that edit over into the file; or overwrite it with --force",
            )
    except CannotLook:
        return


def _harmlessly(sender: Sender, index: int, act: Callable[[], T]) -> T:
    """A picture that is attached to nothing is seen by nobody: whatever became of it, it may be
    tried again."""
    try:
        return act()
    except (NotSent, LedgerError):
        raise
    except (Refused, PictureError) as error:
        row = sender.rows[index]
        if row.op == "create":
            sender.record(index, row.with_state("failed", error=sender.redact(error.message)))
        raise (
            error if isinstance(error, Refused) else Refused(error.message, hint=error.hint)
        ) from None
    except Exception as problem:
        words = getattr(problem, "message", "") or f"{type(problem).__name__}: {problem}"
        raise NotSent(f"a picture could not be uploaded: {words}") from problem


def _send_picture(sender: Sender, picture: Picture) -> Upload:
    return sender.adapter.upload(picture, sender.pictures(picture.hash))


def _keep(sender: Sender, index: int, picture: Picture, there: Media) -> Row:
    row = sender.rows[index]
    row = replace(row, media={**row.media, picture.source: there})
    # In the ledger what is live stays "sent" until the intent to edit it is written.
    sender.ledger.record(_as_live(row) if row.op == "update" and row.state == "pending" else row)
    sender.rows[index] = row
    return row


def _as_live(row: Row) -> Row:
    """The row without the edit that didn't come about."""
    return row.with_state(
        "sent", op="create", payload=row.payload if row.live is None else row.live, live=None
    )


def _age(media: Media) -> float:
    return (datetime.now(UTC) - media.at).total_seconds()


def _resolve(sender: Sender) -> str:
    return f"publish resolve {sender.delivery.post.file} {sender.delivery.channel} --sent URL"
