"""`publish adopt`: take over what was posted before this tool came, or mark an archive as not to be
sent."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from publisher import channels
from publisher import config as configuration
from publisher.adapter import Adapter, Attempt, Payload
from publisher.commands import options
from publisher.compose.composer import Composer
from publisher.config import Config
from publisher.delivery.known import known_as
from publisher.delivery.plan import source_of
from publisher.delivery.planning import key_of
from publisher.documentation import CONFIGURATION
from publisher.errors import DeliveryError, Gone, PublishError, UsageError, each_of
from publisher.files import path_below
from publisher.hosts import is_address
from publisher.identity import Identity
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


TAKEN_OVER = "taken over"
"""What the ledger says of a post that was live before: it may be forgotten again."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    options.add_channels(parser)
    add = parser.add_argument
    add("post", metavar="POST", nargs="?")
    add("channel", metavar="CHANNEL", nargs="?")
    add("url", metavar="URL", nargs="?", help="where it is live")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--all",
        metavar="FOLDER",
        help="mark all posts in this folder as not to be sent, on any channel",
    )
    what.add_argument(
        "--as",
        dest="known_as",
        metavar="OLD",
        help="it is the post that was sent as OLD: an old path, an id, an address",
    )
    what.add_argument(
        "--new", action="store_true", help="it is a post of its own, though it is like another"
    )
    what.add_argument(
        "--forget", action="store_true", help="take it back: it may be sent, like any other post"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    if arguments.all:
        if arguments.post:
            raise UsageError(
                "--all takes a folder, and nothing else", hint="publish adopt --all posts/"
            )
        return _archive(arguments, console)
    if arguments.post and arguments.forget:
        return _forget(arguments, console)
    if arguments.post and not arguments.channel and (arguments.known_as or arguments.new):
        return _name(arguments, console)
    if not (arguments.post and arguments.channel and arguments.url) or arguments.known_as:
        raise UsageError(
            "name a post, a channel, and where it is live", hint="publish adopt POST CHANNEL URL"
        )
    return _take_over(arguments, console)


def _take_over(arguments: argparse.Namespace, console: Console) -> int:
    """One post is live on one channel, at an address: it is read back where that can be done."""
    file = Path(arguments.post)
    config = configuration.of_run(arguments.config, file.parent.resolve())
    (name,) = channels.chosen(arguments.channel, config) or ("",)
    post = read(file, config)
    adapter, unread = _adapter(name, config)
    if not (adapter.edits or adapter.deletes):
        raise UsageError(
            f"what is live on {adapter.title} can't be edited or deleted, so there is nothing to take over",
            hint="to keep it from being sent again: publish adopt --all FOLDER",
        )
    remote_id = _id_in(arguments.url, adapter)
    with open_store(config) as store:
        ledger = store.ledger
        facts = channels.known_facts({name: adapter}, ledger)
        composer = Composer(config, facts, Gatherer(config))
        key = key_of(post, ledger, config)
        message = composer.compose(post, adapter, download=False).message
        if len(message.parts) > 1:
            raise UsageError(
                f"{name} makes a thread of {len(message.parts)} parts of it, and one address was given",
                hint="take it over with a template that makes one part, or mark it: publish adopt --all FOLDER",
            )
        payload = adapter.payload(message, 0)
        note = unread or _read_back(adapter, payload, remote_id)
        with store.hold(lambda: Claim(key, {key: post.identity})) as (_, busy):
            _demand_free(file, busy.get(key))
            if any(row.state in LIVE_OR_MAYBE for row in ledger.rows(key, name)):
                raise UsageError(f"{file} is known on {name} already", hint="see `publish status`")
            now = datetime.now(UTC)
            row = Row(
                key, name, 0, payload, state="sent", source=source_of(post, [payload]), began=now, tried=now,
                remote_id=remote_id, url=arguments.url, error=TAKEN_OVER,
            )  # fmt: skip
            ledger.prepare(post.identity, key, name, [row])
    console.out(f"{clean(str(file))} on {name}: taken over, live at {clean(arguments.url)}")
    if note:
        console.err(f"note: {clean(note)}")
    return 0


def _adapter(name: str, config: Config) -> tuple[Adapter, str]:
    """The channel's adapter, signed in; and why it isn't, where its secrets aren't there."""
    try:
        adapters, _ = channels.sign_in([name], config)
    except PublishError as error:
        adapters, _ = channels.without_secrets([name], config)
        return adapters[name], f"it was not read back: {each_of(error)[0].message}"
    return adapters[name], ""


def _id_in(url: str, adapter: Adapter) -> str:
    """The id of the post at an address. Raises UsageError where that isn't one of this channel."""
    name = adapter.channel.name
    if not (is_address(url) and adapter.is_there(url)):
        raise UsageError(
            f"{url!r} is not an address on {name}",
            hint="copy the post's own address from the platform",
        )
    remote_id = adapter.id_in(url)
    if not remote_id:
        raise UsageError(f"{url!r} is not the address of a post", hint="copy it from the platform")
    return remote_id


def _read_back(adapter: Adapter, payload: Payload, remote_id: str) -> str:
    """What is to be said of what is live there; empty where it is as the file says. Raises
    UsageError where nothing is there."""
    attempt = Attempt(key="", began=datetime.now(UTC), remote_id=remote_id)
    try:
        if adapter.stands(payload, attempt):
            return ""
        return (
            "what is live there reads otherwise than the file; an edit of the file won't change it"
        )
    except Gone:
        raise UsageError(
            f"there is no such post on {adapter.channel.name}",
            hint="copy the post's own address from the platform",
        ) from None
    except DeliveryError as error:
        return f"it could not be read back: {error.message}"
    finally:
        adapter.close()


def _demand_free(file: Path, holder: str | None) -> None:
    if holder:
        raise UsageError(f"{file} is being sent by {holder}", hint="wait until that is done")


def _name(arguments: argparse.Namespace, console: Console) -> int:
    """A person says whether a new file is a post that the ledger knows by another name."""
    file = Path(arguments.post)
    config = configuration.of_run(arguments.config, file.parent.resolve())
    identity = read(file, config).identity
    with open_store(config, readonly=True) as store:
        if store.ledger.find(identity) is not None:
            raise UsageError(f"{file} is known already", hint="see `publish status`")
    with open_store(config) as store:
        ledger = store.ledger
        key = identity.key
        if arguments.known_as:
            key = known_as(arguments.known_as, config, ledger)
        with store.hold(lambda: Claim(key, {key: identity})) as (_, busy):
            _demand_free(file, busy.get(key))
            if arguments.known_as:
                ledger.remember(identity, key)
            else:
                ledger.restore({key: identity}, [])
    what = f"the post that was sent as {arguments.known_as}"
    what = what if arguments.known_as else "a post of its own"
    console.out(f"{clean(str(file))} is {clean(what)}; the next run treats it so")
    return 0


def _forget(arguments: argparse.Namespace, console: Console) -> int:
    """Take back what adopting said: what was sent from here is not forgotten."""
    file = Path(arguments.post)
    config = configuration.of_run(arguments.config, file.parent.resolve())
    identity = read(file, config).identity
    names = channels.chosen(arguments.channel or arguments.channels, config)
    with open_store(config, readonly=True) as store:
        key = store.ledger.find(identity)
    if key is None:
        raise UsageError(f"nothing is known of {file}", hint="see `publish status`")
    with (
        open_store(config) as store,
        store.hold(lambda: Claim(key, {key: identity})) as (_, busy),
    ):
        _demand_free(file, busy.get(key))
        rows = [row for row in store.ledger.rows(key) if not names or row.channel in names]
        adopted = [row for row in rows if row.state == "archived" or row.error == TAKEN_OVER]
        if not adopted:
            raise UsageError(
                f"nothing of {file} was taken over or marked",
                hint="what was sent from here is taken down by: publish retract",
            )
        for row in adopted:
            store.ledger.forget(row)
    told = ", ".join(dict.fromkeys(row.channel for row in adopted))
    console.out(f"{clean(str(file))} on {told}: forgotten; the next run that names it sends it")
    return 0


def _archive(arguments: argparse.Namespace, console: Console) -> int:
    """Every post of a folder that isn't known yet counts as sent before, on every channel."""
    sources = collect([arguments.all])
    config = configuration.of_run(arguments.config, Path(arguments.all).resolve())
    names = channels.chosen(arguments.channels, config) or tuple(config.channels)
    if not names or config.path is None:
        raise UsageError(
            "no channel is configured",
            hint=f"publish init writes a publish.toml; or by hand: {CONFIGURATION}",
        )
    read = read_posts(sources.files, config)
    # Of two that claim one identity, the first stands for both.
    posts = [*read.posts, *{twins.posts[0].file: twins.posts[0] for twins in read.twins}.values()]
    drafts = read.drafts
    # What can't be read is known by its path, so that it makes no later run fail.
    unread = {
        identity.key: identity
        for error in read.failed
        if error.file
        for identity in [Identity(path_below(Path(error.file), config.names_from()))]
    }
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
                {ledger.find(post.identity) or post.identity.key: post.identity for post in new}
                | unread,
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
            for key, identity in unread.items():
                for name in names:
                    if key not in busy and not ledger.states(key, name):
                        row = Row(key, name, 0, {}, state="archived")
                        ledger.prepare(identity, key, name, [row])
    for error in read.failed:
        console.problem(error, "warning")
    for draft in drafts:
        console.err(f"passed over: {clean(str(draft.file))} (draft)")
    console.out(
        f"{len(marked)} of {len(posts)} posts are marked: not to be sent on {', '.join(names)}"
    )
    if unread:
        console.out(f"{len(unread)} more that can't be read are marked by their paths")
    return 0


def _unknown(post: Post, names: tuple[str, ...], ledger: Ledger) -> list[str]:
    """The channels on which nothing is known of a post."""
    key = ledger.find(post.identity) or post.identity.key
    return [name for name in names if not ledger.rows(key, name)]
