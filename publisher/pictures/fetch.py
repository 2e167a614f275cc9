"""Pictures and pages from the web: within limits of size and time, from public addresses only.

What is checked is the address that is connected to: a name is resolved once, and the connection
made to what was found. A post may be a stranger's (a pull request), and must not make this machine
ask its own network for things. urllib3 is used below requests: it reads no proxy and no password
from the environment, and keeps no cookies.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import certifi
import idna
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError, SSLError
from urllib3.util import Url, parse_url

from publisher.errors import PictureError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

LIMIT = 50_000_000
"""Bytes of a picture."""
SECONDS = 60.0
"""For all of it: looking up names, redirects, and the last byte."""
REDIRECTS = 5
CERTIFICATES = certifi.where()
"""Those that requests trusts, too."""

_CONNECT = 10.0
"""Seconds for one of a host's addresses, before the next is tried."""
_HEADERS = {
    "User-Agent": "announcement-publisher",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_HOST = re.compile(r"[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\]")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052, section 2.1."""
_GLOBAL = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that is given out to the internet (IANA's registry, 2026): the rest is special in
some way."""
_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24"
        " 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24"
        " 224.0.0.0/4 240.0.0.0/4 2001::/23 2001:db8::/32 3fff::/20"
    ).split()
)
"""Addresses that mean no machine on the internet, of those that _GLOBAL leaves: IANA's IPv4 and
IPv6 Special-Purpose Address Registries (2025-10), and IPv4's multicast. Python's own tables are as
old as the Python."""


class FetchError(PictureError):
    """What keeps something from being fetched, to be said after its name: "answers 404". Nothing in
    it is a server's.

    `status` is that of the answer, where there was one.
    """

    def __init__(self, message: str, *, hint: str = "", status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


def fetch(
    url: str, *, hosts: frozenset[str] = frozenset(), limit: int = LIMIT, seconds: float = SECONDS
) -> bytes:
    """The bytes at `url`: as `get`."""
    return get(url, hosts=hosts, limit=limit, seconds=seconds)[2]


def get(
    url: str, *, hosts: frozenset[str] = frozenset(), limit: int = LIMIT, seconds: float = SECONDS
) -> tuple[str, str, bytes]:
    """(final address, content type without its parameters, body) of what answers 200 at `url`,
    redirects followed.

    `hosts` are names, without a port, that may be asked though their addresses aren't public;
    `limit` is in bytes, of the body once it is unpacked. Raises FetchError.
    """
    end = time.monotonic() + seconds
    allowed = frozenset(_ascii(host) for host in hosts)
    target = _checked(url)
    for _ in range(REDIRECTS + 1):
        with _asked(target, _host(target) in allowed, end) as answer:
            if answer.status in (301, 302, 303, 307, 308):
                target = _next(target, answer.headers.get("Location", ""))
                continue
            if answer.status != 200:
                hint = (
                    "try again later"
                    if answer.status >= 500 or answer.status == 429
                    else "is the address right?"
                )
                raise FetchError(f"answers {answer.status}", hint=hint, status=answer.status)
            kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return target.url, kind, _body(answer, limit)
    raise FetchError(f"is redirected more than {REDIRECTS} times", hint="give the final address")


def is_public(address: str) -> bool:
    """Whether an IP address can only mean a machine on the internet; one that hides another in it,
    by that."""
    if "%" in address:  # of one interface of this machine
        return False
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        hidden = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64:
            hidden.append(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF))
        if any(hidden):
            return all(is_public(str(inner)) for inner in hidden if inner)
        if ip not in _GLOBAL:
            return False
    return not any(ip in network for network in _SPECIAL if network.version == ip.version)


def _ascii(host: str) -> str:
    """A host's name as it is looked up, in small letters and without brackets."""
    host = host.casefold().strip("[]")
    try:
        return host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return host


def _host(target: Url) -> str:
    return _ascii(target.host or "")


def _checked(url: str) -> Url:
    """An address that may be asked at all, in parts. What reads it here also decides where the
    connection goes."""
    try:
        target = parse_url(url)
    except LocationParseError:
        raise FetchError("has an address that can't be read", hint="is it complete?") from None
    if target.scheme not in ("http", "https") or not target.host:
        raise FetchError("is not at an http:// or https:// address", hint="is it complete?")
    if target.auth is not None:
        raise FetchError(
            "has a user name in its address", hint="take it out: posts are no place for passwords"
        )
    if not _HOST.fullmatch(target.host):
        raise FetchError("has an address whose host can't be read", hint="is it complete?")
    return target._replace(fragment=None)


def _next(target: Url, location: str) -> Url:
    """Where a redirect leads, checked as the first address was."""
    with contextlib.suppress(UnicodeError):
        location = location.encode(
            "latin-1"
        ).decode()  # http.client reads headers as Latin-1; servers write UTF-8
    if not location:
        raise FetchError("is redirected to nowhere", hint="give the final address")
    try:
        further = _checked(urljoin(target.url, location))
    except (ValueError, FetchError) as error:
        why = (
            error.message if isinstance(error, FetchError) else "has an address that can't be read"
        )
        raise FetchError(f"is redirected to what {why}", hint="give the final address") from None
    if target.scheme == "https" and further.scheme == "http":
        raise FetchError(
            "is redirected from https to http", hint="give an address that stays on https"
        )
    return further


