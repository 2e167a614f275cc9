"""The crash matrix: for each channel, a process is killed at every fail point it passes, each time
it passes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from publisher.failpoints import POINTS
from publisher.sandbox import Sandbox
from publisher.sandbox.twitter import Twitter
from tests.reliability.runner import Runner
from tests.reliability.world import World

MOST_RUNS = 4
"""After a kill, it must be settled in so many runs that nobody kills."""


@dataclass(frozen=True)
class Case:
    """One column: a channel, and how it is set up."""

    title: str
    channel: str
    threads: bool = False
    recipients: int = 1
    reads: bool = True
    pictures: int = 0
    edited: bool = False
    """What is killed is not the first run, but one that follows an edit."""


CASES = (
    Case("Mastodon", "mastodon"),
    Case("Mastodon, thread of 3", "mastodon", threads=True),
    Case("X", "twitter"),
    Case("X, thread of 3", "twitter", threads=True),
    Case("X without reads", "twitter", reads=False),
    Case("X without reads, thread of 3", "twitter", threads=True, reads=False),
    Case("Discord", "discord"),
    Case("Email, 3 recipients", "email", recipients=3),
    Case("Mastodon, 2 pictures", "mastodon", pictures=2),
    Case("X, 2 pictures", "twitter", pictures=2),
    Case("Mastodon, thread of 3 edited", "mastodon", threads=True, edited=True),
    Case("Discord edited", "discord", edited=True),
)


@dataclass(frozen=True)
class Kill:
    """Where a process is killed: the `hit`-th time that the case's channel passes the point."""

    case: Case
    point: str
    hit: int

    def __str__(self) -> str:
        return f"{self.case.title}: {self.point} ({self.hit})"


@dataclass
class Found:
    """What one kill led to. `asked`: an outcome that a person had to look up; `wrong`: broken
    promises, in words."""

    kill: Kill
    duplicates: int = 0
    losses: int = 0
    asked: int = 0
    wrong: list[str] = field(default_factory=list)


class Matrix:
    """Runs cases on sandboxes of its own, several kills side by side."""

    def __init__(
        self, folder: Path, runner: Runner, sandbox: Sandbox, without_reads: Sandbox
    ) -> None:
        self._folder, self._runner = folder, runner
        self._sandboxes = {True: sandbox, False: without_reads}
        without_reads[Twitter].reads = False

    def world(self, case: Case, name: str) -> World:
        world = World(
            self._folder / name,
            self._sandboxes[case.reads],
            self._runner,
            name,
            channels=(case.channel,),
            threads=case.threads,
            recipients=case.recipients,
            pictures=case.pictures,
        )
        if case.edited:
            first = world.publish().wait()
            if first.status:
                raise AssertionError(
                    f"{case.title}: an undisturbed run ended with {first.status}: {first.err}"
                )
            world.edit()
        return world

    def kills(self, case: Case) -> list[Kill]:
        """Every passing of every point, in an undisturbed run."""
        world = self.world(case, f"case{CASES.index(case)}")
        trace = world.folder / "trace"
        run = world.publish(trace=str(trace)).wait()
        if run.status or world.faults():
            raise AssertionError(
                f"{case.title}: an undisturbed run ended with {run.status}: {run.err}"
            )
        passed: Counter[str] = Counter()
        kills = []
        for line in trace.read_text("utf-8").splitlines():
            thread, _, point = line.partition("\t")
            if thread == case.channel:
                passed[point] += 1
                kills.append(Kill(case, point, passed[point]))
        return kills

    def run(self, kill: Kill) -> Found:
        """Kill a process there, run again until it is settled, and count what is live."""
        name = f"case{CASES.index(kill.case)}.{POINTS.index(kill.point)}.{kill.hit}"
        world, found = self.world(kill.case, name), Found(kill)
        killed = world.publish(
            how="kill", at=kill.point, hit=kill.hit, channel=kill.case.channel
        ).wait()
        if not killed.killed:
            found.wrong.append(f"it was not killed, but ended with {killed.status}: {killed.err}")
            return found
        for _ in range(MOST_RUNS):
            again = world.publish().wait()
            if again.status == 0:
                break
            (result,) = again.json["results"]
            if again.status != (3 if result["status"] == "unknown" else 1):
                found.wrong.append(
                    f"ended with {again.status}, but the channel is {result['status']}"
                )
            told = world.resolve()
            found.asked += len(told)
            if not told:
                found.wrong.append(
                    f"ended with {again.status}, and there is nothing to resolve: {again.err}"
                )
                break
        else:
            found.wrong.append(f"not settled after {MOST_RUNS} runs")
        found.duplicates, found.losses = world.duplicates(), world.losses()
        found.wrong += world.faults()
        if kill.case.edited and {copy.version for copy in world.live()} != {world.version}:
            found.wrong.append(f"it is not the edited version that is live: {world.live()}")
        return found

    def all(self, cases: Iterable[Case] = CASES, workers: int = 4) -> Iterator[Found]:
        with ThreadPoolExecutor(workers) as pool:
            for kills in pool.map(self.kills, cases):
                yield from pool.map(self.run, kills)
