"""A post's own page: getting it, and waiting until it is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from publisher.config import Config
from publisher.errors import DeliveryError, PublishError
from publisher.pictures.fetch import FetchError, get

PAUSE = 5.0
"""Seconds between two looks."""
_LIMIT, _SECONDS = 5_000_000, 20.0


def fetch(url: str, config: Config) -> tuple[str, bytes]:
    """(the address at which it was found, its bytes). The site's own host may be a private one.
    Raises FetchError."""
    own = urlsplit(config.site.base_url).hostname
    hosts = config.pictures.hosts | ({own} if own else frozenset())
    where, _, page = get(url, hosts=hosts, limit=_LIMIT, seconds=_SECONDS)
    return where, page


def wait_for(
    urls: Iterable[str], config: Config, tell: Callable[[str], None]
) -> dict[str, PublishError]:
    """Wait until every page answers 200, `wait_for_page` at most. Returns what is wrong with those
    that don't."""
    end = time.monotonic() + config.site.wait_for_page
    late: dict[str, PublishError] = {}
    waiting = sorted(urls)
    while waiting:
        for url in list(waiting):
            try:
                fetch(url, config)
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
        time.sleep(min(PAUSE, left))
    return late
