"""A small HTTP/1.1 server on loopback that can also misbehave."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.parser import HeaderParser
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from publisher.sandbox.faults import Fault, Faults

HOST = "127.0.0.1"
MAX_BODY = 64 * 2**20
"""Bytes; more than any platform's largest picture in base64."""
MAX_CONNECTIONS = 128
IDLE_SECONDS = 60
PAUSE = 0.05
"""Seconds between two bytes of a slow answer."""
ACTING = ("latency", "late", "cut", "hangup", "lost", "early", "slow", "endless")
"""Faults that hit the answer; what was asked for is done. So do those that begin with "lost-"."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One part of a multipart/form-data body."""

    name: str
    filename: str | None
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came over the wire. Header names are in lower case; `path` is without the
    query."""

    channel: str
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    url: str

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def argument(self, name: str, default: str = "") -> str:
        """The last value of a name in the query."""
        return self.query.get(name, [default])[-1]

    def json(self) -> Any:
        """The body read as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)

    def form(self) -> list[tuple[str, str]]:
        """The fields of a form, urlencoded or multipart, in order, files left out."""
        if self.content_type == "multipart/form-data":
            return [
                (part.name, part.data.decode("utf-8", "replace"))
                for part in self.uploads()
                if part.filename is None
            ]
        return parse_qsl(
            self.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000
        )

    def uploads(self) -> list[Upload]:
        """The parts of a multipart body, byte for byte; empty for any other body."""
        boundary = re.search(r'boundary="?([^";]+)', self.headers.get("content-type", ""))
        if self.content_type != "multipart/form-data" or boundary is None:
            return []
        found = []
        for piece in (b"\r\n" + self.body).split(b"\r\n--" + boundary[1].encode())[1:]:
            head, blank, data = piece.partition(b"\r\n\r\n")
            if not blank or head.startswith(b"--"):
                continue
            headers = HeaderParser().parsestr(head.decode("utf-8", "replace").lstrip("\r\n"))
            name = headers.get_param("name", "", header="content-disposition")
            found.append(
                Upload(str(name), headers.get_filename(), headers.get_content_type(), data)
            )
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def plus(self, headers: Mapping[str, str]) -> Answer:
        """This answer with more headers; its own win."""
        return Answer(self.status, self.body, {**headers, **self.headers})


def as_json(
    status: int,
    value: Any,
    headers: Mapping[str, str] | None = None,
    *,
    kind: str = "application/json",
) -> Answer:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(status, body, {"Content-Type": f"{kind}; charset=utf-8", **(headers or {})})


