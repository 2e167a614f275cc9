"""Which addresses credentials may be sent to."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
