"""`publish retract POST...`: take down what is live, where that can be done, and never post it
again by itself."""

from __future__ import annotations

import argparse

from publisher.commands import options
from publisher.retraction import Retraction, retract
from publisher.sending import Sent
from publisher.tell import document, terminal
from publisher.tell.console import Console

DESCRIPTION = (
    "Delete what is live of a post, where that can be done, and never post it again by itself."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    options.add_json(parser)
    parser.add_argument(
        "posts",
        nargs="+",
        metavar="POST",
        help="a file, or a folder of them; of a file that is gone its old path, its id or its address",
    )
    options.add_channels(parser)
    parser.add_argument("--yes", action="store_true", help="don't ask")
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be deleted; delete nothing"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    def show(sent: Sent) -> None:
        if arguments.json:
            told = document.document(arguments.dry_run, sent.results, sent.errors)
            console.out(document.as_json(told))
            return
        tell = terminal.plan if arguments.dry_run else terminal.outcome
        for result in sent.results:
            console.out(tell(result, console))

    asked = Retraction(
        posts=arguments.posts,
        config=arguments.config,
        channels=arguments.channels,
        dry=arguments.dry_run,
        yes=arguments.yes,
    )
    return retract(asked, console, show)
