"""What a job says of a run, in Markdown: in its summary, and in the comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from publisher.delivery.left_alone import LEFT_ALONE
from publisher.delivery.result import WAITING, Result
from publisher.errors import AltMissing, PublishError
from publisher.ledger.row import Row
from publisher.post.post import Post
from publisher.tell import github, terminal
from publisher.tell.console import describe
from publisher.tell.diff import differences
from publisher.tell.question import MANY
from publisher.tell.told import Told

HAPPENED = frozenset(("planned", "outdated", "failed", "unknown", "sent"))
"""What a summary is about: the rest is as it was."""
MAX_LEFT_ALONE = 20
"""Lines about posts that are left alone."""
_SAID = frozenset((*LEFT_ALONE, "draft", "future", "expired", "retracted", "archived"))
"""Why a post isn't sent that a pull request touches: its author should know."""
_WAITING_FOR_A_DAY = frozenset(("draft", "future", "expired"))
"""The same, of which there are few, where it isn't known what is touched."""

_ADDRESS = re.compile(r"(https?://[^\s()<>]*[^\s()<>.,;:!?…])")
_INPUTS = (
    (r"publish retract (\S+)", r"the input retract: \1"),
    (
        r"name those you mean; an archive is marked by.*; if you mean them all, say --yes",
        'if you mean them all, the input yes: "true"',
    ),
    (r"--republish (brings|sends)", r"publish POST --republish, from your own checkout, \1"),
    (r"name it by itself(?: \(in CI: as the path\))?", "run the workflow with it as path"),
    (r"--(yes|update-all)\b", r'the input \1: "true"'),
)
"""How a hint reads where nobody has a command line: the Action's inputs."""


def in_a_job(text: str) -> str:
    """A hint that names the Action's inputs, and no options of a command."""
    for flag, name in _INPUTS:
        text = re.sub(flag, name, text)
    return text


@dataclass(frozen=True, slots=True)
class Touched:
    """The files that a pull request changes, links resolved; None: not known, and all count. `look`:
    among them is a template or a configuration, so that every post that would go out looks
    otherwise."""

    files: frozenset[Path] | None = None
    look: bool = False

    def has(self, post: Post) -> bool:
        """Whether it changes a post, or one of its pictures."""
        own = (post.file, *(one.file for one in post.pictures if one.file is not None))
        return self.files is None or any(file.resolve() in self.files for file in own)

    def is_about(self, error: PublishError) -> bool:
        return self.files is None or not error.file or Path(error.file).resolve() in self.files


def too_many(results: Sequence[Result]) -> int:
    """How many new posts there are, where those are more than a run sends by itself; else 0."""
    fresh = {r.delivery.key for r in results if r.status == "planned" and r.delivery.fresh}
    return len(fresh) if len(fresh) > MANY else 0


def summary(told: Told, touched: Touched, *, yes: bool) -> Iterator[str]:
    """Of a preview, what the pull request touches in full, and the rest in a line."""
    shown = [each for each in told.results if _is_news(each)]
    own = [each for each in shown if touched.look or touched.has(each.delivery.post)]
    yield "## What would be published" if told.dry else "## What was published"
    yield ""
    if told.dry and not yes and (many := too_many(told.results)):
        yield (
            f"- **none of it**: a run sends no more than {MANY} new posts by itself, and these are"
            f' {many}. The input `yes: "true"` lets it'
        )
    lines = [*_problems(told, touched), *_not_sent(told, touched)]
    others = dict.fromkeys(each.delivery.post.file for each in shown if each not in own)
    if not (own or lines or others):
        yield "Nothing: everything is as it was."
    elif not (own or lines):
        yield "Nothing of what this pull request changes."
    yield from lines
    if others:
        names = ", ".join(github.inline(str(file)) for file in list(others)[: terminal.NEWEST])
        more = f" and {len(others) - terminal.NEWEST} more" if len(others) > terminal.NEWEST else ""
        yield f"- besides, by other changes: {names}{more}"
    for result in own:
        yield from _result(result, dry=told.dry)


def _is_news(result: Result) -> bool:
    return (result.status in HAPPENED and not result.delivery.is_told) or result.reason in WAITING


