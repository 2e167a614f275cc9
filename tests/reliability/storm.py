"""The fault storm: random faults, kills, edits and processes side by side; then calm, until
everything is settled.

A seed gives a script, always the same. What must hold whatever happens: exactly one copy of each
part and recipient is live in the end, nothing is lost, and no run ever says what isn't so.
"""

from __future__ import annotations

import random
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon, Software
from publisher.sandbox.platform import Platform
from publisher.sandbox.twitter import Twitter
from tests.reliability.child import TIMING
from tests.reliability.runner import Process, Run, Runner
from tests.reliability.world import CHANNELS, EVERYWHERE, BranchWorld, World

LATE = 0.15
"""Seconds by which a request or an answer is late, at most; replicas lag behind for twice that."""
STORM = {**TIMING, "settle": 0.8}
"""Waits: `settle` stays well above what is late."""
CALM_RUNS = 8
ANSWER = 1.0
"""Seconds for a whole answer."""
SOFTWARE: tuple[Software, ...] = (
    "mastodon", "mastodon", "mastodon-4.6", "mastodon-4.6", "gotosocial", "takahe",
)  # fmt: skip
"""With an Idempotency-Key, with one that is locked and answers 500 when it is used again, and
without; the last leaves out of its list what isn't public."""

OTHERS = tuple(name for name in EVERYWHERE if name not in CHANNELS)
HTTP = (
    "latency", "late", "429", "429-date", "429-bare", "500", "502", "503", "504", "drop", "reset", "html",
    "lost", "lost-500", "lost-502", "lost-503", "lost-504", "lost-html", "cut", "hangup", "redirect",
    "early", "slow", "endless",
)  # fmt: skip
SMTP = (
    "latency",
    "late",
    "421",
    "451-rcpt",
    "550-rcpt",
    "drop-rcpt",
    "451-data",
    "554-data",
    "drop",
    "lost",
    "slow",
    "endless",
)


@dataclass(frozen=True)
class Strike:
    """A fault, as the sandbox is asked for it."""

    platform: str
    kind: str
    times: int
    after: int
    seconds: float
    when: str


@dataclass(frozen=True)
class Death:
    """Nothing (`kind` ""), SIGKILL at the `number`-th fail point ("point") or after so many
    milliseconds ("time"); or a disk that is full where a file has so many bytes ("disk")."""

    kind: str = ""
    number: int = 0


@dataclass(frozen=True)
class Step:
    """One run, or two at once: what is edited before, which faults wait, whose port is closed, who
    dies."""

    edit: bool
    strikes: tuple[Strike, ...]
    closed: tuple[str, ...]
    deaths: tuple[Death, ...]
    pause: float


@dataclass(frozen=True)
class Script:
    seed: int
    channels: tuple[str, ...]
    threads: bool
    recipients: int
    pictures: int
    branch: bool
    reads: bool
    software: Software
    private: bool
    lag: float
    skew: int
    steps: tuple[Step, ...]

    def lines(self) -> list[str]:
        """The script in words."""
        words = [
            f"seed {self.seed}: {', '.join(self.channels)}; {'threads' if self.threads else 'single posts'}; "
            f"{self.recipients} recipients; {self.pictures} pictures; "
            f"{'ledger on a branch; ' if self.branch else ''}"
            f"X {'with' if self.reads else 'without'} reads; {self.software}"
            f"{', private' if self.private else ''}; "
            f"replicas lag {self.lag} s; the platforms' clock is {self.skew:+d} s off"
        ]
        for number, step in enumerate(self.steps, 1):
            words.append(f"run {number}:{' the post is edited;' if step.edit else ''}")
            words += [
                f"    {s.platform}: {s.kind} for {s.times} × {s.when} after {s.after} ({s.seconds} s)"
                for s in step.strikes
            ]
            words += [f"    {channel}: connection refused" for channel in step.closed]
            if len(step.deaths) > 1:
                words.append(f"    two processes, {step.pause:.3f} s apart")
            words += [
                f"    the disk is full at {d.number} bytes"
                if d.kind == "disk"
                else f"    SIGKILL at {d.kind} {d.number}{' ms' * (d.kind == 'time')}"
                for d in step.deaths
                if d.kind
            ]
        return words


