"""Everything that can go wrong, in one tree.

PublishError                 said to the user: what, where, and what to do
├── UsageError               the command line
├── Declined                 whoever was asked said no: that is no error, and ends it with status 0
├── ConfigError              publish.toml, an environment variable, a recipients file
├── PostError                a post's file
├── TemplateError            a template, or a text that a template made too long
├── PictureError             a picture that can't be had, read, or made to fit
│   ├── AltMissing           nothing says what it shows to those who can't see it
│   └── PictureMissing       it is named by a path, and isn't there
├── LedgerError              the ledger can't be read or written
│   └── ReceiptsNotKept      what was sent is known to this run, and couldn't be written down
├── Problems                 several of the above, told together
└── DeliveryError            one attempt to send; sorted by what may be done next
    ├── NotSent              certainly not live: try again, after `retry_after` seconds if told
    ├── Refused              certainly not live, and trying again would change nothing
    │   ├── Duplicate        refused because the same text is live already
    │   ├── Gone             what was to be edited or deleted is there no more
    │   └── EditedThere      somebody edited it on the platform: what they wrote is not overwritten
    ├── Unknown              it may be live: look before anything else
    ├── LeaseLost            another run has taken the post over: nothing more is sent
    └── CannotLook           this channel, or this account's plan, can't be read back
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path


class PublishError(Exception):
    """Base of all errors. `message` says what is wrong, `hint` what to do about it.

    `file` and `line` (1-based) point at the place, where there is one.
    """

    kind = "error"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        file: Path | str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.file = str(file) if file is not None else None
        self.line = line


class UsageError(PublishError):
    kind = "usage"


class Declined(PublishError):
    kind = "declined"


class ConfigError(PublishError):
    kind = "config"


class PostError(PublishError):
    kind = "post"


class TemplateError(PublishError):
    kind = "template"


class PictureError(PublishError):
    kind = "picture"


class AltMissing(PictureError):
    kind = "alt"


class PictureMissing(PictureError):
    pass


class LedgerError(PublishError):
    kind = "ledger"


class ReceiptsNotKept(LedgerError):
    kind = "receipts"


class Problems(PublishError):
    """Several errors found before anything was sent, so that all can be mended in one go."""

    kind = "problems"

    def __init__(self, errors: Sequence[PublishError]) -> None:
        super().__init__(f"{len(errors)} problems")
        self.errors = tuple(errors)


class DeliveryError(PublishError):
    """What became of one attempt to send. `status` is the HTTP or SMTP status, where one was read,
    and `code` the platform's own number for it.

    `whole`: it concerns the whole channel, so that the next recipient would fare no better.
    """

    kind = "delivery"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        code: int | None = None,
        whole: bool = False,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.whole = whole


class NotSent(DeliveryError):
    """Certainly not live. `retry_after` is in seconds, as the platform asked, or None."""

    kind = "not_sent"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        whole: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, status=status, whole=whole)
        self.retry_after = retry_after


class Refused(DeliveryError):
    kind = "refused"


class Duplicate(Refused):
    kind = "duplicate"


class Gone(Refused):
    kind = "gone"


class EditedThere(Refused):
    kind = "edited_there"


class Unknown(DeliveryError):
    """It may be live. `worded`: the platform's own program said so, in its JSON, and was done with
    the request by then; not a proxy in front of it."""

    kind = "unknown"

    def __init__(
        self, message: str, *, hint: str = "", status: int | None = None, worded: bool = False
    ) -> None:
        super().__init__(message, hint=hint, status=status)
        self.worded = worded


class LeaseLost(DeliveryError):
    kind = "lease"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint, whole=True)


class CannotLook(DeliveryError):
    kind = "cannot_look"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint for a name that isn't known: the closest one, else all of them."""
    known = list(known)
    close = nearest(name, known)
    return f"did you mean {close!r}?" if close else f"known: {', '.join(known)}"


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like `name`; empty where none is like it."""
    close = difflib.get_close_matches(name, list(known), 1)
    return close[0] if close else ""


def each_of(error: PublishError) -> Sequence[PublishError]:
    """The single errors that an error stands for: itself, or those of Problems."""
    return error.errors if isinstance(error, Problems) else (error,)


def unique(errors: Iterable[PublishError]) -> list[PublishError]:
    """Each once: what is wrong with a post is found again on each of its channels."""
    return list({(error.file, error.line, error.message): error for error in errors}.values())


def raise_all(errors: Iterable[PublishError]) -> None:
    """Raises what there is, each once: alone, or as Problems."""
    found = unique(errors)
    if found:
        raise found[0] if len(found) == 1 else Problems(found)
