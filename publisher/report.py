"""What a run tells: results, as one value that both the terminal and `--json` are made from.

The JSON shape is a contract (version 1): fields are added, never changed; readers ignore those they don't know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.errors import PublishError
from publisher.ledger import Row
from publisher.plan import Delivery, Status

if TYPE_CHECKING:
    from publisher.deliver import Outcome

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
    if reason:
        return Result(delivery, delivery.rows, "skipped", reason)
    if delivery.action == "create":
        return Result(delivery, delivery.rows, "planned")
    return Result(delivery, delivery.rows, "outdated" if delivery.changed else "unchanged")


def delivered(outcome: Outcome) -> Result:
    """What became of a delivery: unknown if any part is, failed if any isn't live, else sent."""
    states = {row.state for row in outcome.rows}
    status: Status = "sent"
    if states & {"unknown", "intent"}:
        status = "unknown"
    elif states - {"sent"}:
        status = "failed"
    return Result(outcome.delivery, outcome.rows, status, error=outcome.error)


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
        "status": _PART_STATUS[row.state] if result.status != "planned" or row.state == "sent" else "planned",
        "id": row.remote_id,
        "url": row.url,
        "attachments": [],
    }
    if not result.delivery.adapter.html:
        value["payload"] = row.payload
    for key in ("subject", "html"):
        if key in row.payload:
            value[key] = row.payload[key]
    return value


_PART_STATUS = {
    "pending": "planned",
    "intent": "unknown",
    "sent": "sent",
    "failed": "failed",
    "unknown": "unknown",
}
