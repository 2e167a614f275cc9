"""Matrix: a message in one room, by an account of its own.

API: https://spec.matrix.org/v1.16/client-server-api/ (read 2026-11-27).
Limits: an event of 65,536 bytes, in which text and HTML count together: each may have 30,000. The
same transaction id of the same device is the same event for a day (Synapse); a field of ours marks
it for good. A picture is an event of its own, sent before the text: where the text is, all of it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

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
from publisher.errors import CannotLook, Gone, Refused, Unknown
from publisher.hosts import check_url

from . import _matrix_text, _tagged_text

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn
    from publisher.setup.desk import Guide

LIMIT = 30_000
PICTURES, BYTES, SIDE = 10, 10 * 2**20, 4096
KEPT = 24 * 3600.0
"""Seconds: what was uploaded stays; a day is enough."""
TRANSACTIONS = timedelta(hours=23)
"""Synapse knows a transaction id for 24 hours (synapse/storage/databases/main/transactions)."""
MARK = "org.announcement_publisher.key"
PAGE = 100
PICTURES_STAY = "its pictures stay what they were: each is a message of its own"
HTML = "org.matrix.custom.html"


def wrong_room(value: str) -> str | None:
    if re.fullmatch(r"[#!]\S+:\S+|!\S+", value):
        return None
    return "is neither #name:server nor !id:server"


class Matrix(Adapter):
    name = "matrix"
    title = "Matrix"
    flavour = staticmethod(_tagged_text.tagged_text)
    edits = True
    deletes = True
    uploads = KEPT
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
            "the account's token, of a device that is kept",
            required=True,
            secret=True,
        ),
        Option("room", "text", "#name:server, or !id:server", required=True, check=wrong_room),
    )
    _room = ""

    @classmethod
    def guide(cls) -> Guide:
        from ._matrix_guide import guide

        return guide

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.matrix import Server

        return Server

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        limit = options.get("max_characters")
        if limit and limit < LIMIT:
            return Rule("matrix", limit, "config", _matrix_text.count)
        return Rule("matrix", LIMIT, "default", _matrix_text.count)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule:
        kinds = ("image/jpeg", "image/png", "image/gif", "image/webp")
        most = min(BYTES, int(facts.get("upload") or BYTES))
        return PictureRule(
            PICTURES, kinds, most, side=SIDE, animation=(most, SIDE * SIDE), alt=None
        )

    def payload(self, message: Message, index: int) -> Payload:
        shown = _tagged_text.parsed(message.parts[index].text)
        payload: Payload = {"body": shown.text}
        if shown.spans:
            payload["html"] = _matrix_text.as_html(shown)
        if message.pictures and index == 0:
            payload["pictures"] = [picture.as_value() for picture in message.pictures]
        return payload

    def text_of(self, payload: Payload) -> str:
        return str(payload["body"])

    def id_in(self, url: str) -> str:
        found = re.search(r"/(\$[\w=-]+(?::[\w.:-]+)?)(?:$|[/?])", url)
        return found[1] if found else ""

    def is_there(self, url: str) -> bool:
        server = urlsplit(str(self.settings.get("api_base_url", ""))).netloc
        return urlsplit(url).netloc in ("matrix.to", server)

    # At the edge.

    def learn(self) -> Facts:
        told = self._ask("GET", "/_matrix/client/v1/media/config")
        size = told.get("m.upload.size")
        return {"upload": size} if isinstance(size, int) else {}

    def upload(self, picture: Picture, data: bytes) -> Upload:
        path = f"/_matrix/media/v3/upload?filename={quote(picture.name)}"
        told = self._ask("POST", path, data=data, headers={"Content-Type": picture.kind})
        if not str(told.get("content_uri", "")).startswith("mxc://"):
            raise Unknown("the server took a picture, and didn't say which")
        return Upload(str(told["content_uri"]))

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        """The pictures, then the text: a repetition makes each the same event again."""
        self._demand_plain()
        ids = []
        for number, picture in enumerate(pictures_of(payload)):
            name = f"{attempt.key}-{number}"
            ids.append(self._put({**_image(picture, attempt), MARK: name}, name))
        content = {**_content(payload), MARK: attempt.key}
        if attempt.reply_to:
            parent = attempt.reply_to.partition(",")[0]
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": parent}}
        return self._receipt([self._put(content, attempt.key), *ids], pictures_of(payload))

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        """By its marks, in what this account has said since. Where the text is, the pictures are."""
        marked: dict[str, str] = {}
        was_deleted = False
        for event in self._said_since(since):
            content = event.get("content") or {}
            was_deleted = was_deleted or not content
            if not _is_edit(content):
                marked[str(content.get(MARK))] = str(event["event_id"])
        if attempt.key in marked:
            pictures = pictures_of(payload)
            names = [attempt.key, *(f"{attempt.key}-{number}" for number in range(len(pictures)))]
            return self._receipt([marked[name] for name in names if name in marked], pictures)
        if was_deleted:
            raise CannotLook("a message of this account was deleted since, and no more says which")
        return None

    def knows_both(self, attempt: Attempt, problem: Unknown | None) -> bool:
        from publisher.clock import now

        return now() - attempt.began < TRANSACTIONS

    def stands(self, payload: Payload, attempt: Attempt) -> bool:
        live = self._live(attempt)
        return (live.get("body"), live.get("formatted_body")) == (
            payload["body"],
            payload.get("html"),
        )

    def update(self, payload: Payload, attempt: Attempt) -> Receipt:
        """Its words: the pictures stay what they are."""
        event = attempt.remote_id.partition(",")[0]
        self._live(attempt)
        content = _content(payload)
        self._put(
            {
                **content,
                "body": f"* {content['body']}",
                "m.new_content": content,
                "m.relates_to": {"rel_type": "m.replace", "event_id": event},
            },
            _fresh(attempt.key),
        )
        others = {picture.source for picture in pictures_of(payload)} != set(attempt.media)
        return Receipt(attempt.remote_id, warning=PICTURES_STAY if others else "")

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        self._live(attempt)
        room = self._where()
        for event in reversed(attempt.remote_id.split(",")):
            path = f"{room}/redact/{quote(event, safe='')}/{_fresh(attempt.key)}"
            self._ask("PUT", path, json={"reason": "taken down"})

    def check(self) -> str:
        """Raises Refused for a room that is encrypted, or where the account may not speak."""
        me = str(self._ask("GET", "/_matrix/client/v3/account/whoami")["user_id"])
        self._demand_plain()
        path = f"{self._where()}/state/m.room.member/{quote(me, safe='')}"
        if self._state(path).get("membership") != "join":
            raise Refused(f"{me} is not in the room", hint="invite it, and let it join")
        levels = self._state(f"{self._where()}/state/m.room.power_levels/")
        mine = (levels.get("users") or {}).get(me, levels.get("users_default", 0))
        needed = (levels.get("events") or {}).get("m.room.message", levels.get("events_default", 0))
        if mine < needed:
            raise Refused(
                f"{me} may not write in the room",
                hint=f"give it the power level {needed}: it has {mine}",
            )
        return f"signed in as {me}, and in {self.settings['room']}"

    def _where(self) -> str:
        """The path of the room, whose id is looked up where it has a name."""
        if not self._room:
            named = str(self.settings["room"])
            if named.startswith("#"):
                path = f"/_matrix/client/v3/directory/room/{quote(named, safe='')}"
                named = str(self._ask("GET", path)["room_id"])
            self._room = f"/_matrix/client/v3/rooms/{quote(named, safe='')}"
        return self._room

    def _demand_plain(self) -> None:
        """Raises Refused where the room is encrypted: this would be the one message in the clear."""
        if self._state(f"{self._where()}/state/m.room.encryption/"):
            raise Refused(
                "the room is encrypted, and this can't encrypt",
                hint="announce in a room without encryption: it can't be switched off again",
            )

    def _state(self, path: str) -> Mapping[str, Any]:
        try:
            told = self._ask("GET", path)
        except Refused as error:
            if error.status == 404:
                return {}
            raise
        return told if isinstance(told, dict) else {}

    def _said_since(self, since: datetime) -> list[dict[str, Any]]:
        me = self._ask("GET", "/_matrix/client/v3/account/whoami")["user_id"]
        only = json.dumps({"senders": [me], "types": ["m.room.message"]})
        found: list[dict[str, Any]] = []
        start = ""
        while True:
            path = f"{self._where()}/messages?dir=b&limit={PAGE}&filter={quote(only)}{start}"
            page = self._ask("GET", path)
            events = page.get("chunk")
            if not isinstance(events, list):
                raise CannotLook("the room's messages make no sense")
            found += [event for event in events if _at(event) >= since - timedelta(seconds=1)]
            is_older = any(_at(event) < since - timedelta(seconds=1) for event in events)
            if is_older or not page.get("end"):
                return found
            start = f"&from={quote(str(page['end']))}"

    def _live(self, attempt: Attempt) -> Mapping[str, Any]:
        """What is shown of an event now, edits included. Raises Gone."""
        event = attempt.remote_id.partition(",")[0]
        try:
            told = self._ask("GET", f"{self._where()}/event/{quote(event, safe='')}")
        except Refused as error:
            if error.status == 404:
                raise Gone(error.message, status=404) from None
            raise
        content = told.get("content") or {}
        if not content:
            raise Gone("it was deleted there")
        relations = (told.get("unsigned") or {}).get("m.relations") or {}
        edit = (relations.get("m.replace") or {}).get("content") or {}
        shown: Mapping[str, Any] = edit.get("m.new_content") or content
        return shown

    def _put(self, content: Mapping[str, Any], transaction: str) -> str:
        path = f"{self._where()}/send/m.room.message/{quote(transaction, safe='')}"
        told = self._ask("PUT", path, json=content, creates=True)
        if not str(told.get("event_id", "")).startswith("$"):
            raise Unknown("the server answered without an event's id")
        return str(told["event_id"])

    def _receipt(self, ids: Sequence[str], pictures: Sequence[Picture]) -> Receipt:
        room = str(self.settings["room"])
        address = f"https://matrix.to/#/{quote(room, safe='!#:')}/{quote(ids[0], safe='$:')}"
        media = {picture.source: id for picture, id in zip(pictures, ids[1:], strict=False)}
        return Receipt(",".join(ids), address, media)

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **kwargs: Any
    ) -> Any:
        from publisher.http import Session, sorted_errors

        server = str(self.settings["api_base_url"]).rstrip("/")
        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            session.headers["Authorization"] = f"Bearer {self.secrets['access_token']}"
            session.headers.update(headers or {})
            return session.request(method, server + path, **kwargs).json()


def _content(payload: Payload) -> dict[str, Any]:
    """`m.mentions`, empty: nobody is notified for being named."""
    content = {"msgtype": "m.text", "body": payload["body"], "m.mentions": {}}
    if "html" in payload:
        content |= {"format": HTML, "formatted_body": payload["html"]}
    return content


def _image(picture: Picture, attempt: Attempt) -> dict[str, Any]:
    """`body` is what is read to those who don't see it; it mustn't be empty."""
    info = {"mimetype": picture.kind, "size": picture.size, "w": picture.width, "h": picture.height}
    return {
        "msgtype": "m.image",
        "body": picture.alt or picture.name,
        "url": attempt.media[picture.source],
        "info": {name: value for name, value in info.items() if value},
        "m.mentions": {},
    }


def _is_edit(content: Mapping[str, Any]) -> bool:
    return (content.get("m.relates_to") or {}).get("rel_type") == "m.replace"


def _at(event: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(event["origin_server_ts"]) / 1000, UTC)


def _fresh(key: str) -> str:
    """Another transaction each time: an edit that goes back to the first words is none of them."""
    from publisher.clock import now

    return f"{key}-{int(now().timestamp() * 1_000_000):x}"
