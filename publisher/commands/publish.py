"""`publish POST...`: read → compose → plan → deliver → record, in one screen."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.adapter import pictures_of
from publisher.config import Config
from publisher.delivery import planning as prepare
from publisher.delivery.plan import Choice, Delivery
from publisher.delivery.result import Result, delivered, exit_status
from publisher.errors import ConfigError, DeliveryError, PublishError, UsageError
from publisher.ledger.sqlite import Ledger
from publisher.ledger.store import Claim, Store, open_store
from publisher.pictures.gather import Gatherer
from publisher.pictures.store import Store as PictureStore
from publisher.post.find import collect
from publisher.post.post import Post
from publisher.secrets import Redactor
from publisher.tell import document, terminal
from publisher.tell.console import Console, Progress, clean

if TYPE_CHECKING:
    from publisher.delivery.sender import Outcome

MANY = 3
"""A run that would send more posts than this asks first."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a run did, or would do."""

    dry: bool
    status: int
    results: list[Result]
    warnings: list[PublishError]

    def document(self) -> dict[str, Any]:
        """As `--json` tells it."""
        return document.document(self.dry, self.results, warnings=self.warnings)


def run(arguments: argparse.Namespace, console: Console) -> int:
    def show(told: Told) -> None:
        if arguments.json:
            console.out(document.as_json(told.document()))
            return
        for result in told.results:
            console.out(
                terminal.plan(result, console) if told.dry else terminal.outcome(result, console)
            )

    return carry_out(arguments, console, show)


def carry_out(arguments: argparse.Namespace, console: Console, show: Callable[[Told], None]) -> int:
    """Do what the arguments say, then `show` what came of it. Returns the exit status."""
    dry, now = arguments.dry_run, datetime.now(UTC)
    sources = collect(arguments.posts)
    if not sources.files:
        raise UsageError("there is no post in that folder", hint="name a folder with .md files")
    config = prepare.load_config(
        arguments.config, sources.files[0].file.resolve().parent, preview=dry
    )
    with ExitStack() as stack:
        if arguments.sandbox:
            from publisher.commands.sandbox import sandboxed

            config = stack.enter_context(sandboxed(config, console))
        elif config.path is None and not dry:
            raise ConfigError(
                "there is no publish.toml beside the post or in a folder above it",
                hint="config.example.toml shows how to write one; or look first: --dry-run, or --sandbox",
            )
        if not config.channels:
            raise ConfigError(
                "no channel is configured",
                hint="add a section such as [channels.mastodon]",
                file=config.path,
            )
        names = prepare.chosen(arguments.channels, config)
        posts, drafts = prepare.read_posts(sources.files, config)
        for file, why in (*sources.passed_over, *((draft.file, "draft") for draft in drafts)):
            console.err(f"passed over: {clean(str(file))} ({why})")
        wanted = {post.file: prepare.channels_of(post, names, config) for post in posts}
        channels = list(dict.fromkeys(name for post in posts for name in wanted[post.file]))

        warnings = list(config.warnings)
        if dry:
            adapters, missing = prepare.without_secrets(channels, config)
            warnings += missing
            redact = Redactor()
        else:
            adapters, redact = prepare.sign_in(channels, config)
        store = stack.enter_context(
            open_store(config, readonly=dry, offline=dry and not arguments.online)
        )
        ledger = store.ledger
        if not dry:
            prepare.learn(adapters, ledger, now)
        choice = Choice(
            not arguments.no_update, arguments.update_all, arguments.republish, arguments.force
        )
        facts = prepare.known_facts(adapters, ledger)
        planning = prepare.Run(config, adapters, facts, ledger, Gatherer(config), now, choice, dry)
        results, more = prepare.plan_all(planning, posts, wanted)
        warnings += [*more, *terminal.warnings(results)]
        for warning in warnings:
            console.problem(warning, "warning")
        status = 0
        if not dry:
            _agree(results, arguments, console)
            results, stopped = _publish(planning, store, posts, wanted, results, redact, console)
            status = 130 if stopped else exit_status(results)
        with suppress(
            BrokenPipeError
        ):  # `publish … | head`: what was sent is sent, and the status says how it went
            show(Told(dry, status, results, warnings))
    return status


