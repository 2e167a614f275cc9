"""`publish retract POST...`: take down what is live, where that can be done, and never post it
again by itself."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from publisher import channels
from publisher import config as configuration
from publisher.commands import options
from publisher.compose.composer import Composer
from publisher.delivery.plan import Delivery
from publisher.delivery.planning import Planning, key_of
from publisher.delivery.result import Result
from publisher.errors import DeliveryError, UsageError, raise_all
from publisher.ledger.open import open_store
from publisher.ledger.row import Row
from publisher.ledger.store import Claim
from publisher.pictures.gather import Gatherer
from publisher.post.find import collect
from publisher.post.post import Post
from publisher.post.read_all import read_posts
from publisher.sending import Sending, Sent, carry_out, open_rows, send
from publisher.tell import document, terminal
from publisher.tell.console import Console

DESCRIPTION = (
    "Delete what is live of a post, where that can be done, and never post it again by itself."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    options.add_json(parser)
    options.add_posts(parser)
    options.add_channels(parser)
    parser.add_argument("--yes", action="store_true", help="don't ask")


def run(arguments: argparse.Namespace, console: Console) -> int:
    sources = collect(arguments.posts)
    if not sources.files:
        raise UsageError("there is no post in that folder", hint="name a post")
    config = configuration.of_run(arguments.config, sources.files[0].file.parent.resolve())
    names = channels.chosen(arguments.channels, config)
    read = read_posts(sources.files, config)
    raise_all(read.failed)
    posts, drafts = read.posts, read.drafts
    names = names or tuple(config.channels)
    adapters, redact = channels.sign_in(names, config)
    with open_store(config) as store:
        ledger, now = store.ledger, datetime.now(UTC)
        composer = Composer(config, channels.known_facts(adapters, ledger), Gatherer(config))
        planning = Planning(config, adapters, ledger, composer, now)

        def plan() -> Claim[Sequence[Result]]:
            made = [_plan(planning, post, name) for post in (*posts, *drafts) for name in names]
            identities = {each.delivery.key: each.delivery.post.identity for each in made}
            return Claim(made, identities, open_rows(made))

        _agree(plan().made, arguments, console)

        def act(results: Sequence[Result], sending: Sending) -> Sent:
            for result in results:
                if result.delivery.key not in sending.busy:
                    _forget(planning, result.delivery)
            return send(results, sending)

        sent = carry_out(planning, store, plan, act, redact, console, late={})
        with suppress(BrokenPipeError):
            if arguments.json:
                console.out(document.as_json(document.document(False, sent.results, sent.errors)))
            else:
                for result in sent.results:
                    console.out(terminal.outcome(result, console))
    return sent.status


def _plan(planning: Planning, post: Post, name: str) -> Result:
    """What is live of a post on one channel, to be deleted, the last part first."""
    adapter = planning.adapters[name]
    message = planning.composer.compose(post, adapter, download=False).message
    key = key_of(post, planning)
    rows = planning.ledger.rows(key, name)
    delivery = Delivery(post, adapter, message, key, tuple(rows))
    live = [row for row in rows if row.state == "sent" or row.op == "delete"]
    doubtful = [row for row in rows if row.state in ("unknown", "intent") and row.op == "create"]
    if doubtful:
        error = DeliveryError(
            "whether it is live is not known, so it can't be deleted",
            hint=f"look, then: {delivery.resolve_command(doubtful[0])} --sent URL, or --not-sent",
        )
        return Result(delivery, tuple(rows), "unknown", error=error)
    if not live:
        return Result(replace(delivery, kept="retracted"), tuple(rows), "skipped", "retracted")
    if not adapter.deletes:
        error = DeliveryError(
            f"what went out on {adapter.title} can't be called back",
            hint="nothing can be done there",
        )
        return Result(delivery, tuple(rows), "outdated", error=error)
    going = [_going(row) for row in reversed(live)]
    return Result(replace(delivery, rows=tuple(going)), tuple(going), "planned")


def _going(row: Row) -> Row:
    return row if row.op == "delete" else row.with_state("pending", op="delete", error=None)


def _forget(planning: Planning, delivery: Delivery) -> None:
    """What isn't live is not to be sent either, on any channel: not now, and not by a later run."""
    ledger, adapter = planning.ledger, delivery.adapter
    known = ledger.rows(delivery.key, delivery.channel)
    if not known:
        payload = adapter.payload(delivery.message, 0)
        row = Row(delivery.key, delivery.channel, 0, payload, state="retracted")
        ledger.prepare(delivery.post.identity, delivery.key, delivery.channel, [row])
    ledger.record_all(
        row.with_state("retracted")
        for row in known
        if row.state in ("pending", "failed", "archived")
    )


def _agree(results: Sequence[Result], arguments: argparse.Namespace, console: Console) -> None:
    """Show what goes, and ask once. Without a terminal only --yes is an answer: it can't be taken
    back."""
    going = [result for result in results if result.status == "planned"]
    if arguments.yes:
        return
    for result in results:
        console.err(
            terminal.outcome(result, console)
            if result.status != "planned"
            else terminal.plan(result, console)
        )
    channels = ", ".join(dict.fromkeys(result.delivery.channel for result in going))
    question = f"Delete this on {channels}, for good?" if going else "Never send this?"
    if not console.interactive():
        raise UsageError("nothing was deleted: nobody was asked", hint="say --yes if you mean it")
    if not console.ask(question):
        raise UsageError("nothing was deleted", hint="run again if you mean it")
