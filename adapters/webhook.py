"""A webhook: the whole announcement as JSON, to a receiver of your own.

Signed and named as Standard Webhooks have it (https://www.standardwebhooks.com, specification 1.0.0,
read 2026-11-27): webhook-id, webhook-timestamp, webhook-signature; the id is also the Idempotency-Key.
What is sent is described by docs/webhook.schema.json.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

from publisher.adapter import (
    Adapter,
    Attempt,
    Facts,
    Message,
    Option,
    Payload,
    PictureRule,
    Receipt,
    Rule,
    pictures_of,
)  # fmt: skip
from publisher.errors import Gone, Refused, Unknown
from publisher.hosts import check_url

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn

VERSION = 1
"""Of docs/webhook.schema.json. It goes up when a receiver of the version before would be wrong."""
PREFIX = "whsec_"
PICTURES, BYTES, SIDE = 20, 5 * 2**20, 4096
CONFLICT, GONE = 409, 410


def wrong_secret(value: str) -> str | None:
    try:
        key = base64.b64decode(value.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return f"is not {PREFIX} and base64"
    return None if 24 <= len(key) <= 64 else "has not between 24 and 64 bytes"


class Webhook(Adapter):
    name = "webhook"
    title = "Webhook"
    html = True
    replies = False
    announces = True
    edits = True
    deletes = True
    options = (
        Option("url", "text", "where to send it", required=True, check=check_url, leads=True),
        Option(
            "secret",
            "text",
            f"what it is signed with: {PREFIX} and 24 to 64 bytes as base64",
            required=True,
            secret=True,
            check=wrong_secret,
        ),
        Option("bearer_token", "text", "goes along as Authorization: Bearer …", secret=True),
        Option(
            "honours_key",
            "boolean",
            "whether the receiver takes what has the same webhook-id for the same",
        ),
    )

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.webhook import Receiver

        return Receiver

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        limit = options.get("max_characters")
        return Rule("webhook", limit, "config" if limit else "default", len)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule:
        """A picture that has an address is named by it; others travel in the JSON."""
        kinds = ("image/jpeg", "image/png", "image/gif", "image/webp")
        whole = (BYTES, SIDE * SIDE)
        return PictureRule(
            PICTURES, kinds, BYTES, side=SIDE, animation=whole, alt=None, hosted=True
        )

    def payload(self, message: Message, index: int) -> Payload:
        part = message.parts[index]
        payload: Payload = {
            "title": message.title,
            "description": message.description,
            "url": message.url,
            "language": message.language,
            "date": message.date.astimezone(UTC).isoformat() if message.date else "",
            "tags": list(message.tags),
            "authors": list(message.authors),
            "text": part.text,
            "html": part.html,
        }
        if message.pictures:
            payload["pictures"] = [
                {**picture.as_value(), "address": picture.address} for picture in message.pictures
            ]
        return payload

    def text_of(self, payload: Payload) -> str:
        return str(payload["text"])

    def fields_of(self, payload: Payload) -> dict[str, str]:
        return {name: str(payload[name]) for name in ("title", "url") if payload[name]}

    # At the edge.

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        body = self._body("announcement.published", payload, attempt)
        try:
            said = self._post(body, attempt.key, attempt)
        except Refused as error:
            if error.status != CONFLICT:
                raise
            said = {}  # "it is there already" is an answer, too
        id, url = said.get("id"), said.get("url")
        return Receipt(str(id or attempt.key), str(url) if url else None)

    def knows_both(self, attempt: Attempt, problem: Unknown | None) -> bool:
        return bool(self.settings.get("honours_key"))

    def update(self, payload: Payload, attempt: Attempt) -> Receipt:
        self._change("announcement.updated", payload, attempt)
        return Receipt(attempt.remote_id)

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        self._change("announcement.retracted", payload, attempt)

    def check(self) -> str:
        """A ping, which is signed like everything else, and posts nothing."""
        self._post({"type": "ping", "version": VERSION}, _fresh("ping"), None)
        return f"the receiver at {self.settings['url']} takes what is signed"

    def _change(self, kind: str, payload: Payload, attempt: Attempt) -> None:
        """What was published is to be otherwise. Each is another webhook, with a name of its own:
        an edit that goes back to the first words is no repetition of them."""
        body = self._body(kind, payload, attempt)
        try:
            self._post(body, _fresh(attempt.key), None)
        except Refused as error:
            if error.status in (404, GONE):
                raise Gone(error.message, status=error.status) from None
            raise

    def _body(self, kind: str, payload: Payload, attempt: Attempt) -> dict[str, Any]:
        pictures = [
            {
                "name": picture.name,
                "type": picture.kind,
                "alt": picture.alt,
                **_where(value, picture.hash, attempt),
            }
            for picture, value in zip(
                pictures_of(_without_addresses(payload)), payload.get("pictures", ()), strict=True
            )
        ]
        data = {name: value for name, value in payload.items() if name != "pictures"}
        return {
            "type": kind,
            "version": VERSION,
            "id": attempt.remote_id or attempt.key,
            "data": {**data, "pictures": pictures},
        }

    def _post(self, body: Mapping[str, Any], id: str, attempt: Attempt | None) -> dict[str, Any]:
        """What the receiver answers: a JSON object, or nothing."""
        from publisher.http import Session, sorted_errors

        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            session.headers.update(self._headers(raw, id))
            answer = session.request(
                "POST",
                str(self.settings["url"]),
                data=raw,
                leaving=attempt.leaving if attempt else None,
            )
        said = json.loads(answer.content) if answer.content else {}
        return said if isinstance(said, dict) else {}

    def _headers(self, raw: bytes, id: str) -> dict[str, str]:
        from publisher.clock import now

        moment = str(int(now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": id,
            "webhook-id": id,
            "webhook-timestamp": moment,
            "webhook-signature": signature(self.secrets["secret"], id, moment, raw),
        }
        if self.secrets.get("bearer_token"):
            headers["Authorization"] = f"Bearer {self.secrets['bearer_token']}"
        return headers


def signature(secret: str, id: str, moment: str, raw: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(key, f"{id}.{moment}.".encode() + raw, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _fresh(key: str) -> str:
    """A name that no other webhook has."""
    from publisher.clock import now

    return f"{key}-{int(now().timestamp() * 1_000_000):x}"


def _without_addresses(payload: Payload) -> Payload:
    values = payload.get("pictures") or ()
    rest = [{key: each[key] for key in each if key != "address"} for each in values]
    return {**payload, "pictures": rest}


def _where(value: Mapping[str, Any], hash: str, attempt: Attempt) -> dict[str, str]:
    if not hash:
        return {"address": str(value.get("address") or "")}
    data = base64.b64encode(attempt.bytes_of(hash)).decode()
    return {"content_id": f"{hash[:32]}@pictures", "base64": data}
