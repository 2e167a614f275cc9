"""Gotify: a message to everybody who is signed in to a server of your own.

API: https://gotify.net/api-docs and https://gotify.net/docs/msgextras (read 2026-11-27).
Limits: none are documented. A message can't be edited; a client's token lists and deletes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from publisher.adapter import Adapter, Attempt, Facts, Message, Option, Payload, Receipt, Rule
from publisher.errors import CannotLook, Gone, Refused, Unknown
from publisher.hosts import check_url

if TYPE_CHECKING:
    from publish_gotify.platform import Server

MARK = "publish::key"
"""Extras of any namespace are kept and told back: this one says which attempt a message is."""
PAGE = 200
"""Messages in one answer, at most."""


class Gotify(Adapter):
    name = "gotify"
    title = "Gotify"
    replies = False
    deletes = True
    options = (
        Option(
            "api_base_url",
            "text",
            "your server: https://gotify.example.org",
            required=True,
            check=check_url,
            leads=True,
        ),
        Option("app_token", "text", "Apps → Create Application", required=True, secret=True),
        Option("client_token", "text", "Clients → Create Client", required=True, secret=True),
        Option("priority", "integer", "0 (silent) to 10 (loud)", in_post=True),
    )

    @classmethod
    def platform(cls) -> type[Server]:
        from publish_gotify.platform import Server

        return Server

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        limit = options.get("max_characters")
        return Rule("gotify", limit, "config" if limit else "default", len)

    def payload(self, message: Message, index: int) -> Payload:
        payload: Payload = {"message": message.parts[index].text}
        if message.title and index == 0:
            payload["title"] = message.title
        if message.url:
            payload["extras"] = {"client::notification": {"click": {"url": message.url}}}
        if "priority" in message.options:
            payload["priority"] = message.options["priority"]
        return payload

    def text_of(self, payload: Payload) -> str:
        return str(payload["message"])

    def fields_of(self, payload: Payload) -> dict[str, str]:
        return {"title": payload["title"]} if "title" in payload else {}

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        extras = {**payload.get("extras", {}), MARK: {"key": attempt.key}}
        made = self._ask("POST", "/message", "app_token", json={**payload, "extras": extras})
        if not isinstance(made, dict) or not made.get("id"):
            raise Unknown("the server answered without an id")
        return Receipt(str(made["id"]))

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        before = 0
        while True:
            page = self._ask("GET", f"/message?limit={PAGE}&since={before}", "client_token")
            if not isinstance(page, dict) or not isinstance(page.get("messages"), list):
                raise CannotLook("the server's list makes no sense")
            for message in page["messages"]:
                mark = (message.get("extras") or {}).get(MARK, {})
                if mark.get("key") == attempt.key and not attempt.is_taken(str(message["id"])):
                    return Receipt(str(message["id"]))
            before = int(page.get("paging", {}).get("since", 0))
            if not before or datetime.fromisoformat(page["messages"][-1]["date"]) < since:
                return None

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        try:
            self._ask("DELETE", f"/message/{attempt.remote_id}", "client_token")
        except Refused as error:
            if error.status == 404:
                raise Gone(error.message, status=404) from None
            raise

    def check(self) -> str:
        """A client's token says whose it is; an application's can only post."""
        return f"signed in as {self._ask('GET', '/current/user', 'client_token')['name']}"

    def _ask(self, method: str, path: str, token: str, **kwargs: Any) -> Any:
        from publisher.http import Session, sorted_errors

        address = self.settings["api_base_url"].rstrip("/") + path
        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            session.headers["X-Gotify-Key"] = self.secrets[token]
            answer = session.request(method, address, **kwargs)
            return answer.json() if answer.content else None
