"""What a run tells: results, as one value that both the terminal and `--json` are made from.

The JSON shape is a contract (version 1): fields are added, never changed; readers ignore those they don't know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.adapter import Picture, pictures_of
from publisher.errors import EditedThere, Gone, PublishError, Unknown
from publisher.plan import Delivery, Status
from publisher.rows import Row

if TYPE_CHECKING:
    from publisher.sender import Outcome

VERSION = 1


@dataclass(frozen=True, slots=True)
class Result:
    """One post on one channel, as told to the user. `reason` says why it was skipped."""

    delivery: Delivery
    rows: tuple[Row, ...]
    status: Status
    reason: str | None = None
    error: PublishError | None = None

    @property
    def url(self) -> str | None:
        return next((row.url for row in self.rows if row.url), None)

    @property
    def parts(self) -> list[Row]:
        """One row for each part: with recipients, the first one's stands for all."""
        return list({row.part: row for row in reversed(self.rows)}.values())[::-1]

    def pictures(self, row: Row) -> tuple[Picture, ...]:
        """Those that travel with a part; in a mail also those that it only shows."""
        if self.delivery.adapter.html and row.part == 0:
            return self.delivery.message.pictures
        return pictures_of(row.payload)

    @property
    def recipients(self) -> dict[str, int] | None:
        """How many copies went out, were refused or can't be known; None on a channel without recipients."""
        if not any(row.recipient for row in self.rows):
            return {"sent": 0, "refused": 0, "unknown": 0} if self.delivery.adapter.html else None
        states = [row.state for row in self.rows]
        return {
            "sent": states.count("sent"),
            "refused": states.count("failed"),
            "unknown": states.count("unknown") + states.count("intent"),
        }


def planned(delivery: Delivery, reason: str | None = None) -> Result:
    """What a dry run says: planned, unchanged, outdated, or skipped for a reason."""
    if delivery.kept in ("retracted", "archived"):
        return Result(delivery, delivery.rows, "skipped", delivery.kept)
    if delivery.kept == "lost":
        error = Unknown(
            "a run died while sending it, and the file was edited since: what may be live isn't known any more",
            hint=f"look, then: publish resolve {delivery.post.file} {delivery.channel} --sent URL, or --not-sent",
        )
        return Result(delivery, delivery.rows, "unknown", error=error)
    if reason:
        return Result(delivery, delivery.rows, "skipped", reason)
    if delivery.action != "none":
        return Result(delivery, delivery.rows, "planned")
    return Result(delivery, delivery.rows, "outdated" if delivery.changed else "unchanged")


def delivered(outcome: Outcome) -> Result:
    """What became of a delivery: unknown if any part is, failed if any isn't as it should be, else sent."""
    states = {row.state for row in outcome.rows if row.op == "create"}
    reason = None
    status: Status = "sent"
    if states & {"unknown", "intent"}:
        status = "unknown"
    elif isinstance(outcome.error, EditedThere):
        status = "outdated"
    elif isinstance(outcome.error, Gone) and states == {"retracted"}:
        status, reason = "skipped", "retracted"
    elif outcome.error or not all(row.state in ("sent", "retracted") for row in outcome.rows):
        status = "failed"
    return Result(outcome.delivery, outcome.rows, status, reason, outcome.error)


def exit_status(results: Iterable[Result]) -> int:
    """0 all is live, 1 some channel failed (or is being sent by another process), 3 some outcome is unknown."""
    statuses = [(result.status, result.reason) for result in results]
    if any(status == "unknown" for status, _ in statuses):
        return 3
    return 1 if any(status in ("failed", "planned") or reason == "busy" for status, reason in statuses) else 0


def as_json(value: dict[str, Any]) -> str:
    """For people's eyes, too: no escaping but that of control characters, which a terminal would obey."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return re.sub("[\x7f-\x9f]", lambda found: f"\\u{ord(found[0]):04x}", text)


def document(
    dry_run: bool,
    results: Sequence[Result] = (),
    errors: Sequence[PublishError] = (),
    warnings: Sequence[PublishError] = (),
) -> dict[str, Any]:
    return {
        "version": VERSION,
        "dry_run": dry_run,
        "errors": [error_value(error) for error in errors],
        "warnings": [error_value(warning) for warning in warnings],
        "results": [_result(result) for result in results],
    }


def error_value(error: PublishError) -> dict[str, Any]:
    return {
        "kind": error.kind,
        "message": error.message,
        "hint": error.hint,
        "file": error.file,
        "line": error.line,
    }


def _result(result: Result) -> dict[str, Any]:
    delivery = result.delivery
    value: dict[str, Any] = {
        "post": str(delivery.post.file),
        "id": delivery.key,
        "channel": delivery.channel,
        "adapter": delivery.adapter.name,
        "action": "none" if result.status in ("skipped", "unchanged", "outdated") else delivery.action,
        "status": result.status,
        "reason": result.reason,
        "url": result.url,
        "cost_usd": round(delivery.cost, 4),
        "parts": [_part(result, row) for row in result.parts],
        "error": error_value(result.error) if result.error else None,
    }
    if len(result.parts) == 1 and not delivery.adapter.html:
        value["payload"] = result.parts[0].payload
    if result.recipients is not None:
        value["recipients"] = result.recipients
    return value


def _part(result: Result, row: Row) -> dict[str, Any]:
    rule = result.delivery.message.rule
    text = result.delivery.adapter.text_of(row.payload)
    value: dict[str, Any] = {
        "text": text,
        "length": rule.count(text),
        "limit": rule.limit,
        "limit_source": rule.limit_source,
        "rule": rule.name,
        "status": _part_status(result, row),
        "id": row.remote_id,
        "url": row.url,
        "attachments": [
            {
                "name": picture.name, "kind": picture.kind, "size": picture.size, "size_before": picture.before,
                "width": picture.width, "height": picture.height, "alt": picture.alt,
            }
            for picture in result.pictures(row)
        ],
    }  # fmt: skip
    if row.live is not None:
        value["text_before"] = result.delivery.adapter.text_of(row.live)
    if not result.delivery.adapter.html:
        value["payload"] = row.payload
    for key in ("subject", "html"):
        if key in row.payload:
            value[key] = row.payload[key]
    return value


def _part_status(result: Result, row: Row) -> str:
    if result.status == "planned" and row.state != "sent":
        return "planned"
    # What was to be edited or deleted, and wasn't, is live.
    return _PART_STATUS[row.state] if row.op == "create" else "sent"


_PART_STATUS = {
    "pending": "planned",
    "intent": "unknown",
    "sent": "sent",
    "failed": "failed",
    "unknown": "unknown",
    "retracted": "skipped",
    "archived": "skipped",
}
