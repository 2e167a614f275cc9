"""Matrix: one message in one room, by an account of its own.

API: https://spec.matrix.org/v1.16/client-server-api/ (read 2026-11-27); tried against Synapse 1.163.2.
Limits: an event has 65,536 bytes, in which the plain words, the HTML and an edit's new content all count.
The same transaction id from the same device is the same event (Synapse: for 24 hours, also with
other words); a field of ours in the content marks it for good.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from publisher.adapter import (
    Adapter,
    Attempt,
    Facts,
    Message,
    Option,
    Payload,
    Picture,
    PictureRule,
    Receipt,
    Rule,
    Upload,
    pictures_of,
)  # fmt: skip
from publisher.errors import CannotLook, Gone, Refused, TemplateError, Unknown
from publisher.hosts import check_url, is_loopback

from . import _matrix_text, _tagged_text
from ._matrix_rooms import Homeserver, split, wrong_room

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn
    from publisher.setup.desk import Guide

LIMIT = 28_000
EVENT = 62_000
"""Bytes of what we say in an event: the server adds ids, hashes and signatures, some 2,000."""
PICTURES, BYTES, SIDE, ALT = 8, 10 * 2**20, 4096, 500
ADDRESS = "mxc://" + "x" * 200
"""As long as a picture's address may be, before there is one."""
FALLBACK = 300
"""Characters of an edit that clients show which don't know edits."""

MARK = "org.announcement_publisher.key"
DEVICE = "ANNOUNCEMENTS"
"""The device that `publish init` signs in as, always the same."""
KEY_FRESH = timedelta(hours=23)
"""Synapse forgets a transaction id after 24 hours (storage/databases/main/transactions.py)."""
_CLOCKS = timedelta(seconds=2)
PAGE, PAGES = 100, 20


class Matrix(Adapter):
    name = "matrix"
    title = "Matrix"
    aliases = ("element",)
    flavour = staticmethod(_tagged_text.tagged_text)
    replies = False
    edits = True
    deletes = True
    uploads = 7 * 86_400.0
    options = (
        Option(
            "api_base_url",
            "text",
            "the account's server: https://matrix.example.org",
            required=True,
            check=check_url,
            leads=True,
        ),
        Option(
            "access_token",
            "text",
            "the account's token, of a device that stays signed in",
            required=True,
            secret=True,
        ),
        Option("room", "text", "#name:server, or !id", required=True, check=wrong_room),
        Option(
            "notice",
            "boolean",
            "whether it is a bot's notice, for which clients make no sound",
            in_post=True,
        ),
    )

    @classmethod
    def guide(cls) -> Guide:
        from ._matrix_guide import guide

        return guide

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.matrix import Server

        return Server

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        return Rule.of("matrix", LIMIT, options, _matrix_text.count)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule:
        kinds = ("image/jpeg", "image/png", "image/gif", "image/webp")
        most = min(BYTES, int(facts.get("upload_size", BYTES)))
        return PictureRule(PICTURES, kinds, most, side=SIDE, animation=(most, SIDE**2), alt=ALT)

    def payload(self, message: Message, index: int) -> Payload:
        """Raises TemplateError where text and pictures together are too much for an event."""
        shown = _tagged_text.parsed(message.parts[index].text)
        payload: Payload = {
            "room": str(message.options.get("room", "")),
            "body": _matrix_text.as_words(shown),
            "html": _matrix_text.as_html(shown),
        }
        if message.options.get("notice"):
            payload["notice"] = True
        if message.pictures and index == 0:
            payload["pictures"] = [picture.as_value() for picture in message.pictures]
        _check_limits(message.parts[index].text, payload)
        return payload

    def text_of(self, payload: Payload) -> str:
        return str(payload["body"])

    def seen(self, payload: Payload) -> Any:
        """The room it is in stays, and so does whether it is a notice."""
        stays = ("room", "notice")
        return super().seen({name: value for name, value in payload.items() if name not in stays})

    def id_in(self, url: str) -> str:
        """Room and event, of "copy link" (https://matrix.to/#/!room:server/$event?via=…)."""
        found = re.search(r"#/([!#][^/]+)/(\$[^/?#]+)(?:\?.*)?$", unquote(url))
        return f"{found[1]}/{found[2]}" if found else ""

    def is_there(self, url: str) -> bool:
        host = urlsplit(url).hostname or ""
        return host == "matrix.to" or is_loopback(host)

    # At the edge.

    def upload(self, picture: Picture, data: bytes) -> Upload:
        return Upload(self._server.upload(picture.name, picture.kind, data))

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        room = self._server.room_id(payload["room"])
        self._server.demand_plain(room)
        content = {**_content(payload, attempt.media), MARK: attempt.key}
        event = self._server.put(room, content, _transaction("send", attempt.key))
        return _receipt(room, event)

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        """By its mark, in what this account has said since."""
        room = self._server.room_id(payload["room"])
        was_deleted = False
        for event in self._said(room, since - _CLOCKS):
            content, id = event.get("content") or {}, str(event["event_id"])
            if attempt.is_taken(f"{room}/{id}"):
                continue
            if not content:
                was_deleted = True
            if content.get(MARK) == attempt.key and content.get("body") == _body(payload):
                return _receipt(room, id)
        if was_deleted:
            raise CannotLook(
                "a message of this account was deleted there since: it may have been this"
            )
        return None

    def _said(self, room: str, since: datetime) -> Iterator[Mapping[str, Any]]:
        """What this account has said in the room, newest first. Raises CannotLook."""
        me = self._server.me["user_id"]
        try:
            for page in self._server.pages(room, str(me), PAGE, PAGES):
                for event in page:
                    if event["origin_server_ts"] < since.timestamp() * 1000:
                        return
                    if event.get("sender") == me and event.get("type") == "m.room.message":
                        yield event
        except Refused as error:
            raise CannotLook(f"this account may not read the room ({error.message})") from None

    def clock(self) -> timedelta | None:
        return self._server.clock()

    def knows_both(self, attempt: Attempt, problem: Unknown | None) -> bool:
        """A token of another device would make another event: after a run that died, only the
        device that `publish init` signs in as is surely the same."""
        from publisher.clock import now

        is_fresh = timedelta(0) <= now() - attempt.began < KEY_FRESH
        return is_fresh and (problem is not None or self._server.me.get("device_id") == DEVICE)

    def stands(self, payload: Payload, attempt: Attempt) -> bool:
        live, _ = self._live(attempt)
        return _words(live) == _words(_content(payload, attempt.media))

    def update(self, payload: Payload, attempt: Attempt) -> Receipt:
        """The transaction's id names the edit before it: going back to former words is another
        edit, and a repetition none."""
        room, event = self._where(attempt)
        live, last = self._live(attempt)
        content = _content(payload, attempt.media)
        if _words(live) != _words(content):
            transaction = _transaction("edit", attempt.key, last)
            self._server.put(room, _edit(content, event), transaction, creates=False)
        return _receipt(room, event)

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        """With its edits, which have the words, too: those first, so that none is left behind."""
        room, event = self._where(attempt)
        self._live(attempt)
        for each in (*self._server.edits_of(room, event), event):
            self._server.redact(room, each, _transaction("redact", attempt.key, each))

    def check(self) -> str:
        me = str(self._server.me["user_id"])
        room = self._server.room_id(str(self.settings["room"]))
        self._server.demand_member(room, me)
        self._server.demand_plain(room)
        self._server.demand_power(room, me)
        return f"signed in as {me}, which may write in {self.settings['room']}"

    def learn(self) -> Facts:
        return self._server.limits()

    @cached_property
    def _server(self) -> Homeserver:
        return Homeserver(str(self.settings["api_base_url"]), self.secrets["access_token"])

    def _where(self, attempt: Attempt) -> tuple[str, str]:
        room, event = split(attempt.remote_id)
        return self._server.room_id(room), event

    def _live(self, attempt: Attempt) -> tuple[Mapping[str, Any], str]:
        """What is shown of it now, and the event that says so: its own, or its last edit's. Raises
        Gone."""
        room, event = self._where(attempt)
        there = self._server.event(room, event)
        if not there.get("content"):
            raise Gone("it was deleted there")
        relations = (there.get("unsigned") or {}).get("m.relations") or {}
        edit = relations.get("m.replace") or {}
        new = (edit.get("content") or {}).get("m.new_content")
        return (new, str(edit["event_id"])) if new else (there["content"], event)


