"""The ledger on a branch of the repository: one file of JSON Lines a post, readable, for runs that
keep nothing else.

Fetched first; the intent is pushed before the first byte is sent, the receipts after. A push that
loses a race is never merged: what is there now is fetched, planned again, written again. An intent
is a lease: until it ends, or its own job says what became of it, no other job touches the post. Who
lost a lease writes only what it really did.

The branch is as public as the repository. It holds no recipient, and of what isn't live only a
digest: the text is made anew of the post's file, and compared.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from publisher import registry
from publisher.config import Config
from publisher.errors import ConfigError, LeaseLost, LedgerError, ReceiptsNotKept
from publisher.identity import Identity
from publisher.ledger.branch_files import Known, file_name, known_of, written
from publisher.ledger.git_branch import Branch, Snapshot
from publisher.ledger.lease import Holder, Lease, this_job
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger
from publisher.ledger.store import Claim

T = TypeVar("T")

DEADLINE = 600
"""Seconds that a channel is tried for, where its section says nothing else."""
MARGIN = 300
"""Seconds that a lease lasts beyond the longest deadline: for waiting pages, pictures, pushes."""
TRIES = 8
"""Pushes that lose a race before it is given up."""
PATIENCE, HURRIED_PATIENCE = 240.0, 8.0
"""Seconds that receipts are tried to be pushed; and where the job is being stopped."""
PAUSE = 5.0
"""Seconds between two tries to push receipts to a remote that doesn't answer."""


class BranchStore:
    """One job's view of the branch."""

    def __init__(
        self, config: Config, branch: Branch, base: Snapshot, ledger: Ledger, holder: Holder
    ) -> None:
        self.config = config
        self.ledger = ledger
        self.pictures = ledger.path.parent / "pictures"
        self._branch = branch
        self._base = base
        self._holder = holder
        self._held: dict[str, Identity] = {}
        self._until = _now()
        self._renewing = threading.Lock()
        self._known = known_of(base)
        self._load()

    def _load(self) -> None:
        """Put what the branch says into the (empty or older) ledger on this machine."""
        self._known = known_of(self._base)
        self.ledger.replace_all(self._known.posts, self._known.rows.values())

    @contextmanager
    def hold(
        self, plan: Callable[[], Claim[T]], stop: threading.Event | None = None
    ) -> Iterator[tuple[T, Mapping[str, str]]]:
        now = _now()
        self._until = now + timedelta(seconds=self._lease_time())
        for _ in range(TRIES):
            claim = plan()
            busy = {
                key: f"another run until {lease.until:%H:%M:%S} UTC"
                for key in claim.posts
                if (lease := self._known.leases.get(key)) and lease.keeps_out(self._holder, now)
            }
            mine = {key: identity for key, identity in claim.posts.items() if key not in busy}
            intents = [_intent(row, now) for row in claim.rows if row.post in mine]
            files = self._files_of_intents(mine, intents)
            pushed = self._branch.push(self._base, files, "intent") if files else self._base
            if pushed is not None:
                self._base = pushed
                break
            self._base = self._branch.fetch()
            self._load()
        else:
            raise LedgerError(
                "the ledger's branch is too busy: somebody else was always faster", hint="run again"
            )
        self._held = mine
        try:
            yield claim.made, busy
        finally:
            self._release(stop or threading.Event())

    def confirm(self) -> None:
        """Before each send: a lease that is half over, or has ended meanwhile, is looked at on the
        branch, and renewed there. Raises LeaseLost where another job has taken over."""
        with self._renewing:
            now = _now()
            whole = timedelta(seconds=self._lease_time())
            if not self._held or self._until - now > whole / 2:
                return
            try:
                self._renew(now + whole)
            except LeaseLost:
                raise
            except LedgerError as error:
                if self._until <= now:
                    raise LeaseLost(
                        f"this run's hold on the post has ended, and can't be renewed: {error.message}",
                        hint="run again",
                    ) from error

    def _renew(self, until: datetime) -> None:
        for _ in range(TRIES):
            base = self._branch.fetch()
            known = known_of(base)
            if not all(self._is_ours(known.leases.get(key)) for key in self._held):
                raise LeaseLost(
                    "another run has taken over while this one slept",
                    hint="run again: what is live is not sent twice",
                )
            files = {
                file_name(key): written(key, known, Lease(self._holder, until))
                for key in self._held
                if key in known.posts
            }
            pushed = self._branch.push(base, files, "lease")
            if pushed is not None:
                self._base, self._until = pushed, until
                return
        raise LedgerError("somebody else was always faster", hint="run again")

    def _is_ours(self, lease: Lease | None) -> bool:
        return lease is not None and lease.holder.nonce == self._holder.nonce

    def _release(self, stop: threading.Event) -> None:
        """Write what became of these posts; theirs alone.

        Raises ReceiptsNotKept where that isn't to be had for minutes; only for seconds, where the
        job is being stopped.
        """
        began = time.monotonic()
        error: LedgerError | None = None
        while True:
            with suppress(LedgerError):
                if error:
                    self._base = self._branch.fetch()
            try:
                if self._push_receipts():
                    return
                self._base = self._branch.fetch()
                error = LedgerError("somebody else was always faster")
                pause = 0.0
            except LedgerError as problem:
                error, pause = problem, PAUSE
            patience = HURRIED_PATIENCE if stop.is_set() else PATIENCE
            if time.monotonic() - began + pause > patience:
                raise ReceiptsNotKept(
                    f"what was sent could not be written to the ledger's branch: {error.message}",
                    hint="note the links, and mark what is live before anything runs again:"
                    " publish resolve POST CHANNEL --sent URL",
                )
            time.sleep(pause)

    def _push_receipts(self) -> bool:
        files = self._files_of_receipts()
        pushed = self._branch.push(self._base, files, "receipts") if files else self._base
        if pushed is None:
            return False
        self._base = pushed
        return True

    def _files_of_intents(
        self, posts: Mapping[str, Identity], intents: Sequence[Row]
    ) -> dict[str, str]:
        identities = self.ledger.posts()
        files = {}
        for key, identity in posts.items():
            rows = {(row.channel, row.part): row for row in self.ledger.rows(key)}
            rows |= {(row.channel, row.part): row for row in intents if row.post == key}
            if rows or key in identities:
                known = Known({key: identities.get(key, identity)}, _by_part(rows.values()), {})
                files[file_name(key)] = written(key, known, Lease(self._holder, self._until))
        return self._changed(files)

    def _files_of_receipts(self) -> dict[str, str]:
        there = known_of(self._base)
        identities = self.ledger.posts()
        files = {}
        for key, identity in self._held.items():
            theirs = {each: row for each, row in there.rows.items() if each[0] == key}
            ours = _by_part(self.ledger.rows(key))
            lease = there.leases.get(key)
            if self._is_ours(lease):
                rows, lease = ours, None
            else:
                rows = _what_was_done(theirs, ours)
            if rows or key in identities:
                known = Known({key: identities.get(key, identity)}, rows, {})
                files[file_name(key)] = written(key, known, lease)
        return self._changed(files)

    def _changed(self, files: Mapping[str, str]) -> dict[str, str]:
        return {name: text for name, text in files.items() if self._base.files.get(name) != text}

    def _lease_time(self) -> float:
        """Seconds."""
        deadlines = [
            float(channel.settings.get("deadline", DEADLINE))
            for channel in self.config.channels.values()
        ]
        return max([DEADLINE, *deadlines]) + self.config.site.wait_for_page + MARGIN


