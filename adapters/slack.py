"""Slack: a message in one channel, by an app of your own workspace.

API: https://docs.slack.dev/reference/methods/chat.postMessage and its neighbours (read 2026-11-27).
Limits: of a message's blocks some 13,200 characters together (bolt-js#2509); 12,000 UTF-16 units are
below that whatever Slack counts. Metadata marks a message, and the channel's history tells it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
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
    Upload,
    pictures_of,
)  # fmt: skip
from publisher.errors import CannotLook, DeliveryError, Gone, NotSent, Refused, Unknown
from publisher.hosts import check_url

from . import _slack_text, _tagged_text

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn
    from publisher.setup.desk import Guide

API = "https://slack.com/api"
LIMIT = 12_000
PICTURES, BYTES, SIDE, ALT = 10, 20 * 2**20, 4096, 2000
"""https://docs.slack.dev/reference/block-kit/blocks/image-block (read 2026-11-27)."""
KEPT = 24 * 3600.0
"""Seconds: what was uploaded stays; a day is enough."""
EVENT = "announcement_published"
"""Metadata's type: letters, digits and "_"; with anything else it vanishes (bolt-python#863)."""
PAGE = 200
LATER = frozenset({"ratelimited", "rate_limited", "request_timeout", "service_unavailable"})
"""Certainly not done; worth another try."""
NOBODY_KNOWS = frozenset({"internal_error", "fatal_error"})
"""Some of it may have been done, the reference says."""
GONE = frozenset({"message_not_found", "thread_not_found"})
HINTS = {
    "not_in_channel": "invite the app: /invite @its-name in the channel",
    "channel_not_found": "is it the channel's ID (C…), and is the app invited?",
    "missing_scope": "give the app the scope, and install it again",
    "invalid_auth": "is it the token of the bot (xoxb-…)?",
    "token_revoked": "install the app again, and copy its new token",
}


def wrong_channel(value: str) -> str | None:
    return (
        None
        if re.fullmatch(r"[CG][A-Z0-9]{7,}", value)
        else "is not a channel's ID such as C0123ABCD"
    )


def wrong_token(value: str) -> str | None:
    return None if value.startswith("xoxb-") else "is not a bot's token, which begins with xoxb-"


