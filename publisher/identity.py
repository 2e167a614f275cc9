"""What a post is known by, whatever happens to its file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """What a post is known by. `key` is the id, else the address, else the path; all three are
    kept.

    `path` is relative to the configuration's folder, with `/` and in Unicode's composed form (NFC).
    """

    path: str
    address: str = ""
    id: str = ""

    @property
    def key(self) -> str:
        return self.id or self.address or self.path