def _what_was_done(
    theirs: Mapping[tuple[str, str, int], Row], ours: Mapping[tuple[str, str, int], Row]
) -> dict[tuple[str, str, int], Row]:
    """The rows as another job may have written them, with what this one really did."""
    rows = dict(theirs)
    for each, row in ours.items():
        there = theirs.get(each)
        was_tried = row.state in ("intent", "unknown", "sent", "retracted")
        is_settled = there is not None and there.state in ("sent", "retracted")
        if there is None or (was_tried and not is_settled):
            rows[each] = row
    return rows


@contextmanager
def open_branch(config: Config, *, offline: bool) -> Iterator[BranchStore]:
    """Raises LedgerError where the branch is missing; ConfigError for a channel whose recipients it
    would publish."""
    for channel in config.channels.values():
        if registry.load(channel.adapter).has_recipients():
            raise ConfigError(
                f"[channels.{channel.name}] can't be used with a ledger on a branch: it would show who gets it",
                hint="send the newsletter from a machine with a ledger of its own, with another configuration",
                file=config.path,
            )
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.db") as ledger:
        branch = Branch(config.root, config.branch)
        base = (branch.last_seen() or Snapshot("", {})) if offline else branch.fetch()
        yield BranchStore(config, branch, base, ledger, this_job())


def _now() -> datetime:
    return datetime.now(UTC)


def _by_part(rows: Iterable[Row]) -> dict[tuple[str, str, int], Row]:
    return {(row.post, row.channel, row.part): row for row in rows}


def _intent(row: Row, now: datetime) -> Row:
    """A row that is about to be tried; one whose outcome is open keeps the time of its own
    attempt."""
    if row.state in ("intent", "unknown"):
        return row.with_state("intent")
    return replace(row, state="intent", began=row.began or now, tried=now)
