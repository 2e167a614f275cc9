"""Mastodon, and what speaks its API (GoToSocial, Takahē, …), by Mastodon.py.

API: https://docs.joinmastodon.org/methods/statuses/ (read 2026-07-02).
Limits: 500 characters on an instance that hasn't changed it; the instance says its own in /api/v2/instance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from publisher.adapter import Adapter, Attempt, Facts, Message, Option, Payload, Receipt, Rule
from publisher.errors import CannotLook, Refused, Unknown
from publisher.hosts import check_url
from publisher.text import count, tree

if TYPE_CHECKING:
    from mastodon import Mastodon as Client

    from publisher.http import Session

LIMIT = 500
URL_LENGTH = 23
"""Mastodon's own values (app/validators/status_length_validator.rb, v4.6.5), until the instance says others."""

PAGE, PAGES = 40, 25
"""Statuses read back at once, the most that the API gives, and how often. Ours is among those made since we tried."""

_CLOCKS = timedelta(seconds=2)
"""The Date of an answer is in whole seconds, and an answer takes a while."""


class Mastodon(Adapter):
    name = "mastodon"
    title = "Mastodon"
    options = (
        Option("api_base_url", "text", "your instance: https://mastodon.social", required=True, check=check_url),
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
        Option("spoiler_text", "text", "a content warning; the text is hidden behind it", in_post=True),
        Option(
            "language",
            "text",
            "the post's language (en, fr, …); its front matter's, if not given",
            in_post=True,
        ),
    )

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        spoiler = str(options.get("spoiler_text", ""))
        url_length = int(facts.get("characters_reserved_per_url", URL_LENGTH))
        is_mastodon = bool(facts.get("is_mastodon", True))

        def measure(text: str) -> int:
            return count.mastodon(text, spoiler, url_length=url_length, is_mastodon=is_mastodon)

        if "max_characters" in options:
            return Rule("mastodon", options["max_characters"], "config", measure)
        if "max_characters" in facts:
            return Rule("mastodon", int(facts["max_characters"]), "instance", measure)
        return Rule("mastodon", LIMIT, "default", measure)

    def payload(self, message: Message, index: int) -> Payload:
        options = message.options
        payload: Payload = {"status": message.parts[index].text}
        for key in ("visibility", "spoiler_text"):
            if options.get(key):
                payload[key] = options[key]
        language = options.get("language") or message.language
        if language:
            payload["language"] = language.split("-")[0].lower()  # the API takes ISO 639 codes, without a region
        if index and payload.get("visibility") == "public":
            payload["visibility"] = "unlisted"  # the custom for a thread: its first post alone is in public timelines
        return payload

    def text_of(self, payload: Payload) -> str:
        return str(payload["status"])

    def fields_of(self, payload: Payload) -> dict[str, str]:
        return {"content warning": payload["spoiler_text"]} if "spoiler_text" in payload else {}

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        from publisher.http import sorted_errors

        client, _ = self._client()
        with sorted_errors():
            made = client.status_post(
                **payload,
                in_reply_to_id=attempt.reply_to,
                idempotency_key=attempt.key,
                sensitive=None,  # False is sent as a value, over the account's own default
            )
        if not made.id:
            raise Unknown("it answered without a status's id")
        return Receipt(str(made.id), made.url or made.uri)

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        from publisher.http import sorted_errors

        client, session = self._client()
        try:
            with sorted_errors():
                me, before = client.me(), None
                for _ in range(PAGES):
                    statuses = client.account_statuses(me.id, exclude_reblogs=True, limit=PAGE, max_id=before)
                    earliest = since + session.skew - _CLOCKS
                    for status in statuses:
                        if status.created_at < earliest or str(status.in_reply_to_id or "") != (attempt.reply_to or ""):
                            continue
                        if self._is_ours(client, status, payload):
                            return Receipt(str(status.id), status.url or status.uri)
                    if not statuses or statuses[-1].created_at < earliest:
                        return None
                    before = statuses[-1].id
        except Refused as error:
            raise CannotLook(f"this token may not read what is live ({error.message})") from None
        raise CannotLook(f"the account has posted more than {PAGE * PAGES} times since")

    @staticmethod
    def _is_ours(client: Client, status: Any, payload: Payload) -> bool:
        """Compared by the source, where the server gives it; else by the words of the HTML it made."""
        if str(status.spoiler_text or "").strip() != str(payload.get("spoiler_text", "")).strip():
            return False
        try:
            return bool(client.status_source(status.id).text.strip() == payload["status"].strip())
        except Exception:
            shown = re.sub(r"\s+", "", tree.text_of(tree.parse(status.content)))
            return shown == re.sub(r"\s+", "", payload["status"])

    def check(self) -> str:
        from publisher.http import sorted_errors

        client, _ = self._client()
        with sorted_errors():
            me = client.me()
        if not me.acct:
            raise Refused("what answers there is not Mastodon", hint="check api_base_url")
        return f"signed in as @{me.acct} on {self.settings['api_base_url']}"

    def learn(self) -> Facts:
        from publisher.http import sorted_errors

        client, _ = self._client()
        with sorted_errors():
            instance = client.instance_v2()
        statuses = instance.configuration.statuses
        return {
            "max_characters": int(statuses.max_characters),
            "characters_reserved_per_url": int(statuses.characters_reserved_per_url),
            "version": str(instance.version),
            "is_mastodon": is_mastodon(str(instance.version), str(instance.source_url or "")),
        }

    def _client(self) -> tuple[Client, Session]:
        from mastodon import Mastodon as Client  # 300 ms with what it needs

        from publisher.http import Session

        session = Session(secrets=self.secrets.values())
        client = Client(
            access_token=self.secrets["access_token"],
            api_base_url=self.settings["api_base_url"].rstrip("/"),
            session=session,
            ratelimit_method="throw",  # waiting is the core's work
            mastodon_version="4.5.0",  # given, it makes no request of its own to find out
            version_check_mode="created",
            user_agent="announcement-publisher",
        )
        return client, session


def is_mastodon(version: str, source: str) -> bool:
    """Whether a server counts as Mastodon does. GoToSocial and Takahē don't (their source, 2024 and 2025): they say
    their own name in the version, or have no version of Mastodon's form."""
    names = f"{version} {source}".lower()
    if any(name in names for name in ("gotosocial", "takahe", "takahē", "pleroma", "akkoma", "pixelfed", "friendica")):
        return False
    return re.match(r"\d+\.\d+\.\d+", version) is not None and int(version.split(".")[0]) >= 2
