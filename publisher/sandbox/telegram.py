"""Telegram's Bot API, as far as a bot that posts in one channel uses it.

https://core.telegram.org/bots/api (10.3; read 2026-11-27). It has no list of messages, as the real
one has none. Words of refusals are those of telegram-bot-api (10.0).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from publisher.sandbox.platform import Platform, Route, Stop, page, picture, plain
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.web import Answer, Request, as_json

TOKEN = "110201543:AAsandbox-telegram-bot-token"  # noqa: S105 - it opens nothing but this
CHAT, CHAT_ID, BOT_ID = "library_news", -1001234567890, 110201543
MAX_TEXT, MAX_CAPTION, MAX_ALBUM = 4096, 1024, 10


def result(value: Any) -> Answer:
    return as_json(200, {"ok": True, "result": value})


def error(status: int, words: str, **more: Any) -> Answer:
    return as_json(status, {"ok": False, "error_code": status, "description": words, **more})


def length(text: str) -> int:
    """Characters above U+FFFF are two."""
    return sum(2 if ord(character) > 0xFFFF else 1 for character in text)


class Server(Platform):
    """One bot, administrator of one channel. `rights`: whether it may post there."""

    name = "telegram"
    title = "Telegram"
    signature = re.compile(r"(?<=/bot)[^/]+")

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.rights = True
        self._number = 0

    def settings(self) -> Mapping[str, str]:
        return {"chat": f"@{CHAT}", "api_base_url": self.url}

    def secrets(self) -> Mapping[str, str]:
        return {"bot_token": TOKEN}

    # Methods.

    def me(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._given(request, names)
        return result({"id": BOT_ID, "is_bot": True, "username": "announcements_bot"})

    def chat(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._here(self._given(request, names))
        return result({**self._chat(), "title": "Library news"})

    def member(self, request: Request, names: Mapping[str, str]) -> Answer:
        given = self._given(request, names)
        self._here(given)
        status = "administrator" if self.rights else "member"
        return result({"status": status, "can_post_messages": self.rights})

    def message(self, request: Request, names: Mapping[str, str]) -> Answer:
        given = self._given(request, names)
        self._may_post(given)
        text = self._checked(given.get("text"), given.get("entities"), MAX_TEXT)
        if not text:
            raise Stop(error(400, "Bad Request: message text is empty"))
        return result(self._told(self._made(given, text, given.get("entities"), [])))

    def photo(self, request: Request, names: Mapping[str, str]) -> Answer:
        given = self._given(request, names)
        self._may_post(given)
        text = self._checked(given.get("caption"), given.get("caption_entities"), MAX_CAPTION)
        file = self._attached(request, given.get("photo"))
        post = self._made(given, text, given.get("caption_entities"), [file])
        return result(self._told(post))

    def album(self, request: Request, names: Mapping[str, str]) -> Answer:
        """Each picture is a message of its own."""
        given = self._given(request, names)
        self._may_post(given)
        media = given.get("media")
        if not isinstance(media, list) or not 2 <= len(media) <= MAX_ALBUM:
            raise Stop(error(400, "Bad Request: media must contain 2 to 10 items"))
        first = media[0]
        entities = first.get("caption_entities")
        text = self._checked(first.get("caption"), entities, MAX_CAPTION)
        files = [self._attached(request, each.get("media")) for each in media]
        post = self._made(given, text, entities, files)
        rest = post["numbers"][1:]
        return result([self._told(post), *[self._told(post, number) for number in rest]])

    def edit(self, request: Request, names: Mapping[str, str]) -> Answer:
        given = self._given(request, names)
        self._may_post(given)
        old = self._live(given)
        is_caption = "caption" in given
        if bool(old["files"]) != is_caption:
            what = "caption" if is_caption else "text"
            raise Stop(error(400, f"Bad Request: there is no {what} in the message to edit"))
        key, limit = ("caption", MAX_CAPTION) if is_caption else ("text", MAX_TEXT)
        entities = given.get("caption_entities" if is_caption else "entities") or []
        text = self._checked(given.get(key), entities, limit)
        if (text, entities) == (old["text"], old["entities"]):
            words = "Bad Request: message is not modified: specified new message content and reply"
            raise Stop(error(400, f"{words} markup are exactly the same"))
        new = {**old, "text": text, "entities": entities, "edited": self.clock.now()}
        self.keep(old["id"], new)
        return result(self._told(new))

    def delete(self, request: Request, names: Mapping[str, str]) -> Answer:
        given = self._given(request, names)
        self._may_post(given)
        number = int(given.get("message_id") or 0)
        for post in self.posts.values():
            if number not in post["numbers"]:
                continue
            left = [each for each in post["numbers"] if each != number]
            if left:
                self.keep(post["id"], {**post, "numbers": left})
            else:
                self.drop(post["id"])
            return result(True)
        raise Stop(error(400, "Bad Request: message to delete not found"))

    def file(self, _: Request, names: Mapping[str, str]) -> Answer:
        file = self.files.get(names["id"])
        if file is None:
            return self.not_found()
        safe = {"X-Content-Type-Options": "nosniff"}
        return Answer(200, file["data"], {"Content-Type": file["kind"], **safe})

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        post = self.posts.get(names["id"])
        if post is None:
            return page("Not found", "<p>No such message here.</p>", status=404)
        shown = "".join(picture(f"/files/{each}", "") for each in post["files"])
        return page("Library news on the sandbox's Telegram", shown + plain(post["text"]))

    # What they have in common.

    def _given(self, request: Request, names: Mapping[str, str]) -> dict[str, Any]:
        if names["bot"] != f"bot{TOKEN}":
            raise Stop(error(401, "Unauthorized"))
        if request.content_type == "multipart/form-data":
            return {name: _value(name, value) for name, value in dict(request.form()).items()}
        try:
            given = request.json()
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise Stop(error(400, "Bad Request: can't parse JSON"))
        return given

    def _here(self, given: Mapping[str, Any]) -> None:
        if given.get("chat_id") not in (f"@{CHAT}", CHAT_ID, str(CHAT_ID)):
            raise Stop(error(400, "Bad Request: chat not found"))

    def _may_post(self, given: Mapping[str, Any]) -> None:
        self._here(given)
        if not self.rights:
            raise Stop(error(403, "Forbidden: bot is not a member of the channel chat"))

    def _checked(self, text: Any, entities: Any, limit: int) -> str:
        said = str(text or "").strip()
        if length(said) > limit:
            what = "message is too long" if limit == MAX_TEXT else "message caption is too long"
            raise Stop(error(400, f"Bad Request: {what}"))
        for entity in entities or []:
            if entity["offset"] + entity["length"] > length(str(text)):
                raise Stop(error(400, "Bad Request: ENTITY_BOUNDS_INVALID"))
        return said

    def _attached(self, request: Request, reference: Any) -> str:
        name = str(reference or "").removeprefix("attach://")
        for part in request.uploads():
            if part.name == name and part.filename is not None:
                file_id = self.new_id()
                self.keep_file(file_id, {"data": part.data, "kind": part.content_type})
                return file_id
        raise Stop(error(400, "Bad Request: there is no photo in the request"))

    def _made(
        self, given: Mapping[str, Any], text: str, entities: Any, files: list[str]
    ) -> dict[str, Any]:
        parent = (given.get("reply_parameters") or {}).get("message_id")
        if parent is not None and str(parent) not in self.posts:
            raise Stop(error(400, "Bad Request: message to be replied not found"))
        self._number += 1
        first = self._number
        self._number += max(0, len(files) - 1)
        post: dict[str, Any] = {
            "id": str(first),
            "at": self.clock.now(),
            "edited": None,
            "text": text,
            "entities": entities or [],
            "files": files,
            "numbers": list(range(first, self._number + 1)),
            "parent": str(parent) if parent is not None else None,
            "silent": bool(given.get("disable_notification")),
            "link_preview": not (given.get("link_preview_options") or {}).get("is_disabled"),
        }
        self.keep(post["id"], post)
        return post

    def _live(self, given: Mapping[str, Any]) -> dict[str, Any]:
        number = str(given.get("message_id"))
        if number not in self.posts:
            raise Stop(error(400, "Bad Request: message to edit not found"))
        return self.posts[number]

    def _chat(self) -> dict[str, Any]:
        return {"id": CHAT_ID, "username": CHAT, "type": "channel"}

    def _told(self, post: Mapping[str, Any], number: int | None = None) -> dict[str, Any]:
        told = {
            "message_id": number or int(post["id"]),
            "chat": self._chat(),
            "date": int(post["at"].timestamp()),
        }
        if number:
            return told
        words = {"caption": post["text"], "caption_entities": post["entities"]}
        return told | (
            words if post["files"] else {"text": post["text"], "entities": post["entities"]}
        )

    # What Platform asks.

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        return {
            "channel": self.name,
            "id": post["id"],
            "url": f"{self.url}/{CHAT}/{post['id']}",
            "text": post["text"],
            "at": post["at"].isoformat(),
            "in_reply_to_id": post["parent"],
            "silent": post["silent"],
            "link_preview": post["link_preview"],
            "pictures": [
                {"url": f"{self.url}/files/{each}", "alt": ""}
                for each in post["files"]
                if each in self.files
            ],
            "object": self._told(post),
        }

    def not_found(self) -> Answer:
        return error(404, "Not Found")

    def failure(self, status: int) -> Answer:
        return error(status, "Internal Server Error")

    def too_many(self, seconds: float) -> Answer:
        wait = int(-(-seconds // 1))
        words = f"Too Many Requests: retry after {wait}"
        return error(429, words, parameters={"retry_after": wait})

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {}

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/{bot}/getMe", me),
        Route("POST", "/{bot}/getChat", chat),
        Route("POST", "/{bot}/getChatMember", member),
        Route("POST", "/{bot}/sendMessage", message),
        Route("POST", "/{bot}/sendPhoto", photo),
        Route("POST", "/{bot}/sendMediaGroup", album),
        Route("POST", "/{bot}/editMessageText", edit),
        Route("POST", "/{bot}/editMessageCaption", edit),
        Route("POST", "/{bot}/deleteMessage", delete),
        Route("GET", "/files/{id}", file),
        Route("GET", f"/{CHAT}/{{id}}", page),
    )


def _value(name: str, text: str) -> Any:
    """In a form, what isn't words is JSON."""
    return text if name in ("chat_id", "caption", "photo") else json.loads(text)
