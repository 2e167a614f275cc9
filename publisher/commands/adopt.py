"""`publish adopt`: take over what was posted before this tool came, or mark an archive as not to be
sent."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from publisher import channels
from publisher import config as configuration
from publisher.commands import options
from publisher.compose.composer import Composer
from publisher.delivery.plan import source_of
from publisher.delivery.planning import Planning, key_of
from publisher.errors import UsageError, raise_all
from publisher.hosts import is_address
from publisher.ledger.open import open_store
from publisher.ledger.row import LIVE_OR_MAYBE, Row
from publisher.ledger.sqlite import Ledger
from publisher.ledger.store import Claim
from publisher.pictures.gather import Gatherer
from publisher.post.find import collect
from publisher.post.post import Post
from publisher.post.read_all import read_posts
from publisher.post.reader import read
from publisher.tell.console import Console, clean

DESCRIPTION = (
    "Take over what was posted before this tool came, or mark an archive as not to be sent."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    options.add_channels(parser)
    add = parser.add_argument
    add("post", metavar="POST", nargs="?")
    add("channel", metavar="CHANNEL", nargs="?")
    add("url", metavar="URL", nargs="?", help="where it is live")
    add(
        "--all",
        metavar="FOLDER",
        help="mark all posts in this folder as not to be sent, on any channel",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    if arguments.all:
        if arguments.post:
            raise UsageError(
                "--all takes a folder, and nothing else", hint="publish adopt --all posts/"
            )
        return _archive(arguments, console)
    if not (arguments.post and arguments.channel and arguments.url):
        raise UsageError(
            "name a post, a channel, and where it is live", hint="publish adopt POST CHANNEL URL"
        )
    file = Path(arguments.post)
    config = configuration.of_run(arguments.config, file.parent.resolve())
    (name,) = channels.chosen(arguments.channel, config) or ("",)
    post = read(file, config)
    adapters, _ = channels.without_secrets([name], config)
    adapter = adapters[name]
    if not (adapter.edits or adapter.deletes):
        raise UsageError(
            f"what is live on {adapter.title} can't be edited or deleted, so there is nothing to take over",
            hint="to keep it from being sent again: publish adopt --all FOLDER",
        )
    if not (is_address(arguments.url) and adapter.is_there(arguments.url)):
        raise UsageError(
            f"{arguments.url!r} is not an address on {name}",
            hint="copy the post's own address from the platform",
        )
    remote_id = adapter.id_in(arguments.url)
    if not remote_id:
        raise UsageError(
            f"{arguments.url!r} is not the address of a post", hint="copy it from the platform"
        )
    with open_store(config) as store:
        ledger = store.ledger
        facts = channels.known_facts(adapters, ledger)
        composer = Composer(config, facts, Gatherer(config))
        planning = Planning(config, adapters, ledger, composer, datetime.now(UTC))
        key = key_of(post, planning)
        message = composer.compose(post, adapter, download=False).message
        if len(message.parts) > 1:
            raise UsageError(
                f"{name} makes a thread of {len(message.parts)} parts of it, and one address was given",
                hint="take it over with a template that makes one part, or mark it: publish adopt --all FOLDER",
            )
        with store.hold(lambda: Claim(key, {key: post.identity})) as (_, busy):
            if busy:
                raise UsageError(
                    f"{file} is being sent by {busy[key]}", hint="wait until that is done"
                )
            if any(row.state in LIVE_OR_MAYBE for row in ledger.rows(key, name)):
                raise UsageError(f"{file} is known on {name} already", hint="see `publish status`")
            now, payload = datetime.now(UTC), adapter.payload(message, 0)
            row = Row(
                key, name, 0, payload, state="sent", source=source_of(post, [payload]), began=now, tried=now,
                remote_id=remote_id, url=arguments.url,
            )  # fmt: skip
            ledger.prepare(post.identity, key, name, [row])
    console.out(f"{clean(str(file))} on {name}: taken over, live at {clean(arguments.url)}")
    return 0


def _archive(arguments: argparse.Namespace, console: Console) -> int:
    """Every post of a folder that isn't known yet counts as sent before, on every channel."""
    sources = collect([arguments.all])
    config = configuration.of_run(arguments.config, Path(arguments.all).resolve())
    names = channels.chosen(arguments.channels, config) or tuple(config.channels)
    if not names or config.path is None:
        raise UsageError(
            "no channel is configured",
            hint="write a publish.toml first; config.example.toml shows how",
        )
    read = read_posts(sources.files, config)
    raise_all(read.failed)
    posts, drafts = read.posts, read.drafts
    now = datetime.now(UTC)
    with open_store(config) as store:
        ledger = store.ledger

        def plan() -> Claim[list[Post]]:
            old = [
                post
                for post in posts
                if not (post.draft or (post.date is not None and post.date > now))
            ]
            new = [post for post in old if _unknown(post, names, ledger)]
            return Claim(
                new,
                {ledger.find(post.identity) or post.identity.key: post.identity for post in new},
            )

        with store.hold(plan) as (found, busy):
            marked = [
                post
                for post in found
                if (ledger.find(post.identity) or post.identity.key) not in busy
            ]
            for post in marked:
                key = ledger.find(post.identity) or post.identity.key
                for name in _unknown(post, names, ledger):
                    row = Row(key, name, 0, {}, state="archived", source=post.digest)
                    ledger.prepare(post.identity, key, name, [row])
    for draft in drafts:
        console.err(f"passed over: {clean(str(draft.file))} (draft)")
    console.out(
        f"{len(marked)} of {len(posts)} posts are marked: not to be sent on {', '.join(names)}"
    )
    return 0


def _unknown(post: Post, names: tuple[str, ...], ledger: Ledger) -> list[str]:
    """The channels on which nothing is known of a post."""
    key = ledger.find(post.identity) or post.identity.key
    return [name for name in names if not ledger.rows(key, name)]
