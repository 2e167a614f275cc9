"""Telegram: a message in one channel, by a bot that is its administrator.

API: https://core.telegram.org/bots/api (10.3; read 2026-11-27).
Limits: a message of 4,096 UTF-16 units after the markup is read, 1,024 where it is a picture's
caption; 2 to 10 pictures in an album. A bot can't read back what it sent, and knows no key: what
became of a lost answer only a person can say. A caption has no alternative text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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
from publisher.errors import Gone, Refused, TemplateError, Unknown
from publisher.hosts import check_url
from publisher.text.flavour import Pings

from . import _tagged_text as markup

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn
    from publisher.setup.desk import Guide

API = "https://api.telegram.org"
LIMIT, CAPTION = 4096, 1024
PICTURES, BYTES, SIDE = 10, 10 * 2**20, 5000
"""sendPhoto: 10 MB, width and height together 10,000."""
KINDS = {
    "b": "bold",
    "i": "italic",
    "u": "underline",
    "s": "strikethrough",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
}
"""https://core.telegram.org/bots/api#messageentity (read 2026-11-27)."""
PICTURES_STAY = "its pictures stay what they were: Telegram can't change them"
NOT_MODIFIED = "message is not modified"
NOT_FOUND = ("message to edit not found", "message to delete not found", "message_id_invalid")


def wrong_token(value: str) -> str | None:
    return None if re.fullmatch(r"\d+:[\w-]{20,}", value) else "is not a token such as 123:ABC…"


def wrong_chat(value: str) -> str | None:
    if re.fullmatch(r"@\w{4,}|-\d{5,}", value):
        return None
    return 'is neither "@name" of a public channel, nor a number such as -1001234567890'


