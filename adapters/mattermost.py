"""Mattermost: a post in one channel, by a bot's token.

API: https://developers.mattermost.com/api-documentation/#/operations/CreatePost (read 2026-11-27).
Limits: 16,383 code points (mattermost#27059); 5 files in a post of servers before 9, which all take
(CreatePost, file_ids). Files have no alternative text: the clients read out their names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
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
from publisher.text.flavour import Pings

from . import _markdown_text

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn
    from publisher.setup.desk import Guide

LIMIT = 16_383
FILES, BYTES, PIXELS = 5, 50 * 2**20, 6048 * 4032
"""Bytes: below what a server takes as it is installed (100 MiB); pixels: above it a server makes no
preview (config settings, "Maximum file size" and "Maximum image resolution", 2026-11-27)."""
KEPT = 24 * 3600.0
"""Seconds: a file that is attached to nothing isn't removed; a day is enough."""
MARK = "announcement_publisher"
"""Its key in a post's `props`, which the server keeps and tells: by it a post is found again."""
NAME = 80
"""Characters of a file's name, which stands for its alternative text."""
ID = re.compile(r"[a-z0-9]{26}")
PINGS = Pings(inert="\u200b", in_code=False)


def wrong_channel(value: str) -> str | None:
    if ID.fullmatch(value) or re.fullmatch(r"[a-z0-9_-]+/[a-z0-9_.-]+", value):
        return None
    return "is neither \"team/channel\", as in the channel's address, nor a channel's ID"


class Mattermost(Adapter):
    name = "mattermost"
    title = "Mattermost"
    flavour = staticmethod(_markdown_text.markdown)
    pings = PINGS
    flat = True
    edits = True
    deletes = True
    uploads = KEPT
    options = (
        Option(
            "api_base_url",
            "text",
            "your server: https://chat.example.org",
            required=True,
            check=check_url,
            leads=True,
        ),
        Option(
            "access_token",
            "text",
            "Integrations → Bot Accounts → Add Bot Account",
            required=True,
            secret=True,
        ),
        Option(
            "channel",
            "text",
            "where to post: team/channel, as in the channel's address",
            required=True,
            check=wrong_channel,
        ),
    )
    _channel_id = ""
    _skew: timedelta | None = None

    @classmethod
    def guide(cls) -> Guide:
        from ._mattermost_guide import guide

        return guide

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.mattermost import Server

        return Server

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        return Rule.of("mattermost", LIMIT, options, len)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule:
        kinds = ("image/jpeg", "image/png", "image/gif", "image/webp")
        return PictureRule(FILES, kinds, BYTES, PIXELS, animation=(BYTES, PIXELS), alt=NAME)

    def payload(self, message: Message, index: int) -> Payload:
        payload: Payload = {"message": message.parts[index].text}
        if index == 0 and message.pictures:
            payload["pictures"] = [picture.as_value() for picture in message.pictures]
        return payload

    def text_of(self, payload: Payload) -> str:
        return str(payload["message"])

    def id_in(self, url: str) -> str:
        found = re.search(r"/pl/([a-z0-9]{26})(?:$|[/?#])", url)
        return found[1] if found else ""

    def is_there(self, url: str) -> bool:
        server = urlsplit(str(self.settings.get("api_base_url", ""))).netloc
        return urlsplit(url).netloc.lower() == server.lower()

    # At the edge.

    def upload(self, picture: Picture, data: bytes) -> Upload:
        files = {"files": (_name(picture), data, picture.kind)}
        made = self._ask("POST", "/files", data={"channel_id": self._where()}, files=files)
        try:
            return Upload(str(made["file_infos"][0]["id"]))
        except (KeyError, IndexError, TypeError):
            raise Unknown("the server took a file, and didn't say which") from None

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        body = {
            "channel_id": self._where(),
            "message": payload["message"],
            "file_ids": _files(payload, attempt),
            "root_id": attempt.reply_to or "",
            # A repetition within 30 seconds is the same post to the server.
            "pending_post_id": attempt.key,
            "props": {MARK: attempt.key},
        }
        return self._receipt(self._ask("POST", "/posts", json=body))

    def clock(self) -> timedelta | None:
        """Asked for once."""
        from publisher.http import clock_of

        if self._skew is None:
            self._skew = clock_of(self._server())
        return self._skew

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        """Its list has everything that was made or changed since, deleted posts too."""
        moment = int(since.timestamp() * 1000) - 1
        listed = self._ask("GET", f"/channels/{self._where()}/posts?since={moment}")
        if not isinstance(listed, dict) or not isinstance(listed.get("posts"), dict):
            raise CannotLook("the channel's list makes no sense")
        for post in listed["posts"].values():
            mark = (post.get("props") or {}).get(MARK)
            if mark == attempt.key and post.get("delete_at"):
                raise CannotLook("it was there, and somebody has deleted it since")
            if mark == attempt.key:
                return self._receipt(post)
        return None

    def stands(self, payload: Payload, attempt: Attempt) -> bool:
        post = self._post("GET", attempt)
        return bool(post.get("message") == payload["message"].strip())

    def update(self, payload: Payload, attempt: Attempt) -> Receipt:
        body = {"message": payload["message"], "file_ids": _files(payload, attempt)}
        self._post("PUT", attempt, "/patch", json=body)
        return Receipt(attempt.remote_id)

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        self._post("GET", attempt)  # what is gone can be deleted again, and would say so to nobody
        self._post("DELETE", attempt)

    def check(self) -> str:
        me = self._ask("GET", "/users/me")
        where = self._where()
        self._ask("GET", f"/channels/{where}/members/me")
        return f"signed in as @{me.get('username')}, a member of {self.settings['channel']}"

    def _where(self) -> str:
        """The channel's id."""
        if not self._channel_id:
            self._channel_id = self._looked_up(str(self.settings["channel"]))
        return self._channel_id

    def _looked_up(self, channel: str) -> str:
        if ID.fullmatch(channel):
            return channel
        team, _, name = channel.partition("/")
        found = self._ask("GET", f"/teams/name/{quote(team)}/channels/name/{quote(name)}")
        return str(found["id"])

    def _receipt(self, post: Any) -> Receipt:
        if not isinstance(post, dict) or not ID.fullmatch(str(post.get("id"))):
            raise Unknown("the server answered without an id")
        address = f"{self._server()}/_redirect/pl/{post['id']}"
        return Receipt(str(post["id"]), address)

    def _post(self, method: str, attempt: Attempt, path: str = "", **kwargs: Any) -> Any:
        try:
            return self._ask(method, f"/posts/{quote(attempt.remote_id)}{path}", **kwargs)
        except Refused as error:
            if error.status == 404:
                raise Gone(error.message, status=404) from None
            raise

    def _server(self) -> str:
        return str(self.settings["api_base_url"]).rstrip("/")

    def _ask(self, method: str, path: str, **kwargs: Any) -> Any:
        from publisher.http import Session, sorted_errors

        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            session.headers["Authorization"] = f"Bearer {self.secrets['access_token']}"
            return session.request(method, f"{self._server()}/api/v4{path}", **kwargs).json()


def _files(payload: Payload, attempt: Attempt) -> list[str]:
    return [attempt.media[picture.source] for picture in pictures_of(payload)]


def _name(picture: Picture) -> str:
    """The clients read out a file's name to those who can't see the picture."""
    words = re.sub(r'[\s\\/:*?"<>|\x00-\x1f]+', " ", picture.alt).strip(" .")[:NAME]
    ending = picture.name.rpartition(".")[2]
    return f"{words}.{ending}" if words else picture.name
