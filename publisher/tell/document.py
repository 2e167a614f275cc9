"""The JSON document that `--json` prints. Its shape is a contract (version 1): fields are added,
never changed; readers ignore those they don't know."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from publisher.compose.lost import lost
from publisher.delivery.result import Result
from publisher.errors import PublishError
from publisher.ledger.row import Row
from publisher.post.post import Post

VERSION = 1


def as_json(value: dict[str, Any]) -> str:
    """For people's eyes, too: no escaping but that of control characters, which a terminal would
    obey."""
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
        "posts": [
            _post(post)
            for post in {r.delivery.post.file: r.delivery.post for r in results}.values()
        ],
        "results": [_result(result) for result in results],
    }


def _post(post: Post) -> dict[str, Any]:
    """The post's own page: its address, who says so, or why there is none."""
    return {
        "post": str(post.file),
        "url": post.url or None,
        "url_source": post.url_source or None,
        "url_problem": post.url_problem or None,
        "notes": list(post.notes),
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
        "action": "none"
        if result.status in ("skipped", "unchanged", "outdated")
        else delivery.action,
        "status": result.status,
        "reason": result.reason,
        "url": result.url,
        "cost_usd": round(delivery.cost, 4),
        "parts": [_part(result, row) for row in result.parts],
        "notes": list(delivery.message.notes),
        "lost": [
            {"kind": each.kind, "count": each.count, "of": each.of}
            for each in lost(delivery.post, delivery.adapter, delivery.message)
        ],
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
