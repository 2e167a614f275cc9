"""`publish sandbox`: the platforms on this machine."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.delivery.stopping import SIGNALS
from publisher.sandboxed import running
from publisher.secrets import assignment
from publisher.tell.console import Console, clean

if TYPE_CHECKING:
    from publisher.sandbox import Sandbox

DESCRIPTION = (
    "Run Mastodon's, X's and Discord's APIs and a mail server on this machine, to try things out."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        metavar="N",
        help="the first of five ports; free ones, if not given",
    )
    parser.add_argument("--keep", metavar="FOLDER", help="write what is received there, too")


def run(arguments: argparse.Namespace, console: Console) -> int:
    keep = Path(arguments.keep) if arguments.keep else None
    with running(arguments.port, keep) as sandbox:
        from publisher.sandbox import FAULTS

        ended = _end()
        console.out("# --- publish.toml " + "-" * 50)
        console.out(sandbox.config())
        console.out("# --- environment " + "-" * 51)
        for name, value in sandbox.environment().items():
            console.out(assignment(name, value))
        console.err(f"\nThe sandbox is running; watch in a browser what it receives: {sandbox.url}")
        console.err(f"To set it up step by step: publish init; its Mastodon is {_host(sandbox)}")
        console.err("\nTo make the next request fail, for example:")
        console.err(
            f"  curl -H 'Content-Type: application/json' -d '{json.dumps(_EXAMPLE)}' {sandbox.url}/_sandbox/faults"
        )
        for kinds, platforms in _by_kinds(FAULTS):
            console.err(f"\nKinds for {', '.join(platforms)}:")
            for kind, what in kinds.items():
                console.err(f"  {kind:<10} {what}")
        console.err("\nCtrl-C stops it.")
        ended.wait()
    if arguments.keep:
        console.err(f"what it received: {clean(str(Path(arguments.keep) / 'received.html'))}")
    return 0


def _host(sandbox: Sandbox) -> str:
    return sandbox.mastodon_url.removeprefix("http://")


def _end() -> threading.Event:
    """Set by Ctrl-C, and as the terminal is closed: what came is written down then, too."""
    ended = threading.Event()
    for number in SIGNALS:
        signal.signal(number, lambda *_: ended.set())
    return ended


def _by_kinds(faults: dict[str, dict[str, str]]) -> list[tuple[dict[str, str], list[str]]]:
    """Platforms that fail alike, together."""
    groups: list[tuple[dict[str, str], list[str]]] = []
    for platform, kinds in faults.items():
        for known, platforms in groups:
            if known == kinds:
                platforms.append(platform)
                break
        else:
            groups.append((kinds, [platform]))
    return groups


_EXAMPLE = {"platform": "mastodon", "kind": "lost", "times": 1}
