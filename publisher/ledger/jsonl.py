"""The ledger as JSON Lines: a first line that says the version, then one line a post and one a
row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, get_args

from publisher.errors import LedgerError
from publisher.identity import Identity
from publisher.ledger.row import Op, Row, State, media_of, media_value
from publisher.ledger.schema import SCHEMA_VERSION
from publisher.ledger.sqlite import Ledger

_HINT = "import what `publish ledger export` wrote"


def export(ledger: Ledger) -> Iterator[str]:
    """One JSON object a line, sorted: the same ledger gives the same lines."""
    yield _line({"ledger": SCHEMA_VERSION})
    for key, identity in sorted(ledger.posts().items()):
        yield _line(
            {"post": key, "id": identity.id, "address": identity.address, "path": identity.path}
        )
    for row in ledger.rows():
        yield _line(row_value(row))


def load(ledger: Ledger, lines: Iterable[str]) -> int:
    """Put exported rows into a ledger; what it knows already must not contradict them. Returns how
    many.

    Raises LedgerError, with the line, before anything is written.
    """
    posts: dict[str, Identity] = {}
    rows: list[Row] = []
    version = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            if "ledger" in value:
                version = int(value["ledger"])
                if version > SCHEMA_VERSION:
                    raise LedgerError(
                        f"comes from a newer version of publish (schema {version})",
                        hint="update announcement-publisher",
                    )
            elif "post" in value:
                posts[value["post"]] = Identity(value["path"], value["address"], value["id"])
            else:
                rows.append(row_of(value))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise LedgerError(f"line {number} is not a ledger's", hint=_HINT) from None
    if version is None:
        raise LedgerError("is not an exported ledger", hint=_HINT)
    known = {(row.post, row.channel, row.part, row.recipient): row for row in ledger.rows()}
    for row in rows:
        there = known.get((row.post, row.channel, row.part, row.recipient))
        if row.post not in posts:
            raise LedgerError(f"has a row of {row.post}, and not the post itself", hint=_HINT)
        if there is not None and there != row and there.state not in ("pending", "failed"):
            raise LedgerError(
                f"{row.post} on {row.channel} is {there.state} here and {row.state} there",
                hint="import into an empty ledger, or settle it with `publish resolve`",
            )
    ledger.restore(posts, rows)
    return len(rows)


def row_value(row: Row) -> dict[str, Any]:
    """A row as JSON."""
    return {
        "row": row.post, "channel": row.channel, "part": row.part, "recipient": row.recipient,
        "generation": row.generation, "state": row.state, "op": row.op, "payload": row.payload, "live": row.live,
        "source": row.source, "media": media_value(row.media), "began": _time(row.began), "tried": _time(row.tried),
        "remote_id": row.remote_id, "url": row.url, "error": row.error,
    }  # fmt: skip


def row_of(value: dict[str, Any]) -> Row:
    """From JSON, as this or an older version wrote it. Raises what malformed values raise."""
    op, live = value.get("op", "create"), value.get("live")
    if (
        value["state"] not in get_args(State)
        or op not in get_args(Op)
        or not isinstance(value["payload"], dict)
    ):
        raise ValueError
    if live is not None and not isinstance(live, dict):
        raise ValueError
    return Row(
        value["row"], value["channel"], int(value["part"]), value["payload"], value["recipient"],
        int(value["generation"]), value["state"], op, live, value.get("source", ""), media_of(value.get("media", {})),
        _moment(value["began"]), _moment(value["tried"]), value["remote_id"], value["url"], value["error"],
    )  # fmt: skip


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
