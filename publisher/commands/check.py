"""`publish check`: are the configuration and each channel's credentials good, and is a post? Reads
only."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from publisher import channels
from publisher import config as configuration
from publisher.commands import options
from publisher.compose.composer import Composer
from publisher.config import Config
from publisher.delivery.planning import Planning, problems
from publisher.errors import AltMissing, ConfigError, PublishError, UsageError, each_of, raise_all
from publisher.ledger.open import open_store
from publisher.pictures.gather import Gatherer
from publisher.post.find import collect
from publisher.post.post import Post
from publisher.post.read_all import read_posts
from publisher.tell.console import Console, clean, describe

DESCRIPTION = "Check the configuration, sign in to each channel without posting anything, and look posts over."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    options.add_channels(parser)
    parser.add_argument(
        "posts",
        nargs="*",
        metavar="POST",
        help="also what would keep these posts from being published",
    )
    parser.add_argument(
        "--online",
        action="store_true",
        help="fetch each post's page, and show the card that platforms make of it",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    if arguments.posts:
        return _posts(arguments, console)
    if arguments.online:
        raise UsageError("--online wants a post", hint="publish check post.md --online")
    config = configuration.of_run(arguments.config, Path.cwd())
    if config.path is None:
        raise ConfigError(
            "there is no publish.toml here or in a folder above",
            hint="config.example.toml shows how to write one",
        )
    for warning in config.warnings:
        console.problem(warning, "warning")
    console.out(f"{clean(str(config.path))}: good")
    if not config.channels:
        raise ConfigError(
            "no channel is configured",
            hint="add a section such as [channels.mastodon]",
            file=config.path,
        )
    failed = False
    with open_store(config) as store:
        ledger = store.ledger
        for name in channels.chosen(arguments.channels, config) or config.channels:
            try:
                adapters, redact = channels.sign_in([name], config)
            except PublishError as error:
                failed = True
                for each in each_of(error):
                    console.out(f"{name}: {console.colour('failed', 'red')}: {describe(each)}")
                continue
            adapter = adapters[name]
            try:
                who = adapter.check()
                channels.learn(adapters, ledger, datetime.now(UTC), again=True)
                console.out(f"{name}: {console.colour('good', 'green')}: {clean(redact(who))}")
            except PublishError as error:
                failed = True
                error.message = redact(error.message)
                console.out(f"{name}: {console.colour('failed', 'red')}: {describe(error)}")
            except Exception as problem:
                failed = True
                words = f"what it answered makes no sense ({type(problem).__name__}); is the address right?"
                console.out(f"{name}: {console.colour('failed', 'red')}: {words}")
            finally:
                adapter.close()
    return 1 if failed else 0


def _posts(arguments: argparse.Namespace, console: Console) -> int:
    """Everything that would keep posts from being sent, or be a pity: without secrets, and offline
    if not --online."""
    sources = collect(arguments.posts)
    if not sources.files:
        raise UsageError("there is no post in that folder", hint="name a post")
    config = configuration.of_run(
        arguments.config, sources.files[0].file.parent.resolve(), preview=True
    )
    names = channels.chosen(arguments.channels, config)
    read = read_posts(sources.files, config)
    raise_all(read.failed)
    posts, drafts = read.posts, read.drafts
    failed = False
    with open_store(config, readonly=True) as store:
        ledger = store.ledger
        gatherer = Gatherer(config)
        for post in (*posts, *drafts):
            wanted = channels.channels_of(post, names, config)
            adapters, _ = channels.without_secrets(wanted, config)
            facts = channels.known_facts(adapters, ledger)
            composer = Composer(config, facts, gatherer)
            now = datetime.now(UTC)
            planning = Planning(config, adapters, ledger, composer, now, dry=True)
            errors, warnings = problems(planning, post, wanted, download=arguments.online)
            # What a reader who can't see would miss is only a warning elsewhere; who asks is told
            # that it is wrong.
            errors += [each for each in warnings if isinstance(each, AltMissing)]
            for each in errors:
                console.out(f"{console.colour('failed', 'red')}: {describe(each)}")
            for each in warnings:
                if not isinstance(each, AltMissing):
                    console.out(f"{console.colour('note', 'yellow')}: {describe(each)}")
            failed = failed or bool(errors)
            if not errors:
                console.out(
                    f"{clean(str(post.file))}: {console.colour('good', 'green')} for {', '.join(wanted)}"
                )
            if arguments.online:
                failed = not _cards(post, config, console) or failed
    return 1 if failed else 0


def _cards(post: Post, config: Config, console: Console) -> bool:
    """Show what platforms would make of the post's page. False: the page isn't there."""
    from publisher.pictures.fetch import FetchError
    from publisher.site.link_cards import read
    from publisher.site.pages import fetch

    if not post.url:
        console.out(f"{clean(str(post.file))}: has no address, so no platform shows a card of it")
        return True
    try:
        where, page = fetch(post.url, config)
    except FetchError as error:
        console.out(
            f"{console.colour('failed', 'red')}: the page {clean(post.url)} {clean(error.message)}"
        )
        return False
    for card in read(page.decode("utf-8", "replace"), where):
        console.out(f"the card on {card.platform} ({card.kind}):")
        for name in ("title", "description", "image"):
            console.out(
                f"  {name}: {clean(getattr(card, name)) or console.colour('none', 'yellow')}"
            )
        for words in card.missing:
            console.out(f"  {console.colour('note', 'yellow')}: {clean(words)}")
    return True
