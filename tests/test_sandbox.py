"""The sandbox as a whole: what it shows, keeps, counts and survives, over real sockets."""

from __future__ import annotations

import json
import smtplib
import socket
import stat
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oauthlib.oauth1 import Client

from publisher.sandbox import Sandbox
from publisher.sandbox.discord import Discord
from publisher.sandbox.mail import Mail
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.twitter import Twitter
from publisher.sandbox.web import Request
from tests.sandbox_clients import hook, live, mail, toots, tweets


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


# The sandbox itself


def test_it_leaves_nothing_behind() -> None:
    Sandbox()  # what is imported on the first use doesn't count
    before = threading.active_count()
    with Sandbox() as sandbox:
        session = requests.Session()
        session.get(sandbox.url, timeout=5)  # kept alive
        ports = [sandbox[Mail].port, int(sandbox.url.rpartition(":")[2])]
    session.close()
    assert threading.active_count() == before
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)


def test_stopping_does_not_wait_for_a_slow_answer() -> None:
    with Sandbox() as sandbox:
        sandbox.fault("discord", "late", seconds=600)
        sandbox.fault("email", "latency", seconds=600)
        caught: list[type] = []

        def send(act: Callable[[], Any]) -> None:
            try:
                act()
            except (OSError, smtplib.SMTPException) as error:
                caught.append(type(error))

        threads = [
            threading.Thread(target=send, args=(act,))
            for act in (lambda: hook(sandbox, {"content": "x"}), lambda: mail(sandbox))
        ]
        for thread in threads:
            thread.start()
        while sandbox.faults.waiting() or not live(sandbox, "discord"):
            time.sleep(0.01)
        began = time.monotonic()
    for thread in threads:
        thread.join(60)
    assert time.monotonic() - began < 300


def five_free_ports() -> int:
    """The first of five in a row, below those that the system hands out by itself."""
    for base in range(20_000, 30_000, 5):
        try:
            with ExitStack() as stack:
                for port in range(base, base + 5):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
        except OSError:
            continue
        return base
    raise AssertionError("no free ports")


def test_ports_can_be_chosen_and_a_taken_one_is_an_error() -> None:
    base = five_free_ports()
    with Sandbox(base) as sandbox:
        assert sandbox.url.endswith(f":{base}")
        assert sandbox[Mail].port == base + 4
        with pytest.raises(OSError):
            Sandbox(base).start()


def test_configuration_and_environment_belong_together(sandbox: Sandbox) -> None:
    config = tomllib.loads(sandbox.config())
    assert set(config["channels"]) == {"mastodon", "twitter", "discord", "email"}
    named = {
        value["env"]
        for channel in config["channels"].values()
        for value in channel.values()
        if isinstance(value, dict)
    }
    assert named | {"SMTP_URL"} == set(sandbox.environment())
    assert config["channels"]["mastodon"]["api_base_url"] == sandbox[Mastodon].url
    assert len(config["channels"]["email"]["recipients"]) == 3


def test_what_came_is_listed_in_order_and_can_be_forgotten(sandbox: Sandbox) -> None:
    toots(sandbox).status_post("One")
    tweets(sandbox).create_tweet(text="Two")
    hook(sandbox, {"content": "Three"})
    mail(sandbox)
    listed = requests.get(f"{sandbox.url}/_sandbox/received", timeout=5).json()
    assert listed == sandbox.received()
    assert [entry["channel"] for entry in listed] == ["mastodon", "twitter", "discord", "email"]
    assert [entry["text"].strip() for entry in listed] == ["One", "Two", "Three", "Plain – text"]
    assert requests.delete(f"{sandbox.url}/_sandbox/received", timeout=5).status_code == 204
    assert sandbox.received() == []
    assert sandbox.requests == []


def test_each_thing_that_came_can_be_read_in_a_browser(sandbox: Sandbox) -> None:
    text = "<script>alert(1)</script> & more"
    toots(sandbox).status_post(text, spoiler_text="<b>")
    tweets(sandbox).create_tweet(text=text)
    hook(sandbox, {"content": text, "embeds": [{"title": "<i>", "description": text}]})
    mail(sandbox, subject="<u>")
    for entry in sandbox.received():
        page = requests.get(entry["url"], timeout=5)
        assert page.status_code == 200
        assert page.headers["Content-Type"].startswith("text/html")
        assert not any(tag in page.text for tag in ("<script>", "<b>", "<i>", "<u>"))
        if entry["channel"] != "email":
            assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page.text
    assert requests.get(sandbox.received()[-1]["url"] + ".html", timeout=5).text == "<p>Rich</p>\n"


def test_requests_are_kept_as_they_came_and_listed_without_secrets(sandbox: Sandbox) -> None:
    toots(sandbox).status_post("Hello", idempotency_key="key-1")
    (request,) = sandbox.requests
    assert (request.channel, request.method, request.path) == (
        "mastodon",
        "POST",
        "/api/v1/statuses",
    )
    assert request.headers["idempotency-key"] == "key-1"
    assert ("status", "Hello") in request.form()
    listed = requests.get(f"{sandbox.url}/_sandbox/requests", timeout=5)
    assert sandbox[Mastodon].token not in listed.text
    assert listed.json()[0]["headers"]["authorization"] == "Bearer …"


