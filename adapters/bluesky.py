"""Bluesky, and any other server (PDS) of the AT Protocol: a post is a record under a name of ours.

API: https://docs.bsky.app/docs/api/com-atproto-repo-put-record and the lexicons app.bsky.feed.post,
app.bsky.embed.images and .external (read 2026-11; each answer tried on Bluesky's PDS 0.4.217 and 0.5.35).
Limits: 300 graphemes and 3,000 bytes; 4 pictures of 1,000,000 bytes, a card's too; 5,000 points an hour,
of which a post takes 3.

A record's key is made from the post (`_bluesky_names.key_of`), and put with `swapRecord: null`: the server
takes it where nothing is there, or the very same. So it may be sent again at once, whatever became of the
first try.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from publisher.adapter import (
    Adapter,
    Attempt,
    Channel,
    Facts,
    Message,
    Payload,
    Picture,
    PictureRule,
    Receipt,
    Rule,
    Upload,
)  # fmt: skip
from publisher.errors import Gone, Refused, TemplateError, Unknown
from publisher.hosts import is_loopback

from . import _bluesky_text as rich
from ._bluesky_names import POST, Address, address_in, key_of, seconds
from ._bluesky_options import OPTIONS
from ._bluesky_record import card_of, is_as_sent, record_of
from ._bluesky_repository import Repository, Taken
from ._bluesky_session import Account
from ._bluesky_site import (
    DOCUMENT,
    PUBLICATION,
    delete_document,
    document_of,
    publication_key,
    put_site,
)

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn
    from publisher.setup.desk import Guide

PICTURES, BYTES, SIDE, ALT = 4, 1_000_000, 2000, 2000
"""Newer servers take 2,000,000 bytes, older ones refuse more than a million. The app shows no longer
side, and no longer text."""
WEB = "https://bsky.app"

_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*")
"""As a PDS takes it: a record with anything else is refused."""

_CLOCKS = timedelta(seconds=2)
"""The Date of an answer is in whole seconds, and an answer takes a while."""


class Bluesky(Adapter):
    name = "bluesky"
    title = "Bluesky"
    aliases = ("bsky",)
    flavour = staticmethod(rich.bluesky)
    pings = rich.PINGS
    is_hashtag = staticmethod(rich.is_hashtag)
    uploads = 50 * 60.0  # what no record mentions may be removed after an hour (lexicon uploadBlob)
    deletes = True
    options = OPTIONS

    def __init__(self, channel: Channel, secrets: Mapping[str, str] | None = None) -> None:
        super().__init__(channel, secrets)
        self.edits = channel.settings.get("edit") == "replace"

    @classmethod
    def guide(cls) -> Guide:
        from ._bluesky_guide import guide

        return guide

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.bluesky import Bluesky

        return Bluesky

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        return Rule.of("bluesky", rich.GRAPHEMES, options, rich.count)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule | None:
        if options.get("embed") == "nothing":
            return None
        kinds = ("image/jpeg", "image/png", "image/webp")
        count = 1 if options.get("embed") == "card" else PICTURES
        return PictureRule(count, kinds, BYTES, side=SIDE, alt=ALT)

    def payload(self, message: Message, index: int) -> Payload:
        text, spans = rich.shown(message.parts[index].text)
        record: dict[str, Any] = {"$type": POST, "text": text}
        if facets := rich.facets(text, spans):
            record["facets"] = facets
            if wrong := rich.wrong(text, facets):
                raise TemplateError(
                    f"bluesky: {wrong} is wrong",
                    hint="write the link in another way, and report it",
                )
        language = str(message.options.get("language") or message.language or "").replace("_", "-")
        if _LANGUAGE.fullmatch(language):
            record["langs"] = [language]
        payload: Payload = {"record": record}
        if (date := seconds(message.date)) is not None:
            payload["date"] = date
        if index:
            return payload
        card = card_of(message)
        if card is not None:
            payload["card"] = card
        if (document := document_of(message)) is not None:
            payload["document"] = document
        if message.pictures:
            payload["pictures"] = [picture.as_value() for picture in message.pictures]
        if not text and not card and not message.pictures:
            raise TemplateError("bluesky: there is nothing to send", hint="write a text")
        return payload

    def text_of(self, payload: Payload) -> str:
        return str(payload["record"]["text"])

    def fields_of(self, payload: Payload) -> dict[str, str]:
        card = payload.get("card") or {}
        found = {
            "card": card.get("title"),
            "description": card.get("description"),
            "leads to": card.get("uri"),
        }
        hidden = rich.hidden_addresses(payload["record"])
        links = [address for address in hidden if address != card.get("uri")]
        return {name: value for name, value in found.items() if value} | {
            f"link {number}": uri for number, uri in enumerate(links, 1)
        }

    def seen(self, payload: Payload) -> Any:
        """The date made its name, and its name stays."""
        return super().seen({name: value for name, value in payload.items() if name != "date"})

    def is_there(self, url: str) -> bool:
        host = urlsplit(url).hostname or ""
        return url.startswith("at://") or host == "bsky.app" or is_loopback(host)

    def id_in(self, url: str) -> str:
        address = address_in(url)
        return str(address) if address is not None else ""

    def addresses(self, payload: Payload, attempt: Attempt) -> Mapping[str, str]:
        """The at-URI: known as soon as the account's DID is."""
        identifier = str(self.settings["identifier"]).removeprefix("@")
        did = identifier if identifier.startswith("did:") else self._account.did_of(identifier)
        live = address_in(attempt.remote_id)
        key = live.key if live is not None else _key(payload, attempt)
        found = {"post": str(Address(did, POST, key))}
        if site := (payload.get("document") or {}).get("site"):
            found["document"] = str(Address(did, DOCUMENT, key))
            found["publication"] = str(Address(did, PUBLICATION, publication_key(site)))
        return found

    def upload(self, picture: Picture, data: bytes) -> Upload:
        return self._repository.upload(picture, data)

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        key = _key(payload, attempt)
        record = self._record(payload, attempt, key)
        try:
            self._repository.put(POST, key, record)
        except Taken:
            # Something is there under its name. The same words mean that it is ours.
            there = self._read(key)
            if there is None or not is_as_sent(there["value"], payload, attempt):
                raise Refused(
                    f"another post is there under this post's name: {self._page(key)}",
                    hint="look at it; if it is this post: publish adopt. If not, give the file"
                    " another `id` in its front matter",
                ) from None
            return self._receipt(key, "it was there already, and was not sent again")
        return self._receipt(key)

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        """Nothing else is under its name; the time only tells this attempt from one of long ago."""
        key = _key(payload, attempt)
        there = self._read(key)
        if there is None or not is_as_sent(there["value"], payload, attempt):
            return None
        skew = self._account.clock() or timedelta(0)
        if _created(there["value"]) + skew < since - _CLOCKS:
            return None
        receipt = self._receipt(key)
        return None if attempt.is_taken(receipt.id or "") else receipt

    def clock(self) -> timedelta | None:
        return self._account.clock()

    def knows_both(self, attempt: Attempt, problem: Unknown | None) -> bool:
        """Both have the same name, and the server puts it once: of 16 at a time, one was kept (tried
        on PDS 0.4.217)."""
        return True

    def stands(self, payload: Payload, attempt: Attempt) -> bool:
        there = self._read(self._repository.own_key(attempt.remote_id))
        if there is None:
            if attempt.again:  # our own edit was cut off between deleting and putting
                return True
            raise Gone("it is there no more")
        return is_as_sent(there["value"], payload, attempt)

    def update(self, payload: Payload, attempt: Attempt) -> Receipt:
        """Deletes it and posts it anew under the same name: the apps show no edit of what stays."""
        if not self.edits:
            raise NotImplementedError
        key = self._repository.own_key(attempt.remote_id)
        there = self._read(key)
        if there is None and not attempt.again:
            raise Gone("it is there no more")
        record = self._record(payload, attempt, key)
        if there is not None:
            if is_as_sent(there["value"], payload, attempt):
                return Receipt(attempt.remote_id, self._page(key))
            record["createdAt"] = there["value"].get("createdAt", record["createdAt"])
            self._repository.delete(POST, key, there["cid"])
        self._repository.put(POST, key, record)
        return Receipt(attempt.remote_id, self._page(key))

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        key = self._repository.own_key(attempt.remote_id)
        if "document" in payload:
            delete_document(key, self._repository)
        there = self._read(key)
        if there is None:
            raise Gone("it is there no more")
        self._repository.delete(POST, key, there["cid"])

    def check(self) -> str:
        """By the password, even where there is a session."""
        tokens = self._account.sign_in()
        return f"signed in as @{tokens.handle} on {self.settings['api_base_url']}"

    # What the account does.

    @cached_property
    def _account(self) -> Account:
        return Account(
            self.settings["api_base_url"],
            str(self.settings["identifier"]),
            self.secrets.get("app_password", ""),
            self.channel.keep,
        )

    @cached_property
    def _repository(self) -> Repository:
        return Repository(self._account)

    def _record(self, payload: Payload, attempt: Attempt, key: str) -> dict[str, Any]:
        parent = self._parent(attempt.reply_to) if attempt.reply_to else None
        record = record_of(payload, attempt, parent=parent, did_of=self._account.did_of)
        if "document" in payload:
            refs = put_site(payload["document"], key, attempt.began, self._repository)
            if "card" in payload:
                record["embed"]["external"]["associatedRefs"] = refs
        return record

    def _parent(self, id: str) -> dict[str, Any]:
        """The part that this one replies to, as it is there: its cid is the server's to say."""
        there = self._read(self._repository.own_key(id))
        if there is None:
            raise Refused(
                "the part that it replies to is there no more",
                hint="`publish retract` takes the rest down, --republish posts anew",
            )
        return there

    def _read(self, key: str) -> dict[str, Any] | None:
        return self._repository.read(POST, key)

    def _receipt(self, key: str, warning: str = "") -> Receipt:
        return Receipt(self._repository.address(POST, key), self._page(key), warning=warning)

    def _page(self, key: str) -> str:
        """Where people read it: bsky.app shows every server's posts, but for one on this machine."""
        base = str(self.settings["api_base_url"]).rstrip("/")
        web = base if is_loopback(urlsplit(base).hostname or "") else WEB
        tokens = self._account.tokens
        who = tokens.did if tokens.handle == "handle.invalid" else tokens.handle
        return f"{web}/profile/{who}/post/{key}"


def _key(payload: Payload, attempt: Attempt) -> str:
    return key_of(payload.get("date"), attempt.name or attempt.key)


def _created(value: Mapping[str, Any]) -> datetime:
    """When a record says that it was made; long ago, where it says nothing that can be read."""
    try:
        moment = datetime.fromisoformat(str(value.get("createdAt")))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
