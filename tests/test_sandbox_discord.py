"""The sandbox's Discord behaves as Discord's webhooks do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from publisher.sandbox import Sandbox
from publisher.sandbox.discord import Discord
from tests.sandbox_clients import PNG, hook, live


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def test_discord_answers_with_the_message_only_if_waited_for(sandbox: Sandbox) -> None:
    waited = hook(sandbox, {"content": "  Hello  ", "username": "News"})
    assert waited.json()["content"] == "Hello"
    assert waited.json()["author"]["username"] == "News"
    silent = hook(sandbox, {"content": "Silent"}, wait="false")
    assert (silent.status_code, silent.content) == (204, b"")
    assert live(sandbox, "discord") == ["Hello", "Silent"]
    message = f"{sandbox[Discord].webhook_url}/messages/{waited.json()['id']}"
    assert requests.get(message, timeout=5).json() == waited.json()


def test_discord_edits_and_deletes(sandbox: Sandbox) -> None:
    made = hook(
        sandbox, {"content": "Hello", "embeds": [{"title": "T"}], "allowed_mentions": {"parse": []}}
    ).json()
    message = f"{sandbox[Discord].webhook_url}/messages/{made['id']}"
    edited = requests.patch(message, json={"content": "Newer @everyone"}, timeout=5).json()
    assert edited["content"] == "Newer @everyone"
    assert edited["embeds"] == [{"type": "rich", "title": "T"}]
    assert edited["edited_timestamp"] is not None
    assert sandbox.received()[0]["allowed_mentions"] is None, "an edit doesn't inherit it"
    assert requests.delete(message, timeout=5).status_code == 204
    assert requests.delete(message, timeout=5).json() == {
        "message": "Unknown Message",
        "code": 10008,
    }
    assert sandbox.received() == []


@pytest.mark.parametrize(
    ("body", "where", "code"),
    [
        ({"content": "x" * 2001}, ["content"], "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"title": "x" * 257}]}, ["embeds", "0", "title"], "BASE_TYPE_MAX_LENGTH"),
        (
            {"embeds": [{"description": "x" * 4097}]},
            ["embeds", "0", "description"],
            "BASE_TYPE_MAX_LENGTH",
        ),
        ({"embeds": [{"title": "x"}] * 11}, ["embeds"], "BASE_TYPE_MAX_LENGTH"),
        (
            {"embeds": [{"fields": [{"name": "n"}]}]},
            ["embeds", "0", "fields", "0", "value"],
            "BASE_TYPE_REQUIRED",
        ),
        (
            {"embeds": [{"fields": [{"name": "n", "value": "v"}] * 26}]},
            ["embeds", "0", "fields"],
            "BASE_TYPE_MAX_LENGTH",
        ),
        ({"embeds": [{"description": "x" * 3001}] * 2}, ["embeds"], "MAX_EMBED_SIZE_EXCEEDED"),
        (
            {"embeds": [{"title": "x", "url": "ftp://example.org"}]},
            ["embeds", "0", "url"],
            "URL_TYPE_INVALID_SCHEME",
        ),
        ({"embeds": [{"title": "x", "color": 2**24}]}, ["embeds", "0", "color"], "NUMBER_TYPE_MAX"),
        (
            {"embeds": [{"title": "x", "timestamp": "soon"}]},
            ["embeds", "0", "timestamp"],
            "DATE_TIME_TYPE_PARSE",
        ),
        ({"embeds": [{}]}, ["embeds", "0", "description"], "BASE_TYPE_REQUIRED"),
        ({"content": "x", "username": "discord bot"}, ["username"], "USERNAME_INVALID_CONTAINS"),
        ({"content": "x", "username": "x" * 81}, ["username"], "BASE_TYPE_BAD_LENGTH"),
        (
            {"content": "x", "allowed_mentions": {"parse": ["all"]}},
            ["allowed_mentions", "parse", "0"],
            "BASE_TYPE_CHOICES",
        ),
    ],
)
def test_discord_refuses_with_its_tree_of_errors(
    sandbox: Sandbox, body: dict[str, Any], where: list[str], code: str
) -> None:
    answer = hook(sandbox, body)
    assert answer.status_code == 400
    assert answer.json()["code"] == 50035
    errors = answer.json()["errors"]
    for step in where:
        errors = errors[step]
    assert errors["_errors"][0]["code"] == code
    assert sandbox.received() == []


def test_discord_refuses_the_empty_the_wrong_and_the_unknown(sandbox: Sandbox) -> None:
    assert hook(sandbox, {"content": " \n "}).json()["code"] == 50006
    url = sandbox[Discord].webhook_url
    wrong = requests.post(url + "x", json={"content": "x"}, timeout=5)
    assert (wrong.status_code, wrong.json()["code"]) == (401, 50027)
    unknown = requests.post(
        url.replace("webhooks/1", "webhooks/2"), json={"content": "x"}, timeout=5
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, 10015)
    broken = requests.post(url, data=b"{", headers={"Content-Type": "application/json"}, timeout=5)
    assert (broken.status_code, broken.json()["code"]) == (400, 50109)
    assert (
        requests.get(url.replace("/api/", "/api/v10/"), timeout=5).json()["name"] == "Announcements"
    )


def test_discord_pings_only_whom_it_is_allowed_to(sandbox: Sandbox) -> None:
    text = "@everyone <@42> <@&7>"
    nobody: dict[str, Any] = {"allowed_mentions": {"parse": []}}
    some = {"allowed_mentions": {"parse": ["everyone"], "users": ["42"]}}
    for allowed in (nobody, {}, some):
        hook(sandbox, {"content": text, **allowed})
    assert [entry["pings"] for entry in sandbox.received()] == [[], ["42"], ["everyone", "42"]]


def test_files_on_discord(sandbox: Sandbox) -> None:
    payload = {
        "content": "Look",
        "attachments": [{"id": 0, "filename": "a.png", "description": "A dot"}],
    }
    files = {"files[0]": ("a.png", PNG + b"\r\n--x\r\n", "image/png")}
    made = hook(sandbox, data={"payload_json": json.dumps(payload)}, files=files).json()
    (attached,) = made["attachments"]
    assert (attached["filename"], attached["description"]) == ("a.png", "A dot")
    assert requests.get(attached["url"], timeout=5).content == PNG + b"\r\n--x\r\n"
