"""Discord's webhooks: https://docs.discord.com/developers/resources/webhook (API v10, read
2026-11-22)."""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from publisher.sandbox.discord_rules import message_errors
from publisher.sandbox.platform import Platform, Route, Stop, page, picture, plain
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.web import Answer, Request, as_json

WEBHOOK_ID = "1180000000000000001"
TOKEN = "sandbox-webhook-token"  # noqa: S105 - it opens nothing but this
CHANNEL_ID = "1180000000000000002"
GUILD_ID = "1180000000000000003"
MAX_FILES = 10
MAX_FILE = 10 * 2**20
WRITABLE_FLAGS = 4 | 4096 | 32768
"""SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS, IS_COMPONENTS_V2."""

WEBHOOK = "/api/webhooks/{webhook}/{token}"
MESSAGE = WEBHOOK + "/messages/{id}"


def error(status: int, code: int, message: str, **more: object) -> Answer:
    return as_json(status, {"message": message, "code": code, **more})


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


class Discord(Platform):
    """One webhook in one channel of one server. It can't be listed, as the real one can't."""

    name = "discord"
    title = "Discord"
    epoch = 1_420_070_400_000

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.webhook_name = "Announcements"

    def secrets(self) -> Mapping[str, str]:
        return {"webhook_url": self.webhook_url}

    @property
    def webhook_url(self) -> str:
        return f"{self.url}/api/webhooks/{WEBHOOK_ID}/{TOKEN}"

    def handle(self, request: Request) -> Answer:
        """With or without the version in its path."""
        path = request.path.replace("/api/v10/", "/api/", 1)
        return super().handle(replace(request, path=path))

    def webhook(self, _: Request, names: Mapping[str, str]) -> Answer:
        self._allow(names)
        return as_json(
            200,
            {
                "application_id": None,
                "avatar": None,
                "channel_id": CHANNEL_ID,
                "guild_id": GUILD_ID,
                "id": WEBHOOK_ID,
                "name": self.webhook_name,
                "type": 1,
                "token": TOKEN,
                "url": self.webhook_url,
            },
        )

    def create(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(names)
        given, files = self._given(request)
        self._empty_or_wrong(given, bool(files), {})
        new_id = self.new_id()
        message = {
            "id": new_id,
            "at": self.clock.now(),
            "edited": None,
            "content": str(given.get("content") or "").strip(),
            "embeds": given.get("embeds") or [],
            "username": given.get("username") or self.webhook_name,
            "avatar_url": given.get("avatar_url"),
            "flags": int(given.get("flags") or 0) & WRITABLE_FLAGS,
            "tts": bool(given.get("tts")),
            "allowed_mentions": given.get("allowed_mentions"),
            "attachments": self._attach(new_id, given, files),
        }
        self.keep(new_id, message)
        if request.argument("wait").lower() not in ("true", "1"):
            return Answer(204)
        return as_json(200, self._message(message))

    def show(self, _: Request, names: Mapping[str, str]) -> Answer:
        self._allow(names)
        return as_json(200, self._message(self._live(names)))

    def edit(self, request: Request, names: Mapping[str, str]) -> Answer:
        """What isn't given stays, but for allowed_mentions: "parsed with default allowances"."""
        self._allow(names)
        old = self._live(names)
        given, files = self._given(request)
        self._empty_or_wrong(given, bool(files), old)
        new = {**old, "edited": self.clock.now(), "allowed_mentions": given.get("allowed_mentions")}
        if "content" in given:
            new["content"] = str(given["content"] or "").strip()
        if "embeds" in given:
            new["embeds"] = given["embeds"] or []
        if "flags" in given:
            new["flags"] = int(given["flags"] or 0) & WRITABLE_FLAGS
        if given.get("attachments") is not None or files:
            wanted = given.get("attachments")
            ids = {str(item.get("id")) for item in wanted} if wanted is not None else None
            kept = [item for item in old["attachments"] if ids is None or item["id"] in ids]
            new["attachments"] = kept + self._attach(old["id"], given, files)
        self.keep(old["id"], new)
        return as_json(200, self._message(new))

    def delete(self, _: Request, names: Mapping[str, str]) -> Answer:
        self._allow(names)
        self.drop(self._live(names)["id"])
        return Answer(204)

    def file(self, _: Request, names: Mapping[str, str]) -> Answer:
        file = self.files.get(names["id"])
        if file is None:
            return self.not_found()
        kind = (
            file["content_type"]
            if file["content_type"].startswith("image/")
            else "application/octet-stream"
        )
        return Answer(
            200, file["data"], {"Content-Type": kind, "X-Content-Type-Options": "nosniff"}
        )

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        message = self.posts.get(names["id"])
        if message is None:
            return page("Not found", "<p>No such message here.</p>", status=404)
        shown = [plain(message["content"])] if message["content"] else []
        for embed in message["embeds"]:
            shown.append(f"<h2>{html.escape(str(embed.get('title') or ''))}</h2>")
            shown.append(plain(str(embed.get("description") or "")))
            shown += [plain(f"{one['name']}: {one['value']}") for one in embed.get("fields") or []]
            shown.append(plain(str(embed.get("url") or "")))
        for item in message["attachments"]:
            shown.append(picture(f"/attachments/{item['id']}", item.get("description")))
        shown.append(f"<footer>{message['at']:%Y-%m-%d %H:%M:%S} UTC</footer>")
        return page(f"{message['username']} on the sandbox's Discord", "".join(shown))

    # What Platform asks.

    def entry(self, message: dict[str, Any]) -> dict[str, Any]:
        return {
            "channel": self.name,
            "id": message["id"],
            "url": f"{self.url}/channels/{GUILD_ID}/{CHANNEL_ID}/{message['id']}",
            "text": "\n\n".join(_read_in_order(message)),
            "at": message["at"].isoformat(),
            "allowed_mentions": message["allowed_mentions"],
            "pings": pings(message["content"], message["allowed_mentions"]),
            "pictures": [
                {"url": item["url"], "alt": item.get("description")}
                for item in message["attachments"]
            ],
            "object": self._message(message),
        }

    def not_found(self) -> Answer:
        return error(404, 0, "404: Not Found")

    def failure(self, status: int) -> Answer:
        said = "Service Unavailable" if status == 503 else "Internal Server Error"
        return error(status, 0, f"{status}: {said}")

    def too_many(self, seconds: float) -> Answer:
        answer = as_json(
            429,
            {
                "message": "You are being rate limited.",
                "retry_after": float(seconds),
                "global": False,
            },
            {"X-RateLimit-Scope": "user"},
        )
        return answer.plus(self.limits(0, self.clock.now() + timedelta(seconds=seconds)))

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        after = max(0.0, (reset - self.clock.now()).total_seconds())
        return {
            "X-RateLimit-Limit": "5",
            "X-RateLimit-Remaining": str(min(remaining, 4)),
            "X-RateLimit-Reset": f"{reset.timestamp():.3f}",
            "X-RateLimit-Reset-After": f"{math.ceil(after * 1000) / 1000:.3f}",
            "X-RateLimit-Bucket": "4cea3fdb9b2ee3ff8d12bb5ed19b9cd9",
        }

    def _allow(self, names: Mapping[str, str]) -> None:
        if names["webhook"] != WEBHOOK_ID:
            raise Stop(error(404, 10015, "Unknown Webhook"))
        if names["token"] != TOKEN:
            raise Stop(error(401, 50027, "Invalid Webhook Token"))

    def _live(self, names: Mapping[str, str]) -> dict[str, Any]:
        if names["id"] not in self.posts:
            raise Stop(error(404, 10008, "Unknown Message"))
        return self.posts[names["id"]]

    def _given(self, request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
        """The JSON body, or payload_json and the files beside it by number."""
        files: dict[str, Any] = {}
        if request.content_type == "multipart/form-data":
            fields = dict(request.form())
            source = fields.get("payload_json") or json.dumps(fields)
            for part in request.uploads():
                number = re.fullmatch(r"files?\[(\d+)\]", part.name)
                if part.filename is not None:
                    files[number[1] if number else str(len(files))] = part
        elif request.content_type == "application/x-www-form-urlencoded":
            source = json.dumps(dict(request.form()))
        elif request.content_type == "application/json":
            source = request.body.decode("utf-8", "replace")
        else:
            raise Stop(error(400, 50035, "Invalid Form Body"))
        try:
            given = json.loads(source)
        except ValueError:
            raise Stop(error(400, 50109, "The request body contains invalid JSON.")) from None
        if not isinstance(given, dict):
            raise Stop(error(400, 50035, "Invalid Form Body"))
        if len(files) > MAX_FILES or any(len(part.data) > MAX_FILE for part in files.values()):
            raise Stop(error(413, 40005, "Request entity too large"))
        return given, files

    def _empty_or_wrong(
        self, given: Mapping[str, Any], files: bool, old: Mapping[str, Any]
    ) -> None:
        errors = message_errors(given)
        if errors:
            raise Stop(error(400, 50035, "Invalid Form Body", errors=errors))
        after = {**old, **given}
        attached = files or bool(old.get("attachments") and given.get("attachments") != [])
        if not (str(after.get("content") or "").strip() or after.get("embeds") or attached):
            raise Stop(error(400, 50006, "Cannot send an empty message"))

    def _attach(
        self, message_id: str, given: Mapping[str, Any], files: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        described = {str(item.get("id")): item for item in given.get("attachments") or []}
        attached = []
        for number, part in files.items():
            new_id = self.new_id()
            about = described.get(number, {})
            name = re.sub(r"[^\w.-]", "_", str(about.get("filename") or part.filename or "file"))
            self.keep_file(new_id, {"data": part.data, "content_type": part.content_type})
            where = f"{self.url}/attachments/{new_id}"
            attached.append(
                {
                    "id": new_id,
                    "filename": name,
                    "description": about.get("description"),
                    "content_type": part.content_type,
                    "size": len(part.data),
                    "url": where,
                    "proxy_url": where,
                }
            )
        return attached

    def _message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """https://docs.discord.com/developers/resources/message#message-object"""
        return {
            "id": message["id"],
            "type": 0,
            "content": message["content"],
            "channel_id": CHANNEL_ID,
            "author": {
                "bot": True,
                "id": WEBHOOK_ID,
                "username": message["username"],
                "avatar": None,
                "discriminator": "0000",
                "public_flags": 0,
                "flags": 0,
                "global_name": None,
                "clan": None,
                "primary_guild": None,
            },
            "attachments": [
                {name: value for name, value in item.items() if value is not None}
                for item in message["attachments"]
            ],
            "embeds": [
                {
                    "type": "rich",
                    **{name: value for name, value in embed.items() if value is not None},
                }
                for embed in message["embeds"]
            ],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": "everyone"
            in pings(message["content"], message["allowed_mentions"]),
            "pinned": False,
            "tts": message["tts"],
            "timestamp": stamp(message["at"]),
            "edited_timestamp": stamp(message["edited"]) if message["edited"] else None,
            "flags": message["flags"],
            "components": [],
            "webhook_id": WEBHOOK_ID,
        }

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", WEBHOOK, webhook),
        Route("POST", WEBHOOK, create),
        Route("GET", MESSAGE, show),
        Route("PATCH", MESSAGE, edit),
        Route("DELETE", MESSAGE, delete),
        Route("GET", "/attachments/{id}", file),
        Route("GET", "/channels/{guild}/{channel}/{id}", page),
    )


def pings(content: str, allowed: Mapping[str, Any] | None) -> list[str]:
    """Who would be notified: "everyone", or the id of a user or role.

    Without allowed_mentions a webhook's message notifies users only (Discord's page on webhooks,
    2026-08-06).
    """
    parse = ["users"] if allowed is None else allowed.get("parse") or []
    rest = allowed or {}
    found = (
        ["everyone"] if "everyone" in parse and re.search(r"@(everyone|here)\b", content) else []
    )
    for kind, pattern in (("users", r"<@!?(\d+)>"), ("roles", r"<@&(\d+)>")):
        named = re.findall(pattern, content)
        found += [one for one in named if kind in parse or one in (rest.get(kind) or [])]
    return found


def _read_in_order(message: dict[str, Any]) -> list[str]:
    """What a member reads: the content, then each embed's title and description."""
    texts = [message["content"]]
    for embed in message["embeds"]:
        texts += [embed.get("title"), embed.get("description")]
    return [text for text in texts if text]
