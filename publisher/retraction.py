"""Taking down what is live of a post, where that can be done: it is never posted again by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from publisher import channels
from publisher import config as configuration
from publisher.compose.composer import Composer
from publisher.delivery.known import folder_of, named
from publisher.delivery.plan import Delivery
from publisher.delivery.planning import Planning
from publisher.delivery.result import Result, untouched
from publisher.errors import Declined, DeliveryError, UsageError
from publisher.ledger.open import open_store
from publisher.ledger.row import DONE, Row, is_digest
from publisher.ledger.store import Claim, Store
from publisher.pictures.gather import Gatherer
from publisher.post.find import collect
from publisher.post.post import Post
from publisher.secrets import Redactor
from publisher.sending import Sending, Sent, carry_out, open_rows, send
from publisher.tell import terminal
from publisher.tell.console import Console


@dataclass(frozen=True, slots=True)
class Retraction:
    """What is to be taken down.

    posts     files, folders of them; of a file that is gone its old path, an id or an address
    config    the configuration's path; None: the nearest to the first post
    channels  names with commas between; None: all
    dry       show what would be deleted; delete nothing, read no secret
    yes       don't ask
    confined  nothing that lies outside of the configuration's folder is read
    """

    posts: Sequence[str]
    config: str | None = None
    channels: str | None = None
    dry: bool = False
    yes: bool = False
    confined: bool = False


def retract(asked: Retraction, console: Console, show: Callable[[Sent], None]) -> int:
    """Delete, then `show` what came of it. Returns the exit status."""
    config = configuration.of_run(asked.config, folder_of(asked.posts[0]), confined=asked.confined)
    if config.path is None:
        raise UsageError(
            "there is no publish.toml beside the post or in a folder above it",
            hint="run this where the post was published from",
        )
    names = channels.chosen(asked.channels, config) or tuple(config.channels)
    dry = asked.dry
    if dry:
        adapters, _ = channels.without_secrets(names, config)
        redact = Redactor()
    else:
        adapters, redact = channels.sign_in(names, config)
    with open_store(config, readonly=dry) as store:
        ledger, now = store.ledger, datetime.now(UTC)
        composer = Composer(config, channels.known_facts(adapters, ledger), Gatherer(config))
        planning = Planning(config, adapters, ledger, composer, now)
        posts = [named(name, config, ledger) for name in _names(asked.posts)]

        going = _claim(planning, posts, names).made
        if dry:
            show(Sent(going, stopped=False))
            return 0
        _agree(going, asked, console)
        sent = take_down(planning, store, posts, names, redact, console)
        with suppress(BrokenPipeError):
            show(sent)
    return sent.status


def take_down(
    planning: Planning,
    store: Store,
    posts: Sequence[tuple[str, Post]],
    names: Sequence[str],
    redact: Redactor,
    console: Console,
) -> Sent:
    """Delete what is live of the posts, each with its key, on these channels."""

    def act(results: Sequence[Result], sending: Sending) -> Sent:
        for result in results:
            if result.delivery.key not in sending.busy:
                _forget(planning, result.delivery)
        return send(results, sending)

    def plan() -> Claim[Sequence[Result]]:
        return _claim(planning, posts, names)

    return carry_out(planning, store, plan, act, redact, console, late={})


def _claim(
    planning: Planning, posts: Sequence[tuple[str, Post]], names: Sequence[str]
) -> Claim[Sequence[Result]]:
    made = [_plan(planning, post, key, name) for key, post in posts for name in names]
    identities = {each.delivery.key: each.delivery.post.identity for each in made}
    return Claim(made, identities, open_rows(made))


def _names(arguments: Sequence[str]) -> list[str]:
    """The files of a folder, and what else was named."""
    names: list[str] = []
    for argument in arguments:
        if Path(argument).is_dir():
            names += [str(source.file) for source in collect([argument]).files]
        else:
            names.append(argument)
    return list(dict.fromkeys(names))


def _plan(planning: Planning, post: Post, key: str, name: str) -> Result:
    """What is live of a post on one channel, to be deleted, the last part first."""
    adapter = planning.adapters[name]
    rows = planning.ledger.rows(key, name)
    delivery = untouched(post, adapter, key, "retracted").delivery
    # What was marked, or is known by its digest only, has no text to show.
    shown = tuple(row for row in rows if row.payload and not is_digest(row.payload))
    delivery = replace(delivery, rows=shown)
    live = [row for row in rows if row.state == "sent" or row.op == "delete"]
    doubtful = [row for row in rows if row.state in ("unknown", "intent") and row.op == "create"]
    if doubtful:
        error = DeliveryError(
            "whether it is live is not known, so it can't be deleted",
            hint=f"look, then: {delivery.resolve_command(doubtful[0])} --sent URL, or --not-sent",
        )
        return Result(delivery, shown, "unknown", error=error)
    if not live:
        return Result(replace(delivery, kept="retracted"), shown, "skipped", "retracted")
    if not adapter.deletes:
        error = DeliveryError(
            f"what went out on {adapter.title} can't be called back",
            hint="nothing can be done there",
        )
        return Result(delivery, shown, "outdated", error=error)
    going = [_going(row) for row in reversed(live)]
    return Result(replace(delivery, rows=tuple(going)), tuple(going), "planned")


def _going(row: Row) -> Row:
    """To be deleted; also where that was under way, and a person has said since where it is."""
    under_way = row.op == "delete" and row.state not in DONE
    return row if under_way else row.with_state("pending", op="delete", error=None)


def _forget(planning: Planning, delivery: Delivery) -> None:
    """What isn't live is not to be sent either, on any channel: not now, and not by a later run."""
    ledger = planning.ledger
    known = ledger.rows(delivery.key, delivery.channel)
    if not known:
        row = Row(delivery.key, delivery.channel, 0, {}, state="retracted")
        ledger.prepare(delivery.post.identity, delivery.key, delivery.channel, [row])
    ledger.record_all(
        row.with_state("retracted")
        for row in known
        if row.state in ("pending", "failed", "archived")
    )


def _agree(results: Sequence[Result], asked: Retraction, console: Console) -> None:
    """Show what goes, and ask once. Without a terminal only --yes is an answer: it can't be taken
    back."""
    going = [result for result in results if result.status == "planned"]
    if asked.yes:
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
        raise Declined("nothing was deleted", hint="run again if you mean it")
