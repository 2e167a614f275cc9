"""`publish ci`: what the GitHub Action runs. On a pull request a preview, which needs no secret;
else it publishes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from publisher import config as configuration
from publisher.delivery.left_alone import LEFT_ALONE
from publisher.delivery.plan import Choice
from publisher.delivery.result import WAITING
from publisher.errors import PublishError, Refused, UsageError, each_of
from publisher.files import inside
from publisher.ledger.open import open_store
from publisher.retraction import Retraction, retract
from publisher.run import RunOptions, publish
from publisher.sending import Sent
from publisher.tell import document, github, terminal
from publisher.tell.console import Console, describe
from publisher.tell.summary import HAPPENED, Touched, in_a_job, is_amiss, one_line, summary
from publisher.tell.told import Told

OUTPUT = 500_000
"""Bytes of the output `json`; GitHub takes 1 MiB of all outputs of a job (its documentation, read
2026-11)."""

DESCRIPTION = (
    "Do what the GitHub Action does: publish on a push or a schedule, preview on a pull request."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None: everything comes from the job's environment."""


class _Inert(Console):
    """A job's output in which nothing that a post or a server says is a command to GitHub's
    runner."""

    def out(self, text: str = "") -> None:
        super().out(github.inert(text))

    def err(self, text: str = "") -> None:
        super().err(github.inert(text))


def run(arguments: argparse.Namespace, console: Console) -> int:
    environ = os.environ
    try:
        event = github.read_event(environ)
    except PublishError as error:
        _annotate("error", error, console)
        github.add_summary(environ, _kept_from([error]))
        raise
    dry = event.name == "pull_request" or _is_true(environ, "DRY_RUN")
    if event.name != "pull_request" and event.ref != f"refs/heads/{event.default_branch}":
        return _nothing(
            f"nothing is published from {event.ref}: only from {event.default_branch}",
            event,
            environ,
            console,
            dry=dry,
        )
    inert = _Inert()
    try:
        options = _options(environ, dry)
        if going := _lines(environ, "RETRACT"):
            _demand_a_person(event)
            asked = Retraction(
                going, options.config, options.channels, dry=dry, yes=True, confined=True
            )
            return retract(
                asked,
                inert,
                lambda sent: _tell_retracted(sent, dry, event, environ, console, inert),
            )
        gone = [path for path in options.posts if not Path(path).exists()]
        if gone:
            _demand_gone(gone, options)
            told = f"{', '.join(gone)}: isn't there any more; nothing of it is published, or taken down"
            if len(gone) == len(options.posts):
                return _nothing(told, event, environ, console, dry=dry)
            inert.err(told)
            options = replace(options, posts=[path for path in options.posts if path not in gone])
        touched = _touched(event, environ) if dry else Touched()
        amiss = []

        def tell(told: Told) -> None:
            if dry and is_amiss(told, touched, yes=options.yes):
                amiss.append(told)
            text = summary(told, touched, yes=options.yes)
            _tell(told, "\n".join(text), event, environ, console, inert)

        status = publish(options, inert, tell)
        return status or (1 if amiss and _is_true(environ, "STRICT") else 0)
    except PublishError as error:
        each = each_of(error)
        for one in each:
            _annotate("error", one, console)
        _say(_kept_from(each), event, environ, console, comment=dry)
        _outputs(environ, document.as_json(document.document(dry, errors=each)), ["post"])
        inert.problem(error)
        return 2


def _kept_from(errors: Sequence[PublishError]) -> str:
    lines = [f"- {one_line(describe(error))}" for error in errors]
    return "\n".join(["## What keeps this from being published", *lines])


def _demand_gone(paths: Sequence[str], options: RunOptions) -> None:
    """A path that isn't there was there once: its last post was deleted. One from which nothing was
    ever published is misspelt. Raises UsageError."""
    for path in paths:
        there = Path(path).absolute()
        folder = next(parent for parent in there.parents if parent.is_dir())
        config = configuration.of_run(options.config, folder, preview=True, confined=True)
        with open_store(config, readonly=True) as store:
            known = [config.names_from() / post.path for post in store.ledger.posts().values()]
        if not any(file.is_relative_to(there.resolve()) for file in known):
            raise UsageError(
                f"{path}: there is no such file or folder, and nothing was ever published from it",
                hint="is the path right? it is relative to the repository's top",
            )


def _nothing(
    why: str,
    event: github.Event,
    environ: Mapping[str, str],
    console: Console,
    *,
    dry: bool,
) -> int:
    """Nothing is to be done, and that is said where somebody looks for it."""
    console.out(github.annotation("notice", why, None, None))
    text = f"## Nothing was published\n\n{one_line(why)}"
    _say(text, event, environ, console, comment=dry)
    _outputs(environ, "{}", [])
    return 0


def _options(environ: Mapping[str, str], dry: bool) -> RunOptions:
    """What the Action's inputs ask for. They come by the environment: never through a shell. Raises
    UsageError."""
    folder = _given(environ, "WORKING_DIRECTORY")
    if folder:
        try:
            os.chdir(inside(Path.cwd(), folder))
        except OSError as error:
            words = f"working-directory {folder}: {error.strerror}"
            raise UsageError(words, hint="name a folder of the repository") from None
    posts = _lines(environ, "PATH")
    if not posts and not _lines(environ, "RETRACT"):
        raise UsageError(
            "the input `path` is missing",
            hint="name the folder that your posts are in, such as path: posts",
        )
    return RunOptions(
        posts=posts,
        config=_given(environ, "CONFIG"),
        channels=_given(environ, "CHANNELS"),
        dry=dry,
        online=True,
        confined=True,
        since=_given(environ, "SINCE"),
        yes=_is_true(environ, "YES"),
        choice=Choice(update_all=_is_true(environ, "UPDATE_ALL")),
    )


