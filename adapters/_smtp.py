"""One connection to a mail server, and what each of its answers means for what may be done next.

smtplib doesn't say whether a lost connection came before or after the final dot, which ends a
message (RFC 5321, section 4.1.1.4): before it nothing has been sent, after it nobody knows.
"""

from __future__ import annotations

import base64
import contextlib
import re
import smtplib
import socket
import ssl
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from publisher import failpoints
from publisher.errors import DeliveryError, NotSent, Refused, Unknown
from publisher.hosts import is_loopback
from publisher.secrets import Redactor
from publisher.watchdog import Watchdog, at_most

from ._mime import Mail

CONNECT_TIMEOUT = 20.0
"""Seconds for the connection, the greeting and TLS."""
COMMAND_TIMEOUT = 60.0
"""Seconds for an answer to a command; RFC 5321, section 4.5.3.2, allows five minutes, but a person
waits."""
FINAL_TIMEOUT = 300.0
"""Seconds for the answer to the final dot; the RFC says ten minutes; giving up leaves an unknown
behind."""
QUIT_TIMEOUT = 5.0
SLOW = 30.0
"""Seconds that a reply may take beyond these, once it has begun."""
REPLY_LIMIT = 100_000
"""Bytes of one reply, all its lines together."""

_CREDENTIALS_HINT = (
    "check the user and password in smtp_url; some providers want a password made for programs"
)
_TLS_HINT = "smtp:// is for port 587 (STARTTLS), smtps:// for port 465 (TLS from the start)"