class Server:
    """One listening socket; a thread for each connection. `handle` acts, at once; `begin` begins what is
    to take a while; `instead` makes a fault's answer. `log` is called with each request as it comes,
    `told` when it is over: with the kind of fault that struck it, or "", and what was answered, if
    anything."""

    def __init__(
        self,
        channel: str,
        port: int,
        *,
        faults: Faults,
        now: Callable[[], datetime],
        log: Callable[[Request], None],
        told: Callable[[Request, str, Answer | None], None],
        handle: Callable[[Request], Answer],
        begin: Callable[[Request], Callable[[], Answer]],
        instead: Callable[[str, float], Answer],
    ) -> None:
        self.channel = channel
        self.faults = faults
        self.now = now
        self.log = log
        self.told = told
        self.handle = handle
        self.begin = begin
        self.instead = instead
        self.stopping = threading.Event()
        self._listener = socket.create_server((HOST, port), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        self._room = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._live: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, name=f"sandbox {channel}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close all connections and wait for their threads."""
        self.stopping.set()
        self._hang_up_all()
        if self._thread.is_alive():
            with suppress(OSError):
                # accept() is woken by a last visitor: closing a listening socket doesn't do that
                # everywhere
                socket.create_connection((HOST, self.port), timeout=1).close()
            self._thread.join(5)
        self._listener.close()
        for thread in self._hang_up_all():
            thread.join(5)

    def _hang_up_all(self) -> list[threading.Thread]:
        with self._lock:
            live = dict(self._live)
        for connection in live:
            hang_up(connection)
        return list(live.values())

    def _accept(self) -> None:
        while not self.stopping.is_set():
            self._room.acquire()
            try:
                connection, address = self._listener.accept()
            except OSError:  # too many open files, say: it may pass
                self._room.release()
                self.stopping.wait(0.1)
                continue
            if self.stopping.is_set():
                connection.close()
                return
            thread = threading.Thread(target=self._talk, args=(connection, address), daemon=True)
            with self._lock:
                self._live[connection] = thread
            thread.start()

    def _talk(self, connection: socket.socket, address: tuple[str, int]) -> None:
        try:
            with suppress(OSError):  # the client went away, or was sent away
                Handler(connection, address, self)  # type: ignore[arg-type] # it only keeps it, for us to use
        finally:
            with self._lock:
                self._live.pop(connection, None)
            connection.close()
            self._room.release()


def hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: Server  # type: ignore[assignment]
    _answer: Answer | None = None

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what came is kept, and listed on demand."""

    def _serve(self) -> None:
        server = self.server
        request = self._request()
        if request is None:
            return
        server.log(request)
        fault = server.faults.take(server.channel, request.method, request.path)
        self._answer = None
        try:
            if fault is None:
                self._send(server.handle(request))
            else:
                self._strike(fault, request)
        finally:
            server.told(request, fault.kind if fault else "", self._answer)

    def _request(self) -> Request | None:
        length = self.headers.get("Content-Length") or "0"
        if "Transfer-Encoding" in self.headers or not length.isascii() or not length.isdigit():
            self._send(Answer(411), closing=True)
            return None
        if int(length) > MAX_BODY:
            self._send(Answer(413), closing=True)
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        try:
            target = urlsplit(self.path)
            query = parse_qs(target.query, keep_blank_values=True, max_num_fields=1000)
        except ValueError:
            self._send(Answer(400), closing=True)
            return None
        host = self.headers.get("Host") or f"{HOST}:{self.server.port}"
        names = dict.fromkeys(name.lower() for name in self.headers)
        return Request(
            channel=self.server.channel,
            method=self.command,
            path=target.path,
            query=query,
            headers={name: ", ".join(self.headers.get_all(name, [])) for name in names},
            body=body,
            at=self.server.now(),
            url=f"http://{host}{self.path}",
        )

    def _strike(self, fault: Fault, request: Request) -> None:
        server, kind = self.server, fault.kind
        if kind in ("drop", "reset"):
            self._leave(reset=kind == "reset")
            return
        act = server.begin(request) if kind == "latency" else partial(server.handle, request)
        if kind == "latency" and server.stopping.wait(fault.seconds):
            self.close_connection = True
            return
        if kind not in ACTING and not kind.startswith("lost-"):
            self._send(server.instead(kind, fault.seconds))
            return
        answer = act()
        if kind == "late":
            server.stopping.wait(fault.seconds)
        if kind == "lost":
            self._leave()
        elif kind.startswith("lost-"):
            self._send(server.instead(kind.removeprefix("lost-"), fault.seconds))
        elif kind == "cut":
            self._send(answer, cut=True)
            self._leave()
        elif kind in ("slow", "endless"):
            self._send_without_end(pause=PAUSE if kind == "slow" else 0.0)
        else:
            if kind == "early":
                self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")
            self._send(answer)
            self.close_connection = self.close_connection or kind == "hangup"

    def _send(self, answer: Answer, *, cut: bool = False, closing: bool = False) -> None:
        self._answer = answer
        self.send_response_only(answer.status)
        headers = {"Date": format_datetime(self.server.now(), usegmt=True), **answer.headers}
        if answer.status != 204:
            headers["Content-Length"] = str(len(answer.body))
        if closing:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)

    def _send_without_end(self, pause: float) -> None:
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        piece = b" " if pause else b" " * 65_536
        while not self.server.stopping.wait(pause):
            self.wfile.write(piece)

    def _leave(self, *, reset: bool = False) -> None:
        """Close the connection without a further byte, by FIN or by RST."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            hang_up(self.connection)
