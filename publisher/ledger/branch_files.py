"""The files of a ledger on a branch, as text: one for each post."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from publisher.errors import LedgerError
from publisher.identity import Identity
from publisher.ledger import jsonl
from publisher.ledger.git_branch import Snapshot
from publisher.ledger.lease import Lease, lease_of
from publisher.ledger.row import Row, is_digest


@dataclass(frozen=True, slots=True)
class Known:
    """What a branch says: posts and leases by their keys, rows by post, channel and part."""

    posts: Mapping[str, Identity]
    rows: Mapping[tuple[str, str, int], Row]
    leases: Mapping[str, Lease]


def known_of(base: Snapshot) -> Known:
    """Raises LedgerError, with the file and the line.

    Where the branch was rewound, what it knew before is known still: as something that may be live.
    """
    posts: dict[str, Identity] = {}
    rows: dict[tuple[str, str, int], Row] = {}
    leases: dict[str, Lease] = {}
    for name, text in base.files.items():
        if not name.startswith("posts/"):
            continue
        known = _read(name, text)
        posts |= {key: each for key, each in known.posts.items() if key not in posts}
        rows |= known.rows
        leases |= known.leases
    for name, text in base.lost.items():
        if not name.startswith("posts/"):
            continue
        known = _read(name, text)
        posts |= {key: each for key, each in known.posts.items() if key not in posts}
        for key, row in known.rows.items():
            if row.state in ("retracted", "archived"):
                rows.setdefault(key, row)  # not to be sent, whatever else was forgotten
            elif rows.get(key) != row and row.state in ("sent", "intent", "unknown"):
                # It may be live, as far as anybody knows.
                error = "the ledger's branch was rewound, and knew more before"
                rows[key] = row.with_state(
                    "unknown", op="create", live=None, remote_id=None, error=error
                )
    return Known(posts, rows, leases)


def file_name(key: str) -> str:
    """Where the post that is known as `key` has its file."""
    words = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")[-60:].strip("-")
    return f"posts/{words or 'post'}-{sha256(key.encode()).hexdigest()[:8]}.jsonl"


def written(key: str, known: Known, lease: Lease | None) -> str:
    """The text of one post's file."""
    identity = known.posts[key]
    values: list[dict[str, Any]] = [
        {"post": key, "id": identity.id, "address": identity.address, "path": identity.path}
    ]
    if lease:
        values.append(lease.as_json())
    rows = [row for row in known.rows.values() if row.post == key]
    for row in sorted(rows, key=lambda row: (row.channel, row.part)):
        value = jsonl.row_value(row)
        live = row.state in ("sent", "retracted", "archived") or row.op == "delete"
        if not live and not is_digest(row.payload):
            value["payload"] = {"hash": row.hash}
        values.append(value)
    return "".join(
        json.dumps(value, ensure_ascii=False, sort_keys=False) + "\n" for value in values
    )


def _read(name: str, text: str) -> Known:
    """Raises LedgerError, with the line. Lines end with "\\n" alone: a post may contain any other
    separator."""
    posts: dict[str, Identity] = {}
    rows: dict[tuple[str, str, int], Row] = {}
    lease = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line:
            continue
        try:
            value = json.loads(line)
            if "post" in value:
                posts[jsonl.text_of(value["post"])] = jsonl.identity_of(value)
            elif "lease" in value:
                lease = lease_of(value)
            else:
                row = jsonl.row_of(value)
                if row.post not in posts:
                    raise ValueError("a row of another post")
                rows[row.post, row.channel, row.part] = row
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            raise LedgerError(
                f"{name} on the ledger's branch can't be read, line {number}",
                hint="restore it from the branch's history",
            ) from None
    return Known(posts, rows, dict.fromkeys(posts, lease) if lease else {})
