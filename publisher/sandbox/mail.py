"""An SMTP server (aiosmtpd) that keeps what it accepts, and can refuse, defer, and go away."""

from __future__ import annotations

import asyncio
import html
import logging
import re
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import policy as policies
from email.message import EmailMessage
from email.parser import BytesParser
from functools import lru_cache
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from publisher.sandbox.faults import SMTP_FAULTS, SMTP_STAGES
from publisher.sandbox.platform import page, plain
from publisher.sandbox.stand_in import StandIn, Surroundings
from publisher.sandbox.traffic import Exchange
from publisher.sandbox.web import HOST, PAUSE, Answer

MAX_MESSAGES = 20_000
MAX_SIZE = 32 * 2**20
OK = "250 OK"
GONE = "421 4.3.0 closing"
"""aiosmtpd wants an answer where nobody is there to hear it."""

logging.getLogger("mail").addHandler(
    logging.NullHandler()
)  # aiosmtpd's: else its warnings go to the terminal


@dataclass(frozen=True, slots=True)
class Kept:
    """One message as it was accepted: envelope, bytes, time."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    at: datetime

    def parsed(self) -> EmailMessage:
        return BytesParser(policy=policies.default).parsebytes(self.raw)


class Mail(StandIn):
    """The SMTP server: AUTH LOGIN and PLAIN without TLS (this is loopback), SMTPUTF8, 8BITMIME,
    SIZE.

    An address that begins with "refused@" is always refused (550 5.1.1), one with "deferred@"
    deferred (450).
    """

    name = "email"
    title = "Email"
    kinds = SMTP_FAULTS

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.told = surroundings.told
        self.faults = surroundings.faults
        self.user, self.password = "sandbox", "sandbox-smtp-password"
        self.port = 0
        self.connections = 0
        """How many clients have connected so far."""
        self._kept: list[Kept] = []
        self._lock = threading.Lock()
        self._open: set[Connection] = set()
        self._listener: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"smtp://{self.user}:{self.password}@{HOST}:{self.port}"

    @property
    def place(self) -> str:
        """Its address, for people."""
        return f"smtp://{HOST}:{self.port}"

    def settings(self) -> Mapping[str, Any]:
        return {
            "sender": "The collective <news@example.org>",
            "recipients": ["ada@example.org", "grace@example.com", "radia@example.net"],
            "unsubscribe": "mailto:leave@example.org",
        }

    def secrets(self) -> Mapping[str, str]:
        return {"smtp_url": self.url}

    # Its life: an event loop in a thread of its own.

    def listen(self, port: int = 0) -> None:
        self._listener = socket.create_server((HOST, port), backlog=128)
        self.port = self._listener.getsockname()[1]

    def start(self) -> None:
        listener = self._listener
        if listener is None:
            return
        loop = self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(loop, listener, ready), name="sandbox email", daemon=True
        )
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)
        elif self._listener is not None:
            self._listener.close()
        self._loop = self._thread = self._listener = None

    def _run(
        self, loop: asyncio.AbstractEventLoop, listener: socket.socket, ready: threading.Event
    ) -> None:
        server = loop.run_until_complete(
            loop.create_server(lambda: Connection(self, loop), sock=listener)
        )
        ready.set()
        loop.run_forever()
        loop.run_until_complete(self._close(server))
        loop.close()

    async def _close(self, server: asyncio.Server) -> None:
        server.close()
        for connection in list(self._open):
            connection.vanish()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # lets the transports tell their protocols that they are closed

    def hang_up(self) -> None:
        """Close every connection, without a further word."""
        done = threading.Event()

        def close() -> None:
            for connection in list(self._open):
                connection.vanish()
            done.set()

        if self._loop is not None:
            self._loop.call_soon_threadsafe(close)
            done.wait(5)

    # What came.

    def reset(self) -> None:
        with self._lock:
            self._kept.clear()

    def kept(self) -> list[Kept]:
        """Every message accepted, oldest first, byte for byte."""
        with self._lock:
            return list(self._kept)

    def stage(self, kind: str, when: str) -> str:
        return SMTP_STAGES.get(kind, "DATA")

    def mails(self) -> list[tuple[bytes, str]]:
        return [(kept.raw, _body(kept.parsed(), "html")) for kept in self.kept()]

    def received(self, last: int = MAX_MESSAGES) -> list[dict[str, Any]]:
        """The last so many, oldest first: to read a message takes a while."""
        numbered = list(enumerate(self.kept(), start=1))
        return [self._entry(number, kept) for number, kept in numbered[-last:]]

    def _entry(self, number: int, kept: Kept) -> dict[str, Any]:
        return {"channel": self.name, "url": f"{self.pages}/{self.name}/{number}", **_read(kept)}

    def shown(self, name: str) -> Answer | None:
        """A mail for people: its headers and its text, or its HTML alone, in which no script
        runs."""
        digits, dot, ending = name.partition(".")
        kept = self.kept()
        number = int(digits) if re.fullmatch("[0-9]{1,9}", digits) else 0
        if not 1 <= number <= len(kept) or (dot and ending != "html"):
            return None
        entry = self._entry(number, kept[number - 1])
        if dot:
            policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
            headers = {
                "Content-Type": "text/html; charset=utf-8",
                "Content-Security-Policy": policy,
            }
            return Answer(200, entry["html"].encode(), headers)
        headers_shown = "\n".join(f"{name}: {value}" for name, value in entry["headers"])
        link = f'<p><a href="{number}.html">its HTML part</a></p>' if entry["html"] else ""
        to = html.escape(", ".join(entry["to"]))
        body = f"<header>to {to}{plain(headers_shown)}</header>{link}{plain(entry['text'])}"
        return page(entry["subject"] or "(no subject)", body)

    # What the connections call.

    def keep(self, envelope: Envelope) -> None:
        raw = envelope.original_content or b""
        kept = Kept(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw, self.clock.now())
        with self._lock:
            self._kept.append(kept)
            del self._kept[:-MAX_MESSAGES]
        self.changed()

    def opened(self, connection: Connection) -> None:
        self.connections += 1
        self._open.add(connection)

    def closed(self, connection: Connection) -> None:
        self._open.discard(connection)

    def knows(self, *given: Any) -> AuthResult:
        """aiosmtpd's authenticator: (server, session, envelope, mechanism, what was given)."""
        login = given[-1]
        right = isinstance(login, LoginPassword) and (login.login, login.password) == (
            self.user.encode(),
            self.password.encode(),
        )
        return AuthResult(success=right, handled=right)


