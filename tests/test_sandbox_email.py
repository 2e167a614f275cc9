"""The sandbox's mail server keeps what it accepts, and says what it doesn't."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest
import requests

from publisher.sandbox import Sandbox
from publisher.sandbox.mail import Mail
from tests.sandbox_clients import mail


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def test_mail_is_kept_as_it_came(sandbox: Sandbox) -> None:
    assert mail(sandbox, "ada@example.org", "grace@example.com") == {}
    (entry,) = sandbox.received()
    assert (entry["from"], entry["to"]) == (
        "bounce@example.org",
        ["ada@example.org", "grace@example.com"],
    )
    assert (entry["subject"], entry["text"], entry["html"]) == (
        "News",
        "Plain – text\n",
        "<p>Rich</p>\n",
    )
    assert entry["id"] == "<1@example.org>"
    assert ["To", "list@example.org"] in entry["headers"]
    assert entry["raw"].startswith("From: news@example.org\r\n")


def test_mail_needs_a_login(sandbox: Sandbox) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox[Mail].port, timeout=5) as server:
        with pytest.raises(smtplib.SMTPSenderRefused) as caught:
            server.sendmail("a@example.org", ["b@example.org"], "x")
        assert caught.value.smtp_code == 530
        with pytest.raises(smtplib.SMTPAuthenticationError):
            server.login(sandbox[Mail].user, "wrong")
        assert server.has_extn("smtputf8")


def test_some_addresses_are_refused_and_some_deferred(sandbox: Sandbox) -> None:
    refused = mail(sandbox, "refused@example.org", "ada@example.org", "deferred@example.org")
    assert {address: code for address, (code, _) in refused.items()} == {
        "refused@example.org": 550,
        "deferred@example.org": 450,
    }
    assert sandbox.received()[0]["to"] == ["ada@example.org"]


def test_an_address_beyond_ascii(sandbox: Sandbox) -> None:
    assert mail(sandbox, "rené@exämple.org") == {}
    assert sandbox.received()[0]["to"] == ["rené@exämple.org"]


def test_a_broken_mail_is_kept_too(sandbox: Sandbox) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox[Mail].port, timeout=5) as server:
        server.login(sandbox[Mail].user, sandbox[Mail].password)
        server.sendmail(
            "a@example.org",
            ["b@example.org"],
            b"Content-Type: text/plain; charset=nope\r\n\r\n\xff\r\n",
        )
    (entry,) = sandbox.received()
    assert entry["text"] == ""
    assert requests.get(entry["url"], timeout=5).status_code == 200