def script(seed: int) -> Script:
    """What a seed means."""
    rng = random.Random(seed)
    channels = CHANNELS if rng.random() < 0.3 else tuple(c for c in CHANNELS if rng.random() < 0.45)
    channels += tuple(rng.sample(OTHERS, rng.choice((0, 1, 1, 2, 3))))
    branch = rng.random() < 0.2
    if branch:
        channels = tuple(each for each in channels if each != "email")
    channels = channels or (rng.choice(CHANNELS[:3]),)
    software = rng.choice(SOFTWARE)
    private = software == "takahe" and rng.random() < 0.6
    return Script(
        seed,
        channels,
        threads=rng.random() < 0.5,
        recipients=rng.randint(1, 3),
        pictures=rng.choice((0, 0, 2)),
        branch=branch,
        reads=rng.random() < 0.7,
        software=software,
        private=private,
        lag=rng.choice((0.0, 0.0, 2 * LATE)),
        skew=rng.choice((0, 0, 3600, -3600, 90, -7)),
        steps=tuple(
            _step(rng, channels, edits=not private, disk=not branch)
            for _ in range(rng.randint(1, 4))
        ),
    )


def _step(rng: random.Random, channels: Sequence[str], *, edits: bool, disk: bool) -> Step:
    """Without `edits`: Takahē would show to all what isn't public."""
    strikes = tuple(
        _strike(rng, channel) for channel in channels for _ in range(rng.choice((0, 1, 1, 2)))
    )
    closed = tuple(channel for channel in channels if rng.random() < 0.06)
    deaths = tuple(_death(rng, disk) for _ in range(rng.choice((1, 1, 1, 2))))
    return Step(edits and rng.random() < 0.3, strikes, closed, deaths, rng.random() * 0.3)


def _strike(rng: random.Random, channel: str) -> Strike:
    kind = rng.choice(SMTP if channel == "email" else HTTP)
    seconds = (
        rng.choice((0.0, 0.0, 1.0))
        if kind.startswith(("429", "503"))
        else round(rng.random() * LATE, 3)
    )
    times = rng.choice((1, 1, 1, 2, 3))
    return Strike(
        channel,
        kind,
        times,
        rng.choice((0, 0, 0, 1, 2)),
        seconds,
        rng.choice(("POST", "POST", "PUT", "GET", "*")),
    )


def _death(rng: random.Random, disk: bool) -> Death:
    kind = rng.choice(("", "", "", "", "point", "point", "point", "point", "time", "time", "disk"))
    if kind == "disk" and not disk:
        kind = ""
    return Death(kind, rng.randint(*_NUMBERS[kind]))


_NUMBERS = {"": (0, 0), "point": (1, 45), "time": (30, 900), "disk": (60_000, 400_000)}