def _check_limits(text: str, payload: Payload) -> None:
    """An edit is the largest event: it has everything, and what to show in its place. Raises
    TemplateError."""
    addresses = {picture.source: ADDRESS for picture in pictures_of(payload)}
    whole = json.dumps(_edit(_content(payload, addresses), "$" * 44), ensure_ascii=False)
    for what, size, limit in (
        ("the text", _matrix_text.count(text), LIMIT),
        (
            "the text with what its pictures show",
            len(whole.encode("utf-8", "surrogatepass")),
            EVENT,
        ),
    ):
        if size > limit:
            raise TemplateError(
                f"matrix: {what} is too long: {size} of {limit} bytes", hint="shorten it"
            )


def _body(payload: Payload) -> str:
    return str(payload["body"]) + _matrix_text.told_pictures(pictures_of(payload))


def _content(payload: Payload, media: Mapping[str, str]) -> dict[str, Any]:
    """An empty `m.mentions`: nobody is notified because of a name in the text (section "User and
    room mentions")."""
    pictures = [(picture, media[picture.source]) for picture in pictures_of(payload)]
    return {
        "msgtype": "m.notice" if payload.get("notice") else "m.text",
        "body": _body(payload),
        "format": "org.matrix.custom.html",
        "formatted_body": payload["html"] + _matrix_text.shown_pictures(pictures),
        "m.mentions": {},
    }


def _edit(content: Mapping[str, Any], event: str) -> dict[str, Any]:
    return {
        "msgtype": content["msgtype"],
        "body": f"* {content['body'][:FALLBACK]}",
        "m.mentions": {},
        "m.new_content": dict(content),
        "m.relates_to": {"rel_type": "m.replace", "event_id": event},
    }


def _words(content: Mapping[str, Any]) -> tuple[Any, Any]:
    return content.get("body"), content.get("formatted_body")


def _transaction(*of: str) -> str:
    return hashlib.sha256("\n".join(of).encode()).hexdigest()[:40]


def _receipt(room: str, event: str) -> Receipt:
    address = f"https://matrix.to/#/{quote(room, safe='!:')}/{quote(event, safe='$:')}"
    return Receipt(f"{room}/{event}", address)