def test_only_this_machine_by_its_own_name_gets_to_the_control(sandbox: Sandbox) -> None:
    answer = requests.get(
        f"{sandbox.url}/_sandbox/received", headers={"Host": "evil.example"}, timeout=5
    )
    assert answer.status_code == 403


def test_faults_can_be_asked_for_over_http(sandbox: Sandbox) -> None:
    where = f"{sandbox.url}/_sandbox/faults"
    assert set(requests.get(where, timeout=5).json()) == set(sandbox.kinds())
    asked = {"platform": "discord", "kind": "500", "times": 2}
    assert requests.post(where, json=asked, timeout=5).json() == {"waiting": 2}
    assert hook(sandbox, {"content": "x"}).status_code == 500
    assert requests.delete(where, timeout=5).status_code == 204
    assert hook(sandbox, {"content": "x"}).status_code == 200
    wrong = requests.post(where, json={"platform": "discord", "kind": "flood"}, timeout=5)
    assert wrong.status_code == 422
    assert "lost" in wrong.json()["error"]


def test_what_came_is_kept_in_a_folder_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with Sandbox(keep=folder) as sandbox:
        toots(sandbox).status_post("Bonjour – 你好")
        mail(sandbox)
        (raw,) = [kept.raw for kept in sandbox[Mail].kept()]
        expected = sandbox.received()
    assert json.loads((folder / "received.json").read_text("utf-8")) == expected
    assert (folder / "001.eml").read_bytes() == raw
    assert (folder / "001.html").read_text("utf-8") == "<p>Rich</p>\n"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    with Sandbox(keep=folder):
        pass
    assert {file.name for file in folder.iterdir()} == {"received.json", "received.html"}


def test_many_clients_at_once(sandbox: Sandbox) -> None:
    def work(number: int) -> None:
        hook(sandbox, {"content": f"message {number}"})
        toots(sandbox).status_post(f"status {number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    for channel in ("discord", "mastodon"):
        ids = [int(entry["id"]) for entry in sandbox.received() if entry["channel"] == channel]
        assert len(set(ids)) == 16
        assert ids == sorted(ids)


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: abc\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET //[ HTTP/1.1\r\nHost: h\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_nonsense_ends_in_a_refusal(sandbox: Sandbox, sent: bytes) -> None:
    for url in (sandbox.url, sandbox[Mastodon].url):
        with socket.create_connection(
            ("127.0.0.1", int(url.rpartition(":")[2])), timeout=5
        ) as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            assert b" 200 " not in client.recv(100)
        assert requests.get(url, timeout=5).status_code in (200, 404)


# Nothing that a client says stops a platform.

INNER = [
    "parse",
    "users",
    "media_ids",
    "in_reply_to_tweet_id",
    "id",
    "name",
    "value",
    "text",
    "url",
    "fields",
]
JSON = st.recursive(
    st.sampled_from(
        [None, True, 0, -1, 2**70, 0.5, "", "users", "http://[", "1" * 30, "2026-11-23"]
    ),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(INNER), inner, max_size=2)
    ),
    max_leaves=5,
)
FIELDS = {
    "mastodon": [
        "status",
        "spoiler_text",
        "media_ids",
        "sensitive",
        "visibility",
        "in_reply_to_id",
    ],
    "twitter": ["text", "reply", "media", "poll", "reply_settings", "nullcast"],
    "discord": [
        "content",
        "embeds",
        "attachments",
        "allowed_mentions",
        "flags",
        "username",
        "avatar_url",
    ],
}


@pytest.mark.parametrize("platform", ["mastodon", "twitter", "discord"])
@given(data=st.data())
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_json_gets_an_answer(platform: str, data: st.DataObject, sandbox: Sandbox) -> None:
    fields = st.dictionaries(st.sampled_from(FIELDS[platform]), JSON, min_size=1, max_size=2)
    encoded = data.draw(fields.map(lambda body: json.dumps(body).encode()) | st.binary(max_size=9))
    (site,) = (each for each in sandbox.platforms if each.name == platform)
    assert isinstance(site, Mastodon | Twitter | Discord)
    hooked = urlsplit(sandbox[Discord].webhook_url).path
    path = {"mastodon": "/api/v1/statuses", "twitter": "/2/tweets", "discord": hooked}[platform]
    headers = {"content-type": "application/json"}
    if isinstance(site, Mastodon):
        headers["authorization"] = f"Bearer {site.token}"
    elif isinstance(site, Twitter):
        client = Client(
            site.consumer_key, site.consumer_secret, site.access_token, site.access_token_secret
        )
        _, signed, _ = client.sign(site.url + path, "POST")
        headers["authorization"] = str(signed["Authorization"])
    request = Request(
        platform, "POST", path, {}, headers, encoded, datetime.now(UTC), site.url + path
    )
    assert site.handle(request).status in (200, 201, 204, 400, 403, 404, 422)
    json.dumps(sandbox.received())
