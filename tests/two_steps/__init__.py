"""A platform that publishes in two steps, and its adapter: a draft that nobody sees, then the word
that it may be seen. Made up, after those that do so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from publisher.adapter import (
    Adapter,
    Attempt,
    Facts,
    Message,
    Option,
    Payload,
    Receipt,
    Rule,
    Upload,
)
from publisher.errors import Unknown
from publisher.hosts import check_url
from publisher.sandbox.platform import Platform, Route, Stop, whole
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.web import Answer, Request, as_json

LIMIT = 200
TOKEN = "two-steps-token"


class Board(Platform):
    """`drafts` are not to be seen; `busy` is how often a draft says that it isn't ready."""

    name = "two-steps"
    title = "Board"

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.drafts: dict[str, dict[str, Any]] = {}
        self.busy = 0

    def settings(self) -> Mapping[str, str]:
        return {"api_base_url": self.url}

    def secrets(self) -> Mapping[str, str]:
        return {"access_token": TOKEN}

    def reset(self) -> None:
        with self.lock:
            super().reset()
            self.drafts.clear()

    def draft(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        text = str(request.json()["text"])
        if len(text) > LIMIT:
            raise Stop(as_json(422, {"error": "too long"}))
        new_id = self.new_id()
        self.drafts[new_id] = {"id": new_id, "text": text, "busy": self.busy, "published": False}
        return as_json(201, {"id": new_id, "ready": not self.busy})

    def show(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        draft = self._draft(names)
        draft["busy"] = max(0, draft["busy"] - 1)
        return as_json(200, {"ready": not draft["busy"], "published": draft["published"]})

    def publish(self, request: Request, names: Mapping[str, str]) -> Answer:
        """Again is the same; but not of what was taken down since."""
        self._allow(request)
        draft = self._draft(names)
        if draft["busy"] or (draft["published"] and draft["id"] not in self.posts):
            raise Stop(as_json(409, {"error": "not now"}))
        if not draft["published"]:
            self.keep(draft["id"], {**draft, "at": self.clock.now()})
            draft["published"] = True
        return as_json(200, {"id": draft["id"], "url": f"{self.url}/{draft['id']}"})

    def whoami(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        return as_json(200, {"name": "Ada"})

    def _allow(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Stop(as_json(401, {"error": "who are you?"}))

    def _draft(self, names: Mapping[str, str]) -> dict[str, Any]:
        if names["id"] not in self.drafts:
            raise Stop(self.not_found())
        return self.drafts[names["id"]]

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        return {
            "channel": self.name,
            "id": post["id"],
            "url": f"{self.url}/{post['id']}",
            "text": post["text"],
            "at": post["at"].isoformat(),
        }

    def not_found(self) -> Answer:
        return as_json(404, {"error": "not here"})

    def failure(self, status: int) -> Answer:
        return as_json(status, {"error": "out of order"})

    def too_many(self, seconds: float) -> Answer:
        return as_json(429, {"error": "slow down"}, {"Retry-After": str(whole(seconds))})

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {}

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/drafts", draft),
        Route("GET", "/drafts/{id}", show),
        Route("POST", "/drafts/{id}/publish", publish),
        Route("GET", "/whoami", whoami),
    )


class TwoSteps(Adapter):
    name = "two-steps"
    title = "Board"
    replies = False
    drafts = 3600.0
    options = (
        Option("api_base_url", "text", "the board", required=True, check=check_url, leads=True),
        Option("access_token", "text", "a token", required=True, secret=True),
    )

    @classmethod
    def platform(cls) -> type[Board]:
        return Board

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        if "max_characters" in options:
            return Rule("board", options["max_characters"], "config", len)
        return Rule("board", LIMIT, "default", len)

    def payload(self, message: Message, index: int) -> Payload:
        return {"text": message.parts[index].text}

    def text_of(self, payload: Payload) -> str:
        return str(payload["text"])

    def draft(self, payload: Payload, attempt: Attempt) -> Upload:
        made = self._ask("POST", "/drafts", payload)
        return Upload(str(made["id"]), ready=bool(made["ready"]))

    def is_drafted(self, id: str) -> bool:
        return bool(self._ask("GET", f"/drafts/{id}")["ready"])

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        made = self._ask("POST", f"/drafts/{attempt.draft}/publish")
        return Receipt(str(made["id"]), str(made["url"]))

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        if not attempt.draft:
            return super().find(payload, attempt, since)
        if not self._ask("GET", f"/drafts/{attempt.draft}")["published"]:
            return None
        address = f"{self.settings['api_base_url']}/{attempt.draft}"
        return Receipt(attempt.draft, address)

    def knows_both(self, attempt: Attempt, problem: Unknown | None) -> bool:
        return bool(attempt.draft)

    def check(self) -> str:
        return f"signed in as {self._ask('GET', '/whoami')['name']}"

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        from publisher.http import Session, sorted_errors

        with sorted_errors(), Session() as session:
            session.headers["Authorization"] = f"Bearer {self.secrets['access_token']}"
            address = self.settings["api_base_url"] + path
            answer = session.request(method, address, json=body)
            try:
                return json.loads(answer.content)
            except ValueError:
                raise Unknown("the answer makes no sense") from None
