"""Matrix: the contract, and what is its own."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.adapter import Adapter, Picture
from publisher.errors import CannotLook, Refused
from publisher.sandbox import Sandbox
from publisher.sandbox.matrix import PASSWORD, TOKEN, USER, Server
from publisher.testing import AdapterContract
from publisher.text.tree import parse, text_of
from tests.conftest import Publish, edit
from tests.one_channel import on
from tests.test_pictures import got

matrix: Any = importlib.import_module("publisher.adapters.matrix")
guide: Any = importlib.import_module("publisher.adapters._matrix_guide")
rich: Any = importlib.import_module("publisher.adapters._matrix_text")
tagged: Any = importlib.import_module("publisher.adapters._tagged_text")


class TestMatrix(AdapterContract):
    adapter = "matrix"
    makes_live = "PUT"
    has_a_name = True
    same_key_is_one = True
    refuses_more = False

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [(got(one["url"]), one["alt"]) for one in item["pictures"]]

    def test_an_encrypted_room_is_refused(self, channel: Adapter, sandbox: Sandbox) -> None:
        sandbox[Server].encrypted = True
        try:
            for act in (channel.check, lambda: channel.send({"body": "x"}, self.attempt())):
                with pytest.raises(Refused, match="encrypted"):
                    act()
            assert not self.live(sandbox)
        finally:
            sandbox[Server].encrypted = False

    def test_who_may_not_write_is_told_before(self, channel: Adapter, sandbox: Sandbox) -> None:
        sandbox[Server].level = 0
        try:
            with pytest.raises(Refused) as caught:
                channel.check()
            assert "power level 50" in caught.value.hint
        finally:
            sandbox[Server].level = 50

    def test_who_is_not_in_the_room_is_told_before(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        sandbox[Server].joined = False
        try:
            with pytest.raises(Refused):
                channel.check()
        finally:
            sandbox[Server].joined = True

    def test_it_is_found_after_a_day_with_its_pictures(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        picture = Picture("h", "s", "lamp.png", "image/png", "A lamp", size=3)
        image = channel.upload(picture, b"png")
        payload = channel.payload(self.message(channel, pictures=(picture,)), 0)
        attempt = replace(self.attempt(), media={"s": image.id})
        since = datetime.now(UTC)
        receipt = channel.send(payload, attempt)
        assert channel.find(payload, attempt, since) == receipt
        channel.delete(payload, replace(attempt, remote_id=receipt.id or ""))
        assert self.live(sandbox) == []

    def test_it_is_found_on_a_later_page(self, channel: Adapter, monkeypatch: Any) -> None:
        monkeypatch.setattr(matrix, "PAGE", 2)
        since = datetime.now(UTC)
        payload = channel.payload(self.message(channel), 0)
        receipts = [channel.send(payload, self.attempt(f"key-{n}")) for n in range(5)]
        for number, receipt in enumerate(receipts):
            assert channel.find(payload, self.attempt(f"key-{number}"), since) == receipt

    def test_what_was_deleted_is_not_put_back(self, channel: Adapter) -> None:
        payload, attempt = self.put_live(channel)
        channel.delete(payload, attempt)
        with pytest.raises(CannotLook, match="deleted"):
            channel.find(payload, attempt, attempt.began)

    def test_an_edit_is_not_taken_for_the_message(self, channel: Adapter) -> None:
        payload, attempt = self.put_live(channel)
        channel.update(channel.payload(self.message(channel, "Edited."), 0), attempt)
        found = channel.find(payload, attempt, attempt.began)
        assert found is not None
        assert found.id == attempt.remote_id

    def test_that_pictures_stay_is_said(self, channel: Adapter) -> None:
        payload, attempt = self.put_live(channel)
        picture = Picture("h", "s", "lamp.png", "image/png", "A lamp", size=3)
        new = channel.payload(self.message(channel, "Edited.", pictures=(picture,)), 0)
        assert "pictures stay" in channel.update(new, attempt).warning
        assert channel.update(payload, attempt).warning == ""

    def test_an_edit_that_goes_back_is_one(self, channel: Adapter, sandbox: Sandbox) -> None:
        payload, attempt = self.put_live(channel)
        channel.update(channel.payload(self.message(channel, "Edited."), 0), attempt)
        channel.update(payload, attempt)
        (item,) = self.live(sandbox)
        assert "Edited." not in item["text"]

    def test_a_name_is_known_for_a_day(self, channel: Adapter) -> None:
        now = datetime.now(UTC)
        for age, known in ((timedelta(hours=22), True), (timedelta(hours=24), False)):
            assert channel.knows_both(replace(self.attempt(), began=now - age), None) is known

    @pytest.mark.parametrize(
        ("url", "found"),
        [
            ("https://matrix.to/#/#news:example.org/$abc-_123", "$abc-_123"),
            ("https://matrix.to/#/!id:example.org/$abc:example.org?via=x", "$abc:example.org"),
            ("https://matrix.to/#/#news:example.org", ""),
        ],
    )
    def test_an_address_says_the_id(self, url: str, found: str, channel: Adapter) -> None:
        assert channel.id_in(url) == found


def test_an_account_signs_in_once(tmp_path: Path) -> None:
    with Sandbox(adapters=("matrix",)) as sandbox:
        server = sandbox[Server].url
        assert guide.sign_in(server, USER, PASSWORD) == TOKEN
        with pytest.raises(Refused) as caught:
            guide.sign_in(server, USER, "a-wrong-password")
        assert "a-wrong-password" not in caught.value.message


# Text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a<br>b"),
        ("<b>a <i>b</i></b> c", "<strong>a <em>b</em></strong> c"),
        ("<pre>a\nb</pre>", "<pre><code>a\nb</code></pre>"),
        ("&lt;b> & <s>x</s>", "&lt;b&gt; &amp; <del>x</del>"),
        ('<a href="https://example.org/?a=1&amp;b=2">x</a>', '<a href="https://example.org/?a=1&amp;b=2">x</a>'),
        ("<blockquote>a <code>b</code></blockquote>", "<blockquote>a <code>b</code></blockquote>"),
    ],
)  # fmt: skip
def test_html(text: str, shown: str) -> None:
    assert rich.as_html(tagged.parsed(text)) == shown


@given(st.text(st.sampled_from("<>&;/abi \"'é😀") | st.characters(codec="utf-8"), max_size=50))
def test_both_forms_say_the_same(text: str) -> None:
    found = tagged.parsed(text)
    read = text_of(parse(f"<p>{rich.as_html(found)}</p>"))
    assert (
        "".join(read.split()) == "".join(found.text.replace("\x00", "").split()) or "\x00" in text
    )


# The whole command


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with on("matrix", tmp_path, monkeypatch) as sandbox:
        yield sandbox


KINDS = ["500", "503", "drop", "reset", "html", "lost", "lost-500", "lost-503", "cut"]


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_becomes_of_an_answer_it_is_live_once(
    kind: str, here: Sandbox, publish: Publish
) -> None:
    here.fault("matrix", kind, when="PUT")
    ran = publish("post.md", "--json")
    assert ran.statuses() == {"matrix": "sent"}, ran.err
    assert len(here.received()) == 1


def test_it_reads_as_somebody_would_have_posted_it(here: Sandbox, publish: Publish) -> None:
    publish("post.md", "--json")
    (live,) = here.received()
    assert live["text"].startswith("Lamp 2.0 is out\n\nLamp 2.0 is here.")
    assert live["formatted"].startswith("<strong>Lamp 2.0 is out</strong><br><br><strong>Lamp")
    assert live["object"]["content"]["m.mentions"] == {}


def test_an_edit_and_a_retraction(here: Sandbox, publish: Publish, tmp_path: Path) -> None:
    publish("post.md", "--json")
    edit(tmp_path, "twice as fast", "at once")
    assert publish("post.md", "--json").statuses() == {"matrix": "sent"}
    (live,) = here.received()
    assert "at once" in live["text"]
    assert publish("retract", "post.md", "--yes").status == 0
    assert here.received() == []
