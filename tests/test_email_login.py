"""Signing in: over TLS or not at all, once and not a thousand times, and nothing tells the
password."""

from __future__ import annotations

import base64
import importlib
import ssl
import subprocess
import traceback
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import quote

import pytest

from publisher.errors import NotSent, Refused

from .smtp_servers import HANG_UP, inbox, scripted
from .test_email import attempt, option, payload
from .test_email_wire import channel, outcome

smtp: Any = importlib.import_module("publisher.adapters._smtp")

PASSWORD = "n0t-to:be/tøld?"


def url(port: int, host: str = "127.0.0.1") -> str:
    return f"smtp://ada:{quote(PASSWORD, safe='')}@{host}:{port}"


@pytest.mark.parametrize("excluded", [[], ["PLAIN"]], ids=["PLAIN", "LOGIN"])
def test_signing_in_takes_any_password(excluded: list[str]) -> None:
    with inbox(PASSWORD, auth_exclude_mechanism=excluded) as box:
        mail = channel(url(box.port))
        assert outcome(mail) is None
        said = mail.check()
        mail.close()
    assert box.logins == [("ada", PASSWORD)]
    assert len(box.mails) == 1
    assert said == f"127.0.0.1:{box.port}, signed in as ada, 2 recipients"


def test_checking_sends_nothing() -> None:
    with inbox() as box:
        mail = channel(f"smtp://127.0.0.1:{box.port}")
        assert mail.check() == f"127.0.0.1:{box.port}, no login, 2 recipients"
        mail.close()
    assert box.mails == []


def test_a_wrong_password_concerns_the_whole_channel_not_one_recipient() -> None:
    with inbox("another") as box:
        mail = channel(url(box.port))
        error = outcome(mail)
        mail.close()
    assert isinstance(error, Refused)
    assert error.status == 535
    assert error.whole, "a thousand recipients must not mean a thousand failed logins"
    assert "password" in error.hint
    assert len(box.logins) == 1
    assert box.mails == []


def test_a_server_that_cant_check_the_password_just_now_is_asked_again() -> None:
    auth = {"EHLO": b"250-here\r\n250 AUTH PLAIN\r\n", "AUTH": b"454 4.7.0 try later\r\n"}
    with scripted(auth) as box:
        mail = channel(url(box.port))
        errors = [outcome(mail), outcome(mail)]
        mail.close()
    assert [type(error) for error in errors] == [NotSent] * 2
    assert box.connections == 2


def test_a_way_to_sign_in_that_isnt_known_is_refused() -> None:
    with scripted({"EHLO": b"250-here\r\n250 AUTH GSSAPI\r\n"}) as box:
        error = outcome(channel(url(box.port)))
    assert type(error) is Refused
    assert "no way to sign in" in error.message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for this machine's own names, and its key."""
    if which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    made = (folder / "cert.pem", folder / "key.pem")
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:0.0.0.0"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", names, "-out", made[0], "-keyout", made[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return made


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))


def test_starttls_comes_before_the_password(tls: ssl.SSLContext, trusted: None) -> None:
    """0.0.0.0 reaches this machine but isn't loopback: the rules of the open network apply."""
    with inbox(PASSWORD, tls) as box:
        for host in ("0.0.0.0", "127.0.0.1"):
            mail = channel(url(box.port, host))
            assert outcome(mail) is None
            mail.close()
    assert box.logins == [("ada", PASSWORD)] * 2
    assert len(box.mails) == 2


def test_a_certificate_that_nobody_vouches_for_is_refused(tls: ssl.SSLContext) -> None:
    with inbox(PASSWORD, tls) as box:
        mail = channel(url(box.port, "0.0.0.0"))
        error = outcome(mail)
        mail.close()
    assert type(error) is Refused
    assert "certificate" in error.message
    assert "SSL_CERT_FILE" in error.hint
    assert (box.logins, box.mails) == ([], [])


def test_without_tls_nothing_is_told_beyond_this_machine() -> None:
    with inbox(PASSWORD, auth_require_tls=False) as box:
        for address in (url(box.port, "0.0.0.0"), f"smtp://0.0.0.0:{box.port}"):
            error = outcome(channel(address))
            assert type(error) is Refused
            assert "STARTTLS" in error.message
    assert (box.logins, box.mails) == ([], [])


@pytest.fixture
def smtps(tls: ssl.SSLContext) -> Iterator[int]:
    """A port that speaks TLS from the first byte, with a scripted server behind it."""
    with scripted(
        {"EHLO": b"250-here\r\n250 AUTH PLAIN\r\n", "AUTH": b"235 welcome\r\n"}, tls=tls
    ) as box:
        yield box.port


