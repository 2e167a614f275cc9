"""Regular expressions that are compiled when first used: some take as long as a post does."""

from __future__ import annotations

import re
from functools import cache


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Kept for good: `re` itself keeps 512 of a process, and forgets the oldest."""
    return re.compile(pattern)
