"""A Gotify server on this machine, as far as the adapter uses one: what `--sandbox`, rehearsals and
tests talk to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from publisher.sandbox.platform import Platform, Route, Stop
from publisher.sandbox.web import Answer, Request, as_json

APP, CLIENT = "sandbox-gotify-app", "sandbox-gotify-client"


def error(status: int, name: str, description: str) -> Answer:
    return as_json(status, {"error": name, "errorCode": status, "errorDescription": description})


class Server(Platform):
    name = "gotify"
    title = "Gotify"
    shift = 0

    def settings(self) -> Mapping[str, str]:
        return {"api_base_url": self.url}

    def secrets(self) -> Mapping[str, str]:
        return {"app_token": APP, "client_token": CLIENT}

    def create(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request, APP)
        given = request.json()
        if not isinstance(given, dict) or not str(given.get("message") or "").strip():
            raise Stop(error(400, "Bad Request", "Field 'message' is required"))
        new_id = self.new_id()
        message = {
            "id": new_id,
            "at": self.clock.now(),
            "title": str(given.get("title") or "Announcements"),
            "message": str(given["message"]),
            "priority": int(given.get("priority") or 0),
            "extras": given.get("extras") or {},
        }
        self.keep(new_id, message)
        return as_json(200, self._told(message))

    def listing(self, request: Request, _: Mapping[str, str]) -> Answer:
        """Newest first; `since` is the id below which it goes on."""
        self._allow(request, CLIENT)
        limit, since = int(request.argument("limit") or 100), int(request.argument("since") or 0)
        older = [post for post in self.listable() if not since or int(post["id"]) < since]
        shown = older[:limit]
        goes_on = int(shown[-1]["id"]) if len(older) > limit else 0
        paging = {"size": len(shown), "limit": limit, "since": goes_on}
        return as_json(200, {"messages": [self._told(post) for post in shown], "paging": paging})

    def delete(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request, CLIENT)
        if names["id"] not in self.posts:
            raise Stop(error(404, "Not Found", "message does not exist"))
        self.drop(names["id"])
        return Answer(200)

    def user(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request, CLIENT)
        return as_json(200, {"id": 1, "name": "ada", "admin": True})

    def _allow(self, request: Request, token: str) -> None:
        if request.headers.get("x-gotify-key") != token:
            raise Stop(error(401, "Unauthorized", "you need to provide a valid access token"))

    def _told(self, message: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": int(message["id"]),
            "appid": 1,
            "title": message["title"],
            "message": message["message"],
            "priority": message["priority"],
            "extras": message["extras"],
            "date": message["at"].isoformat(),
        }

    # What Platform asks.

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        return {
            "channel": self.name,
            "id": post["id"],
            "url": f"{self.url}/#/messages/{post['id']}",
            "text": post["message"],
            "subject": post["title"],
            "at": post["at"].isoformat(),
            "object": self._told(post),
        }

    def not_found(self) -> Answer:
        return error(404, "Not Found", "page not found")

    def failure(self, status: int) -> Answer:
        return error(status, "Internal Server Error", "try again later")

    def too_many(self, seconds: float) -> Answer:
        return error(429, "Too Many Requests", "slow down")

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {}

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/message", create),
        Route("GET", "/message", listing),
        Route("DELETE", "/message/{id}", delete),
        Route("GET", "/current/user", user),
    )
