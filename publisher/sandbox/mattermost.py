"""Mattermost's API v4, as far as a bot that posts in one channel uses it.

https://developers.mattermost.com/api-documentation (read 2026-11-27); a repetition of
`pending_post_id` is known for 30 seconds (server/channels/app/post.go,
`PendingPostIDsCacheTTL`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from publisher.sandbox.platform import Platform, Route, Stop, page, picture, plain
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.web import Answer, Request, as_json

TOKEN = "sandbox-mattermost-token"  # noqa: S105 - it opens nothing but this
TEAM, CHANNEL = "collective", "announcements"
MAX_RUNES, MAX_FILES = 16_383, 10
REMEMBERED = timedelta(seconds=30)


def identifier(of: str) -> str:
    """26 letters and digits, as the server's are."""
    digest = int.from_bytes(hashlib.sha256(of.encode()).digest(), "big")
    letters = "ybndrfg8ejkmcpqxot1uwisza345h769"
    return "".join(letters[(digest >> (5 * at)) & 31] for at in range(26))


CHANNEL_ID, USER_ID = identifier("channel"), identifier("user")


def error(status: int, code: str, message: str) -> Answer:
    return as_json(
        status,
        {"id": code, "message": message, "request_id": identifier(code), "status_code": status},
    )


class Server(Platform):
    """One bot in one channel of one team."""

    name = "mattermost"
    title = "Mattermost"
    shift = 0

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._pending: dict[str, tuple[str, datetime]] = {}
        self._gone: dict[str, dict[str, Any]] = {}

    def settings(self) -> Mapping[str, str]:
        return {"api_base_url": self.url, "channel": f"{TEAM}/{CHANNEL}"}

    def secrets(self) -> Mapping[str, str]:
        return {"access_token": TOKEN}

    def reset(self) -> None:
        with self.lock:
            super().reset()
            self._pending.clear()
            self._gone.clear()

    # Routes.

    def me(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        return as_json(200, {"id": USER_ID, "username": "announcer", "is_bot": True})

    def channel(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        if (names["team"], names["channel"]) != (TEAM, CHANNEL):
            return error(404, "store.sql_channel.get_by_name.missing.app_error", "not found")
        return as_json(200, {"id": CHANNEL_ID, "name": CHANNEL, "team_id": identifier("team")})

    def member(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        self._here(names["channel"])
        return as_json(200, {"channel_id": CHANNEL_ID, "user_id": USER_ID})

    def upload(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        infos = []
        for part in request.uploads():
            if part.filename is None:
                self._here(part.data.decode())
                continue
            file_id = identifier(f"file {self.new_id()}")
            file = {"data": part.data, "kind": part.content_type, "name": part.filename}
            self.keep_file(file_id, file)
            infos.append({"id": file_id, "name": part.filename, "size": len(part.data)})
        return as_json(201, {"file_infos": infos, "client_ids": []})

    def create(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        given = self._given(request)
        self._here(str(given.get("channel_id")))
        if (known := self._known(str(given.get("pending_post_id") or ""))) is not None:
            return as_json(201, self._told(known))
        files = [str(each) for each in given.get("file_ids") or []]
        message = self._message(given, files)
        root = str(given.get("root_id") or "")
        if root and (root not in self.posts or self.posts[root]["root_id"]):
            raise Stop(error(400, "api.post.create_post.root_id.app_error", "Invalid RootId."))
        number = self.new_id()
        post: dict[str, Any] = {
            "id": identifier(f"post {number}"),
            "number": number,
            "at": self.clock.now(),
            "edited": None,
            "message": message,
            "root_id": root,
            "file_ids": files,
            "props": given.get("props") or {},
        }
        self.keep(post["id"], post)
        if given.get("pending_post_id"):
            self._pending[str(given["pending_post_id"])] = (post["id"], self.clock.now())
        return as_json(201, self._told(post))

    def show(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        return as_json(200, self._told(self._live(names)))

    def patch(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        old, given = self._live(names), self._given(request)
        files = [str(each) for each in given.get("file_ids", old["file_ids"])]
        message = self._message({"message": old["message"], **given}, files)
        new = {**old, "message": message, "file_ids": files, "edited": self.clock.now()}
        self.keep(old["id"], new)
        return as_json(200, self._told(new))

    def delete(self, request: Request, names: Mapping[str, str]) -> Answer:
        """What was deleted before is deleted again."""
        self._allow(request)
        if names["id"] not in self._gone:
            post = self._live(names)
            self.drop(post["id"])
            self._gone[post["id"]] = {**post, "deleted": self.clock.now()}
        return as_json(200, {"status": "OK"})

    def listing(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        self._here(names["channel"])
        since = int(request.argument("since") or 0)
        shown = [*self.listable(), *self._gone.values()]
        told = [self._told(post) for post in shown]
        recent = {post["id"]: post for post in told if post["update_at"] > since}
        return as_json(200, {"order": [*recent], "posts": recent})

    def file(self, _: Request, names: Mapping[str, str]) -> Answer:
        file = self.files.get(names["id"])
        if file is None:
            return self.not_found()
        safe = {"X-Content-Type-Options": "nosniff"}
        kind = file["kind"] if file["kind"].startswith("image/") else "application/octet-stream"
        return Answer(200, file["data"], {"Content-Type": kind, **safe})

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        post = self.posts.get(names["id"])
        if post is None:
            return page("Not found", "<p>No such post here.</p>", status=404)
        shown = "".join(
            picture(f"/files/{each}", self.files[each]["name"]) for each in post["file_ids"]
        )
        return page("announcer on the sandbox's Mattermost", plain(post["message"]) + shown)

    # What they have in common.

    def _allow(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            code = "api.context.session_expired.app_error"
            raise Stop(error(401, code, "Invalid or expired session, please login again."))

    def _here(self, channel: str) -> None:
        if channel != CHANNEL_ID:
            code = "api.context.permissions.app_error"
            raise Stop(error(403, code, "You do not have the appropriate permissions."))

    def _given(self, request: Request) -> dict[str, Any]:
        try:
            given = request.json()
        except ValueError:
            given = None
        if not isinstance(given, dict):
            code = "api.context.invalid_body_param.app_error"
            raise Stop(error(400, code, "Invalid or missing post in request body."))
        return given

    def _known(self, pending: str) -> dict[str, Any] | None:
        post_id, at = self._pending.get(pending, ("", self.clock.now()))
        if not post_id or self.clock.now() - at > REMEMBERED:
            return None
        return self.posts.get(post_id)

    def _message(self, given: Mapping[str, Any], files: list[str]) -> str:
        message = str(given.get("message") or "").strip()
        if len(message) > MAX_RUNES:
            code = "model.post.is_valid.message_length.app_error"
            raise Stop(error(400, code, "Post Message property is longer than the maximum."))
        if len(files) > MAX_FILES or not set(files) <= set(self.files):
            raise Stop(error(400, "api.post.create_post.file_ids.app_error", "Invalid file ids."))
        if not message and not files:
            code = "model.post.is_valid.message.app_error"
            raise Stop(error(400, code, "A post without words or files."))
        return message

    def _live(self, names: Mapping[str, str]) -> dict[str, Any]:
        if names["id"] not in self.posts:
            code = "app.post.get.app_error"
            raise Stop(error(404, code, "Unable to get the post."))
        return self.posts[names["id"]]

    def _told(self, post: Mapping[str, Any]) -> dict[str, Any]:
        deleted = post.get("deleted")
        changed = deleted or post["edited"] or post["at"]
        return {
            "id": post["id"],
            "create_at": _milliseconds(post["at"]),
            "update_at": _milliseconds(changed),
            "edit_at": _milliseconds(post["edited"]) if post["edited"] else 0,
            "delete_at": _milliseconds(deleted) if deleted else 0,
            "user_id": USER_ID,
            "channel_id": CHANNEL_ID,
            "root_id": post["root_id"],
            "message": post["message"],
            "type": "",
            "props": post["props"],
            "file_ids": post["file_ids"],
        }

    # What Platform asks.

    def listable(self) -> list[dict[str, Any]]:
        horizon = self.clock.now() - timedelta(seconds=self.lag)
        shown = [post for post in self.posts.values() if self.lag == 0 or post["at"] <= horizon]
        return sorted(shown, key=lambda post: int(post["number"]), reverse=True)

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        return {
            "channel": self.name,
            "id": post["id"],
            "url": f"{self.url}/_redirect/pl/{post['id']}",
            "text": post["message"],
            "at": post["at"].isoformat(),
            "in_reply_to_id": post["root_id"] or None,
            "pictures": [
                {"url": f"{self.url}/files/{each}", "alt": self.files[each]["name"]}
                for each in post["file_ids"]
                if each in self.files
            ],
            "object": self._told(post),
        }

    def not_found(self) -> Answer:
        return error(404, "api.context.404.app_error", "Sorry, we could not find the page.")

    def failure(self, status: int) -> Answer:
        return error(status, "app.post.save.app_error", "Unable to save the Post.")

    def too_many(self, seconds: float) -> Answer:
        return Answer(429, b"limit exceeded\n", {"Content-Type": "text/plain"})

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {}

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", "/api/v4/users/me", me),
        Route("GET", "/api/v4/teams/name/{team}/channels/name/{channel}", channel),
        Route("GET", "/api/v4/channels/{channel}/members/me", member),
        Route("GET", "/api/v4/channels/{channel}/posts", listing),
        Route("POST", "/api/v4/files", upload),
        Route("POST", "/api/v4/posts", create),
        Route("GET", "/api/v4/posts/{id}", show),
        Route("PUT", "/api/v4/posts/{id}/patch", patch),
        Route("DELETE", "/api/v4/posts/{id}", delete),
        Route("GET", "/files/{id}", file),
        Route("GET", "/_redirect/pl/{id}", page),
    )


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
