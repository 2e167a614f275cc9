"""What an adapter was seen to keep: written down by its tests, shown by `publish channels`."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publisher.adapter import Adapter

SHOWN = 4
"""Kinds of faults that are named to people."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """How an adapter behaved on the sandbox's platform.

    looks     whether a lost answer made it look what is live
    repeats   whether it then sent the same again
    asks      kinds of faults after which only a person could say what is live
    varies    whether that is so with some of the platform's servers or accounts only
    edits     whether an edit changed what was live
    deletes   whether what was taken down was gone
    threads   whether the parts of a thread reply to each other
    pictures  in one post
    alt       characters of a picture's text; None: any number
    limit     of a text; None: there is none
    unit      what the limit counts
    address   what an address counts, however long it is; 0: what it has
    """

    looks: bool
    repeats: bool
    asks: tuple[str, ...]
    varies: bool
    edits: bool
    deletes: bool
    threads: bool
    pictures: int
    alt: int | None
    limit: int | None
    unit: str
    address: int

    def text(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"


def place(adapter: type[Adapter]) -> Path:
    """Beside the adapter's own file."""
    return Path(inspect.getfile(adapter)).parent / f"{adapter.name}.certificate.json"


def load(adapter: type[Adapter]) -> Certificate | None:
    """None: there is none, or it isn't one of this version."""
    try:
        values = json.loads(place(adapter).read_text("utf-8"))
        return Certificate(
            asks=tuple(values.pop("asks")),
            **{each.name: values[each.name] for each in fields(Certificate) if each.name != "asks"},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def lines(certificate: Certificate) -> list[tuple[str, str]]:
    """It in words: a heading and what holds, a line each."""
    return [
        ("after a lost answer", _once(certificate)),
        ("limit", _limit(certificate)),
        ("can", _abilities(certificate)),
    ]


def _once(certificate: Certificate) -> str:
    what = []
    if certificate.looks:
        what.append("it looks what is live")
    if certificate.repeats:
        what.append("it sends the same again, which the platform takes for one")
    if certificate.asks:
        what.append(f"you are asked what is live ({_some(certificate.asks)})")
    if certificate.varies:
        what.append("with some servers or accounts you are asked what is live")
    return "; ".join(what) or "nothing is left to settle"


def _some(kinds: Sequence[str]) -> str:
    first = ", ".join(kinds[:SHOWN])
    return f"{first}, and {len(kinds) - SHOWN} more" if len(kinds) > SHOWN else first


def _limit(certificate: Certificate) -> str:
    if certificate.limit is None:
        return "none"
    address = f"; an address counts {certificate.address}" if certificate.address else ""
    return f"{certificate.limit:,} {certificate.unit}{address}"


def _abilities(certificate: Certificate) -> str:
    can = ["be edited"] if certificate.edits else []
    can += ["be taken down"] if certificate.deletes else []
    can += ["be a thread of replies"] if certificate.threads else []
    if certificate.pictures:
        alt = f", each with {certificate.alt:,} characters of text" if certificate.alt else ""
        number = "a picture" if certificate.pictures == 1 else f"{certificate.pictures} pictures"
        can.append(f"have {number}{alt}")
    return ", ".join(can) or "only be sent"
