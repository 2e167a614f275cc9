"""Whether a text is, as a whole, what X takes for a name, a list, a hashtag or an address
(twitter-text 3.1.0)."""

from __future__ import annotations

import re
from functools import lru_cache

from publisher.text.measure.entities import Span, twitter_hashtags, twitter_lists, twitter_mentions


def is_twitter_username(text: str) -> bool:
    """ "@ada", with its "@"."""
    return twitter_mentions(text) == (Span(0, len(text)),)


def is_twitter_list(text: str) -> bool:
    """ "@ada/engines"."""
    return twitter_lists(text) == (Span(0, len(text)),)


def is_twitter_hashtag(text: str) -> bool:
    """ "#libre", with its "#"."""
    return twitter_hashtags(text) == (Span(0, len(text)),)


def is_twitter_url(text: str, *, protocol: bool = True) -> bool:
    """An http address by RFC 3986, its host in any script; without `protocol`, "example.org/path"
    is one too.

    This is about form alone: what X finds in running text, and counts 23, is `twitter_urls`.
    """
    return bool(_url(protocol).fullmatch(text))


@lru_cache(maxsize=2)
def _url(protocol: bool) -> re.Pattern[str]:
    letter = "[a-z0-9]|[^\\x00-\\x7f]"
    unreserved = r"[a-z\u0400-\u04ff0-9\-._~]|%[0-9a-f]{2}|[!$&'()*+,;=]"
    byte = "25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]"
    part = rf"(?:{letter})(?:(?:{letter}|[_\-])*(?:{letter}))?"
    name = part.replace("_", "")
    top = rf"(?:[a-z]|[^\x00-\x7f])(?:(?:{letter}|-)*(?:{letter}))?"
    host = rf"(?:{byte})(?:\.(?:{byte})){{3}}|\[[a-f0-9:.]+\]|(?:{part}\.)*{name}\.{top}"
    return re.compile(
        f"(?:https?://){'' if protocol else '?'}(?:(?:{unreserved}|:)*@)?(?:{host})(?::[0-9]{{1,5}})?"
        rf"(?:/(?:{unreserved}|[:|@])*)*(?:\?(?:{unreserved}|[:|@/?])*)?(?:\#(?:{unreserved}|[:|@/?])*)?",
        re.IGNORECASE | re.ASCII,
    )
