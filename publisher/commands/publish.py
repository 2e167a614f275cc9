"""`publish POST...`: read → compose → plan → deliver → record, in one screen."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from publisher import locks, prepare, preview, report
from publisher.console import Console, Progress, clean
from publisher.errors import ConfigError, DeliveryError, PublishError, UsageError
from publisher.ledger import Ledger
from publisher.plan import Delivery
from publisher.report import Result
from publisher.secrets import Redactor
from publisher.sources import collect

if TYPE_CHECKING:
    from publisher.deliver import Outcome

MANY = 3
"""A run that would send more posts than this asks first."""


def run(arguments: argparse.Namespace, console: Console) -> int:
    dry, now = arguments.dry_run, datetime.now(UTC)
    sources = collect(arguments.posts)
    if not sources.files:
        raise UsageError("there is no post in that folder", hint="name a folder with .md files")
    config = prepare.load_config(arguments.config, sources.files[0].file.resolve().parent)
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
                "no channel is configured", hint="add a section such as [channels.mastodon]", file=config.path
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
        ledger = stack.enter_context(Ledger(config.ledger_path(), readonly=dry))
        if not dry:
            prepare.learn(adapters, ledger, now)
        facts = prepare.known_facts(adapters, ledger)

        def plan() -> list[Result]:
            return prepare.plan_all(posts, wanted, adapters, facts, config, ledger, now, dry=dry)

        results = plan()
        warnings += preview.warnings(results)
        for warning in warnings:
            console.problem(warning, "warning")
        status = 0
        if not dry:
            _agree(results, arguments, console)
            keys = {result.delivery.key for result in results if result.status == "planned"}
            with locks.hold(config.ledger_path(), keys) as busy:
                # Planned again, now that nobody else can send these: another process may have done so since.
                results = plan()
                for result in results:
                    if result.delivery.key not in busy:
                        ledger.remember(result.delivery.post.identity, result.delivery.key)
                # One that it knows by another name by now, or that wasn't to be sent, isn't ours to touch.
                others = {
                    result.delivery.key: "another process" for result in results if result.delivery.key not in keys
                }
                results, stopped = _send({**others, **busy}, results, ledger, redact, console)
            status = 130 if stopped else report.exit_status(results)
        with suppress(BrokenPipeError):  # `publish … | head`: what was sent is sent, and the status says how it went
            if arguments.json:
                console.out(report.as_json(report.document(dry, results, warnings=warnings)))
            else:
                for result in results:
                    console.out(preview.plan(result, console) if dry else preview.outcome(result, console))
    return status


def _agree(results: list[Result], arguments: argparse.Namespace, console: Console) -> None:
    """Show the plan and ask once, where there is somebody to ask: it can't be taken back. Raises UsageError."""
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
        console.err(preview.plan(result, console))
    channels = ", ".join(dict.fromkeys(result.delivery.channel for result in sending))
    cost = sum(result.delivery.cost for result in sending)
    price = f", for about ${cost:.3f}" if cost else ""
    if not console.ask(f"Send {f'{many} posts' if many > 1 else 'this'} to {channels}{price}?"):
        raise UsageError("nothing was sent", hint="run again when it is as you want it")


def _send(
    busy: Mapping[str, str], results: list[Result], ledger: Ledger, redact: Redactor, console: Console
) -> tuple[list[Result], bool]:
    """Deliver what is planned. Returns every result, in the plan's order, and whether Ctrl-C was pressed."""
    from publisher.deliver import deliver

    ended: dict[tuple[str, str], Result] = {}
    sending: list[Delivery] = []
    for result in results:
        key = (result.delivery.key, result.delivery.channel)
        if result.status == "planned" and result.delivery.key in busy:
            ended[key] = replace(result, status="skipped", reason="busy", error=_busy(busy[result.delivery.key]))
        elif result.status == "planned":
            sending.append(result.delivery)
    progress = Progress(console, list(dict.fromkeys(delivery.channel for delivery in sending)))

    def done(outcome: Outcome) -> None:
        result = report.delivered(outcome)
        ended[outcome.delivery.key, outcome.delivery.channel] = result
        progress.tell(outcome.delivery.channel, preview.short(result))

    finished = deliver(sending, ledger, redact, progress=progress.tell, done=done)
    if not finished:
        console.err(_stopped(list(ended.values())))
    return [ended.get((result.delivery.key, result.delivery.channel), result) for result in results], not finished


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


def _busy(holder: str) -> PublishError:
    return DeliveryError(f"is being sent by {holder}", hint="wait until that is done, and run again")
