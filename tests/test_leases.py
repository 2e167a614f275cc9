"""A post on a branch is one job's at a time, and only what a job did is written by it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.config import Config
from publisher.errors import LeaseLost, LedgerError, ReceiptsNotKept
from publisher.identity import Identity
from publisher.ledger import branch_store
from publisher.ledger.branch_files import known_of
from publisher.ledger.branch_store import BranchStore
from publisher.ledger.git_branch import Branch, Snapshot
from publisher.ledger.lease import Holder, this_job
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger
from publisher.ledger.store import Claim
from tests.git_repositories import checkout, remote

POST = Identity("posts/lamp.md")
NOW = datetime(2026, 1, 20, tzinfo=UTC)


def row(channel: str, **changes: object) -> Row:
    return replace(Row("posts/lamp.md", channel, 0, {"text": "The lamp."}), **changes)  # type: ignore[arg-type]


OPEN: list[Ledger] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


class Job:
    """One job in a clone of its own."""

    def __init__(self, bare: Path, name: str, holder: Holder) -> None:
        self.branch = Branch(checkout(bare, name))
        self.ledger = Ledger(bare.parent / f"{name}.db")
        OPEN.append(self.ledger)
        config = Config(root=self.branch.repository, branch="publish-ledger")
        self.store = BranchStore(config, self.branch, self.branch.fetch(), self.ledger, holder)

    def claim(self, *channels: str) -> Claim[None]:
        return Claim(None, {"posts/lamp.md": POST}, [row(channel) for channel in channels])

    def sends(self, channel: str, id: str) -> None:
        sent = row(channel, state="sent", remote_id=id, began=NOW, tried=NOW)
        self.ledger.prepare(POST, "posts/lamp.md", channel, [sent])


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    bare = remote(tmp_path)
    Branch(checkout(bare, "init")).init()
    return bare


def states(bare: Path) -> Mapping[str, str]:
    branch = Branch(checkout(bare, f"look-{len(list(bare.parent.iterdir()))}"))
    return {each.channel: each.state for each in known_of(branch.fetch()).rows.values()}


def test_two_jobs_of_one_run_are_two_holders(bare: Path) -> None:
    environ = {"GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "1"}
    one = Job(bare, "one", this_job(environ))
    with one.store.hold(lambda: one.claim("discord")) as (_, busy):
        assert busy == {}
        two = Job(bare, "two", this_job(environ))
        with two.store.hold(lambda: two.claim("discord")) as (_, busy):
            assert set(busy) == {"posts/lamp.md"}


@pytest.mark.parametrize(
    "environ",
    [
        {"GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "{attempt}"},
        {"CI_PIPELINE_ID": "9", "CI_JOB_NAME": "announce", "CI_JOB_ID": "10{attempt}"},
    ],
)
def test_a_later_attempt_takes_over_and_an_earlier_one_does_not(
    bare: Path, environ: dict[str, str]
) -> None:
    first, second = (
        this_job({name: value.format(attempt=attempt) for name, value in environ.items()})
        for attempt in (1, 2)
    )
    assert second.replaces(first)
    assert not first.replaces(second)
    assert first.replaces(first)


def test_jobs_of_a_pipeline_with_other_names_are_others() -> None:
    one, two = (
        this_job({"CI_PIPELINE_ID": "9", "CI_JOB_NAME": name, "CI_JOB_ID": id})
        for name, id in (("a", "1"), ("b", "2"))
    )
    assert not two.replaces(one)


def test_after_a_lost_race_only_what_was_claimed_is_written(bare: Path) -> None:
    """Another job took over and sent to Discord; what this one did on Mastodon is added to it."""
    one = Job(bare, "one", Holder("1", 1, "a"))
    with one.store.hold(lambda: one.claim("mastodon", "discord")):
        one.sends("mastodon", "11")
        two = Job(bare, "two", Holder("1", 2, "b"))
        with two.store.hold(lambda: two.claim("discord")):
            two.sends("discord", "22")
        pending = row("discord")
        one.ledger.prepare(POST, "posts/lamp.md", "discord", [pending])
    assert states(bare) == {"mastodon": "sent", "discord": "sent"}


def test_a_lease_that_is_half_over_is_renewed(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Job(bare, "one", Holder("1", 1, "a"))
    with one.store.hold(lambda: one.claim("discord")):
        until = known_of(one.branch.fetch()).leases["posts/lamp.md"].until
        one.store.confirm()
        assert known_of(one.branch.fetch()).leases["posts/lamp.md"].until == until
        later = datetime.now(UTC) + timedelta(seconds=600)
        monkeypatch.setattr(branch_store, "_now", lambda: later)
        one.store.confirm()
        assert known_of(one.branch.fetch()).leases["posts/lamp.md"].until > until


def test_who_slept_while_another_took_over_sends_nothing_more(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Job(bare, "one", Holder("1", 1, "a"))
    with one.store.hold(lambda: one.claim("discord")):
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        monkeypatch.setattr(branch_store, "_now", lambda: tomorrow)
        two = Job(bare, "two", Holder("2", 1, "b"))
        with two.store.hold(lambda: two.claim("discord")) as (_, busy):
            assert busy == {}
            two.sends("discord", "22")
        with pytest.raises(LeaseLost, match="taken over"):
            one.store.confirm()
    assert states(bare) == {"discord": "sent"}


class Clock:
    """Stands in for the module `time`: sleeping takes no time."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(("stopping", "least", "most"), [(False, 120, 300), (True, 0, 10)])
def test_receipts_whose_push_fails_are_tried_for_minutes_and_then_told(
    bare: Path, monkeypatch: pytest.MonkeyPatch, stopping: bool, least: float, most: float
) -> None:
    """A job that is being stopped has seconds for it."""
    clock, stop, pushes = Clock(), threading.Event(), []

    def fail(*_: object) -> Snapshot | None:
        pushes.append(clock.now)
        raise LedgerError("git push failed: no route to host")

    one = Job(bare, "one", Holder("1", 1, "a"))
    monkeypatch.setattr("publisher.ledger.branch_store.time", clock)
    with (
        pytest.raises(ReceiptsNotKept, match="no route to host"),
        one.store.hold(lambda: one.claim("discord"), stop),
    ):
        one.sends("discord", "11")
        monkeypatch.setattr(one.branch, "push", fail)
        monkeypatch.setattr(one.branch, "fetch", fail)
        if stopping:
            stop.set()
    assert len(pushes) > 1
    assert least <= clock.now <= most


def test_an_older_version_s_lease_is_understood(bare: Path) -> None:
    name = "posts/posts-lamp-md-0.jsonl"
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    text = (
        '{"post": "posts/lamp.md", "id": "", "address": "", "path": "posts/lamp.md"}\n'
        f'{{"lease": "77", "until": "{until}"}}\n'
    )
    branch = Branch(checkout(bare, "old"))
    assert branch.push(branch.fetch(), {name: text}, "intent") is not None
    other = Job(bare, "other", Holder("78", 1, "b"))
    with other.store.hold(lambda: other.claim("discord")) as (_, busy):
        assert set(busy) == {"posts/lamp.md"}
    same = Job(bare, "same", Holder("77", 1, "b"))
    with same.store.hold(lambda: same.claim("discord")) as (_, busy):
        assert busy == {}
