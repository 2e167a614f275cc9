"""Mattermost: the contract, and what is its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from publisher.adapter import Adapter, Picture
from publisher.errors import CannotLook, Refused
from publisher.sandbox import Sandbox
from publisher.testing import AdapterContract
from tests.conftest import POST, Publish
from tests.one_channel import on
from tests.test_pictures import got


class TestMattermost(AdapterContract):
    adapter = "mattermost"
    makes_live = "POST /api/v4/posts"
    has_a_name = True
    same_key_is_one = True

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [(got(one["url"]), one["alt"].rpartition(".")[0]) for one in item["pictures"]]

    def test_a_post_has_its_mark_and_its_channel(self, channel: Adapter, sandbox: Sandbox) -> None:
        channel.send(channel.payload(self.message(channel), 0), self.attempt("key-7"))
        (request,) = [each for each in sandbox.requests if each.path == "/api/v4/posts"]
        body = json.loads(request.body)
        assert body["pending_post_id"] == "key-7"
        assert "key-7" in body["props"].values()
        assert len(body["channel_id"]) == 26

    def test_what_somebody_deleted_is_not_put_back(self, channel: Adapter) -> None:
        payload, attempt = self.put_live(channel)
        channel.delete(payload, attempt)
        with pytest.raises(CannotLook, match="deleted"):
            channel.find(payload, attempt, attempt.began)

    def test_a_channel_that_is_not_there_is_refused(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "channel": "collective/elsewhere"}
        with pytest.raises(Refused):
            channel.check()

    def test_who_is_no_member_is_told_before(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "channel": "a" * 26}
        with pytest.raises(Refused) as caught:
            channel.check()
        assert "permission" in caught.value.message

    @pytest.mark.parametrize(
        ("alt", "name"),
        [
            ("A lamp: on/off", "A lamp on off.png"),
            ("Eine Lampe, größer", "Eine Lampe, größer.png"),
            ("", "lamp.png"),
            ("x" * 200, "x" * 80 + ".png"),
        ],
    )
    def test_a_file_is_called_what_its_picture_shows(
        self, alt: str, name: str, channel: Adapter, sandbox: Sandbox
    ) -> None:
        channel.upload(Picture("h", "s", "lamp.png", "image/png", alt), b"png")
        (file,) = (each for platform in sandbox.platforms for each in platform.files.values())  # type: ignore[attr-defined]
        assert file["name"] == name

    @pytest.mark.parametrize(
        ("url", "found"),
        [
            ("https://chat.example.org/collective/pl/" + "a" * 26, "a" * 26),
            ("https://chat.example.org/_redirect/pl/" + "b" * 26, "b" * 26),
            ("https://chat.example.org/collective/channels/announcements", ""),
            ("https://chat.example.org/collective/pl/short", ""),
        ],
    )
    def test_an_address_says_the_id(self, url: str, found: str, channel: Adapter) -> None:
        assert channel.id_in(url) == found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    with on("mattermost", tmp_path, monkeypatch) as sandbox:
        yield sandbox


def test_it_reads_as_somebody_would_have_posted_it(here: Sandbox, publish: Publish) -> None:
    publish("post.md", "--json")
    (live,) = here.received()
    assert live["text"].startswith("#### Lamp 2.0 is out\n\n**Lamp 2.0** is here.")
    assert live["text"].endswith("\n\nhttps://example.org/news/post/")


def test_nobody_is_notified(here: Sandbox, publish: Publish, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text(
        POST.replace("**Lamp 2.0**", "@channel and @ada: it"), "utf-8"
    )
    publish("post.md", "--json")
    (live,) = here.received()
    assert "@\u200bchannel and @\u200bada" in live["text"]