def _given(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(f"INPUT_{name}", "").strip() or None


def _is_true(environ: Mapping[str, str], name: str) -> bool:
    return (_given(environ, name) or "").lower() == "true"


def _wants_comment(environ: Mapping[str, str]) -> bool:
    return (_given(environ, "COMMENT") or "true").lower() != "false"


def _lines(environ: Mapping[str, str], name: str) -> list[str]:
    lines = (_given(environ, name) or "").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _demand_a_person(event: github.Event) -> None:
    if event.name != "workflow_dispatch":
        raise UsageError(
            f"`retract` takes posts down only where a person starts it, not on {event.name}",
            hint="run the workflow by hand (workflow_dispatch) with that input",
        )


def _tell_retracted(
    sent: Sent,
    dry: bool,
    event: github.Event,
    environ: Mapping[str, str],
    console: Console,
    inert: Console,
) -> None:
    told = Told(dry, 0 if dry else sent.status, sent.results, (), sent.errors)
    text = "\n".join(summary(told, Touched(), yes=True))
    _tell(told, text, event, environ, console, inert)


def _touched(event: github.Event, environ: Mapping[str, str]) -> Touched:
    """What the pull request changes, as far as GitHub says it."""
    names = github.changed_files(environ, event)
    if names is None:
        return Touched()
    top = Path(environ.get("GITHUB_WORKSPACE") or Path.cwd())
    look = any(name.endswith(".toml") or "/templates/" in f"/{name}" for name in names)
    return Touched(frozenset((top / name).resolve() for name in names), look)


def _tell(
    told: Told,
    text: str,
    event: github.Event,
    environ: Mapping[str, str],
    console: Console,
    inert: Console,
) -> None:
    for warning in told.warnings:
        _annotate("warning", warning, console)
    for error in told.errors:
        _annotate("error", error, console)
    failed = []
    for result in told.results:
        if result.reason in LEFT_ALONE:
            continue
        inert.out(terminal.plan(result, console) if told.dry else terminal.outcome(result, console))
        if result.status in ("failed", "unknown") or result.reason in WAITING:
            failed.append(result.delivery.channel)
            words = f"{result.delivery.channel}: {terminal.short(result)}"
            words += f": {describe(result.error)}" if result.error else ""
            console.out(github.annotation("error", words, str(result.delivery.post.file), None))
    _say(text, event, environ, console, comment=told.dry)
    if not told.dry and any(result.status == "sent" for result in told.results):
        _say_after_the_merge(text, event, environ, console)
    happened = [each for each in told.results if each.status in HAPPENED or each.reason in WAITING]
    rows = [row for result in happened for row in result.rows]
    whole = document.document(told.dry, told.results, told.errors, told.warnings)
    github.set_outputs(
        environ,
        {
            "json": _small(document.document(told.dry, happened, told.errors, told.warnings)),
            "json-path": _kept(document.as_json(whole), environ),
            "urls": "\n".join(row.url for row in rows if row.url and row.state == "sent"),
            "failed": ",".join(dict.fromkeys(failed)),
        },
    )


def _small(value: dict[str, Any]) -> str:
    """As an output of GitHub's, which may have a megabyte: without texts, where they are too
    many."""
    text = document.as_json(value)
    if len(text.encode()) <= OUTPUT:
        return text
    for result in value["results"]:
        result.pop("payload", None)
        result["parts"] = [
            {key: part[key] for key in ("status", "id", "url")} for part in result["parts"]
        ]
    return document.as_json(value)


def _kept(text: str, environ: Mapping[str, str]) -> str:
    """Puts all results into a file of the job's, and says which."""
    folder = environ.get("RUNNER_TEMP")
    if not folder:
        return ""
    file = Path(folder) / "publish-results.json"
    file.write_text(text, "utf-8")
    return str(file)


def _outputs(environ: Mapping[str, str], document: str, failed: Sequence[str]) -> None:
    """Where nothing was tried."""
    github.set_outputs(
        environ, {"json": document, "json-path": "", "urls": "", "failed": ",".join(failed)}
    )


def _annotate(level: str, error: PublishError, console: Console) -> None:
    words = f"{error.message} ({error.hint})" if error.hint else error.message
    console.out(github.annotation(level, in_a_job(words), error.file, error.line))


def _say(
    text: str, event: github.Event, environ: Mapping[str, str], console: Console, *, comment: bool
) -> None:
    """Into the job's summary; of a preview also into the pull request, where the token may write
    there."""
    github.add_summary(environ, text)
    if (
        not (comment and _wants_comment(environ))
        or event.number is None
        or event.from_fork
        or not environ.get("GITHUB_TOKEN")
    ):
        return
    try:
        github.comment(environ, event, text)
    except PublishError as error:
        console.problem(error, "warning")


def _say_after_the_merge(
    text: str, event: github.Event, environ: Mapping[str, str], console: Console
) -> None:
    """The comment on the pull request that this push merged gets the links, where the token may
    write there: many a job's may not, and then there mostly is no comment."""
    if not _wants_comment(environ):
        return
    number = github.merged_pull_request(environ, event)
    if number is None:
        return
    try:
        github.comment(environ, replace(event, number=number), text, update_only=True)
    except Refused:
        return
    except PublishError as error:
        console.problem(error, "warning")
