"""Waiting and stopping: Retry-After to the second, a deadline that ends, Ctrl-C at any time."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from publisher.failpoints import FOR_PICTURES, POINTS
from publisher.sandbox import Sandbox
from tests.reliability.child import TIMING, Job
from tests.reliability.fixtures import MakeWorld
from tests.reliability.fixtures import box as box
from tests.reliability.fixtures import make as make
from tests.reliability.fixtures import runner as runner
from tests.reliability.runner import ROOT, Process, Run
from tests.reliability.world import CHANNELS, World
from tests.test_concurrency import paused, wait_until


def posts(box: Sandbox, channel: str) -> list[float]:
    return [r.at.timestamp() for r in box.requests if (r.channel, r.method) == (channel, "POST")]


def said(process: Process) -> str:
    return Path(process.job.err).read_text("utf-8")


def until_heard(process: Process) -> None:
    wait_until("Ctrl-C was heard", lambda: "stopping:" in said(process))


def error(run: Run) -> str:
    (result,) = run.json["results"]
    return f"{result['error']['message']} ({result['error']['hint']})"


class TestRetryAfter:
    @pytest.mark.parametrize("kind", ["429", "429-date", "429-bare"])
    @pytest.mark.parametrize("channel", ["mastodon", "twitter", "discord"])
    def test_is_obeyed_to_the_second_and_shown(
        self, channel: str, kind: str, make: MakeWorld, box: Sandbox
    ) -> None:
        world = make(channels=(channel,))
        box.fault(channel, kind, seconds=2)
        run = world.publish().wait()
        first, second = posts(box, channel)
        assert second - first >= 2.0
        assert run.status == 0
        (line,) = [line for line in run.err.splitlines() if "next try in" in line]
        assert line.startswith(channel)
        assert "next try in 2 s" in line if kind != "429-bare" else "next try in" in line
        assert world.faults() == []

    def test_of_a_clock_that_is_an_hour_off(self, make: MakeWorld, box: Sandbox) -> None:
        """A date is taken by the server's own clock."""
        from datetime import timedelta

        world = make(channels=("mastodon",))
        box.clock.skew = timedelta(hours=-1)
        box.fault("mastodon", "429-date", seconds=2)
        assert world.publish().wait().status == 0
        first, second = posts(box, "mastodon")
        assert second - first >= 2.0


class TestDeadline:
    @pytest.mark.parametrize("channel", CHANNELS)
    def test_ends_in_failed_nothing_was_sent_run_again(
        self, channel: str, make: MakeWorld, box: Sandbox
    ) -> None:
        world = make(channels=(channel,))
        world.write_config(
            world.config.replace(f"[channels.{channel}]\n", f"[channels.{channel}]\ndeadline = 1\n")
        )
        box.fault(channel, "451-data" if channel == "email" else "429", times=1000)
        run = world.publish().wait()
        assert run.status == 1
        assert run.json["results"][0]["status"] == "failed"
        assert "nothing was sent (run again" in error(run)
        box.faults.clear()
        assert world.publish().wait().status == 0
        assert world.faults() == []

    def test_longer_than_the_deadline_is_not_waited_for(
        self, make: MakeWorld, box: Sandbox
    ) -> None:
        world = make(channels=("mastodon",))
        box.fault("mastodon", "429", seconds=3000)
        began = time.monotonic()
        run = world.publish().wait()
        assert time.monotonic() - began < 600
        assert run.status == 1
        assert "run again in 3000 s" in error(run)

    def test_one_that_gives_up_stops_no_other(self, make: MakeWorld, box: Sandbox) -> None:
        world = make()
        box.fault("twitter", "429", seconds=3000)
        run = world.publish().wait()
        assert run.status == 1
        assert {r["channel"]: r["status"] for r in run.json["results"]} == {
            "mastodon": "sent", "twitter": "failed", "discord": "sent", "email": "sent",
        }  # fmt: skip


