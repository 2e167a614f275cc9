"""Webhooks: the contract, the schema, the signature, and the receiver of the documentation."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from publisher.adapter import Adapter, Channel
from publisher.registry import load
from publisher.sandbox import Sandbox
from publisher.sandbox.webhook import KEY, Receiver
from publisher.testing import AdapterContract
from tests.conftest import POST, Publish, edit
from tests.one_channel import on
from tests.pages import ROOT, blocks
from tests.test_pictures import got

SCHEMA = json.loads((ROOT / "docs" / "webhook.schema.json").read_text("utf-8"))
PAGE = ROOT / "docs" / "webhook.md"


def bodies(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What came, each held to the published schema."""
    told = [json.loads(each.body) for each in sandbox.requests if each.method == "POST"]
    for each in told:
        jsonschema.validate(each, SCHEMA)
    return told


class TestWebhook(AdapterContract):
    adapter = "webhook"
    same_key_is_one = True

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "url": "http://127.0.0.1:9/hook"}

    def spoilt(self, secret: str) -> str:
        return secret[:-2] + ("A=" if secret[-2:] != "A=" else "B=")

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        bodies(sandbox)
        return [(got(one["url"]), one["alt"]) for one in item["pictures"]]

    def test_it_is_signed_as_standard_webhooks_have_it(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        channel.send(channel.payload(self.message(channel), 0), self.attempt("key-7"))
        (request,) = sandbox.requests
        headers = request.headers
        assert headers["webhook-id"] == headers["idempotency-key"] == "key-7"
        signed = f"key-7.{headers['webhook-timestamp']}.".encode() + request.body
        digest = hmac.new(KEY, signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"

    def test_a_receiver_that_has_it_says_409(self, channel: Adapter, sandbox: Sandbox) -> None:
        payload = channel.payload(self.message(channel), 0)
        channel.send(payload, self.attempt())
        receiver = sandbox[Receiver]
        known = receiver._published
        receiver._published = lambda *_: _conflict()  # type: ignore[method-assign]
        try:
            assert channel.send(payload, self.attempt()).id == "key-1"
        finally:
            receiver._published = known  # type: ignore[method-assign]

    def test_an_edit_that_goes_back_is_no_repetition(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        payload, attempt = self.put_live(channel)
        channel.update(channel.payload(self.message(channel, "Edited."), 0), attempt)
        channel.update(payload, attempt)
        names = [each.headers["webhook-id"] for each in sandbox.requests]
        assert len(set(names)) == 3
        (item,) = self.live(sandbox)
        assert "Edited." not in item["text"]

    def test_without_the_receiver_s_word_a_lost_answer_is_unknown(self, channel: Adapter) -> None:
        plain = load("webhook")(
            Channel("webhook", "webhook", {**channel.settings, "honours_key": False}),
            channel.secrets,
        )
        assert not plain.knows_both(self.attempt(), None)
        assert channel.knows_both(self.attempt(), None)


def _conflict() -> Any:
    from publisher.sandbox.web import as_json

    return as_json(409, {"error": "it is there"})


@pytest.mark.parametrize(
    ("secret", "good"),
    [
        ("whsec_" + base64.b64encode(b"x" * 24).decode(), True),
        (base64.b64encode(b"x" * 64).decode(), True),
        ("whsec_" + base64.b64encode(b"x" * 23).decode(), False),
        ("whsec_" + base64.b64encode(b"x" * 65).decode(), False),
        ("whsec_no base64!", False),
    ],
)
def test_a_secret_is_checked_early(secret: str, good: bool) -> None:
    (option,) = (each for each in load("webhook").options if each.name == "secret")
    assert option.check is not None
    assert (option.check(secret) is None) is good


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with on("webhook", tmp_path, monkeypatch) as sandbox:
        yield sandbox


def test_the_whole_announcement_is_in_it(here: Sandbox, publish: Publish, tmp_path: Path) -> None:
    text = POST.replace("---\n\n", "---\n\n![A lamp](https://example.org/lamp.png)\n\n", 1)
    (tmp_path / "post.md").write_text(text, "utf-8")
    publish("post.md", "--json")
    (body,) = bodies(here)
    data = body["data"]
    assert body["type"] == "announcement.published"
    assert data["title"] == "Lamp 2.0 is out"
    assert data["tags"] == ["free software", "release"]
    assert data["url"] == "https://example.org/news/post/"
    assert "<strong>Lamp 2.0</strong>" in data["html"]
    assert data["date"].startswith("2026-01-20")


def test_an_edit_and_a_retraction_are_told(here: Sandbox, publish: Publish, tmp_path: Path) -> None:
    publish("post.md", "--json")
    edit(tmp_path, "twice as fast", "at once")
    assert publish("post.md", "--json").statuses() == {"webhook": "sent"}
    assert publish("retract", "post.md", "--yes").status == 0
    kinds = [each["type"] for each in bodies(here)]
    assert kinds == ["announcement.published", "announcement.updated", "announcement.retracted"]
    assert here.received() == []


def test_the_receiver_that_is_shown_takes_it_once(
    tmp_path: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "whsec_" + base64.b64encode(b"x" * 32).decode()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / ".git").mkdir()
    (tmp_path / "receiver.py").write_text(blocks(PAGE, "python")[0], "utf-8")
    (tmp_path / "post.md").write_text(POST, "utf-8")
    config = (
        '[channels.webhook]\nurl = "http://127.0.0.1:%d/"\nsecret = { env = "WEBHOOK_SECRET" }\n'
    )
    (tmp_path / "publish.toml").write_text(config % port, "utf-8")
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    monkeypatch.chdir(tmp_path)
    environment = {**os.environ, "PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, "receiver.py"], env=environment, stdout=subprocess.PIPE, text=True
    ) as receiver:
        try:
            _wait_for(port)
            assert publish("check").status == 0
            assert publish("post.md", "--json").statuses() == {"webhook": "sent"}
        finally:
            receiver.terminate()
        assert receiver.stdout is not None
        told = receiver.stdout.read()
    assert told.count("announcement.published Lamp 2.0 is out") == 1


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
