"""The stage: sandboxes to which a post's channels lead, and runs of `publish` upon it."""

from __future__ import annotations

import io
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Self

from publisher import channels, clock, registry
from publisher.adapter import Adapter, Facts
from publisher.compose.composer import Composer
from publisher.config import Config
from publisher.delivery import side_by_side
from publisher.delivery.found import as_found
from publisher.delivery.plan import Choice
from publisher.delivery.planning import Planning, key_of, plan_all
from publisher.delivery.result import Result
from publisher.delivery.work import Timing
from publisher.errors import PublishError
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger
from publisher.ledger.store import FileStore
from publisher.pictures.gather import Gatherer
from publisher.post.post import Post
from publisher.rehearsal.clocks import Clocks
from publisher.rehearsal.copies import Live, Place
from publisher.rehearsal.death import Death, Killed, MortalLedger, Process, Watch
from publisher.rehearsal.script import Strike
from publisher.retraction import take_down
from publisher.run import Site, deliver
from publisher.sandbox import Sandbox
from publisher.sandbox.stand_in import Clock, StandIn
from publisher.sandbox.web import Request
from publisher.sandboxed import leading_to
from publisher.sending import Sent
from publisher.tell.console import Console

PATIENCE = 10.0
"""Seconds that a sandbox may take to deal with what has reached it."""
STAGE_OF_MAIL = "RCPT"
"""What a sandbox tells of a mail beside its final dot, which counts as its request."""
LEDGER = "ledger.db"
AS_EVER = Choice()


class Silence(Console):
    """Nobody wants to read a thousand runs."""

    def out(self, text: str = "") -> None: ...

    def err(self, text: str = "") -> None: ...


SILENCE = Silence()


