"""`publish test-mail ADDRESS [POST]`: one mail to one address, as a newsletter's reader would get
it."""

from __future__ import annotations

import argparse
import secrets
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from publisher import channels
from publisher import config as configuration
from publisher.adapter import Adapter, Attempt
from publisher.commands import options
from publisher.compose.composer import Composer
from publisher.config import Config
from publisher.documentation import CONFIGURATION
from publisher.errors import ConfigError, PublishError, UsageError, raise_all
from publisher.pictures.gather import Gatherer
from publisher.post.post import Post
from publisher.post.reader import read
from publisher.tell.console import Console, clean

DESCRIPTION = (
    "Send one mail to yourself. It isn't noted anywhere: the newsletter goes out later, as ever."
)
SAMPLE = """---
title: A test
---

If you can read this, your newsletter will arrive. It was sent by `publish test-mail`, to you alone.

- The sender and the way to leave the list are those of `publish.toml`.
- Look whether it came into the inbox, and not among the junk.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    parser.add_argument("address", metavar="ADDRESS", help="who gets it: yourself")
    parser.add_argument("post", metavar="POST", nargs="?", help="this post, in place of a sample")
    parser.add_argument("--channel", metavar="NAME", help="which one, where there are several")


def run(arguments: argparse.Namespace, console: Console) -> int:
    if "@" not in arguments.address.strip("@"):
        raise UsageError(
            f"{arguments.address!r} is no address", hint="publish test-mail you@example.org"
        )
    folder = Path(arguments.post).parent.resolve() if arguments.post else Path.cwd()
    config = configuration.of_run(arguments.config, folder)
    name = _channel(arguments.channel, config)
    adapters, redact = channels.sign_in([name], config)
    adapter = adapters[name]
    try:
        if arguments.post:
            _send(read(Path(arguments.post), config), adapter, arguments.address, config)
        else:
            with tempfile.TemporaryDirectory() as scratch:
                sample = Path(scratch) / "test.md"
                sample.write_text(SAMPLE, "utf-8")
                _send(read(sample, config), adapter, arguments.address, config)
    except PublishError as error:
        error.message = redact(error.message)
        raise
    finally:
        adapter.close()
    console.out(f"sent to {clean(arguments.address)}: look into the inbox, and among the junk")
    return 0


def _channel(given: str | None, config: Config) -> str:
    """The one channel that sends mail, or the one that is meant. Raises ConfigError or
    UsageError."""
    mine = [
        name
        for name in (config.channels if config.path else ())
        if channels.sends_mail(config.channels[name])
    ]
    if given in mine:
        return str(given)
    if not mine:
        raise ConfigError(
            "no channel that sends mail is configured",
            hint=f"publish init sets one up; or by hand: {CONFIGURATION}",
            file=config.path,
        )
    if given or len(mine) > 1:
        raise UsageError(
            "which channel shall send it?", hint=f"--channel NAME, one of: {', '.join(mine)}"
        )
    return mine[0]


def _send(post: Post, adapter: Adapter, address: str, config: Config) -> None:
    """By the templates, with the pictures, but past the ledger. Raises PublishError."""
    gatherer = Gatherer(config)
    composed = Composer(config, {}, gatherer).compose(post, adapter, download=True)
    raise_all(composed.gathered.errors)
    payload = adapter.payload(composed.message, 0)
    attempt = Attempt(
        key=secrets.token_hex(16),
        began=datetime.now(UTC),
        recipient=address,
        bytes_of=gatherer.fitted.__getitem__,
    )
    adapter.send(payload, attempt)
