"""Discourse's API, as far as somebody who opens topics uses it.

https://docs.discourse.org (read 2026-11-27); settings are those of a forum as it is installed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from publisher.sandbox.platform import Platform, Route, Stop, page, picture, plain, whole
from publisher.sandbox.web import Answer, Request, as_json

KEY, USER = "sandbox-discourse-key", "ada"
MAX_RAW, TITLE = 32_000, (15, 255)
_IMAGE = re.compile(r"!\[([^\]|]*)(?:\|\d+x\d+)?\]\(upload://(\w+)\.png\)")


def invalid(*words: str) -> Stop:
    return Stop(as_json(422, {"action": "create_post", "errors": list(words)}))


class Server(Platform):
    """A topic is its first post; what is replied to it has its number."""

    name = "discourse"
    title = "Discourse"
    shift = 0

    def settings(self) -> Mapping[str, str]:
        return {"api_base_url": self.url, "api_username": USER}

    def secrets(self) -> Mapping[str, str]:
        return {"api_key": KEY}

    def me(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        return as_json(200, {"current_user": {"id": 1, "username": USER}})

    def upload(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        for part in request.uploads():
            if part.filename is not None:
                file_id = f"f{self.new_id()}"
                self.keep_file(file_id, part.data)
                return as_json(200, {"id": 1, "short_url": f"upload://{file_id}.png"})
        raise invalid("there is no file")

    def create(self, request: Request, _: Mapping[str, str]) -> Answer:
        given = self._given(request)
        raw = self._raw(given)
        number = self.new_id()
        post: dict[str, Any] = {"id": number, "at": self.clock.now(), "edited": None, "raw": raw}
        if given.get("topic_id"):
            topic = self._topic_of(str(given["topic_id"]))
            post |= {"topic": topic["topic"], "title": "", "external": ""}
        else:
            external = str(given.get("external_id") or "")
            if len(external) > 50 or not re.fullmatch(r"[\w-]*", external):
                raise invalid("External ID is invalid")
            if any(external and external == each["external"] for each in self.posts.values()):
                raise invalid("External has already been taken")
            post |= {"topic": number, "title": self._title(given), "external": external}
        self.keep(number, post)
        return as_json(200, self._told(post))

    def by_name(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        for post in self.posts.values():
            if post["external"] and post["external"] == names["name"].removesuffix(".json"):
                return Answer(301, b"", {"Location": f"{self.url}/t/a-topic/{post['topic']}.json"})
        return self.not_found()

    def topic(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        topic = self._topic_of(names["id"].removesuffix(".json"))
        posts = [each for each in self.posts.values() if each["topic"] == topic["topic"]]
        shown = [self._told(each) for each in posts]
        return as_json(
            200,
            {"id": int(topic["id"]), "title": topic["title"], "post_stream": {"posts": shown}},
        )

    def remove(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        topic = self._topic_of(names["id"].removesuffix(".json"))
        for post in [each for each in self.posts.values() if each["topic"] == topic["topic"]]:
            self.drop(post["id"])
        return Answer(200)

    def show(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        return as_json(200, self._told(self._live(names)))

    def edit(self, request: Request, names: Mapping[str, str]) -> Answer:
        """Of a topic's first post the title, too."""
        given, post = self._given(request), self._live(names)
        new = {**post, "raw": self._raw(given.get("post") or {}), "edited": self.clock.now()}
        if "title" in given and post["topic"] == post["id"]:
            new["title"] = self._title(given)
        self.keep(post["id"], new)
        return as_json(200, {"post": self._told(new)})

    def delete(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        self.drop(self._live(names)["id"])
        return Answer(200)

    def file(self, _: Request, names: Mapping[str, str]) -> Answer:
        if names["id"] not in self.files:
            return self.not_found()
        safe = {"Content-Type": "image/png", "X-Content-Type-Options": "nosniff"}
        return Answer(200, self.files[names["id"]], safe)

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        post = self.posts.get(names["id"])
        if post is None:
            return page("Not found", "<p>No such topic here.</p>", status=404)
        shown = "".join(picture(each["url"], each["alt"]) for each in self.entry(post)["pictures"])
        return page(post["title"] or "A reply", plain(post["raw"]) + shown)

    # What they have in common.

    def _allow(self, request: Request) -> None:
        key, user = request.headers.get("api-key"), request.headers.get("api-username")
        if (key, user) != (KEY, USER):
            words = "You are not permitted to view the requested resource."
            raise Stop(as_json(403, {"errors": [words], "error_type": "invalid_access"}))

    def _given(self, request: Request) -> dict[str, Any]:
        self._allow(request)
        try:
            given = request.json()
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise invalid("the body is no JSON object")
        return given

    def _raw(self, given: Mapping[str, Any]) -> str:
        raw = str(given.get("raw") or "").strip()
        if not raw:
            raise invalid("Body can't be blank")
        if len(raw) > MAX_RAW:
            raise invalid(f"Body is limited to {MAX_RAW} characters; you entered {len(raw)}.")
        return raw

    def _title(self, given: Mapping[str, Any]) -> str:
        title = str(given.get("title") or "").strip()
        if not TITLE[0] <= len(title) <= TITLE[1]:
            raise invalid(f"Title must be between {TITLE[0]} and {TITLE[1]} characters")
        return title

    def _topic_of(self, number: str) -> dict[str, Any]:
        if number not in self.posts or self.posts[number]["topic"] != number:
            raise Stop(self.not_found())
        return self.posts[number]

    def _live(self, names: Mapping[str, str]) -> dict[str, Any]:
        number = names["id"].removesuffix(".json")
        if number not in self.posts:
            raise Stop(self.not_found())
        return self.posts[number]

    def _told(self, post: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": int(post["id"]),
            "topic_id": int(post["topic"]),
            "topic_slug": "a-topic",
            "raw": post["raw"],
            "username": USER,
            "created_at": post["at"].isoformat(),
        }

    # What Platform asks.

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        is_reply = post["topic"] != post["id"]
        images = _IMAGE.findall(post["raw"])
        return {
            "channel": self.name,
            "id": f"{post['topic']}/{post['id']}",
            "url": f"{self.url}/t/a-topic/{post['topic']}" + ("/2" if is_reply else ""),
            "text": post["raw"],
            "subject": post["title"],
            "at": post["at"].isoformat(),
            "in_reply_to_id": f"{post['topic']}/{post['topic']}" if is_reply else None,
            "pictures": [{"url": f"{self.url}/files/{file}", "alt": alt} for alt, file in images],
            "object": self._told(post),
        }

    def not_found(self) -> Answer:
        words = "The requested URL or resource could not be found."
        return as_json(404, {"errors": [words], "error_type": "not_found"})

    def failure(self, status: int) -> Answer:
        return as_json(status, {"status": status, "error": "Internal Server Error"})

    def too_many(self, seconds: float) -> Answer:
        extras = {"wait_seconds": whole(seconds)}
        words = "You have performed this action too many times."
        told = {"errors": [words], "error_type": "rate_limit", "extras": extras}
        return as_json(429, told)

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {}

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", "/session/current.json", me),
        Route("POST", "/uploads.json", upload),
        Route("POST", "/posts.json", create),
        Route("GET", "/t/external_id/{name}", by_name),
        Route("GET", "/t/{id}", topic),
        Route("DELETE", "/t/{id}", remove),
        Route("GET", "/posts/{id}", show),
        Route("PUT", "/posts/{id}", edit),
        Route("DELETE", "/posts/{id}", delete),
        Route("GET", "/files/{id}", file),
        Route("GET", "/t/a-topic/{id}", page),
    )