class TestCtrlC:
    @pytest.mark.parametrize(
        "point", [p for p in POINTS if p not in {"between recipients", *FOR_PICTURES}]
    )
    @pytest.mark.parametrize("channel", CHANNELS)
    def test_at_any_step_the_next_run_goes_on(
        self, channel: str, point: str, make: MakeWorld
    ) -> None:
        if channel == "email" and point == "between parts":
            point = "between recipients"
        world = make(channels=(channel,), recipients=2)
        process, gate = paused(world, point, channel)
        process.signal(signal.SIGINT)
        until_heard(process)
        gate.unlink()
        stopped = process.wait()
        assert stopped.status == 130
        (line,) = [line for line in stopped.err.splitlines() if line.startswith("stopped")]
        assert "Run again" in line
        assert "Traceback" not in stopped.err
        told = {r["channel"]: r["status"] for r in stopped.json["results"]}
        assert f"live: {channel}" in line or (told[channel] != "sent")
        again = world.publish().wait()
        assert again.status == 0, "the answer that was under way was waited for: nothing is unknown"
        assert world.faults() == []

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    @pytest.mark.parametrize("channel", CHANNELS)
    def test_a_job_that_is_cancelled_or_loses_its_terminal_is_stopped_the_same_way(
        self, number: signal.Signals, channel: str, make: MakeWorld
    ) -> None:
        world = make(channels=(channel,), recipients=2)
        process, gate = paused(world, "response received", channel)
        process.signal(number)
        until_heard(process)
        gate.unlink()
        stopped = process.wait()
        assert stopped.status == 130
        assert "Run again" in stopped.err
        assert world.publish().wait().status == 0
        assert world.faults() == []

    def test_a_term_after_an_int_only_hurries(self, make: MakeWorld, box: Sandbox) -> None:
        """GitHub sends the one, and 7.5 s later the other: the ledger is written all the same."""
        world = make(channels=("mastodon",))
        box.fault("mastodon", "latency", seconds=20)
        process = world.publish(timing={**TIMING, "patience": 60})
        while not posts(box, "mastodon"):
            time.sleep(0.05)
        process.signal(signal.SIGINT)
        until_heard(process)
        process.signal(signal.SIGTERM)
        run = process.wait()
        assert run.status == 130
        assert "maybe live: mastodon" in run.err
        assert run.json["results"][0]["status"] == "unknown"

    def test_says_what_is_live_and_what_is_not(self, make: MakeWorld, box: Sandbox) -> None:
        world = make()
        box.fault("twitter", "429", seconds=15)
        box.fault("discord", "latency", seconds=60)
        process = world.publish(timing={**TIMING, "patience": 0.3})
        wait_until("Discord is asked", lambda: posts(box, "discord"))
        for told in ("mastodon  sent", "email     sent", "twitter   "):
            wait_until(told, lambda told=told: told in said(process))
        process.signal(signal.SIGINT)
        run = process.wait()
        assert run.status == 130
        (line,) = [line for line in run.err.splitlines() if line.startswith("stopped")]
        assert "live: mastodon, email" in line
        assert "maybe live: discord" in line
        assert "not live: twitter" in line

    def test_while_a_server_hangs_is_heard_soon(self, make: MakeWorld, box: Sandbox) -> None:
        world = make(channels=("mastodon",))
        box.fault("mastodon", "latency", seconds=12)
        process = world.publish(timing={**TIMING, "patience": 0.2})
        wait_until("the request is there", lambda: posts(box, "mastodon"))
        process.signal(signal.SIGINT)
        began = time.monotonic()
        assert process.wait().status == 130
        assert time.monotonic() - began < 10
        assert world.publish(timing={**TIMING, "settle": 12.5}).wait().status == 0
        assert world.faults() == []

    def test_twice(self, make: MakeWorld, box: Sandbox) -> None:
        """The second Ctrl-C waits for nothing."""
        world = make(channels=("mastodon",))
        box.fault("mastodon", "late", seconds=12)
        process = world.publish(timing={**TIMING, "patience": 600.0})
        wait_until("the request is there", lambda: posts(box, "mastodon"))
        process.signal(signal.SIGINT)
        until_heard(process)
        process.signal(signal.SIGINT)
        began = time.monotonic()
        run = process.wait()
        assert run.status == 130
        assert time.monotonic() - began < 10
        assert "Traceback" not in run.err
        assert world.publish().wait().status == 0
        assert world.faults() == []


class TestFreshInterpreter:
    """The command as it is installed: its own interpreter, a terminal where that matters."""

    @staticmethod
    def command(world: World, *argv: str, gate: str = "") -> list[str]:
        """`gate` is a file that is made when the interpreter is up."""
        job = Job(argv, str(world.folder), world.environment, "", "", gate=gate)
        return [sys.executable, "-m", "tests.reliability.child", json.dumps(asdict(job))]

    def on_a_terminal(self, world: World, box: Sandbox, keys: bytes) -> tuple[int, str]:
        """Run on a pseudo-terminal; once X asks to wait, press these keys."""
        master, slave = pty.openpty()
        process = subprocess.Popen(
            self.command(world, "post.md", "--channels", "mastodon,twitter", "--yes"),
            cwd=ROOT, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, close_fds=True,
            preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)
        shown, pressed = b"", False
        end = time.monotonic() + 30
        while time.monotonic() < end:
            ready, _, _ = select.select([master], [], [], 0.1)
            if ready:
                try:
                    more = os.read(master, 65536)
                except OSError:
                    break
                shown += more
                if not more:
                    break
            if not pressed and b"next try in" in shown and b"sent at" in shown:
                os.write(master, keys)
                pressed = True
        os.close(master)
        return process.wait(10), shown.decode()

    def test_ctrl_c_on_a_terminal(self, make: MakeWorld, box: Sandbox) -> None:
        world = make(channels=("mastodon", "twitter"))
        box.fault("twitter", "429", seconds=15)
        status, shown = self.on_a_terminal(world, box, b"\x03")
        assert status == 130, shown
        assert "live: mastodon; not live: twitter. Run again" in shown
        assert "Traceback" not in shown
        assert world.publish().wait().status == 0
        assert world.faults() == []

    @pytest.mark.parametrize("after", [0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.1])
    def test_ctrl_c_at_any_moment(
        self, after: float, make: MakeWorld, box: Sandbox, tmp_path: Path
    ) -> None:
        """While it starts, reads, waits or sends: the ledger is whole, and the next run goes on."""
        world = make()
        box.fault("mastodon", "late", seconds=0.3)
        process = subprocess.Popen(
            self.command(world, "post.md", "--json", gate=str(tmp_path / "up")),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        while not (tmp_path / "up").exists():
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
        assert process.returncode in (0, 130, -signal.SIGINT), said
        again = world.publish().wait()
        assert again.status == 0, again.err
        assert world.faults() == []