class Storm:
    """One worker: a sandbox, and the processes that are sent into it. `events` says what
    happened."""

    def __init__(self, sandbox: Sandbox, runner: Runner, folder: Path) -> None:
        self.sandbox, self.runner, self.folder = sandbox, runner, folder
        self.events: list[str] = []
        self.asked = self.killed = self.runs = 0
        self._closed = socket.socket()  # bound, and not listening: whoever connects is refused
        self._closed.bind(("127.0.0.1", 0))

    def close(self) -> None:
        self._closed.close()

    def run(self, script: Script) -> list[str]:
        """Act out a script. Returns what was wrong; empty: all promises were kept."""
        self.events.clear()
        self.wrong: list[str] = []
        box = self.sandbox
        box.clear()
        box[Twitter].reads, box[Mastodon].software = script.reads, script.software
        for platform in box.platforms:
            if isinstance(platform, Platform):
                platform.lag = script.lag
        box.clock.skew = timedelta(seconds=script.skew)
        world = (BranchWorld if script.branch else World)(
            self.folder / f"seed{script.seed}", box, self.runner, f"seed{script.seed}",
            channels=script.channels, threads=script.threads, recipients=script.recipients,
            pictures=script.pictures, visibility="private" if script.private else "",
        )  # fmt: skip
        for number, step in enumerate(script.steps, 1):
            self._act(world, step, number)
        box.faults.clear()
        self._calm_down(world)
        return self.wrong

    def _act(self, world: World, step: Step, number: int) -> None:
        if step.edit:
            world.edit()
        for strike in step.strikes:
            self.sandbox.fault(**vars(strike))
        right = world.config, world.environment
        timing = {**STORM, "deadline": 1.5} if step.closed else STORM
        self._close(world, step.closed)
        world.next_attempt()
        processes: list[Process] = []
        for death in step.deaths:
            if processes:
                time.sleep(step.pause)
            processes.append(self._start(world, death, timing))
        for death, process in zip(step.deaths, processes, strict=True):
            if death.kind == "time":
                time.sleep(death.number / 1000)
                process.signal(signal.SIGKILL)
        runs = [process.wait() for process in processes]
        world.environment = right[1]
        world.write_config(right[0])
        for death, run in zip(step.deaths, runs, strict=True):
            full = death.kind == "disk"
            self._judge(world, run, f"run {number}", alone=len(runs) == 1, full=full)

    def _start(self, world: World, death: Death, timing: dict[str, float]) -> Process:
        if death.kind == "point":
            return world.publish(how="kill", hit=death.number, timing=timing, answer=ANSWER)
        disk = death.number if death.kind == "disk" else 0
        return world.publish(timing=timing, answer=ANSWER, disk=disk)

    def _close(self, world: World, closed: Sequence[str]) -> None:
        """Let these channels' addresses lead to a port where nobody listens."""
        port = self._closed.getsockname()[1]
        config, environment = world.config, dict(world.environment)
        for platform in self.sandbox.platforms:
            if platform.name not in closed:
                continue
            place = platform.place.partition("://")[2]
            config = config.replace(place, f"127.0.0.1:{port}")
            for name, value in environment.items():
                environment[name] = value.replace(place, f"127.0.0.1:{port}")
        world.write_config(config)
        world.environment = environment

    def _calm_down(self, world: World) -> None:
        for number in range(1, CALM_RUNS + 1):
            world.next_attempt()
            run = world.publish(timing=STORM).wait()
            self._judge(world, run, f"calm run {number}", alone=True)
            if run.status == 0:
                break
            time.sleep(2 * LATE)  # whoever looks waits for what is late
            told = world.resolve()
            self.asked += len(told)
            self.events += [f"    resolved: {words}" for words in told]
        else:
            self.wrong.append(f"not settled after {CALM_RUNS} calm runs: {errors(run)}")
        time.sleep(LATE)
        self.wrong += world.faults()
        before = world.live()
        world.next_attempt()
        last = world.publish(timing=STORM).wait()
        if last.status or {r["status"] for r in last.json["results"]} - {"unchanged", "outdated"}:
            self.wrong.append(f"when all is live, a run ends with {last.status}: {errors(last)}")
        if world.live() != before:
            self.wrong.append("a run with nothing to do has sent something")

    def _judge(self, world: World, run: Run, name: str, *, alone: bool, full: bool = False) -> None:
        """Does a run that ended by itself say what is so? `alone`: nobody else has sent
        meanwhile. `full`: it may end before it began, for want of a disk."""
        self.runs += 1
        if run.killed:
            self.killed += 1
            self.events.append(f"{name}: killed")
            return
        try:
            results = run.json["results"]
        except ValueError:
            self.wrong.append(f"{name} ended with {run.status}, and no JSON: {run.out} {run.err}")
            return
        said = {result["channel"]: result["status"] for result in results}
        self.events.append(f"{name}: exit {run.status}, {said}")
        if full and run.status == 2 and not results and "can't be written" in str(run.json):
            return
        unknown = "unknown" in said.values()
        failed = "failed" in said.values() or any(result["reason"] == "busy" for result in results)
        if run.status != (3 if unknown else 1 if failed else 0) or not results:
            self.wrong.append(f"{name}: exit status {run.status}, but {said}: {errors(run)}")
        if "Traceback" in run.err or "Exception" in run.err:
            self.wrong.append(f"{name}: {run.err}")
        for result in results:
            self.wrong += [f"{name}: {words}" for words in self._lies(world, result, alone)]

    def _lies(self, world: World, result: dict[str, Any], alone: bool) -> list[str]:
        """What a result says is live must be; what it says isn't mustn't, unless somebody else has
        sent it."""
        channel, live = result["channel"], world.live()
        if result["status"] == "skipped":
            return []
        if channel == "email":
            copies = sum(live[copy] for copy in live if copy.channel == "email")
            told = result["recipients"]
            if copies < told["sent"] or (alone and copies > told["sent"] + told["unknown"]):
                return [f"email: {copies} copies are live, but it says {told}"]
            return []
        lies = []
        for part, said in enumerate(result["parts"]):
            copies = sum(
                count
                for copy, count in live.items()
                if (copy.channel, copy.part) == (channel, part)
            )
            if said["status"] == "sent" and not copies:
                lies.append(f"{channel}: part {part + 1} is said to be live, and isn't")
            if alone and said["status"] in ("failed", "planned") and copies:
                lies.append(f"{channel}: part {part + 1} is live, and said to be {said['status']}")
        return lies


def errors(run: Run) -> list[str]:
    """What a run complains about."""
    told = run.json
    errors = [*told["errors"], *(result["error"] for result in told["results"])]
    return [f"{error['message']} ({error['hint']})" for error in errors if error]


def replay_line(seed: int) -> str:
    return f"python benchmarks/reliability.py storm --seed {seed}"
