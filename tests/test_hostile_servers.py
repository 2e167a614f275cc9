"""Whatever a server does, an answer has an end, and means what it means."""

from __future__ import annotations

import gzip
import importlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from publisher import http
from publisher.delivery import side_by_side
from publisher.errors import DeliveryError, NotSent, Refused, Unknown
from publisher.hosts import is_address
from publisher.http import Session, retry_after
from publisher.pictures.fetch import is_public
from publisher.sandbox import Sandbox
from tests.conftest import Publish, live

from .smtp_servers import scripted
from .test_email_wire import channel, outcome

Talk = Callable[[socket.socket], None]


@contextmanager
def answering(talk: Talk) -> Iterator[str]:
    """The address of a server that reads a request and then does what `talk` does."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.recv(65_536)
                talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def says(*pieces: bytes) -> Talk:
    return lambda connection: connection.sendall(b"".join(pieces))


def asked(talk: Talk, method: str = "POST") -> DeliveryError | dict[str, object]:
    with answering(talk) as url, Session() as session:
        try:
            answer: dict[str, object] = session.request(method, url, json={}).json()
        except DeliveryError as error:
            return error
        return answer


GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"id": "1"}'


@pytest.mark.parametrize("early", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_what_only_announces_is_read_over(early: bytes) -> None:
    announced = b"HTTP/1.1 " + early + b"\r\nLink: </style.css>\r\n\r\n"
    assert asked(says(announced, announced, GOOD)) == {"id": "1"}


def test_one_that_announces_for_ever_has_not_answered() -> None:
    announced = b"HTTP/1.1 102 Processing\r\n\r\n"
    assert type(asked(says(announced * 1000))) is Unknown


@pytest.mark.parametrize(
    ("status", "kind"), [(303, Unknown), (301, Refused), (302, Refused), (307, Refused)]
)
def test_a_redirect_after_a_post(status: int, kind: type[DeliveryError]) -> None:
    """303 says that it was done; the others, that this is the wrong place."""
    talk = says(f"HTTP/1.1 {status} Look\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n".encode())
    assert type(asked(talk)) is kind


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    with suppress(OSError):
        while True:
            connection.sendall(b" " * 65_536)


def bomb(connection: socket.socket) -> None:
    packed = gzip.compress(b" " * 200_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    connection.sendall(head.encode() + packed)


def redirecting_without_end(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n")
    with suppress(OSError):
        while True:
            connection.sendall(b" " * 65_536)


@pytest.mark.parametrize("talk", [endless, bomb, redirecting_without_end])
@pytest.mark.parametrize(("method", "kind"), [("POST", Unknown), ("GET", NotSent)])
def test_an_answer_without_end_is_cut_off(
    talk: Talk, method: str, kind: type[DeliveryError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ANSWER_LIMIT", 1_000_000)
    error = asked(talk, method)
    assert type(error) is kind
    assert "more than 1 MB" in error.message


def dripping(head: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.sendall(head)
        with suppress(OSError):
            for _ in range(6000):
                connection.sendall(b"x")
                time.sleep(0.05)

    return talk


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"]
)
def test_a_byte_now_and_then_is_no_answer(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ANSWER_TIME", 0.5)
    began = time.monotonic()
    assert type(asked(dripping(head))) is Unknown
    assert time.monotonic() - began < 150, "6,000 bytes would take 300 seconds"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 1), ("-5", 1), ("0.001", 1), ("7", 7), ("1e300", http.LONGEST_WAIT), ("inf", http.LONGEST_WAIT),
     ("nan", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 1)],
)  # fmt: skip
def test_a_wait_that_makes_no_sense_is_at_least_a_second(value: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": value}, now=1e9) == seconds


# Mail


def test_what_is_no_354_is_no_message_however_friendly() -> None:
    for answer in (b"250 2.0.0 queued\r\n", b"200 ok\r\n", b"334 go on\r\n"):
        with scripted({"DATA": answer}) as box:
            mail = channel(f"smtp://127.0.0.1:{box.port}")
            assert type(outcome(mail)) is NotSent
            mail.close()
        assert box.mails == []


@pytest.mark.parametrize("verb", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_reply_too_many_ends_it_and_nothing_counts_as_sent(verb: str) -> None:
    usual = {"GREETING": b"220 here\r\n", "DATA": b"354 go on\r\n"}.get(verb, b"250 ok\r\n")
    with scripted({verb: usual + b"250 2.0.0 queued\r\n"}) as box:
        mail = channel(f"smtp://127.0.0.1:{box.port}")
        error = outcome(mail)
        mail.close()
    assert type(error) is NotSent
    assert box.mails == []


def test_a_reply_without_end_is_cut_off() -> None:
    for verb in ("GREETING", "MAIL", "DOT"):
        with scripted({verb: b"250-and on\r\n" * 50_000}) as box:
            mail = channel(f"smtp://127.0.0.1:{box.port}")
            error = outcome(mail)
            mail.close()
        assert type(error) is (Unknown if verb == "DOT" else NotSent)


# Addresses


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "https://", "http://a b/", "https://x/\x1b[31m", "https://x/\n",
     "https://x/](https://evil.example", "https://x/<b>", "https://x/`id`", "https://x/\u202e", "ftp://x/", ""],
)  # fmt: skip
def test_what_is_no_address_is_not_shown_as_one(url: str) -> None:
    assert not is_address(url)


def test_addresses_as_platforms_give_them() -> None:
    for url in (
        "https://example.social/@ada_b/114000000000000001",
        "http://127.0.0.1:8801/channels/1/2/3",
        "https://münchen.example/@ada/1?lang=de#x",
    ):
        assert is_address(url)


@pytest.mark.parametrize(
    "address",
    "192.0.0.1 192.0.0.8 192.88.99.1 198.18.0.1 240.0.0.1 224.0.0.1 100.64.0.1 0.1.2.3 3fff::1 2001:db8::1 2001:2::1"
    " fc00::1 fe80::1 ::1 64:ff9b::a00:1 2002:a00:1::1 5f00::1".split(),
)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_ordinary_addresses_are_public() -> None:
    for address in ("93.184.216.34", "192.0.1.1", "2606:2800:220:1::1", "2a00:1450:4001::1"):
        assert is_public(address)


# The whole road, where a server never comes to an end.

_smtp: Any = importlib.import_module("publisher.adapters._smtp")

READABLE = ("mastodon", "twitter")
"""What can be read back: nobody is asked."""


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer's time, shortened."""
    monkeypatch.setattr(http, "ANSWER_TIME", 1.0)
    monkeypatch.setattr(_smtp, "FINAL_TIMEOUT", 1.0)
    monkeypatch.setattr(_smtp, "SLOW", 0.0)


