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

_OPTIONAL = ("remote_id", "url", "error")
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
                posts[text_of(value["post"])] = identity_of(value)
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
        "server": _time(row.server), "remote_id": row.remote_id, "url": row.url, "error": row.error,
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
    if not all(value[name] is None or isinstance(value[name], str) for name in _OPTIONAL):
        raise ValueError
    return Row(
        post=text_of(value["row"]),
        channel=text_of(value["channel"]),
        part=int(value["part"]),
        payload=value["payload"],
        recipient=text_of(value["recipient"]),
        generation=int(value["generation"]),
        state=value["state"],
        op=op,
        live=live,
        source=text_of(value.get("source", "")),
        media=media_of(value.get("media", {})),
        began=_moment(value["began"]),
        tried=_moment(value["tried"]),
        server=_moment(value.get("server")),
        remote_id=value["remote_id"],
        url=value["url"],
        error=value["error"],
    )


def identity_of(value: dict[str, Any]) -> Identity:
    """From JSON. Raises what malformed values raise."""
    return Identity(text_of(value["path"]), text_of(value["address"]), text_of(value["id"]))


def text_of(value: Any) -> str:
    """Raises ValueError for anything but a text."""
    if not isinstance(value, str):
        raise ValueError
    return value


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment
