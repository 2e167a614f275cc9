"""The one network seam: a requests session that sorts whatever happens into NotSent, Refused and
Unknown.

Mastodon.py, tweepy and our own Discord calls all go through it, so that a lost answer means the
same everywhere. The libraries wrap what a session raises; `sorted_errors` digs it out again.
"""

from __future__ import annotations

import http.client
import json
import math
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from publisher import failpoints
from publisher.clock import now
from publisher.documentation import CHANNELS
from publisher.errors import DeliveryError, NotSent, PublishError, Refused, Unknown
from publisher.hosts import is_loopback
from publisher.secrets import Redactor
from publisher.watchdog import Watchdog, at_most

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 60.0
"""Seconds. Mastodon may take half a minute for a post with media; its own proxy gives up after
60."""

ANSWER_TIME = 90.0
"""Seconds for an answer, from the request's last byte to the answer's."""
ANSWER_LIMIT = 10_000_000
"""Bytes of an answer, unpacked. The longest that is asked for, a list of 40 posts, has 0.5 MB."""
EARLY_HINTS = 20
"""Answers of 1xx before the one that counts."""
LONGEST_WAIT = 366 * 86_400.0
"""Seconds. What asks for more means never."""

_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""Methods that may be sent twice to the same effect (RFC 9110, section 9.2.2)."""

_wire = threading.local()


class _Traced:
    """Notes on the thread when the first byte of a request leaves: until then nothing can be
    live."""

    def connect(self) -> None:
        failpoints.hit("before connection open")
        super().connect()  # type: ignore[misc]
        failpoints.hit("connection open")

    def send(self, data: Any) -> None:
        if self.sock is None:  # type: ignore[attr-defined]
            self.connect()
        if not getattr(_wire, "began", False):
            failpoints.hit("before request sent")
            _wire.leaving()
        _wire.began = True
        super().send(data)  # type: ignore[misc]

    def getresponse(self) -> Any:
        failpoints.hit("request sent")
        _wire.watchdog = Watchdog(self.sock, ANSWER_TIME)  # type: ignore[attr-defined]
        return super().getresponse()  # type: ignore[misc]


class _Answer(http.client.HTTPResponse):
    """An answer of which those before the last are read over: 102 and 103 announce, and say nothing
    of what becomes of the request (RFC 9110, section 15.2)."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(EARLY_HINTS):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 < status < 200 or status == 101:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.BadStatusLine("nothing but announcements")


class _TracedHTTP(_Traced, HTTPConnection):
    response_class = _Answer


class _TracedHTTPS(_Traced, HTTPSConnection):
    response_class = _Answer


class _TooLarge(requests.RequestException):
    """An answer beyond ANSWER_LIMIT."""


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _TracedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _TracedHTTPS


