"""`publish preview POST...`: a page that shows the post as each channel would."""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path

from publisher import config as configuration
from publisher.commands import options
from publisher.errors import UsageError
from publisher.files import keep_out_of_git
from publisher.run import RunOptions, publish
from publisher.tell.console import Console
from publisher.tell.site import from_here
from publisher.tell.told import Told

DESCRIPTION = "Make a page that shows posts as each channel would. Sends nothing, reads no secret."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_config(parser)
    options.add_posts(parser)
    options.add_channels(parser)
    add = parser.add_argument
    add("--out", metavar="FILE", help="write the page here; .publish/preview.html, if not given")
    add("--no-open", action="store_true", help="don't open it in the browser")


def run(arguments: argparse.Namespace, console: Console) -> int:
    target = Path(arguments.out) if arguments.out else _usual_place()

    def show(told: Told) -> None:
        from publisher.preview.page import page

        made = page(told.results, told.errors, told.warnings, told.pictures)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            keep_out_of_git(target.parent)
            target.write_text(made, "utf-8")
        except OSError as problem:
            raise UsageError(
                f"the page can't be written to {target}: {problem.strerror}",
                hint="name another place: --out FILE",
            ) from None
        console.out(f"{from_here(target)}: written")

    status = publish(
        RunOptions(
            posts=arguments.posts,
            config=arguments.config,
            channels=arguments.channels,
            dry=True,
        ),
        console,
        show,
    )
    if not arguments.no_open and console.interactive():
        webbrowser.open(target.resolve().as_uri())
    return status


def _usual_place() -> Path:
    """Beside the ledger, in a folder that git is told to leave out."""
    found = configuration.find(Path.cwd())
    return (found.parent if found else Path.cwd()) / ".publish" / "preview.html"
