"""Each fault does what its line says: what a client sees of it, and what is live afterwards."""

from __future__ import annotations

import http.client
import smtplib
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import mastodon
import pytest
import requests
import tweepy

from publisher.sandbox import Sandbox
from publisher.sandbox.discord import Discord
from publisher.sandbox.faults import HTTP_FAULTS, SMTP_FAULTS
from publisher.sandbox.mail import Mail
from publisher.sandbox.mastodon import Mastodon
from tests.sandbox_clients import live, mail, post, toots, tweets


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


# Faults on the HTTP platforms: each says what the client sees, and whether the post is live.

ANSWERS: dict[str, int | type[Exception]] = {
    "latency": 200,
    "late": 200,
    "429": 429,
    "429-date": 429,
    "429-bare": 429,
    "500": 500,
    "502": 502,
    "503": 503,
    "504": 504,
    "drop": requests.ConnectionError,
    "reset": requests.ConnectionError,
    "html": 200,
    "redirect": 307,
    "lost": requests.ConnectionError,
    "lost-500": 500,
    "lost-502": 502,
    "lost-503": 503,
    "lost-504": 504,
    "lost-html": 200,
    "cut": requests.exceptions.ChunkedEncodingError,
    "hangup": 200,
    "early": 103,  # which requests takes for the answer
}
ENDLESS = ("slow", "endless")
"""tests/test_hostile_servers.py has these."""
ACCEPTED = {
    "early",
    "latency",
    "late",
    "lost",
    "lost-500",
    "lost-502",
    "lost-503",
    "lost-504",
    "lost-html",
    "cut",
    "hangup",
}


@pytest.mark.parametrize("kind", [kind for kind in HTTP_FAULTS if kind not in ENDLESS])
@pytest.mark.parametrize("platform", ["mastodon", "twitter", "discord"])
def test_each_fault_leaves_live_what_it_says(sandbox: Sandbox, platform: str, kind: str) -> None:
    sandbox.fault(platform, kind)
    wanted = ANSWERS[kind]
    if isinstance(wanted, int):
        answer = post(sandbox, platform)
        created = 201 if platform == "twitter" and kind in ("latency", "late", "hangup") else wanted
        assert answer.status_code == created
        if "html" in kind or kind in ("502", "504", "lost-502", "lost-504"):
            assert answer.headers["Content-Type"].startswith("text/html")
            assert "<html" in answer.text
    else:
        with pytest.raises(wanted):
            post(sandbox, platform)
    assert live(sandbox, platform) == (["Hello"] if kind in ACCEPTED else [])
    assert post(sandbox, platform).status_code in (200, 201, 403), (
        "a fault strikes as often as asked for"
    )


@pytest.mark.parametrize("platform", ["mastodon", "twitter", "discord"])
def test_a_429_says_when_to_come_back(sandbox: Sandbox, platform: str) -> None:
    for kind in ("429", "429-date", "429-bare"):
        sandbox.fault(platform, kind, seconds=6.5)
    seconds, date, bare = (post(sandbox, platform) for _ in range(3))
    now = datetime.now(UTC)
    assert seconds.headers["Retry-After"] == "7"
    assert 5 <= (parsedate_to_datetime(date.headers["Retry-After"]) - now).total_seconds() <= 8
    assert "Retry-After" not in bare.headers
    if platform == "mastodon":
        reset = datetime.fromisoformat(bare.headers["X-RateLimit-Reset"])
        assert bare.headers["X-RateLimit-Remaining"] == "0"
    elif platform == "twitter":
        reset = datetime.fromtimestamp(int(bare.headers["x-rate-limit-reset"]), UTC)
    else:
        assert bare.json() == {
            "message": "You are being rate limited.",
            "retry_after": 6.5,
            "global": False,
        }
        reset = datetime.fromtimestamp(float(bare.headers["X-RateLimit-Reset"]), UTC)
    assert 5 <= (reset - now).total_seconds() <= 8


def test_the_clients_name_a_429_as_they_do(sandbox: Sandbox) -> None:
    sandbox.fault("mastodon", "429", seconds=3)
    with pytest.raises(mastodon.MastodonRatelimitError):
        toots(sandbox).status_post("Hello")
    sandbox.fault("twitter", "429", seconds=3)
    with pytest.raises(tweepy.TooManyRequests):
        tweets(sandbox).create_tweet(text="Hello")


def test_a_post_that_arrives_late_goes_live_after_the_client_gave_up(sandbox: Sandbox) -> None:
    sandbox.fault("discord", "latency", seconds=0.4)
    with pytest.raises(requests.ReadTimeout):
        post(sandbox, "discord", timeout=0.1)
    assert live(sandbox, "discord") == []
    deadline = time.monotonic() + 3
    while not live(sandbox, "discord") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert live(sandbox, "discord") == ["Hello"]


def test_a_late_answer_is_for_a_post_that_is_live_at_once(sandbox: Sandbox) -> None:
    sandbox.fault("mastodon", "late", seconds=30)
    with pytest.raises(requests.ReadTimeout):
        post(sandbox, "mastodon", timeout=0.2)
    assert live(sandbox, "mastodon") == ["Hello"]