@contextlib.contextmanager
def _asked(target: Url, anywhere: bool, end: float) -> Iterator[BaseHTTPResponse]:
    """The answer to one request, its body still to be read; whatever happens to the connection is a
    FetchError."""
    host = _host(target)
    try:
        with (
            _Watch(end) as watch,
            _pool(target, lambda: watch(_connected(target, anywhere, end))) as pool,
        ):
            answer = pool.urlopen(
                "GET",
                target.request_uri,
                headers=_HEADERS,
                timeout=Timeout(_left(end)),
                redirect=False,
                retries=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
                enforce_content_length=True,
            )
            with contextlib.closing(answer):
                yield answer
            if time.monotonic() >= end:  # what is cut may look like a body that ends
                raise _slow(host)
    except (HTTPError, OSError, ValueError) as error:
        if time.monotonic() >= end:
            raise _slow(host) from None
        if isinstance(error, SSLError):
            raise FetchError(
                f"can't be had: {host} has no certificate that can be verified",
                hint="is the host right?",
            ) from None
        raise FetchError(
            f"can't be had: {host} broke off", hint="is the address right? Try again later"
        ) from None


def _pool(target: Url, connect: Callable[[], socket.socket]) -> HTTPConnectionPool:
    """For one connection, which is made by `connect`."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect()

    class Tls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect()

    pool: HTTPConnectionPool
    if target.scheme == "https":
        pool = HTTPSConnectionPool(
            target.host or "", target.port or 443, cert_reqs="CERT_REQUIRED", ca_certs=CERTIFICATES
        )
        pool.ConnectionCls = Tls
    else:
        pool = HTTPConnectionPool(target.host or "", target.port or 80)
        pool.ConnectionCls = Plain
    return pool


class _Watch:
    """Shuts a connection when time is up, wherever it hangs: in TLS, in headers or a body that
    drip.

    A socket's own timeout starts anew with each byte.
    """

    def __init__(self, end: float) -> None:
        self._timer = threading.Timer(max(0.0, end - time.monotonic()), self._cut)
        self._timer.daemon = True
        self._second: socket.socket | None = None

    def __call__(self, connection: socket.socket) -> socket.socket:
        self._second = connection.dup()  # TLS takes the first one over; both are one connection
        if self._timer.finished.is_set():
            self._cut()
        return connection

    def _cut(self) -> None:
        if self._second is not None:
            with contextlib.suppress(OSError):
                self._second.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> _Watch:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._second is not None:
            self._second.close()


def _connected(target: Url, anywhere: bool, end: float) -> socket.socket:
    """A connection to the first of the host's addresses that may be asked, and answers."""
    host = _host(target)
    found = _resolved(host, target.port or (443 if target.scheme == "https" else 80), end)
    if not found:
        raise FetchError(
            f"can't be had: {host} could not be looked up", hint="is the address right?"
        )
    public = [one for one in found if anywhere or is_public(str(one[4][0]))]
    if not public:
        raise FetchError(
            f"is at {host}, which is no public address",
            hint="if that is meant, name the host in the configuration: [pictures] hosts = […]",
        )
    for family, kind, protocol, _, address in public:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(min(_CONNECT, _left(end)))
            connection.connect(address)
        except OSError:
            connection.close()
            continue
        connection.settimeout(_left(end))  # of the TLS handshake
        return connection
    if time.monotonic() >= end:
        raise _slow(host)
    raise FetchError(
        f"can't be had: no connection to {host}", hint="is the address right, and the server there?"
    )


def _resolved(host: str, port: int, end: float) -> list[Any]:
    """What the system finds, in its order. It takes its time where no name server answers, and
    can't be told not to: the thread that asks is left behind then.
    """
    found: list[Any] = []

    def look() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    asking = threading.Thread(target=look, daemon=True)
    asking.start()
    asking.join(_left(end))
    return list(found)


def _body(answer: BaseHTTPResponse, limit: int) -> bytes:
    coding = answer.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise FetchError(
            "is sent packed in a way that isn't read", hint="give another address of it"
        )
    length = answer.headers.get("Content-Length", "")
    if re.fullmatch("[0-9]{1,20}", length) and int(length) > limit:
        raise _too_large(limit)
    # Asked for as it is, some servers pack it nevertheless: 32 + 15 reads both zlib's header and
    # gzip's.
    unpack = zlib.decompressobj(47) if coding not in ("", "identity") else None
    body = bytearray()
    while piece := answer.read(65_536, decode_content=False):
        try:
            body += unpack.decompress(piece, limit + 1 - len(body)) if unpack else piece
        except zlib.error:
            raise FetchError("is packed, and broken", hint="give another address of it") from None
        if len(body) > limit:
            raise _too_large(limit)
    if unpack and not unpack.eof:
        raise FetchError("is cut off", hint="try again later")
    return bytes(body)


def _left(end: float) -> float:
    """Seconds, never 0: a socket would take that for "don't wait at all"."""
    return max(0.01, end - time.monotonic())


def _slow(host: str) -> FetchError:
    return FetchError(
        f"takes too long: {host} doesn't answer, or too slowly", hint="try again later"
    )


def _too_large(limit: int) -> FetchError:
    return FetchError(f"has more than {limit / 1e6:g} MB", hint="make it smaller")
