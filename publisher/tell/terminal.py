"""A result as a person reads it: the plan of a dry run, part by part, and the outcome of a real
one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from publisher.adapter import Adapter, Payload, Picture, pictures_of
from publisher.compose.lost import lost
from publisher.delivery.plan import Delivery
from publisher.delivery.result import Result
from publisher.errors import PostError, PublishError
from publisher.ledger.row import Row
from publisher.tell.console import Console, clean, describe
from publisher.tell.diff import differences

NEWEST = 5
"""Posts that are named of those that a run leaves alone."""
_COLOURS = {
    "sent": "green",
    "unchanged": "green",
    "planned": "blue",
    "failed": "red",
    "unknown": "red",
}


def plan(result: Result, console: Console) -> str:
    """What would be sent: the exact text of each part, its length, limit and rule, and what it
    costs."""
    delivery = result.delivery
    lines = [f"{_name(result, console)}: {action(result)}"]
    if result.error:
        lines.append(f"  {describe(result.error)}")
    parts = result.parts
    for number, row in enumerate(parts, 1):
        head = measure(result, row)
        head = f"part {number} of {len(parts)}, {head}" if len(parts) > 1 else head
        head += {"update": ", edited", "delete": ", to be deleted"}.get(row.op, "")
        lines += _fields(delivery.adapter, row.payload, row.live, console)
        lines.append(console.colour(f"  ── {head} " + "─" * max(2, 66 - len(head)), "dim"))
        lines += _text(delivery.adapter, row.payload, row.live, console)
        lines += _pictures(result.pictures(row), row.live, console)
    if result.status == "outdated" and delivery.message.parts:
        lines.append(console.colour(f"  ── the file says now {'─' * 48}", "dim"))
        for number in range(len(delivery.message.parts)):
            payload = delivery.adapter.payload(delivery.message, number)
            live = parts[number].payload if number < len(parts) else None
            lines += _fields(delivery.adapter, payload, live, console)
            lines += _text(delivery.adapter, payload, live, console)
    lines.append(console.colour("  " + "─" * 70, "dim"))
    lines += [f"  {line}" for line in losses(delivery)]
    notes = (*delivery.message.notes, *delivery.post.notes)
    lines += [f"  note: {clean(note)}" for note in notes]
    return "\n".join(lines) + "\n"


def losses(delivery: Delivery) -> list[str]:
    """A line about what a reader there won't get; none where that is nothing."""
    missing = lost(delivery.post, delivery.adapter, delivery.message)
    return [f"not here: {', '.join(map(str, missing))}"] if missing else []


def _fields(
    adapter: Adapter, payload: Payload, live: Payload | None, console: Console
) -> list[str]:
    now, before = adapter.fields_of(payload), adapter.fields_of(live) if live is not None else {}
    return [
        f"  {name}: {_marked(now.get(name, ''), before.get(name, '') if live is not None else None, console)}"
        for name in dict.fromkeys((*now, *before))
    ]


def _text(adapter: Adapter, payload: Payload, live: Payload | None, console: Console) -> list[str]:
    before = adapter.text_of(live) if live is not None else None
    return [
        f"  {line}".rstrip()
        for line in _marked(adapter.text_of(payload), before, console).split("\n")
    ]


def _marked(text: str, before: str | None, console: Console) -> str:
    """A text; of an edited one, with what goes and what comes: [-so-]{+thus+}, in colour on a
    terminal."""
    if before is None or before == text:
        return clean(text)
    marks = {"removed": ("[-{}-]", "red"), "added": ("{{+{}+}}", "green")}
    shown = []
    for kind, piece in differences(clean(before), clean(text)):
        for number, line in enumerate(piece.split("\n")):
            if (
                kind != "same" and line
            ):  # the marks stay in colour, too: for who doesn't see it, and for spaces
                form, colour = marks[kind]
                line = console.colour(form.format(line), colour)
            shown.append(("\n" if number else "") + line)
    return "".join(shown)


