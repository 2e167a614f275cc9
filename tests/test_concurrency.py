"""Several processes on one post: exactly one sends. Several channels in one process: none waits for
another."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from tests.reliability.fixtures import MakeWorld
from tests.reliability.fixtures import box as box
from tests.reliability.fixtures import make as make
from tests.reliability.fixtures import runner as runner
from tests.reliability.runner import Process
from tests.reliability.world import CHANNELS, REQUEST, World


def wait_until(what: str, is_so: object, seconds: float = 120.0) -> None:
    assert callable(is_so)
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def paused(world: World, point: str, channel: str) -> tuple[Process, Path]:
    """A process that waits at a fail point until the gate is taken away."""
    gate = world.folder / "gate"
    hit = REQUEST[channel] if point == "request sent" else 1
    process = world.publish(how="pause", at=point, hit=hit, channel=channel, gate=str(gate))
    wait_until("the process is at the gate", gate.exists)
    return process, gate


@pytest.mark.parametrize("point", ["intent written", "request sent", "before outcome written"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_the_second_process_says_who_is_sending_and_touches_nothing(
    channel: str, point: str, make: MakeWorld, box: Sandbox
) -> None:
    world = make(channels=(channel,))
    first, gate = paused(world, point, channel)
    if point != "intent written" and channel != "email":
        wait_until(
            "what was sent has arrived",
            lambda: any(request.method == "POST" for request in box.requests),
        )
    rows, requests = world.rows(), len(box.requests)
    second = world.publish().wait()
    assert second.status == 1
    (result,) = second.json["results"]
    assert (result["status"], result["reason"]) == ("skipped", "busy")
    assert f"process {first.started.result()}" in result["error"]["message"]
    assert world.rows() == rows, "an intent is settled by the holder of the lock alone"
    assert len(box.requests) == requests
    gate.unlink()
    assert first.wait().status == 0
    assert world.publish().wait().status == 0
    assert world.faults() == []


def test_many_processes_at_once(make: MakeWorld) -> None:
    world = make(threads=True, recipients=3)
    runs = [process.wait() for process in [world.publish() for _ in range(6)]]
    assert 0 in {run.status for run in runs} <= {0, 1}
    assert world.faults() == []


def test_a_dead_process_lets_go_of_the_lock(make: MakeWorld) -> None:
    world = make(channels=("mastodon",))
    assert world.publish(how="kill", at="before request sent", channel="mastodon").wait().killed
    assert list((world.folder / ".publish" / "locks").glob("*.holder")), "it left its name behind"
    again = world.publish().wait()
    assert (again.status, again.json["results"][0]["status"]) == (0, "sent")
    assert world.faults() == []


def test_resolve_waits_for_nobody_and_changes_nothing_while_another_sends(make: MakeWorld) -> None:
    world = make(channels=("discord",))
    first, gate = paused(world, "request sent", "discord")
    told = world.run("resolve", "post.md", "discord", "--not-sent")
    assert told.status == 2
    assert "is being sent by process" in told.err
    gate.unlink()
    assert first.wait().status == 0
    assert world.faults() == []


def test_a_post_that_got_another_name_meanwhile_is_still_the_same(make: MakeWorld) -> None:
    """Somebody gives the post an id while it is being sent: it is not another post because of
    that."""
    world = make(channels=("mastodon",))
    first, gate = paused(world, "request sent", "mastodon")
    post = world.folder / "post.md"
    post.write_text(post.read_text("utf-8").replace("tags:", "id: lantern\ntags:"), "utf-8")
    second = world.publish().wait()
    assert second.json["results"][0]["reason"] == "busy"
    gate.unlink()
    assert first.wait().status == 0
    assert world.publish().wait().status == 0
    assert world.faults() == []


def test_two_posts_go_out_side_by_side(make: MakeWorld) -> None:
    world = make(channels=("mastodon",))
    (world.folder / "other.md").write_text("---\ntitle: Another one\n---\nIts own text.\n", "utf-8")
    first, gate = paused(world, "request sent", "mastodon")
    other = world.run("other.md", "--channels", "mastodon")
    assert other.status == 0
    gate.unlink()
    assert first.wait().status == 0


@pytest.mark.parametrize("slow", CHANNELS)
def test_one_slow_channel_holds_no_other_back(slow: str, make: MakeWorld) -> None:
    world = make(recipients=2)
    process, gate = paused(world, "request sent", slow)
    others = [channel for channel in CHANNELS if channel != slow]

    def told() -> bool:
        lines = Path(process.job.err).read_text("utf-8").splitlines()
        return {line.split()[0] for line in lines if "sent" in line.split()} >= set(others)

    wait_until("the others' results are there", told)
    assert {copy.channel for copy in world.live()} >= set(others)
    gate.unlink()
    assert process.wait().status == 0
    assert world.faults() == []


def test_a_slow_answer_about_limits_holds_nobody_back_for_long(
    make: MakeWorld, box: Sandbox
) -> None:
    """Before anything is sent an instance is asked for its limits: not longer than a person would
    wait."""
    world = make(channels=("discord", "mastodon"))
    box.fault("mastodon", "latency", seconds=600, when="GET /api/v2/instance")
    began = time.monotonic()
    assert world.publish().wait().status == 0
    assert time.monotonic() - began < 300
    assert world.faults() == []


def test_a_late_replica_and_a_server_without_keys(make: MakeWorld, box: Sandbox) -> None:
    """It is live, but the list doesn't show it yet, and the server knows no Idempotency-Key: one
    look is not enough."""
    world = make(channels=("mastodon",))
    box[Mastodon].software = "gotosocial"
    box[Mastodon].lag = 0.2
    box.fault("mastodon", "lost")
    assert world.publish().wait().status == 0
    assert world.faults() == []


def test_another_project_s_post_of_the_same_name_is_another_post(make: MakeWorld) -> None:
    """Two folders, each with its own ledger and its own post.md, on one account, within the hour of
    Mastodon's keys."""
    worlds = make(channels=("mastodon",)), make(channels=("mastodon",))
    for world in worlds:
        post = world.folder / "post.md"
        post.write_text(post.read_text("utf-8").replace(f"slug: {world.tag}\n", ""), "utf-8")
        assert world.publish().wait().status == 0
    for world in worlds:
        assert world.faults() == []


def test_first_runs_at_the_same_moment_make_one_ledger(make: MakeWorld) -> None:
    world = make(channels=("mastodon",))
    runs = [process.wait() for process in [world.publish() for _ in range(8)]]
    assert 0 in {run.status for run in runs} <= {0, 1}, [run.err for run in runs]
    assert world.faults() == []
    left = {path.name for path in (world.folder / ".publish").iterdir() if path.is_file()}
    assert left <= {"sandbox.db", "sandbox.db-wal", "sandbox.db-shm", ".gitignore"}


def test_a_ledger_of_zero_bytes_is_damage_and_stops_everything(make: MakeWorld) -> None:
    world = make(channels=("mastodon",))
    assert world.publish().wait().status == 0
    path = world.folder / ".publish" / "sandbox.db"
    path.write_bytes(b"")
    run = world.publish().wait()
    assert run.status == 2
    assert "the ledger is empty" in run.err
    assert path.read_bytes() == b""
    assert world.run("status").status == 2
    assert sum(world.live().values()) == 1
