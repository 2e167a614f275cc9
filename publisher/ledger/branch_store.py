"""The ledger on a branch of the repository: one file of JSON Lines a post, readable, for runs that
keep nothing else.

Fetched first; the intent is pushed before the first byte is sent, the receipts after. A push that
loses a race is never merged: what is there now is fetched, planned again, written again. An intent
is a lease: until it ends, or its own run says what became of it, no other run touches the post.

The branch is as public as the repository. It holds no recipient, and of what isn't live only a
digest: the text is made anew of the post's file, and compared.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from publisher import registry
from publisher.config import Config
from publisher.errors import ConfigError, LedgerError
from publisher.identity import Identity
from publisher.ledger import jsonl
from publisher.ledger.git_branch import Branch, Snapshot
from publisher.ledger.row import Row, is_digest
from publisher.ledger.sqlite import Ledger
from publisher.ledger.store import Claim

T = TypeVar("T")

DEADLINE = 600
"""Seconds that a channel is tried for, where its section says nothing else."""
MARGIN = 300
"""Seconds that a lease lasts beyond the longest deadline: for waiting pages, pictures, pushes."""
TRIES = 8
"""Pushes that lose a race before it is given up."""


class BranchStore:
    """`run` names this run: a later attempt of it takes over what an earlier one left."""

    def __init__(
        self, config: Config, branch: Branch, base: Snapshot, ledger: Ledger, run: str
    ) -> None:
        self.config, self.ledger, self._branch, self._base, self._run = (
            config,
            ledger,
            branch,
            base,
            run,
        )
        self.pictures = ledger.path.parent / "pictures"
        self._leases: dict[str, tuple[str, datetime]] = {}
        self._load()

    def _load(self) -> None:
        """Put what the branch says into the (empty or older) ledger on this machine."""
        posts: dict[str, Identity] = {}
        rows: dict[tuple[str, str, int], Row] = {}
        self._leases.clear()
        for files, lost in ((self._base.files, False), (self._base.lost, True)):
            for name, text in files.items():
                if not name.startswith("posts/"):
                    continue
                identities, found, lease = _read(name, text)
                posts |= {key: each for key, each in identities.items() if key not in posts}
                if lease and not lost:
                    self._leases |= dict.fromkeys(identities, lease)
                for row in found:
                    key = (row.post, row.channel, row.part)
                    if not lost:
                        rows[key] = row
                    elif row.state in ("retracted", "archived"):
                        rows.setdefault(key, row)  # not to be sent, whatever else was forgotten
                    elif rows.get(key) != row and row.state in ("sent", "intent", "unknown"):
                        # The branch was rewound: it may be live, as far as anybody knows.
                        error = "the ledger's branch was rewound, and knew more before"
                        rows[key] = row.with_state(
                            "unknown", op="create", live=None, remote_id=None, error=error
                        )
        self.ledger.replace_all(posts, rows.values())

    @contextmanager
    def hold(self, plan: Callable[[], Claim[T]]) -> Iterator[tuple[T, Mapping[str, str]]]:
        now = datetime.now(UTC)
        until = now + timedelta(seconds=self._patience())
        for _ in range(TRIES):
            claim = plan()
            busy = {
                key: f"another run until {end:%H:%M:%S} UTC"
                for key in claim.posts
                if (lease := self._leases.get(key))
                and lease[0] != self._run
                and (end := lease[1]) > now
            }
            mine = {key: identity for key, identity in claim.posts.items() if key not in busy}
            intents = [_intent(row, now) for row in claim.rows if row.post in mine]
            files = self._files(mine, intents, (self._run, until))
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
        try:
            yield claim.made, busy
        finally:
            self._release(mine)

    def _release(self, posts: Mapping[str, Identity]) -> None:
        """Write what became of these posts; theirs alone: nobody else may have touched them."""
        for _ in range(TRIES):
            files = self._files(posts, (), None)
            pushed = self._branch.push(self._base, files, "receipts") if files else self._base
            if pushed is not None:
                self._base = pushed
                return
            self._base = self._branch.fetch()
        raise LedgerError(
            "what was sent could not be written to the ledger's branch: somebody else was always faster",
            hint="run again: it looks what is live before it sends",
        )

    def _files(
        self,
        posts: Mapping[str, Identity],
        intents: Sequence[Row],
        lease: tuple[str, datetime] | None,
    ) -> dict[str, str]:
        known = self.ledger.posts()
        files = {}
        for key, identity in posts.items():
            rows = {(row.channel, row.part): row for row in self.ledger.rows(key)}
            rows |= {(row.channel, row.part): row for row in intents if row.post == key}
            if rows or key in known:
                files[_name(key)] = _written(
                    key, known.get(key, identity), list(rows.values()), lease
                )
        return {name: text for name, text in files.items() if self._base.files.get(name) != text}

    def _patience(self) -> float:
        deadlines = [
            float(channel.settings.get("deadline", DEADLINE))
            for channel in self.config.channels.values()
        ]
        return max([DEADLINE, *deadlines]) + self.config.site.wait_for_page + MARGIN


@contextmanager
def open_branch(config: Config, *, offline: bool) -> Iterator[BranchStore]:
    """Raises LedgerError where the branch is missing; ConfigError for a channel whose recipients it
    would publish."""
    for channel in config.channels.values():
        if any(option.name == "recipients" for option in registry.load(channel.adapter).options):
            raise ConfigError(
                f"[channels.{channel.name}] can't be used with a ledger on a branch: it would show who gets it",
                hint="send the newsletter from a machine with a ledger of its own, with another configuration",
                file=config.path,
            )
    run = (
        os.environ.get("GITHUB_RUN_ID") or f"run {secrets.token_hex(8)}"
    )  # not the process: containers are all 7
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.db") as ledger:
        branch = Branch(config.root, config.branch)
        base = (branch.last_seen() or Snapshot("", {})) if offline else branch.fetch()
        yield BranchStore(config, branch, base, ledger, run)


def _intent(row: Row, now: datetime) -> Row:
    """A row that is about to be tried; one whose outcome is open keeps the time of its own
    attempt."""
    if row.state in ("intent", "unknown"):
        return row.with_state("intent")
    return replace(row, state="intent", began=row.began or now, tried=now)


def _name(key: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")[-60:].strip("-")
    return f"posts/{words or 'post'}-{sha256(key.encode()).hexdigest()[:8]}.jsonl"


def _written(
    key: str, identity: Identity, rows: Sequence[Row], lease: tuple[str, datetime] | None
) -> str:
    values: list[dict[str, Any]] = [
        {"post": key, "id": identity.id, "address": identity.address, "path": identity.path}
    ]
    if lease:
        values.append({"lease": lease[0], "until": lease[1].isoformat()})
    for row in sorted(rows, key=lambda row: (row.channel, row.part)):
        value = jsonl.row_value(row)
        live = row.state in ("sent", "retracted", "archived") or row.op == "delete"
        if not live and not is_digest(row.payload):
            value["payload"] = {"hash": row.hash}
        values.append(value)
    return "".join(
        json.dumps(value, ensure_ascii=False, sort_keys=False) + "\n" for value in values
    )


def _read(
    name: str, text: str
) -> tuple[dict[str, Identity], list[Row], tuple[str, datetime] | None]:
    """Raises LedgerError, with the line."""
    posts: dict[str, Identity] = {}
    rows: list[Row] = []
    lease = None
    for number, line in enumerate(text.splitlines(), 1):
        try:
            value = json.loads(line)
            if "post" in value:
                posts[value["post"]] = Identity(value["path"], value["address"], value["id"])
            elif "lease" in value:
                lease = (str(value["lease"]), datetime.fromisoformat(value["until"]))
            else:
                rows.append(jsonl.row_of(value))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise LedgerError(
                f"{name} on the ledger's branch can't be read, line {number}",
                hint="restore it from the branch's history",
            ) from None
    return posts, rows, lease
