"""Named points at which a test may stop, kill or delay the process. Off, they cost one
comparison."""

from __future__ import annotations

from collections.abc import Callable

POINTS = (
    "before upload written",
    "upload written",
    "before intent written",
    "intent written",
    "before connection open",
    "connection open",
    "before request sent",
    "request sent",
    "response received",
    "before outcome written",
    "outcome written",
    "between parts",
    "between recipients",
)
"""In the order in which one attempt passes them. "request sent" is also: before the response is
received."""

FOR_PICTURES = frozenset(("before upload written", "upload written"))
"""Those that are passed only where pictures are uploaded."""

hook: Callable[[str], None] | None = None


def hit(name: str) -> None:
    if hook is not None:
        hook(name)
