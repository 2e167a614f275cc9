"""Killed by SIGKILL at any step, on any channel, and run again: one copy of everything, nobody
asked without need."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.failpoints import FOR_PICTURES, POINTS
from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.twitter import Twitter
from tests.reliability.fixtures import runner as runner
from tests.reliability.matrix import CASES, Case, Kill, Matrix
from tests.reliability.runner import Runner
from tests.reliability.world import REQUEST, World

ON_THE_WAY = {"request sent", "response received", "before outcome written"}


def may_ask(kill: Kill) -> bool:
    """Where nobody but a person can know: the message may have left, and can't be looked for.

    The intent of an email is written right before its final dot, that of a Discord message before
    its first byte. Discord's second connection asks where the message is to be seen; by then it is
    live.
    """
    match kill.case.title:
        case "Discord":
            return kill.point in {"intent written", *ON_THE_WAY} or kill.hit == 2
        case "Email, 3 recipients":
            return kill.point in {"intent written", *ON_THE_WAY}
        case "X without reads, thread of 3":
            return (
                kill.point in ON_THE_WAY
            )  # a refusal proves that it is live, but not where: the next part needs that
    return False


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory, runner: Runner) -> Iterator[Matrix]:
    with Sandbox() as sandbox, Sandbox() as without_reads:
        yield Matrix(tmp_path_factory.mktemp("matrix"), runner, sandbox, without_reads)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_killed_at_every_step_and_run_again(case: Case, matrix: Matrix) -> None:
    kills = matrix.kills(case)
    passed = {kill.point for kill in kills}
    never = {"between parts" if case.recipients > 1 else "between recipients"}
    if not case.pictures:
        never |= FOR_PICTURES
    assert passed == set(POINTS) - never
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(matrix.run, kills))
    assert not [f"{each.kill}: {words}" for each in found for words in each.wrong]
    assert sum(each.duplicates for each in found) == 0
    assert sum(each.losses for each in found) == 0
    for each in found:
        assert each.asked <= may_ask(each.kill), each.kill


def test_the_count_sees_a_duplicate_and_a_loss(tmp_path: Path, matrix: Matrix) -> None:
    """A proof that can't fail is none: post a second copy behind the ledger's back, and take one
    away."""
    world = matrix.world(CASES[1], "counted")
    assert world.publish().wait().status == 0
    assert (world.duplicates(), world.losses(), world.faults()) == (0, 0, [])
    posts = world.sandbox[Mastodon].posts
    (third,) = [post for post in posts.values() if "counted-v1-p3" in post["text"]]
    posts["999"] = {**third, "id": "999"}
    assert (world.duplicates(), world.losses()) == (1, 0)
    assert any("2 copies" in words for words in world.faults())
    del posts["999"], posts[third["id"]]
    assert (world.duplicates(), world.losses()) == (0, 1)
    assert world.faults()


@pytest.mark.parametrize("channel", ["mastodon", "twitter"])
def test_what_was_cut_off_is_found_however_much_was_posted_since(
    channel: str, tmp_path: Path, runner: Runner
) -> None:
    """On a server without Idempotency-Keys, and with an X that forgets what is a duplicate."""
    with Sandbox() as box:
        box[Mastodon].software = "gotosocial"
        world = World(tmp_path / "busy", box, runner, "busy", channels=(channel,))
        killed = world.publish(
            how="kill", at="response received", hit=REQUEST[channel], channel=channel
        ).wait()
        assert killed.killed
        posts = {"mastodon": box[Mastodon], "twitter": box[Twitter]}[channel].posts
        (ours,) = posts.values()
        ours["same"] = ""
        for number in range(130):
            posts[f"{int(ours['id']) + 1 + number}"] = {
                **ours, "id": str(int(ours["id"]) + 1 + number), "text": f"No {number}", "shown": f"No {number}",
            }  # fmt: skip
        assert world.publish().wait().status == 0
        assert world.faults() == []


def test_x_without_reads_is_asked_about_once_a_refusal_proves_nothing_any_more(
    tmp_path: Path, runner: Runner
) -> None:
    """Within 15 minutes the same text once more is proof; later X may have forgotten, so it is held
    for a person."""
    with Sandbox() as box:
        box[Twitter].reads = False
        world = World(tmp_path / "later", box, runner, "later", channels=("twitter",))
        hit = REQUEST["twitter"]
        killed = world.publish(how="kill", at="request sent", hit=hit, channel="twitter").wait()
        assert killed.killed
        ledger = world.folder / ".publish" / "sandbox.db"
        with contextlib.closing(sqlite3.connect(ledger)) as db, db:
            long_ago = (datetime.now(UTC) - timedelta(minutes=16)).isoformat()
            db.execute("UPDATE delivery SET tried = ?, began = ?", (long_ago, long_ago))
        requests = len(box.requests)
        run = world.publish().wait()
        assert (run.status, run.json["results"][0]["status"]) == (3, "unknown")
        assert "publish resolve" in run.json["results"][0]["error"]["hint"]
        assert not [request for request in box.requests[requests:] if request.method == "POST"]
        world.resolve()
        assert world.publish().wait().status == 0
        assert world.faults() == []


def test_a_late_arrival_is_recognised_by_the_refusal_of_the_next_attempt(
    tmp_path: Path, runner: Runner
) -> None:
    """X lists nothing for a while, so it is sent again; the refusal then proves that the first one
    went through."""
    with Sandbox() as box:
        box[Twitter].lag = 1.0
        world = World(tmp_path / "lag", box, runner, "lag", channels=("twitter",), threads=True)
        box.fault("twitter", "lost")
        assert world.publish().wait().status in (0, 1)
        time.sleep(1)
        run = world.publish().wait()
        assert run.status == 0, run.out
        assert world.faults() == []
