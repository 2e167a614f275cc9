"""What a settings file says, and only running it would tell."""

from __future__ import annotations


class Unknown:
    """A value that only the generator can work out. It is as good as none."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN = Unknown()
