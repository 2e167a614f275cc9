"""An adapter, put through its faults → its certificate."""

from __future__ import annotations

import posixpath
import tempfile
from contextlib import chdir
from dataclasses import dataclass, replace
from pathlib import Path

from publisher import registry
from publisher.adapter import Adapter, Channel, Rule
from publisher.certificate import Certificate, place
from publisher.rehearsal.rehearsal import Rehearsal
from publisher.rehearsal.rehearse import staged
from publisher.rehearsal.script import LATE, Strike
from publisher.rehearsal.stage import Stage
from publisher.sandbox.web import Request
from publisher.testing.bench import POST

READS = ("GET", "HEAD")
LOST = "lost"
KILLED = "a kill"
STORM = 200
"""Disasters."""
ASTRONAUT = "👩🏽‍🚀"
"""One grapheme of four code points, seven UTF-16 units and fifteen bytes."""
UNITS = {1: "graphemes", 2: "weighted characters", 4: "code points", 7: "UTF-16 units", 15: "bytes"}
LONG = f"https://example.org/{'a' * 200}"


class Broken(Exception):
    """A promise that isn't kept: there is nothing to certify."""


@dataclass(frozen=True, slots=True)
class Posting:
    """The request that makes a post live: its method and path, and how many such come before it."""

    method: str
    path: str
    after: int

    def is_one(self, request: Request) -> bool:
        return request.method == self.method and request.path.startswith(self.path)


def certify(name: str) -> Certificate:
    """Raises Broken, ConfigError for an adapter that isn't there or has no platform."""
    adapter = registry.load(name)
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path(".git").mkdir()  # the search for a configuration ends here
        Path("post.md").write_text(POST, "utf-8")
        with staged("post.md", config=None, names=name) as stage:
            posting = _posting(stage, name)
            asks = _asks(stage, name, posting)
            varies = not asks and _asks_in_a_storm(stage)
            looks, repeats = _after_a_loss(stage, name, posting)
            edits, deletes = _afterwards(stage)
            channel = adapter(Channel(name, name, stage.config.channels[name].settings))
    rule = channel.rule(channel.settings, {})
    pictures = channel.pictures(channel.settings, {})
    return Certificate(
        looks=looks,
        repeats=repeats,
        asks=asks,
        varies=varies,
        edits=edits,
        deletes=deletes,
        threads=adapter.replies and not adapter.has_recipients(),
        pictures=pictures.count if pictures else 0,
        alt=pictures.alt if pictures else None,
        limit=rule.limit,
        unit=_unit(rule),
        address=_address(rule),
    )


def _posting(stage: Stage, name: str) -> Posting:
    """Its path may have a number of the server's in it: what two performances have in common."""
    paths: list[str] = []
    for _ in range(2):
        stage.clear()
        stage.publish(0)
        requests = [each for each in stage.requests(name) if each.method not in READS]
        if not requests:  # it doesn't talk HTTP
            return Posting("POST", "", 0)
        paths.append(requests[-1].path)
    posting = Posting(requests[-1].method, posixpath.commonpath(paths), 0)
    return replace(posting, after=sum(map(posting.is_one, requests)) - 1)


def _asks(stage: Stage, name: str, posting: Posting) -> tuple[str, ...]:
    kinds = [kind for kind in stage.kinds[name] if kind not in LATE]
    asks = [kind for kind in kinds if _struck(stage, name, posting, kind) == "unknown"]
    verdict = Rehearsal(stage).die_everywhere()
    if verdict.wrong:
        raise Broken(verdict.wrong[0])
    if verdict.asked:
        asks.append(KILLED)
    return tuple(asks)


def _asks_in_a_storm(stage: Stage) -> bool:
    """In one that all the servers and accounts meet that the sandbox knows."""
    verdict = Rehearsal(stage).perform(STORM, 1, lambda struck: None)
    if verdict.wrong:
        raise Broken(verdict.wrong[0])
    return bool(verdict.asked)


def _struck(stage: Stage, name: str, posting: Posting, kind: str) -> str:
    """What a run says that met this fault."""
    stage.clear()
    stage.strike(
        Strike(
            channel=name,
            kind=kind,
            times=1,
            after=posting.after,
            seconds=0.0,
            when=f"{posting.method} {posting.path}",
        )
    )
    (result,) = stage.publish(0).results
    if not stage.struck():
        raise Broken(f"{kind} struck nothing: which request makes a post live?")
    live = len(stage.live())
    copies = len(result.rows)
    if live > copies or (result.status == "sent" and live < copies):
        raise Broken(f"{kind}: {result.status}, and {live} of {copies} are live")
    return result.status


def _after_a_loss(stage: Stage, name: str, posting: Posting) -> tuple[bool, bool]:
    """Whether it looked, and whether it sent the same again."""
    _struck(stage, name, posting, LOST)
    requests = stage.requests(name)
    mine = [number for number, each in enumerate(requests) if posting.is_one(each)]
    later = requests[mine[posting.after] + 1 :] if mine else []
    return any(each.method in READS for each in later), any(map(posting.is_one, later))


def _afterwards(stage: Stage) -> tuple[bool, bool]:
    stage.clear()
    stage.publish(0)
    before = {each.look for each in stage.live()}
    stage.publish(1)
    edits = {each.look for each in stage.live()} != before
    stage.retract(1)
    return edits, not stage.live()


def _unit(rule: Rule) -> str:
    return UNITS.get(_more(rule, ASTRONAUT), "characters")


def _address(rule: Rule) -> int:
    count = _more(rule, f" {LONG}") - 1
    return count if count < len(LONG) // 2 else 0


def _more(rule: Rule, text: str) -> int:
    """What this adds to a text."""
    return rule.count(f"aaaa{text}") - rule.count("aaaa")


def write(adapter: type[Adapter]) -> Path:
    path = place(adapter)
    path.write_text(certify(adapter.name).text(), "utf-8")
    return path
