"""ntfy: a notification to everyone who follows a topic.

API: https://docs.ntfy.sh/publish/#publish-as-json and /subscribe/api/ (read 2026-11-27).
Limits: a message of 4,096 bytes, a longer one becomes an attached file; a title of 1,024 bytes, tags
of 512 together (ntfy 2.28). The server's cache can be polled, for 12 hours as it is installed; but a
server may keep none, so a message that isn't there may have been sent all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from publisher.adapter import Adapter, Attempt, Facts, Message, Option, Payload, Receipt, Rule
from publisher.errors import CannotLook, Refused, TemplateError, Unknown
from publisher.hosts import check_url

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn

LIMIT, TITLE = 4096, 1024


def count(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def wrong_topic(value: str) -> str | None:
    """https://docs.ntfy.sh/publish/#picking-a-topic"""
    return None if re.fullmatch(r"[-\w]{1,64}", value, re.ASCII) else "is no topic's name"


class Ntfy(Adapter):
    name = "ntfy"
    title = "ntfy"
    replies = False
    announces = True
    options = (
        Option(
            "api_base_url",
            "text",
            "the server: https://ntfy.sh",
            required=True,
            check=check_url,
            leads=True,
        ),
        Option("topic", "text", "the topic to publish to", required=True, check=wrong_topic),
        Option(
            "access_token",
            "text",
            "Account → Access tokens; none for a topic that anybody may write to",
            secret=True,
        ),
        Option("priority", "integer", "1 (no sound) to 5 (can't be overheard)", in_post=True),
    )

    _skew: timedelta | None = None

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.ntfy import Server

        return Server

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        return Rule.of("ntfy", LIMIT, options, count)

    def payload(self, message: Message, index: int) -> Payload:
        """Raises TemplateError for a title that is too long."""
        payload: Payload = {
            "topic": message.options.get("topic", ""),
            "message": message.parts[index].text,
        }
        if count(message.title) > TITLE:
            raise TemplateError(
                f"ntfy: the title has {count(message.title)} bytes, and {TITLE} are the most",
                hint="write a shorter title",
            )
        if message.title and index == 0:
            payload["title"] = message.title
        if message.url:
            payload["click"] = message.url
        if "priority" in message.options:
            payload["priority"] = message.options["priority"]
        return payload

    def text_of(self, payload: Payload) -> str:
        return str(payload["message"])

    def fields_of(self, payload: Payload) -> dict[str, str]:
        names = {"title": "title", "click": "link"}
        return {names[name]: str(payload[name]) for name in names if name in payload}

    # At the edge.

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        answer = self._ask("POST", "/", json=payload, leaving=attempt.leaving)
        made = answer.json()
        if not isinstance(made, dict) or not made.get("id"):
            raise Unknown("ntfy answered without an id")
        return self._receipt(str(made["id"]))

    def clock(self) -> timedelta | None:
        """Asked for once."""
        from publisher.http import clock_of

        if self._skew is None:
            self._skew = clock_of(self._server())
        return self._skew

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        """Raises CannotLook where it isn't there: perhaps nothing is kept there."""
        path = f"/{payload['topic']}/json?poll=1&since={int(since.timestamp()) - 1}"
        for line in self._ask("GET", path, form=True).text.splitlines():
            try:
                message = json.loads(line)
                is_it = _is_it(message, payload, int(since.timestamp()))
            except (ValueError, AttributeError, TypeError):
                raise CannotLook("the topic's messages make no sense") from None
            if is_it and not attempt.is_taken(str(message["id"])):
                return self._receipt(str(message["id"]))
        raise CannotLook("it isn't among the topic's messages, which the server may not keep")

    def check(self) -> str:
        """Without a token only whether a server is there: what may be written to isn't said."""
        if "access_token" not in self.secrets:
            if not self._ask("GET", "/v1/health").json().get("healthy"):
                raise Refused("what answers there is not ntfy")
            return (
                f"the server is there; anybody may publish to {self.settings['topic']}, or nobody"
            )
        account = self._ask("GET", "/v1/account").json()
        return f"signed in as {account.get('username')}, publishing to {self.settings['topic']}"

    def _receipt(self, id: str) -> Receipt:
        return Receipt(id, f"{self._server()}/{self.settings['topic']}")

    def _server(self) -> str:
        return str(self.settings["api_base_url"]).rstrip("/")

    def _ask(self, method: str, path: str, **kwargs: Any) -> Any:
        from publisher.http import Session, sorted_errors

        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            if "access_token" in self.secrets:
                session.headers["Authorization"] = f"Bearer {self.secrets['access_token']}"
            return session.request(method, self._server() + path, **kwargs)


def _is_it(message: Mapping[str, Any], payload: Payload, since: int) -> bool:
    words = (message.get("message"), message.get("title", ""))
    same = words == (payload["message"], payload.get("title", ""))
    return message.get("event") == "message" and same and int(message["time"]) >= since