def test_smtps_is_tls_from_the_first_byte(smtps: int, trusted: None) -> None:
    mail = channel(url(smtps, "localhost").replace("smtp:", "smtps:"))
    assert outcome(mail) is None
    mail.close()


def test_tls_at_the_wrong_port_says_which_is_which() -> None:
    with scripted({}) as box:
        error = outcome(channel(f"smtps://127.0.0.1:{box.port}"))
    assert type(error) is NotSent
    assert "587" in error.hint
    assert "465" in error.hint


# The secret.


def test_no_failure_tells_the_password() -> None:
    """Not even where the server repeats it, in any of the forms that it was sent in."""
    token = base64.b64encode(f"\0ada\0{PASSWORD}".encode())
    echo = PASSWORD.encode() + b" " + token + b" " + base64.b64encode(PASSWORD.encode())
    greeting = {"EHLO": b"250-here\r\n250 AUTH PLAIN\r\n"}
    scripts = [
        greeting | {"AUTH": b"535 no: " + echo + b"\r\n"},
        greeting | {"AUTH": b"454 no: " + echo + b"\r\n"},
        greeting | {"AUTH": HANG_UP},
        greeting | {"AUTH": b"235 ok\r\n", "MAIL": b"550 no \x1b[31m" + echo + b"\r\n"},
        greeting | {"AUTH": b"235 ok\r\n", "DOT": HANG_UP},
        {"GREETING": b"554 " + echo + b"\r\n"},
    ]
    told = ""
    for script in scripts:
        with scripted(script) as box:
            mail = channel(url(box.port))
            error = outcome(mail)
            mail.close()
            assert error is not None
            told += "".join(traceback.format_exception(error)) + error.message + error.hint
            told += repr(error)
    for form in (
        PASSWORD,
        quote(PASSWORD, safe=""),
        token.decode(),
        base64.b64encode(PASSWORD.encode()).decode(),
    ):
        assert form not in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("mail.example.org", "begin with smtp://"),
        ("https://u:pAssw0rd@mail.example.org", "begin with smtp://"),
        ("smtp://", "no host"),
        ("smtp://u:pAssw0rd@", "no host"),
        ("smtp://u:pAss/w0rd@mail.example.org", "percent-encoded"),
        ("smtp://u:pAss#w0rd@mail.example.org", "percent-encoded"),
        ("smtp://u:pAss?w0rd@mail.example.org", "percent-encoded"),
        ("smtp://u:pAss[w0rd@mail.example.org", "percent-encoded"),
        ("smtp://u:pAss w0rd@mail.example.org", "space"),
        ("smtp://u:pAssw0rd@mail.example.org\n", "line break"),
        ("smtp://u:pAssw0rd@mail.example.org:99999", "port"),
        ("smtp://u:pAssw0rd@mail.example.org:pAssw0rd", "port"),
        ("smtp://u:pAssw0rd@mail.example.org:0", "port"),
        ("smtp://u@mail.example.org", "user without a password"),
        ("smtp://:pAssw0rd@mail.example.org", "password without a user"),
        ("smtp://u:pAss%0Aw0rd@mail.example.org", "control character"),
        ("smtp://u:pAssw0rd@mail.example.org/inbox", "goes on after the host"),
    ],
)
def test_an_address_that_is_wrong_is_explained_but_not_shown(value: str, says: str) -> None:
    check = option("smtp_url").check
    assert check is not None
    wrong = check(value)
    assert wrong is not None
    assert says in wrong
    assert "pAss" not in wrong
    assert "w0rd" not in wrong
    with pytest.raises(Refused) as caught:
        channel(value).send(payload(), attempt())
    assert "w0rd" not in "".join(traceback.format_exception(caught.value))


def test_an_address_gives_server_user_and_password() -> None:
    read = smtp.parse_url
    assert read("smtp://mail.example.org") == smtp.Server("mail.example.org", 587, False)
    assert read("smtps://a%40b.org:p%2Fw%25@mail.example.org") == smtp.Server(
        "mail.example.org", 465, True, "a@b.org", "p/w%"
    )
    assert read("smtp://ada:x@[::1]:2525").loopback
    assert "p/w%" not in repr(read("smtps://a:p%2Fw%25@mail.example.org"))
    assert option("smtp_url").check("smtp://mail.example.org") is None  # type: ignore[misc]