class Telegram(Adapter):
    name = "telegram"
    title = "Telegram"
    aliases = ("tg",)
    flavour = staticmethod(markup.tagged_text)
    pings = Pings(inert="\u200b", in_code=False)
    announces = True
    edits = True
    deletes = True
    options = (
        Option(
            "bot_token",
            "text",
            "@BotFather → /newbot",
            required=True,
            secret=True,
            check=wrong_token,
        ),
        Option(
            "chat",
            "text",
            "the channel: @name, or -100… of a private one",
            required=True,
            check=wrong_chat,
        ),
        Option("api_base_url", "text", f"if not {API}", check=check_url, leads=True),
        Option("silent", "boolean", "whether it makes no sound", in_post=True),
        Option("link_preview", "boolean", "whether a link is shown with a preview", in_post=True),
    )

    @classmethod
    def guide(cls) -> Guide:
        from ._telegram_guide import guide

        return guide

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.telegram import Server

        return Server

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        return Rule.of("telegram", LIMIT, options, markup.count)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule:
        return PictureRule(PICTURES, ("image/jpeg", "image/png"), BYTES, side=SIDE, alt=None)

    def payload(self, message: Message, index: int) -> Payload:
        """Raises TemplateError where a caption is too long."""
        options = message.options
        shown = markup.parsed(message.parts[index].text)
        payload: Payload = {"text": shown.text}
        if shown.spans:
            payload["entities"] = entities(shown)
        if options.get("silent"):
            payload["silent"] = True
        if options.get("link_preview") is False:
            payload["link_preview"] = False
        if message.pictures and index == 0:
            if markup.units(shown.text) > CAPTION:
                raise TemplateError(
                    f"telegram: beside a picture a text may have {CAPTION} characters, and it has"
                    f" {markup.units(shown.text)}",
                    hint="write publish: {telegram: {images: []}}, or a shorter template:"
                    " {{ post.text | fit(1000) }}",
                )
            payload["pictures"] = [picture.as_value() for picture in message.pictures]
        return payload

    def text_of(self, payload: Payload) -> str:
        return str(payload["text"])

    def id_in(self, url: str) -> str:
        found = re.fullmatch(r"/(?:c/)?\w+/(\d+)/?", urlsplit(url).path)
        return found[1] if found else ""

    def is_there(self, url: str) -> bool:
        parts = urlsplit(url)
        chat = str(self.settings.get("chat", ""))
        mine = f"/{chat[1:]}/" if chat.startswith("@") else f"/c/{chat.removeprefix('-100')}/"
        hosts = ("t.me", "telegram.me", urlsplit(self._server()).netloc)
        return parts.netloc in hosts and parts.path.startswith(mine)

    # At the edge.

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        pictures = pictures_of(payload)
        body: dict[str, Any] = {"chat_id": self.settings["chat"]}
        if payload.get("silent"):
            body["disable_notification"] = True
        if attempt.reply_to:
            body["reply_parameters"] = {"message_id": int(attempt.reply_to.partition(",")[0])}
        if not pictures:
            return _receipt([self._ask("sendMessage", {**body, **_text(payload)}, attempt)], ())
        files = {
            f"picture{number}": (picture.name, attempt.bytes_of(picture.hash), picture.kind)
            for number, picture in enumerate(pictures)
        }
        if len(pictures) == 1:
            body |= {"photo": "attach://picture0", **_caption(payload)}
            return _receipt([self._ask("sendPhoto", body, attempt, files)], pictures)
        album: list[dict[str, Any]] = [
            {"type": "photo", "media": f"attach://{name}"} for name in files
        ]
        album[0] |= _caption(payload)
        made = self._ask("sendMediaGroup", {**body, "media": album}, attempt, files)
        return _receipt(made, pictures)

    def update(self, payload: Payload, attempt: Attempt) -> Receipt:
        """Its words: the pictures stay what they are."""
        first = attempt.remote_id.partition(",")[0]
        body: dict[str, Any] = {"chat_id": self.settings["chat"], "message_id": int(first)}
        if attempt.media:
            self._change("editMessageCaption", {**body, **_caption(payload)})
        else:
            self._change("editMessageText", {**body, **_text(payload)})
        others = {picture.source for picture in pictures_of(payload)} != set(attempt.media)
        return Receipt(attempt.remote_id, warning=PICTURES_STAY if others else "")

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        gone: list[Gone] = []
        numbers = attempt.remote_id.split(",")
        for number in numbers:
            body = {"chat_id": self.settings["chat"], "message_id": int(number)}
            try:
                self._change("deleteMessage", body)
            except Gone as error:
                gone.append(error)
        if len(gone) == len(numbers):
            raise gone[0]

    def check(self) -> str:
        """Raises Refused where the bot may not post there."""
        me, chat = self._ask("getMe", {}), self._ask("getChat", {"chat_id": self.settings["chat"]})
        asked = {"chat_id": self.settings["chat"], "user_id": me["id"]}
        member = self._ask("getChatMember", asked)
        may = member.get("status") == "creator" or member.get("can_post_messages")
        if not may:
            raise Refused(
                f"@{me.get('username')} may not post in {chat.get('title')}",
                hint="in the channel: Administrators → Add Administrator → the bot, with the"
                " rights to post, edit and delete messages",
            )
        return f"signed in as @{me.get('username')}, which may post in {chat.get('title')}"

    def _change(self, method: str, body: Mapping[str, Any]) -> None:
        try:
            self._ask(method, body)
        except Refused as error:
            words = error.message.casefold()
            if NOT_MODIFIED in words:
                return
            if any(each in words for each in NOT_FOUND):
                raise Gone(error.message, status=error.status) from None
            raise

    def _server(self) -> str:
        return str(self.settings.get("api_base_url") or API).rstrip("/")

    def _ask(
        self,
        method: str,
        body: Mapping[str, Any],
        attempt: Attempt | None = None,
        files: Mapping[str, Any] | None = None,
    ) -> Any:
        import json

        from publisher.http import Session, sorted_errors

        address = f"{self._server()}/bot{self.secrets['bot_token']}/{method}"
        how: dict[str, Any] = {"json": body}
        if files:
            fields = {
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in body.items()
            }
            how = {"data": fields, "files": files}
        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            leaving = attempt.leaving if attempt else None
            answer = session.request("POST", address, leaving=leaving, **how).json()
        if not isinstance(answer, dict) or not answer.get("ok"):
            raise Unknown("what answers there is not Telegram's")
        return answer["result"]


def entities(shown: markup.Parsed) -> list[dict[str, Any]]:
    """What of a text is how, as the API has it: offsets and lengths are UTF-16 units
    (https://core.telegram.org/api/entities, read 2026-11-27)."""
    return [
        {
            "type": KINDS[span.name],
            "offset": markup.units(shown.text[: span.start]),
            "length": markup.units(shown.text[span.start : span.end]),
            **({"url": span.href} if span.name == "a" else {}),
        }
        for span in shown.spans
    ]


def _receipt(messages: Any, pictures: Sequence[Picture]) -> Receipt:
    """The ids of all messages, the first one's first: it has the text."""
    try:
        ids = [str(int(message["message_id"])) for message in messages]
        chat = messages[0].get("chat") or {}
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise Unknown("Telegram answered without a message's id") from None
    where = chat.get("username") or f"c/{str(chat.get('id', '')).removeprefix('-100')}"
    media = {picture.source: id for picture, id in zip(pictures, ids, strict=False)}
    return Receipt(",".join(ids), f"https://t.me/{where}/{ids[0]}", media)


def _text(payload: Payload) -> dict[str, Any]:
    body: dict[str, Any] = {"text": payload["text"], "entities": payload.get("entities", [])}
    if payload.get("link_preview") is False:
        body["link_preview_options"] = {"is_disabled": True}
    return body


def _caption(payload: Payload) -> dict[str, Any]:
    return {"caption": payload["text"], "caption_entities": payload.get("entities", [])}
