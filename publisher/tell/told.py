"""What a run has to say, whoever says it: to a terminal, as JSON, or in a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from publisher.delivery.result import Result
from publisher.errors import PublishError
from publisher.post.post import Post


@dataclass(frozen=True, slots=True)
class Told:
    """What a run did, or would do. `left_alone` are lines about what it doesn't touch, `drafts` those
    that it found in folders, `approvals` says of a post's file whether it is approved; `pictures`
    has the bytes of what a dry run would attach, by their hash."""

    dry: bool
    status: int
    results: Sequence[Result]
    warnings: Sequence[PublishError]
    errors: Sequence[PublishError] = ()
    left_alone: Sequence[str] = ()
    drafts: Sequence[Post] = ()
    approvals: Mapping[Path, str] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)
