"""`publish POST...`: send announcements, or show what would be sent."""

from __future__ import annotations

import argparse

from publisher import __version__
from publisher.commands import options
from publisher.delivery.left_alone import LEFT_ALONE
from publisher.delivery.plan import Choice
from publisher.run import RunOptions, publish
from publisher.tell import document, site, terminal
from publisher.tell.console import Console, clean
from publisher.tell.told import Told

DESCRIPTION = "Publish one Markdown announcement to every channel, exactly once, as previewed."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    options.add_json(parser)
    options.add_posts(parser)
    options.add_channels(parser)
    add = parser.add_argument
    add(
        "--dry-run",
        action="store_true",
        help="show each channel's exact text; send nothing, read no secret",
    )
    add("--yes", action="store_true", help="don't ask; also lets a run send more than three posts")
    add(
        "--sandbox",
        action="store_true",
        help="publish to platforms on this machine instead of the real ones",
    )
    add(
        "--no-update",
        action="store_true",
        help="leave what is live as it is, also where the post was edited",
    )
    add(
        "--update-all",
        action="store_true",
        help="update what is live to a new template or configuration, too",
    )
    add("--republish", action="store_true", help="post again what was retracted, or archived")
    add("--force", action="store_true", help="overwrite what was edited on the platform")
    add("--version", action="version", version=f"publish {__version__}")


def run(arguments: argparse.Namespace, console: Console) -> int:
    def show(told: Told) -> None:
        if arguments.json:
            value = document.document(told.dry, told.results, told.errors, told.warnings)
            console.out(document.as_json(value))
            return
        tell = terminal.plan if told.dry else terminal.outcome
        pages: set[str] = set()
        for result in told.results:
            if result.reason in LEFT_ALONE:
                continue
            page = site.page(result.delivery.post) if told.dry else ""
            if page and page not in pages:
                console.out(page)
                pages.add(page)
            console.out(tell(result, console))
        for file, words in told.approvals.items():
            console.out(clean(f"{file}: {words}"))

    choice = Choice(
        update=not arguments.no_update,
        update_all=arguments.update_all,
        republish=arguments.republish,
        force=arguments.force,
    )
    run_options = RunOptions(
        posts=arguments.posts,
        config=arguments.config,
        channels=arguments.channels,
        dry=arguments.dry_run,
        yes=arguments.yes,
        sandbox=arguments.sandbox,
        choice=choice,
    )
    return publish(run_options, console, show)
