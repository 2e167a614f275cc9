"""Matrix's client-server API, as far as an account that posts in one room uses it.

https://spec.matrix.org/v1.16/client-server-api/ (read 2026-11-27), as Synapse 1.163 answers
(tests/test_real_synapse.py holds the two side by side).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import unquote

from publisher.sandbox.platform import Platform, Route, Stop, page, picture, plain
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.web import Answer, Request, as_json

TOKEN = "syt_sandbox_matrix_token"  # noqa: S105 - it opens nothing but this
PASSWORD = "sandbox-matrix-password"  # noqa: S105 - neither does this
USER, ROOM, ALIAS = "@news:sandbox.example", "!room:sandbox.example", "#news:sandbox.example"
MAX_EVENT, MAX_UPLOAD = 65_536, 50 * 2**20
REMEMBERED = timedelta(hours=24)
ROOMS = "/_matrix/client/v3/rooms/{room}"


def error(status: int, code: str, words: str, **more: Any) -> Answer:
    return as_json(status, {"errcode": code, "error": words, **more})


class Server(Platform):
    """One account in one room. `encrypted`, `joined`, `level`: how the room is, and what the account
    may there."""

    name = "matrix"
    title = "Matrix"

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.encrypted = False
        self.joined = True
        self.level = 50
        self._events: list[dict[str, Any]] = []
        self._transactions: dict[str, tuple[str, datetime]] = {}

    def settings(self) -> Mapping[str, str]:
        return {"api_base_url": self.url, "room": ALIAS}

    def secrets(self) -> Mapping[str, str]:
        return {"access_token": TOKEN}

    def reset(self) -> None:
        with self.lock:
            super().reset()
            self._events.clear()
            self._transactions.clear()

    # Routes.

    def login(self, request: Request, _: Mapping[str, str]) -> Answer:
        given = self._given(request)
        who = str((given.get("identifier") or {}).get("user"))
        if who not in (USER, "news") or given.get("password") != PASSWORD:
            raise Stop(error(403, "M_FORBIDDEN", "Invalid username or password"))
        device = given.get("device_id") or "FRESH"
        return as_json(200, {"user_id": USER, "access_token": TOKEN, "device_id": device})

    def whoami(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        return as_json(200, {"user_id": USER, "device_id": "ANNOUNCEMENTS"})

    def directory(self, request: Request, names: Mapping[str, str]) -> Answer:
        if unquote(names["alias"]) != ALIAS:
            raise Stop(error(404, "M_NOT_FOUND", f"Room alias {unquote(names['alias'])} not found"))
        return as_json(200, {"room_id": ROOM, "servers": ["sandbox.example"]})

    def state(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        self._here(names)
        kind, key = names["kind"], unquote(names.get("key", ""))
        states: dict[tuple[str, str], dict[str, Any]] = {
            ("m.room.member", USER): {"membership": "join"},
            ("m.room.power_levels", ""): {
                "users": {USER: self.level},
                "users_default": 0,
                "events_default": 0,
                "events": {"m.room.message": 50},
            },
        }
        if self.encrypted:
            states["m.room.encryption", ""] = {"algorithm": "m.megolm.v1.aes-sha2"}
        if (kind, key) not in states:
            raise Stop(error(404, "M_NOT_FOUND", "Event not found."))
        return as_json(200, states[kind, key])

    def media_config(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        return as_json(200, {"m.upload.size": MAX_UPLOAD})

    def upload(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        if len(request.body) > MAX_UPLOAD:
            raise Stop(error(413, "M_TOO_LARGE", "Upload request body is too large"))
        media = f"M{self.new_id()}"
        self.keep_file(media, {"data": request.body, "kind": request.content_type})
        return as_json(200, {"content_uri": f"mxc://sandbox.example/{media}"})

    def send(self, request: Request, names: Mapping[str, str]) -> Answer:
        """The same transaction is the same event, whatever it says this time."""
        self._allow(request)
        self._here(names)
        name = f"send {unquote(names['transaction'])}"
        if (known := self._known(name)) is not None:
            return as_json(200, {"event_id": known})
        content = self._given(request)
        if len(json.dumps(content, ensure_ascii=False).encode()) > MAX_EVENT - 600:
            raise Stop(error(413, "M_TOO_LARGE", "event too large"))
        if self.level < 50:
            words = f"You don't have permission to post that to the room. user_level ({self.level}) < send_level (50)"
            raise Stop(error(403, "M_FORBIDDEN", words))
        event = self._event(content)
        self._transactions[name] = (event["event_id"], self.clock.now())
        self._show(event)
        return as_json(200, {"event_id": event["event_id"]})

    def redact(self, request: Request, names: Mapping[str, str]) -> Answer:
        """What was redacted before is redacted again, which changes nothing."""
        self._allow(request)
        self._here(names)
        event = self._find(unquote(names["event"]))
        if event["content"]:
            event["content"] = {}
            self._hide(event["event_id"])
        return as_json(200, {"event_id": self._named(f"redaction {self.new_id()}")})

    def event(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        self._here(names)
        return as_json(200, self._told(self._find(unquote(names["event"]))))

    def timeline(self, request: Request, names: Mapping[str, str]) -> Answer:
        """Backwards."""
        self._allow(request)
        self._here(names)
        horizon = self.clock.now() - timedelta(seconds=self.lag)
        newest = [each for each in self._events[::-1] if self.lag == 0 or each["at"] <= horizon]
        start, limit = int(request.argument("from") or 0), int(request.argument("limit") or 10)
        told = {"chunk": [self._told(each) for each in newest[start : start + limit]], "start": "t"}
        if len(newest) > start + limit:
            told["end"] = str(start + limit)
        return as_json(200, told)

    def file(self, _: Request, names: Mapping[str, str]) -> Answer:
        file = self.files.get(names["id"])
        if file is None:
            return self.not_found()
        safe = {"X-Content-Type-Options": "nosniff"}
        kind = file["kind"] if file["kind"].startswith("image/") else "application/octet-stream"
        return Answer(200, file["data"], {"Content-Type": kind, **safe})

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        post = self.posts.get(unquote(names["id"]))
        if post is None:
            return page("Not found", "<p>No such message here.</p>", status=404)
        entry = self.entry(post)
        shown = "".join(picture(each["url"], each["alt"]) for each in entry["pictures"])
        return page(f"{USER} in the sandbox's Matrix room", shown + plain(entry["text"]))

    # What they have in common.

    def _allow(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Stop(error(401, "M_UNKNOWN_TOKEN", "Invalid access token passed."))

    def _here(self, names: Mapping[str, str]) -> None:
        if unquote(names["room"]) != ROOM or not self.joined:
            raise Stop(
                error(403, "M_FORBIDDEN", f"User {USER} not in room {unquote(names['room'])}")
            )

    def _given(self, request: Request) -> dict[str, Any]:
        try:
            given = request.json()
        except ValueError:
            raise Stop(error(400, "M_NOT_JSON", "Content not JSON.")) from None
        if not isinstance(given, dict):
            raise Stop(error(400, "M_BAD_JSON", "Content must be a JSON object."))
        return given

    def _known(self, transaction: str) -> str | None:
        event, at = self._transactions.get(transaction, ("", self.clock.now()))
        return event if event and self.clock.now() - at < REMEMBERED else None

    def _named(self, of: str) -> str:
        return "$" + hashlib.sha256(of.encode()).hexdigest()[:43]

    def _event(self, content: dict[str, Any]) -> dict[str, Any]:
        number = self.new_id()
        event = {
            "event_id": self._named(number),
            "number": number,
            "at": self.clock.now(),
            "content": content,
        }
        self._events.append(event)
        return event

    def _find(self, event_id: str) -> dict[str, Any]:
        for event in self._events:
            if event["event_id"] == event_id:
                return event
        raise Stop(error(404, "M_NOT_FOUND", "Event not found."))

    def _show(self, event: dict[str, Any]) -> None:
        """What a member sees then: a new message, with the pictures before it; or another text."""
        content = event["content"]
        relation = content.get("m.relates_to") or {}
        if relation.get("rel_type") == "m.replace":
            old = self.posts.get(str(relation["event_id"]))
            if old is not None:
                new = content.get("m.new_content") or {}
                self.keep(old["id"], {**old, "content": new, "edited": event})
            return
        post = {"id": event["event_id"], "at": event["at"], "content": content, "edited": None}
        self.keep(event["event_id"], {**post, "parent": relation.get("m.in_reply_to")})

    def _hide(self, event_id: str) -> None:
        if event_id in self.posts:
            self.drop(event_id)

    def _told(self, event: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {
            "event_id": event["event_id"],
            "type": "m.room.message",
            "sender": USER,
            "room_id": ROOM,
            "origin_server_ts": int(event["at"].timestamp() * 1000),
            "content": event["content"],
            "unsigned": {},
        }
        post = self.posts.get(event["event_id"])
        if post and post["edited"]:
            edit = post["edited"]
            shown = {"event_id": edit["event_id"], "content": edit["content"]}
            told["unsigned"]["m.relations"] = {"m.replace": shown}
        return told

    # What Platform asks.

    def received(self, last: int = 1_000) -> list[dict[str, Any]]:
        """A picture is told with the text that follows it."""
        with self.lock:
            posts = list(self.posts.values())
        told: list[dict[str, Any]] = []
        pictures: list[dict[str, Any]] = []
        for post in posts:
            if post["content"].get("msgtype") == "m.image":
                pictures.append(post)
                continue
            told.append(self.entry({**post, "pictures": pictures}))
            pictures = []
        if pictures:
            told.append(self.entry({**pictures[-1], "pictures": pictures}))
        return told[-last:]

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        content = post["content"]
        return {
            "channel": self.name,
            "id": post["id"],
            "url": f"{self.url}/room/{post['id']}",
            "text": str(content.get("body") or ""),
            "at": post["at"].isoformat(),
            "in_reply_to_id": (post.get("parent") or {}).get("event_id"),
            "formatted": str(content.get("formatted_body") or ""),
            "pictures": [
                {
                    "url": f"{self.url}/media/{each['content']['url'].rpartition('/')[2]}",
                    "alt": each["content"]["body"],
                }
                for each in post.get("pictures", ())
            ],
            "object": {"event_id": post["id"], "content": content},
        }

    def not_found(self) -> Answer:
        return error(404, "M_UNRECOGNIZED", "Unrecognized request")

    def failure(self, status: int) -> Answer:
        return error(status, "M_UNKNOWN", "Internal server error")

    def too_many(self, seconds: float) -> Answer:
        wait = int(seconds * 1000)
        return error(429, "M_LIMIT_EXCEEDED", "Too Many Requests", retry_after_ms=wait)

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {}

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/_matrix/client/v3/login", login),
        Route("GET", "/_matrix/client/v3/account/whoami", whoami),
        Route("GET", "/_matrix/client/v3/directory/room/{alias}", directory),
        Route("GET", ROOMS + "/state/{kind}", state),
        Route("GET", ROOMS + "/state/{kind}/{key}", state),
        Route("PUT", ROOMS + "/send/m.room.message/{transaction}", send),
        Route("PUT", ROOMS + "/redact/{event}/{transaction}", redact),
        Route("GET", ROOMS + "/event/{event}", event),
        Route("GET", ROOMS + "/messages", timeline),
        Route("GET", "/_matrix/client/v1/media/config", media_config),
        Route("POST", "/_matrix/media/v3/upload", upload),
        Route("GET", "/media/{id}", file),
        Route("GET", "/room/{id}", page),
    )
