"""One delivery, sent: the only place that tries again.

A delivery goes in rounds. A round deals, in order, with what is not done yet: for a thread it stops
at the first part that didn't go out, for a newsletter it goes on with the next recipient. Before
anything whose outcome is unknown is sent again, its channel is read back. tenacity waits between
rounds, as long as the platform asked.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

from publisher import clock, failpoints
from publisher.clock import now
from publisher.delivery import follow
from publisher.delivery.create import Creation
from publisher.delivery.uploads import draft, upload
from publisher.delivery.work import Outcome, Timing, Work, seconds_since
from publisher.errors import DeliveryError, NotSent, PublishError
from publisher.ledger.row import DONE
from publisher.watchdog import deadline


class Stopped(Exception):
    """Ctrl-C: leave things as they are; the ledger knows."""


def stopped() -> DeliveryError:
    return DeliveryError("stopped before it was done", hint="run again: it goes on from here")


class Rounds:
    """The rounds of one delivery. `_given_up` are rows that no further round would help."""

    def __init__(self, work: Work, stop: threading.Event, timing: Timing) -> None:
        self._work = work
        self._stop = stop
        self._timing = timing
        self._deadline = float(work.delivery.message.options.get("deadline", timing.deadline))
        self._creation = Creation(work, timing)
        self._given_up: dict[int, DeliveryError] = {}

    def run(self) -> Outcome:
        """Everything that can come out of it is in the outcome: nothing is raised."""
        work = self._work
        error: PublishError | None = None
        try:
            work.begin()
            self._retrying()(self._round)
        except Stopped:
            error = stopped()
        except NotSent as problem:
            error = self._too_late(problem)
        except PublishError as problem:
            error = problem
        except Exception as problem:
            # A thread that dies would say nothing, and its traceback might tell secrets.
            error = DeliveryError(
                f"failed unexpectedly: {type(problem).__name__}: {problem}",
                hint="run again: it goes on from here; please report it if it stays",
            )
        finally:
            with suppress(Exception):
                work.adapter.close()
        if error:
            error.message, error.hint = work.redact(error.message), work.redact(error.hint)
        return Outcome(work.delivery, work.rows, error)

    def _retrying(self) -> Any:
        import tenacity  # 60 ms, and only a real run needs it

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            backoff = min(self._timing.longest_wait, 2.0 ** min(state.attempt_number - 1, 10))
            if not isinstance(error, NotSent) or error.retry_after is None:
                return backoff
            asked_by_server = error.status is not None
            return max(error.retry_after, backoff) if asked_by_server else error.retry_after

        def is_too_late(state: tenacity.RetryCallState) -> bool:
            return state.upcoming_sleep > self._left()

        def tell(state: tenacity.RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            words = error.message if isinstance(error, PublishError) else ""
            self._work.say(f"{words}; next try in {state.upcoming_sleep:.0f} s")

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(NotSent),
            wait=wait,
            stop=is_too_late,
            before_sleep=tell,
            sleep=self._sleep,
            reraise=True,
        )

    def _sleep(self, seconds: float) -> None:
        if clock.wait(self._stop, seconds):
            raise Stopped

    def _round(self) -> None:
        """Try each open row once. Raises NotSent where a further round may help, else what ended
        it, if anything."""
        is_thread = self._work.is_thread
        waiting: NotSent | None = None
        for index, row in enumerate(self._work.rows):
            if row.state in DONE or index in self._given_up:
                continue
            if self._stop.is_set():
                raise Stopped
            if (waiting or self._given_up) and self._left() <= 0:
                break
            try:
                with deadline(self._patience()):
                    self._advance(index)
            except NotSent as error:
                waiting = error
                if is_thread or error.whole:
                    break
            except DeliveryError as error:
                if is_thread or error.whole:
                    raise
                self._given_up[index] = error
            if not is_thread:
                self._work.count()
            failpoints.hit("between parts" if is_thread else "between recipients")
        if waiting:
            raise waiting
        for first in self._given_up.values():
            raise first

    def _patience(self) -> float:
        """Seconds for what is done about one row; a few, at least: a request that is cut off may
        have to be looked up by a person."""
        return max(self._left(), self._timing.patience)

    def _left(self) -> float:
        """Seconds until the deadline."""
        return self._deadline - seconds_since(self._work.last_progress)

    def _advance(self, index: int) -> None:
        """Do what is to be done about one row. Raises NotSent, Refused, or Unknown if it is to be
        held."""
        work = self._work
        row = work.row(index)
        if row.op == "update":
            follow.update(work, index)
        elif row.op == "delete":
            follow.delete(work, index)
        elif row.state in ("intent", "unknown") and self._creation.settle(index):
            return
        else:
            upload(work, index)
            draft(work, index)
            self._creation.send(index)

    def _too_late(self, error: NotSent) -> DeliveryError:
        """The deadline is over: what that means, and what to do."""
        states = {row.state for row in self._work.rows}
        if states & {"intent", "unknown"}:
            what = "what is live could not be settled"
        elif "sent" in states:
            what = "the rest was not sent"
        else:
            what = "nothing was sent"
        asked = ""
        if error.retry_after and error.retry_after > self._timing.settle:
            then = now() + timedelta(seconds=error.retry_after)
            asked = f" in {error.retry_after:.0f} s, after {then:%Y-%m-%d %H:%M} UTC"
        tried = seconds_since(self._work.last_progress)
        return NotSent(
            f"{error.message}; given up after trying for {tried:.0f} s: {what}",
            hint=f"run again{asked}",
            status=error.status,
            retry_after=error.retry_after,
        )
