"""The sandbox's X behaves as X does, seen through tweepy."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import requests
import tweepy

from publisher.sandbox import Sandbox
from publisher.sandbox.twitter import Twitter
from tests.sandbox_clients import PNG, live, tweets


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def test_x_takes_only_what_is_signed_with_all_four_secrets(sandbox: Sandbox) -> None:
    assert tweets(sandbox).create_tweet(text="Hello")["data"]["text"] == "Hello"
    for name in sandbox.environment():
        if name.startswith("TWITTER_"):
            with pytest.raises(tweepy.Unauthorized):
                tweets(sandbox, **{name: "wrong"}).create_tweet(text="Hello again")
    assert live(sandbox, "twitter") == ["Hello"]


def test_x_verifies_the_query_too(sandbox: Sandbox) -> None:
    client = tweets(sandbox)
    found = client.get_users_tweets(client.get_me()["data"]["id"], max_results=5, user_auth=True)
    assert found["meta"] == {"result_count": 0}
    signed = sandbox.requests[-1]
    replayed = requests.get(
        signed.url.replace("max_results=5", "max_results=6"),
        headers={"Authorization": signed.headers["authorization"]},
        timeout=5,
    )
    assert replayed.status_code == 401


def test_x_refuses_the_same_text_while_it_is_live(sandbox: Sandbox) -> None:
    client = tweets(sandbox)
    made = client.create_tweet(text="Hello")["data"]["id"]
    with pytest.raises(tweepy.Forbidden) as caught:
        client.create_tweet(text="Hello ")
    assert caught.value.response.json() == {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "title": "Forbidden",
        "type": "about:blank",
        "status": 403,
    }
    assert client.delete_tweet(made)["data"] == {"deleted": True}
    client.create_tweet(text="Hello")
    assert live(sandbox, "twitter") == ["Hello"]


def test_x_gives_a_text_back_with_short_addresses_and_entities(sandbox: Sandbox) -> None:
    client = tweets(sandbox)
    made = client.create_tweet(text="1 < 2 & more: https://example.org/release?a=1&b=2 !")["data"][
        "id"
    ]
    post = client.get_tweet(made, tweet_fields=["entities", "created_at"], user_auth=True)["data"]
    (url,) = post["entities"]["urls"]
    assert post["text"] == f"1 &lt; 2 &amp; more: {url['url']} !"
    assert url["url"].startswith("https://t.co/")
    assert post["text"][url["start"] : url["end"]] == url["url"]
    assert url["expanded_url"] == "https://example.org/release?a=1&b=2"
    assert datetime.fromisoformat(post["created_at"]).tzinfo is not None
    assert "entities" not in client.get_tweet(made, user_auth=True)["data"]


def test_x_lists_what_is_new_since_a_time(sandbox: Sandbox) -> None:
    client = tweets(sandbox)
    me = client.get_me()["data"]["id"]
    client.create_tweet(text="Old")
    sandbox.clock.skew = timedelta(minutes=5)
    since = sandbox.clock.now().replace(microsecond=0)
    client.create_tweet(text="New")
    listed = client.get_users_tweets(me, start_time=since, max_results=5, user_auth=True)
    assert [post["text"] for post in listed["data"]] == ["New"]
    with pytest.raises(tweepy.BadRequest, match="max_results"):
        client.get_users_tweets(me, max_results=4, user_auth=True)


def test_x_threads_and_their_missing_parents(sandbox: Sandbox) -> None:
    client = tweets(sandbox)
    first = client.create_tweet(text="1/2")["data"]["id"]
    client.create_tweet(text="2/2", in_reply_to_tweet_id=first)
    assert sandbox.received()[1]["in_reply_to_id"] == first
    with pytest.raises(tweepy.Forbidden, match="reply to a Tweet that is deleted"):
        client.create_tweet(text="3/2", in_reply_to_tweet_id="123")


def test_x_refuses_what_is_too_long_and_what_it_does_not_know(sandbox: Sandbox) -> None:
    client = tweets(sandbox)
    with pytest.raises(tweepy.Forbidden, match="too long"):
        client.create_tweet(text="x" * 281)
    with pytest.raises(tweepy.Forbidden, match="too long"):
        client.create_tweet(text="語" * 141)
    with pytest.raises(tweepy.BadRequest, match=r"\$\.colour: is not defined"):
        client.request("POST", "/2/tweets", json={"text": "x", "colour": "red"}, user_auth=True)
    assert sandbox.received() == []
    client.create_tweet(text="x" * 256 + " https://example.org/" + "a" * 300)
    assert len(sandbox.received()) == 1, "an address counts 23"


def test_x_on_a_plan_without_reads(sandbox: Sandbox) -> None:
    sandbox[Twitter].reads = False
    client = tweets(sandbox)
    made = client.create_tweet(text="Hello")
    with pytest.raises(tweepy.Forbidden) as caught:
        client.get_users_tweets(client.get_me()["data"]["id"], user_auth=True)
    assert caught.value.response.json()["reason"] == "client-not-enrolled"
    with pytest.raises(tweepy.Forbidden):
        client.get_tweet(made["data"]["id"], user_auth=True)


def test_x_tells_access_and_limits_in_headers(sandbox: Sandbox) -> None:
    client = tweets(sandbox)
    client.return_type = requests.Response
    answer = client.create_tweet(text="Hello")
    assert answer.status_code == 201
    assert answer.headers["x-access-level"] == "read-write"
    assert int(answer.headers["x-rate-limit-reset"]) > time.time()
    sandbox[Twitter].access_level = "read"
    with pytest.raises(tweepy.Forbidden, match="not permitted"):
        client.create_tweet(text="Hello again")


def test_pictures_on_x(sandbox: Sandbox) -> None:
    client = tweets(sandbox)
    body = {"media": base64.b64encode(PNG).decode(), "media_category": "tweet_image"}
    media = client.request("POST", "/2/media/upload", json=body, user_auth=True).json()["data"][
        "id"
    ]
    alt = {"id": media, "metadata": {"alt_text": {"text": "A dot"}}}
    client.request("POST", "/2/media/metadata", json=alt, user_auth=True)
    client.create_tweet(text="Look", media_ids=[media])
    assert sandbox.received()[0]["media"] == [{"id": media, "alt": "A dot"}]
    with pytest.raises(tweepy.BadRequest, match="media IDs"):
        client.create_tweet(text="Look again", media_ids=["123"])