def is_amiss(told: Told, touched: Touched, *, yes: bool) -> bool:
    """Whether a preview has anything that its author should look at."""
    waiting = any(
        each.reason in WAITING and touched.has(each.delivery.post) for each in told.results
    )
    warned = any(touched.is_about(each) for each in told.warnings)
    return bool(told.errors or waiting or warned or (too_many(told.results) and not yes))


def _problems(told: Told, touched: Touched) -> Iterator[str]:
    for error in told.errors:
        yield f"- **error**: {one_line(describe(error))}"
    for warning in told.warnings:
        if touched.is_about(warning):
            mark = "no alternative text" if isinstance(warning, AltMissing) else "note"
            yield f"- **{mark}**: {one_line(describe(warning))}"


def _not_sent(told: Told, touched: Touched) -> Iterator[str]:
    """What is passed over or left alone. Where it is known what a pull request touches, of that
    alone, one line a post."""
    if touched.files is None:
        for line in told.left_alone[:MAX_LEFT_ALONE]:
            yield f"- {one_line(line)}"
        if len(told.left_alone) > MAX_LEFT_ALONE:
            yield f"- … and {len(told.left_alone) - MAX_LEFT_ALONE} more without a date"
    reasons: dict[Path, list[str]] = {}
    for post in told.drafts:
        if touched.has(post):
            reasons.setdefault(post.file, []).append("not sent: a draft")
    for result in told.results:
        post = result.delivery.post
        said = _SAID if touched.files is not None else _WAITING_FOR_A_DAY
        if result.reason in said and told.dry and touched.has(post):
            reasons.setdefault(post.file, []).append(terminal.action(result))
    for file, words in told.approvals.items():
        if touched.files is None or file.resolve() in touched.files:
            yield f"- {github.inline(str(file))}: {github.inline(words)}"
    for file, why in reasons.items():
        yield f"- {github.inline(str(file))}: {one_line('; '.join(dict.fromkeys(why)))}"


def _result(result: Result, *, dry: bool) -> Iterator[str]:
    delivery = result.delivery
    yield ""
    yield f"### {github.inline(str(delivery.post.file))} → {github.inline(delivery.channel)}"
    yield ""
    yield one_line(terminal.action(result) if dry else terminal.short(result))
    if result.error:
        yield f"- {one_line(describe(result.error))}"
    if not dry:
        for url in dict.fromkeys(row.url for row in result.rows if row.url):
            yield f"- {url}" if url.startswith("http") else f"- <{github.inline(url)}>"
        return
    for row in result.parts:
        yield from _part(result, row)
    notes = [*terminal.losses(delivery), *delivery.message.notes]
    yield from (f"- {one_line(note)}" for note in notes)


def _part(result: Result, row: Row) -> Iterator[str]:
    adapter = result.delivery.adapter
    yield ""
    yield github.inline(terminal.measure(result, row))
    for name, value in adapter.fields_of(row.payload).items():
        yield f"- {github.inline(name)}: {github.code(value)}"
    text = adapter.text_of(row.payload)
    before = adapter.text_of(row.live) if row.live is not None else None
    if before is None and result.status == "outdated":
        before, part = text, min(row.part, len(result.delivery.message.parts) - 1)
        text = result.delivery.message.parts[part].text
    if before is not None and before != text:
        marks = {"removed": "[-{}-]", "added": "{{+{}+}}", "same": "{}"}
        text = "".join(marks[kind].format(piece) for kind, piece in differences(before, text))
    yield github.fenced(text)
    for picture in result.pictures(row):
        alt = github.inline(picture.alt) if picture.alt else "**no alternative text**"
        yield f"- picture {github.inline(picture.name)}: {alt}"


def one_line(text: str) -> str:
    """In one line, in which nothing is markup; with the Action's inputs in its hints. An address is
    code, which can be copied: GitHub makes nothing of it."""
    pieces = _ADDRESS.split(in_a_job(text))
    return "".join(
        github.code(piece) if number % 2 else _spaced(piece) for number, piece in enumerate(pieces)
    )


def _spaced(piece: str) -> str:
    words = github.inline(piece)
    before = " " if piece[:1].isspace() else ""
    after = " " if words and piece[-1:].isspace() else ""
    return f"{before}{words}{after}"
