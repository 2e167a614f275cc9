"""What is asked of a Matrix homeserver: rooms, events, media. Each is one request, sorted as
`publisher.http` sorts them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from publisher.adapter import Facts
from publisher.errors import CannotLook, Gone, NotSent, Refused, Unknown

if TYPE_CHECKING:
    from publisher.http import Session

CLIENT = "/_matrix/client/v3"


def wrong_room(value: str) -> str | None:
    if re.fullmatch(r"#[^\s/]+:[^\s/]+|![^\s/]+", value):
        return None
    return 'is neither "#name:server" nor "!id": a room\'s settings say both'


def split(id: str) -> tuple[str, str]:
    """A room and an event, of what a receipt has. Raises Refused."""
    room, found, event = id.partition("/$")
    if not found:
        raise Refused(f"{id!r} doesn't name a room and an event")
    return room, f"${event}"


class Homeserver:
    """One account's server."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address.rstrip("/")
        self._token = token
        self._rooms: dict[str, str] = {}

    @cached_property
    def _session(self) -> Session:
        from publisher.http import Session

        session = Session(secrets=[self._token])
        session.headers["Authorization"] = f"Bearer {self._token}"
        return session

    @cached_property
    def me(self) -> Mapping[str, Any]:
        """The account and its device. Raises Refused where what answers isn't Matrix."""
        me = self._ask("GET", f"{CLIENT}/account/whoami")
        if not isinstance(me, dict) or not me.get("user_id"):
            raise Refused("what answers there is not a Matrix server", hint="check api_base_url")
        return me

    def clock(self) -> timedelta | None:
        return self._session.clock(f"{self._address}/_matrix/client/versions")

    def limits(self) -> Facts:
        """Servers before Matrix 1.11 have the older path only."""
        try:
            told = self._ask("GET", "/_matrix/client/v1/media/config")
        except Refused as error:
            if error.status != 404:
                raise
            told = self._ask("GET", "/_matrix/media/v3/config")
        size = told.get("m.upload.size") if isinstance(told, dict) else None
        return {"upload_size": size} if isinstance(size, int) else {}

    def room_id(self, room: str) -> str:
        """Of a room's name, which the server is asked for once a run; an id is one already."""
        if room.startswith("!"):
            return room
        if room not in self._rooms:
            told = self._ask("GET", f"{CLIENT}/directory/room/{quote(room, safe='')}")
            if not isinstance(told, dict) or not told.get("room_id"):
                raise Refused(f"the server doesn't say which room {room} is")
            self._rooms[room] = str(told["room_id"])
        return self._rooms[room]

    # Before anything is sent. Each raises Refused.

    def demand_plain(self, room: str) -> None:
        if self._state(room, "m.room.encryption"):
            raise Refused(
                "the room is encrypted, and publish can't encrypt",
                hint="announce in a room without encryption (it can't be switched off again)",
            )

    def demand_member(self, room: str, me: str) -> None:
        membership = self._state(room, "m.room.member", me).get("membership")
        if membership != "join":
            raise Refused(
                f"{me} isn't in the room",
                hint=f"invite {me}, and accept the invitation in any client",
            )

    def demand_power(self, room: str, me: str) -> None:
        """The creators of a room of version 12 or later stand above all levels, and aren't
        listed."""
        created = self._state_event(room, "m.room.create")
        version = str((created.get("content") or {}).get("room_version", "1"))
        creators = [created.get("sender"), *(created["content"].get("additional_creators") or [])]
        if version.isdigit() and int(version) >= 12 and me in creators:
            return
        levels = self._state(room, "m.room.power_levels")
        mine = (levels.get("users") or {}).get(me, levels.get("users_default", 0))
        needed = (levels.get("events") or {}).get("m.room.message", levels.get("events_default", 0))
        if mine < needed:
            raise Refused(
                f"{me} may not write in the room: its power level is {mine}, and it takes {needed}",
                hint="Room settings → Roles & Permissions: make it a moderator",
            )

    def _state(self, room: str, kind: str, key: str = "") -> Mapping[str, Any]:
        """Empty where the room has none."""
        path = f"{CLIENT}/rooms/{quote(room, safe='')}/state/{kind}/{quote(key, safe='')}"
        try:
            told = self._ask("GET", path)
        except Refused as error:
            if error.status == 404:
                return {}
            raise _said_clearly(error) from None
        return told if isinstance(told, dict) else {}

    def _state_event(self, room: str, kind: str) -> Mapping[str, Any]:
        told = self._ask("GET", f"{CLIENT}/rooms/{quote(room, safe='')}/state")
        found = (event for event in told if event.get("type") == kind)
        return next(found, {"content": {}})

    # Events.

    def put(
        self, room: str, content: Mapping[str, Any], transaction: str, *, creates: bool = True
    ) -> str:
        """The new event's id. `creates`: an answer that is lost leaves open whether it is live;
        else it may simply be tried again."""
        left = False

        def leaving() -> None:
            nonlocal left
            left = True

        path = f"{CLIENT}/rooms/{quote(room, safe='')}/send/m.room.message/{transaction}"
        try:
            told = self._ask("PUT", path, json=content, leaving=leaving)
        except NotSent as error:
            if creates and left and error.status != 429:
                raise Unknown(error.message, status=error.status) from None
            raise
        except Refused as error:
            raise _said_clearly(error) from None
        if not isinstance(told, dict) or not str(told.get("event_id", "")).startswith("$"):
            raise Unknown("the server answered without an event's id")
        return str(told["event_id"])

    def event(self, room: str, event: str) -> Mapping[str, Any]:
        """Raises Gone."""
        path = f"{CLIENT}/rooms/{quote(room, safe='')}/event/{quote(event, safe='')}"
        try:
            told = self._ask("GET", path)
        except Refused as error:
            if error.status == 404:
                raise Gone(error.message, status=404) from None
            raise
        if not isinstance(told, dict) or not isinstance(told.get("content"), dict):
            raise CannotLook("what was read back is no event")
        return told

    def pages(self, room: str, me: str, size: int, most: int) -> Iterator[list[Mapping[str, Any]]]:
        """What an account said, newest first. Raises CannotLook after `most` pages."""
        only = quote(json.dumps({"senders": [me], "types": ["m.room.message"]}))
        path = f"{CLIENT}/rooms/{quote(room, safe='')}/messages?dir=b&limit={size}&filter={only}"
        start = ""
        for _ in range(most):
            page = self._ask("GET", path + start)
            if not isinstance(page, dict) or not isinstance(page.get("chunk"), list):
                raise CannotLook("what was read back is no list of messages")
            yield page["chunk"]
            if not page.get("end"):
                return
            start = f"&from={quote(str(page['end']), safe='')}"
        raise CannotLook(f"there were more than {size * most} messages since")

    def edits_of(self, room: str, event: str) -> list[str]:
        path = (
            f"/_matrix/client/v1/rooms/{quote(room, safe='')}/relations/{quote(event, safe='')}"
            "/m.replace/m.room.message?limit=100"
        )
        told = self._ask("GET", path)
        return [str(each["event_id"]) for each in told.get("chunk") or () if each.get("content")]

    def redact(self, room: str, event: str, transaction: str) -> None:
        path = f"{CLIENT}/rooms/{quote(room, safe='')}/redact/{quote(event, safe='')}/{transaction}"
        self._ask("PUT", path, json={})

    def upload(self, name: str, kind: str, data: bytes) -> str:
        """The address of a picture, attached to nothing yet."""
        path = f"/_matrix/media/v3/upload?filename={quote(name, safe='')}"
        told = self._ask("POST", path, data=data, headers={"Content-Type": kind})
        if not isinstance(told, dict) or not str(told.get("content_uri", "")).startswith("mxc://"):
            raise Unknown("the server answered without a picture's address")
        return str(told["content_uri"])

    def join(self, room: str) -> None:
        self._ask("POST", f"{CLIENT}/join/{quote(room, safe='')}", json={})

    def _ask(self, method: str, path: str, **kwargs: Any) -> Any:
        from publisher.http import sorted_errors

        with sorted_errors():
            return self._session.request(method, self._address + path, **kwargs).json()


def _said_clearly(error: Refused) -> Refused:
    if error.status != 403:
        return error
    return Refused(
        f"the account may not do this in the room ({error.message})",
        hint="invite it, accept the invitation in any client, and see that it may write there;"
        " publish check says which it is",
        status=403,
    )
