"""X, by tweepy: API v2 with OAuth 1.0a user tokens.

API: https://docs.x.com/x-api/posts/create-post and /media/upload-media (read 2026-08-22).
Limits: 280 by weighted length (twitter-text config v3); a longer text only with Premium (set
max_characters). Pictures: 4, or one animation; JPEG, PNG, GIF, WebP of 5 MB
(docs.x.com/x-api/media, read 2026-08-22). Prices: https://docs.x.com/x-api/getting-started/pricing
(2026-04-20): $0.015 a post, $0.20 with a link, $0.005 for a picture's text.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
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
from publisher.errors import CannotLook, Duplicate, Gone, Refused, Unknown
from publisher.hosts import check_url
from publisher.text.flavour import NON_JOINER, Pings
from publisher.text.measure import count, entities

if TYPE_CHECKING:
    from tweepy import Client

    from publisher.http import Session
    from publisher.sandbox.stand_in import StandIn
    from publisher.setup.desk import Guide

LIMIT = 280
COST, COST_WITH_LINK, COST_OF_ALT = 0.015, 0.20, 0.005
"""US dollars a post and a picture's text, as of 2026-04-20."""

PICTURES, BYTES, PIXELS, ALT = 4, 5_000_000, 4096 * 4096, 1000
"""X takes more pixels, and shows no more than these."""
ANIMATION_PIXELS = 1280 * 1080
"""A GIF may have 15 MB, but not in one request; a larger one is sent as a still picture."""

API_URL = "https://api.twitter.com"
"""Where tweepy sends everything; api_url puts another address in its place, before the request is
signed."""

PAGE, PAGES = 20, 25
"""Posts read back at once, at $0.001 each, and how often. Ours is among those made since we
tried."""

PINGS = Pings(
    re.compile(r"(?<![A-Za-z0-9_!#$%&*@＠])[@＠](?P<name>\w+)(?P<host>@[\w.-]+\w)?"),
    inert=NON_JOINER,
)
_LATIN = re.compile(r"#[0-9A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]+")
"""Hashtags of which it is known that X takes them, so that its long pattern isn't needed."""

_CLOCKS = timedelta(seconds=2)
_PICTURE = re.compile(r"/status/\d+/(?:photo|video)/\d+$")


def _secret(name: str, help: str) -> Option:
    return Option(name, "text", help, required=True, secret=True)