class Slack(Adapter):
    name = "slack"
    title = "Slack"
    flavour = staticmethod(_tagged_text.tagged_text)
    flat = True
    edits = True
    deletes = True
    uploads = KEPT
    options = (
        Option(
            "bot_token",
            "text",
            "OAuth & Permissions → Bot User OAuth Token",
            required=True,
            secret=True,
            check=wrong_token,
        ),
        Option(
            "channel",
            "text",
            "the channel's ID, at the end of its details: C0123ABCD",
            required=True,
            check=wrong_channel,
        ),
        Option("api_base_url", "text", f"if not {API}", check=check_url, leads=True),
        Option("unfurl", "boolean", "whether a link is shown with a preview", in_post=True),
    )

    _skew: timedelta | None = None

    @classmethod
    def guide(cls) -> Guide:
        from ._slack_guide import guide

        return guide

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.slack import Server

        return Server

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        return Rule.of("slack", LIMIT, options, _tagged_text.count)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule:
        kinds = ("image/jpeg", "image/png", "image/gif")
        whole = (BYTES, SIDE * SIDE)
        return PictureRule(PICTURES, kinds, BYTES, side=SIDE, animation=whole, alt=ALT)

    def payload(self, message: Message, index: int) -> Payload:
        shown = _tagged_text.parsed(message.parts[index].text)
        payload: Payload = {
            "text": _slack_text.escaped(shown.text),
            "blocks": [_slack_text.rich_text(shown)],
        }
        if message.options.get("unfurl") is False:
            payload |= {"unfurl_links": False, "unfurl_media": False}
        if message.pictures and index == 0:
            payload["pictures"] = [picture.as_value() for picture in message.pictures]
        return payload

    def text_of(self, payload: Payload) -> str:
        return html.unescape(str(payload["text"]))

    def id_in(self, url: str) -> str:
        found = re.search(r"/archives/[A-Z0-9]+/p(\d{10})(\d{6})(?:$|[?#])", url)
        return f"{found[1]}.{found[2]}" if found else ""

    def is_there(self, url: str) -> bool:
        return f"/archives/{self.settings.get('channel')}/" in urlsplit(url).path

    # At the edge.

    def upload(self, picture: Picture, data: bytes) -> Upload:
        asked = {"filename": picture.name, "length": len(data), "alt_txt": picture.alt}
        place = self._ask("files.getUploadURLExternal", asked, form=True)
        self._put(str(place["upload_url"]), data)
        self._ask("files.completeUploadExternal", {"files": [{"id": place["file_id"]}]})
        return Upload(str(place["file_id"]), ready=False)

    def finish(self, id: str, picture: Picture) -> bool:
        """A block that shows a file which Slack hasn't looked at yet is refused."""
        return bool(self._ask("files.info", {"file": id}, form=True)["file"].get("mimetype"))

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        body = {
            **self._body(payload, attempt),
            "metadata": {"event_type": EVENT, "event_payload": {"key": attempt.key}},
        }
        if attempt.reply_to:
            body["thread_ts"] = attempt.reply_to
        made = self._ask("chat.postMessage", body)
        if not re.fullmatch(r"\d+\.\d+", str(made.get("ts"))):
            raise Unknown("Slack answered without the message's ts")
        return self._receipt(str(made["ts"]))

    def clock(self) -> timedelta | None:
        """Asked for once."""
        from publisher.http import clock_of

        if self._skew is None:
            self._skew = clock_of(str(self.settings.get("api_base_url") or API))
        return self._skew

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        """By its mark, in the history since then, or in the thread."""
        asked: dict[str, Any] = {"oldest": f"{since.timestamp() - 1:.6f}", "limit": PAGE}
        method = "conversations.history"
        if attempt.reply_to:
            method, asked["ts"] = "conversations.replies", attempt.reply_to
        for message in self._listed(method, {**asked, "include_all_metadata": "true"}):
            metadata = message.get("metadata") or {}
            mark = (metadata.get("event_payload") or {}).get("key")
            if metadata.get("event_type") == EVENT and mark == attempt.key:
                return self._receipt(str(message["ts"]))
        return None

    def stands(self, payload: Payload, attempt: Attempt) -> bool:
        number = attempt.remote_id
        asked = {"ts": number, "oldest": number, "latest": number, "inclusive": "true"}
        for message in self._listed("conversations.replies", asked):
            if message.get("ts") == number:
                return bool(message.get("text") == payload["text"])
        raise Gone("the message isn't there any more")

    def update(self, payload: Payload, attempt: Attempt) -> Receipt:
        body = {**self._body(payload, attempt), "ts": attempt.remote_id}
        self._change("chat.update", body)
        return Receipt(attempt.remote_id)

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        body = {"channel": self.settings["channel"], "ts": attempt.remote_id}
        self._change("chat.delete", body)

    def check(self) -> str:
        """Raises Refused where the app isn't in the channel, or may not read it."""
        me = self._ask("auth.test", {})
        self._ask("conversations.history", self._where({"limit": 1}), form=True)
        return f"signed in as {me.get('user')} of {me.get('team')}, and in the channel"

    def _body(self, payload: Payload, attempt: Attempt) -> dict[str, Any]:
        """The whole message: an edit gives all of it, or it loses what isn't given."""
        pictures = [
            {
                "type": "image",
                "slack_file": {"id": attempt.media[picture.source]},
                "alt_text": picture.alt or picture.name,
            }
            for picture in pictures_of(payload)
        ]
        rest = {name: value for name, value in payload.items() if name != "pictures"}
        return self._where({**rest, "blocks": [*payload["blocks"], *pictures]})

    def _where(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"channel": self.settings["channel"], **body}

    def _listed(self, method: str, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Raises Gone, CannotLook where the app may not read."""
        messages: list[dict[str, Any]] = []
        cursor = ""
        while True:
            try:
                page = self._ask(method, self._where({**asked, "cursor": cursor}), form=True)
            except Refused as error:
                if any(code in error.message for code in GONE):
                    raise Gone(error.message) from None
                raise CannotLook(error.message, hint=error.hint) from None
            if not isinstance(page.get("messages"), list):
                raise CannotLook("the channel's history makes no sense")
            messages += page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return messages

    def _receipt(self, number: str) -> Receipt:
        """With its address, which Slack is asked for; without, if it doesn't say."""
        asked = {"channel": self.settings["channel"], "message_ts": number}
        try:
            told = self._ask("chat.getPermalink", asked, form=True)
        except DeliveryError:
            return Receipt(number)
        return Receipt(number, str(told.get("permalink") or ""))

    def _change(self, method: str, body: Mapping[str, Any]) -> None:
        try:
            self._ask(method, body)
        except Refused as error:
            if any(code in error.message for code in GONE):
                raise Gone(error.message) from None
            raise

    def _put(self, address: str, data: bytes) -> None:
        """The address is its own permission; the answer is words."""
        from publisher.http import Session, sorted_errors

        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            session.request("POST", address, data=data, form=True)

    def _ask(self, method: str, body: Mapping[str, Any], *, form: bool = False) -> dict[str, Any]:
        """Reading methods take a form, writing ones JSON. An error is answered with 200, too."""
        from publisher.http import Session, sorted_errors

        server = str(self.settings.get("api_base_url") or API).rstrip("/")
        how: dict[str, Any] = {"data": body} if form else {"json": body}
        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            session.headers["Authorization"] = f"Bearer {self.secrets['bot_token']}"
            answer = session.request("POST", f"{server}/{method}", **how).json()
        if not isinstance(answer, dict) or "ok" not in answer:
            raise Unknown("what answers there is not Slack's")
        if not answer["ok"]:
            raise refusal(str(answer.get("error")))
        return answer


def refusal(code: str) -> DeliveryError:
    """What an error's code means for what may be done next."""
    said = f"Slack says {code}"
    if code in LATER:
        return NotSent(said)
    if code in NOBODY_KNOWS:
        return Unknown(said)
    return Refused(said, hint=HINTS.get(code, ""))