class _TracedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class Session(requests.Session):
    """A session for one channel. Every request is on a fresh connection, follows no redirect and
    has a timeout. No cookie is kept.

    A kept-alive connection that the server has closed meanwhile looks exactly like a lost answer,
    and a redirect would carry the credentials to another host.

    `rewrite` is (old, new): requests to the address `old` go to `new`, before they are signed.
    `secrets` are kept out of what a server is quoted with.
    `skew` is the server's clock minus ours, by the Date of its last answer; None where there was
    none.
    `request` takes `leaving`, which is called right before a request's first byte, and `form`, true
    where the answer is no JSON but a form, as those of OAuth 1.0a are; `moved`, true where a redirect is
    an answer, which says where something is.
    """

    def __init__(
        self, *, rewrite: tuple[str, str] | None = None, secrets: Iterable[str] = ()
    ) -> None:
        super().__init__()
        self.rewrite = rewrite
        self.redact = Redactor(secrets)
        self.skew: timedelta | None = None
        self.mount("https://", _TracedAdapter())
        self.mount("http://", _TracedAdapter())
        self.headers["Connection"] = "close"
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))

    def request(self, method: str | bytes, url: str | bytes, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        method, url = str(method).upper(), str(url)
        if self.rewrite and url.startswith(self.rewrite[0]):
            url = self.rewrite[1] + url[len(self.rewrite[0]) :]
        if is_loopback(urlsplit(url).hostname or ""):
            self.trust_env = (
                False  # a proxy from the environment doesn't reach this machine's own servers
            )
        kwargs["allow_redirects"] = False
        kwargs["timeout"] = (at_most(CONNECT_TIMEOUT), at_most(READ_TIMEOUT))
        # Without an `auth` of some kind, requests would put a password from ~/.netrc in place of
        # our token.
        kwargs["auth"] = kwargs.get("auth") or (lambda request: request)
        kwargs["stream"] = True
        _wire.began, _wire.leaving = False, kwargs.pop("leaving", None) or (lambda: None)
        _wire.watchdog = None
        is_form, may_move = kwargs.pop("form", False), kwargs.pop("moved", False)
        try:
            response = super().request(method, url, **kwargs)
            _read_within_limits(response)
        except requests.RequestException as error:
            raise _transport_error(method, url, error) from error
        finally:
            # "Connection: close" asks the server; only this keeps urllib3 from trying the
            # connection once more.
            for adapter in self.adapters.values():
                adapter.close()
            if _wire.watchdog is not None:
                _wire.watchdog.cancel()
        failpoints.hit("response received")
        self.skew = _skew(response) or self.skew
        is_moved = may_move and 300 <= response.status_code < 400
        if not (is_moved or (is_form and response.status_code < 300)):
            _raise_for_answer(method, response, self.redact)
        return response

    def clock(self, url: str) -> timedelta | None:
        """`skew`; a server that didn't say anything yet is asked for nothing but its headers."""
        if self.skew is None:
            with suppress(DeliveryError):
                self.request("HEAD", url)
        return self.skew

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None is followed; requests would read all of the answer to find out where it leads."""


def clock_of(url: str) -> timedelta | None:
    """A server's clock minus ours, for adapters that keep no session. None: it doesn't say."""
    with Session() as session:
        return session.clock(url)


def _read_within_limits(response: requests.Response) -> None:
    """Put the body where requests keeps it. Raises requests' errors."""
    body = bytearray()
    try:
        for chunk in response.iter_content(65_536):
            body += chunk
            if len(body) > ANSWER_LIMIT:
                raise _TooLarge
    finally:
        response.close()
    if _wire.watchdog is not None and _wire.watchdog.bit:
        # What was cut off in its headers looks like a whole answer.
        raise requests.Timeout
    response._content = bytes(body)


@contextmanager
def sorted_errors() -> Iterator[None]:
    """Raise the DeliveryError behind whatever a client library made of it; anything else is
    Unknown."""
    try:
        yield
    except PublishError:
        raise
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, DeliveryError):
                raise cause from None
            cause = cause.__cause__ or cause.__context__
        raise Unknown(f"the client library failed: {type(error).__name__}: {error}") from error


def _transport_error(method: str, url: str, error: requests.RequestException) -> DeliveryError:
    host = urlsplit(url).hostname
    reason = _root_cause(error)
    if not getattr(_wire, "began", False):
        return NotSent(f"no connection to {host} ({reason})")
    if method in _REPEATABLE:
        return NotSent(f"no answer from {host} ({reason})")
    return Unknown(f"the answer of {host} was lost ({reason})")


def _root_cause(error: BaseException) -> str:
    """A short word for what happened; requests nests the cause three deep, with addresses of
    objects in it."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its TLS certificate could not be verified"
    if isinstance(error, _TooLarge):
        return f"it answered with more than {ANSWER_LIMIT // 1_000_000} MB"
    if isinstance(error, requests.Timeout):
        return "timed out"
    names = str(error).lower()
    for sign, word in (
        ("failed to resolve", "its name could not be resolved"),
        ("name or service not known", "its name could not be resolved"),
        ("connection refused", "connection refused"),
        ("network is unreachable", "network is unreachable"),
        ("remotedisconnected", "it closed the connection"),
        ("reset by peer", "it reset the connection"),
        ("incompleteread", "the answer was cut off"),
        ("broken pipe", "it closed the connection"),
    ):
        if sign in names:
            return word
    return type(error).__name__


def _raise_for_answer(method: str, response: requests.Response, redact: Redactor) -> None:
    status = response.status_code
    host = urlsplit(response.url).hostname
    if 200 <= status < 300:
        if status == 204 or not response.content or _json(response) is not None:
            return
        error = NotSent if method in _REPEATABLE else Unknown
        raise error(f"{host} answered {status} with something unreadable", status=status)
    # Cut only then: half a secret would not be recognised.
    said = f"{host} answered {status}: {redact(what_it_said(response))[:300]}"
    if status == 429:
        raise NotSent(
            said,
            status=status,
            retry_after=retry_after(response.headers, now().timestamp()) or _asked_for(response),
        )
    if status == 303 and method not in _REPEATABLE:
        # "See other": it was done, and what came of it is elsewhere (RFC 9110, section 15.4.4).
        raise Unknown(said, status=status)
    if 300 <= status < 400:
        target = urlsplit(response.headers.get("Location", "")).netloc or "another address"
        raise Refused(
            f"{host} redirects to {target}",
            hint="put the final address into the configuration",
            status=status,
        )
    if status >= 500 or status == 408:
        if method in _REPEATABLE:
            raise NotSent(
                said, status=status, retry_after=retry_after(response.headers, now().timestamp())
            )
        raise Unknown(said, status=status, worded=_is_worded(response))
    hint = (
        f"is the channel's token still good, and may it do this? each channel has a page: {CHANNELS}"
        if status in (401, 403)
        else ""
    )
    raise Refused(said, hint=hint, status=status, code=_code(response))


def _is_worded(response: requests.Response) -> bool:
    body = _json(response)
    return isinstance(body, dict) and isinstance(body.get("error"), str)


def _code(response: requests.Response) -> int | None:
    """The platform's own number for what is wrong, where it gives one."""
    body = _json(response)
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, int) else None


