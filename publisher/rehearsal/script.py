"""What goes wrong in one performance: a seed gives a script, always the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from publisher.rehearsal.death import Death

LATE = frozenset({"latency", "late", "slow", "endless"})
"""Kinds of fault that only take time; here time doesn't pass by itself."""
METHODS = ("POST", "POST", "POST", "GET", "*", "PUT", "PATCH", "DELETE")
TIMES = (1, 1, 1, 2, 3)
AFTER = (0, 0, 0, 1, 2)
SECONDS = (0.0, 1.0, 28.0)


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault on a channel, as its sandbox is asked for it."""

    channel: str
    kind: str
    times: int
    after: int
    seconds: float
    when: str


@dataclass(frozen=True, slots=True)
class Step:
    """One run, or two `at_once`. The post is `edited` before; the process dies, where it has a
    `death`."""

    edited: bool
    strikes: tuple[Strike, ...]
    death: Death | None
    at_once: bool


@dataclass(frozen=True, slots=True)
class Script:
    """`retracted`: once all is live, it is taken down, and published anew."""

    steps: tuple[Step, ...]
    retracted: bool


def script(random: Random, kinds: Mapping[str, Sequence[str]], points: Mapping[str, int]) -> Script:
    """`kinds` are each channel's faults, `points` how many fail points it passes undisturbed."""
    steps = tuple(_step(random, kinds, points) for _ in range(random.randint(1, 4)))
    return Script(steps, random.random() < 0.4)


def _step(random: Random, kinds: Mapping[str, Sequence[str]], points: Mapping[str, int]) -> Step:
    strikes = tuple(
        _strike(random, channel, kinds[channel])
        for channel in kinds
        for _ in range(random.randint(1, 4))
    )
    at_once = random.random() < 0.25
    death = None
    if random.random() < 0.6 and not at_once:
        channel = random.choice(list(kinds))
        death = Death(channel, random.randint(1, points.get(channel, 1)))
    return Step(random.random() < 0.3, strikes, death, at_once)


def _strike(random: Random, channel: str, kinds: Sequence[str]) -> Strike:
    return Strike(
        channel,
        random.choice([kind for kind in kinds if kind not in LATE]),
        random.choice(TIMES),
        random.choice(AFTER),
        random.choice(SECONDS),
        random.choice(METHODS),
    )
