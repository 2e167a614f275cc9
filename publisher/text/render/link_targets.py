"""What a link's address is to somebody who reads a text."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_FOLLOWED = frozenset(
    "http: https: mailto: tel: sms: xmpp: irc: ircs: gemini: gopher: ftp: magnet: matrix: geo:".split()
)
_HOST = re.compile(r"([a-z][a-z0-9+.-]*://[^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_DOMAIN = re.compile(r"(?:[^\s./:@]+\.)+[^\s./:@\d]{2,}", re.IGNORECASE)


_BEFORE_HOST = re.compile(
    r"^(?:(?:https?:)?//)?www\.|^(?:https?:)?//|^(?:mailto|tel|sms):", re.IGNORECASE
)
_WHITE = re.compile(r"\s")
_AFTER_HOST = re.compile(r"[/?#:]")


@lru_cache(4096)
def readable_address(href: str) -> str:
    """The address as a reader could follow it, in ASCII but for its host; "" for one that leads
    nowhere in a text (relative, within the page, script, data).

    Outside the host all that isn't ASCII is percent-encoded: X ends a link at the first Chinese or
    Arabic letter of a path, and Mastodon takes the text that follows for a part of it. An address
    that is only a host loses its slash.
    """
    href = href.strip()
    if href.startswith("//"):
        href = "https:" + href
    scheme = _SCHEME.match(href)
    if scheme is None or scheme[0].lower() not in _FOLLOWED:
        return ""
    if scheme[0].lower() in ("mailto:", "tel:", "sms:"):
        return unquote(href[scheme.end() :].split("?", 1)[0]).strip()
    found = _HOST.fullmatch(href)
    if found is None:
        return quote(href, safe="%/:=&?~#+!$,;'@()*[]")
    rest = "" if found[2] == "/" else quote(found[2], safe="%/:=&?~#+!$,;'@()*[]")
    return _with_letters(_WHITE.sub("", found[1])) + rest


def _with_letters(host: str) -> str:
    """A host as its owner writes it: `xn--bcher-kva.example` as `bücher.example`."""
    if "xn--" not in host:
        return host
    import idna  # only here: few addresses have such a host

    scheme, _, domain = host.partition("//")
    try:
        return f"{scheme}//{idna.decode(domain)}"
    except (idna.IDNAError, UnicodeError):
        return host


@lru_cache(4096)
def canonical(address: str) -> str:
    """The same for two addresses that lead to the same place: scheme, "www.", case of the host,
    last slash aside."""
    address = unquote(address.strip())
    address = _BEFORE_HOST.sub("", address)
    host, slash, rest = address.partition("/")
    return (host.lower() + slash + rest).rstrip("/")


def says_address(words: str, address: str) -> bool:
    """Are these words the address itself, in full, without its scheme, shortened with "…", or only
    its domain?"""
    words = words.strip().strip("<>")
    if not words or " " in words or _WHITE.search(words):
        return False
    said, meant = canonical(words), canonical(address)
    if said == meant:
        return True
    if said.endswith(("…", "...")):
        beginning = said.rstrip(".…")
        return "." in beginning and meant.startswith(beginning)
    host = _AFTER_HOST.split(meant, maxsplit=1)[0]
    return bool(_DOMAIN.fullmatch(said)) and said == host
