"""Arguments, exit status, and the one place where exceptions become words."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from publisher import __version__
from publisher.errors import Problems, PublishError, UsageError
from publisher.tell.console import Console

COMMANDS = ("check", "channels", "status", "retract", "adopt", "resolve", "ledger", "sandbox", "ci")

_EXIT_STATUSES = """exit status:
  0  all is live (also when it already was)
  1  some channel failed; run again, what is live is not sent twice
  2  nothing was attempted: the command line, the configuration or a post is wrong
  3  some outcome is unknown: look, then `publish resolve`
  130  stopped by Ctrl-C; run again, it goes on from there

commands (a file of that name is ./status):
  publish check [POST...]    are the configuration, each channel's credentials, and these posts good?
  publish channels           every adapter, whether it is set up, what is missing
  publish status [POST]      what is live where, with links
  publish retract POST...    take down what is live, and don't post it again
  publish adopt POST CHANNEL URL | --all FOLDER
                             take over what was posted before; mark an archive as not to be sent
  publish resolve POST CHANNEL --sent [URL] | --not-sent
                             say what you found out about an unknown outcome
  publish ledger export | import FILE | init
                             move the ledger as JSON Lines; make the branch it lives on
  publish sandbox            the platforms, on this machine, to try things out
  publish ci                 what the GitHub Action runs
"""


class _Parser(argparse.ArgumentParser):
    """Raises instead of printing and leaving, so that `--json` has its document on a bad command
    line, too."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UsageError(message, hint=f"see {self.prog} --help")


def parser(command: str = "") -> argparse.ArgumentParser:
    """The parser of a command; of `publish POST...` where `command` is empty."""
    made = _Parser(
        prog=f"publish {command}".strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        description=_DESCRIPTIONS[command],
        epilog="" if command else _EXIT_STATUSES,
    )
    add = made.add_argument
    if command not in ("sandbox", "ci"):
        add(
            "--config",
            metavar="FILE",
            help="the configuration; else publish.toml, searched upwards from the post",
        )
    if command in ("", "status", "retract"):
        add("--json", action="store_true", help="print one JSON document")
    if command in ("", "retract"):
        add("posts", nargs="+", metavar="POST", help="a Markdown file, or a folder of them")
    if command in ("", "retract", "adopt", "check"):
        add("--channels", metavar="A,B", help="only these channels")
    if command == "":
        add(
            "--dry-run",
            action="store_true",
            help="show each channel's exact text; send nothing, read no secret",
        )
        add(
            "--yes",
            action="store_true",
            help="don't ask; also lets a run send more than three posts",
        )
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
        made.set_defaults(online=False)
        add("--version", action="version", version=f"publish {__version__}")
    elif command == "retract":
        add("--yes", action="store_true", help="don't ask")
    elif command == "check":
        add(
            "posts",
            nargs="*",
            metavar="POST",
            help="also what would keep these posts from being published",
        )
        add(
            "--online",
            action="store_true",
            help="fetch each post's page, and show the card that platforms make of it",
        )
    elif command == "adopt":
        add("post", metavar="POST", nargs="?")
        add("channel", metavar="CHANNEL", nargs="?")
        add("url", metavar="URL", nargs="?", help="where it is live")
        add(
            "--all",
            metavar="FOLDER",
            help="mark all posts in this folder as not to be sent, on any channel",
        )
    elif command == "status":
        add("post", nargs="?", metavar="POST", help="only this post")
    elif command == "resolve":
        add("post", metavar="POST")
        add("channel", metavar="CHANNEL")
        found = made.add_mutually_exclusive_group(required=True)
        found.add_argument(
            "--sent", nargs="?", const="", metavar="URL", help="it is live (at this address)"
        )
        found.add_argument(
            "--not-sent", action="store_true", help="it is not live: the next run sends it"
        )
        add("--recipient", metavar="ADDRESS", help="only this recipient's copy")
        add("--part", type=int, metavar="N", help="only part N of a thread, counted from 1")
    elif command == "ledger":
        add("action", choices=("export", "import", "init"))
        add(
            "file",
            nargs="?",
            metavar="FILE",
            help="JSON Lines; standard output or input, if not given",
        )
    elif command == "sandbox":
        add(
            "--port",
            type=int,
            default=0,
            metavar="N",
            help="the first of five ports; free ones, if not given",
        )
        add("--keep", metavar="FOLDER", help="write what is received there, too")
    return made


_DESCRIPTIONS = {
    "": "Publish one Markdown announcement to every channel, exactly once, as previewed.",
    "check": "Check the configuration, sign in to each channel without posting anything, and look posts over.",
    "channels": "List every adapter, whether it is set up, and what is missing.",
    "status": "Show what is live where.",
    "retract": "Delete what is live of a post, where that can be done, and never post it again by itself.",
    "adopt": "Take over what was posted before this tool came, or mark an archive as not to be sent.",
    "ci": "Do what the GitHub Action does: publish on a push or a schedule, preview on a pull request.",
    "resolve": "Say what you found out about a post whose outcome is unknown.",
    "ledger": "Move the ledger as JSON Lines.",
    "sandbox": "Run Mastodon's, X's and Discord's APIs and a mail server on this machine, to try things out.",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = arguments[0] if arguments and arguments[0] in COMMANDS else ""
    console = Console()
    try:
        if not arguments:
            raise UsageError("name a post", hint="publish post.md --dry-run, or publish --help")
        parsed = parser(command).parse_args(arguments[1:] if command else arguments)
        run: Callable[[argparse.Namespace, Console], int] = import_module(
            f"publisher.commands.{command or 'publish'}"
        ).run
        return run(parsed, console)
    except PublishError as error:
        return _tell(error, 2, arguments, console)
    except KeyboardInterrupt:
        return _tell(
            PublishError("stopped", hint="run again: it goes on from there"),
            130,
            arguments,
            console,
        )
    except BrokenPipeError:
        return 0  # `publish status | head`: whoever reads has had enough
    except (
        Exception
    ) as problem:  # a traceback helps nobody at the keyboard, and might show a secret
        where = traceback.extract_tb(problem.__traceback__)[-1]
        bug = PublishError(
            f"failed unexpectedly: {type(problem).__name__} in {Path(where.filename).name}, line {where.lineno}",
            hint="what is live is known to `publish status`; please report this",
        )
        return _tell(bug, 1, arguments, console)


def _tell(error: PublishError, status: int, arguments: Sequence[str], console: Console) -> int:
    """Say an error, with --json as a document too."""
    console.problem(error)
    if "--json" in arguments:
        from publisher.tell.document import as_json, document

        every = error.errors if isinstance(error, Problems) else (error,)
        console.out(as_json(document("--dry-run" in arguments, errors=every)))
    return status


def run() -> None:
    status = main()
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # Python would complain about it once more as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