def _publish(
    planning: prepare.Run,
    store: Store,
    posts: Sequence[Post],
    wanted: Mapping[Path, tuple[str, ...]],
    results: list[Result],
    redact: Redactor,
    console: Console,
) -> tuple[list[Result], bool]:
    """Send what is planned, as the holder of the posts' locks. Returns the results, and whether
    Ctrl-C was pressed."""
    ledger = planning.ledger
    late = _await_pages(results, planning.config, console)

    def plan() -> Claim[list[Result]]:
        made, _ = prepare.plan_all(planning, posts, wanted)
        touched = [result for result in made if _touched(result, ledger)]
        rows = [
            row
            for result in made
            if result.status == "planned"
            for row in result.delivery.open_rows
        ]
        return Claim(
            made, {each.delivery.key: each.delivery.post.identity for each in touched}, rows
        )

    with store.hold(plan) as (results, held):
        for result in results:
            if result.delivery.key not in held:
                ledger.remember(result.delivery.post.identity, result.delivery.key)
                if result.status == "unchanged":
                    ledger.note_source(*_name(result), result.delivery.source)
        pictures = PictureStore(store.pictures)

        def go(batch: list[Result]) -> tuple[list[Result], bool]:
            sent, stopped = send(held, late, batch, planning, pictures, redact, console)
            for result in sent:
                if result.status == "sent" and result.delivery.following:
                    ledger.note_source(*_name(result), result.delivery.source)
            return sent, stopped

        results, stopped = go(results)
        # What was begun earlier went out as it was begun. What was edited meanwhile is an edit,
        # now.
        begun = {
            _name(result)
            for result in results
            if result.status == "sent" and result.delivery.changed
        }
        if begun and not stopped:
            with suppress(PublishError):  # the next run tells: what was sent is sent
                again, _ = prepare.plan_all(planning, posts, wanted)
                edits = [
                    result
                    for result in again
                    if result.status == "planned" and _name(result) in begun
                ]
                edited, stopped = go(edits)
                results = [
                    {_name(each): each for each in edited}.get(_name(result), result)
                    for result in results
                ]
        pictures.tidy(ledger.pictures())
        write_back(results, planning, console)
    return results, stopped


def write_back(results: Sequence[Result], planning: prepare.Run, console: Console) -> None:
    """Write the links of what is live into the posts' front matter, or into a data file, where that
    is wanted.

    What can't be written is a warning: what was sent is sent.
    """
    config = planning.config
    if not config.site.syndication:
        return
    from publisher.site import syndication

    for post, key in {result.delivery.post: result.delivery.key for result in results}.items():
        rows = [
            row
            for row in planning.ledger.rows(key)
            if row.url and row.part == 0 and not row.recipient
        ]
        links = [
            syndication.Link(name, channel.adapter, row.url or "", row.remote_id)
            for name, channel in config.channels.items()
            for row in rows
            if row.channel == name and (row.state == "sent" or row.op == "update")
        ]
        try:
            if config.site.syndication == "file":
                syndication.write_file(
                    config.root / "data" / "syndication.json", post.identity.path, links
                )
            else:
                gone = [
                    row.url
                    for row in rows
                    if row.url and row.url not in {link.url for link in links}
                ]
                syndication.write_front_matter(post.file, links, gone)
        except (PublishError, OSError) as problem:
            error = (
                problem
                if isinstance(problem, PublishError)
                else PublishError(str(problem), file=post.file)
            )
            console.problem(error, "warning")


def _touched(result: Result, ledger: Ledger) -> bool:
    """Whether something is to be sent, or to be noted about what is live: new words that nobody
    sees, a new name."""
    delivery = result.delivery
    if result.status != "unchanged":
        return result.status == "planned"
    known = ledger.posts().get(delivery.key)
    return known != delivery.post.identity or any(
        row.source != delivery.source for row in delivery.rows
    )


def _name(result: Result) -> tuple[str, str]:
    return result.delivery.key, result.delivery.channel


