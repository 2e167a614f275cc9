"""Discord, by a channel's webhook: one embed with title, text, picture, colour, time and link.

API: https://discord.com/developers/docs/resources/webhook#execute-webhook (read 2026-08-06).
Limits: content 2,000; embed title 256, description 4,096; all text of an embed together 6,000.
Discord's staff say code points (discord-api-docs#1315, 2020), its clients count UTF-16 units: both
are kept. 10 files of 10 MiB each.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from publisher.adapter import (
    Adapter,
    Attempt,
    Facts,
    Message,
    Option,
    Payload,
    Picture,
    PictureRule,
    Receipt,
    Rule,
    pictures_of,
)  # fmt: skip
from publisher.errors import DeliveryError, Gone, NotSent, Refused, TemplateError, Unknown
from publisher.hosts import check_url, is_loopback
from publisher.text.measure import count

from . import _discord_text

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn
    from publisher.setup.desk import Guide

DESCRIPTION, TITLE, CONTENT, TOTAL, USERNAME = 4096, 256, 2000, 6000, 80
FILES, BYTES, ALT = 10, 10 * 2**20, 1024
PIXELS = 4096 * 4096
"""Discord has no such limit; but its clients show no more, and 40 million pixels are a burden on a
phone."""


def wrong_webhook(address: str) -> str | None:
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


UNKNOWN_MESSAGE = 10008
"""https://docs.discord.com/developers/topics/opcodes-and-status-codes#json, read 2026-11."""


