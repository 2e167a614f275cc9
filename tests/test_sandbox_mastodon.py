"""The sandbox's Mastodon behaves as Mastodon does, seen through Mastodon.py."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import mastodon
import pytest
import requests

from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.twitter import Twitter
from tests.sandbox_clients import PNG, live, toots, tweets


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def test_mastodon_shows_a_status_as_mastodon_does(sandbox: Sandbox) -> None:
    client = toots(sandbox)
    made = client.status_post(
        "Première version : https://example.org/notes\n\nMerci ! #LogicielLibre",
        visibility="unlisted",
        language="fr",
        spoiler_text="Annonce",
    )
    assert made.content.startswith("<p>Première version : <a href=")
    assert made.content.count("<p>") == 2
    assert [tag.name for tag in made.tags] == ["logiciellibre"]
    assert (made.visibility, made.language, made.spoiler_text, made.sensitive) == (
        "unlisted",
        "fr",
        "Annonce",
        True,
    )
    assert client.status(made.id).url == made.url
    assert client.status_source(made.id).text.endswith("#LogicielLibre")
    (entry,) = sandbox.received()
    assert (entry["text"], entry["visibility"]) == (client.status_source(made.id).text, "unlisted")


def test_mastodon_gives_the_same_status_for_the_same_key_within_the_hour(sandbox: Sandbox) -> None:
    client = toots(sandbox)
    first = client.status_post("Hello", idempotency_key="k")
    assert client.status_post("Hello, edited", idempotency_key="k").id == first.id
    assert client.status_post("Hello", idempotency_key="other").id != first.id
    sandbox.clock.skew = timedelta(minutes=61)
    assert client.status_post("Hello", idempotency_key="k").id != first.id
    assert len(sandbox.received()) == 3


def test_mastodon_4_6_answers_500_to_a_replay_and_posts_nothing(sandbox: Sandbox) -> None:
    sandbox[Mastodon].software = "mastodon-4.6"
    client = toots(sandbox)
    client.status_post("Hello", idempotency_key="k")
    with pytest.raises(mastodon.MastodonInternalServerError):
        client.status_post("Hello", idempotency_key="k")
    assert live(sandbox, "mastodon") == ["Hello"]
    assert client.instance_v2().version == "4.6.2"


def test_gotosocial_ignores_the_key_and_counts_code_points(sandbox: Sandbox) -> None:
    sandbox[Mastodon].software = "gotosocial"
    client = toots(sandbox)
    assert (
        client.status_post("Hi", idempotency_key="k").id
        != client.status_post("Hi", idempotency_key="k").id
    )
    with pytest.raises(mastodon.MastodonAPIError, match="500"):
        client.status_post("https://example.org/" + "a" * 490)
    assert (
        "gotosocial"
        in requests.get(f"{sandbox[Mastodon].url}/api/v2/instance", timeout=5).json()["source_url"]
    )


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ({"status": "x" * 501}, 422, "Validation failed: Text character limit of 500 exceeded"),
        ({"status": "x" * 480, "spoiler_text": "y" * 21}, 422, "limit of 500"),
        ({"status": "  "}, 422, "Validation failed: Text can't be blank"),
        ({"status": "x", "visibility": "secret"}, 422, "Visibility is not included in the list"),
        ({"status": "x", "in_reply_to_id": "12"}, 404, "does not appear to exist"),
        ({"status": "x", "media_ids": ["12"]}, 422, "Media 12 not found"),
    ],
)
@pytest.mark.parametrize("kind", ["json", "data"])
def test_mastodon_refuses_in_its_own_words(
    sandbox: Sandbox, given: dict[str, Any], status: int, message: str, kind: str
) -> None:
    if kind == "data" and "media_ids" in given:
        given = {"status": "x", "media_ids[]": given["media_ids"]}
    headers = {"Authorization": f"Bearer {sandbox[Mastodon].token}"}
    body: dict[str, Any] = {kind: given}
    answer = requests.post(
        f"{sandbox[Mastodon].url}/api/v1/statuses", headers=headers, timeout=5, **body
    )
    assert answer.status_code == status
    assert message in answer.json()["error"]
    assert sandbox.received() == []


def test_mastodon_wants_a_token_with_the_right_scopes(sandbox: Sandbox) -> None:
    with pytest.raises(mastodon.MastodonUnauthorizedError, match="access token is invalid"):
        toots(sandbox, token="wrong").status_post("Hello")
    sandbox[Mastodon].scopes = ["write:statuses"]
    toots(sandbox).status_post("Hello")
    with pytest.raises(mastodon.MastodonAPIError, match="outside the authorized scopes"):
        toots(sandbox).account_verify_credentials()
    assert toots(sandbox).app_verify_credentials()["scopes"] == ["write:statuses"]


def test_mastodon_tells_its_limits(sandbox: Sandbox) -> None:
    sandbox[Mastodon].max_characters = 1234
    instance = toots(sandbox).instance_v2()
    assert instance.configuration.statuses.max_characters == 1234
    assert instance.version == "4.5.2"
    answer = requests.get(f"{sandbox[Mastodon].url}/api/v1/instance", timeout=5)
    assert answer.json()["configuration"]["statuses"]["max_characters"] == 1234
    assert int(answer.headers["X-RateLimit-Remaining"]) < int(answer.headers["X-RateLimit-Limit"])
    assert datetime.fromisoformat(answer.headers["X-RateLimit-Reset"]) > datetime.now(UTC)


def test_a_mastodon_thread_hangs_together(sandbox: Sandbox) -> None:
    client = toots(sandbox)
    first = client.status_post("1/3")
    second = client.status_post("2/3", in_reply_to_id=first)
    third = client.status_post("3/3", in_reply_to_id=second)
    context = client.status_context(second)
    assert [status.id for status in context.ancestors] == [first.id]
    assert [status.id for status in context.descendants] == [third.id]
    listed = client.account_statuses(client.me(), exclude_replies=True)
    assert [status.id for status in listed] == [third.id, second.id, first.id]
    assert [status.id for status in client.account_statuses(client.me(), since_id=first)] == [
        third.id,
        second.id,
    ]
    assert [
        status.id for status in client.account_statuses(client.me(), min_id=first, limit=1)
    ] == [second.id]
    assert [status.id for status in client.account_statuses(client.me(), max_id=second)] == [
        first.id
    ]


def test_an_edit_on_mastodon_replaces_everything(sandbox: Sandbox) -> None:
    client = toots(sandbox)
    made = client.status_post("Hello", spoiler_text="Careful", sensitive=True)
    assert client.status_update(made, "Hello").spoiler_text == ""
    edited = client.status_update(made, "Hello again")
    assert edited.edited_at is not None
    assert edited.created_at == made.created_at
    unchanged = client.status_update(made, "Hello again")
    assert unchanged.edited_at == edited.edited_at
    assert live(sandbox, "mastodon") == ["Hello again"]
    assert client.status_delete(made).text == "Hello again"
    with pytest.raises(mastodon.MastodonNotFoundError):
        client.status(made)


def test_pictures_on_mastodon_are_attached_once(sandbox: Sandbox) -> None:
    client = toots(sandbox)
    picture = client.media_post(
        io.BytesIO(PNG), mime_type="image/png", file_name="a.png", description="A dot"
    )
    assert (picture.type, picture.description) == ("image", "A dot")
    assert requests.get(picture.url, timeout=5).content == PNG
    made = client.status_post("Look", media_ids=[picture])
    assert [item.description for item in made.media_attachments] == ["A dot"]
    with pytest.raises(mastodon.MastodonAPIError, match="already attached"):
        client.status_post("Look again", media_ids=[picture])
    sandbox[Mastodon].processing = 60
    slow = client.media_post(io.BytesIO(b"GIF89a"), mime_type="image/gif", file_name="a.gif")
    assert slow.url is None
    with pytest.raises(mastodon.MastodonAPIError, match="finished processing"):
        client.status_post("Look", media_ids=[slow])


def test_a_list_may_lag_behind(sandbox: Sandbox) -> None:
    client, x = toots(sandbox), tweets(sandbox)
    sandbox[Mastodon].lag = sandbox[Twitter].lag = 30
    client.status_post("Hello")
    x.create_tweet(text="Hello")
    me = x.get_me()["data"]["id"]
    assert client.account_statuses(client.me()) == []
    assert x.get_users_tweets(me, user_auth=True)["meta"]["result_count"] == 0
    sandbox.clock.skew = timedelta(seconds=31)
    assert len(client.account_statuses(client.me())) == 1
    assert x.get_users_tweets(me, user_auth=True)["meta"]["result_count"] == 1
