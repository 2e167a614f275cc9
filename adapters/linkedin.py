"""LinkedIn: a post of a member or an organisation, with the link as a card or with pictures.

API: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
(read 2026-11-27).
Limits: 3,000 characters; 20 pictures. A member's posts can't be read back (r_member_social is closed);
the same text again is refused for a day or two, in words that name the post that is there: that
refusal is the proof.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

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

from . import _linkedin_text

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn
    from publisher.setup.desk import Guide

API = "https://api.linkedin.com"
VERSION = "202609"
"""Of the API, in use on 2026-10; each lives about a year."""
LIMIT = 3000
PICTURES, BYTES, PIXELS, ALT = 20, 8 * 2**20, 36_152_320, 4086
"""https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/images-api and
/multiimage-post-api (read 2026-11-27)."""
KEPT = 24 * 3600.0
"""Seconds: an image that is attached to nothing stays; a day is enough."""
TITLE, DESCRIPTION = 400, 4086
"""Characters of a card's fields (posts-api, article)."""
PROVES = 6 * 3600.0
"""Seconds for which a duplicate is certainly refused: 24 to 48 hours have been seen."""
TOO_MANY = 422
CLOCKS = timedelta(minutes=2)
"""By how much this machine's clock and LinkedIn's may differ."""
PAGE = 50
URN = re.compile(r"urn:li:(?:share|ugcPost):\d+")


def wrong_author(value: str) -> str | None:
    if re.fullmatch(r"urn:li:(person:[\w-]+|organization:\d+)", value):
        return None
    return "is neither urn:li:person:… nor urn:li:organization:…"


def wrong_day(value: str) -> str | None:
    try:
        date.fromisoformat(value)
    except ValueError:
        return "is not a day such as 2026-12-31"
    return None


