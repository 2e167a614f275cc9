"""The sandbox answers as the platforms' own descriptions say; the checks of requests can fail."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1

from publisher.sandbox import Sandbox
from publisher.sandbox.discord import Discord
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.mastodon_entities import ACCOUNT
from publisher.sandbox.platform import Platform
from publisher.sandbox.twitter import Twitter
from publisher.sandbox.twitter_rules import USER_ID
from tests.specs import FORM, Channel, check_answer, check_request, describes

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(autouse=True)
def fresh(sandbox: Sandbox) -> None:
    sandbox.clear()
    sandbox[Twitter].reads = True
    sandbox[Mastodon].processing = 0.0


class Caller:
    """Calls one platform, and holds each answer to the description."""

    def __init__(self, sandbox: Sandbox, channel: Channel) -> None:
        self.sandbox = sandbox
        self.channel = channel
        self.asked: set[tuple[str, str]] = set()

    def __call__(self, method: str, path: str, expected: int, **more: Any) -> Any:
        auth = {"mastodon": self._bearer, "twitter": self._oauth, "discord": dict}[self.channel]()
        answer = requests.request(method, self.platform.url + path, timeout=5, **{**auth, **more})
        assert answer.status_code == expected, answer.text
        body = answer.json() if answer.content else None
        check_answer(self.channel, method, path, expected, body)
        self.asked.add((method, path.partition("?")[0]))
        return body

    def never_asked(self) -> list[str]:
        """The routes that the description has, and that this has never called."""
        return [
            f"{route.method} {route.path}"
            for route in self.platform.routes
            if describes(self.channel, route.method, re.sub(r"\{\w+\}", "1", route.path))
            and not any(route.match(method, path) is not None for method, path in self.asked)
        ]

    @property
    def platform(self) -> Platform:
        box = self.sandbox
        platforms = {"mastodon": box[Mastodon], "twitter": box[Twitter], "discord": box[Discord]}
        return platforms[self.channel]

    def _bearer(self) -> dict[str, Any]:
        return {"headers": {"Authorization": f"Bearer {self.sandbox[Mastodon].token}"}}

    def _oauth(self) -> dict[str, Any]:
        x = self.sandbox[Twitter]
        return {
            "auth": OAuth1(x.consumer_key, x.consumer_secret, x.access_token, x.access_token_secret)
        }


@pytest.fixture
def mastodon(sandbox: Sandbox) -> Caller:
    return Caller(sandbox, "mastodon")


@pytest.fixture
def twitter(sandbox: Sandbox) -> Caller:
    return Caller(sandbox, "twitter")


@pytest.fixture
def discord(sandbox: Sandbox) -> Caller:
    return Caller(sandbox, "discord")


def test_each_mastodon_endpoint_answers_as_described(mastodon: Caller, sandbox: Sandbox) -> None:
    first = mastodon(
        "POST",
        "/api/v1/statuses",
        200,
        json={"status": "Release 1.0 is out https://example.org/ #Free"},
    )
    reply = {
        "status": "More",
        "in_reply_to_id": first["id"],
        "spoiler_text": "Details",
        "language": "fr",
    }
    mastodon("POST", "/api/v1/statuses", 200, json=reply)
    where = f"/api/v1/statuses/{first['id']}"
    mastodon("GET", where, 200)
    mastodon("GET", f"{where}/source", 200)
    mastodon("GET", f"{where}/context", 200)
    mastodon("PUT", where, 200, json={"status": "Release 1.0.1 is out"})
    mastodon("GET", f"/api/v1/accounts/{ACCOUNT}/statuses?limit=5&exclude_reblogs=true", 200)
    mastodon("GET", "/api/v1/accounts/verify_credentials", 200)
    mastodon("GET", "/api/v1/apps/verify_credentials", 200)
    mastodon("GET", "/api/v1/instance", 200)
    mastodon("GET", "/api/v2/instance", 200)
    mastodon("DELETE", where, 200)
    uploaded = mastodon(
        "POST", "/api/v2/media", 200, files={"file": ("a.png", PNG)}, data={"description": "A dot"}
    )
    mastodon("GET", f"/api/v1/media/{uploaded['id']}", 200)
    mastodon("PUT", f"/api/v1/media/{uploaded['id']}", 200, data={"focus": "0.5,-0.5"})
    mastodon(
        "POST", "/api/v1/statuses", 200, json={"status": "Look", "media_ids": [uploaded["id"]]}
    )
    sandbox[Mastodon].processing = 60
    slow = mastodon("POST", "/api/v2/media", 202, files={"file": ("a.gif", b"GIF89a...")})
    mastodon("GET", f"/api/v1/media/{slow['id']}", 206)
    mastodon("POST", "/api/v2/media", 422, files={"file": ("a.txt", b"text")})
    mastodon("DELETE", f"/api/v1/media/{slow['id']}", 200)
    mastodon("POST", "/api/v1/media", 200, files={"file": ("a.png", PNG)})
    assert mastodon.never_asked() == []


def test_mastodon_errors_are_as_described(mastodon: Caller, sandbox: Sandbox) -> None:
    mastodon("POST", "/api/v1/statuses", 401, json={"status": "x"}, headers={})
    mastodon("POST", "/api/v1/statuses", 422, json={"status": "x" * 501})
    mastodon("GET", "/api/v1/statuses/1", 404)
    for kind in ("429", "503"):
        sandbox.fault("mastodon", kind)
        mastodon("POST", "/api/v1/statuses", int(kind), json={"status": "x"})


def test_each_x_endpoint_answers_as_described(twitter: Caller) -> None:
    first = twitter(
        "POST", "/2/tweets", 201, json={"text": "Release 1.0 & more: https://example.org/a"}
    )["data"]
    reply = {"text": "Details", "reply": {"in_reply_to_tweet_id": first["id"]}}
    twitter("POST", "/2/tweets", 201, json=reply)
    fields = "tweet.fields=created_at,entities,author_id,conversation_id,referenced_tweets"
    twitter("GET", f"/2/users/{USER_ID}/tweets?max_results=5&{fields}", 200)
    twitter("GET", f"/2/tweets/{first['id']}?{fields}", 200)
    twitter("GET", "/2/tweets/12345", 200)
    twitter("GET", "/2/users/me", 200)
    picture = {"media": base64.b64encode(PNG).decode(), "media_category": "tweet_image"}
    media = twitter("POST", "/2/media/upload", 200, json=picture)["data"]["id"]
    twitter(
        "POST",
        "/2/media/metadata",
        200,
        json={"id": media, "metadata": {"alt_text": {"text": "A dot"}}},
    )
    twitter("POST", "/2/tweets", 201, json={"text": "", "media": {"media_ids": [media]}})
    moving = {
        "media": base64.b64encode(b"GIF89a" + bytes(20)).decode(),
        "media_category": "tweet_gif",
    }
    media = twitter("POST", "/2/media/upload", 200, json=moving)["data"]["id"]
    twitter("GET", f"/2/media/upload?command=STATUS&media_id={media}", 200)
    twitter("DELETE", f"/2/tweets/{first['id']}", 200)
    assert twitter.never_asked() == []


def test_x_errors_are_as_described(twitter: Caller, sandbox: Sandbox) -> None:
    twitter("POST", "/2/tweets", 401, json={"text": "x"}, auth=None)
    twitter("POST", "/2/tweets", 400, json={"text": "x", "idempotency_key": "k"})
    twitter("POST", "/2/tweets", 201, json={"text": "x"})
    twitter("POST", "/2/tweets", 403, json={"text": "x"})
    sandbox[Twitter].reads = False
    twitter("GET", f"/2/users/{USER_ID}/tweets", 403)
    for kind in ("429", "500", "503"):
        sandbox.fault("twitter", kind)
        twitter("POST", "/2/tweets", int(kind), json={"text": "y"})


def test_each_discord_endpoint_answers_as_described(discord: Caller, sandbox: Sandbox) -> None:
    hook = sandbox[Discord].webhook_url.removeprefix(sandbox[Discord].url)
    discord("GET", hook, 200)
    embed = {
        "title": "1.0",
        "description": "It is out",
        "color": 255,
        "timestamp": "2026-11-23T10:00:00Z",
    }
    made = discord("POST", f"{hook}?wait=true", 200, json={"content": "News", "embeds": [embed]})
    discord("POST", hook, 204, json={"content": "Silent"})
    discord("GET", f"{hook}/messages/{made['id']}", 200)
    discord("PATCH", f"{hook}/messages/{made['id']}", 200, json={"content": "Newer"})
    payload = {"content": "Look", "attachments": [{"id": 0, "description": "A dot"}]}
    files = {"files[0]": ("a.png", PNG, "image/png")}
    discord(
        "POST", f"{hook}?wait=true", 200, data={"payload_json": json.dumps(payload)}, files=files
    )
    discord("DELETE", f"{hook}/messages/{made['id']}", 204)
    assert discord.never_asked() == []


def test_discord_errors_are_as_described(discord: Caller, sandbox: Sandbox) -> None:
    hook = sandbox[Discord].webhook_url.removeprefix(sandbox[Discord].url)
    discord("POST", hook, 400, json={"content": ""})
    discord(
        "POST", hook, 400, json={"content": "x" * 2001, "embeds": [{"fields": [{"name": "n"}]}]}
    )
    discord("POST", hook + "x", 401, json={"content": "x"})
    discord("POST", hook.replace("/1", "/2", 1), 404, json={"content": "x"})
    sandbox.fault("discord", "429", seconds=1.5)
    discord("POST", hook, 429, json={"content": "x"})


# What a client sends is held to the descriptions by the same means: here, that the check can fail.


def test_requests_as_the_clients_make_them_are_as_described() -> None:
    form = {
        "status": "Hello",
        "visibility": "unlisted",
        "sensitive": "1",
        "media_ids": ["1"],
        "language": "fr",
    }
    check_request("mastodon", "POST", "/api/v1/statuses", form, content_type=FORM)
    check_request(
        "mastodon", "GET", "/api/v1/accounts/1/statuses", query={"limit": "40", "since_id": "1"}
    )
    reply = {"text": "Hello", "reply": {"in_reply_to_tweet_id": "123"}}
    check_request("twitter", "POST", "/2/tweets", reply)
    query = {
        "max_results": "5",
        "start_time": "2026-11-23T10:00:00Z",
        "tweet.fields": "created_at,entities",
    }
    check_request("twitter", "GET", "/2/users/1/tweets", query=query)
    message = {
        "content": "Hello",
        "allowed_mentions": {"parse": []},
        "embeds": [{"title": "T", "color": 1}],
    }
    check_request("discord", "POST", "/api/webhooks/1/t", message, query={"wait": "true"})
    check_request("discord", "PATCH", "/api/v10/webhooks/1/t/messages/2", {"content": "Newer"})


@pytest.mark.parametrize(
    ("channel", "path", "body", "query", "complaint"),
    [
        ("mastodon", "/api/v1/statuses", {"status": "x", "key": "k"}, {}, "no key"),
        ("mastodon", "/api/v1/statuses", {"status": "x", "visibility": "secret"}, {}, "visibility"),
        ("mastodon", "/api/v1/statuses", {"spoiler_text": "x"}, {}, "status"),
        ("mastodon", "/api/v1/toots", {"status": "x"}, {}, "describes no POST"),
        ("twitter", "/2/tweets", {"text": "x", "status": "x"}, {}, "no status"),
        ("twitter", "/2/tweets", {"text": 1}, {}, "string"),
        (
            "twitter",
            "/2/tweets",
            {"text": "x", "reply": {"in_reply_to_tweet_id": "abc"}},
            {},
            "reply",
        ),
        ("discord", "/api/webhooks/1/t", {"content": "x" * 2001}, {}, "too long"),
        ("discord", "/api/webhooks/1/t", {"content": "x", "embeds": [{"color": -1}]}, {}, "color"),
        ("discord", "/api/webhooks/1/t", {"content": "x"}, {"wait": "perhaps"}, "wait"),
        ("discord", "/api/webhooks/1/t", {"content": "x"}, {"key": "1"}, "'key'"),
    ],
)
def test_a_request_that_is_not_as_described_is_told(
    channel: Channel, path: str, body: dict[str, Any], query: dict[str, str], complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        check_request(channel, "POST", path, body, query=query)


def test_an_answer_that_is_not_as_described_is_told() -> None:
    with pytest.raises(AssertionError, match="text"):
        check_answer("twitter", "POST", "/2/tweets", 201, {"data": {"id": "1"}})
    with pytest.raises(AssertionError, match="account"):
        check_answer("mastodon", "GET", "/api/v1/statuses/1", 200, {"id": "1"})
    with pytest.raises(AssertionError, match="no 418"):
        check_answer("mastodon", "GET", "/api/v1/statuses/1", 418, {})
