"""`publish check`: are the configuration and each channel's credentials good, and is a post? Reads
only."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from publisher import channels
from publisher import config as configuration
from publisher.commands import options
from publisher.compose.composer import Composer
from publisher.config import Config
from publisher.delivery.left_alone import reason_of
from publisher.delivery.planning import Planning, held_back, problems
from publisher.delivery.result import address_missing
from publisher.documentation import CONFIGURATION
from publisher.errors import AltMissing, ConfigError, PublishError, UsageError, each_of
from publisher.ledger.open import open_store
from publisher.pictures.gather import Gatherer
from publisher.post.find import Sources, by_configuration, collect
from publisher.post.post import Post
from publisher.post.read_all import read_posts
from publisher.site.newest import newest_post
from publisher.tell import site
from publisher.tell.console import Console, clean, describe

HOW = f"publish init writes one; or by hand: {CONFIGURATION}"
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
            hint=HOW,
        )
    for warning in config.warnings:
        console.problem(warning, "warning")
    console.out(f"{clean(str(config.path))}: good")
    _tell_site(config, newest_post(config), console)
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
                unknown = channels.learn(adapters, ledger, datetime.now(UTC), again=True)
                console.out(f"{name}: {console.colour('good', 'green')}: {clean(redact(who))}")
                for warning in unknown:
                    console.out(f"{name}: {console.colour('note', 'yellow')}: {describe(warning)}")
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


def _tell_site(config: Config, example: Post | None, console: Console) -> None:
    for line in site.settings(config, example):
        console.out(line)


def _posts(arguments: argparse.Namespace, console: Console) -> int:
    """Everything that would keep posts from being sent, or be a pity: without secrets, and offline
    if not --online."""
    sources = collect(arguments.posts)
    if not sources.files:
        raise UsageError("there is no post in that folder", hint="name a post")
    sites = by_configuration(sources, arguments.config)
    return max(_site(each, arguments, console) for each in sites)


def _site(sources: Sources, arguments: argparse.Namespace, console: Console) -> int:
    """The posts that have one configuration in common. Returns 1 where something is wrong with
    any."""
    config = configuration.of_run(arguments.config, sources.folder(), preview=True)
    names = channels.chosen(arguments.channels, config)
    # None is all or nothing here: each is told about.
    found = read_posts([replace(source, named=False) for source in sources.files], config)
    wrong = [*found.failed, *(twins.error for twins in found.twins)]
    failed = bool(wrong)
    _tell_site(config, next(iter((*found.posts, *found.drafts)), None), console)
    for error in wrong:
        console.out(f"{console.colour('failed', 'red')}: {describe(error)}")
    with open_store(config, readonly=True) as store:
        gatherer = Gatherer(config)
        for post in (*found.posts, *found.drafts):
            try:
                wanted = channels.channels_of(post, names, config)
            except PublishError as error:
                failed = True
                console.out(f"{console.colour('failed', 'red')}: {describe(error)}")
                continue
            adapters, _ = channels.without_secrets(wanted, config)
            facts = channels.known_facts(adapters, store.ledger)
            composer = Composer(config, facts, gatherer)
            now = datetime.now(UTC)
            planning = Planning(config, adapters, store.ledger, composer, now, dry=True)
            failed = not _is_good(post, wanted, planning, arguments, console) or failed
    if config.path is None:
        console.out(
            f"{console.colour('note', 'yellow')}: there is no publish.toml, so that the post's address,"
            f" your channels and your server's limits aren't known here; {HOW}"
        )
    return 1 if failed else 0


def _is_good(
    post: Post,
    wanted: Sequence[str],
    planning: Planning,
    arguments: argparse.Namespace,
    console: Console,
) -> bool:
    errors, warnings = problems(planning, post, wanted, download=arguments.online)
    # What a reader who can't see would miss is only a warning elsewhere; who asks is told that it
    # is wrong.
    errors += [each for each in warnings if isinstance(each, AltMissing)]
    for each in errors:
        console.out(f"{console.colour('failed', 'red')}: {describe(each)}")
    if post.url_problem and not held_back(post, planning.now):
        errors.append(address_missing(post))
        console.out(f"{console.colour('failed', 'red')}: {describe(errors[-1])}")
    elif page := site.page(post):
        console.out(page)
    notes = [describe(each) for each in warnings if not isinstance(each, AltMissing)]
    for note in (*notes, *(f"{post.file}: {clean(each)}" for each in post.notes)):
        console.out(f"{console.colour('note', 'yellow')}: {note}")
    if not errors:
        good = console.colour("good", "green")
        when = _when(post, planning)
        console.out(f"{clean(str(post.file))}: {good} for {', '.join(wanted)}{when}")
    if arguments.online:
        return _cards(post, planning.config, console) and not errors
    return not errors


def _when(post: Post, planning: Planning) -> str:
    """When, or whether, it goes out."""
    held = held_back(post, planning.now)
    if held == "future" and post.not_before:
        return f"; it will be published from {post.not_before:%Y-%m-%d %H:%M %Z} on"
    if held:
        return {"draft": "; it is a draft", "expired": "; its expiry date is over"}[held]
    reason = reason_of(post, planning.config.site, planning.now, in_bulk=True)
    left = {
        "too old": "too old for a run of its folder: name it by itself",
        "undated": "without a date a run of its folder leaves it alone",
        "archived": "it is from before [site] since, and is not sent",
    }
    return f"; {left[reason]}" if reason else ""


def _cards(post: Post, config: Config, console: Console) -> bool:
    """Show what platforms would make of the post's page. False: the page isn't there."""
    from publisher.pictures.fetch import FetchError
    from publisher.site.link_cards import read
    from publisher.site.pages import fetch, nearest

    if not post.url:
        console.out(f"{clean(str(post.file))}: has no address, so no platform shows a card of it")
        return True
    try:
        where, page = fetch(post.url, config)
    except FetchError as error:
        console.out(
            f"{console.colour('failed', 'red')}: the page {clean(post.url)} {clean(error.message)}"
        )
        if near := nearest(post.url, config):
            console.out(f"  the site's map has {clean(near)}: is that it?")
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