class LinkedIn(Adapter):
    name = "linkedin"
    title = "LinkedIn"
    replies = False
    edits = True
    deletes = True
    uploads = KEPT
    proves_by_refusal = PROVES
    fold = 140
    """Seen on phones; 200 to 250 on desktops."""
    options = (
        Option(
            "access_token",
            "text",
            "a token with w_member_social, or w_organization_social",
            required=True,
            secret=True,
        ),
        Option(
            "author",
            "text",
            "who posts: urn:li:person:… or urn:li:organization:…",
            required=True,
            check=wrong_author,
        ),
        Option(
            "show",
            "text",
            "beside the text: a card of the link, or the pictures",
            in_post=True,
            choices=("card", "pictures"),
        ),
        Option(
            "token_expires", "text", "the token's last day, so that `check` tells", check=wrong_day
        ),
        Option("api_base_url", "text", f"if not {API}", check=check_url, leads=True),
    )

    _skew: timedelta | None = None

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._named: dict[str, str] = {}
        """By an attempt's key: the post that a refusal named."""

    @classmethod
    def guide(cls) -> Guide:
        from ._linkedin_guide import guide

        return guide

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.linkedin import Server

        return Server

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        return Rule.of("linkedin", LIMIT, options, _linkedin_text.count)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule:
        """A card has one, and no text for those who don't see it."""
        kinds = ("image/jpeg", "image/png", "image/gif")
        whole = (BYTES, PIXELS)
        number = PICTURES if options.get("show") == "pictures" else 1
        return PictureRule(number, kinds, BYTES, PIXELS, animation=whole, alt=ALT)

    def payload(self, message: Message, index: int) -> Payload:
        payload: Payload = {"commentary": _linkedin_text.little(message.parts[index].text)}
        has_card = message.options.get("show") != "pictures" and message.url
        if has_card and index == 0:
            payload["card"] = {
                "source": message.url,
                "title": (message.title or message.url)[:TITLE],
                "description": message.description[:DESCRIPTION],
            }
        if message.pictures and index == 0:
            payload["pictures"] = [picture.as_value() for picture in message.pictures]
        return payload

    def text_of(self, payload: Payload) -> str:
        return _linkedin_text.plain(str(payload["commentary"]))

    def fields_of(self, payload: Payload) -> dict[str, str]:
        card = payload.get("card")
        return {"title": card["title"], "link": card["source"]} if card else {}

    def seen(self, payload: Payload) -> Any:
        """A card and pictures stay what they are."""
        return payload["commentary"]

    def id_in(self, url: str) -> str:
        found = URN.search(url)
        return found[0] if found else ""

    # At the edge.

    def upload(self, picture: Picture, data: bytes) -> Upload:
        asked = {"initializeUploadRequest": {"owner": self.settings["author"]}}
        begun = self._ask("POST", "/rest/images?action=initializeUpload", json=asked)
        try:
            place, image = str(begun["value"]["uploadUrl"]), str(begun["value"]["image"])
        except (KeyError, TypeError):
            raise Unknown("LinkedIn began an upload, and didn't say where") from None
        self._ask("PUT", place, data=data)
        return Upload(image, ready=False)

    def finish(self, id: str, picture: Picture) -> bool:
        status = self._ask("GET", f"/rest/images/{quote(id, safe='')}").get("status")
        if status == "PROCESSING_FAILED":
            raise Refused("LinkedIn can't read the picture")
        return bool(status == "AVAILABLE")

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        content = _content(payload, attempt)
        body = {
            "author": self.settings["author"],
            "commentary": payload["commentary"],
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
            **({"content": content} if content else {}),
        }
        try:
            return self._receipt(self._answer("POST", "/rest/posts", json=body))
        except Refused as error:
            if error.status != TOO_MANY or "duplicate" not in error.message.casefold():
                raise
            found = URN.search(error.message)
            began = attempt.began + (self.clock() or timedelta())
            if found and made_at(found[0]) < began - CLOCKS:
                # Of a post that was there before: perhaps one that was deleted since.
                error.hint = "LinkedIn has had this text before: change a word"
                raise
            self._named[attempt.key] = found[0] if found else ""
            raise Duplicate(error.message, status=error.status) from None

    def clock(self) -> timedelta | None:
        """Asked for once."""
        from publisher.http import clock_of

        if self._skew is None:
            self._skew = clock_of(str(self.settings.get("api_base_url") or API))
        return self._skew

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        """What a refusal has named; of an organisation, what its list has."""
        named = self._named.get(attempt.key, "")
        if named and not attempt.is_taken(named):
            return Receipt(named, _address(named))
        if not self._reads():
            raise CannotLook("what a member has posted can't be read back")
        author = quote(str(self.settings["author"]), safe="")
        listed = self._ask("GET", f"/rest/posts?q=author&author={author}&count={PAGE}")
        for post in listed.get("elements") or []:
            made = int(post.get("createdAt") or 0) / 1000
            same = post.get("commentary") == payload["commentary"]
            if same and made >= since.timestamp() - 1 and not attempt.is_taken(str(post["id"])):
                return Receipt(str(post["id"]), _address(str(post["id"])))
        return None

    def stands(self, payload: Payload, attempt: Attempt) -> bool:
        if not self._reads():
            raise CannotLook("what a member has posted can't be read back")
        live = self._post("GET", attempt)
        return bool(live.get("commentary") == payload["commentary"])

    def update(self, payload: Payload, attempt: Attempt) -> Receipt:
        patch = {"patch": {"$set": {"commentary": payload["commentary"]}}}
        headers = {"X-RestLi-Method": "PARTIAL_UPDATE"}
        self._post("POST", attempt, json=patch, headers=headers)
        return Receipt(attempt.remote_id)

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        self._post("DELETE", attempt, headers={"X-RestLi-Method": "DELETE"})

    def check(self) -> str:
        """Raises Refused where the token is no good any more."""
        me = self.whoami()
        who = f"signed in as {me.get('name')}, posting as {self.settings['author']}"
        if "token_expires" not in self.settings:
            return (
                f"{who}; a token lives 60 days: set token_expires, and this tells how many are left"
            )
        from publisher.clock import now

        left = (date.fromisoformat(self.settings["token_expires"]) - now().date()).days
        return f"{who}; its token lives {left} more days"

    def whoami(self) -> Mapping[str, Any]:
        """Whose token it is: "sub" is the member's id, "name" their name."""
        told = self._ask("GET", "/v2/userinfo")
        if not isinstance(told, dict) or "sub" not in told:
            raise Refused("what answers there is not LinkedIn's")
        return told

    def _reads(self) -> bool:
        return str(self.settings["author"]).startswith("urn:li:organization:")

    def _post(self, method: str, attempt: Attempt, **kwargs: Any) -> Any:
        try:
            path = f"/rest/posts/{quote(attempt.remote_id, safe='')}"
            return self._ask(method, path, **kwargs)
        except Refused as error:
            if error.status == 404:
                raise Gone(error.message, status=404) from None
            raise

    def _receipt(self, answer: Any) -> Receipt:
        named = str(answer.headers.get("x-restli-id", ""))
        if not URN.fullmatch(named):
            raise Unknown("LinkedIn answered without the post's name")
        return Receipt(named, _address(named))

    def _ask(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = self._answer(method, path, **kwargs)
        return answer.json() if answer.content else {}

    def _answer(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **kwargs: Any
    ) -> Any:
        from publisher.http import Session, sorted_errors

        server = str(self.settings.get("api_base_url") or API).rstrip("/")
        address = path if path.startswith("http") else server + path
        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            session.headers.update(
                {
                    "Authorization": f"Bearer {self.secrets['access_token']}",
                    "LinkedIn-Version": VERSION,
                    "X-Restli-Protocol-Version": "2.0.0",
                    **(headers or {}),
                }
            )
            try:
                return session.request(method, address, **kwargs)
            except Refused as error:
                raise _with_hint(error) from None


def made_at(urn: str) -> datetime:
    """A post's number holds when it was made: milliseconds since 1970 above its last 22 bits."""
    return datetime.fromtimestamp((int(urn.rpartition(":")[2]) >> 22) / 1000, UTC)


def _with_hint(error: Refused) -> Refused:
    if "version" in error.message.casefold() and error.status in (400, 426):
        error.hint = f"LinkedIn's version {VERSION} has ended: update announcement-publisher"
    elif error.status == 401:
        error.hint = "a token lives 60 days: make a new one (docs/linkedin.md)"
    return error


def _content(payload: Payload, attempt: Attempt) -> dict[str, Any]:
    pictures = [(picture, attempt.media[picture.source]) for picture in pictures_of(payload)]
    if "card" in payload:
        card = {name: value for name, value in payload["card"].items() if value}
        return {"article": {**card, **({"thumbnail": pictures[0][1]} if pictures else {})}}
    images = [{"id": image, "altText": picture.alt} for picture, image in pictures]
    if len(images) > 1:
        return {"multiImage": {"images": images}}
    return {"media": images[0]} if images else {}


def _address(urn: str) -> str:
    return f"https://www.linkedin.com/feed/update/{urn}/"