def _pictures(pictures: Sequence[Picture], live: Payload | None, console: Console) -> list[str]:
    """What is attached; of an edited post, with what is new and what is taken out."""
    before = {picture.source: picture for picture in pictures_of(live or {})}
    lines = []
    for picture in pictures:
        lines += _picture(picture, before.get(picture.source), console, edited=live is not None)
    kept = {picture.source for picture in pictures}
    lines += [
        f"picture {clean(old.name)}: taken out"
        for source, old in before.items()
        if source not in kept
    ]
    return [f"  {line}" for line in lines]


def _picture(picture: Picture, old: Picture | None, console: Console, *, edited: bool) -> list[str]:
    size = f"{picture.width}×{picture.height}, " if picture.width else ""
    if not picture.hash:
        size += f"at {picture.address}" if not picture.note else picture.note
    elif picture.size == picture.before:
        size += _bytes(picture.size)
    else:
        size += f"{_bytes(picture.before)} → {_bytes(picture.size)}"
    note = f" ({picture.note})" if picture.note and picture.hash else ""
    note += ", new" if edited and old is None else ""
    alt = _marked(picture.alt, old.alt if old else None, console).replace("\n", " ")
    alt = alt or console.colour("no alternative text", "yellow")
    return [f"picture {clean(picture.name)}: {clean(size)}{note}", f"  alt: {alt}"]


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1e3))} kB"


def _name(result: Result, console: Console) -> str:
    return console.colour(
        f"{clean(str(result.delivery.post.file))} → {result.delivery.channel}", "bold"
    )


def action(result: Result) -> str:
    delivery = result.delivery
    if result.status == "planned":
        if delivery.action == "update":
            counts = {
                op: sum(1 for row in delivery.open_rows if row.op == op)
                for op in ("update", "create", "delete")
            }
            words = {"update": "edited", "create": "added", "delete": "deleted"}
            told = [f"{number} {words[op]}" for op, number in counts.items() if number]
            return (
                "update" + (f" ({', '.join(told)})" if len(delivery.rows) > 1 else "") + _at(result)
            )
        if delivery.action == "delete":
            return f"delete{_at(result)}"
        copies = sum(1 for row in delivery.open_rows if row.recipient)
        said = f"create, {people(result)}" if copies else "create"
        said += f", about ${delivery.cost:.3f}" if delivery.cost else ""
        if any(row.state in ("unknown", "intent") for row in delivery.rows):
            said += " (its last outcome is unknown: that is settled first)"
        live = len(delivery.rows) - len(delivery.open_rows)
        return (
            f"{said} (goes on: {live} of {len(delivery.rows)} are live already)" if live else said
        )
    if result.status == "unchanged":
        return f"nothing to do, it is live{_at(result)}"
    if result.status == "outdated" and result.error:
        return "nothing to do"
    if result.status == "outdated":
        return f"nothing to do: it is live{_at(result)}, as it was before {_why(delivery)[0]}"
    return f"not sent: {_reason(result)}"


def people(result: Result) -> str:
    """How many get a copy, and how many don't since they left; empty on other channels."""
    copies = sum(1 for row in result.delivery.open_rows if row.recipient)
    if not copies:
        return ""
    left = result.delivery.adapter.left_out()
    words = f"{copies:,} recipient{'s' if copies > 1 else ''}"
    return f"{words} ({left:,} left out, who left the list)" if left else words


def _why(delivery: Delivery) -> tuple[str, str]:
    """Why what is live is not what would be sent now, and what can be done about it."""
    if delivery.kept == "template":
        return (
            "the template or the configuration changed",
            "--update-all applies that to what is live, too",
        )
    if not delivery.adapter.edits:
        return "it was edited", f"what is live on {delivery.adapter.title} can't be edited"
    return "it was edited", "run without --no-update"


def _reason(result: Result) -> str:
    date = result.delivery.post.not_before
    return {
        "draft": "a draft",
        "expired": "its expiry date is over",
        "future": f"it will be published from {date:%Y-%m-%d %H:%M %Z} on"
        if date
        else "dated in the future",
        "retracted": "retracted (--republish brings it back)",
        "archived": "it is from before (--republish sends it all the same)",
        "busy": "another process is sending it",
        "too old": "it is too old to be meant (name it by itself to send it)",
        "undated": "it has no date",
        "address?": "where its page is isn't known",
        "approval?": "it isn't approved as it is",
        "renamed?": "it may be a post that was sent under another name",
    }.get(result.reason or "", str(result.reason))