class StandIns(Gatherer):
    """Nothing leaves the machine: a grey square stands for what would be downloaded."""

    def _download(self, address: str) -> bytes:
        from PIL import Image

        file = io.BytesIO()
        Image.new("L", (64, 64), 128).save(file, "PNG")
        return file.getvalue()


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a run: killed, or what it said; `passed` are fail points, by channel."""

    killed: bool = False
    status: int = 0
    results: Sequence[Result] = ()
    passed: Mapping[str, int] = field(default_factory=dict)
    error: PublishError | None = None


class Stage:
    """A context manager. `versions` are the post, and what it is after each edit."""

    def __init__(
        self,
        versions: Sequence[Post],
        names: Sequence[str],
        config: Config,
        facts: Mapping[str, Facts],
        scratch: Path,
    ) -> None:
        self.versions, self.names = versions, names
        self._config, self._facts, self._scratch = config, facts, scratch
        self.watch = Watch()
        self._performances = 0
        self._folder.mkdir()
        self._empty = scratch / "empty.db"
        Ledger(self._empty).close()  # made once, and copied: to make one, the disk is waited for

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._boxes: dict[str, Sandbox] = {}
            config = self._leading_to_boxes(stack)
            self.left_out = tuple(name for name in self.names if name not in config.channels)
            self.names = [name for name in self.names if name in config.channels]
            self.config = replace(config, site=replace(config.site, wait_for_page=0.0, since=None,
                syndication="", approve=False))  # fmt: skip
            clocks = {name: self._platform(name).clock for name in self.names}
            stack.enter_context(_in_place(Clocks(clocks)))
            stack.enter_context(self.watch)
            self._composers = [
                Composer(self.config, self._facts, StandIns(self.config)) for _ in self.versions
            ]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _leading_to_boxes(self, stack: ExitStack) -> Config:
        """Two channels of one platform are two accounts: the second has a sandbox of its own."""
        made = replace(self._config, channels={}, secrets={})
        rest = {name: self._config.channels[name] for name in self.names}
        while rest:
            firsts = {channel.adapter: name for name, channel in reversed(rest.items())}
            group = {name: rest.pop(name) for name in firsts.values()}
            box = Sandbox(adapters=tuple(firsts))
            for platform in box.platforms:
                platform.clock = Clock()
            stack.enter_context(box)
            led = leading_to(box, replace(self._config, channels=group, secrets={}), self._scratch)
            self._boxes |= dict.fromkeys(led.channels, box)
            made = replace(
                led,
                channels={**made.channels, **led.channels},
                secrets={**made.secrets, **led.secrets},
            )
        return made

    def _platform(self, name: str) -> StandIn:
        adapter = self.config.channels[name].adapter
        return next(each for each in self._boxes[name].platforms if each.name == adapter)

    @property
    def kinds(self) -> dict[str, list[str]]:
        """Each channel's faults."""
        return {name: list(self._platform(name).kinds) for name in self.names}

    def requests(self, name: str) -> list[Request]:
        """What a channel's platform was asked since the performance began, oldest first."""
        platform = self._platform(name).name
        return [each for each in self._boxes[name].requests if each.channel == platform]

    # A performance

    def clear(self, random: Random | None = None) -> None:
        """Begin anew: nothing is live, and no ledger is there. The platforms are those that there
        are, by `random`."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._performances += 1
        self._folder.mkdir()
        shutil.copy(self._empty, self._folder / LEDGER)
        for box in self._every_box():
            box.clear()
        for name in self.names:
            platform = self._platform(name)
            platform.clock.skew = timedelta(0)
            if random:
                platform.vary(random)
        self.watch.left = 0

    @property
    def _folder(self) -> Path:
        return self._scratch / str(self._performances)

    def strike(self, strike: Strike) -> None:
        self._boxes[strike.channel].fault(
            self._platform(strike.channel).name,
            strike.kind,
            times=strike.times,
            after=strike.after,
            seconds=strike.seconds,
            when=strike.when,
        )

    def struck(self) -> int:
        """How many requests have been struck."""
        return sum(len(each["hits"]) for box in self._every_box() for each in box.faults.told())

    def calm(self) -> None:
        for box in self._every_box():
            box.faults.clear()

    def _every_box(self) -> list[Sandbox]:
        return list({id(box): box for box in self._boxes.values()}.values())

    # Runs

    def publish(self, version: int, *, death: Death | None = None, choice: Choice = AS_EVER) -> Ran:
        process = Process(death)
        self.watch.process = process
        return self._run(process, version, choice)

    def publish_at_once(self, version: int) -> list[Ran]:
        """Two processes at the same moment."""
        self.watch.process = None
        ran: list[Ran] = []
        threads = [
            threading.Thread(
                target=lambda: ran.append(self._run(Process(), version, AS_EVER)), name="a run"
            )
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return ran

    def retract(self, version: int) -> Ran:
        process = self.watch.process = Process()
        return self._run(process, version, AS_EVER, retracting=True)

    def _run(
        self, process: Process, version: int, choice: Choice, *, retracting: bool = False
    ) -> Ran:
        config = replace(self.config, ledger=self._folder / LEDGER)
        post = self.versions[version]
        sent: Sent | None = None
        try:
            with MortalLedger(config.ledger, process) as ledger:
                adapters, redact = channels.sign_in(self.names, config)
                for name, adapter in adapters.items():
                    process.cut_off(adapter, partial(self._hang_up, name))
                planning = Planning(
                    config, adapters, ledger, self._composers[version], datetime.now(UTC), choice
                )
                store = FileStore(ledger)
                if retracting:
                    known = [(key_of(post, ledger, config), post)]
                    sent = take_down(planning, store, known, self.names, redact, SILENCE)
                else:
                    wanted = {post.file: tuple(self.names)}
                    plans = plan_all(planning, [post], wanted)
                    site = Site(
                        planning, store, redact, [post], wanted, plans.results, (), plans.failed, ()
                    )
                    sent = deliver(site, SILENCE)
        except Killed:
            process.dead = True
        except PublishError as error:
            return Ran(status=1, error=error)
        finally:
            self._let_arrive()
        if process.dead or sent is None:
            return Ran(killed=True)
        if sent.stopped:  # it ended that one run; it is the rehearsal that was meant
            raise KeyboardInterrupt
        return Ran(status=sent.status, results=sent.results, passed=process.passed)

    def _hang_up(self, name: str) -> None:
        self._let_arrive()
        self._platform(name).hang_up()

    def _let_arrive(self) -> None:
        """What has left a process that died still reaches its platform: before the next begins,
        since here that one doesn't wait."""
        end = time.monotonic() + PATIENCE
        while self._arrived() < self.watch.left and time.monotonic() < end:
            time.sleep(0.001)

    def _arrived(self) -> int:
        counts = [box.traffic.counts for box in self._every_box()]
        return sum(count.total() - count[STAGE_OF_MAIL] for count in counts)

    # What is live, and what a person would do

    def live(self) -> list[Live]:
        """Oldest first."""
        found: list[Live] = []
        for name in self.names:
            found += [Live(name, entry) for entry in self._platform(name).received()]
        return found

    def planned(self, version: int) -> list[Place]:
        """Where a version is to be, by its plan alone. Raises what is wrong with the post."""
        with MortalLedger(self._folder / LEDGER, Process()) as ledger:
            adapters, _ = channels.sign_in(self.names, self.config)
            planning = Planning(
                self.config, adapters, ledger, self._composers[version], datetime.now(UTC)
            )
            post = self.versions[version]
            results = plan_all(planning, [post], {post.file: tuple(self.names)}).results
        return [
            Place(row.channel, row.part, row.recipient)
            for result in results
            for row in result.delivery.rows
        ]

    def rows(self) -> list[Row]:
        with MortalLedger(self._folder / LEDGER, Process()) as ledger:
            return ledger.rows()

    def resolve(self, where: Mapping[Place, Live]) -> list[Row]:
        """Look as a person would, and say what became of everything that is open. Returns that."""
        with MortalLedger(self._folder / LEDGER, Process()) as ledger:
            doubtful = [row for row in ledger.rows() if _is_doubtful(row)]
            for row in doubtful:
                live = where.get(Place(row.channel, row.part, row.recipient))
                address = "" if row.recipient else live.entry["url"] if live else ""
                ledger.record(as_found(row, address if live else None, self.config))
        return doubtful

    def adapter(self, name: str) -> type[Adapter]:
        return registry.load(self.config.channels[name].adapter)


def _is_doubtful(row: Row) -> bool:
    nameless = row.state == "sent" and row.remote_id is None and not row.recipient
    return row.state in ("unknown", "intent") or nameless


@contextmanager
def _in_place(clocks: Clocks) -> Iterator[None]:
    """The clocks in place of this machine's, with the waits of a real run."""
    before = clock.other, side_by_side.TIMING
    clock.other, side_by_side.TIMING = clocks, Timing()
    try:
        yield
    finally:
        clock.other, side_by_side.TIMING = before
