"""A Matrix homeserver, as far as an account that posts in one room uses it.

https://spec.matrix.org/v1.16/client-server-api/ (read 2026-11-27). Statuses and codes of errors are
those of Synapse 1.163.2; `tests/test_real_synapse.py` holds the two beside each other.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import unquote

from publisher.sandbox.platform import Platform, Route, Stop, page, picture, plain
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.web import Answer, Request, as_json

TOKEN = "syt_sandbox_matrix_token"  # noqa: S105 - it opens nothing but this
PASSWORD = "sandbox-password"  # noqa: S105 - likewise
DOMAIN = "sandbox.test"
USER, DEVICE = f"@announcer:{DOMAIN}", "ANNOUNCEMENTS"
ROOM, ALIAS = "!announcements", f"#announcements:{DOMAIN}"
MAX_EVENT, AROUND = 65_536, 574
"""Bytes of an event, and of what stands in it around the content: measured on Synapse 1.163.2."""
MAX_UPLOAD = 50 * 2**20
REMEMBERED = timedelta(hours=24)

V3, V1 = "/_matrix/client/v3", "/_matrix/client/v1"
IN_ROOM = V3 + "/rooms/{room}"
_IMAGE = re.compile(r'<img src="(?P<src>[^"]*)" alt="(?P<alt>[^"]*)"[^>]*>')


def error(status: int, code: str, said: str, **more: object) -> Answer:
    return as_json(status, {"errcode": code, "error": said, **more})


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


class Server(Platform):
    """One account in one room."""

    name = "matrix"
    title = "Matrix"
    shift = 0

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.encrypted = False
        self.membership = "join"
        self.power = 50
        self.needed = 50
        self._known: dict[tuple[str, ...], tuple[str, datetime]] = {}
        self._gone: dict[str, dict[str, Any]] = {}

    def settings(self) -> Mapping[str, str]:
        return {"api_base_url": self.url, "room": ALIAS}

    def secrets(self) -> Mapping[str, str]:
        return {"access_token": TOKEN}

    def reset(self) -> None:
        with self.lock:
            super().reset()
            self._known.clear()
            self._gone.clear()

    # Who it is.

    def versions(self, _: Request, __: Mapping[str, str]) -> Answer:
        return as_json(200, {"versions": ["v1.11", "v1.12"], "unstable_features": {}})

    def well_known(self, _: Request, __: Mapping[str, str]) -> Answer:
        return as_json(200, {"m.homeserver": {"base_url": self.url}})

    def login(self, request: Request, _: Mapping[str, str]) -> Answer:
        given = self._given(request)
        named = str((given.get("identifier") or {}).get("user"))
        if named not in (USER, USER[1:].partition(":")[0]) or given.get("password") != PASSWORD:
            return error(403, "M_FORBIDDEN", "Invalid username or password")
        device = given.get("device_id") or "RANDOM"
        return as_json(200, {"user_id": USER, "access_token": TOKEN, "device_id": device})

    def whoami(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        return as_json(200, {"user_id": USER, "device_id": DEVICE, "is_guest": False})

    # The room.

    def directory(self, request: Request, names: Mapping[str, str]) -> Answer:
        alias = unquote(names["alias"])
        if alias != ALIAS:
            return error(404, "M_NOT_FOUND", f"Room alias {alias} not found")
        return as_json(200, {"room_id": ROOM, "servers": [DOMAIN]})

    def join(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        if unquote(names["room"]) not in (ROOM, ALIAS):
            return error(404, "M_UNKNOWN", "No known servers")
        self.membership = "join"
        return as_json(200, {"room_id": ROOM})

    def state(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._here(request, names)
        return as_json(200, [self._state_event(*key) for key in self._state()])

    def one_state(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._here(request, names)
        key = (unquote(names["kind"]), unquote(names.get("key", "")))
        if key not in self._state():
            return error(404, "M_NOT_FOUND", "Event not found.")
        return as_json(200, self._state()[key])

    def _state(self) -> dict[tuple[str, str], dict[str, Any]]:
        found: dict[tuple[str, str], dict[str, Any]] = {
            ("m.room.create", ""): {"room_version": "12"},
            ("m.room.member", USER): {"membership": self.membership},
            ("m.room.power_levels", ""): {
                "users": {USER: self.power},
                "users_default": 0,
                "events": {"m.room.message": self.needed},
                "events_default": 0,
            },
        }
        if self.encrypted:
            found["m.room.encryption", ""] = {"algorithm": "m.megolm.v1.aes-sha2"}
        return found

    def _state_event(self, kind: str, key: str) -> dict[str, Any]:
        content = self._state()[kind, key]
        sender = f"@founder:{DOMAIN}"
        return {"type": kind, "state_key": key, "sender": sender, "content": content}

    # Events.

    def send(self, request: Request, names: Mapping[str, str]) -> Answer:
        """The same transaction is the same event, whatever it says now."""
        self._allow(request)
        transaction = ("send", names["room"], names["kind"], names["transaction"])
        if (known := self._event_of(transaction)) is not None:
            return as_json(200, {"event_id": known})
        self._here(request, names)
        content = self._given(request)
        if len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()) > (
            MAX_EVENT - AROUND
        ):
            return error(413, "M_TOO_LARGE", "event too large")
        if self.power < self.needed:
            said = f"You don't have permission to post that to the room. user_level ({self.power})"
            return error(403, "M_FORBIDDEN", f"{said} < send_level ({self.needed})")
        event_id = self._new_event_id()
        relation = content.get("m.relates_to") or {}
        edited = relation.get("event_id") if relation.get("rel_type") == "m.replace" else None
        if edited in self.posts:
            old = self.posts[edited]
            edit = {"event_id": event_id, "at": self.clock.now(), "content": content}
            self.keep(edited, {**old, "edits": [*old["edits"], edit]})
        elif edited is None:
            self.keep(
                event_id,
                {"id": event_id, "at": self.clock.now(), "content": content, "edits": []},
            )
        self._known[transaction] = (event_id, self.clock.now())
        return as_json(200, {"event_id": event_id})

    def redact(self, request: Request, names: Mapping[str, str]) -> Answer:
        """What was redacted may be redacted again."""
        self._here(request, names)
        self._given(request)
        event_id = unquote(names["event"])
        transaction = ("redact", names["room"], names["event"], names["transaction"])
        if (known := self._event_of(transaction)) is not None:
            return as_json(200, {"event_id": known})
        owner = self._holder_of(event_id)
        if event_id in self.posts:
            self._gone[event_id] = self.posts[event_id]
            self.drop(event_id)
        elif owner:
            old = self.posts[owner]
            edits = [each for each in old["edits"] if each["event_id"] != event_id]
            self.keep(owner, {**old, "edits": edits})
        elif event_id not in self._gone:
            return error(404, "M_NOT_FOUND", "Could not find event")
        redaction = self._new_event_id()
        self._known[transaction] = (redaction, self.clock.now())
        return as_json(200, {"event_id": redaction})

    def event(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._here(request, names)
        event_id = unquote(names["event"])
        post = self.posts.get(event_id) or self._gone.get(event_id)
        if post is None:
            return error(404, "M_NOT_FOUND", "Event not found.")
        return as_json(200, self._told(post))

    def relations(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._here(request, names)
        post = self.posts.get(unquote(names["event"]), {"edits": []})
        chunk = [self._told_edit(each) for each in reversed(post["edits"])]
        return as_json(200, {"chunk": chunk})

    def history(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._here(request, names)
        gone = list(self._gone.values())
        found = [self._told(each) for each in (*self.listable(), *gone)]
        for post in self.listable():
            found += [self._told_edit(each) for each in post["edits"]]
        found.sort(key=lambda each: int(each["origin_server_ts"]), reverse=True)
        start = int(request.argument("from") or 0)
        size = int(request.argument("limit") or 10)
        told: dict[str, Any] = {"chunk": found[start : start + size], "start": str(start)}
        if start + size < len(found):
            told["end"] = str(start + size)
        return as_json(200, told)

    # Media.

    def upload(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        if len(request.body) > MAX_UPLOAD:
            return error(413, "M_TOO_LARGE", "Upload request body is too large")
        file_id = f"file{self.new_id()}"
        self.keep_file(file_id, {"data": request.body, "kind": request.content_type})
        return as_json(200, {"content_uri": f"mxc://{DOMAIN}/{file_id}"})

    def media_limits(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        return as_json(200, {"m.upload.size": MAX_UPLOAD})

    def file(self, _: Request, names: Mapping[str, str]) -> Answer:
        file = self.files.get(names["id"])
        if file is None:
            return self.not_found()
        safe = {"X-Content-Type-Options": "nosniff"}
        kind = file["kind"] if file["kind"].startswith("image/") else "application/octet-stream"
        return Answer(200, file["data"], {"Content-Type": kind, **safe})

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        post = self.posts.get(unquote(names["event"]))
        if post is None:
            return page("Not found", "<p>No such message here.</p>", status=404)
        shown = "".join(picture(each["url"], each["alt"]) for each in self._pictures(post))
        body = plain(str(_now(post).get("body", "")))
        return page(f"{USER} in {ALIAS}", body + shown)

    # What they have in common.

    def _allow(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not given:
            raise Stop(error(401, "M_MISSING_TOKEN", "Missing access token"))
        if given != f"Bearer {TOKEN}":
            said = "Invalid access token passed."
            raise Stop(error(401, "M_UNKNOWN_TOKEN", said, soft_logout=False))

    def _here(self, request: Request, names: Mapping[str, str]) -> None:
        self._allow(request)
        room = unquote(names["room"])
        if room != ROOM or self.membership != "join":
            said = f"User {USER} not in room {room}, and room previews are disabled"
            raise Stop(error(403, "M_FORBIDDEN", said))

    def _given(self, request: Request) -> dict[str, Any]:
        try:
            given = request.json()
        except ValueError:
            raise Stop(error(400, "M_NOT_JSON", "Content not JSON.")) from None
        if not isinstance(given, dict):
            raise Stop(error(400, "M_BAD_JSON", "Content must be a JSON object."))
        return given

    def _event_of(self, transaction: tuple[str, ...]) -> str | None:
        event_id, at = self._known.get(transaction, ("", self.clock.now()))
        return event_id if event_id and self.clock.now() - at < REMEMBERED else None

    def _new_event_id(self) -> str:
        digest = hashlib.sha256(f"event {self.new_id()}".encode()).digest()
        return "$" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def _holder_of(self, event_id: str) -> str:
        """The message that an edit is of."""
        holders = (
            post["id"]
            for post in self.posts.values()
            if any(each["event_id"] == event_id for each in post["edits"])
        )
        return next(holders, "")

    def _told(self, post: Mapping[str, Any]) -> dict[str, Any]:
        """As Synapse shows it: the first words, with the last edit beside them."""
        gone = post["id"] in self._gone
        unsigned: dict[str, Any] = {"membership": "join"}
        if gone:
            unsigned["redacted_because"] = {"type": "m.room.redaction", "sender": USER}
        elif post["edits"]:
            unsigned["m.relations"] = {"m.replace": self._told_edit(post["edits"][-1])}
        return {
            "type": "m.room.message",
            "event_id": post["id"],
            "room_id": ROOM,
            "sender": USER,
            "origin_server_ts": milliseconds(post["at"]),
            "content": {} if gone else post["content"],
            "unsigned": unsigned,
        }

    def _told_edit(self, edit: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "type": "m.room.message",
            "event_id": edit["event_id"],
            "room_id": ROOM,
            "sender": USER,
            "origin_server_ts": milliseconds(edit["at"]),
            "content": edit["content"],
            "unsigned": {},
        }

    def _pictures(self, post: Mapping[str, Any]) -> list[dict[str, str]]:
        found = _IMAGE.finditer(str(_now(post).get("formatted_body", "")))
        return [
            {
                "url": f"{self.url}/files/{html.unescape(each['src']).rpartition('/')[2]}",
                "alt": html.unescape(each["alt"]),
            }
            for each in found
        ]

    # What Platform asks.

    def listable(self) -> list[dict[str, Any]]:
        horizon = self.clock.now() - timedelta(seconds=self.lag)
        return [post for post in self.posts.values() if self.lag == 0 or post["at"] <= horizon]

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        return {
            "channel": self.name,
            "id": f"{ROOM}/{post['id']}",
            "url": f"{self.url}/rooms/{post['id']}",
            "text": str(_now(post).get("body", "")),
            "html": str(_now(post).get("formatted_body", "")),
            "at": post["at"].isoformat(),
            "pictures": self._pictures(post),
            "object": self._told(post),
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
        Route("GET", "/_matrix/client/versions", versions),
        Route("GET", "/.well-known/matrix/client", well_known),
        Route("POST", V3 + "/login", login),
        Route("GET", V3 + "/account/whoami", whoami),
        Route("GET", V3 + "/directory/room/{alias}", directory),
        Route("POST", V3 + "/join/{room}", join),
        Route("GET", IN_ROOM + "/state", state),
        Route("GET", IN_ROOM + "/state/{kind}", one_state),
        Route("GET", IN_ROOM + "/state/{kind}/{key}", one_state),
        Route("PUT", IN_ROOM + "/send/{kind}/{transaction}", send),
        Route("PUT", IN_ROOM + "/redact/{event}/{transaction}", redact),
        Route("GET", IN_ROOM + "/event/{event}", event),
        Route("GET", IN_ROOM + "/messages", history),
        Route("GET", V1 + "/rooms/{room}/relations/{event}/m.replace/m.room.message", relations),
        Route("POST", "/_matrix/media/v3/upload", upload),
        Route("GET", V1 + "/media/config", media_limits),
        Route("GET", "/files/{id}", file),
        Route("GET", "/rooms/{event}", page),
    )


def _now(post: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a member reads: the last edit's words."""
    content: Mapping[str, Any] = post["content"]
    if post["edits"]:
        content = post["edits"][-1]["content"].get("m.new_content") or content
    return content
