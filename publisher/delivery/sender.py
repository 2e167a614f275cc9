"""One delivery, sent: the only place that sends, and the only one that tries again.

A delivery goes in rounds. A round deals, in order, with what is not done yet: for a thread it stops
at the first part that didn't go out, for a newsletter it goes on with the next recipient. Before
anything whose outcome is unknown is sent again, its channel is read back. tenacity waits between
rounds, as long as the platform asked.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from publisher import failpoints
from publisher.adapter import Attempt, Receipt
from publisher.delivery import edits
from publisher.delivery.plan import Delivery
from publisher.errors import (
    CannotLook,
    DeliveryError,
    Duplicate,
    LedgerError,
    NotSent,
    PublishError,
    Refused,
    Unknown,
)
from publisher.ledger.row import Row, State
from publisher.ledger.sqlite import Ledger
from publisher.secrets import Redactor

DONE = frozenset(("sent", "retracted", "archived"))


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


class Stopped(Exception):
    """Ctrl-C: leave things as they are; the ledger knows."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery: its rows as they are in the ledger now, and the error that ended
    it, if any."""

    delivery: Delivery
    rows: tuple[Row, ...]
    error: PublishError | None = None


def stopped() -> DeliveryError:
    return DeliveryError("stopped before it was done", hint="run again: it goes on from here")


class Sender:
    """Sends one delivery."""

    def __init__(
        self,
        delivery: Delivery,
        ledger: Ledger,
        redact: Redactor,
        pictures: Callable[[str], bytes],
        progress: Callable[[str, str], None],
        stop: threading.Event,
        timing: Timing,
    ) -> None:
        self.delivery = delivery
        self.adapter = delivery.adapter
        self.ledger = ledger
        self.redact = redact
        self.pictures = pictures
        self.progress = progress
        self.stop = stop
        self.timing = timing
        self.deadline = float(delivery.message.options.get("deadline", timing.deadline))
        self.rows = list(delivery.rows)
        self.is_thread = not any(row.recipient for row in self.rows)
        self.retracting = all(row.op == "delete" for row in self.rows)
        self.given_up: dict[int, DeliveryError] = {}
        self.looks: dict[
            int, int
        ] = {}  # how often a row was looked for in vain since its last attempt
        self.risked: set[int] = (
            set()
        )  # rows sent again in the blind, because the configuration says so: once a run
        self.last_progress = now()

    def run(self) -> Outcome:
        error: PublishError | None = None
        try:
            if self.delivery.fresh:
                self.ledger.prepare(
                    self.delivery.post.identity, self.delivery.key, self.delivery.channel, self.rows
                )
            elif (
                self.retracting
            ):  # all of it is to go, whatever happens now: no later run takes the rest for a post
                self.rows = [
                    row.with_state("intent") if row.state == "pending" else row for row in self.rows
                ]
                self.ledger.record_all(self.rows)
            self._retrying()(self._round)
        except Stopped:
            error = stopped()
        except NotSent as problem:
            error = self._given_up(problem)
        except PublishError as problem:
            error = problem
        except (
            Exception
        ) as problem:  # a thread that dies would say nothing, and its traceback might tell secrets
            error = DeliveryError(
                f"failed unexpectedly: {type(problem).__name__}: {problem}",
                hint="run again: it goes on from here; please report it if it stays",
            )
        finally:
            with suppress(Exception):
                self.adapter.close()
        if error:
            error.message, error.hint = self.redact(error.message), self.redact(error.hint)
        return Outcome(self.delivery, tuple(self.rows), error)

    def _given_up(self, error: NotSent) -> DeliveryError:
        """The deadline is over: what that means, and what to do."""
        states = {row.state for row in self.rows}
        if states & {"intent", "unknown"}:
            what = "what is live could not be settled"
        else:
            what = "the rest was not sent" if "sent" in states else "nothing was sent"
        asked = (
            f" in {error.retry_after:.0f} s"
            if error.retry_after and error.retry_after > self.timing.settle
            else ""
        )
        words = (
            f"{error.message}; given up after trying for {since(self.last_progress):.0f} s: {what}"
        )
        return NotSent(
            words, hint=f"run again{asked}", status=error.status, retry_after=error.retry_after
        )

    def _retrying(self) -> Any:
        import tenacity  # 60 ms, and only a real run needs it

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            if isinstance(error, NotSent) and error.retry_after is not None:
                return error.retry_after
            return min(self.timing.longest_wait, 2.0 ** min(state.attempt_number - 1, 10))

        def too_late(state: tenacity.RetryCallState) -> bool:
            return since(self.last_progress) + state.upcoming_sleep > self.deadline

        def tell(state: tenacity.RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            words = error.message if isinstance(error, PublishError) else ""
            self.progress(
                self.delivery.channel,
                self.redact(f"{words}; next try in {state.upcoming_sleep:.0f} s"),
            )

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(NotSent),
            wait=wait,
            stop=too_late,
            before_sleep=tell,
            sleep=self._sleep,
            reraise=True,
        )

    def _sleep(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped

    def _round(self) -> None:
        """Try each open row once. Raises NotSent where a further round may help, else what ended
        it, if anything."""
        waiting: NotSent | None = None
        for index, row in enumerate(self.rows):
            if row.state in DONE or index in self.given_up:
                continue
            if self.stop.is_set():
                raise Stopped
            try:
                self._advance(index)
            except NotSent as error:
                waiting = error
                if self.is_thread or error.whole:
                    break
            except DeliveryError as error:
                if self.is_thread or error.whole:
                    raise
                self.given_up[index] = error
            failpoints.hit("between parts" if self.is_thread else "between recipients")
        if waiting:
            raise waiting
        for first in self.given_up.values():
            raise first

    def _advance(self, index: int) -> None:
        """Do what is to be done about one row. Raises NotSent, Refused, or Unknown if it is to be
        held."""
        if self.rows[index].op == "update":
            edits.update(self, index)
            return
        if self.rows[index].op == "delete":
            edits.delete(self, index)
            return
        if self.rows[index].state in ("intent", "unknown") and self._settle(index):
            return
        edits.upload(self, index)
        self._try(index)

    def _try(self, index: int, *, proving: bool = False) -> None:
        """Send one row. `proving`: it may be live, and the platform would then refuse it as a
        duplicate."""
        started = now()
        row = replace(self.rows[index], began=self.rows[index].began or started)
        doubtful = row.state in ("intent", "unknown")
        intent = row.with_state("intent", tried=started, error=None)
        attempt = self.attempt(index, row)
        if not proving:
            self.looks.pop(index, None)
            if self.adapter.announces and not doubtful:
                attempt = replace(attempt, leaving=lambda: self.record(index, intent))
            else:
                self.record(index, intent)
        try:
            receipt = self.adapter.send(row.payload, attempt)
        except LedgerError:
            raise
        except Duplicate:
            if not doubtful:
                self.fail(index, "failed")
                raise
            # An earlier attempt went through after all, however late: the refusal proves it.
            live = self._look(index)
            found = {"remote_id": live.id, "url": live.url} if live else {}
            self.record(index, self.rows[index].with_state("sent", error=None, **found))
        except (NotSent, Refused) as error:
            self.fail(index, "unknown" if proving else "failed", error)
            if isinstance(error, Refused) and "media" in error.message.lower():
                self.record(
                    index, replace(self.rows[index], media={})
                )  # perhaps they are gone: the next run knows
            raise
        except Exception as problem:
            unknown = (
                problem
                if isinstance(problem, Unknown)
                else Unknown(f"{type(problem).__name__}: {problem}")
            )
            # From now on, not from when it began: a slow request may still be on its way through.
            ended = self.rows[index].tried if proving else now()
            self.record(
                index,
                self.rows[index].with_state(
                    "unknown", tried=ended, error=self.redact(unknown.message)
                ),
            )
            if proving or not self._settle(index):
                raise NotSent(unknown.message) from problem
        else:
            media = {**self.rows[index].media, **edits.media_of(receipt)}
            changes = {"remote_id": receipt.id, "url": receipt.url, "media": media, "error": None}
            self.record(index, self.rows[index].with_state("sent", **changes))

    def _settle(self, index: int) -> bool:
        """A row may be live: find out. True: it is, and recorded. False: it certainly isn't.

        Raises NotSent where it is too early to tell, Unknown where nobody can.
        """
        row = self.rows[index]
        began, tried = row.began or now(), row.tried or row.began or now()
        attempt = self.attempt(index, row)
        try:
            receipt = self.adapter.find(row.payload, attempt, began)
        except (NotSent, LedgerError):
            raise
        except DeliveryError as error:
            return self._settle_blind(index, error)
        except Exception as problem:
            nonsense = CannotLook(f"what was read back makes no sense ({type(problem).__name__})")
            return self._settle_blind(index, nonsense)
        if receipt is not None:
            self.record(
                index, row.with_state("sent", remote_id=receipt.id, url=receipt.url, error=None)
            )
            return True
        self.looks[index] = self.looks.get(index, 0) + 1
        if self.looks[index] >= 2 and since(tried) >= self.timing.settle:
            return False
        raise NotSent(
            f"{row.error or 'an earlier run was cut off'}; it is not there, looking once more before sending again",
            retry_after=max(self.timing.settle - since(tried), self.timing.look_again),
        )

    def _settle_blind(self, index: int, why: DeliveryError) -> bool:
        row = self.rows[index]
        if row.tried and since(row.tried) <= self.adapter.proves_by_refusal:
            self._try(index, proving=True)
            return True
        if (
            self.delivery.message.options.get("on_unknown", "hold") == "resend"
            and index not in self.risked
        ):
            self.risked.add(index)
            return False
        command = f"publish resolve {self.delivery.post.file} {self.delivery.channel}"
        error = Unknown(
            f"{row.error or 'an earlier run was cut off'}; it may be live, and {why.message}",
            hint=f"look for it, then: {command} --sent or --not-sent",
        )
        self.fail(index, "unknown")
        raise error

    def attempt(self, index: int, row: Row) -> Attempt:
        reply_to = None
        if self.is_thread and index and self.adapter.replies and row.op == "create":
            reply_to = self._remote_id(index - 1)
            if reply_to is None:
                raise Refused(
                    f"part {index} is live, but its id is not known, so part {index + 1} can't reply to it",
                    hint=f"publish resolve {self.delivery.post.file} {self.delivery.channel} --sent URL",
                )
        account = f"{self.adapter.name}/{row.channel}"
        # With the payload, frozen once it was tried: another project's post.md on the same account
        # is no replay.
        what = (account, row.post, str(row.part), str(row.generation), row.hash)
        key = hashlib.sha256("\n".join(what).encode())
        return Attempt(
            key.hexdigest()[:40],
            row.began or now(),
            reply_to,
            row.recipient,
            row.remote_id or "",
            {source: one.id for source, one in row.media.items()},
            self.pictures,
        )

    def _remote_id(self, index: int) -> str | None:
        """The id of a part that is live. Where only a refusal proved that it is, this looks once
        more."""
        row = self.rows[index]
        if row.state == "sent" and row.remote_id is None and (live := self._look(index)):
            self.record(index, row.with_state("sent", remote_id=live.id, url=live.url or row.url))
        return self.rows[index].remote_id

    def _look(self, index: int) -> Receipt | None:
        """Read back what is known to be live. None: it isn't to be seen, or nobody can look."""
        row = self.rows[index]
        attempt = self.attempt(index, row)
        try:
            return self.adapter.find(row.payload, attempt, row.began or now())
        except LedgerError:
            raise
        except Exception:
            return None

    def fail(self, index: int, state: State, error: DeliveryError | None = None) -> None:
        changes = {"error": self.redact(error.message)} if error else {}
        self.record(index, self.rows[index].with_state(state, **changes))

    def record(self, index: int, row: Row) -> None:
        self.ledger.record(row)
        self.rows[index] = row
        if row.state in DONE:
            self.last_progress = now()


def now() -> datetime:
    return datetime.now(UTC)


def since(moment: datetime) -> float:
    return (now() - moment).total_seconds()
