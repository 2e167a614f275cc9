"""`publish approve POST...`: write beside each post what a person has looked at. Sends nothing, reads no
secret."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from publisher import channels
from publisher import config as configuration
from publisher.commands import options
from publisher.compose.composer import Composer
from publisher.delivery import approval
from publisher.delivery.plan import Delivery
from publisher.delivery.planning import Planning, plan_all
from publisher.documentation import CONFIGURATION
from publisher.errors import ConfigError
from publisher.ledger.open import open_store
from publisher.pictures.gather import Gatherer
from publisher.post.find import Sources, by_configuration, collect
from publisher.post.post import Post
from publisher.post.read_all import read_posts
from publisher.tell.console import Console, clean

DESCRIPTION = "Write beside a post what you have looked at: with `approve = true` it goes out like that, or not."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    options.add_channels(parser)
    parser.add_argument("posts", nargs="+", metavar="POST", help="a file, or several")


def run(arguments: argparse.Namespace, console: Console) -> int:
    sources = collect(arguments.posts)
    for each in by_configuration(sources, arguments.config):
        _approve(each, arguments, console)
    return 0


def _approve(sources: Sources, arguments: argparse.Namespace, console: Console) -> None:
    config = configuration.of_run(arguments.config, sources.folder())
    if config.path is None:
        raise ConfigError("there is no publish.toml here or in a folder above", hint=CONFIGURATION)
    names = channels.chosen(arguments.channels, config)
    posts = read_posts(sources.files, config).posts
    with open_store(config, readonly=True) as store:
        for post in posts:
            adapters, _ = channels.without_secrets(
                channels.channels_of(post, names, config), config
            )
            facts = channels.known_facts(adapters, store.ledger)
            planning = Planning(
                config,
                adapters,
                store.ledger,
                Composer(config, facts, Gatherer(config)),
                datetime.now(UTC),
                dry=True,
            )
            deliveries = _deliveries(planning, post)
            if problem := approval.unknown_in(deliveries, facts):
                raise problem
            approved = approval.approval_of(deliveries)
            file = approval.file_of(post)
            file.write_text(approval.as_text(approved), "utf-8")
            console.out(
                f"{clean(str(file))}: {approval.digest_of(approved)}, for {', '.join(approved)};"
                " commit it"
            )


def _deliveries(planning: Planning, post: Post) -> list[Delivery]:
    """Planned with what is only on the web downloaded. Raises what keeps the post from being sent."""
    for adapter in planning.adapters.values():
        planning.composer.compose(post, adapter, download=True)
    return [
        each.delivery
        for each in plan_all(planning, [post], {post.file: tuple(planning.adapters)}).results
    ]