def _await_pages(
    results: list[Result], config: Config, console: Console
) -> dict[str, PublishError]:
    """Wait until the pages that will be linked to are there: what Mastodon and X find missing, they
    remember."""
    urls = {
        result.delivery.post.url
        for result in results
        if result.status == "planned" and result.delivery.post.url
    }
    if not (config.site.wait_for_page and urls):
        return {}
    from publisher.site.pages import wait_for

    return wait_for(urls, config, console.err)


def _agree(results: list[Result], arguments: argparse.Namespace, console: Console) -> None:
    """Show the plan and ask once, where there is somebody to ask: it can't be taken back. Raises
    UsageError."""
    sending = [result for result in results if result.status == "planned"]
    many = len({result.delivery.key for result in sending})
    if not sending or arguments.yes or arguments.sandbox:
        return
    if not console.interactive():
        if many > MANY:
            hint = "name the posts you mean, or say --yes if you mean them all"
            raise UsageError(f"this would send {many} posts", hint=hint)
        return
    for result in results:
        console.err(terminal.plan(result, console))
    channels = ", ".join(dict.fromkeys(result.delivery.channel for result in sending))
    cost = sum(result.delivery.cost for result in sending)
    price = f", for about ${cost:.3f}" if cost else ""
    if not console.ask(f"Send {f'{many} posts' if many > 1 else 'this'} to {channels}{price}?"):
        raise UsageError("nothing was sent", hint="run again when it is as you want it")


def send(
    busy: Mapping[str, str],
    late: Mapping[str, PublishError],
    results: list[Result],
    planning: prepare.Run,
    pictures: PictureStore,
    redact: Redactor,
    console: Console,
) -> tuple[list[Result], bool]:
    """Deliver what is planned. Returns every result, in the plan's order, and whether Ctrl-C was
    pressed."""
    from publisher.delivery.side_by_side import deliver

    ended: dict[tuple[str, str], Result] = {}
    sending: list[Delivery] = []
    for result in results:
        key = _name(result)
        if result.status == "planned" and result.delivery.key in busy:
            ended[key] = replace(
                result, status="skipped", reason="busy", error=busy_error(busy[result.delivery.key])
            )
        elif result.status == "planned" and result.delivery.post.url in late:
            ended[key] = replace(result, status="failed", error=late[result.delivery.post.url])
        elif result.status == "planned":
            sending.append(result.delivery)
    for delivery in sending:
        for row in delivery.open_rows:
            for picture in pictures_of(row.payload):
                if picture.hash in planning.gatherer.fitted:
                    pictures.put(planning.gatherer.fitted[picture.hash])
    progress = Progress(console, list(dict.fromkeys(delivery.channel for delivery in sending)))

    def done(outcome: Outcome) -> None:
        result = delivered(outcome)
        ended[_name(result)] = result
        progress.tell(outcome.delivery.channel, terminal.short(result))

    finished = deliver(
        sending, planning.ledger, redact, pictures=pictures.get, progress=progress.tell, done=done
    )
    if not finished:
        console.err(_stopped(list(ended.values())))
    return [ended.get(_name(result), result) for result in results], not finished


def _stopped(results: list[Result]) -> str:
    """What Ctrl-C left behind, in one line."""
    several = len({result.delivery.key for result in results}) > 1
    said: dict[str, list[str]] = {"live": [], "maybe live": [], "not live": []}
    for result in results:
        live = sum(1 for row in result.rows if row.state == "sent")
        name = f"{clean(str(result.delivery.post.file))} on " * several + result.delivery.channel
        name += f" ({live} of {len(result.rows)} live)" * (0 < live < len(result.rows))
        kind = {"sent": "live", "unknown": "maybe live"}.get(result.status, "not live")
        said[kind].append(name)
    words = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in said.items() if names)
    return f"stopped. {words or 'nothing was sent'}. Run again: it goes on from there"


def busy_error(holder: str) -> PublishError:
    return DeliveryError(
        f"is being sent by {holder}", hint="wait until that is done, and run again"
    )
