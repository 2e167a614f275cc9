"""A post's own page: waiting until it is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from publisher.errors import DeliveryError, PublishError
from publisher.pictures.fetch import FetchError, get

PAUSE = 5.0
"""Seconds between two looks."""
PAGE_LIMIT, PAGE_SECONDS = 5_000_000, 20.0


def wait_for(
    urls: Iterable[str], seconds: float, tell: Callable[[str], None], *, pause: float = PAUSE
) -> dict[str, PublishError]:
    """Wait until every page answers 200, `seconds` at most. Returns what is wrong with those that don't."""
    end = time.monotonic() + seconds
    late: dict[str, PublishError] = {}
    waiting = sorted(urls)
    while waiting:
        for url in list(waiting):
            try:
                get(url, hosts=frozenset({urlsplit(url).hostname or ""}), limit=PAGE_LIMIT, seconds=PAGE_SECONDS)
            except FetchError as error:
                late[url] = DeliveryError(
                    f"its page {url} isn't there: it {error.message}; nothing was sent",
                    hint="run again once it is deployed; or set wait_for_page higher",
                )
            else:
                waiting.remove(url)
                late.pop(url, None)
        left = end - time.monotonic()
        if not waiting or left <= 0:
            break
        tell(f"waiting for {', '.join(waiting)}, {left:.0f} s at most")
        time.sleep(min(pause, left))
    return late
