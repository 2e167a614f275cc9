"""A post's own page: getting it, and waiting until it is there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches
from html import unescape
from urllib.parse import unquote, urlsplit

from publisher.config import Config
from publisher.errors import DeliveryError, PublishError
from publisher.pictures.fetch import FetchError, get

PAUSE = 5.0
"""Seconds between two looks."""
_LIMIT, _SECONDS = 5_000_000, 20.0
MOST = 20_000
"""Addresses of a site's map that are looked at."""


def fetch(url: str, config: Config) -> tuple[str, bytes]:
    """(the address at which it was found, its bytes). The site's own host may be a private one.
    Raises FetchError."""
    own = urlsplit(config.site.base_url).hostname
    hosts = config.pictures.hosts | ({own} if own else frozenset())
    where, _, page = get(url, hosts=hosts, limit=_LIMIT, seconds=_SECONDS)
    return where, page


def nearest(url: str, config: Config) -> str:
    """The address in the site's map (sitemap.xml) that is most like `url`; empty where none is, or
    the map can't be had."""
    base = config.site.base_url.rstrip("/")
    if not base or not url.startswith(base):
        return ""
    try:
        _, text = fetch(f"{base}/sitemap.xml", config)
    except FetchError:
        return ""
    found = re.findall(r"<loc>\s*([^<\s]+)\s*</loc>", text.decode("utf-8", "replace"))
    known = {unquote(each).casefold(): each for each in map(unescape, found[:MOST])}
    like = get_close_matches(unquote(url).casefold(), known, n=1, cutoff=0.7)
    return known[like[0]] if like else ""


def wait_for(
    urls: Iterable[str], once: Collection[str], config: Config, tell: Callable[[str], None]
) -> dict[str, PublishError]:
    """Wait until every page answers 200, `wait_for_page` at most; those of `once` are looked for a
    single time. Returns what is wrong with those that don't."""
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
                if url in once:
                    waiting.remove(url)
            else:
                waiting.remove(url)
                late.pop(url, None)
        left = end - time.monotonic()
        if not waiting or left <= 0:
            break
        tell(f"waiting for {', '.join(waiting)}, {left:.0f} s at most")
        time.sleep(min(PAUSE, left))
    for url, late_error in late.items():
        if near := nearest(url, config):
            late_error.hint = f"the site's map has {near}: is that it?"
    return late
