"""What is live follows the post: it is edited, or deleted.

Both come to the same however often they are done, so that a lost answer is just tried again.
"""

from __future__ import annotations

from publisher.adapter import pictures_of
from publisher.clock import now
from publisher.delivery.uploads import media_of, upload
from publisher.delivery.work import Work, address_in, as_live
from publisher.errors import CannotLook, EditedThere, Gone, LeaseLost, LedgerError, NotSent, Refused


def update(work: Work, index: int) -> None:
    """Make what is live say what the post says now, unless somebody edited it there.

    Raises NotSent, Refused; EditedThere or Gone.
    """
    if not work.row(index).remote_id:
        work.take_back(index)
        raise Refused(
            "it is live, but its id is not known, so it can't be edited",
            hint=f"{work.resolve_command(index)} --sent URL",
        )
    try:
        if not work.delivery.choice.force:
            _check_untouched(work, index)
        upload(work, index)
        row = work.row(index)
        work.confirm()
        work.record(index, row.with_state("intent", tried=now(), error=None))
        receipt = work.adapter.update(row.payload, work.attempt(index, row))
    except (NotSent, LedgerError, LeaseLost):
        raise
    except Gone as error:
        raise _gone(work, index) from error
    except Refused as error:
        work.take_back(index, error)
        raise
    except Exception as problem:
        raise NotSent(f"the edit failed: {type(problem).__name__}: {problem}") from problem
    wanted = {picture.source for picture in pictures_of(row.payload)}
    media = {source: one for source, one in row.media.items() if source in wanted}
    media |= media_of(receipt)
    url = address_in(receipt) or row.url
    # Its source stays what it was until the whole delivery is done: else the parts still to come
    # would look as if only a template had changed.
    live = row.with_state("sent", op="create", live=None, url=url, media=media, error=None)
    work.record(index, work.warned(live, receipt))


def delete(work: Work, index: int) -> None:
    """Take down one row: the whole post is retracted, or a thread has become shorter.

    Raises NotSent or Refused.
    """
    row = work.row(index)
    if not row.remote_id:
        raise Refused(
            "it is live, but its id is not known, so it can't be deleted",
            hint=f"{work.resolve_command(index)} --sent URL",
        )
    work.confirm()
    if row.state != "intent":
        work.record(index, row.with_state("intent", tried=now()))
    try:
        work.adapter.delete(row.payload, work.attempt(index, row))
    except Gone:
        pass
    except (NotSent, LedgerError):
        raise
    except Refused as error:
        if not work.retracting:
            work.take_back(index, error)
        raise
    except Exception as problem:
        raise NotSent(f"deleting failed: {type(problem).__name__}: {problem}") from problem
    if work.retracting:
        work.record(index, row.with_state("retracted", op="create", error=None))
    else:
        work.forget(index)


def _gone(work: Work, index: int) -> Gone:
    """Somebody deleted there what was to be edited: it stays so."""
    row = work.row(index)
    if len({each.part for each in work.rows}) == 1:
        work.record(index, as_live(row).with_state("retracted", error="it was deleted there"))
        return Gone("it was deleted there, and stays so", hint="to post it again: --republish")
    work.take_back(index)
    return Gone(
        f"part {row.part + 1} was deleted there",
        hint="`publish retract` takes the rest down, --republish posts anew",
    )


def _check_untouched(work: Work, index: int) -> None:
    """Raises EditedThere where what is live is neither what was sent nor what a run that died made
    of it."""
    row = work.row(index)
    attempt = work.attempt(index)
    expected = [row.live] if row.live is not None else []
    if row.state == "intent":
        expected.append(row.payload)
    try:
        if not any(work.adapter.stands(payload, attempt) for payload in expected):
            raise EditedThere(
                "it was edited there since it was sent, and is left as it is",
                hint="take that edit over into the file; or overwrite it with --force",
            )
    except CannotLook:
        return
