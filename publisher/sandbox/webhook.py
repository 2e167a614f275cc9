"""A receiver of webhooks that checks what Standard Webhooks ask for, and keeps announcements."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from publisher.sandbox.platform import Platform, Route, Stop, page, picture, plain
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.web import Answer, Request, as_json

KEY = b"the sandbox's own secret, thirty-two"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
TOKEN = "sandbox-webhook-token"  # noqa: S105 - it opens nothing but this
TOLERANCE = timedelta(minutes=5)


class Receiver(Platform):
    """`honours`: whether it takes what has the same webhook-id for the same."""

    name = "webhook"
    title = "Webhook"

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.honours = True
        self._ids: dict[str, str] = {}

    def settings(self) -> Mapping[str, Any]:
        return {"url": f"{self.url}/hook", "honours_key": True}

    def secrets(self) -> Mapping[str, str]:
        return {"secret": SECRET, "bearer_token": TOKEN}

    def reset(self) -> None:
        with self.lock:
            super().reset()
            self._ids.clear()

    def hook(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._verify(request)
        given = request.json()
        kind = given.get("type")
        if kind == "ping":
            return Answer(204)
        if kind == "announcement.published":
            return self._published(request.headers["webhook-id"], given)
        if kind in ("announcement.updated", "announcement.retracted"):
            return self._changed(kind, given)
        raise Stop(as_json(400, {"error": f"no such type: {kind}"}))

    def _published(self, webhook_id: str, given: Mapping[str, Any]) -> Answer:
        if self.honours and webhook_id in self._ids:
            known = self._ids[webhook_id]
            return as_json(200, {"id": known, "url": self._address(known)})
        new_id = self.new_id()
        self.keep(new_id, self._kept(new_id, given, self.clock.now()))
        self._ids[webhook_id] = new_id
        return as_json(201, {"id": new_id, "url": self._address(new_id)})

    def _changed(self, kind: str, given: Mapping[str, Any]) -> Answer:
        old = self.posts.get(str(given.get("id")))
        if old is None:
            raise Stop(as_json(404, {"error": "no such announcement"}))
        if kind == "announcement.retracted":
            self.drop(old["id"])
        else:
            self.keep(old["id"], self._kept(old["id"], given, old["at"]))
        return as_json(200, {"id": old["id"]})

    def _kept(self, post_id: str, given: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        data = given["data"]
        pictures = []
        for each in data["pictures"]:
            file_id = self.new_id()
            if "base64" in each:
                raw = base64.b64decode(each["base64"])
                self.keep_file(file_id, {"data": raw, "kind": each["type"]})
            where = each.get("address") or f"{self.url}/files/{file_id}"
            pictures.append({"url": where, "alt": each["alt"]})
        return {"id": post_id, "at": at, "body": dict(given), "pictures": pictures}

    def _verify(self, request: Request) -> None:
        """Raises Stop: 401."""
        headers = request.headers
        if headers.get("authorization") != f"Bearer {TOKEN}":
            raise Stop(as_json(401, {"error": "who are you?"}))
        webhook_id, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "0")
        signed = f"{webhook_id}.{moment}.".encode() + request.body
        digest = hmac.new(KEY, signed, hashlib.sha256).digest()
        right = f"v1,{base64.b64encode(digest).decode()}"
        if not hmac.compare_digest(headers.get("webhook-signature", ""), right):
            raise Stop(as_json(401, {"error": "the signature is wrong"}))
        if abs(datetime.now(UTC).timestamp() - float(moment)) > TOLERANCE.total_seconds():
            raise Stop(as_json(401, {"error": "the timestamp is too old"}))

    def _address(self, post_id: str) -> str:
        return f"{self.url}/announcements/{post_id}"

    def file(self, _: Request, names: Mapping[str, str]) -> Answer:
        file = self.files.get(names["id"])
        if file is None:
            return self.not_found()
        safe = {"X-Content-Type-Options": "nosniff"}
        return Answer(200, file["data"], {"Content-Type": file["kind"], **safe})

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        post = self.posts.get(names["id"])
        if post is None:
            return page("Not found", "<p>No such announcement here.</p>", status=404)
        data = post["body"]["data"]
        shown = "".join(picture(each["url"], each["alt"]) for each in post["pictures"])
        return page(data["title"] or "An announcement", plain(data["text"]) + shown)

    # What Platform asks.

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        data = post["body"]["data"]
        return {
            "channel": self.name,
            "id": post["id"],
            "url": self._address(post["id"]),
            "text": data["text"],
            "subject": data["title"],
            "at": post["at"].isoformat(),
            "pictures": post["pictures"],
            "object": post["body"],
        }

    def not_found(self) -> Answer:
        return as_json(404, {"error": "no such path"})

    def failure(self, status: int) -> Answer:
        return as_json(status, {"error": "out of order"})

    def too_many(self, seconds: float) -> Answer:
        return as_json(429, {"error": "slow down"})

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {}

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/hook", hook),
        Route("GET", "/files/{id}", file),
        Route("GET", "/announcements/{id}", page),
    )
