"""LinkedIn: the contract, and what is its own."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.adapter import Adapter, Channel, Picture
from publisher.errors import CannotLook, Duplicate, Refused
from publisher.registry import load
from publisher.sandbox import Sandbox
from publisher.sandbox.linkedin import ORGANISATION, Server, shown
from publisher.testing import AdapterContract
from tests.conftest import POST, Publish
from tests.one_channel import on
from tests.test_pictures import got

text: Any = importlib.import_module("publisher.adapters._linkedin_text")
linkedin: Any = importlib.import_module("publisher.adapters.linkedin")


class TestLinkedIn(AdapterContract):
    adapter = "linkedin"
    makes_live = "POST /rest/posts"
    maybe_live = ("500", "502", "503", "504", "drop", "reset", "html", "lost", "lost-503")
    """An answer without a body can't be cut off."""

    def signed_in(self, sandbox: Sandbox) -> Adapter:
        """Pictures are shown as pictures: a card has one at most, without a text."""
        adapter = super().signed_in(sandbox)
        adapter.settings = {**adapter.settings, "show": "pictures"}
        return adapter

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [(got(one["url"]), one["alt"]) for one in item["pictures"]]

    def test_the_link_is_a_card_with_the_picture(self, channel: Adapter, sandbox: Sandbox) -> None:
        options = {**channel.settings, "show": "card"}
        picture = Picture("h", "s", "lamp.png", "image/png", "A lamp", size=3)
        message = self.message(
            channel, options=options, pictures=(picture,), description="It is bright."
        )
        image = channel.upload(picture, b"png").id
        attempt = _with(self.attempt(), media={"s": image})
        channel.send(channel.payload(message, 0), attempt)
        (item,) = self.live(sandbox)
        assert item["object"]["content"] == {
            "article": {
                "source": "https://example.org/news/lamp/",
                "title": "Lamp 2.0 is out",
                "description": "It is bright.",
                "thumbnail": image,
            }
        }

    def test_the_same_again_is_refused_and_named(self, channel: Adapter) -> None:
        payload = channel.payload(self.message(channel), 0)
        first = channel.send(payload, self.attempt())
        with pytest.raises(Duplicate):
            channel.send(payload, self.attempt("key-2"))
        assert channel.find(payload, self.attempt("key-2"), datetime.now(UTC)) == first
        with pytest.raises(CannotLook):
            channel.find(payload, self.attempt("key-3"), datetime.now(UTC))

    def test_a_refusal_that_names_an_older_post_proves_nothing(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        """One that was deleted since, perhaps: nothing is live then."""
        sandbox[Server].remembers = True
        try:
            payload, attempt = self.put_live(channel)
            channel.delete(payload, attempt)
            later = _with(self.attempt("key-2"), began=datetime.now(UTC) + timedelta(hours=2))
            with pytest.raises(Refused) as caught:
                channel.send(payload, later)
            assert not isinstance(caught.value, Duplicate)
            assert "change a word" in caught.value.hint
        finally:
            sandbox[Server].remembers = False

    def test_an_organisation_s_posts_can_be_read(self, sandbox: Sandbox) -> None:
        member = self.signed_in(sandbox)
        settings = {**member.settings, "author": ORGANISATION}
        page = load("linkedin")(Channel("linkedin", "linkedin", settings), member.secrets)
        sandbox[Server].reads = True
        try:
            payload = page.payload(self.message(page), 0)
            since = datetime.now(UTC)
            assert page.find(payload, self.attempt(), since) is None
            receipt = page.send(payload, self.attempt())
            assert page.find(payload, self.attempt(), since) == receipt
            assert page.find(payload, self.attempt(), since + timedelta(minutes=5)) is None
            attempt = _with(self.attempt(), remote_id=receipt.id)
            assert page.stands(payload, attempt)
            assert not page.stands({"commentary": "other"}, attempt)
        finally:
            sandbox[Server].reads = False

    def test_a_picture_waits_until_it_is_available(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        sandbox[Server].slow_images = True
        try:
            picture = Picture("h", "s", "lamp.png", "image/png", "A lamp", size=3)
            upload = channel.upload(picture, b"png")
            assert not upload.ready
            assert not channel.finish(upload.id, picture)
            assert channel.finish(upload.id, picture)
        finally:
            sandbox[Server].slow_images = False

    def test_an_old_version_says_to_update(self, channel: Adapter, monkeypatch: Any) -> None:
        monkeypatch.setattr(linkedin, "VERSION", "202401")
        with pytest.raises(Refused) as caught:
            channel.send(channel.payload(self.message(channel), 0), self.attempt())
        assert "update" in caught.value.hint

    def test_the_token_s_days_are_told(self, channel: Adapter) -> None:
        day = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
        channel.settings = {**channel.settings, "token_expires": day}
        assert "lives 9 more days" in channel.check()

    @pytest.mark.parametrize(
        ("url", "found"),
        [
            ("https://www.linkedin.com/feed/update/urn:li:share:71/", "urn:li:share:71"),
            ("https://www.linkedin.com/feed/update/urn:li:ugcPost:72?x=1", "urn:li:ugcPost:72"),
            ("https://www.linkedin.com/in/ada/", ""),
        ],
    )
    def test_an_address_says_the_id(self, url: str, found: str, channel: Adapter) -> None:
        assert channel.id_in(url) == found


def _with(attempt: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(attempt, **changes)


# Little text


@pytest.mark.parametrize(
    ("plain", "little"),
    [
        ("a (b) [c] {d} <e> | * _ ~ \\", r"a \(b\) \[c\] \{d\} \<e\> \| \* \_ \~ \\"),
        ("@ada", r"\@ada"),
        ("#release and #freie_software", r"{hashtag|\#|release} and {hashtag|\#|freie_software}"),
        ("C# #1 a#b #", r"C\# \#1 a\#b \#"),
        ("#größer #日本語", r"{hashtag|\#|größer} {hashtag|\#|日本語}"),
    ],
)
def test_reserved_signs_are_escaped(plain: str, little: str) -> None:
    assert text.little(plain) == little
    assert text.plain(little) == plain


@given(st.text(st.sampled_from(r"\|{}@[]()<>#*_~ aé1") | st.characters(codec="utf-8"), max_size=60))
def test_what_is_written_is_what_is_shown(plain: str) -> None:
    """By what stands in for LinkedIn, and by our own reading of it."""
    little = text.little(plain)
    assert shown(little) == plain
    assert text.plain(little) == plain


# The whole command


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with on("linkedin", tmp_path, monkeypatch) as sandbox:
        yield sandbox


def test_it_reads_as_somebody_would_have_posted_it(here: Sandbox, publish: Publish) -> None:
    publish("post.md", "--json")
    (live,) = here.received()
    assert live["text"].startswith("Lamp 2.0 is out\n\nLamp 2.0 is here.")
    assert live["text"].endswith("\n\n#FreeSoftware #release")
    assert live["card_link"] == "https://example.org/news/post/"


def test_with_pictures_the_link_is_in_the_text(
    here: Sandbox, publish: Publish, tmp_path: Path
) -> None:
    text = POST.replace("---\n\n", "publish: {linkedin: {show: pictures}}\n---\n\n", 1)
    (tmp_path / "post.md").write_text(text, "utf-8")
    publish("post.md", "--json")
    (live,) = here.received()
    assert "https://example.org/news/post/" in live["text"]
    assert live["card_link"] == ""