class Discord(Adapter):
    name = "discord"
    title = "Discord"
    flavour = staticmethod(_discord_text.discord)
    pings = _discord_text.PINGS
    replies = False
    announces = True
    edits = True
    deletes = True
    options = (
        Option(
            "webhook_url",
            "text",
            "channel settings → Integrations → Webhooks → Copy Webhook URL",
            required=True,
            secret=True,
            check=wrong_webhook,
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

    @classmethod
    def guide(cls) -> Guide:
        from ._discord_guide import guide

        return guide

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.discord import Discord

        return Discord

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        return Rule.of("discord", DESCRIPTION, options, count.discord)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule:
        kinds = ("image/jpeg", "image/png", "image/gif", "image/webp")
        return PictureRule(FILES, kinds, BYTES, PIXELS, animation=(BYTES, PIXELS), alt=ALT)

    def payload(self, message: Message, index: int) -> Payload:
        options = message.options
        embed: dict[str, Any] = {}
        pictures = _named_apart(message.pictures) if index == 0 else []
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
        if pictures:
            embed["image"] = {"url": f"attachment://{pictures[0]['name']}"}
        allowed = options.get("allowed_mentions") or []
        payload: Payload = {
            "allowed_mentions": {"parse": [allowed] if isinstance(allowed, str) else list(allowed)}
        }
        if "title" in embed or "description" in embed:
            payload["embeds"] = [embed]
        if pictures:
            payload["pictures"] = pictures
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
        found = {
            "content": payload.get("content"),
            "title": embed.get("title"),
            "link": embed.get("url"),
        }
        return {name: str(value) for name, value in found.items() if value}

    def seen(self, payload: Payload) -> Any:
        """Neither the name it was posted under nor the thread it is in can be edited."""
        return super().seen(
            {
                name: value
                for name, value in payload.items()
                if name not in ("username", "thread_id")
            }
        )

    def is_there(self, url: str) -> bool:
        host = urlsplit(url).hostname or ""
        return (
            is_loopback(host) or re.fullmatch(r"(?:\w+\.)?discord(?:app)?\.com", host) is not None
        )

    def id_in(self, url: str) -> str:
        """The last number of "copy message link", or of a webhook's message."""
        found = re.search(r"/(\d+)/?(?:\?.*)?$", url)
        return found[1] if found else ""

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        body = {
            key: value for key, value in payload.items() if key not in ("thread_id", "pictures")
        }
        # Without wait=true Discord answers 204 whether it kept the message or not, and the id is
        # lost.
        params = {"wait": "true", **_thread(payload)}
        form = _form(body, pictures_of(payload), attempt)
        made = self._request("POST", leaving=attempt.leaving, params=params, **form)
        if not isinstance(made, dict) or not made.get("id"):
            raise Unknown("Discord answered without a message's id")
        return Receipt(str(made["id"]), self._address(made), _attached(made, payload))

    def stands(self, payload: Payload, attempt: Attempt) -> bool:
        there = self._message("GET", payload, attempt)
        return _words(there) == _words(payload)

    def update(self, payload: Payload, attempt: Attempt) -> Receipt:
        """What an edit doesn't say stays; but attachments that it doesn't list go, and mentions are
        allowed anew."""
        body = {
            key: value
            for key, value in payload.items()
            if key not in ("thread_id", "pictures", "username")
        }
        body = {"content": "", "embeds": [], **body}
        form = _form(body, pictures_of(payload), attempt)
        made = self._message("PATCH", payload, attempt, **form)
        return Receipt(attempt.remote_id, media=_attached(made, payload))

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        self._message("DELETE", payload, attempt)

    def _message(self, method: str, payload: Payload, attempt: Attempt, **kwargs: Any) -> Any:
        try:
            return self._request(
                method,
                f"/messages/{quote(attempt.remote_id, safe='')}",
                params=_thread(payload),
                **kwargs,
            )
        except Refused as error:
            if error.code == UNKNOWN_MESSAGE or (error.status == 404 and self._is_there()):
                raise Gone(error.message, status=404) from None
            raise

    def _is_there(self) -> bool:
        """Whether the webhook itself answers: then what was not found is the message."""
        try:
            return bool(self._request("GET").get("id"))
        except (DeliveryError, AttributeError):
            return False

    def check(self) -> str:
        webhook = self._request("GET")
        if not isinstance(webhook, dict) or not webhook.get("id"):
            raise Refused("what answers there is not Discord", hint="check webhook_url")
        return f"webhook {webhook.get('name')!r} is there, in channel {webhook.get('channel_id')}"

    def _address(self, made: Mapping[str, Any]) -> str | None:
        """Where a member sees the message. The answer doesn't name the server, so this asks;
        without it, no link."""
        try:
            guild = self._request("GET").get("guild_id")
        except (NotSent, Refused, Unknown):
            return None
        if not guild:
            return None
        parts = urlsplit(self.secrets["webhook_url"])
        host = (
            "https://discord.com"
            if parts.hostname == "discordapp.com"
            else f"{parts.scheme}://{parts.netloc}"
        )
        return f"{host}/channels/{guild}/{made.get('channel_id')}/{made['id']}"

    def _request(self, method: str, path: str = "", **kwargs: Any) -> Any:
        from publisher.http import Session, sorted_errors

        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            # Discord's edge blocks clients that don't name themselves in this form (its reference,
            # "User Agent").
            session.headers["User-Agent"] = "DiscordBot (announcement-publisher, 1)"
            answer = session.request(
                method, self.secrets["webhook_url"].rstrip("/") + path, **kwargs
            )
            return answer.json() if answer.content else None


def _thread(payload: Payload) -> dict[str, str]:
    return {"thread_id": payload["thread_id"]} if "thread_id" in payload else {}


def _named_apart(pictures: tuple[Picture, ...]) -> list[dict[str, Any]]:
    """An embed shows a file by its name, so no two may share one."""
    values: list[dict[str, Any]] = []
    for number, picture in enumerate(pictures, 1):
        value = picture.as_value()
        if any(other["name"] == value["name"] for other in values):
            value["name"] = f"{number}-{value['name']}"
        values.append(value)
    return values


def _form(body: dict[str, Any], pictures: tuple[Picture, ...], attempt: Attempt) -> dict[str, Any]:
    """The request's body: files that are there already are listed, others travel beside it."""
    if not pictures:
        return {"json": {**body, "attachments": []} if attempt.remote_id else body}
    attachments: list[dict[str, Any]] = []
    files: dict[str, Any] = {}
    for number, picture in enumerate(pictures):
        there = attempt.media.get(_key(picture))
        attachments.append({"id": there or number, "filename": picture.name})
        if picture.alt:
            attachments[-1]["description"] = picture.alt
        if not there:
            files[f"files[{number}]"] = (picture.name, attempt.bytes_of(picture.hash), picture.kind)
    body = {**body, "attachments": attachments}
    if not files:
        return {"json": body}
    return {"files": {"payload_json": (None, json.dumps(body), "application/json"), **files}}


def _key(picture: Picture) -> str:
    """A file is known by its picture and its text: an edit can't change the text of one that
    stays."""
    return f"{picture.source}/{hashlib.sha256(f'{picture.alt}/{picture.name}'.encode()).hexdigest()[:16]}"


def _attached(made: Any, payload: Payload) -> dict[str, str]:
    """The ids that Discord gave to the files, by the name of each."""
    ids = {str(item.get("filename")): str(item["id"]) for item in made.get("attachments") or ()}
    return {
        _key(picture): ids[picture.name] for picture in pictures_of(payload) if picture.name in ids
    }


def _words(message: Mapping[str, Any]) -> list[str]:
    """What a member reads of a message, without the white space that Discord trims."""
    embed = (message.get("embeds") or [{}])[0]
    words = (message.get("content"), embed.get("title"), embed.get("description"), embed.get("url"))
    return [str(word or "").strip() for word in words]


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
            raise TemplateError(
                f"discord: {what} is too long: {length} of {limit}", hint=f"shorten {what}"
            )
    if not embed.get("title") and not embed.get("description") and not content:
        raise TemplateError("discord: there is nothing to send", hint="write a title or a text")
