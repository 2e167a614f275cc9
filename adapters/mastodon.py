"""Mastodon, and what speaks its API (GoToSocial, Takahē, …), by Mastodon.py.

API: https://docs.joinmastodon.org/methods/statuses/ and /media/ (read 2026-07-02).
Limits: 500 characters and 4 pictures on an instance that hasn't changed it; it says its own in
/api/v2/instance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
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
    Upload,
    pictures_of,
)  # fmt: skip
from publisher.errors import CannotLook, Gone, Refused, Unknown
from publisher.text import tree
from publisher.text.flavour import NON_JOINER, Pings
from publisher.text.measure import count

from ._mastodon_instance import facts_of, instance_of, since_4_6, wrong_instance

if TYPE_CHECKING:
    from mastodon import Mastodon as Client

    from publisher.http import Session
    from publisher.sandbox.stand_in import StandIn
    from publisher.setup.desk import Guide

LIMIT = 500
URL_LENGTH = 23
"""Mastodon's own values (app/validators/status_length_validator.rb, v4.6.5), until the instance
says others."""

KINDS = ("image/jpeg", "image/png", "image/gif", "image/webp")
PICTURES, BYTES, PIXELS, ALT = 4, 16 * 2**20, 33_177_600, 1500
ANIMATION_PIXELS = 1280 * 720
"""app/models/media_attachment.rb, v4.6.5, likewise."""

PAGE, PAGES = 40, 25
"""Statuses read back at once, the most that the API gives, and how often. Ours is among those made
since we tried."""

KEY_FRESH = timedelta(minutes=30)
"""For so long after the first attempt an Idempotency-Key is relied upon; Mastodon keeps it for an
hour."""

_CLOCKS = timedelta(seconds=2)
"""The Date of an answer is in whole seconds, and an answer takes a while."""


PINGS = Pings(
    # A "@" that could be read as the beginning of a mention; never one inside an email address.
    re.compile(r"(?<![\w/=])@(?P<name>\w+(?:[.-]+\w+)*)(?P<host>@[\w.-]+[\w])?"),
    inert=NON_JOINER,
)

HIDDEN = ("private", "direct")
"""Visibilities of what not everybody sees."""


class Mastodon(Adapter):
    name = "mastodon"
    title = "Mastodon"
    uploads = 20 * 3600.0  # what is attached to nothing is removed after a day
    edits = True
    deletes = True
    pings = PINGS
    options = (
        Option(
            "api_base_url",
            "text",
            "your instance: https://mastodon.social",
            required=True,
            check=wrong_instance,
            leads=True,
        ),
        Option(
            "access_token",
            "text",
            "Preferences → Development → your application → Your access token",
            required=True,
            secret=True,
        ),
        Option(
            "visibility",
            "text",
            "who sees it; the account's default, if not given",
            in_post=True,
            choices=("public", "unlisted", "private", "direct"),
        ),
        Option(
            "spoiler_text", "text", "a content warning; the text is hidden behind it", in_post=True
        ),
        Option(
            "language",
            "text",
            "the post's language (en, fr, …); its front matter's, if not given",
            in_post=True,
        ),
    )

    @classmethod
    def guide(cls) -> Guide:
        from ._mastodon_guide import guide

        return guide

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.mastodon import Mastodon

        return Mastodon

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        spoiler = str(options.get("spoiler_text", ""))
        url_length = int(facts.get("characters_reserved_per_url", URL_LENGTH))
        is_mastodon = bool(facts.get("is_mastodon", True))
        conjuncts = since_4_6(str(facts.get("version", "")))

        def measure(text: str) -> int:
            return count.mastodon(
                text,
                spoiler,
                url_length=url_length,
                is_mastodon=is_mastodon,
                conjuncts=conjuncts,
            )

        if "max_characters" in options:
            return Rule("mastodon", options["max_characters"], "config", measure)
        if "max_characters" in facts:
            return Rule("mastodon", int(facts["max_characters"]), "instance", measure)
        return Rule("mastodon", LIMIT, "default", measure)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule:
        taken = facts.get("supported_mime_types") or KINDS
        size = int(facts.get("image_size_limit", BYTES))
        return PictureRule(
            count=int(facts.get("max_media_attachments", PICTURES)),
            kinds=tuple(kind for kind in KINDS if kind in taken) or KINDS[:2],
            bytes=size,
            pixels=int(facts.get("image_matrix_limit", PIXELS)),
            animation=(size, ANIMATION_PIXELS) if "image/gif" in taken else None,
            alone=True,  # an animation becomes a video there, and those don't mix with pictures
            alt=int(facts.get("description_limit", ALT)),
        )

    def payload(self, message: Message, index: int) -> Payload:
        options = message.options
        payload: Payload = {"status": message.parts[index].text}
        if message.pictures and index == 0:
            payload["pictures"] = [picture.as_value() for picture in message.pictures]
        for key in ("visibility", "spoiler_text"):
            if options.get(key):
                payload[key] = options[key]
        language = options.get("language") or message.language
        if language:
            payload["language"] = language.split("-")[
                0
            ].lower()  # the API takes ISO 639 codes, without a region
        if index and payload.get("visibility") == "public":
            payload["visibility"] = (
                "unlisted"  # the custom for a thread: its first post alone is in public timelines
            )
        return payload

    def text_of(self, payload: Payload) -> str:
        return str(payload["status"])

    def fields_of(self, payload: Payload) -> dict[str, str]:
        return {"content warning": payload["spoiler_text"]} if "spoiler_text" in payload else {}

    def seen(self, payload: Payload) -> Any:
        return super().seen(
            {name: value for name, value in payload.items() if name != "visibility"}
        )  # it stays

    def upload(self, picture: Picture, data: bytes) -> Upload:
        from publisher.http import sorted_errors

        client = self._client()
        focus = (
            tuple(float(number) for number in picture.focus.split(",")) if picture.focus else None
        )
        with sorted_errors():
            made = client.media_post(
                data,
                mime_type=picture.kind,
                description=picture.alt or None,
                focus=focus,
                file_name=picture.name,
            )
        if not made.id:
            raise Unknown("it answered without a picture's id")
        return Upload(str(made.id), ready=made.url is not None)

    def finish(self, id: str, picture: Picture) -> bool:
        from publisher.http import sorted_errors

        client = self._client()
        with sorted_errors():
            return client.media(id).url is not None

    def is_there(self, url: str) -> bool:
        own = str(self.settings.get("api_base_url", ""))
        return urlsplit(url).netloc == urlsplit(own).netloc

    def id_in(self, url: str) -> str:
        """The last part of the path: a number, or GoToSocial's ULID."""
        found = re.search(r"/(\d+|[0-9A-HJKMNP-TV-Z]{26})/?(?:[?#].*)?$", url)
        return found[1] if found else ""

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        from publisher.http import sorted_errors

        client = self._client()
        with sorted_errors():
            made = client.status_post(
                **{name: value for name, value in payload.items() if name != "pictures"},
                media_ids=_media(payload, attempt) or None,
                in_reply_to_id=attempt.reply_to,
                idempotency_key=attempt.key,
                sensitive=None,  # False is sent as a value, over the account's own default
            )
        if not made.id:
            raise Unknown("it answered without a status's id")
        warning = _shown_otherwise(payload.get("visibility"), made.visibility)
        return Receipt(str(made.id), made.url or made.uri, warning=warning)

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        from publisher.http import sorted_errors

        client = self._client()
        try:
            with sorted_errors():
                me, before = client.me(), None
                for _ in range(PAGES):
                    statuses = client.account_statuses(
                        me.id, exclude_reblogs=True, limit=PAGE, max_id=before
                    )
                    earliest = since - _CLOCKS
                    for status in statuses:
                        if status.created_at < earliest or str(status.in_reply_to_id or "") != (
                            attempt.reply_to or ""
                        ):
                            continue
                        if attempt.is_taken(str(status.id)):
                            continue
                        if self._is_ours(client, status, payload):
                            return Receipt(str(status.id), status.url or status.uri)
                    if not statuses or statuses[-1].created_at < earliest:
                        self._demand_complete_list(payload)
                        return None
                    before = statuses[-1].id
        except Refused as error:
            raise CannotLook(f"this token may not read what is live ({error.message})") from None
        raise CannotLook(f"the account has posted more than {PAGE * PAGES} times since")

    def clock(self) -> timedelta | None:
        return self._session.clock(f"{self.settings['api_base_url'].rstrip('/')}/api/v1/instance")

    def knows_both(self, attempt: Attempt, problem: Unknown | None) -> bool:
        """Mastodon remembers a key for an hour, from when the request that brought it is done. From
        4.6 on it also locks the key meanwhile (mastodon#37879); before, two requests that are under
        way at once become two posts, and only its own 503 says that the first is over
        (app/services/post_status_service.rb and app/controllers/concerns/api/error_handling.rb,
        v4.5 and v4.6.5, read 2026-11)."""
        age = datetime.now(UTC) - attempt.began
        if not timedelta(0) <= age < KEY_FRESH or not self._server["is_mastodon"]:
            return False
        if since_4_6(str(self._server["version"])):
            return True
        return problem is not None and problem.status == 503 and problem.worded

    @cached_property
    def _server(self) -> Facts:
        """What the server is, asked anew in each run: it may have been another yesterday."""
        return self.learn()

    def _demand_complete_list(self, payload: Payload) -> None:
        """Raises CannotLook where a list that doesn't have it proves nothing: Takahē leaves out what
        isn't public (its source, 2025, read 2026-11)."""
        if payload.get("visibility") in HIDDEN and not self._server["is_mastodon"]:
            raise CannotLook("this server's list leaves out what isn't public")

    def stands(self, payload: Payload, attempt: Attempt) -> bool:
        client = self._client()
        return self._is_ours(client, self._there(client, attempt), payload)

    def update(self, payload: Payload, attempt: Attempt) -> Receipt:
        """A PUT replaces everything: what isn't said again is gone.

        By our own session: Mastodon.py 2.3.3 can't send a language, nor texts of pictures together
        with their ids.
        """
        from publisher.http import sorted_errors

        client = self._client()
        now, spoiler = self._there(client, attempt), payload.get("spoiler_text", "")
        pictures = pictures_of(payload)
        if now.visibility in HIDDEN and not self._server["is_mastodon"]:
            raise Refused(
                "it isn't public, and this server would make it so with the edit",
                hint="edit it there; or take it down (publish retract) and post it anew",
            )
        body = {
            "status": payload["status"],
            "spoiler_text": spoiler,
            # A warning makes it sensitive; without one it is as the account's own default made it.
            "sensitive": bool(spoiler) or bool(now.sensitive and not now.spoiler_text),
            "language": payload.get("language") or now.language,
            "media_ids": _media(payload, attempt),
            "media_attributes": [
                {
                    "id": attempt.media[one.source],
                    "description": one.alt,
                    **({"focus": one.focus} if one.focus else {}),
                }
                for one in pictures
            ],
        }
        url = f"{self.settings['api_base_url'].rstrip('/')}/api/v1/statuses/{quote(attempt.remote_id, safe='')}"
        token = {"Authorization": f"Bearer {self.secrets['access_token']}"}
        with sorted_errors(), _gone():
            made = self._session.request("PUT", url, json=body, headers=token).json()
        warning = _shown_otherwise(now.visibility, made.get("visibility"))
        return Receipt(attempt.remote_id, made.get("url") or made.get("uri"), warning=warning)

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        from publisher.http import sorted_errors

        client = self._client()
        with _gone(), sorted_errors():
            client.status_delete(quote(attempt.remote_id, safe=""))

    def _there(self, client: Client, attempt: Attempt) -> Any:
        from publisher.http import sorted_errors

        with _gone(), sorted_errors():
            return client.status(quote(attempt.remote_id, safe=""))

    @staticmethod
    def _is_ours(client: Client, status: Any, payload: Payload) -> bool:
        """Compared by the source, where the server gives it; else by the words of the HTML it
        made."""
        if str(status.spoiler_text or "").strip() != str(payload.get("spoiler_text", "")).strip():
            return False
        try:
            # Squeezed: Takahē drops empty lines.
            source = client.status_source(status.id).text
            return bool(source.split() == payload["status"].split())
        except Exception:
            shown = re.sub(r"\s+", "", tree.text_of(tree.parse(status.content)))
            return shown == re.sub(r"\s+", "", payload["status"])

    def check(self) -> str:
        from publisher.http import sorted_errors

        client = self._client()
        with sorted_errors():
            me = client.me()
        if not me.acct:
            raise Refused("what answers there is not Mastodon", hint="check api_base_url")
        return f"signed in as @{me.acct} on {self.settings['api_base_url']}"

    def learn(self) -> Facts:
        from publisher.http import sorted_errors

        with sorted_errors():
            instance = instance_of(self.settings["api_base_url"], self._session)
        return facts_of(instance)

    def _client(self) -> Client:
        from mastodon import Mastodon as Client  # 300 ms with what it needs

        return Client(
            access_token=self.secrets["access_token"],
            api_base_url=self.settings["api_base_url"].rstrip("/"),
            session=self._session,
            ratelimit_method="throw",  # waiting is the core's work
            mastodon_version="4.5.0",  # given, it makes no request of its own to find out
            version_check_mode="created",
            user_agent="announcement-publisher",
        )

    @cached_property
    def _session(self) -> Session:
        from publisher.http import Session

        return Session(secrets=self.secrets.values())


def _shown_otherwise(wanted: str | None, now: str | None) -> str:
    """What to say where it is shown to others than it was meant for."""
    if not wanted or not now or wanted == now:
        return ""
    return f"it was to be {wanted}, and the server made it {now}: look at it at once"


def _media(payload: Payload, attempt: Attempt) -> list[str]:
    return [attempt.media[picture.source] for picture in pictures_of(payload)]


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except Refused as error:
        if error.status in (404, 410):
            raise Gone(error.message, status=error.status) from None
        raise