def test_a_connection_that_was_closed_in_silence_fails_the_next_request(sandbox: Sandbox) -> None:
    sandbox.fault("discord", "hangup")
    where = urlsplit(sandbox[Discord].webhook_url)
    kept_alive = http.client.HTTPConnection("127.0.0.1", where.port or 0, timeout=5)
    headers = {"Content-Type": "application/json"}
    kept_alive.request("POST", where.path, b'{"content": "One"}', headers)
    with kept_alive.getresponse() as first:
        assert (first.status, first.getheader("Connection")) == (204, None)
    time.sleep(0.05)
    with pytest.raises((http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)):
        kept_alive.request("POST", where.path, b'{"content": "Two"}', headers)
        kept_alive.getresponse()
    kept_alive.close()
    assert live(sandbox, "discord") == ["One"]


def test_a_redirect_leads_to_another_port_where_it_is_seen(sandbox: Sandbox) -> None:
    sandbox.fault("mastodon", "redirect")
    answer = post(sandbox, "mastodon")
    assert answer.headers["Location"] == f"{sandbox.url}/elsewhere"


def test_faults_are_counted_by_what_they_match(sandbox: Sandbox) -> None:
    sandbox.fault("mastodon", "500", after=1, times=2)
    assert [post(sandbox, "mastodon").status_code for _ in range(4)] == [200, 500, 500, 200]
    sandbox.fault("mastodon", "503", when="GET /api/v2")
    assert post(sandbox, "mastodon").status_code == 200
    assert requests.get(f"{sandbox[Mastodon].url}/api/v1/instance", timeout=5).status_code == 200
    assert requests.get(f"{sandbox[Mastodon].url}/api/v2/instance", timeout=5).status_code == 503
    sandbox.fault("mastodon", "500", when="*")
    sandbox.fault("mastodon", "502", when="*")
    assert requests.get(f"{sandbox[Mastodon].url}/api/v1/instance", timeout=5).status_code == 500
    assert post(sandbox, "mastodon").status_code == 502


@pytest.mark.parametrize(
    ("platform", "kind", "more", "named"),
    [
        ("myspace", "500", {}, "mastodon"),
        ("mastodon", "flood", {}, "lost-503"),
        ("email", "500", {}, "451-data"),
        ("discord", "500", {"times": 0}, "times"),
        ("discord", "late", {"seconds": -1}, "seconds"),
    ],
)
def test_a_fault_that_does_not_exist_is_told_with_those_that_do(
    sandbox: Sandbox, platform: str, kind: str, more: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        sandbox.fault(platform, kind, **more)


# Faults on the SMTP server

MAIL_ENDS: dict[str, tuple[type[Exception] | None, int]] = {
    "latency": (None, 0),
    "late": (None, 0),
    "421": (smtplib.SMTPConnectError, 421),
    "451-rcpt": (smtplib.SMTPRecipientsRefused, 451),
    "550-rcpt": (smtplib.SMTPRecipientsRefused, 550),
    "drop-rcpt": (smtplib.SMTPServerDisconnected, 0),
    "451-data": (smtplib.SMTPDataError, 451),
    "554-data": (smtplib.SMTPDataError, 554),
    "drop": (smtplib.SMTPServerDisconnected, 0),
    "lost": (smtplib.SMTPServerDisconnected, 0),
}


@pytest.mark.parametrize("kind", [kind for kind in SMTP_FAULTS if kind not in ENDLESS])
def test_each_fault_of_the_mail_server_keeps_what_it_says(sandbox: Sandbox, kind: str) -> None:
    sandbox.fault("email", kind, seconds=0.05)
    error, code = MAIL_ENDS[kind]
    if error is None:
        mail(sandbox)
    else:
        with pytest.raises(error) as caught:
            mail(sandbox)
        if isinstance(caught.value, smtplib.SMTPRecipientsRefused):
            assert [one for one, _ in caught.value.recipients.values()] == [code]
        elif isinstance(caught.value, smtplib.SMTPResponseException):
            assert caught.value.smtp_code == code
    assert len(sandbox.received()) == (1 if kind in ("latency", "late", "lost") else 0)
    mail(sandbox)


def test_the_second_recipient_can_be_the_one_that_fails(sandbox: Sandbox) -> None:
    sandbox.fault("email", "451-rcpt", after=1)
    assert list(mail(sandbox, "ada@example.org", "grace@example.com", "radia@example.net")) == [
        "grace@example.com"
    ]
    assert sandbox.received()[0]["to"] == ["ada@example.org", "radia@example.net"]


@pytest.mark.parametrize(("kind", "at_once"), [("late", True), ("latency", False)])
def test_a_slow_mail_server_keeps_the_message_though_the_client_left(
    sandbox: Sandbox, kind: str, at_once: bool
) -> None:
    sandbox.fault("email", kind, seconds=0.6)
    server = smtplib.SMTP("127.0.0.1", sandbox[Mail].port, timeout=0.3)
    server.login(sandbox[Mail].user, sandbox[Mail].password)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        server.sendmail("a@example.org", ["b@example.org"], b"Subject: x\r\n\r\nx\r\n")
    server.close()
    assert bool(sandbox.received()) == at_once
    deadline = time.monotonic() + 3
    while not sandbox.received() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(sandbox.received()) == 1
