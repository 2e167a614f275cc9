"""A row of the ledger: one part of one post on one channel (for email: one recipient's copy of it).

    pending ──▶ intent ──▶ sent ──▶ intent to update, and back; or intent to delete ──▶ retracted
                  │  └───▶ unknown       it may be live: to be settled before anything else
                  └──────▶ failed        certainly not live: the next run may try again

An intent to create that has no outcome means that it may be live; one to update or to delete is
just done again, since that comes to the same. What is archived was live before this tool came, and
isn't to be sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from publisher.adapter import Payload

State = Literal["pending", "intent", "sent", "failed", "unknown", "retracted", "archived"]
Op = Literal["create", "update", "delete"]
DONE: frozenset[str] = frozenset({"sent", "retracted", "archived"})
LIVE_OR_MAYBE: frozenset[str] = frozenset({"intent", "sent", "unknown"})


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or a draft on the platform: its id there, when it was put there, and whether it may
    be attached or published."""

    id: str
    at: datetime
    ready: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One part (or one recipient's copy) as the ledger knows it. Times are aware, in UTC.

    op      what an intent means to do
    live    what is live while an update of it to `payload` is under way
    source  a digest of what the author wrote; "" where it isn't known
    media   the platform's pictures, by the `source` of each; and its draft, by `Row.draft`
    began   when it was first meant to be sent, and `tried` when it was last tried, by the clock of
            the machine that did
    server  `began` by the platform's own clock, where that was known: ours may have been wrong
    """

    post: str
    channel: str
    part: int
    payload: Payload
    recipient: str = ""
    generation: int = 1
    state: State = "pending"
    op: Op = "create"
    live: Payload | None = None
    source: str = ""
    media: Mapping[str, Media] = field(default_factory=dict)
    began: datetime | None = None
    tried: datetime | None = None
    server: datetime | None = None
    remote_id: str | None = None
    url: str | None = None
    error: str | None = None

    @property
    def hash(self) -> str:
        return digest(canonical(self.payload))

    @property
    def draft(self) -> str:
        """Under which name its draft is kept: another text has a draft of its own."""
        return f"draft {self.hash}"

    def with_state(self, state: State, **changes: Any) -> Row:
        return replace(self, state=state, **changes)


def is_digest(payload: Payload) -> bool:
    """Whether a digest stands for the payload, in a ledger that must not tell what isn't live."""
    return set(payload) == {"hash"}


def canonical(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def media_value(media: Mapping[str, Media]) -> dict[str, Any]:
    """As JSON."""
    return {
        source: {"id": one.id, "at": one.at.astimezone(UTC).isoformat(), "ready": one.ready}
        for source, one in media.items()
    }


def media_of(value: Mapping[str, Any]) -> dict[str, Media]:
    """From JSON. Raises what malformed values raise."""
    return {
        str(source): Media(str(one["id"]), datetime.fromisoformat(one["at"]), bool(one["ready"]))
        for source, one in value.items()
    }
