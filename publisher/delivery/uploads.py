"""What is put on the platform before a row is sent: its pictures, and its draft.

A picture that is attached to nothing, and a draft, are seen by nobody: whatever became of one, it
may be tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from publisher.adapter import Receipt, pictures_of
from publisher.clock import now
from publisher.delivery.work import Work, seconds_since
from publisher.errors import LedgerError, NotSent, PictureError, Refused
from publisher.ledger.row import Media

T = TypeVar("T")


def upload(work: Work, index: int) -> None:
    """Put the row's pictures there, as far as they aren't, one after the other.

    The ledger knows each as soon as it is there: who tries again attaches it, and uploads only the
    others. Raises NotSent, also while the platform is still busy with one, or Refused.
    """
    adapter, row = work.adapter, work.row(index)
    if not adapter.uploads:
        return
    attached = {picture.source for picture in pictures_of(row.live or {})}
    for number, picture in enumerate(pictures_of(row.payload), 1):
        media = row.media.get(picture.source)
        if (
            media is not None
            and picture.source not in attached
            and seconds_since(media.at) > adapter.uploads
        ):
            media = None  # the platform has removed it by now
        if media is None:
            work.say(f"uploading picture {number}")
            data = work.bytes_of(picture.hash)
            act = partial(adapter.upload, picture, data)
            uploaded = _harmlessly(work, index, act, "a picture could not be uploaded")
            media = Media(uploaded.id, now(), uploaded.ready)
            work.remember_upload(index, picture.source, media)
        if not media.ready:
            ready = partial(adapter.finish, media.id, picture)
            if not _harmlessly(work, index, ready, "a picture could not be uploaded"):
                raise NotSent(f"picture {number} is still being processed", retry_after=1.0)
            work.remember_upload(index, picture.source, replace(media, ready=True))


def draft(work: Work, index: int) -> None:
    """Put the row there as a draft, unless that is done. Where the platform has drafts.

    The ledger knows it at once: who tries again publishes the same one. Raises NotSent, also while
    the platform is still busy with it, or Refused.
    """
    adapter, row = work.adapter, work.row(index)
    if not adapter.drafts:
        return
    name = row.draft
    media = row.media.get(name)
    if media is not None and seconds_since(media.at) > adapter.drafts:
        media = None  # the platform has forgotten it by now
    if media is None:
        act = partial(adapter.draft, row.payload, work.attempt(index))
        made = _harmlessly(work, index, act, "the draft could not be made")
        media = Media(made.id, now(), made.ready)
        work.remember_upload(index, name, media)
    if not media.ready:
        ready = partial(adapter.is_drafted, media.id)
        if not _harmlessly(work, index, ready, "the draft could not be looked at"):
            raise NotSent("the platform is still busy with the draft", retry_after=1.0)
        work.remember_upload(index, name, replace(media, ready=True))


def media_of(receipt: Receipt) -> dict[str, Media]:
    """The pictures that only came into being with the post."""
    return {source: Media(id, now()) for source, id in receipt.media.items()}


def _harmlessly(work: Work, index: int, act: Callable[[], T], failed: str) -> T:
    try:
        return act()
    except (NotSent, LedgerError):
        raise
    except (Refused, PictureError) as error:
        refused = error if isinstance(error, Refused) else Refused(error.message, hint=error.hint)
        if work.row(index).op == "create":
            work.fail(index, "failed", refused)
        raise refused from None
    except Exception as problem:
        words = getattr(problem, "message", "") or f"{type(problem).__name__}: {problem}"
        raise NotSent(f"{failed}: {words}") from problem
