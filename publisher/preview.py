"""A result as a person reads it: the plan of a dry run, part by part, and the outcome of a real one."""

from __future__ import annotations

from collections.abc import Sequence

from publisher.console import Console, clean, describe
from publisher.errors import PostError, PublishError
from publisher.ledger import Row
from publisher.report import Result

_COLOURS = {"sent": "green", "unchanged": "green", "planned": "blue", "failed": "red", "unknown": "red"}


def plan(result: Result, console: Console) -> str:
    """What would be sent: the exact text of each part, its length, limit and rule, and what it costs."""
    delivery = result.delivery
    lines = [f"{_name(result, console)}: {_action(result)}"]
    parts = result.parts
    for number, row in enumerate(parts, 1):
        measure = _measure(result, row)
        head = f"part {number} of {len(parts)}, {measure}" if len(parts) > 1 else measure
        lines += [f"  {name}: {clean(value)}" for name, value in delivery.adapter.fields_of(row.payload).items()]
        lines.append(console.colour(f"  ── {head} " + "─" * max(2, 66 - len(head)), "dim"))
        lines += [f"  {line}".rstrip() for line in clean(delivery.adapter.text_of(row.payload)).split("\n")]
    if result.status == "outdated":
        lines.append(console.colour(f"  ── the file says now {'─' * 48}", "dim"))
        for part in delivery.message.parts:
            lines += [f"  {line}".rstrip() for line in clean(part.text).split("\n")]
    lines.append(console.colour("  " + "─" * 70, "dim"))
    lines += [f"  note: {clean(note)}" for note in delivery.post.notes]
    return "\n".join(lines) + "\n"


def _name(result: Result, console: Console) -> str:
    return console.colour(f"{clean(str(result.delivery.post.file))} → {result.delivery.channel}", "bold")


def _action(result: Result) -> str:
    delivery = result.delivery
    if result.status == "planned":
        copies = sum(1 for row in delivery.open_rows if row.recipient)
        words = "create" + (f", {copies} recipient{'s' if copies > 1 else ''}" if copies else "")
        words += f", about ${delivery.cost:.3f}" if delivery.cost else ""
        if any(row.state in ("unknown", "intent") for row in delivery.rows):
            words += " (its last outcome is unknown: that is settled first)"
        live = len(delivery.rows) - len(delivery.open_rows)
        return f"{words} (goes on: {live} of {len(delivery.rows)} are live already)" if live else words
    return {
        "unchanged": f"nothing to do, it is live{_at(result)}",
        "outdated": f"nothing to do: it is live{_at(result)}, as it was before it was edited",
        "skipped": {"draft": "not sent: a draft", "future": f"not sent before {delivery.post.date:%Y-%m-%d %H:%M %Z}"
                    if delivery.post.date else "not sent"}.get(result.reason or "", f"not sent: {result.reason}"),
    }[result.status]  # fmt: skip


def _measure(result: Result, row: Row) -> str:
    rule = result.delivery.message.rule
    length = rule.count(result.delivery.adapter.text_of(row.payload))
    if rule.limit is None:
        return f"{length} characters, no limit"
    return f"{length} of {rule.limit} ({rule.name} counting, limit: {rule.limit_source})"


def outcome(result: Result, console: Console) -> str:
    """What became of it, in a line or a few: with links, and with what to do where it didn't go well."""
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
        tally = f" ({', '.join(f'{number} {word}' for word, number in counts.items())})" if counts else ""
    words = {
        "sent": f"sent{_at(result)}",
        "unchanged": f"live already{_at(result)}",
        "outdated": f"live{_at(result)}, but edited since: editing what is live is not supported yet",
        "failed": "failed",
        "unknown": "unknown: it may be live",
        "skipped": f"skipped: {result.reason}",
        "planned": "planned",
    }[result.status]
    return words + tally


def _at(result: Result) -> str:
    urls = [row.url for row in result.rows if row.url]
    return f" at {clean(urls[0])}" if urls else ""


def warnings(results: Sequence[Result]) -> list[PublishError]:
    """What the author should know before pressing Enter."""
    found: list[PublishError] = []
    for result in results:
        if result.status == "outdated":
            found.append(
                PostError(
                    f"is no longer what went out on {result.delivery.channel}, which stays as it was",
                    hint="editing what is live is not supported yet",
                    file=result.delivery.post.file,
                )
            )
    homeless = list(
        dict.fromkeys(r.delivery.post.file for r in results if r.status == "planned" and not r.delivery.post.url)
    )
    if homeless:
        many = f"{len(homeless)} posts have" if len(homeless) > 1 else "has"
        found.append(
            PostError(
                f"{many} no address, so that no channel links to {'them' if len(homeless) > 1 else 'it'}",
                hint="set [site] base_url and permalink, or canonical_url in the front matter",
                file=homeless[0] if len(homeless) == 1 else None,
            )
        )
    return found
