"""What isn't live yet is sent; what may be live is looked for before anything else."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

from publisher.adapter import Adapter, Attempt
from publisher.clock import now
from publisher.delivery.uploads import media_of
from publisher.delivery.work import Timing, Work, seconds_since
from publisher.errors import (
    CannotLook,
    DeliveryError,
    Duplicate,
    LedgerError,
    NotSent,
    Refused,
    Unknown,
)
from publisher.ledger.row import Row

CLOCKS = timedelta(minutes=2)
"""By how much the clocks of two machines that share a ledger may differ."""


class Creation:
    """Creates the rows of one delivery, in one run.

    `_looks` are the times (time.monotonic) at which a row was looked for in vain since its last
    attempt, and `_problems` says what became of that, where it was of this run; `_risked` are the
    rows that were sent again in the blind, once a run, because the configuration says so.
    """

    def __init__(self, work: Work, timing: Timing) -> None:
        self._work = work
        self._timing = timing
        self._looks: dict[int, list[float]] = {}
        self._problems: dict[int, Unknown] = {}
        self._risked: set[int] = set()

    def send(self, index: int, *, proving: bool = False) -> None:
        """Send one row. `proving`: it may be live, and the platform would then refuse it as a
        duplicate.

        Raises NotSent, Refused, or Unknown if it is to be held.
        """
        work = self._work
        started = now()
        row = work.row(index)
        if row.began is None:
            clock = work.adapter.clock()
            row = replace(row, began=started, server=started + clock if clock is not None else None)
        doubtful = row.state in ("intent", "unknown")
        intent = row.with_state("intent", tried=started, error=None)
        attempt = work.attempt(index, row)
        work.confirm()
        if not proving:
            self._looks.pop(index, None)
            self._problems.pop(index, None)
            if work.adapter.announces and not doubtful:
                attempt = replace(attempt, leaving=lambda: work.record(index, intent))
            else:
                work.record(index, intent)
        try:
            receipt = work.adapter.send(row.payload, attempt)
        except LedgerError:
            raise
        except Duplicate:
            if not doubtful:
                work.fail(index, "failed")
                raise
            # An earlier attempt went through after all, however late: the refusal proves it.
            live = work.look(index)
            work.is_live(index, live)
        except (NotSent, Refused) as error:
            work.fail(index, "unknown" if proving else "failed", error)
            if isinstance(error, Refused) and work.row(index).media:
                # Perhaps because the pictures are gone there: the next run uploads them anew.
                work.record(index, replace(work.row(index), media={}))
            raise
        except Exception as problem:
            self._is_unknown(index, problem, proving=proving)
        else:
            media = {**work.row(index).media, **media_of(receipt)}
            work.is_live(index, receipt, media=media)

    def _is_unknown(self, index: int, problem: Exception, *, proving: bool) -> None:
        work = self._work
        words = f"{type(problem).__name__}: {problem}"
        unknown = problem if isinstance(problem, Unknown) else Unknown(words)
        row = work.row(index)
        # From now on, not from when it began: a slow request may still be on its way through.
        tried = row.tried if proving else now()
        error = work.redact(unknown.message)
        work.record(index, row.with_state("unknown", tried=tried, error=error))
        self._problems[index] = unknown
        if proving or not self.settle(index):
            raise NotSent(unknown.message) from problem

    def settle(self, index: int) -> bool:
        """A row may be live: find out. True: it is, and recorded. False: it certainly isn't.

        Raises NotSent where it is too early to tell, Unknown where nobody can.
        """
        work = self._work
        row = work.row(index)
        attempt = work.attempt(index)
        if self._lies_in_the_future(row):
            # Nobody knows how long ago that was: neither a list nor a key says anything.
            raise self._held(
                index, CannotLook("it was begun in the future, by this machine's clock")
            )
        try:
            receipt = work.adapter.find(row.payload, attempt, work.since(index))
        except (NotSent, LedgerError):
            raise
        except DeliveryError as error:
            return self._settle_blind(index, error)
        except Exception as problem:
            kind = type(problem).__name__
            nonsense = CannotLook(f"what was read back makes no sense ({kind})")
            return self._settle_blind(index, nonsense)
        if receipt is not None and receipt.id and attempt.is_taken(receipt.id):
            other = CannotLook("what was found there is another post of this ledger")
            return self._settle_blind(index, other)
        if receipt is not None:
            work.is_live(index, receipt)
            return True
        self._looks.setdefault(index, []).append(time.monotonic())
        waited = self._waited(index)
        if len(self._looks[index]) >= 2 and waited >= self._timing.settle:
            return False
        if self._knows_both(index, attempt):
            return False
        raise NotSent(
            f"{row.error or 'an earlier run was cut off'}; it is not there, looking once more"
            " before sending again",
            retry_after=max(self._timing.settle - waited, self._timing.look_again),
        )

    def _lies_in_the_future(self, row: Row) -> bool:
        clock = self._work.adapter.clock()
        if row.server is not None and clock is not None and row.server - now() - clock > CLOCKS:
            return True
        return row.began is not None and row.began - now() > CLOCKS

    def _waited(self, index: int) -> float:
        """Seconds since the last attempt, at least: this machine's clock may have been set
        meanwhile."""
        work = self._work
        row, clock = work.row(index), work.adapter.clock()
        waited = seconds_since(row.tried or row.began or now())
        if row.server is not None and clock is not None:
            waited = min(waited, seconds_since(row.server - clock))
        return max(waited, time.monotonic() - self._looks[index][0])

    def _knows_both(self, index: int, attempt: Attempt) -> bool:
        try:
            return self._work.adapter.knows_both(attempt, self._problems.get(index))
        except LedgerError:
            raise
        except Exception:
            return False

    def _settle_blind(self, index: int, why: DeliveryError) -> bool:
        work = self._work
        row = work.row(index)
        never_reads = type(work.adapter).find is Adapter.find
        if never_reads and self._knows_both(index, work.attempt(index)):
            return False
        if row.tried and seconds_since(row.tried) <= work.adapter.proves_by_refusal:
            self.send(index, proving=True)
            return True
        resend = work.delivery.message.options.get("on_unknown", "hold") == "resend"
        if resend and index not in self._risked:
            self._risked.add(index)
            return False
        raise self._held(index, why)

    def _held(self, index: int, why: DeliveryError) -> Unknown:
        """A person is asked."""
        work = self._work
        row = work.row(index)
        work.fail(index, "unknown")
        return Unknown(
            f"{row.error or 'an earlier run was cut off'}; it may be live, and {why.message}",
            hint=f"look for it, then: {work.resolve_command(index)} --sent or --not-sent",
        )
