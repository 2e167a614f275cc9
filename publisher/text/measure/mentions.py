"""Mentions: only those that the author asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from publisher.text.flavour import Pings
from publisher.text.marks import Mark, Text, marks_of, substitute

LEFT_OUT = "[…]"
"""Instead of code that this channel can't show."""

_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://[^\s<>]+|(?<![@\w])(?:[\w-]+\.)+[a-z]{2,}/[^\s<>]*", re.IGNORECASE
)


def mentions(text: str, pings: Pings, known: Mapping[str, str]) -> Text:
    """`text` in which the mentions in `known` are what they are on a platform, and no other "@name"
    pings anybody there.

    known   "@ada" to "@ada@example.social"; the "@" in front may be missing, upper and lower case
            are the same
    An unknown one looks as before: an invisible character after its "@" makes it inert where it
    would be a mention. Addresses of pages and of mailboxes stay as they are. Marks move along; a
    known mention becomes an atom.

    In code an invisible character would be copied along with a command: code that would ping is
    left out, and "[…]" says so.
    """
    wanted = {"@" + name.lstrip("@").casefold(): what for name, what in known.items()}
    inert = pings.inert
    if not (wanted or inert):
        return text if isinstance(text, Text) else Text(text)
    changes: list[tuple[int, int, str]] = []
    atoms: list[tuple[int, int]] = []
    grown = 0
    code = _code_of(text, atoms=not pings.in_code)
    candidates = list(pings.candidate.finditer(text))
    taken = [found.span() for found in _ADDRESS.finditer(text)] if candidates else []
    for found in candidates:
        start, end = found.span()
        while taken and taken[0][1] <= start:
            taken.pop(0)
        if taken and taken[0][0] < start:
            continue
        name, host = found["name"], found["host"] or ""
        around = next((span for span in code if span[0] <= start < span[1]), None)
        if around is not None:
            if pings.in_code and inert and (not changes or changes[-1][1] <= around[0]):
                changes.append((*around, LEFT_OUT))
                grown += len(LEFT_OUT) - (around[1] - around[0])
            continue
        if name is None:
            changes.append((start + 1, start + 1, inert))
            grown += len(inert)
            continue
        said = "@" + name.replace("\\_", "_")
        what = wanted.get((said + host).casefold())
        if what is None and not host:
            what = wanted.get(said.casefold())
        if what is not None:
            changes.append((start, end, what))
            atoms.append((start + grown, start + grown + len(what)))
            grown += len(what) - (end - start)
        elif inert and (not pings.only or name.startswith(pings.only)):
            at = start + 1
            changes.append((at, at, inert))
            grown += len(inert)
            if host and not pings.only:
                at = start + 1 + len(name) + 1
                changes.append((at, at, inert))
                grown += len(inert)
    made = substitute(text, changes)
    return Text(made, (*marks_of(made), *(Mark(start, end, "atom") for start, end in atoms)))


def _code_of(text: str, *, atoms: bool) -> list[tuple[int, int]]:
    """Where the text is code, the outermost first. `atoms`: also what is code by its markup."""
    return sorted(
        (
            (mark.start, mark.end)
            for mark in marks_of(text)
            if mark.kind == "code" or (atoms and mark.kind == "atom" and text[mark.start] == "`")
        ),
        key=lambda span: (span[0], -span[1]),
    )
