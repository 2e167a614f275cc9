"""Slack's Web API, as far as an app that posts in one channel uses it, and an incoming webhook.

https://docs.slack.dev/reference/methods (read 2026-11-27). An error is answered with 200 and
{"ok": false}; a webhook answers in words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any, ClassVar

from publisher.sandbox.platform import Platform, Route, Stop, page, picture, plain
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.web import Answer, Request, as_json

TOKEN = "xoxb-sandbox-slack-token"  # noqa: S105 - it opens nothing but this
CHANNEL, TEAM, BOT = "C0SANDBOX1", "The collective", "announcements"
HOOK = "/services/T0SANDBOX/B0SANDBOX/sandboxslackwebhook"
MOST = 13_200
"""Characters of all blocks together, more or less: nothing says it, bolt-js#2509 measured it."""
MAX_BLOCKS = 50


def failed(code: str) -> Stop:
    return Stop(as_json(200, {"ok": False, "error": code}))


def done(**values: Any) -> Answer:
    return as_json(200, {"ok": True, **values})


class Slack(Platform):
    """What both have in common: messages of blocks. `ts` is their name, and their time."""

    def _message(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Raises Stop where Slack would refuse it."""
        blocks = given.get("blocks") or []
        if not isinstance(blocks, list) or len(blocks) > MAX_BLOCKS:
            raise failed("invalid_blocks")
        if not str(given.get("text") or "").strip() and not blocks:
            raise failed("no_text")
        if sum(_characters(block) for block in blocks) > MOST:
            raise failed("msg_blocks_too_long")
        for block in blocks:
            if block.get("type") == "image" and not self._is_shown(block):
                raise failed("invalid_blocks")
        return {"text": str(given.get("text") or ""), "blocks": blocks}

    def _is_shown(self, block: Mapping[str, Any]) -> bool:
        file = self.files.get(str((block.get("slack_file") or {}).get("id")))
        return bool(file and file["complete"] and file["seen"] and block.get("alt_text"))

    def _kept(self, message: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        number = int(self.new_id())
        post: dict[str, Any] = {
            "id": f"{number // 1_000_000}.{number % 1_000_000:06d}",
            "number": number,
            "at": self.clock.now(),
            "edited": None,
            **message,
            **more,
        }
        self.keep(post["id"], post)
        return post

    def new_id(self) -> str:
        """Microseconds since 1970."""
        self._last_id = max(int(self.clock.now().timestamp() * 1_000_000), self._last_id + 1)
        return str(self._last_id)

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        shown = [block for block in post["blocks"] if block.get("type") == "image"]
        return {
            "channel": self.name,
            "id": post["id"],
            "url": f"{self.url}/archives/{CHANNEL}/p{post['id'].replace('.', '')}",
            "text": _words(post),
            "at": post["at"].isoformat(),
            "in_reply_to_id": post.get("thread_ts"),
            "pictures": [
                {"url": f"{self.url}/files/{each['slack_file']['id']}", "alt": each["alt_text"]}
                for each in shown
            ],
            "object": self._told(post),
        }

    def _told(self, post: Mapping[str, Any]) -> dict[str, Any]:
        told = {
            "type": "message",
            "ts": post["id"],
            "text": post["text"],
            "blocks": post["blocks"],
            "bot_id": "B0SANDBOX",
        }
        if post.get("thread_ts"):
            told["thread_ts"] = post["thread_ts"]
        if post.get("metadata"):
            told["metadata"] = post["metadata"]
        return told

    def file(self, _: Request, names: Mapping[str, str]) -> Answer:
        file = self.files.get(names["id"])
        if file is None:
            return self.not_found()
        safe = {"Content-Type": "image/png", "X-Content-Type-Options": "nosniff"}
        return Answer(200, file["data"], safe)

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        name = names["id"].removeprefix("p")
        post = self.posts.get(f"{name[:-6]}.{name[-6:]}")
        if post is None:
            return page("Not found", "<p>No such message here.</p>", status=404)
        shown = "".join(picture(each["url"], each["alt"]) for each in self.entry(post)["pictures"])
        return page(f"{BOT} on the sandbox's Slack", plain(_words(post)) + shown)

    def not_found(self) -> Answer:
        return as_json(200, {"ok": False, "error": "unknown_method"})

    def failure(self, status: int) -> Answer:
        return Answer(status, b"Server Error", {"Content-Type": "text/plain"})

    def too_many(self, seconds: float) -> Answer:
        return as_json(429, {"ok": False, "error": "ratelimited"})

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {}


class Server(Slack):
    """An app, invited to one channel. `member`: whether it is; `slow_files`: whether Slack takes
    its time with files."""

    name = "slack"
    title = "Slack"

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.member = True
        self.slow_files = False

    def settings(self) -> Mapping[str, str]:
        return {"channel": CHANNEL, "api_base_url": f"{self.url}/api"}

    def secrets(self) -> Mapping[str, str]:
        return {"bot_token": TOKEN}

    def vary(self, random: Random) -> None:
        super().vary(random)
        self.slow_files = random.random() < 0.5

    def test(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._given(request)
        return done(user=BOT, team=TEAM)

    def post(self, request: Request, _: Mapping[str, str]) -> Answer:
        given = self._given(request)
        self._here(given)
        parent = given.get("thread_ts")
        if parent is not None and parent not in self.posts:
            raise failed("thread_not_found")
        metadata = given.get("metadata") or {}
        if not str(metadata.get("event_type", "")).replace("_", "").isalnum():
            metadata = {}  # it vanishes, without a word
        post = self._kept(self._message(given), thread_ts=parent, metadata=metadata)
        return done(channel=CHANNEL, ts=post["id"], message=self._told(post))

    def update(self, request: Request, _: Mapping[str, str]) -> Answer:
        """What isn't given is lost, but for the mark and the thread."""
        given = self._given(request)
        self._here(given)
        old = self._live(given)
        new = {**old, **self._message(given), "edited": self.clock.now()}
        self.keep(old["id"], new)
        return done(channel=CHANNEL, ts=old["id"], text=new["text"])

    def delete(self, request: Request, _: Mapping[str, str]) -> Answer:
        given = self._given(request)
        self._here(given)
        self.drop(self._live(given)["id"])
        return done(channel=CHANNEL, ts=given["ts"])

    def history(self, request: Request, _: Mapping[str, str]) -> Answer:
        """Newest first; without the replies of threads."""
        given = self._given(request)
        self._here(given)
        shown = [post for post in self.listable() if not post.get("thread_ts")]
        return self._listing(shown, given)

    def replies(self, request: Request, _: Mapping[str, str]) -> Answer:
        """A thread by its first message or by any in it; oldest first."""
        given = self._given(request)
        self._here(given)
        root = self.posts.get(str(given.get("ts")))
        if root is None:
            raise failed("thread_not_found")
        first = root.get("thread_ts") or root["id"]
        shown = [p for p in self.listable() if first in (p["id"], p.get("thread_ts"))][::-1]
        return self._listing(shown, given)

    def _listing(self, posts: list[dict[str, Any]], given: Mapping[str, Any]) -> Answer:
        oldest, latest = float(given.get("oldest") or 0), float(given.get("latest") or 1e12)
        inclusive = given.get("inclusive") == "true"
        within = [
            post
            for post in posts
            if oldest < float(post["id"]) < latest
            or (inclusive and float(post["id"]) in (oldest, latest))
        ]
        start, limit = int(given.get("cursor") or 0), int(given.get("limit") or 100)
        told = [self._told(post) for post in within[start : start + limit]]
        if given.get("include_all_metadata") != "true":
            told = [{k: v for k, v in each.items() if k != "metadata"} for each in told]
        after = str(start + limit) if len(within) > start + limit else ""
        return done(messages=told, response_metadata={"next_cursor": after})

    def permalink(self, request: Request, _: Mapping[str, str]) -> Answer:
        given = self._given(request)
        self._here(given)
        post = self._live({"ts": given.get("message_ts")})
        return done(permalink=self.entry(post)["url"])

    def upload_url(self, request: Request, _: Mapping[str, str]) -> Answer:
        given = self._given(request)
        file_id = f"F{self.new_id()}"
        file = {"data": b"", "name": given.get("filename"), "complete": False, "seen": False}
        self.keep_file(file_id, {**file, "alt": given.get("alt_txt"), "length": given["length"]})
        return done(upload_url=f"{self.url}/upload/{file_id}", file_id=file_id)

    def upload(self, request: Request, names: Mapping[str, str]) -> Answer:
        if names["id"] not in self.files:
            return Answer(404, b"no such file", {"Content-Type": "text/plain"})
        self.files[names["id"]]["data"] = request.body
        return Answer(200, b"OK - 1", {"Content-Type": "text/plain"})

    def complete(self, request: Request, _: Mapping[str, str]) -> Answer:
        for each in self._given(request).get("files") or []:
            file = self.files.get(str(each.get("id")))
            if file is None or len(file["data"]) != int(file["length"]):
                raise failed("file_not_found")
            file |= {"complete": True, "seen": not self.slow_files}
        return done(files=[])

    def info(self, request: Request, _: Mapping[str, str]) -> Answer:
        """Slack looks at a file a moment after it came: with `slow_files` it hasn't when it is
        asked for the first time."""
        file = self.files.get(str(self._given(request).get("file")))
        if file is None:
            raise failed("file_not_found")
        seen, file["seen"] = file["seen"], True
        return done(file={"name": file["name"], "mimetype": "image/png" if seen else ""})

    def _given(self, request: Request) -> dict[str, Any]:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise failed("invalid_auth")
        if request.content_type == "application/x-www-form-urlencoded":
            return dict(request.form())
        try:
            given = request.json()
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise failed("invalid_json")
        return given

    def _here(self, given: Mapping[str, Any]) -> None:
        if given.get("channel") != CHANNEL:
            raise failed("channel_not_found")
        if not self.member:
            raise failed("not_in_channel")

    def _live(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if str(given.get("ts")) not in self.posts:
            raise failed("message_not_found")
        return self.posts[str(given["ts"])]

    def listable(self) -> list[dict[str, Any]]:
        """Slack's history shows a message at once."""
        return sorted(self.posts.values(), key=lambda post: int(post["number"]), reverse=True)

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/api/auth.test", test),
        Route("POST", "/api/chat.postMessage", post),
        Route("POST", "/api/chat.update", update),
        Route("POST", "/api/chat.delete", delete),
        Route("POST", "/api/chat.getPermalink", permalink),
        Route("POST", "/api/conversations.history", history),
        Route("POST", "/api/conversations.replies", replies),
        Route("POST", "/api/files.getUploadURLExternal", upload_url),
        Route("POST", "/api/files.completeUploadExternal", complete),
        Route("POST", "/api/files.info", info),
        Route("POST", "/upload/{id}", upload),
        Route("GET", "/files/{id}", Slack.file),
        Route("GET", f"/archives/{CHANNEL}/{{id}}", Slack.page),
    )


class Hook(Slack):
    """One webhook."""

    name = "slack_webhook"
    title = "Slack, by webhook"
    signature = re.compile(r"(?<=/services/).+")

    def secrets(self) -> Mapping[str, str]:
        return {"webhook_url": f"{self.url}{HOOK}"}

    def hook(self, request: Request, _: Mapping[str, str]) -> Answer:
        try:
            given = request.json()
            message = self._message(given if isinstance(given, dict) else {})
        except ValueError:
            return _words_back(400, "invalid_payload")
        except Stop as stop:
            code = stop.answer.body.decode().partition('"error": "')[2].partition('"')[0]
            return _words_back(400, code)
        self._kept(message)
        return _words_back(200, "ok")

    def not_found(self) -> Answer:
        return _words_back(404, "no_service")

    def too_many(self, seconds: float) -> Answer:
        return _words_back(429, "ratelimited")

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", HOOK, hook),
        Route("GET", f"/archives/{CHANNEL}/{{id}}", Slack.page),
    )


def _words_back(status: int, words: str) -> Answer:
    return Answer(status, words.encode(), {"Content-Type": "text/html"})


def _characters(block: Mapping[str, Any]) -> int:
    """Of all the words in a block."""
    if "text" in block and isinstance(block["text"], str):
        return len(block["text"])
    return sum(_characters(each) for each in block.get("elements") or ())


def _words(post: Mapping[str, Any]) -> str:
    """What a member reads."""
    texts = [_said(each) for block in post["blocks"] for each in block.get("elements") or ()]
    return "\n".join(texts) if texts else html.unescape(post["text"])


def _said(element: Mapping[str, Any]) -> str:
    return "".join(str(each.get("text") or "") for each in element.get("elements") or ())