class Twitter(Adapter):
    name = "twitter"
    title = "X"
    aliases = ("x",)
    options = (
        _secret("consumer_key", "developer portal → your app → Keys and tokens → API Key"),
        _secret(
            "consumer_secret", "developer portal → your app → Keys and tokens → API Key Secret"
        ),
        _secret(
            "access_token",
            "developer portal → your app → Keys and tokens → Access Token (Read and Write)",
        ),
        _secret(
            "access_token_secret",
            "developer portal → your app → Keys and tokens → Access Token Secret",
        ),
        Option(
            "api_url", "text", "the API's address, if it isn't X's own", check=check_url, leads=True
        ),
        Option(
            "reply_settings",
            "text",
            "who may reply; everyone, if not given",
            in_post=True,
            choices=("following", "mentionedUsers", "subscribers", "verified"),
        ),
    )
    proves_by_refusal = 15 * 60.0
    uploads = 20 * 3600.0  # "expires_after_secs": 86400
    deletes = True
    pings = PINGS

    @staticmethod
    def is_hashtag(tag: str) -> bool:
        """Without letters that twitter-text doesn't know yet."""
        if _LATIN.fullmatch(tag):
            return True
        found = entities.twitter_hashtags(tag)
        return [(span.start, span.end) for span in found] == [(0, len(tag))]

    @classmethod
    def guide(cls) -> Guide:
        from ._twitter_guide import guide

        return guide

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.twitter import Twitter

        return Twitter

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        if "max_characters" in options:
            return Rule("twitter", options["max_characters"], "config", count.twitter)
        return Rule("twitter", LIMIT, "default", count.twitter)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule:
        kinds = ("image/jpeg", "image/png", "image/gif", "image/webp")
        return PictureRule(
            PICTURES, kinds, BYTES, PIXELS, animation=(BYTES, ANIMATION_PIXELS), alone=True, alt=ALT
        )

    def payload(self, message: Message, index: int) -> Payload:
        payload: Payload = {"text": message.parts[index].text}
        if message.pictures and index == 0:
            payload["pictures"] = [picture.as_value() for picture in message.pictures]
        if message.options.get("reply_settings") and index == 0:
            payload["reply_settings"] = message.options["reply_settings"]
        return payload

    def text_of(self, payload: Payload) -> str:
        return str(payload["text"])

    def cost(self, payload: Payload) -> float:
        texts = sum(1 for picture in pictures_of(payload) if picture.alt)
        return (
            COST_WITH_LINK if entities.twitter_urls(payload["text"]) else COST
        ) + texts * COST_OF_ALT

    def upload(self, picture: Picture, data: bytes) -> Upload:
        """By `Client.request`: tweepy 4.17 has no method for it, and its own of API v1.1 leads
        nowhere any more."""
        from publisher.http import sorted_errors

        client = self._client()
        category = "tweet_gif" if picture.kind == "image/gif" else "tweet_image"
        body = {"media": base64.b64encode(data).decode("ascii"), "media_category": category}
        with sorted_errors():
            made = client.request("POST", "/2/media/upload", json=body, user_auth=True).json()[
                "data"
            ]
        return Upload(str(made["id"]), ready=not picture.alt and "processing_info" not in made)

    def finish(self, id: str, picture: Picture) -> bool:
        from publisher.http import sorted_errors

        client = self._client()
        with sorted_errors():
            if picture.kind == "image/gif":
                asked = {"command": "STATUS", "media_id": id}
                made = client.request(
                    "GET", "/2/media/upload", params=asked, user_auth=True
                ).json()["data"]
                state = (made.get("processing_info") or {}).get("state", "succeeded")
                if state == "failed":
                    raise Refused(
                        "X can't make anything of the animation", hint="attach a still picture"
                    )
                if state != "succeeded":
                    return False
            if picture.alt:
                body = {"id": id, "metadata": {"alt_text": {"text": picture.alt}}}
                client.request("POST", "/2/media/metadata", json=body, user_auth=True)
        return True

    def is_there(self, url: str) -> bool:
        host = urlsplit(url).hostname or ""
        own = urlsplit(self.settings.get("api_url", "")).hostname
        return host.removeprefix("www.").removeprefix("mobile.") in ("x.com", "twitter.com", own)

    def id_in(self, url: str) -> str:
        found = re.search(r"/status(?:es)?/(\d+)", url)
        return found[1] if found else ""

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        from publisher.http import sorted_errors

        client = self._client()
        try:
            with sorted_errors():
                answer = client.create_tweet(
                    **{name: value for name, value in payload.items() if name != "pictures"},
                    media_ids=[attempt.media[picture.source] for picture in pictures_of(payload)]
                    or None,
                    in_reply_to_tweet_id=attempt.reply_to,
                )
        except Refused as error:
            if error.status == 403 and "duplicate content" in error.message.lower():
                raise Duplicate(
                    error.message,
                    hint="the same text is live already; change a word to post it again",
                    status=403,
                ) from None
            if error.status == 402:
                raise Refused(
                    error.message, hint="buy credits in the developer portal", status=402
                ) from None
            raise
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict) or not data.get("id"):
            raise Unknown("X answered without an id")
        return self._receipt(data["id"])

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        """Read the account's own posts back. Raises CannotLook where the plan, or the credits,
        don't allow it."""
        from publisher.http import sorted_errors

        client = self._client()
        more = None
        for _ in range(PAGES):
            try:
                with sorted_errors():
                    answer = client.get_users_tweets(
                        self._user_id(client),
                        max_results=PAGE,
                        pagination_token=more,
                        tweet_fields=["created_at", "entities", "note_tweet", "referenced_tweets"],
                        user_auth=True,
                    )
            except Refused as error:
                raise CannotLook(f"this plan can't read what is live ({error.message})") from None
            if "meta" not in answer:  # a 200 may hold nothing but errors: that is no empty list
                raise CannotLook("X did not list this account's posts")
            earliest = since - _CLOCKS
            for post in answer.get("data") or ():
                if datetime.fromisoformat(post["created_at"]) < earliest:
                    return None
                if attempt.is_taken(str(post["id"])):
                    continue
                if _parent(post) == attempt.reply_to and _same(post, payload["text"]):
                    return self._receipt(post["id"])
            more = answer["meta"].get("next_token")
            if not more:
                return None
        raise CannotLook(f"the account has posted more than {PAGE * PAGES} times since")

    def clock(self) -> timedelta | None:
        return self._session.clock(f"{API_URL}/2/tweets")

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        from publisher.http import sorted_errors

        client = self._client()
        try:
            with sorted_errors():
                client.delete_tweet(quote(attempt.remote_id, safe=""))
        except Refused as error:
            if error.status == 404:
                raise Gone(error.message, status=404) from None
            raise

    def check(self) -> str:
        from publisher.http import sorted_errors

        client = self._client()
        with sorted_errors():
            me = client.get_me(user_auth=True)
        return f"signed in as @{me['data']['username']}"

    def _receipt(self, id: str) -> Receipt:
        """X doesn't say a post's address; this form leads there without the user's name."""
        return Receipt(
            str(id),
            f"{self.settings.get('api_url', 'https://x.com').rstrip('/')}/i/web/status/{id}",
        )

    def _user_id(self, client: Client) -> str:
        """A user's access token begins with the user's id, which saves asking for it ($0.010)."""
        head = self.secrets["access_token"].partition("-")[0]
        return head if head.isdigit() else str(client.get_me(user_auth=True)["data"]["id"])

    def _client(self) -> Client:
        from tweepy import Client  # 250 ms with what it needs

        names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        client = Client(**{name: self.secrets[name] for name in names}, return_type=dict)
        client.session = self._session
        return client

    @cached_property
    def _session(self) -> Session:
        from publisher.http import Session

        address = self.settings.get("api_url", "").rstrip("/")
        rewrite = (API_URL, address) if address else None
        return Session(rewrite=rewrite, secrets=self.secrets.values())


