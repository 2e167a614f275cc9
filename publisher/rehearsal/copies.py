"""What is live, told apart: which part of the post, for whom, in which of its versions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SEEN = ("text", "subject", "html", "to", "spoiler_text", "visibility", "language", "pings")
"""What of an entry of the sandbox's a reader sees."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One part of a post on a channel, and whom this copy of it is for, where it has recipients."""

    channel: str
    part: int
    recipient: str = ""

    def __str__(self) -> str:
        whom = f" for {self.recipient}" if self.recipient else ""
        return f"{self.channel}, part {self.part + 1}{whom}"


@dataclass(frozen=True, slots=True)
class Live:
    """An entry of a sandbox, on the channel that led there."""

    channel: str
    entry: Mapping[str, Any]

    @property
    def look(self) -> str:
        """Everything that a reader sees of it."""
        seen = {name: self.entry.get(name) for name in SEEN}
        seen["pictures"] = [each["alt"] for each in self.entry.get("pictures", ())]
        return json.dumps([self.channel, seen], sort_keys=True, ensure_ascii=False)


@dataclass(slots=True)
class Versions:
    """How each version of the post looks at each of its places."""

    places: dict[str, Place] = field(default_factory=dict)
    looks: list[dict[str, Counter[str]]] = field(default_factory=list)
    """By version and channel."""

    def add(self, live: Sequence[Live], planned: Sequence[Place]) -> list[str]:
        """Learn a version from an undisturbed run. Returns what is wrong with that already."""
        wrong: list[str] = []
        looks: dict[str, Counter[str]] = {}
        for channel in dict.fromkeys(place.channel for place in planned):
            mine = [each for each in live if each.channel == channel]
            wanted = [place for place in planned if place.channel == channel]
            if len(mine) != len(wanted):
                wrong.append(
                    f"undisturbed, {channel} shows {len(mine)} of the {len(wanted)} that are meant"
                )
            looks[channel] = Counter(each.look for each in mine)
            for place, each in zip(wanted, _in_order(mine, wanted), strict=False):
                self.places[each.look] = place
        self.looks.append(looks)
        return wrong

    def place_of(self, live: Live) -> Place | None:
        return self.places.get(live.look)


def _in_order(live: list[Live], wanted: Sequence[Place]) -> list[Live]:
    """As the plan has them: parts in their order, copies by their recipient."""
    if not wanted[0].recipient:
        return live
    order = {place.recipient: number for number, place in enumerate(wanted)}
    return sorted(live, key=lambda each: order.get(each.entry["to"][0], len(order)))


@dataclass(frozen=True, slots=True)
class Count:
    """Copies too many, and too few."""

    twice: int
    lost: int


def compare(live: Iterable[Live], wanted: Sequence[Counter[str]]) -> Count:
    """What is live on a channel beside the version that comes closest to it."""
    there = Counter(each.look for each in live)
    counts = [Count((there - one).total(), (one - there).total()) for one in wanted]
    return min(counts, key=lambda count: count.twice + count.lost)


def chain(live: Sequence[Live], *, flat: bool = False) -> list[str]:
    """Where a part of a thread doesn't reply to the one before it; `flat`: to the first."""
    wrong = []
    before: str | None = None
    for each in live:
        parent = each.entry.get("in_reply_to_id", before)
        if parent != before:
            wrong.append(f"{each.channel}: {each.entry['url']} replies to {parent}, not {before}")
        if before is None or not flat:
            before = str(each.entry["id"])
    return wrong
