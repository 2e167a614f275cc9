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

from publisher.errors import Declined, PublishError, UsageError, did_you_mean, each_of, nearest
from publisher.tell.console import Console

COMMANDS = (
    "init", "new", "preview", "check", "channels", "status", "approve", "retract", "adopt", "resolve", "uri",
    "ledger", "test-mail", "sandbox", "rehearse", "ci", "help", "completion",
)  # fmt: skip

_EXIT_STATUSES = """exit status:
  0  all is live (also when it already was); or you were asked, and said no
  1  some channel failed; run again, what is live is not sent twice
  2  nothing was attempted: the command line, the configuration or a post is wrong
  3  some outcome is unknown: look, then `publish resolve`
  130  stopped by Ctrl-C; run again, it goes on from there

commands (a file of that name is ./status):
  publish init               set up channels, step by step
  publish new TITLE          begin a post, with your site's own front matter
  publish preview POST...    a page that shows posts as each channel would
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
  publish uri POST CHANNEL   where it will be, before it is sent, where that can be known
  publish ledger export | import FILE | init
                             move the ledger as JSON Lines; make the branch it lives on
  publish test-mail ADDRESS [POST]
                             one mail to yourself
  publish sandbox            the platforms, on this machine, to try things out
  publish rehearse POST      the post, through a thousand disasters on this machine
  publish ci                 what the GitHub Action runs
  publish help [TOPIC]       the documentation
  publish completion SHELL   a script for bash, zsh or fish
"""


class _Parser(argparse.ArgumentParser):
    """Raises instead of printing and leaving, so that `--json` has its document on a bad command
    line, too."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UsageError(message, hint=f"see {self.prog} --help")

    def demand_known(self, arguments: Sequence[str]) -> None:
        """Raises UsageError for a flag that doesn't exist, with the one that was probably meant.

        argparse would complain first of what is missing, which it took for the flag's value.
        """
        known = [name for name in self._option_string_actions if name.startswith("--")]
        for argument in arguments:
            flag = argument.partition("=")[0]
            if flag == "--":
                return
            if flag.startswith("--") and flag not in known:
                raise UsageError(f"there is no {flag}", hint=did_you_mean(flag, known))


def parser(command: str = "") -> _Parser:
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
    return import_module(f"publisher.commands.{(command or 'publish').replace('-', '_')}")


_GREETING = """\
Try an example:  publish new "Hello", then publish hello.md --dry-run
Set it up:       publish init
Read more:       publish help first-post, or publish --help\
"""


def _greet(console: Console) -> int:
    """`publish` alone: where nothing is set up, where to begin. Raises UsageError elsewhere."""
    from publisher.config import find

    if find(Path.cwd()) is not None:
        raise UsageError("name a post", hint="publish post.md --dry-run, or publish --help")
    console.out(_GREETING)
    return 0


def _demand_no_command(word: str) -> None:
    """Raises UsageError for what is no file, and nearly a command."""
    is_word = word.replace("-", "").isalpha() and not word.startswith("-")
    meant = nearest(word, COMMANDS) if is_word else ""
    if meant and not Path(word).exists():
        raise UsageError(f"there is no command or file {word!r}", hint=f"did you mean {meant!r}?")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = arguments[0] if arguments and arguments[0] in COMMANDS else ""
    console = Console()
    try:
        if not arguments:
            return _greet(console)
        if not command:
            _demand_no_command(arguments[0])
        rest = arguments[1:] if command else arguments
        reader = parser(command)
        reader.demand_known(rest)
        status: int = _module(command).run(reader.parse_args(rest), console)
        return status
    except Declined as answer:
        return _tell(answer, 0, arguments, console)
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
    if isinstance(error, Declined):
        console.err(f"{error.message} ({error.hint})")
    else:
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