def _json(response: requests.Response) -> Any:
    try:
        return json.loads(response.content)
    except ValueError:
        return None


SHORT = 100
"""Bytes of an answer that are words for people, where they are neither JSON nor HTML."""


def what_it_said(response: requests.Response) -> str:
    """The human words in an error's body, in one line."""
    body = _json(response)
    words = ""
    if isinstance(body, dict):
        for key in ("detail", "error_description", "error", "message", "title", "description"):
            if isinstance(body.get(key), str):
                words = body[key]
                break
        if re.fullmatch(r"[A-Z][A-Za-z]+", words) and isinstance(body.get("message"), str):
            # A name for programs, with the words for people beside it, as XRPC has it.
            words = f"{words}: {body['message']}"
        if isinstance(body.get("errors"), dict | list):
            words = f"{words} {json.dumps(body['errors'], ensure_ascii=False)}"
    elif len(response.content) < SHORT and b"<" not in response.content:
        words = response.content.decode("utf-8", "replace")  # Slack's webhooks say a word
    return " ".join((words or response.reason or "no reason given").split())


def _asked_for(response: requests.Response) -> float | None:
    """Seconds that a refusal's body asks to wait: Telegram's parameters.retry_after, Matrix's
    retry_after_ms."""
    body = _json(response)
    if not isinstance(body, dict):
        return None
    more = body.get("parameters")
    seconds = more.get("retry_after") if isinstance(more, dict) else None
    if isinstance(body.get("retry_after_ms"), int):
        seconds = body["retry_after_ms"] / 1000
    return _sane(float(seconds)) if isinstance(seconds, int | float) else None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, as the platform asked: Retry-After (seconds or a date), else a rate limit's
    reset. At least one, however it was meant; None where it says nothing that makes sense.

    Resets: Mastodon's X-RateLimit-Reset is an ISO 8601 time, X's x-rate-limit-reset epoch seconds,
    Discord's X-RateLimit-Reset-After seconds, a PDS's RateLimit-Reset epoch seconds (@atproto/xrpc-server
    of PDS 0.4.217). A time is taken relative to the server's own Date.
    """
    server_now = now
    if headers.get("Date"):
        parsed = _time(headers["Date"])
        server_now = parsed if parsed is not None else now
    for name in ("Retry-After", "X-RateLimit-Reset-After"):
        value = headers.get(name, "")
        if value:
            try:
                return _sane(float(value))
            except ValueError:
                moment = _time(value)
                if moment is not None:
                    return _sane(moment - server_now)
    for name in ("X-RateLimit-Reset", "x-rate-limit-reset", "RateLimit-Reset"):
        moment = _time(headers.get(name, ""))
        if moment is not None:
            return _sane(moment - server_now)
    return None


def _sane(seconds: float) -> float | None:
    if math.isnan(seconds):
        return None
    return min(max(1.0, seconds), LONGEST_WAIT)


def _time(value: str) -> float | None:
    """Epoch seconds of an HTTP date, an ISO 8601 time or epoch seconds; None for anything else."""
    for read in (float, _iso, _http_date):
        try:
            return read(value)
        except (ValueError, TypeError, IndexError):
            continue
    return None


def _iso(value: str) -> float:
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _http_date(value: str) -> float:
    return parsedate_to_datetime(value).timestamp()


def _skew(response: requests.Response) -> timedelta | None:
    server = _time(response.headers.get("Date", ""))
    return timedelta(seconds=server - now().timestamp()) if server is not None else None
