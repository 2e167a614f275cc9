"""Arguments, exit status, and the one place where exceptions become words."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from publisher.errors import PublishError, UsageError, each_of
from publisher.tell.console import Console

COMMANDS = (
    "check", "channels", "status", "approve", "retract", "adopt", "resolve", "ledger", "sandbox", "rehearse", "ci",
)  # fmt: skip

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
  publish approve POST...    write beside each what you have looked at, for approve = true
  publish retract POST...    take down what is live, and don't post it again
  publish adopt POST CHANNEL URL | --all FOLDER
                             take over what was posted before; mark an archive as not to be sent
  publish adopt NEW --as OLD | --new
                             say whether a new file is a post that was renamed
  publish resolve POST CHANNEL --sent [URL] | --not-sent
                             say what you found out about an unknown outcome
  publish ledger export | import FILE | init
                             move the ledger as JSON Lines; make the branch it lives on
  publish sandbox            the platforms, on this machine, to try things out
  publish rehearse POST      the post, through a thousand disasters on this machine
  publish ci                 what the GitHub Action runs
"""


class _Parser(argparse.ArgumentParser):
    """Raises instead of printing and leaving, so that `--json` has its document on a bad command
    line, too."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UsageError(message, hint=f"see {self.prog} --help")


def parser(command: str = "") -> argparse.ArgumentParser:
    """The parser of a command; of `publish POST...` where `command` is empty."""
    module = _module(command)
    parser = _Parser(
        prog=f"publish {command}".strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        description=module.DESCRIPTION,
        epilog="" if command else _EXIT_STATUSES,
    )
    module.add_arguments(parser)
    return parser


def _module(command: str) -> Any:
    """Only the command that is asked for is imported."""
    return import_module(f"publisher.commands.{command or 'publish'}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = arguments[0] if arguments and arguments[0] in COMMANDS else ""
    console = Console()
    try:
        if not arguments:
            raise UsageError("name a post", hint="publish post.md --dry-run, or publish --help")
        parsed = parser(command).parse_args(arguments[1:] if command else arguments)
        status: int = _module(command).run(parsed, console)
        return status
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

        dry = "--dry-run" in arguments
        console.out(as_json(document(dry, errors=each_of(error))))
    return status


def run() -> None:
    status = main()
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # Python would complain about it once more as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
