"""`publish uri POST CHANNEL`: where it will be, before it is sent. Sends nothing, reads no secret."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from publisher import channels
from publisher import config as configuration
from publisher.adapter import Adapter, Attempt
from publisher.commands import options
from publisher.compose.composer import Composer
from publisher.config import Config
from publisher.delivery.plan import plan
from publisher.delivery.planning import key_of
from publisher.delivery.work import name_of
from publisher.documentation import CONFIGURATION
from publisher.errors import ConfigError, UsageError, did_you_mean, raise_all
from publisher.ledger.open import open_store
from publisher.ledger.row import Row
from publisher.pictures.gather import Gatherer
from publisher.post.reader import read
from publisher.tell.console import Console, clean

DESCRIPTION = (
    "Say where a post is, or will be once it is sent, on a channel that lets that be known."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    add = parser.add_argument
    add("post", metavar="POST")
    add("channel", metavar="CHANNEL")
    add("--of", metavar="WHAT", help="another record that goes with it, such as `document`")


def run(arguments: argparse.Namespace, console: Console) -> int:
    file = Path(arguments.post)
    config = configuration.of_run(arguments.config, file.parent.resolve())
    if config.path is None:
        raise ConfigError("there is no publish.toml here or in a folder above", hint=CONFIGURATION)
    names = channels.chosen(arguments.channel, config) or ()
    if len(names) != 1:
        raise UsageError("name one channel", hint="publish uri POST CHANNEL")
    adapters, missing = channels.without_secrets(names, config)
    adapter = adapters[names[0]]
    row = _row(file, adapter, config)
    raise_all(one for one in missing if not _is_secret(one.message, adapter))
    attempt = Attempt(
        "", datetime.now(UTC), remote_id=row.remote_id or "", name=name_of(adapter, row)
    )
    addresses = adapter.addresses(row.payload, attempt)
    if not addresses:
        raise UsageError(
            f"{adapter.title} says where a post is only once it is there",
            hint="after it is sent: publish status POST",
        )
    what = arguments.of or next(iter(addresses))
    if what not in addresses:
        raise UsageError(f"there is no {what!r} with it", hint=did_you_mean(what, addresses))
    console.out(clean(addresses[what]))
    return 0


def _row(file: Path, adapter: Adapter, config: Config) -> Row:
    """The post's first part, as the ledger knows it or will."""
    post = read(file, config)
    with open_store(config, readonly=True) as store:
        ledger = store.ledger
        facts = channels.known_facts({adapter.channel.name: adapter}, ledger)
        message = (
            Composer(config, facts, Gatherer(config)).compose(post, adapter, download=False).message
        )
        key = key_of(post, ledger, config)
        delivery = plan(post, message, adapter, ledger, key, recipients=("",))
    if delivery.kept in ("retracted", "archived"):
        raise UsageError(f"{file} is not to be sent: it is {delivery.kept}", hint="--republish")
    return delivery.rows[0]


def _is_secret(message: str, adapter: Adapter) -> bool:
    return any(option.secret and f" {option.name} " in message for option in adapter.options)
