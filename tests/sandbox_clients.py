"""Mastodon.py, tweepy, requests and smtplib, pointed at the sandbox."""

from __future__ import annotations

import base64
import smtplib
from email.message import EmailMessage
from typing import Any

import mastodon
import requests
import tweepy
from requests_oauthlib import OAuth1

from publisher.sandbox import Sandbox
from publisher.sandbox.discord import Discord
from publisher.sandbox.mail import Mail
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.twitter import Twitter

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def toots(sandbox: Sandbox, **more: Any) -> mastodon.Mastodon:
    return mastodon.Mastodon(
        access_token=more.pop("token", sandbox[Mastodon].token),
        api_base_url=sandbox[Mastodon].url,
        mastodon_version="4.5.2",
        version_check_mode="created",
        ratelimit_method="throw",
        request_timeout=more.pop("timeout", 5),
    )


class ToSandbox(requests.Session):
    """Sends what is meant for X to the sandbox; before it is signed, so that the signature is for
    there."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.sandbox = sandbox

    def request(self, method: Any, url: Any, *rest: Any, **more: Any) -> requests.Response:
        more.setdefault("timeout", 5)
        with requests.Session() as fresh:
            return fresh.request(
                method,
                str(url).replace("https://api.twitter.com", self.sandbox[Twitter].url),
                *rest,
                **more,
            )


def tweets(sandbox: Sandbox, **secrets: str) -> tweepy.Client:
    environment = sandbox.environment() | secrets
    client = tweepy.Client(
        consumer_key=environment["TWITTER_CONSUMER_KEY"],
        consumer_secret=environment["TWITTER_CONSUMER_SECRET"],
        access_token=environment["TWITTER_ACCESS_TOKEN"],
        access_token_secret=environment["TWITTER_ACCESS_TOKEN_SECRET"],
        return_type=dict,
    )
    client.session.close()
    client.session = ToSandbox(sandbox)
    return client


def hook(
    sandbox: Sandbox, body: dict[str, Any] | None = None, *, wait: str = "true", **more: Any
) -> requests.Response:
    where = f"{sandbox[Discord].webhook_url}?wait={wait}"
    return requests.post(where, json=body, timeout=5, **more)


def mail(
    sandbox: Sandbox, *recipients: str, subject: str = "News", html: str = "<p>Rich</p>"
) -> dict[str, tuple[int, bytes]]:
    """Send one message to all; returns the refused."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "news@example.org",
        "list@example.org",
        subject,
    )
    message["Message-ID"] = "<1@example.org>"
    message.set_content("Plain – text\n")
    message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", sandbox[Mail].port, timeout=5) as server:
        server.login(sandbox[Mail].user, sandbox[Mail].password)
        return server.send_message(
            message, "bounce@example.org", recipients or ("ada@example.org",)
        )


def live(sandbox: Sandbox, channel: str) -> list[str]:
    return [entry["text"] for entry in sandbox.received() if entry["channel"] == channel]


def post(sandbox: Sandbox, platform: str, timeout: float = 5) -> requests.Response:
    """Send "Hello" with a plain client that follows nothing and repeats nothing."""
    if platform == "discord":
        return requests.post(
            f"{sandbox[Discord].webhook_url}?wait=true",
            json={"content": "Hello"},
            timeout=timeout,
            allow_redirects=False,
        )
    if platform == "mastodon":
        return requests.post(
            f"{sandbox[Mastodon].url}/api/v1/statuses",
            json={"status": "Hello"},
            headers={"Authorization": f"Bearer {sandbox[Mastodon].token}"},
            timeout=timeout,
            allow_redirects=False,
        )
    x = sandbox[Twitter]
    return requests.post(
        f"{sandbox[Twitter].url}/2/tweets",
        json={"text": "Hello"},
        auth=OAuth1(x.consumer_key, x.consumer_secret, x.access_token, x.access_token_secret),
        timeout=timeout,
        allow_redirects=False,
    )
