"""What became, or would become, of one post on one channel: one value that people and programs are
told from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.adapter import Adapter, Message, Picture, pictures_of
from publisher.delivery.plan import Delivery, Status
from publisher.errors import EditedThere, Gone, PostError, PublishError, Unknown
from publisher.identity import Identity
from publisher.ledger.row import DONE, Row
from publisher.post.post import Post

if TYPE_CHECKING:
    from publisher.delivery.work import Outcome


RENAMED = "renamed?"
"""Why a post is held that may be one that was sent under another name."""
NO_ADDRESS = "address?"
"""Why a post is held whose site is known, and the address of its page isn't."""
NOT_APPROVED = "approval?"
"""Why a post is held that nobody has approved as it is."""
WAITING = ("busy", RENAMED, NO_ADDRESS, NOT_APPROVED)
"""Reasons for which a run that skips a post hasn't done what it was asked."""


@dataclass(frozen=True, slots=True)
class Result:
    """One post on one channel, as told to the user. `reason` says why it was skipped."""

    delivery: Delivery
    rows: tuple[Row, ...]
    status: Status
    reason: str | None = None
    error: PublishError | None = None

    @property
    def url(self) -> str | None:
        return next((row.url for row in self.rows if row.url), None)

    @property
    def parts(self) -> list[Row]:
        """One row for each part: with recipients, the first one's stands for all."""
        return list({row.part: row for row in reversed(self.rows)}.values())[::-1]

    def pictures(self, row: Row) -> tuple[Picture, ...]:
        """Those that travel with a part; in a mail also those that it only shows."""
        if self.delivery.adapter.html and row.part == 0:
            return self.delivery.message.pictures
        return pictures_of(row.payload)

    @property
    def recipients(self) -> dict[str, int] | None:
        """How many copies went out, were refused or can't be known; None on a channel without
        recipients."""
        if not any(row.recipient for row in self.rows):
            return {"sent": 0, "refused": 0, "unknown": 0} if self.delivery.adapter.html else None
        states = [row.state for row in self.rows]
        return {
            "sent": states.count("sent"),
            "refused": states.count("failed"),
            "unknown": states.count("unknown") + states.count("intent"),
        }


def planned(delivery: Delivery, reason: str | None = None) -> Result:
    """What a dry run says: planned, unchanged, outdated, or skipped for a reason."""
    if delivery.kept in ("retracted", "archived"):
        return Result(delivery, delivery.rows, "skipped", delivery.kept)
    if delivery.kept == "lost":
        doubtful = next(row for row in delivery.rows if row.state not in DONE)
        error = Unknown(
            "a run died while sending it, and the file was edited since: what may be live isn't known any more",
            hint=f"look, then: {delivery.resolve_command(doubtful)} --sent URL, or --not-sent",
        )
        return Result(delivery, delivery.rows, "unknown", error=error)
    if reason:
        return Result(delivery, delivery.rows, "skipped", reason)
    if delivery.action != "none":
        return Result(delivery, delivery.rows, "planned")
    return Result(delivery, delivery.rows, "outdated" if delivery.changed else "unchanged")


def untouched(post: Post, adapter: Adapter, key: str, reason: str) -> Result:
    """A post that isn't even composed, since nobody means it to be sent."""
    return Result(Delivery(post, adapter, _nothing(post, adapter), key, ()), (), "skipped", reason)


def as_it_was(post: Post, adapter: Adapter, key: str, rows: tuple[Row, ...]) -> Result:
    """A post that isn't composed, since what is live is what it says."""
    message = _nothing(post, adapter)
    delivery = Delivery(post, adapter, message, key, rows, source=rows[0].source)
    return Result(delivery, rows, "unchanged")


def _nothing(post: Post, adapter: Adapter) -> Message:
    return Message(
        channel=adapter.channel.name,
        title=post.title,
        description=post.description,
        url=post.url,
        language=post.language,
        date=post.date,
        options={},
        rule=adapter.rule({}, {}),
        parts=(),
    )


def renamed(delivery: Delivery, old: Identity) -> Result:
    """A new post that is like one whose file is gone: a person says which it is."""
    file = delivery.post.file
    error = PostError(
        f"is like {old.path}, which was sent and whose file is gone: is it the same post, renamed?",
        hint=f"if so: publish adopt {file} --as {old.path}; if it is another: publish adopt {file} --new",
    )
    return Result(delivery, delivery.rows, "skipped", RENAMED, error)


def without_address(delivery: Delivery) -> Result:
    """A new post whose page nobody can name: a person says where it is, or that there is none."""
    error = address_missing(delivery.post)
    return Result(delivery, delivery.rows, "skipped", NO_ADDRESS, error)


def address_missing(post: Post) -> PostError:
    return PostError(
        f"has no address: {post.url_problem}",
        hint="write publish: {url: https://…} in its front matter"
        ", or publish: {url: none} to send it without one",
        file=post.file,
    )


def delivered(outcome: Outcome) -> Result:
    """What became of a delivery: unknown if any part is, failed if any isn't as it should be, else
    sent."""
    states = {row.state for row in outcome.rows if row.op == "create"}
    reason = None
    status: Status = "sent"
    if states & {"unknown", "intent"}:
        status = "unknown"
    elif isinstance(outcome.error, EditedThere):
        status = "outdated"
    elif isinstance(outcome.error, Gone) and states == {"retracted"}:
        status, reason = "skipped", "retracted"
    elif outcome.error or not all(row.state in ("sent", "retracted") for row in outcome.rows):
        status = "failed"
    return Result(outcome.delivery, outcome.rows, status, reason, outcome.error)


def exit_status(results: Iterable[Result]) -> int:
    """0 all is live, 1 some channel failed (or is being sent by another process, or a person is
    asked whether it is a post that was renamed), 3 some outcome is unknown."""
    statuses = [(result.status, result.reason) for result in results]
    if any(status == "unknown" for status, _ in statuses):
        return 3
    return (
        1
        if any(status in ("failed", "planned") or reason in WAITING for status, reason in statuses)
        else 0
    )
