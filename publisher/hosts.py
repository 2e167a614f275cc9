"""Which addresses credentials may be sent to."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_PUBLIC = re.compile(r"https?://[^\s<>\[\]\"'`\\^{}|]+")


def is_address(url: str) -> bool:
    """Whether a platform's word for where a post is can be stored and shown: http or https, and
    nothing in it that a terminal or Markdown would obey."""
    try:
        has_host = bool(urlsplit(url).hostname)
    except ValueError:
        return False
    return has_host and url.isprintable() and _PUBLIC.fullmatch(url) is not None


def check_url(address: str) -> str | None:
    """What is wrong with the address of an API, or None: credentials go over TLS only, loopback
    excepted."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme not in ("http", "https") or not host:
        return "is not an https:// address"
    if parts.scheme == "http" and not is_loopback(host):
        return "is http://, which shows your credentials to everyone on the way: use https://"
    return None


def parts_of(address: str) -> SplitResult | None:
    """What an address consists of; None for what is none: a bracket that isn't closed, or a sign that
    no host has."""
    try:
        return urlsplit(address)
    except ValueError:
        return None
