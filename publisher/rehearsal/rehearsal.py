"""A post, published into disaster after disaster: what was live twice, what was lost, where a
person would be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from publisher.adapter import Adapter
from publisher.delivery.plan import Choice
from publisher.rehearsal.copies import Live, Place, Versions, chain, compare
from publisher.rehearsal.death import Death
from publisher.rehearsal.script import Script, Step, script
from publisher.rehearsal.stage import Ran, Stage

CALM_RUNS = 8
"""So many runs without any disaster must be enough to settle everything."""


@dataclass(slots=True)
class Verdict:
    """Of all performances. `asked` counts by channel; `wrong` is every broken promise, in words,
    and `seeds` are those of their performances. `left_out` are the channels that the sandbox
    doesn't know."""

    disasters: int = 0
    twice: int = 0
    lost: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    left_out: tuple[str, ...] = ()

    def add(self, other: Verdict) -> None:
        self.disasters += other.disasters
        self.twice += other.twice
        self.lost += other.lost
        self.asked += other.asked
        self.wrong += other.wrong
        self.seeds += other.seeds
        self.left_out = other.left_out


class Rehearsal:
    """Learns how each version of the post looks, then performs."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._versions = Versions()
        self.verdict = Verdict(left_out=stage.left_out)
        self._seed = 0
        self._points: dict[str, int] = {}

    def perform(self, disasters: int, seed: int, tell: Callable[[int], None]) -> Verdict:
        """Until so many disasters have struck; `tell` is told how many have. Raises what is wrong
        with the post itself."""
        self._seed = seed
        self._learn()
        if self.verdict.wrong:
            return self.verdict
        while self.verdict.disasters < disasters:
            self._act(self._seed)
            tell(self.verdict.disasters)
            self._seed += 1
        return self.verdict

    def die_everywhere(self) -> Verdict:
        """Killed at every fail point that an undisturbed run passes, one after the other; for the
        post, and for an edit of it. Raises what is wrong with the post itself."""
        self._learn()
        for version in range(len(self._stage.versions)):
            for channel in self._stage.names:
                self._die_on_the_way(channel, version)
        return self.verdict

    def _die_on_the_way(self, channel: str, version: int) -> None:
        stage, number, dies = self._stage, 0, True
        while dies:
            number += 1
            stage.clear()
            if version:
                stage.publish(version - 1)
            dies = stage.publish(version, death=Death(channel, number)).killed
            self.verdict.disasters += dies
            if self._settle(version, Choice()):
                self._judge(version)

    def _learn(self) -> None:
        stage = self._stage
        for version in range(len(stage.versions)):
            stage.clear(Random(self._seed))  # noqa: S311 - a server as they are
            planned = stage.planned(version)
            ran = stage.publish(version)
            if ran.error:
                raise ran.error
            if ran.status:
                self._wrong(f"undisturbed, a run ends with {ran.status}: {_words(ran)}")
            live = stage.live()
            for each in self._versions.add(live, planned):
                self._wrong(each)
            self._wrong_chains(live)
            self._points |= ran.passed

    def _act(self, seed: int) -> None:
        stage, random = self._stage, Random(seed)  # noqa: S311 - a script, no secret
        stage.clear(random)
        played = script(random, stage.kinds, self._points)
        version = self._storm(played)
        stage.calm()
        if not self._settle(version, Choice()):
            return
        self._judge(version)
        if played.retracted:
            self._publish_anew(version)

    def _storm(self, played: Script) -> int:
        """Returns the version that the post has in the end."""
        version = 0
        for step in played.steps:
            if step.edited:
                version = min(version + 1, len(self._stage.versions) - 1)
            self._step(step, version)
        return version

    def _step(self, step: Step, version: int) -> None:
        stage = self._stage
        before = stage.struck()
        for strike in step.strikes:
            stage.strike(strike)
        if step.at_once:
            stage.publish_at_once(version)
            self.verdict.disasters += 1
        else:
            ran = stage.publish(version, death=step.death)
            self.verdict.disasters += ran.killed
            self._demand_truth(ran)
        self.verdict.disasters += stage.struck() - before

    def _settle(self, version: int, choice: Choice) -> bool:
        """Run in calm, as often as it takes."""
        for _ in range(CALM_RUNS):
            ran = self._stage.publish(version, choice=choice)
            self._demand_truth(ran)
            self._resolve_unless_done(ran)
            if ran.status == 0:
                return True
        self._wrong(f"not settled after {CALM_RUNS} runs: {_words(ran)}")
        self._count(version)
        return False

    def _resolve_unless_done(self, ran: Ran) -> None:
        """A person says what nobody else can know."""
        if ran.status:
            doubtful = self._stage.resolve(self._where())
            self.verdict.asked.update({row.channel for row in doubtful})

    def _judge(self, version: int) -> None:
        """Exactly one copy of everything is live, and a further run does nothing."""
        self._count(version)
        before = Counter(each.look for each in self._stage.live())
        again = self._stage.publish(version)
        if again.status or {each.status for each in again.results} - {"unchanged", "outdated"}:
            self._wrong(f"all is live, and a further run ends with {again.status}: {_words(again)}")
        if Counter(each.look for each in self._stage.live()) != before:
            self._wrong("a run with nothing to do has sent something")

    def _count(self, version: int) -> None:
        live = self._stage.live()
        for name in self._stage.names:
            mine = [each for each in live if each.channel == name]
            versions = self._versions.looks[: version + 1]
            if self._adapter(name).edits:
                versions = versions[-1:]
            count = compare(mine, [looks[name] for looks in versions])
            self.verdict.twice += count.twice
            self.verdict.lost += count.lost
            if count.twice or count.lost:
                self._wrong(f"{name}: {count.twice} too many, {count.lost} missing")
        self._wrong_chains(live)

    def _publish_anew(self, version: int) -> None:
        """Take everything down, where that can be done, and bring it back."""
        for _ in range(CALM_RUNS):
            ran = self._stage.retract(version)
            self._resolve_unless_done(ran)
            if ran.status == 0:
                break
        for each in self._stage.live():
            if self._adapter(each.channel).deletes:
                self._wrong(f"{each.channel}: {each.entry['url']} was taken down, and is live")
        if self._settle(version, Choice(republish=True)):
            self._count(version)

    def _demand_truth(self, ran: Ran) -> None:
        """What is said to be live is; what is said not to be isn't."""
        where = self._where()
        for result in ran.results:
            for row in result.rows:
                place = Place(row.channel, row.part, row.recipient)
                if row.state == "sent" and place not in where:
                    self._wrong(f"{place}, is said to be live, and isn't")
                if row.state in ("failed", "pending") and row.op == "create" and place in where:
                    self._wrong(f"{place}, is live, and said to be {row.state}")

    def _where(self) -> dict[Place, Live]:
        found = [(self._versions.place_of(each), each) for each in self._stage.live()]
        return {place: each for place, each in found if place}

    def _wrong_chains(self, live: Sequence[Live]) -> None:
        for name in self._stage.names:
            mine = [each for each in live if each.channel == name]
            adapter = self._adapter(name)
            if adapter.replies and len(mine) > 1:
                for each in chain(mine, flat=adapter.flat):
                    self._wrong(each)

    def _adapter(self, name: str) -> type[Adapter]:
        return self._stage.adapter(name)

    def _wrong(self, words: str) -> None:
        self.verdict.wrong.append(words)
        self.verdict.seeds.append(self._seed)


def _words(ran: Ran) -> str:
    errors = [each.error for each in ran.results if each.error]
    if ran.error:
        errors.append(ran.error)
    return "; ".join(str(error.message) for error in errors)
