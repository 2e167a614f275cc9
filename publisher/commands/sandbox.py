"""`publish sandbox`: the platforms on this machine."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import registry
from publisher.delivery.stopping import SIGNALS
from publisher.sandboxed import running
from publisher.secrets import assignment
from publisher.tell.console import Console, clean

if TYPE_CHECKING:
    from publisher.sandbox import Sandbox

DESCRIPTION = (
    "Run the channels' platforms on this machine, Mastodon's API and a mail server among them, "
    "to try things out."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        metavar="N",
        help="the first of its ports, which follow each other; free ones, if not given",
    )
    parser.add_argument("--keep", metavar="FOLDER", help="write what is received there, too")


def run(arguments: argparse.Namespace, console: Console) -> int:
    keep = Path(arguments.keep) if arguments.keep else None
    with running(arguments.port, keep, registry.names()) as sandbox:
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
        for kinds, platforms in _by_kinds(sandbox.kinds()):
            console.err(f"\nKinds for {', '.join(platforms)}:")
            for kind, what in kinds.items():
                console.err(f"  {kind:<10} {what}")
        console.err("\nCtrl-C stops it.")
        ended.wait()
    if arguments.keep:
        console.err(f"what it received: {clean(str(Path(arguments.keep) / 'received.html'))}")
    return 0


def _host(sandbox: Sandbox) -> str:
    from publisher.sandbox.mastodon import Mastodon

    return sandbox[Mastodon].url.removeprefix("http://")


def _end() -> threading.Event:
    """Set by Ctrl-C, and as the terminal is closed: what came is written down then, too."""
    ended = threading.Event()
    for number in SIGNALS:
        signal.signal(number, lambda *_: ended.set())
    return ended


def _by_kinds(
    faults: Mapping[str, Mapping[str, str]],
) -> list[tuple[Mapping[str, str], list[str]]]:
    """Platforms that fail alike, together."""
    groups: list[tuple[Mapping[str, str], list[str]]] = []
    for platform, kinds in faults.items():
        for known, platforms in groups:
            if known == kinds:
                platforms.append(platform)
                break
        else:
            groups.append((kinds, [platform]))
    return groups


_EXAMPLE = {"platform": "mastodon", "kind": "lost", "times": 1}
