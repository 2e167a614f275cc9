"""What is live: edited, deleted, in a thread, with pictures."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import ClassVar

import pytest

from publisher.adapter import Adapter, Attempt, Payload, Picture, pictures_of
from publisher.errors import CannotLook, Gone
from publisher.sandbox import Sandbox
from publisher.testing.bench import Bench, png


class Living(Bench):
    shows_alt: ClassVar[bool] = True
    """Whether the platform keeps a picture's text for those who don't see it."""

    def put_live(self, channel: Adapter) -> tuple[Payload, Attempt]:
        """A part that is live, and the attempt that goes on about it."""
        payload = channel.payload(self.message(channel), 0)
        receipt = self.send(channel, payload, self.attempt())
        return payload, replace(self.attempt(), remote_id=receipt.id or "", media=receipt.media)

    def test_what_a_reader_sees_is_the_same_for_the_same_payload_only(
        self, channel: Adapter
    ) -> None:
        one = channel.payload(self.message(channel), 0)
        other = channel.payload(self.message(channel, "Something else."), 0)
        assert channel.seen(one) == channel.seen(channel.payload(self.message(channel), 0))
        assert channel.seen(one) != channel.seen(other)

    def test_an_edit_changes_it_in_its_place_however_often_it_is_made(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        if not channel.edits:
            with pytest.raises(NotImplementedError):
                channel.update({}, self.attempt())
            return
        payload, attempt = self.put_live(channel)
        new = channel.payload(self.message(channel, "Edited since."), 0)
        reads = self.can_read(channel, payload, attempt)
        for _ in range(2):
            assert channel.update(new, attempt).id == attempt.remote_id
        if reads:
            assert channel.stands(new, attempt)
            assert not channel.stands(payload, attempt)
        channel.close()
        (item,) = self.live(sandbox)
        assert "Edited since." in item["text"]

    def can_read(self, channel: Adapter, payload: Payload, attempt: Attempt) -> bool:
        """Whether what is live can be read back: then it stands as it was sent."""
        try:
            assert channel.stands(payload, attempt)
        except CannotLook:
            return False
        return True

    def test_a_part_of_a_thread_replies_to_the_one_before(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        if not channel.replies or channel.has_recipients():
            return
        ids: list[str | None] = []
        parents: list[str | None] = [None]
        for number in range(3):
            payload = channel.payload(self.message(channel, f"Part {number} of three."), 0)
            attempt = self.attempt(f"key-{number}", reply_to=parents[-1])
            ids.append(self.send(channel, payload, attempt).id)
            parents.append(ids[0] if channel.flat else ids[-1])
        channel.close()
        live = self.live(sandbox)
        assert [item["id"] for item in live] == ids
        assert [item["in_reply_to_id"] for item in live] == parents[:-1]

    def test_what_is_deleted_is_gone_and_says_so(self, channel: Adapter, sandbox: Sandbox) -> None:
        if not channel.deletes:
            with pytest.raises(NotImplementedError):
                channel.delete({}, self.attempt())
            return
        payload, attempt = self.put_live(channel)
        channel.delete(payload, attempt)
        assert not self.live(sandbox)
        if channel.edits:
            with pytest.raises(Gone):
                channel.update(payload, attempt)
            with pytest.raises(Gone):
                channel.delete(payload, attempt)
        channel.close()

    def test_pictures_arrive_in_order_with_their_bytes_and_texts(
        self, channel: Adapter, sandbox: Sandbox
    ) -> None:
        rule = channel.pictures(channel.settings, {})
        if rule is None:
            return
        assert rule.count > 1
        assert {"image/jpeg", "image/png"} <= set(rule.kinds)
        data = [png(20 + number, 10) for number in range(2)]
        pictures = tuple(
            Picture(
                hashlib.sha256(each).hexdigest(), hashlib.sha256(each).hexdigest(), f"{number}.png", "image/png",
                f"Number {number}", size=len(each),
            )
            for number, each in enumerate(data)
        )  # fmt: skip
        kept = {picture.hash: each for picture, each in zip(pictures, data, strict=True)}
        payload = channel.payload(self.message(channel, pictures=pictures), 0)
        assert pictures_of(payload) != ()
        media = {}
        if channel.uploads:
            for picture in pictures:
                made = channel.upload(picture, kept[picture.hash])
                assert made.ready or channel.finish(made.id, picture)
                media[picture.source] = made.id
        self.send(channel, payload, replace(self.attempt(), media=media, bytes_of=kept.__getitem__))
        channel.close()
        texts = [f"Number {number}" if self.shows_alt else "" for number in range(len(data))]
        assert self.arrived(sandbox) == list(zip(data, texts, strict=True))

    def arrived(self, sandbox: Sandbox) -> list[tuple[bytes, str]]:
        """The pictures of the one post that is live, in order: their bytes and texts."""
        raise NotImplementedError
