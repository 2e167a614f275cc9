"""`publish resolve POST CHANNEL --sent [URL] | --not-sent`: a person says what nobody else could find out."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from publisher import locks, prepare
from publisher.console import Console
from publisher.errors import UsageError
from publisher.ledger import Ledger, Row
from publisher.post import read


def run(arguments: argparse.Namespace, console: Console) -> int:
    file = Path(arguments.post)
    config = prepare.load_config(arguments.config, file.resolve().parent)
    post = read(file, config)
    with Ledger(config.ledger_path(), readonly=True) as ledger:
        key = ledger.find(post.identity)
    if key is None:
        raise UsageError(f"nothing is known of {file}", hint="it has never been published from here")
    with Ledger(config.ledger_path()) as ledger, locks.hold(config.ledger_path(), [key]) as busy:
        if busy:
            raise UsageError(f"{file} is being sent by {busy[key]}", hint="wait until that is done")
        rows = [row for row in ledger.rows(key, arguments.channel) if _meant(row, arguments)]
        unknown = [row for row in rows if _is_open(row, arguments)]
        if not unknown:
            raise UsageError(f"nothing about {file} is unknown on {arguments.channel}", hint="see `publish status`")
        for row in unknown:
            ledger.record(_resolved(row, arguments))
    what = "live" if arguments.sent is not None else "not sent; the next run sends it"
    console.out(f"{file} on {arguments.channel}: noted as {what} ({len(unknown)} of {len(rows)})")
    return 0


def _meant(row: Row, arguments: argparse.Namespace) -> bool:
    if arguments.recipient and row.recipient.casefold() != arguments.recipient.casefold():
        return False
    return arguments.part is None or row.part == arguments.part - 1


def _is_open(row: Row, arguments: argparse.Namespace) -> bool:
    """Unknown; or live without an id (X proved it by refusing a duplicate), and now there is an address."""
    return row.state in ("unknown", "intent") or (row.state == "sent" and not row.remote_id and bool(arguments.sent))


def _resolved(row: Row, arguments: argparse.Namespace) -> Row:
    if arguments.sent is None:
        return row.with_state("failed", error="not sent, as you said")
    url = arguments.sent or row.url
    # The id ends the address, on Mastodon, X and Discord alike: a thread's next part replies to it.
    found = re.search(r"(\d+|[0-9A-HJKMNP-TV-Z]{26})/?$", url or "")
    return row.with_state("sent", url=url, remote_id=found[1] if found else row.remote_id, error=None)
