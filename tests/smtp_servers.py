"""Mail servers for the tests: aiosmtpd for what a good one does, a script for what a bad one may
do."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass
class Inbox:
    """What one server received: envelopes in order, the connections made, the logins tried."""

    port: int
    mails: list[Any] = field(default_factory=list)
    connections: int = 0
    logins: list[tuple[str, str]] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += not session.host_name
        session.host_name = hostname
        return responses

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 2.0.0 accepted"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def inbox(password: str = "", tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[Inbox]:
    """A server that takes everything; with a `password`, only from who gives it as the user
    "ada"."""
    box = Inbox(free_port())

    def authenticator(
        server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        login = (data.login.decode(), data.password.decode())
        box.logins.append(login)
        return AuthResult(success=login == ("ada", password), handled=False)

    if password:
        options = {"authenticator": authenticator, "auth_require_tls": tls is not None, **options}
    controller = Controller(box, "127.0.0.1", box.port, tls_context=tls, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


HANG_UP = b""
SILENCE = b"\0"


@contextmanager
def scripted(
    answers: Mapping[str, bytes], times: int = 99, tls: ssl.SSLContext | None = None
) -> Iterator[Inbox]:
    """A server that says "250 ok" to everything but what `answers` has, for the first `times`.

    Keys: GREETING, a command's verb, BODY (at the message's first line) and DOT (when it is
    complete). HANG_UP closes the connection instead, SILENCE says nothing. After half a line it
    hangs up.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    live: list[socket.socket] = []
    box = Inbox(listener.getsockname()[1])
    left = dict.fromkeys(answers, times)

    def say(connection: socket.socket, key: str, otherwise: bytes) -> bytes:
        answer = otherwise
        if left.get(key, 0) > 0:
            left[key] -= 1
            answer = answers[key]
        if answer == HANG_UP:
            raise ConnectionAbortedError
        if answer != SILENCE:
            connection.sendall(answer)
        if not answer.endswith(b"\n") and answer != SILENCE:
            raise ConnectionAbortedError
        return answer

    def talk(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            say(connection, "GREETING", b"220 here\r\n")
            for line in lines:
                verb = line.decode("latin-1").partition(" ")[0].strip().upper()
                usual = {"DATA": b"354 go on\r\n", "QUIT": b"221 bye\r\n"}.get(verb, b"250 ok\r\n")
                if say(connection, verb, usual).startswith(b"354"):
                    body = lines.readline()
                    say(connection, "BODY", SILENCE)
                    while not body.endswith(b"\r\n.\r\n"):
                        body += lines.readline()
                    box.mails.append(body)
                    say(connection, "DOT", b"250 2.0.0 accepted\r\n")

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            box.connections += 1
            try:
                if tls is not None:
                    # Handshakes that a client gives up end in an OSError.
                    connection = tls.wrap_socket(connection, server_side=True)
                live[:] = [connection]
                talk(connection)
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in live:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        thread.join(5)