def measure(result: Result, row: Row) -> str:
    rule = result.delivery.message.rule
    length = rule.count(result.delivery.adapter.text_of(row.payload))
    if rule.limit is None:
        return f"{length} characters, no limit"
    return f"{length} of {rule.limit} ({rule.name} counting, limit: {rule.limit_source})"


def outcome(result: Result, console: Console) -> str:
    """What became of it, in a line or a few: with links, and with what to do where it didn't go
    well."""
    head = f"{_name(result, console)}: {console.colour(short(result), _COLOURS.get(result.status, 'yellow'))}"
    lines = [head]
    urls = list(dict.fromkeys(row.url for row in result.rows if row.url))
    lines += [f"  {clean(url)}" for url in (urls if len(urls) > 1 else ())]
    if result.error:
        lines.append(f"  {describe(result.error)}")
    return "\n".join(lines)


def short(result: Result) -> str:
    """The outcome in a few words, for one line."""
    counts = {word: number for word, number in (result.recipients or {}).items() if number}
    if counts == {"sent": counts.get("sent")}:
        tally = f" to {counts['sent']} recipient{'s' if counts['sent'] != 1 else ''}"
    else:
        tally = (
            f" ({', '.join(f'{number} {word}' for word, number in counts.items())})"
            if counts
            else ""
        )
    words = {
        "sent": {"update": f"updated{_at(result)}", "delete": "deleted"}.get(
            result.delivery.action, f"sent{_at(result)}"
        ),
        "unchanged": f"live already{_at(result)}",
        "outdated": f"left as it is, {'sent' if counts else 'live'}{_at(result)}",
        "failed": "failed",
        "unknown": "unknown: it may be live",
        "skipped": f"skipped: {_reason(result)}" if result.reason != "busy" else "skipped: busy",
        "planned": "planned",
    }[result.status]
    return words + tally


def _at(result: Result) -> str:
    urls = [row.url for row in result.rows if row.url]
    return f" at {clean(urls[0])}" if urls else ""


def left_alone(results: Sequence[Result], max_age: timedelta) -> Iterator[str]:
    """What a run doesn't touch, and what to do if it was meant: a line for all old posts, one for
    each without a date."""
    old = {r.delivery.post.file: r.delivery.post for r in results if r.reason == "too old"}
    if old:
        newest = sorted(old.values(), key=lambda post: str(post.not_before), reverse=True)
        names = ", ".join(clean(str(post.file)) for post in newest[:NEWEST])
        more = f" and {len(old) - NEWEST} more" if len(old) > NEWEST else ""
        are = f"{len(old)} posts are" if len(old) > 1 else "1 post is"
        yield (
            f"left alone: {are} older than {max_age.days} days ([site] max_age): {names}{more};"
            " to send one all the same, name it by itself (in CI: as the path)"
        )
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    for file in dict.fromkeys(r.delivery.post.file for r in results if r.reason == "undated"):
        yield (
            f"left alone: {clean(str(file))} has no date: is it a page? to publish it, add a line"
            f" date: {today}"
        )


def warnings(results: Sequence[Result]) -> list[PublishError]:
    """What the author should know before pressing Enter."""
    found: list[PublishError] = []
    for result in results:
        if result.status == "outdated" and not result.delivery.is_told:
            found.append(
                PostError(
                    f"what is live on {result.delivery.channel} stays as it was before {_why(result.delivery)[0]}",
                    hint=_why(result.delivery)[1],
                    file=result.delivery.post.file,
                )
            )
    homeless = list(
        dict.fromkeys(
            r.delivery.post.file
            for r in results
            if r.status == "planned" and r.delivery.post.needs_address
        )
    )
    if homeless:
        many = f"{len(homeless)} posts have" if len(homeless) > 1 else "has"
        found.append(
            PostError(
                f"{many} no address, so that no channel links to {'them' if len(homeless) > 1 else 'it'}",
                hint="set [site] base_url and permalink, or canonical_url in the front matter"
                "; publish: {url: none} says that there is none",
                file=homeless[0] if len(homeless) == 1 else None,
            )
        )
    return found
