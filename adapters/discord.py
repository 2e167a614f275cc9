"""Discord, by a channel's webhook: one embed with title, text, colour, time and link.

API: https://discord.com/developers/docs/resources/webhook#execute-webhook (read 2026-08-06).
Limits: content 2,000; embed title 256, description 4,096; all text of an embed together 6,000. Discord's staff say
code points (discord-api-docs#1315, 2020), its clients count UTF-16 units: both are kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from publisher.adapter import Adapter, Attempt, Facts, Message, Option, Payload, Receipt, Rule
from publisher.errors import NotSent, Refused, TemplateError, Unknown
from publisher.hosts import check_url
from publisher.text import count

DESCRIPTION, TITLE, CONTENT, TOTAL, USERNAME = 4096, 256, 2000, 6000, 80


def _check_webhook(address: str) -> str | None:
    wrong = check_url(address)
    if wrong:
        return wrong
    if not re.search(r"/webhooks/\d+/[\w-]+/?$", urlsplit(address).path):
        return "is not a webhook's address (https://discord.com/api/webhooks/…/…)"
    return None


def _check_colour(value: str) -> str | None:
    return None if re.fullmatch(r"#[0-9a-fA-F]{6}", value) else 'is not a colour such as "#5865f2"'


def _check_username(value: str) -> str | None:
    if len(value) > USERNAME or re.search("clyde|discord", value, re.IGNORECASE):
        return f"is longer than {USERNAME} characters, or contains a name that Discord keeps for itself"
    return None


class Discord(Adapter):
    name = "discord"
    title = "Discord"
    flavour = "discord"
    replies = False
    announces = True
    options = (
        Option(
            "webhook_url",
            "text",
            "channel settings → Integrations → Webhooks → Copy Webhook URL",
            required=True,
            secret=True,
            check=_check_webhook,
        ),
        Option(
            "username",
            "text",
            "the name to post under; the webhook's own, if not given",
            check=_check_username,
        ),
        Option("colour", "text", "the stripe beside the embed", in_post=True, check=_check_colour),
        Option("content", "text", 'words above the embed, for example "<@&ROLE_ID>"', in_post=True),
        Option(
            "allowed_mentions",
            "list",
            "whom `content` may ping; nobody, if not given",
            in_post=True,
            choices=("everyone", "roles", "users"),
        ),
        Option("thread_id", "text", "the thread of the channel to post into", in_post=True),
    )

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        limit = options.get("max_characters")
        if limit and limit < DESCRIPTION:
            return Rule("discord", limit, "config", count.discord)
        return Rule("discord", DESCRIPTION, "default", count.discord)

    def payload(self, message: Message, index: int) -> Payload:
        options = message.options
        embed: dict[str, Any] = {}
        if message.title and index == 0:
            embed["title"] = message.title
        if message.parts[index].text:
            embed["description"] = message.parts[index].text
        if message.url and index == 0:
            embed["url"] = message.url
        if message.date:
            embed["timestamp"] = message.date.astimezone(UTC).isoformat()
        if options.get("colour"):
            embed["color"] = int(options["colour"][1:], 16)
        allowed = options.get("allowed_mentions") or []
        payload: Payload = {"allowed_mentions": {"parse": [allowed] if isinstance(allowed, str) else list(allowed)}}
        if "title" in embed or "description" in embed:
            payload["embeds"] = [embed]
        for key in ("content", "username"):
            if options.get(key) and (index == 0 or key == "username"):
                payload[key] = options[key]
        if options.get("thread_id"):
            payload["thread_id"] = options["thread_id"]
        _check_limits(payload)
        return payload

    def text_of(self, payload: Payload) -> str:
        return str((payload.get("embeds") or [{}])[0].get("description", ""))

    def fields_of(self, payload: Payload) -> dict[str, str]:
        embed = (payload.get("embeds") or [{}])[0]
        found = {"content": payload.get("content"), "title": embed.get("title"), "link": embed.get("url")}
        return {name: str(value) for name, value in found.items() if value}

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        body = {key: value for key, value in payload.items() if key != "thread_id"}
        # Without wait=true Discord answers 204 whether it kept the message or not, and the id is lost.
        params = {"wait": "true", **({"thread_id": payload["thread_id"]} if "thread_id" in payload else {})}
        made = self._request("POST", leaving=attempt.leaving, params=params, json=body)
        if not isinstance(made, dict) or not made.get("id"):
            raise Unknown("Discord answered without a message's id")
        return Receipt(str(made["id"]), self._address(made))

    def check(self) -> str:
        webhook = self._request("GET")
        if not isinstance(webhook, dict) or not webhook.get("id"):
            raise Refused("what answers there is not Discord", hint="check webhook_url")
        return f"webhook {webhook.get('name')!r} is there, in channel {webhook.get('channel_id')}"

    def _address(self, made: Mapping[str, Any]) -> str | None:
        """Where a member sees the message. The answer doesn't name the server, so this asks; without it, no link."""
        try:
            guild = self._request("GET").get("guild_id")
        except (NotSent, Refused, Unknown):
            return None
        if not guild:
            return None
        parts = urlsplit(self.secrets["webhook_url"])
        host = "https://discord.com" if parts.hostname == "discordapp.com" else f"{parts.scheme}://{parts.netloc}"
        return f"{host}/channels/{guild}/{made.get('channel_id')}/{made['id']}"

    def _request(self, method: str, **kwargs: Any) -> Any:
        from publisher.http import Session, sorted_errors

        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            # Discord's edge blocks clients that don't name themselves in this form (its reference, "User Agent").
            session.headers["User-Agent"] = "DiscordBot (announcement-publisher, 1)"
            return session.request(method, self.secrets["webhook_url"].rstrip("/"), **kwargs).json()


def _check_limits(payload: Payload) -> None:
    """Everything but the description, which the rule measures. Raises TemplateError."""
    embed = (payload.get("embeds") or [{}])[0]
    title, content = embed.get("title", ""), payload.get("content", "")
    total = count.discord(title) + count.discord(embed.get("description", ""))
    for what, length, limit in (
        ("the title", count.discord(title), TITLE),
        ("content", count.discord(content), CONTENT),
        ("title and text together", total, TOTAL),
    ):
        if length > limit:
            raise TemplateError(f"discord: {what} is too long: {length} of {limit}", hint=f"shorten {what}")
    if not embed.get("title") and not embed.get("description") and not content:
        raise TemplateError("discord: there is nothing to send", hint="write a title or a text")
