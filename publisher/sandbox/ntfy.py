"""ntfy, as far as somebody who publishes to one topic uses it.

https://docs.ntfy.sh/publish/ and /subscribe/api/ (read 2026-11-27).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any, ClassVar

from publisher.sandbox.platform import Platform, Route, Stop, page, plain
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.web import Answer, Request, as_json

TOKEN, TOPIC = "tk_sandboxntfytoken", "library-news"
MAX_MESSAGE, MAX_TITLE = 4096, 1024


def error(status: int, code: int, words: str) -> Answer:
    return as_json(status, {"code": code, "http": status, "error": words})


class Server(Platform):
    """`caches`: whether what came can be polled; `is_open`: whether anybody may publish."""

    name = "ntfy"
    title = "ntfy"

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.caches = True
        self.is_open = False

    def settings(self) -> Mapping[str, str]:
        return {"api_base_url": self.url, "topic": TOPIC}

    def secrets(self) -> Mapping[str, str]:
        return {"access_token": TOKEN}

    def vary(self, random: Random) -> None:
        super().vary(random)
        self.caches = random.random() < 0.7

    def publish(self, request: Request, _: Mapping[str, str]) -> Answer:
        """A message that is too long would become a file: here that is refused."""
        self._allow(request)
        try:
            given = request.json()
        except ValueError:
            given = None
        if not isinstance(given, dict) or given.get("topic") != TOPIC:
            raise Stop(error(400, 40024, "invalid request: topic invalid"))
        message, title = str(given.get("message") or ""), str(given.get("title") or "")
        if len(message.encode("utf-8", "surrogatepass")) > MAX_MESSAGE:
            raise Stop(error(413, 41301, "attachment too large, or bandwidth limit reached"))
        if len(title.encode()) > MAX_TITLE:
            raise Stop(error(400, 40057, "invalid request: title too long"))
        new_id = self.new_id()
        post = {**given, "id": new_id, "at": self.clock.now(), "message": message, "title": title}
        self.keep(new_id, post)
        return as_json(200, self._told(post))

    def poll(self, request: Request, names: Mapping[str, str]) -> Answer:
        """A JSON object on each line."""
        self._allow(request)
        since = int(request.argument("since") or 0)
        posts = self.listable()[::-1] if self.caches and names["topic"] == TOPIC else []
        lines = [json.dumps(self._told(p)) for p in posts if p["at"].timestamp() >= since]
        body = "".join(f"{line}\n" for line in lines).encode()
        return Answer(200, body, {"Content-Type": "application/x-ndjson; charset=utf-8"})

    def account(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        return as_json(200, {"username": "ada", "role": "user"})

    def health(self, _: Request, __: Mapping[str, str]) -> Answer:
        return as_json(200, {"healthy": True})

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        shown = [plain(f"{post['title']}\n{post['message']}") for post in self.posts.values()]
        return page(f"{TOPIC} on the sandbox's ntfy", "<hr>".join(shown))

    def _allow(self, request: Request) -> None:
        given = request.headers.get("authorization")
        if given != f"Bearer {TOKEN}" and not (self.is_open and given is None):
            raise Stop(error(403 if given is None else 401, 40101, "unauthorized"))

    def _told(self, post: Mapping[str, Any]) -> dict[str, Any]:
        told = {
            "id": post["id"],
            "time": int(post["at"].timestamp()),
            "event": "message",
            "topic": TOPIC,
            "message": post["message"],
        }
        names = ("title", "click", "priority", "tags")
        return told | {name: post[name] for name in names if post.get(name)}

    # What Platform asks.

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        return {
            "channel": self.name,
            "id": post["id"],
            "url": f"{self.url}/{TOPIC}",
            "text": post["message"],
            "subject": post["title"],
            "at": post["at"].isoformat(),
            "object": self._told(post),
        }

    def not_found(self) -> Answer:
        return error(404, 40401, "page not found")

    def failure(self, status: int) -> Answer:
        return error(status, 50001, "internal server error")

    def too_many(self, seconds: float) -> Answer:
        return error(429, 42901, "limit reached: too many requests")

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {}

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/", publish),
        Route("GET", "/v1/account", account),
        Route("GET", "/v1/health", health),
        Route("GET", "/{topic}/json", poll),
        Route("GET", f"/{TOPIC}", page),
    )
