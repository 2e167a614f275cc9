"""What is fetched from the web, from where, for how long: over real sockets on this machine."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.pictures import fetch as fetching
from publisher.pictures.fetch import FetchError, fetch, get, is_public
from tests.web_servers import BODY, Server, drips, leads_to, says

HERE = frozenset({"127.0.0.1"})


def refused(url: str, **options: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url, **{"hosts": HERE, "seconds": 10.0, **options})
    error = caught.value
    assert error.hint
    assert "\n" not in error.message + error.hint
    assert (error.message + error.hint).isprintable()
    return error


def lookups(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Make every name resolve to these. Returns the names that are looked up."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_what_answers_200_is_fetched_with_its_kind_and_final_address() -> None:
    with Server(says()) as server:
        assert get(server.url(), hosts=HERE) == (server.url(), "image/png", BODY)
        assert fetch(server.url(), hosts=HERE) == BODY


def test_a_request_says_who_asks_and_nothing_else_about_anybody() -> None:
    with Server(says()) as server:
        fetch(server.url("/a%20b?c=d#part"), hosts=HERE)
    lines = server.requests[0].decode().lower().split("\r\n")
    assert lines[0] == "get /a%20b?c=d http/1.1"
    assert sorted(line.partition(":")[0] for line in lines[1:] if line) == [
        "accept", "accept-encoding", "connection", "host", "user-agent",
    ]  # fmt: skip
    assert "user-agent: announcement-publisher" in lines
    assert "accept-encoding: identity" in lines


def test_an_address_may_be_written_with_spaces_and_accents() -> None:
    with Server(says()) as server:
        fetch(server.url("/à la carte.png"), hosts=HERE)
    assert server.requests[0].startswith(b"GET /%C3%A0%20la%20carte.png HTTP/1.1\r\n")


@pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 403, 404, 410, 429, 500, 503])
def test_any_answer_but_200_is_an_error_with_its_status_and_no_word_of_the_server(
    status: int,
) -> None:
    with Server(
        says(f"{status} \x1b[31mOwned", b"" if status in (204, 304) else b"<b>Owned</b>")
    ) as server:
        error = refused(server.url())
    assert (error.status, error.message) == (status, f"answers {status}")
    assert "Owned" not in str(error) + error.hint


# Where it may be fetched from.


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1",
        "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::f5ff:fffe", "2001:0:808:808::80ff:fffe", "100::1",
    ],
)  # fmt: skip
def test_no_address_of_this_machine_or_its_networks_is_public(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_public(address)
    lookups(monkeypatch, address)
    error = refused("http://pictures.example.org/lamp.png")
    assert error.message == "is at pictures.example.org, which is no public address"
    assert "hosts" in error.hint


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1",
                                     "::ffff:8.8.8.8"])  # fmt: skip
def test_addresses_on_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@settings(max_examples=200)
@given(st.ip_addresses(v=4))
def test_an_address_in_another_is_as_public_as_it_is_alone(address: Any) -> None:
    number = int(address)
    mapped, nat64 = f"::ffff:{address}", f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}"
    six = f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1"
    assert {is_public(mapped), is_public(nat64), is_public(six)} == {is_public(str(address))}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_this_machine_is_not_asked_however_it_is_written(host: str) -> None:
    with Server(says()) as server:
        refused(server.url(host=host), hosts=frozenset())
    assert server.connections == 0


def test_a_name_that_leads_to_this_machine_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    lookups(monkeypatch, "127.0.0.1")
    with Server(says()) as server:
        refused(server.url(host="pictures.example.org"))
    assert server.connections == 0


def test_a_name_is_looked_up_once_so_that_it_cannot_change_after_it_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = lookups(monkeypatch, "127.0.0.1")
    with Server(says()) as server:
        url = server.url(host="pictures.example.org")
        assert fetch(url, hosts=frozenset({"Pictures.Example.org"})) == BODY
    assert asked == ["pictures.example.org"]
    assert b"Host: pictures.example.org" in server.requests[0]


def test_of_several_addresses_only_public_ones_are_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lookups(monkeypatch, "127.0.0.1", "8.8.8.8", "::1")
    asked: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        asked.append(address)
        raise OSError

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert (
        "no connection to pictures.example.org" in refused("http://pictures.example.org/").message
    )
    assert asked == [("8.8.8.8", 80)]


def test_where_the_first_address_of_a_host_does_not_answer_the_next_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lookups(monkeypatch, "::1", "127.0.0.1")
    with Server(says()) as server:
        assert fetch(server.url(host="two.example"), hosts=frozenset({"two.example"})) == BODY


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/x", "file:///etc/passwd", "data:image/png;base64,AAAA", "example.org/x", "http://", "", "http:///x",
     "//example.org/x", "http://example.org:99999/", "http://exa mple.org/", "http://a\r\nb/", "http://[::1", "http://\x1b[31m/"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url: str) -> None:
    assert "address" in refused(url).message


def test_an_address_with_a_password_is_refused() -> None:
    error = refused("http://me:hunter2@127.0.0.1/")
    assert "user name" in error.message
    assert "hunter2" not in str(error) + error.hint


def test_proxies_and_passwords_of_the_environment_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Server(says()) as server, Server(says("200 OK", b"the proxy")) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        assert fetch(server.url(), hosts=HERE) == BODY
    assert proxy.connections == 0
    assert b"authorization" not in server.requests[0].lower()


# Redirects.


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_a_redirect_is_followed_and_the_final_address_told(status: str) -> None:
    with Server(says()) as last, Server(leads_to(last.url("/new.png"), status=status)) as first:
        assert get(first.url(), hosts=HERE)[0] == last.url("/new.png")


def test_a_redirect_may_be_relative_and_in_utf_8() -> None:
    with Server(leads_to("../été.png".encode().decode("latin-1"))) as server:
        refused(server.url("/a/b.png"))
    assert server.requests[1].startswith(b"GET /%C3%A9t%C3%A9.png HTTP/1.1\r\n")


def test_a_redirect_into_this_machine_is_not_followed() -> None:
    with Server(says()) as inner, Server(leads_to(inner.url(host="localhost"))) as outer:
        error = refused(outer.url())
    assert error.message == "is at localhost, which is no public address"
    assert inner.connections == 0


def test_a_redirect_loop_ends_after_five() -> None:
    with Server(leads_to("/again")) as server:
        assert "more than 5 times" in refused(server.url()).message
    assert server.connections == 6


def test_cookies_are_not_kept_from_one_request_to_the_next() -> None:
    with Server(says("302 Found", b"", "Location: /on", "Set-Cookie: who=me")) as server:
        refused(server.url())
    assert b"cookie" not in b"".join(server.requests).lower()


@pytest.mark.parametrize("place", ["", "file:///etc/passwd", "gopher://127.0.0.1/", "http://me:pw@127.0.0.1/",
                                   "http://[", "javascript:alert(1)", "http://a b/\x1b[2J"])  # fmt: skip
def test_a_redirect_to_something_else_is_refused_without_saying_it(place: str) -> None:
    with Server(leads_to(place)) as server:
        error = refused(server.url())
    assert error.message.startswith("is redirected to")
    assert not place or place not in error.message


# Limits.


def test_what_says_that_it_is_too_large_is_not_read() -> None:
    with Server(says("200 OK", bytes(2_000_001))) as server:
        assert refused(server.url(), limit=2_000_000).message == "has more than 2 MB"


def test_what_turns_out_too_large_is_given_up() -> None:
    def endless(_: bytes, write: Callable[[bytes], None]) -> None:
        write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            write(bytes(65_536))

    with Server(endless) as server:
        assert refused(server.url(), limit=1_000_000).message == "has more than 1 MB"


def test_what_is_as_large_as_allowed_is_fetched() -> None:
    with Server(says("200 OK", bytes(1000))) as server:
        assert len(fetch(server.url(), hosts=HERE, limit=1000)) == 1000


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_what_is_packed_all_the_same_is_unpacked(coding: str) -> None:
    packed = gzip.compress(BODY, mtime=0) if coding == "gzip" else zlib.compress(BODY)
    with Server(says("200 OK", packed, f"Content-Encoding: {coding}")) as server:
        assert fetch(server.url(), hosts=HERE) == BODY


def test_what_unpacks_to_more_than_is_allowed_is_given_up() -> None:
    with Server(
        says("200 OK", gzip.compress(bytes(50_000_000)), "Content-Encoding: gzip")
    ) as server:
        assert refused(server.url(), limit=1_000_000).message == "has more than 1 MB"


@pytest.mark.parametrize(
    ("coding", "body"), [("gzip", b"no"), ("br", BODY), ("gzip", gzip.compress(BODY, mtime=0)[:-9])]
)
def test_what_cannot_be_unpacked_is_one_clear_error(coding: str, body: bytes) -> None:
    with Server(says("200 OK", body, f"Content-Encoding: {coding}")) as server:
        assert refused(server.url()).message.startswith("is ")


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n",
                                   b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP", b""])  # fmt: skip
def test_what_drips_is_given_up_when_its_time_is_over(start: bytes) -> None:
    with Server(drips(start)) as server:
        began = time.monotonic()
        error = refused(server.url(), seconds=0.6)
        assert time.monotonic() - began < 150
    assert error.message.startswith("takes too long")


def test_a_handshake_that_never_ends_is_given_up() -> None:
    with Server(lambda _, write: time.sleep(5)) as server:
        began = time.monotonic()
        assert refused(server.url(scheme="https"), seconds=0.5).message.startswith("takes too long")
        assert time.monotonic() - began < 150


def test_a_name_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(300) and [])
    began = time.monotonic()
    refused("http://slow.example/", seconds=0.3)
    assert time.monotonic() - began < 150
    over.set()


@pytest.mark.parametrize("said", [b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort",
                                  b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"])  # fmt: skip
def test_a_server_that_breaks_off_is_one_clear_error(said: bytes) -> None:
    with Server(lambda _, write: write(said)) as server:
        assert refused(server.url()).message == "can't be had: 127.0.0.1 broke off"


def test_a_server_that_is_not_there_is_one_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "no connection to 127.0.0.1" in refused(f"http://127.0.0.1:{port}/").message


def test_a_name_that_is_not_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    lookups(monkeypatch)
    assert "nowhere.example could not be looked up" in refused("http://nowhere.example/").message


# TLS.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """For 127.0.0.1, signed by nobody, and its key."""
    if which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    made = (folder / "cert.pem", folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=here", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", made[0], "-keyout", made[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return made


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> Iterator[ssl.SSLContext]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    yield context


def test_a_certificate_that_nobody_vouches_for_is_refused(tls: ssl.SSLContext) -> None:
    with Server(says(), tls) as server:
        assert "no certificate that can be verified" in refused(server.url(scheme="https")).message
    assert server.requests == []


@pytest.fixture
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "CERTIFICATES", str(certificate[0]))


def test_over_tls_a_picture_is_fetched(tls: ssl.SSLContext, trusted: None) -> None:
    with Server(says(), tls) as server:
        assert fetch(server.url(scheme="https"), hosts=HERE) == BODY


def test_a_certificate_for_another_name_is_refused(
    tls: ssl.SSLContext, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups(monkeypatch, "127.0.0.1")
    with Server(says(), tls) as server:
        error = refused(
            server.url(scheme="https", host="other.example"), hosts=frozenset({"other.example"})
        )
    assert "no certificate that can be verified" in error.message


def test_a_redirect_from_https_to_http_is_refused(tls: ssl.SSLContext, trusted: None) -> None:
    with Server(says()) as plain, Server(leads_to(plain.url()), tls) as safe:
        assert "from https to http" in refused(safe.url(scheme="https")).message
    assert plain.connections == 0


def test_over_tls_what_drips_is_given_up_as_well(tls: ssl.SSLContext, trusted: None) -> None:
    with Server(drips(b"HTTP/1.1 200 OK\r\n\r\n"), tls) as server:
        began = time.monotonic()
        assert refused(server.url(scheme="https"), seconds=0.6).message.startswith("takes too long")
        assert time.monotonic() - began < 150
