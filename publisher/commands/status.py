"""`publish status [POST]`: what is live where, with links. Reads the ledger only."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from publisher.commands import options
from publisher.config import of_run as config_of_run
from publisher.delivery.known import folder_of, named
from publisher.errors import UsageError
from publisher.ledger.open import open_store
from publisher.ledger.row import Row
from publisher.tell.console import Console, clean
from publisher.tell.document import VERSION, as_json

DESCRIPTION = "Show what is live where."

NAMED = 10
"""Recipients that are listed by their addresses; the others are counted."""
_COLOURS = {"sent": "green", "failed": "red", "unknown": "red", "intent": "red"}
_WORDS = {
    "pending": "not sent yet",
    "intent": "unknown: the last run was cut off while sending it",
    "update": "live; the last run was cut off while editing it",
    "delete": "live; the last run was cut off while deleting it",
    "sent": "live",
    "failed": "failed",
    "unknown": "unknown: it may be live",
    "retracted": "retracted",
    "archived": "from before, not to be sent",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    options.add_json(parser)
    parser.add_argument("post", nargs="?", metavar="POST", help="only this post")


def run(arguments: argparse.Namespace, console: Console) -> int:
    folder = folder_of(arguments.post) if arguments.post else Path.cwd()
    config = config_of_run(arguments.config, folder)
    with open_store(config, readonly=True) as store:
        ledger = store.ledger
        key = None
        if arguments.post:
            key, _ = named(arguments.post, config, ledger)
            key = key if key in ledger.posts() else None
            if key is None and not arguments.json:
                raise UsageError(
                    f"nothing is known of {arguments.post} in {config.ledger_path()}",
                    hint="it has never been published from here",
                )
        rows = ledger.rows(key) if key or not arguments.post else []
        posts = ledger.posts()
    by_post = grouped(rows, lambda row: row.post)
    if arguments.json:
        document = {
            "version": VERSION,
            "posts": [
                {
                    "id": post,
                    "path": posts[post].path,
                    "address": posts[post].address,
                    "parts": [_value(row) for row in mine],
                }
                for post, mine in by_post.items()
            ],
        }
        console.out(as_json(document))
        return 0
    if not rows:
        console.err(f"nothing has been published from here yet ({config.ledger_path()})")
    for post, mine in by_post.items():
        console.out(console.colour(clean(posts[post].path), "bold"))
        for channel, there in grouped(mine, lambda row: row.channel).items():
            _show(channel, there, console)
    return 0


def grouped(rows: Iterable[Row], name: Callable[[Row], str]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(name(row), []).append(row)
    return groups


def _show(channel: str, rows: list[Row], console: Console) -> None:
    """One line a part; for a newsletter, one line for each state that its copies are in."""
    if any(row.recipient for row in rows):
        for state, those in grouped(rows, lambda row: row.state).items():
            who = _named(those) if state in ("failed", "unknown", "intent") else ""
            many = f"{len(those):,} recipient{'s' if len(those) > 1 else ''}"
            console.out(f"  {channel}: {_word(state, console)}, {many}{clean(who)}")
        return
    for row in rows:
        part = f" part {row.part + 1}" if len(rows) > 1 else ""
        when = f" since {row.tried:%Y-%m-%d %H:%M} UTC" if row.state == "sent" and row.tried else ""
        more = clean((f" ({row.error})" if row.error else "") + (f"  {row.url}" if row.url else ""))
        word = row.op if row.state == "intent" and row.op != "create" else row.state
        console.out(f"  {channel}{part}: {_word(word, console)}{when}{more}")


def _named(rows: list[Row]) -> str:
    """Those about whom something is to be done, as long as a person would read them all."""
    names = ", ".join(row.recipient for row in rows[:NAMED])
    more = f", and {len(rows) - NAMED:,} more (--json lists them)" if len(rows) > NAMED else ""
    return f": {names}{more}"


def _word(state: str, console: Console) -> str:
    return console.colour(_WORDS[state], _COLOURS.get(state, "yellow"))


def _value(row: Row) -> dict[str, Any]:
    return {
        "channel": row.channel,
        "part": row.part,
        "recipient": row.recipient,
        "status": ("unknown" if row.op == "create" else "sent")
        if row.state == "intent"
        else row.state,
        "id": row.remote_id,
        "url": row.url,
        "tried": row.tried.isoformat() if row.tried else None,
        "error": row.error,
    }
