"""`publish resolve POST CHANNEL --sent [URL] | --not-sent`: a person says what nobody else could
find out."""

from __future__ import annotations

import argparse
from pathlib import Path

from publisher.commands import options
from publisher.config import of_run as config_of_run
from publisher.delivery.found import as_found
from publisher.delivery.known import folder_of, named
from publisher.errors import UsageError
from publisher.ledger.open import open_store
from publisher.ledger.row import Row
from publisher.ledger.store import Claim
from publisher.tell.console import Console

DESCRIPTION = "Say what you found out about a post whose outcome is unknown."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    add = parser.add_argument
    add("post", metavar="POST")
    add("channel", metavar="CHANNEL")
    answer = parser.add_mutually_exclusive_group(required=True)
    answer.add_argument(
        "--sent", nargs="?", const="", metavar="URL", help="it is live (at this address)"
    )
    answer.add_argument(
        "--not-sent", action="store_true", help="it is not live: the next run sends it"
    )
    add("--recipient", metavar="ADDRESS", help="only this recipient's copy")
    add("--part", type=int, metavar="N", help="only part N of a thread, counted from 1")


def run(arguments: argparse.Namespace, console: Console) -> int:
    file = Path(arguments.post)
    config = config_of_run(arguments.config, folder_of(arguments.post))
    with open_store(config, readonly=True) as store:
        known, post = named(arguments.post, config, store.ledger)
        if known not in store.ledger.posts():
            raise UsageError(
                f"nothing is known of {file}", hint="it has never been published from here"
            )
    with (
        open_store(config) as store,
        store.hold(lambda: Claim(known, {known: post.identity})) as (key, busy),
    ):
        ledger = store.ledger
        if busy:
            raise UsageError(f"{file} is being sent by {busy[key]}", hint="wait until that is done")
        rows = [row for row in ledger.rows(key, arguments.channel) if _meant(row, arguments)]
        unknown = [row for row in rows if _is_open(row, arguments)]
        if not unknown:
            raise UsageError(
                f"nothing about {file} is unknown on {arguments.channel}",
                hint="see `publish status`",
            )
        if len(unknown) > 1 and arguments.part is None and not arguments.recipient:
            raise UsageError(
                f"{len(unknown)} of it are unknown on {arguments.channel}: {_listed(unknown)}",
                hint=f"say which you mean: {_which(unknown[0])}",
            )
        for row in unknown:
            ledger.record(as_found(row, arguments.sent, config))
    what = "live" if arguments.sent is not None else "not sent; the next run sends it"
    console.out(f"{file} on {arguments.channel}: noted as {what} ({len(unknown)} of {len(rows)})")
    return 0


SHOWN = 10
"""Rows that a refusal lists."""


def _listed(rows: list[Row]) -> str:
    names = [_named(row) for row in rows[:SHOWN]]
    more = f", and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return ", ".join(names) + more


def _named(row: Row) -> str:
    return row.recipient or f"part {row.part + 1}"


def _which(row: Row) -> str:
    return f"--recipient {row.recipient}" if row.recipient else f"--part {row.part + 1}"


def _meant(row: Row, arguments: argparse.Namespace) -> bool:
    if arguments.recipient and row.recipient.casefold() != arguments.recipient.casefold():
        return False
    return arguments.part is None or row.part == arguments.part - 1


def _is_open(row: Row, arguments: argparse.Namespace) -> bool:
    """Unknown; or live without an id (X proved it by refusing a duplicate), and now there is an
    address."""
    return row.state in ("unknown", "intent") or (
        row.state == "sent" and not row.remote_id and bool(arguments.sent)
    )
