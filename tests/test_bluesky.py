"""Bluesky's server: the contract, and what is Bluesky's own, over real sockets."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from publisher.adapter import Adapter, Part, Picture
from publisher.errors import Gone, NotSent, Refused, Unknown
from publisher.sandbox import Sandbox
from publisher.sandbox.bluesky import DID, FRIENDS_DID, Bluesky
from publisher.testing import AdapterContract
from publisher.testing.bench import NOW, SENTENCE, png
from tests.test_pictures import got

names: Any = import_module("publisher.adapters._bluesky_names")

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


def picture(number: int = 0, **changes: Any) -> tuple[Picture, bytes]:
    data = png(20 + number, 10)
    digest = hashlib.sha256(data).hexdigest()
    made = Picture(
        digest, digest, f"{number}.png", "image/png", f"Number {number}", size=len(data),
        width=20 + number, height=10,
    )  # fmt: skip
    return replace(made, **changes), data


class TestBluesky(AdapterContract):
    adapter = "bluesky"
    makes_live = "POST /xrpc/com.atproto.repo.putRecord"

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        (item,) = self.live(sandbox)
        return [(got(one["url"]), one["alt"]) for one in item["pictures"]]

    def sent(self, channel: Adapter, sandbox: Sandbox, text: str, **changes: Any) -> dict[str, Any]:
        """The record that is live."""
        pictures = changes.pop("with_pictures", ())
        changes["pictures"] = tuple(each for each, _ in pictures)
        media = {each.source: channel.upload(each, data).id for each, data in pictures}
        payload = channel.payload(self.message(channel, text, **changes), 0)
        channel.send(payload, replace(self.attempt(), media=media))
        (item,) = self.live(sandbox)
        value = item["object"]["value"]
        assert isinstance(value, dict)
        return value

    # What is sent

    def test_a_record_has_text_language_time_and_a_card(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        assert self.sent(channel, sandbox, SENTENCE, description="It is.")["embed"] == {
            "$type": "app.bsky.embed.external",
            "external": {
                "uri": "https://example.org/news/lamp/",
                "title": "Lamp 2.0 is out",
                "description": "It is.",
            },
        }
        record = self.live(sandbox)[0]["object"]["value"]
        assert record["text"] == SENTENCE
        assert record["langs"] == ["en"]
        made = datetime.fromisoformat(record["createdAt"])
        assert abs(datetime.now(UTC) - made) < timedelta(minutes=5), "an old date would sink it"

    def test_only_putting_is_asked_for_and_nothing_is_overwritten(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        self.sent(channel, sandbox, SENTENCE)
        (request,) = [each for each in sandbox.requests if ".repo." in each.path]
        assert request.path == "/xrpc/com.atproto.repo.putRecord"
        body = json.loads(request.body)
        assert "swapRecord" in body
        assert body["swapRecord"] is None

    def test_links_tags_and_mentions_are_facets(self, channel: Adapter, sandbox: Sandbox) -> None:
        text = "Größer: https://example.org/a #lamp, by @ada.test"
        record = self.sent(channel, sandbox, text)
        data, found = record["text"].encode(), {}
        for facet in record["facets"]:
            words = data[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
            (found[words],) = facet["features"]
        kind = "app.bsky.richtext.facet"
        assert found == {
            "example.org/a": {"$type": f"{kind}#link", "uri": "https://example.org/a"},
            "#lamp": {"$type": f"{kind}#tag", "tag": "lamp"},
            "@ada.test": {"$type": f"{kind}#mention", "did": FRIENDS_DID},
        }

    def test_somebody_who_is_not_there_is_said_before_anything_is_sent(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        with pytest.raises(Refused, match=r"nobody on Bluesky is called @nobody\.test"):
            self.sent(channel, sandbox, "by @nobody.test")
        assert not self.live(sandbox)

    @pytest.mark.parametrize("text", ["x" * 300, "e\u0301" * 300, FAMILY * 120, "日" * 300])
    def test_what_is_just_short_enough_is_taken(
        self, text: str, channel: Adapter, sandbox: Sandbox
    ) -> None:
        rule = channel.rule({}, {})
        assert rule.count(text) == rule.limit == 300
        assert self.sent(channel, sandbox, text)["text"] == text

    @pytest.mark.parametrize("text", ["x" * 301, "e\u0301" * 301, FAMILY * 121, "日" * 301])
    def test_one_more_is_not(self, text: str, channel: Adapter, sandbox: Sandbox) -> None:
        assert not channel.rule({}, {}).fits(text)
        with pytest.raises(Refused, match="too big"):
            self.sent(channel, sandbox, text)

    def test_pictures_have_their_shape_and_one_more_than_a_million_bytes_is_refused(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        four = [picture(number) for number in range(4)]
        images = self.sent(channel, sandbox, "x", with_pictures=four)["embed"]["images"]
        shapes = [(each["aspectRatio"]["width"], each["aspectRatio"]["height"]) for each in images]
        assert shapes == [(20, 10), (21, 10), (22, 10), (23, 10)]
        rule = channel.pictures({}, {})
        assert rule is not None
        assert (rule.count, rule.bytes) == (4, 1_000_000)
        for size, taken in ((rule.bytes, True), (rule.bytes + 1, False)):
            sandbox.clear()
            data = png(9, 9).ljust(size, b"\0")
            large = [(picture(9, source=str(size))[0], data)]
            if taken:
                self.sent(channel, sandbox, "x", with_pictures=large)
            else:
                with pytest.raises(Refused, match="blob too big"):
                    self.sent(channel, sandbox, "x", with_pictures=large)

    def test_a_cover_alone_is_the_card_s_picture(self, channel: Adapter, sandbox: Sandbox) -> None:
        cover = [picture(cover=True)]
        card = self.sent(channel, sandbox, "x", with_pictures=cover)["embed"]["external"]
        assert card["thumb"]["size"] == len(cover[0][1])
        address = f"{channel.settings['api_base_url']}/xrpc/com.atproto.sync.getBlob?cid="
        assert got(address + card["thumb"]["ref"]["$link"]) == cover[0][1]

    @pytest.mark.parametrize(
        ("embed", "pictures", "kind"),
        [
            ("", 0, "external"),
            ("", 1, "images"),
            ("card", 1, "external"),
            ("pictures", 1, "images"),
            ("pictures", 0, ""),
            ("nothing", 0, ""),
        ],
    )
    def test_what_stands_below_the_text(
        self, embed: str, pictures: int, kind: str, channel: Adapter, sandbox: Sandbox
    ) -> None:
        record = self.sent(
            channel, sandbox, "x",
            options={**channel.settings, "embed": embed},
            with_pictures=[picture(number) for number in range(pictures)],
        )  # fmt: skip
        assert (record.get("embed") or {}).get("$type", "") == (kind and f"app.bsky.embed.{kind}")

    @pytest.mark.parametrize("language", ["not a language", "d", "e n"])
    def test_what_is_no_language_is_left_out(
        self, language: str, channel: Adapter, sandbox: Sandbox
    ) -> None:
        assert "langs" not in self.sent(channel, sandbox, "x", language=language)

    def test_pictures_are_known_without_their_ids(self, channel: Adapter, sandbox: Sandbox) -> None:
        """As after a post was taken over: its pictures were uploaded by somebody else."""
        both = [picture(0), picture(1)]
        self.sent(channel, sandbox, "x", with_pictures=both)
        attempt = replace(self.attempt(), remote_id=self.live(sandbox)[0]["id"])
        for order, same in ((both, True), (both[::-1], False)):
            pictures = tuple(each for each, _ in order)
            payload = channel.payload(self.message(channel, "x", pictures=pictures), 0)
            assert channel.stands(payload, attempt) is same

    def test_a_picture_that_was_never_uploaded_is_refused(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        pictures = [picture()]
        self.sent(channel, sandbox, "x", with_pictures=pictures)
        sandbox[Bluesky].reset()
        payload = channel.payload(self.message(channel, pictures=(pictures[0][0],)), 0)
        media = {
            pictures[0][
                0
            ].source: "bafkreibjfgx2gprinfvicegelk5kosd6y2frmqpqzwqkg7usac74l3t2v4 image/png 9"
        }
        with pytest.raises(Refused, match="BlobNotFound"):
            channel.send(payload, replace(self.attempt(), media=media))

    # Threads

    def test_each_part_replies_to_the_one_before_and_to_the_first(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        parts = (Part("one"), Part("two"), Part("three"))
        message, before = self.message(channel, parts=parts), None
        for index in range(3):
            attempt = self.attempt(f"key-{index}", reply_to=before)
            before = channel.send(channel.payload(message, index), attempt).id
        live = {item["text"]: item["object"] for item in self.live(sandbox)}
        refs = {text: {"uri": each["uri"], "cid": each["cid"]} for text, each in live.items()}
        assert "reply" not in live["one"]["value"]
        assert live["two"]["value"]["reply"] == {"root": refs["one"], "parent": refs["one"]}
        assert live["three"]["value"]["reply"] == {"root": refs["one"], "parent": refs["two"]}
        assert "embed" not in live["two"]["value"]

    def test_a_reply_to_what_is_gone_is_not_sent(self, channel: Adapter, sandbox: Sandbox) -> None:
        payload = channel.payload(self.message(channel), 0)
        gone = f"at://{DID}/app.bsky.feed.post/3jzfcijpj2z2a"
        with pytest.raises(Refused, match="replies to is there no more"):
            channel.send(payload, self.attempt(reply_to=gone))

    # Exactly once

    def test_it_may_be_sent_again_at_once(self, channel: Adapter, sandbox: Sandbox) -> None:
        payload, attempt = channel.payload(self.message(channel), 0), self.attempt()
        sandbox.fault("bluesky", "lost")
        with pytest.raises(Unknown):
            channel.send(payload, attempt)
        assert channel.knows_both(attempt, None)
        receipt = channel.send(payload, attempt)
        assert not receipt.warning
        assert channel.find(payload, attempt, attempt.began) == receipt
        assert len(self.live(sandbox)) == 1

    def test_what_is_there_already_is_not_sent_again(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        """As after the ledger was lost: the time of the attempt differs, the words don't."""
        payload = channel.payload(self.message(channel), 0)
        first = channel.send(payload, self.attempt())
        again = channel.send(payload, replace(self.attempt(), began=NOW))
        assert again.id == first.id
        assert "already" in again.warning
        assert len(self.live(sandbox)) == 1

    def test_another_post_under_its_name_stays(self, channel: Adapter, sandbox: Sandbox) -> None:
        channel.send(channel.payload(self.message(channel), 0), self.attempt())
        other = channel.payload(self.message(channel, "Something else."), 0)
        with pytest.raises(Refused, match="another post is there") as caught:
            channel.send(other, self.attempt())
        assert "id" in caught.value.hint
        assert [item["text"] for item in self.live(sandbox)] == [SENTENCE]

    def test_what_another_post_has_is_not_found(self, channel: Adapter, sandbox: Sandbox) -> None:
        payload, attempt = channel.payload(self.message(channel), 0), self.attempt()
        channel.send(payload, attempt)
        taken = replace(attempt, is_taken=lambda id: True)
        assert channel.find(payload, taken, attempt.began) is None

    def test_its_name_is_its_own_whatever_it_says(self, channel: Adapter) -> None:
        one = channel.payload(self.message(channel), 0)
        other = channel.payload(self.message(channel, "Something else."), 0)
        attempt = replace(self.attempt(), name="name-1")
        named = channel.addresses(one, attempt)
        assert named == channel.addresses(other, replace(attempt, key="key-2"))
        assert named != channel.addresses(one, replace(attempt, name="name-2"))

    def test_the_address_is_known_before_it_is_sent(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        payload, attempt = channel.payload(self.message(channel), 0), self.attempt()
        known = channel.addresses(payload, attempt)["post"]
        receipt = channel.send(payload, attempt)
        assert known == receipt.id == self.live(sandbox)[0]["id"]
        assert receipt.url is not None
        assert "Lamp 2.0" in got(receipt.url).decode()

    @given(date=st.none() | st.integers(-(10**10), 10**10), name=st.text(max_size=50))
    def test_a_name_is_one_that_a_server_takes(self, date: int | None, name: str) -> None:
        key = names.key_of(date, name)
        assert regex.fullmatch("[2-7a-j][2-7a-z]{12}", key)
        assert key == names.key_of(date, name)

    def test_names_hold_the_time_of_the_post(self) -> None:
        letters = "234567abcdefghijklmnopqrstuvwxyz"
        number = 0
        for letter in names.key_of(1_700_000_000, "name"):
            number = number << 5 | letters.index(letter)
        assert (number >> 10) // 1_000_000 == 1_700_000_000

    def test_how_long_to_wait_is_read_as_the_real_server_says_it(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        sandbox.fault("bluesky", "429-bare", seconds=90)
        with pytest.raises(NotSent) as caught:
            channel.send(channel.payload(self.message(channel), 0), self.attempt())
        assert caught.value.retry_after == pytest.approx(90, abs=2)

    # What is live

    def test_who_deleted_it_there_is_said(self, channel: Adapter, sandbox: Sandbox) -> None:
        payload, attempt = self.put_live(channel)
        channel.delete(payload, attempt)
        for act in (channel.delete, channel.stands):
            with pytest.raises(Gone):
                act(payload, attempt)

    def replacing(self, channel: Adapter) -> Adapter:
        settings = {**channel.settings, "edit": "replace"}
        return type(channel)(replace(channel.channel, settings=settings), channel.secrets)

    def test_an_edit_that_was_cut_off_between_deleting_and_putting_goes_on(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        channel = self.replacing(channel)
        payload, attempt = self.put_live(channel)
        new = channel.payload(self.message(channel, "Edited since."), 0)
        sandbox.fault("bluesky", "drop", when="POST /xrpc/com.atproto.repo.putRecord")
        with pytest.raises(Unknown):
            channel.update(new, attempt)
        assert not self.live(sandbox)
        again = replace(attempt, again=True)
        assert channel.stands(payload, again)
        assert channel.update(new, again).id == attempt.remote_id
        assert [item["text"] for item in self.live(sandbox)] == ["Edited since."]

    def test_an_edit_never_puts_back_what_somebody_deleted(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        channel = self.replacing(channel)
        payload, attempt = self.put_live(channel)
        sandbox[Bluesky].posts.clear()
        with pytest.raises(Gone):
            channel.update(payload, attempt)
        assert not self.live(sandbox)

    def test_an_edit_keeps_its_time_its_address_and_whom_it_replies_to(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        channel = self.replacing(channel)
        _, attempt = self.put_live(channel)
        parent = attempt.remote_id
        reply = channel.payload(self.message(channel, parts=(Part(""), Part("two"))), 1)
        made = channel.send(reply, self.attempt("key-2", reply_to=parent))
        before = self.live(sandbox)[-1]["object"]
        edited = channel.payload(self.message(channel, parts=(Part(""), Part("zwei"))), 1)
        later = replace(self.attempt("key-3", reply_to=parent), began=NOW, remote_id=made.id or "")
        channel.update(edited, later)
        after = self.live(sandbox)[-1]["object"]
        assert after["value"]["text"] == "zwei"
        assert after["uri"] == before["uri"]
        for name in ("reply", "createdAt"):
            assert after["value"][name] == before["value"][name]

    @pytest.mark.parametrize(
        "url",
        [
            f"at://{DID}/app.bsky.feed.post/3jzfcijpj2z2a",
            f"https://bsky.app/profile/{DID}/post/3jzfcijpj2z2a",
            f"https://bsky.app/profile/{DID}/post/3jzfcijpj2z2a?ref=1",
        ],
    )
    def test_an_address_says_which_post_it_is(self, url: str, channel: Adapter) -> None:
        assert channel.is_there(url)
        assert channel.id_in(url) == f"at://{DID}/app.bsky.feed.post/3jzfcijpj2z2a"

    @pytest.mark.parametrize(
        "url", ["https://bsky.app/profile/demo.test", "https://bsky.app/", "at://demo.test"]
    )
    def test_another_address_says_none(self, url: str, channel: Adapter) -> None:
        assert channel.id_in(url) == ""

    def test_a_post_of_another_account_is_never_touched(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        payload, attempt = self.put_live(channel)
        key = attempt.remote_id.rpartition("/")[2]
        for owner in (FRIENDS_DID, "ada.test"):
            other = replace(attempt, remote_id=f"at://{owner}/app.bsky.feed.post/{key}")
            with pytest.raises(Refused, match="this account is demo"):
                channel.delete(payload, other)
        assert self.live(sandbox)
        mine = replace(attempt, remote_id=f"at://demo.test/app.bsky.feed.post/{key}")
        assert channel.stands(payload, mine)
