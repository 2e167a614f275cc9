"""`publish rehearse POST`: the post, through a thousand disasters on this machine."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Callable

from publisher.commands import options
from publisher.errors import UsageError
from publisher.sandboxed import demand_sandbox
from publisher.tell.console import Console, clean

DESCRIPTION = (
    "Publish a post a few hundred times into a sandbox where requests fail and processes are"
    " killed, and count what is live in the end. Nothing leaves this machine."
)
SHOWN = 10
"""Broken promises that are told."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    options.add_channels(parser)
    add = parser.add_argument
    add("post", metavar="POST")
    add(
        "--disasters",
        type=int,
        default=1000,
        metavar="N",
        help="how many are to strike (default: 1000)",
    )
    add("--seed", type=int, metavar="N", help="the same disasters again; else they are random")


def run(arguments: argparse.Namespace, console: Console) -> int:
    if arguments.disasters < 1:
        raise UsageError("--disasters is at least 1", hint="leave it out for a thousand")
    demand_sandbox()
    from publisher.rehearsal.together import rehearse_together

    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    verdict = rehearse_together(
        arguments.post,
        config=arguments.config,
        names=arguments.channels,
        disasters=arguments.disasters,
        seed=seed,
        tell=_counter(arguments.disasters),
    )
    for name in verdict.left_out:
        console.err(f"left out: {clean(name)}, which the sandbox doesn't know")
    for words, each in list(zip(verdict.wrong, verdict.seeds, strict=True))[:SHOWN]:
        console.err(clean(f"{words} (seed {each})"))
    if len(verdict.wrong) > SHOWN:
        console.err(f"… and {len(verdict.wrong) - SHOWN:,} more")
    asked = sum(verdict.asked.values())
    where = ", ".join(verdict.asked)
    line = (
        f"{verdict.disasters:,} disasters: {verdict.twice:,} twice, {verdict.lost:,} lost,"
        f" {asked:,} where a person would be asked"
    )
    console.out(f"{line} ({where})" if asked else line)
    if not verdict.wrong:
        return 0
    console.err(
        "a promise was broken. Please report this; to see it again:"
        f" publish rehearse {arguments.post} --disasters 1 --seed {verdict.seeds[0]}"
    )
    return 1


def _counter(most: int) -> Callable[[int], None]:
    """One number that counts up, where a person watches."""
    if not sys.stderr.isatty():
        return lambda count: None

    def tell(count: int) -> None:
        sys.stderr.write(f"\r{count:,} of {most:,} disasters" if count < most else "\r\033[2K")
        sys.stderr.flush()

    return tell
