"""X's API v2: https://docs.x.com/x-api/posts/create-post and its neighbours (openapi 2.167, read
2026-11-22).

Where the description and what X really answers differ, this answers as X does: 403 for a duplicate
has the type "about:blank", which the description doesn't list.
"""

from __future__ import annotations

import base64
import binascii
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar

from publisher.sandbox import twitter_oauth as oauth
from publisher.sandbox.oauth import signed_by
from publisher.sandbox.platform import Platform, Route, Stop, iso, page, picture, plain
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.twitter_rules import (
    NUMBER,
    USER_ID,
    USERNAME,
    body_of,
    checked,
    fields_of,
    forbidden,
    invalid,
    missing,
    problem,
    shortened,
    time_in,
)
from publisher.sandbox.web import Answer, Request, as_json

LIMIT, PAID = 280, 25_000
"""Weighted characters of a post, and for an account that pays for more."""
MAX_IMAGE, MAX_GIF = 5 * 2**20, 15 * 2**20
IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}


class Twitter(Platform):
    """Switches: `reads` (False: a plan that can't read posts), `access_level`, `lag`, and
    `processing`, the seconds during which an uploaded animation isn't ready."""

    name = "twitter"
    title = "X"
    epoch = 1_288_834_974_657

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.consumer_key = "sandbox-consumer-key"
        self.consumer_secret = "sandbox-consumer-secret"  # noqa: S105 - these open nothing but this
        self.access_token = f"{USER_ID}-sandbox-access-token"
        self.access_token_secret = "sandbox-access-token-secret"  # noqa: S105
        self.pending: dict[str, oauth.Pending] = {}
        self.reads = True
        self.access_level = "read-write"
        self.processing = 0.0
        self.longest = LIMIT

    def settings(self) -> Mapping[str, str]:
        return {"api_url": self.url}

    def secrets(self) -> Mapping[str, str]:
        return {
            "consumer_key": self.consumer_key,
            "consumer_secret": self.consumer_secret,
            "access_token": self.access_token,
            "access_token_secret": self.access_token_secret,
        }

    def reset(self) -> None:
        with self.lock:
            super().reset()
            self.pending.clear()

    def vary(self, random: Random) -> None:
        super().vary(random)
        self.reads = random.random() < 0.7
        self.longest = PAID

    def create(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._sign_in(request)
        given = checked(request)
        text = str(given.get("text", ""))
        media = given.get("media", {}).get("media_ids", [])
        parent = given.get("reply", {}).get("in_reply_to_tweet_id")
        if not text.strip() and not media:
            return invalid("A post must have text or media")
        if any(number not in self.files for number in media):
            return invalid("Your media IDs are invalid.", media_ids=[",".join(media)])
        if len(media) > 1 and any(
            self.files[number]["category"] != "tweet_image" for number in media
        ):
            return invalid(
                "A post may have pictures, or one animation or video", media_ids=[",".join(media)]
            )
        if parent is not None and parent not in self.posts:
            return forbidden(
                "You attempted to reply to a Tweet that is deleted or not visible to you."
            )
        self._measure(text)
        same = unicodedata.normalize("NFC", text).strip()
        if same and any(post["same"] == same for post in self.posts.values()):
            return forbidden("You are not allowed to create a Tweet with duplicate content.")
        new_id = self.new_id()
        shown, urls = shortened(
            text, new_id, f"https://x.com/{USERNAME}/status/{new_id}/photo/1" if media else ""
        )
        post = {
            "id": new_id,
            "at": self.clock.now(),
            "text": text,
            "same": same,
            "shown": shown,
            "urls": urls,
            "parent": parent,
            "request": given,
        }
        self.keep(new_id, post)
        data = {"id": new_id, "text": _beginning(post), "edit_history_tweet_ids": [new_id]}
        return as_json(201, {"data": data})

    def _measure(self, text: str) -> None:
        from publisher.text.measure import count

        if count.twitter(text) > self.longest:
            raise Stop(forbidden("Your Tweet text is too long."))

    def delete(self, request: Request, names: Mapping[str, str]) -> Answer:
        """What X says of a post that is gone already isn't documented; here that is no error."""
        self._sign_in(request)
        if names["id"] in self.posts:
            self.drop(names["id"])
        return as_json(200, {"data": {"deleted": True}})

    def show(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._sign_in(request, reading=True)
        post = self.posts.get(names["id"])
        if post is None:
            return as_json(200, {"errors": [missing("tweet", names["id"], "id")]})
        return as_json(200, {"data": self._post(post, fields_of(request))})

    def timeline(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._sign_in(request, reading=True)
        if names["id"] != USER_ID:
            return as_json(200, {"errors": [missing("user", names["id"], "id")]})
        limit = request.argument("max_results", "10")
        if not NUMBER.fullmatch(limit) or not 5 <= int(limit) <= 100:
            return invalid(
                f"The `max_results` query parameter value [{limit}] is not between 5 and 100"
            )
        start, end = time_in(request, "start_time"), time_in(request, "end_time")
        since, until = request.argument("since_id", "0"), request.argument("until_id", "9" * 19)
        if not NUMBER.fullmatch(since) or not NUMBER.fullmatch(until):
            return invalid("The `since_id` and `until_id` query parameters must be ids")
        token = request.argument("pagination_token")
        skip = int(token) if NUMBER.fullmatch(token) else 0
        shown = [
            post
            for post in self.listable()
            if (start is None or post["at"] >= start)
            and (end is None or post["at"] < end)
            and int(since) < int(post["id"]) < int(until)
            and not ("replies" in request.argument("exclude").split(",") and post["parent"])
        ]
        listed = shown[skip : skip + int(limit)]
        meta: dict[str, Any] = {"result_count": len(listed)}
        if listed:
            meta |= {"newest_id": listed[0]["id"], "oldest_id": listed[-1]["id"]}
        if skip + int(limit) < len(shown):
            meta["next_token"] = str(skip + int(limit))
        fields = fields_of(request)
        data = {"data": [self._post(post, fields) for post in listed]} if listed else {}
        return as_json(200, data | {"meta": meta})

    def me(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._sign_in(request)
        data = {"id": USER_ID, "name": "The sandbox's account", "username": USERNAME}
        return as_json(200, {"data": data})

    def upload(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._sign_in(request)
        if request.content_type == "multipart/form-data":
            data = b"".join(part.data for part in request.uploads() if part.name == "media")
            category = dict(request.form()).get("media_category", "")
        else:
            given = body_of(request)
            category = str(given.get("media_category", ""))
            try:
                data = base64.b64decode(str(given.get("media", "")), validate=True)
            except binascii.Error:
                return invalid("$.media: is not base64")
        if category not in ("tweet_image", "tweet_gif", "tweet_video"):
            return invalid("$.media_category: does not have a value in the enumeration")
        kind = next((kind for magic, kind in IMAGES.items() if data.startswith(magic)), None)
        if kind is None or len(data) > (MAX_GIF if category == "tweet_gif" else MAX_IMAGE):
            return invalid(
                "media type unrecognized." if kind is None else "The image is too large."
            )
        new_id = self.new_id()
        file = {
            "id": new_id,
            "data": data,
            "kind": kind,
            "alt": None,
            "at": self.clock.now(),
            "category": category,
        }
        self.keep_file(new_id, file)
        return as_json(200, {"data": self._upload(file)})

    def upload_status(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._sign_in(request)
        file = self.files.get(request.argument("media_id"))
        if file is None or request.argument("command") != "STATUS":
            return invalid("The `media_id` or `command` query parameter is not valid")
        return as_json(200, {"data": self._upload(file)})

    def _upload(self, file: Mapping[str, Any]) -> dict[str, Any]:
        """An animation is processed for a while; a picture is there at once."""
        answer = {
            "id": file["id"], "media_key": f"3_{file['id']}", "size": len(file["data"]), "expires_after_secs": 86_400,
        }  # fmt: skip
        if file["category"] != "tweet_image":
            done = self.clock.now() >= file["at"] + timedelta(seconds=self.processing)
            state = (
                {"state": "succeeded"} if done else {"state": "in_progress", "check_after_secs": 1}
            )
            answer["processing_info"] = state
        return answer

    def describe(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._sign_in(request)
        given = body_of(request)
        file = self.files.get(str(given.get("id")))
        if file is None:
            return invalid("$.id: there is no such media")
        metadata = given.get("metadata") or {}
        alt = str((metadata.get("alt_text") or {}).get("text", ""))
        if len(alt) > 1000:
            return invalid("$.metadata.alt_text.text: must be at most 1000 characters long")
        file["alt"] = alt
        data = {"id": file["id"], "associated_metadata": {"alt_text": {"text": alt}}}
        return as_json(200, {"data": data})

    def file(self, _: Request, names: Mapping[str, str]) -> Answer:
        file = self.files.get(names["id"])
        if file is None:
            return self.not_found()
        return Answer(
            200, file["data"], {"Content-Type": file["kind"], "X-Content-Type-Options": "nosniff"}
        )

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        post = self.posts.get(names["id"])
        if post is None:
            return page("Not found", "<p>No such post here.</p>", status=404)
        files = "".join(
            picture(f"/media/{file['id']}", file["alt"]) for file in self._attached(post)
        )
        body = f"{plain(post['text'])}{files}<footer>{post['at']:%Y-%m-%d %H:%M:%S} UTC</footer>"
        return page(f"@{USERNAME} on the sandbox's X", body)

    # What Platform asks.

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        return {
            "channel": self.name,
            "id": post["id"],
            "url": f"{self.url}/{USERNAME}/status/{post['id']}",
            "text": post["text"],
            "at": post["at"].isoformat(),
            "in_reply_to_id": post["parent"],
            "media": [{"id": file["id"], "alt": file["alt"]} for file in self._attached(post)],
            "pictures": [
                {"url": f"{self.url}/media/{file['id']}", "alt": file["alt"]}
                for file in self._attached(post)
            ],
            "request": post["request"],
            "object": self._post(
                post, {"created_at", "entities", "author_id", "referenced_tweets"}
            ),
        }

    def not_found(self) -> Answer:
        return problem(404, "Not Found", "Not Found")

    def failure(self, status: int) -> Answer:
        said = "Service Unavailable" if status == 503 else "Internal Server Error"
        return problem(status, said, said)

    def too_many(self, seconds: float) -> Answer:
        answer = problem(429, "Too Many Requests", "Too Many Requests")
        return answer.plus(self.limits(0, self.clock.now() + timedelta(seconds=seconds)))

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {
            "x-rate-limit-limit": "300",
            "x-rate-limit-remaining": str(remaining),
            "x-rate-limit-reset": str(-int(-reset.timestamp() // 1)),
            "x-access-level": self.access_level,
        }

    def _sign_in(self, request: Request, *, reading: bool = False) -> None:
        keys = (
            self.consumer_key,
            self.consumer_secret,
            self.access_token,
            self.access_token_secret,
        )
        if not signed_by(request, *keys):
            raise Stop(problem(401, "Unauthorized", "Unauthorized"))
        if request.method != "GET" and "write" not in self.access_level:
            raise Stop(forbidden("Your app is not permitted to perform this action."))
        if reading and not self.reads:
            raise Stop(
                as_json(
                    403,
                    {
                        "title": "Client Forbidden",
                        "detail": "This endpoint is not part of the plan that your App is enrolled in.",
                        "reason": "client-not-enrolled",
                        "required_enrollment": "Appropriate Level of API Access",
                        "registration_url": "https://developer.x.com/en/docs/projects/overview",
                        "type": "https://api.twitter.com/2/problems/client-forbidden",
                    },
                )
            )

    def _attached(self, post: Mapping[str, Any]) -> list[dict[str, Any]]:
        numbers = post["request"].get("media", {}).get("media_ids", [])
        return [self.files[number] for number in numbers if number in self.files]

    def _post(self, post: Mapping[str, Any], fields: set[str]) -> dict[str, Any]:
        """A Post with X's default fields and those asked for."""
        known: dict[str, Any] = {
            "created_at": iso(post["at"]),
            "author_id": USER_ID,
            "conversation_id": self._root(post),
            "lang": "en",
        }
        if post["urls"]:
            known["entities"] = {"urls": post["urls"]}
        if post["parent"]:
            known["in_reply_to_user_id"] = USER_ID
            known["referenced_tweets"] = [{"type": "replied_to", "id": post["parent"]}]
        media = post["request"].get("media", {}).get("media_ids")
        if media:
            known["attachments"] = {"media_keys": [f"3_{number}" for number in media]}
        if _beginning(post) != post["shown"]:
            known["note_tweet"] = {"text": post["shown"]}
            if post["urls"]:
                known["note_tweet"]["entities"] = {"urls": post["urls"]}
        text = _beginning(post)
        base = {"id": post["id"], "text": text, "edit_history_tweet_ids": [post["id"]]}
        return base | {name: value for name, value in known.items() if name in fields}

    def _root(self, post: Mapping[str, Any]) -> str:
        while post["parent"] in self.posts:
            post = self.posts[post["parent"]]
        return str(post["id"])

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/2/tweets", create),
        Route("GET", "/2/tweets/{id}", show),
        Route("DELETE", "/2/tweets/{id}", delete),
        Route("GET", "/2/users/me", me),
        Route("GET", "/2/users/{id}/tweets", timeline),
        Route("POST", "/2/media/upload", upload),
        Route("GET", "/2/media/upload", upload_status),
        Route("POST", "/2/media/metadata", describe),
        Route("GET", "/media/{id}", file),
        *oauth.ROUTES,
        Route("GET", "/{user}/status/{id}", page),
        Route("GET", "/i/web/status/{id}", page),
    )


def _beginning(post: Mapping[str, Any]) -> str:
    """`text`, of which a long post's is only the beginning: all of it is in `note_tweet`, for who
    asks (https://docs.x.com/x-api/fundamentals/data-dictionary, read 2026-11)."""
    from publisher.text.measure import count

    shown = str(post["shown"])
    if count.twitter(post["text"]) <= LIMIT:
        return shown
    return shown[: LIMIT - 3].rstrip() + "…"