@dataclass(frozen=True, slots=True)
class Server:
    """Where to sign in, and as whom. `tls`: from the first byte (smtps)."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_url(url: str) -> Server:
    """smtp://user:password@host:587 or smtps://host:465, user and password percent-encoded.

    Raises ValueError with what is wrong, as the end of a sentence and without the value.
    """
    if any(unicodedata.category(letter)[0] in "CZ" for letter in url):
        raise ValueError("has a space, a line break or a control character in it")
    if not url.startswith(("smtp://", "smtps://")):
        raise ValueError("does not begin with smtp:// or smtps://")
    encode = "/ ? # @ : [ ] % in a user or password must be percent-encoded"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"has a host or port that can't be read ({encode})") from None
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"goes on after the host ({encode})")
    if not host:
        raise ValueError("names no host")
    if port == 0:
        raise ValueError("has port 0")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError(
            "has a password without a user" if password else "has a user without a password"
        )
    if any(unicodedata.category(letter) == "Cc" for letter in user + password):
        raise ValueError("has a control character in the user or password")
    tls = parts.scheme == "smtps"
    return Server(host, port or (465 if tls else 587), tls, user, password)


class _Bounded:
    """A server's replies, as smtplib reads them. `left`: bytes that the current one may have."""

    def __init__(self, file: BinaryIO) -> None:
        self._file: Any = file
        self.left = REPLY_LIMIT

    def readline(self, size: int) -> bytes:
        line: bytes = self._file.readline(size)
        self.left -= len(line)
        if self.left < 0:
            raise OSError("its reply has no end")
        return line

    def has_more(self, sock: socket.socket) -> bool:
        """Whether something is there to be read, without waiting for it."""
        patience = sock.gettimeout()
        sock.settimeout(0)
        try:
            return bool(self._file.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            sock.settimeout(patience)

    def close(self) -> None:
        self._file.close()


class _Client(smtplib.SMTP):
    """smtplib's client, but it knows whether the final dot of a message was handed over."""

    dot_sent = False

    def deliver(self, message: bytes, leaving: Callable[[], None]) -> tuple[int, bytes]:
        """DATA: the server's code and words. If it raises, `dot_sent` says what that means.

        `leaving` is called right before the final dot.
        """
        self.putcmd("data")
        code, said = self.getreply()
        if code != 354:
            self.close()  # nobody knows any more which answer is to what
            if code < 400:
                raise smtplib.SMTPServerDisconnected(f"it answered {code} to DATA")
            return code, said
        self.send(re.sub(rb"(?m)^\.", b"..", message))  # RFC 5321, section 4.5.2
        self.expect_within(FINAL_TIMEOUT)
        self._demand_silence()
        failpoints.hit("before request sent")
        leaving()
        self.send(b".\r\n")
        self.dot_sent = True
        failpoints.hit("request sent")
        code, said = self.getreply()
        if code // 100 not in (2, 4, 5):
            raise smtplib.SMTPServerDisconnected("the answer can't be read")
        self.dot_sent = False
        failpoints.hit("response received")
        self.expect_within(COMMAND_TIMEOUT)
        return code, said

    def putcmd(self, cmd: str, args: str = "") -> None:
        self._demand_silence()
        super().putcmd(cmd, args)

    def getreply(self) -> tuple[int, bytes]:
        """As smtplib's, but within limits of size and of time, whatever the server does."""
        if self.file is None and self.sock is not None:
            self.file = self.sock.makefile("rb")
        if self.file is not None and not isinstance(self.file, _Bounded):
            self.file = _Bounded(self.file)
        if isinstance(self.file, _Bounded):
            self.file.left = REPLY_LIMIT
        patience = self.sock.gettimeout() if self.sock is not None else None
        watchdog = Watchdog(self.sock, (patience or COMMAND_TIMEOUT) + SLOW)
        try:
            return super().getreply()
        finally:
            watchdog.cancel()

    def _demand_silence(self) -> None:
        """Raises SMTPServerDisconnected where the server has answered what it wasn't asked yet: the
        next answer would be taken for another's."""
        if (
            isinstance(self.file, _Bounded)
            and self.sock is not None
            and self.file.has_more(self.sock)
        ):
            self.close()
            raise smtplib.SMTPServerDisconnected("it answered before it was asked")

    def settle_in(self) -> None:
        """Once signed in: the dot is a packet of its own, and mustn't wait for an acknowledgement
        (Nagle)."""
        if self.sock is not None:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.expect_within(COMMAND_TIMEOUT)

    def leave(self) -> None:
        with contextlib.suppress(OSError):
            self.expect_within(QUIT_TIMEOUT)
            self.quit()
        self.close()

    def expect_within(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(at_most(seconds))


class _TlsClient(_Client, smtplib.SMTP_SSL):
    """The same, over TLS from the first byte."""


class Session:
    """A signed-in connection, made when it is first needed and kept between messages."""

    def __init__(self, server: Server, url: str) -> None:
        """`url` is the secret as it was given, to be kept out of what the server says."""
        self.server = server
        self._client: _Client | None = None
        tokens = (
            (f"\0{server.user}\0{server.password}", server.user, server.password)
            if server.password
            else ()
        )
        self._redact = Redactor([url, server.password, *(_base64(token) for token in tokens)])

    def send(self, mail: Mail, leaving: Callable[[], None] = lambda: None) -> None:
        """Hand one message over; `leaving` is called right before the final dot. Raises NotSent,
        Refused or Unknown."""
        client = self._ready()
        try:
            self._transaction(client, mail, leaving)
        except OSError as error:  # smtplib's own errors are OSErrors too
            self._drop()
            if client.dot_sent:
                raise Unknown(
                    f"{self.server} took the message but its answer was lost ({_reason(error)})",
                    hint="ask the recipient, or look at the server's log, whether it arrived",
                ) from None
            raise NotSent(
                f"{self.server} broke off before the message was complete ({_reason(error)})"
            ) from None

    def check(self) -> None:
        """Sign in and be answered; sends nothing. Raises NotSent or Refused."""
        client = self._ready()
        try:
            self._expect(client.noop(), "NOOP")
        except OSError as error:  # smtplib's own errors are OSErrors too
            self._drop()
            raise NotSent(f"{self.server} broke off ({_reason(error)})") from None

    def close(self) -> None:
        """Leave politely; never raises."""
        client, self._client = self._client, None
        if client is not None:
            client.leave()

    def _transaction(self, client: _Client, mail: Mail, leaving: Callable[[], None]) -> None:
        options = [f"SIZE={len(mail.data)}"] if client.has_extn("size") else []
        if mail.utf8:
            if not client.has_extn("smtputf8"):
                raise Refused(
                    f"{self.server} knows no addresses with non-ASCII letters before the @ (no SMTPUTF8)",
                    hint="use another address, or another mail server",
                )
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        self._expect(
            client.mail(mail.sender, options),
            "the sender",
            hint="may this user send from that address?",
        )
        self._expect(
            client.rcpt(mail.recipient), "the recipient", hint="take a dead address out of the list"
        )
        self._expect(client.deliver(mail.data, leaving), "the message")

    def _ready(self) -> _Client:
        """The open connection, clean for the next message; a new one where there is none or it went
        away."""
        if self._client is not None:
            try:
                self._client.expect_within(COMMAND_TIMEOUT)
                if self._client.rset()[0] == 250:
                    return self._client
            except OSError:
                pass
            self._drop()
        try:
            failpoints.hit("before connection open")
            self._client = self._open()
        except DeliveryError as error:
            # A thousand recipients must not mean a thousand failed logins: servers lock accounts
            # for less.
            error.whole = True
            raise
        failpoints.hit("connection open")
        return self._client

    def _open(self) -> _Client:
        server = self.server
        name = (
            "localhost" if server.loopback else None
        )  # what we call ourselves; None looks our own name up
        client: _Client | None = None
        try:
            if server.tls:
                context = ssl.create_default_context()
                client = _TlsClient(
                    server.host,
                    server.port,
                    name,
                    timeout=at_most(CONNECT_TIMEOUT),
                    context=context,
                )
            else:
                client = _Client(server.host, server.port, name, timeout=at_most(CONNECT_TIMEOUT))
            self._introduce(client)
            self._sign_in(client)
            client.settle_in()
        except BaseException as error:
            if client is not None:
                client.close()
            if isinstance(error, OSError):
                raise self._no_session(error) from None
            raise
        return client

    def _introduce(self, client: _Client) -> None:
        """EHLO and STARTTLS; on loopback only where the server wants TLS before one may sign in."""
        client.ehlo_or_helo_if_needed()
        server = self.server
        if server.tls or (server.loopback and (not server.user or client.has_extn("auth"))):
            return
        if not client.has_extn("starttls"):
            raise Refused(
                f"{server} offers no STARTTLS, and nothing is sent without TLS", hint=_TLS_HINT
            )
        client.starttls(context=ssl.create_default_context())
        client.ehlo_or_helo_if_needed()

    def _sign_in(self, client: _Client) -> None:
        user, password = self.server.user, self.server.password
        if not user:
            return
        # Not smtplib's login(): it knows only ASCII, and tries another way after a refusal.
        offered = str(client.esmtp_features.get("auth", "")).upper().split()
        if "PLAIN" in offered:  # RFC 4616, section 2: UTF-8
            answer = client.docmd("AUTH", f"PLAIN {_base64(f'{chr(0)}{user}{chr(0)}{password}')}")
        elif "LOGIN" in offered:
            answer = client.docmd("AUTH", f"LOGIN {_base64(user)}")
            if answer[0] == 334:
                answer = client.docmd(_base64(password))
        else:
            raise Refused(
                f"{self.server} offers no way to sign in that is known here (PLAIN, LOGIN)",
                hint=_TLS_HINT,
            )
        self._expect(answer, "the login", hint=_CREDENTIALS_HINT)

    def _no_session(self, error: OSError) -> DeliveryError:
        if isinstance(error, ssl.SSLCertVerificationError):
            return Refused(
                f"{self.server}: its certificate can't be trusted ({error.verify_message})",
                hint="is that the host's right name? a private authority can be named in SSL_CERT_FILE",
            )
        if isinstance(error, ssl.SSLError):
            return NotSent(f"{self.server}: no TLS ({_reason(error)})", hint=_TLS_HINT)
        if isinstance(error, smtplib.SMTPResponseException):
            said = error.smtp_error
            return self._verdict(
                error.smtp_code,
                said if isinstance(said, bytes) else said.encode(),
                "the connection",
                "",
            )
        return NotSent(
            f"no connection to {self.server} ({_reason(error)})",
            hint="check host and port in smtp_url",
        )

    def _expect(self, answer: tuple[int, bytes], what: str, hint: str = "") -> None:
        code, said = answer
        if 200 <= code < 300:
            return
        if (
            code == 421 or not 400 <= code < 600
        ):  # RFC 5321, section 3.8: 421 means that it hangs up
            self._drop()
        raise self._verdict(code, said, what, hint)

    def _verdict(self, code: int, said: bytes, what: str, hint: str) -> DeliveryError:
        """5xx is for good; anything else is no, for now."""
        words = self._redact(_printable(said.decode("utf-8", "replace")))[:300]
        message = (
            f"{self.server} answered {code} to {what}: {words}"
            if words
            else f"{self.server} said {code} to {what}"
        )
        if 500 <= code < 600:
            return Refused(message, hint=hint, status=code)
        return NotSent(message, hint=hint, status=code)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _printable(text: str) -> str:
    """One line that can do nothing to a terminal."""
    kept = "".join(" " if unicodedata.category(letter)[0] == "C" else letter for letter in text)
    return " ".join(kept.split())


def _reason(error: BaseException) -> str:
    """A few words for what happened on the wire; never what was sent."""
    if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, OSError):
        error = error.__context__
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "its name could not be resolved"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, smtplib.SMTPServerDisconnected | ConnectionError | ssl.SSLEOFError):
        return "it closed the connection"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "handshake failed").replace("_", " ").lower()
    return getattr(error, "strerror", None) or type(error).__name__
