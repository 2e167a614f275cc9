"""Slack by an incoming webhook: a message in the one channel that the webhook was made for.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (read 2026-11-27). It answers
"ok" and no id: nothing can be looked for, edited or deleted. The adapter `slack` can do all that.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from publisher.adapter import (
    Adapter,
    Attempt,
    Facts,
    Message,
    Option,
    Payload,
    Receipt,
    Rule,
)  # fmt: skip
from publisher.errors import Refused, Unknown
from publisher.hosts import check_url

from . import _slack_text, _tagged_text

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn

LIMIT = 12_000
"""UTF-16 units, as adapters/slack.py has it."""


def wrong_webhook(address: str) -> str | None:
    wrong = check_url(address)
    if wrong:
        return wrong
    if not re.search(r"/services/\w+/\w+/\w+/?$", urlsplit(address).path):
        return "is not a webhook's address (https://hooks.slack.com/services/…)"
    return None


class SlackWebhook(Adapter):
    name = "slack_webhook"
    title = "Slack, by webhook"
    flavour = staticmethod(_tagged_text.tagged_text)
    replies = False
    announces = True
    options = (
        Option(
            "webhook_url",
            "text",
            "your app → Incoming Webhooks → Add New Webhook",
            required=True,
            secret=True,
            check=wrong_webhook,
            env="SLACK_WEBHOOK_URL",
        ),
    )

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.slack import Hook

        return Hook

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        return Rule.of("slack_webhook", LIMIT, options, _tagged_text.count)

    def payload(self, message: Message, index: int) -> Payload:
        shown = _tagged_text.parsed(message.parts[index].text)
        return {
            "text": _slack_text.escaped(shown.text),
            "blocks": [_slack_text.rich_text(shown)],
        }

    def text_of(self, payload: Payload) -> str:
        return html.unescape(str(payload["text"]))

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        """The receipt's id is our own: Slack gives none."""
        if self._post(payload, attempt) != "ok":
            raise Unknown("what answers there is not Slack's")
        return Receipt(attempt.key)

    def check(self) -> str:
        """A webhook without a message is refused in words that tell whether it is there."""
        try:
            self._post({}, None)
        except Refused as error:
            if error.status == 400:
                return "the webhook is there"
            raise
        raise Refused("what answers there is not Slack's", hint="check webhook_url")

    def _post(self, payload: Payload, attempt: Attempt | None) -> str:
        from publisher.http import Session, sorted_errors

        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            answer = session.request(
                "POST",
                self.secrets["webhook_url"],
                json=payload,
                form=True,
                leaving=attempt.leaving if attempt else None,
            )
            return str(answer.text).strip()