def _parent(post: Mapping[str, Any]) -> str | None:
    for other in post.get("referenced_tweets") or ():
        if other.get("type") == "replied_to":
            return str(other["id"])
    return None


def _same(post: Mapping[str, Any], text: str) -> bool:
    """Whether a post that was read back is our text: X replaces addresses by t.co ones, and escapes
    & < >."""
    whole = post.get("note_tweet") or post  # beyond 280 characters, `text` is only its beginning
    shown = html.unescape(whole["text"])
    urls = (whole.get("entities") or post.get("entities") or {}).get("urls") or ()
    for url in urls:
        target = url.get("expanded_url") or url["url"]
        # A picture is an address at the end, too, which nobody wrote.
        shown = shown.replace(url["url"], "" if _PICTURE.search(target) else _bare(target), 1)
    return _without_addresses(shown) == _without_addresses(text)


def _without_addresses(text: str) -> str:
    """The text with each address in its barest form, since X completes `example.org` to
    `http://example.org/`."""
    pieces, end = [], 0
    for span in entities.twitter_urls(text):
        pieces += [text[end : span.start], _bare(text[span.start : span.end])]
        end = span.end
    return " ".join("".join([*pieces, text[end:]]).split())


def _bare(address: str) -> str:
    return address.removeprefix("https://").removeprefix("http://").rstrip("/")
