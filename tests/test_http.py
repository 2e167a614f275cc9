"""The network seam: what each failure means for what may be done next, over real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from publisher import http
from publisher.errors import DeliveryError, NotSent, Refused, Unknown
from publisher.http import Session, retry_after
from tests.web_servers import Server, says


@contextmanager
def server(answer: bytes | None) -> Iterator[str]:
    """Reads one request's head, then says exactly this (None: closes without a word)."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            if answer is not None:
                connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        thread.join()
        listener.close()


def answer(status: str, body: bytes = b"{}", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.mark.parametrize(
    ("said", "post", "get"),
    [
        (answer("400 Bad Request", b'{"error": "no"}'), Refused, Refused),
        (answer("401 Unauthorized"), Refused, Refused),
        (answer("402 Payment Required"), Refused, Refused),
        (answer("403 Forbidden"), Refused, Refused),
        (answer("404 Not Found"), Refused, Refused),
        (answer("408 Request Timeout"), Unknown, NotSent),
        (answer("422 Unprocessable Content"), Refused, Refused),
        (answer("429 Too Many Requests"), NotSent, NotSent),
        (answer("500 Internal Server Error"), Unknown, NotSent),
        (answer("502 Bad Gateway", b"<html>"), Unknown, NotSent),
        (answer("503 Service Unavailable"), Unknown, NotSent),
        (answer("504 Gateway Timeout"), Unknown, NotSent),
        (
            answer("301 Moved Permanently", b"", "Location: https://elsewhere.example/"),
            Refused,
            Refused,
        ),
        (answer("200 OK", b"<html>hello</html>"), Unknown, NotSent),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", Unknown, NotSent),
        (b"garbage\r\n\r\n", Unknown, NotSent),
        (None, Unknown, NotSent),
    ],
)
def test_every_answer_has_one_class(
    said: bytes | None, post: type[DeliveryError], get: type[DeliveryError]
) -> None:
    for method, expected in (("POST", post), ("GET", get)):
        with server(said) as url, Session() as session, pytest.raises(expected) as caught:
            session.request(method, url, json={"a": 1})
        assert type(caught.value) is expected
        assert "\n" not in caught.value.message


def test_a_good_answer_is_just_that() -> None:
    with server(answer("200 OK", b'{"id": "1"}')) as url, Session() as session:
        assert session.request("POST", url, json={}).json() == {"id": "1"}


def test_nothing_was_sent_where_there_was_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", "http://nowhere.invalid/"):
        with Session() as session, pytest.raises(NotSent) as caught:
            session.request("POST", url, json={})
        assert caught.value.message


def test_no_tls_is_no_connection() -> None:
    with server(b"220 this is no TLS\r\n") as url, Session() as session, pytest.raises(NotSent):
        session.request("POST", url.replace("http:", "https:"), json={})


def test_a_late_answer_is_a_lost_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READ_TIMEOUT", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        Session() as session,
        pytest.raises(Unknown),
    ):
        session.request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}/", json={})


def test_what_a_client_library_wraps_is_dug_out_again() -> None:
    with pytest.raises(Refused, match="inner"), http.sorted_errors():
        try:
            raise Refused("inner")
        except Refused:
            raise OSError("wrapped")  # noqa: B904 - as Mastodon.py does it, without `from`
    with pytest.raises(Unknown), http.sorted_errors():
        raise KeyError("id")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "-3"}, 1),
        (
            {
                "Retry-After": "Mon, 23 Nov 2026 10:00:30 GMT",
                "Date": "Mon, 23 Nov 2026 10:00:00 GMT",
            },
            30,
        ),
        (
            {
                "X-RateLimit-Reset": "2026-11-23T10:00:20.000000Z",
                "Date": "Mon, 23 Nov 2026 10:00:00 GMT",
            },
            20,
        ),
        ({"X-RateLimit-Reset": "1795428015", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 15),
        ({"RateLimit-Reset": "1795428015", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 15),
        ({"X-RateLimit-Reset-After": "1.25", "X-RateLimit-Reset": "1795428015"}, 1.25),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_how_long_a_platform_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=0.0) == (
        pytest.approx(seconds) if seconds is not None else None
    )


def test_each_request_is_on_a_fresh_connection() -> None:
    ports: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(2):
                connection, address = listener.accept()
                ports.append(address[1])
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer("200 OK"))

        thread = threading.Thread(target=serve)
        thread.start()
        with Session() as session:
            for _ in range(2):
                session.request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}/", json={})
        thread.join()
    assert len(set(ports)) == 2


def test_a_password_from_netrc_never_takes_our_token_s_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen by a proxy: for this machine's own servers nothing is read from the environment anyway."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login eve password secret\n", "utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Server(says("200 OK", b"{}", "Connection: close")) as proxy, Session() as session:
        monkeypatch.setenv("HTTP_PROXY", proxy.url(""))
        session.request("GET", "http://social.example/", headers={"Authorization": "Bearer ours"})
    (request,) = proxy.requests
    assert request.startswith(b"GET http://social.example/ ")
    assert b"\r\nAuthorization: Bearer ours\r\n" in request


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_proxy_is_not_asked_for_what_is_on_this_machine(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = says("200 OK", b"{}", "Connection: close")
    with Server(good) as proxy, Server(good) as own, Session() as session:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url(""))
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        session.request("GET", own.url("/", host=host))
    assert (proxy.connections, own.connections) == (0, 1)
