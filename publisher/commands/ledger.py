"""`publish ledger export | import`: the ledger as JSON Lines, one row a line, to move it to another
machine.

`publish ledger init`: make the branch that it lives on.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path

from publisher.commands import options
from publisher.config import Config, of_run
from publisher.documentation import ACTION
from publisher.errors import LedgerError, UsageError
from publisher.ledger import jsonl
from publisher.ledger.open import open_store
from publisher.ledger.sqlite import Ledger
from publisher.tell.console import Console

DESCRIPTION = "Move the ledger as JSON Lines."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    parser.add_argument("action", choices=("export", "import", "init"))
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="JSON Lines; standard output or input, if not given",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    config = of_run(arguments.config, Path.cwd())
    path = config.ledger_path()
    if arguments.action == "init":
        return _init(config, console)
    if arguments.action == "export":
        if not path.is_file() and not config.branch:
            raise UsageError(
                f"there is no ledger at {path}", hint="nothing has been published from here yet"
            )
        with open_store(config, readonly=True) as store:
            lines = list(jsonl.export(store.ledger))
        if arguments.file:
            # It holds addresses and unpublished texts: for the owner alone.
            try:
                descriptor = os.open(arguments.file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
                if hasattr(os, "fchmod"):  # Windows has none, before Python 3.13
                    os.fchmod(descriptor, 0o600)
            except OSError as error:
                raise UsageError(
                    f"{arguments.file}: {error.strerror}", hint="check the path"
                ) from None
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
        else:
            for line in lines:
                console.out(line)
        console.err(f"{len(lines)} lines")
        return 0
    if config.branch:
        raise UsageError(
            "a ledger on a branch is not imported into", hint="mark what is live: publish adopt"
        )
    with contextlib.ExitStack() as stack:
        source = sys.stdin
        if arguments.file:
            try:
                source = stack.enter_context(Path(arguments.file).open(encoding="utf-8"))
            except OSError as error:
                raise UsageError(
                    f"{arguments.file}: {error.strerror}", hint="check the path"
                ) from None
        with Ledger(path) as ledger:
            try:
                count = jsonl.load(ledger, source)
            except UnicodeDecodeError:
                raise LedgerError(
                    "is not UTF-8", hint="import what `publish ledger export` wrote"
                ) from None
    console.out(f"{count} rows are in {path}")
    return 0


def _init(config: Config, console: Console) -> int:
    """Only by hand: a branch that is made by itself where it is missed would know nothing of what
    is live."""
    if not config.branch:
        raise UsageError(
            "this ledger is a file, which is made by itself",
            hint='for a branch of the repository, write [ledger] branch = "publish-ledger"',
        )
    from publisher.ledger.git_branch import Branch

    Branch(config.root, config.branch).init()
    console.out(f"the branch {config.branch} is there; protect it from being rewound: {ACTION}")
    return 0
