"""What a platform showed once: earlier versions of what was edited, and what was deleted."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Any

MAX_GONE = 500
MAX_VERSIONS = 50

Entry = dict[str, Any]


class Past:
    """Entries as `received()` told them. An earlier version has "until", when it was replaced; a
    deleted entry "gone", both ISO 8601."""

    def __init__(self) -> None:
        self._versions: dict[str, list[Entry]] = {}
        self._gone: OrderedDict[str, Entry] = OrderedDict()

    def replaced(self, entry: Entry, at: datetime) -> None:
        versions = self._versions.setdefault(str(entry["id"]), [])
        versions.append({**entry, "until": at.isoformat()})
        del versions[:-MAX_VERSIONS]

    def deleted(self, entry: Entry, at: datetime) -> None:
        self._gone[str(entry["id"])] = {**entry, "gone": at.isoformat()}
        if len(self._gone) > MAX_GONE:
            oldest, _ = self._gone.popitem(last=False)
            self._versions.pop(oldest, None)

    def versions(self, post_id: str) -> list[Entry]:
        """Oldest first, without the one that is live."""
        return list(self._versions.get(post_id, ()))

    def gone(self) -> list[Entry]:
        return list(self._gone.values())

    def clear(self) -> None:
        self._versions.clear()
        self._gone.clear()