@pytest.mark.parametrize("kind", ["slow", "endless", "early"])
@pytest.mark.parametrize("name", ["mastodon", "twitter", "discord", "email"])
@pytest.mark.usefixtures("project", "hurry")
def test_an_answer_that_never_ends_leaves_one_copy(
    name: str, kind: str, sandbox: Sandbox, publish: Publish
) -> None:
    if kind not in sandbox.kinds()[name]:
        pytest.skip("mail servers announce nothing")
    sandbox.fault(name, kind)
    ran = publish("post.md", "--channels", name, "--json")
    certain = kind == "early" or name in READABLE
    assert (ran.status, ran.statuses()[name]) == ((0, "sent") if certain else (3, "unknown"))
    copies = {entry["id"] for entry in live(sandbox, name)}
    assert len(copies) == len(live(sandbox, name))
    assert copies


@pytest.mark.parametrize("name", ["mastodon", "discord", "email"])
def test_the_deadline_ends_what_is_under_way(
    name: str, project: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request has a minute and more for its answer; but the channel has not."""
    monkeypatch.setattr(side_by_side, "TIMING", replace(side_by_side.TIMING, patience=0.5))
    config = project / "publish.toml"
    section = f"[channels.{name}]\n"
    config.write_text(
        config.read_text("utf-8").replace(section, section + "deadline = 1\n"), "utf-8"
    )
    sandbox.fault(name, "late", times=50, seconds=600, when="*")
    began = time.monotonic()
    ran = publish("post.md", "--channels", name, "--json")
    assert time.monotonic() - began < 50, "it was cut off by something else"
    assert (ran.status, ran.statuses()[name]) == (3, "unknown")
    assert len(live(sandbox, name)) == 1, "nor is the next recipient begun with"