class Connection(SMTP):
    """One client. aiosmtpd asks it, as its own handler, at each stage."""

    def __init__(self, mail: Mail, loop: asyncio.AbstractEventLoop) -> None:
        self._mail = mail
        super().__init__(
            self,
            loop=loop,
            hostname="sandbox.example",
            ident="ESMTP",
            data_size_limit=MAX_SIZE,
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=mail.knows,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._mail.opened(self)
        # asyncio does this by itself only for sockets that say their protocol. Without it each
        # answer of several lines waits 40 ms for an acknowledgement (Nagle).
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._mail.closed(self)
        super().connection_lost(error)

    def vanish(self) -> None:
        """Close the connection without a further word."""
        if self.transport is not None:
            self.transport.close()

    async def _handle_client(self) -> None:
        if self._mail.faults.take("email", "CONNECT") is not None:
            await self.push("421 4.3.2 Service not available, closing transmission channel")
            self.vanish()
            return
        with suppress(ConnectionError):  # the client went away, or was sent away
            await super()._handle_client()

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name, as below
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return OK

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = self._mail.faults.take("email", "RCPT", address)
        kind = fault.kind if fault else ""
        answer = self._recipient(envelope, address, options, kind)
        return self._told(f"RCPT TO:<{address}>", kind, answer)

    def _recipient(self, envelope: Envelope, address: str, options: list[str], kind: str) -> str:
        if kind == "drop-rcpt":
            return self._gone()
        if kind == "550-rcpt" or address.lower().startswith("refused@"):
            return "550 5.1.1 The email account that you tried to reach does not exist"
        if kind == "451-rcpt":
            return "451 4.3.0 Temporary failure, try again later"
        if address.lower().startswith("deferred@"):
            return "450 4.2.1 Mailbox is temporarily unavailable"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return OK

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self._mail.faults.take("email", "DATA")
        kind = fault.kind if fault else ""
        answer = await self._data(envelope, kind, fault.seconds if fault else 0.0)
        return self._told(f"DATA for {', '.join(envelope.rcpt_tos)}", kind, answer)

    async def _data(self, envelope: Envelope, kind: str, seconds: float) -> str:
        if kind == "451-data":
            return "451 4.3.0 Temporary failure, try again later"
        if kind == "554-data":
            return "554 5.7.1 Message refused"
        if kind == "drop":
            return self._gone()
        if kind == "latency":
            # Shielded: aiosmtpd cancels this when the client goes, but the message is accepted all
            # the same.
            await asyncio.shield(asyncio.ensure_future(self._keep_later(envelope, seconds)))
        else:
            self._mail.keep(envelope)
        if kind == "late":
            await asyncio.sleep(seconds)
        if kind in ("slow", "endless"):
            await self._answer_without_end(pause=PAUSE if kind == "slow" else 0.0)
        if kind in ("lost", "slow", "endless"):
            return self._gone()
        return f"250 2.0.0 OK: queued as {len(self._mail.kept())}"

    async def _keep_later(self, envelope: Envelope, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._mail.keep(envelope)

    async def _answer_without_end(self, pause: float) -> None:
        self._writer.write(b"250-")
        with suppress(ConnectionError):
            while not self._writer.is_closing():
                self._writer.write(b"." if pause else b"and so on\r\n250-" * 1000)
                await self._writer.drain()
                await asyncio.sleep(pause)

    def _gone(self) -> str:
        self.vanish()
        return GONE

    def _told(self, asked: str, fault: str, answer: str) -> str:
        """Tell what came and what was answered. Returns the answer."""
        heard = "" if answer == GONE else answer
        mail = self._mail
        mail.told(Exchange(mail.name, mail.clock.now(), asked, asked, fault, heard))
        return answer


@lru_cache(maxsize=1_000)
def _read(kept: Kept) -> Mapping[str, Any]:
    """What `received()` says of a message, whichever it was. Kept, since to read one takes
    milliseconds."""
    message = kept.parsed()
    return {
        "id": str(message.get("Message-ID", "")).strip(),
        "text": _body(message, "plain"),
        "at": kept.at.isoformat(),
        "from": kept.sender,
        "to": list(kept.recipients),
        "subject": str(message.get("Subject", "")),
        "headers": [[name, str(value)] for name, value in message.items()],
        "html": _body(message, "html"),
        "raw": kept.raw.decode("utf-8", "backslashreplace"),
    }


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, ValueError, KeyError):  # a charset that doesn't exist, base64 that isn't
        return ""
