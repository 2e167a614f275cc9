"""LinkedIn's Posts and Images API, as far as a member or an organisation that posts uses it.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api (read
2026-11-27). A text ends at its first reserved character that isn't escaped, without a word; the same
text again is refused for a day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import unquote

from publisher.sandbox.platform import Platform, Route, Stop, page, picture, plain
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.web import Answer, Request, as_json

TOKEN = "sandbox-linkedin-token"  # noqa: S105 - it opens nothing but this
PERSON, ORGANISATION = "urn:li:person:sandbox1", "urn:li:organization:4711"
VERSIONS = re.compile(r"2026\d\d")
MAX_TEXT, MAX_IMAGES = 3000, 20
REMEMBERED = timedelta(hours=24)
_RESERVED = frozenset("|{}@[]()<>#*_~")
_HASHTAG = re.compile(r"\{hashtag\|\\#\|([^|{}]+)\}")


def error(status: int, code: str, message: str) -> Answer:
    return as_json(status, {"status": status, "code": code, "message": message})


def shown(commentary: str) -> str:
    """What a reader sees: escapes undone, hashtags named, and cut where it goes wrong."""
    seen: list[str] = []
    at = 0
    while at < len(commentary):
        tag = _HASHTAG.match(commentary, at)
        if tag:
            seen.append(f"#{tag[1]}")
            at = tag.end()
        elif commentary[at] == "\\" and at + 1 < len(commentary):
            seen.append(commentary[at + 1])
            at += 2
        elif commentary[at] in _RESERVED:
            break
        else:
            seen.append(commentary[at])
            at += 1
    return "".join(seen)


class Server(Platform):
    """`reads`: whether the token may read posts, as an organisation's may. `slow_images`: whether a
    picture isn't available when it is asked for the first time. `remembers`: whether a text is refused
    though its post was deleted."""

    name = "linkedin"
    title = "LinkedIn"

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.reads = False
        self.slow_images = False
        self.remembers = False
        self._texts: dict[tuple[str, str], tuple[str, datetime]] = {}

    def settings(self) -> Mapping[str, str]:
        return {"author": PERSON, "api_base_url": self.url}

    def secrets(self) -> Mapping[str, str]:
        return {"access_token": TOKEN}

    def reset(self) -> None:
        with self.lock:
            super().reset()
            self._texts.clear()

    def me(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        return as_json(200, {"sub": "sandbox1", "name": "Ada Lovelace"})

    def create(self, request: Request, _: Mapping[str, str]) -> Answer:
        given = self._given(request)
        author, commentary = str(given.get("author")), self._text(given)
        if author not in (PERSON, ORGANISATION):
            raise Stop(error(403, "ACCESS_DENIED", "Not enough permissions to access: posts"))
        known, at = self._texts.get((author, commentary), ("", self.clock.now()))
        is_there = self.remembers or known.rpartition(":")[2] in self.posts
        if known and is_there and self.clock.now() - at < REMEMBERED:
            words = f"Content is a duplicate of {known}"
            raise Stop(error(422, "DUPLICATE_POST", words))
        content = self._content(given.get("content") or {})
        number = self.new_id()
        post: dict[str, Any] = {
            "id": number,
            "urn": f"urn:li:share:{number}",
            "author": author,
            "at": self.clock.now(),
            "edited": None,
            "commentary": commentary,
            "content": content,
        }
        self.keep(number, post)
        self._texts[author, commentary] = (post["urn"], post["at"])
        return Answer(201, b"", {"x-restli-id": post["urn"]})

    def change(self, request: Request, names: Mapping[str, str]) -> Answer:
        given = self._given(request)
        post = self._live(names)
        if request.headers.get("x-restli-method") != "PARTIAL_UPDATE":
            raise Stop(error(400, "ILLEGAL_ARGUMENT", "no such method"))
        commentary = self._text((given.get("patch") or {}).get("$set") or {})
        self.keep(post["id"], {**post, "commentary": commentary, "edited": self.clock.now()})
        return Answer(204)

    def delete(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        self.drop(self._live(names)["id"])
        return Answer(204)

    def show(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        self._may_read()
        return as_json(200, self._told(self._live(names)))

    def listing(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        self._may_read()
        author = request.argument("author")
        shown_posts = [post for post in self.listable() if post["author"] == author]
        return as_json(200, {"elements": [self._told(post) for post in shown_posts]})

    def begin_upload(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._given(request)
        image = f"urn:li:image:C{self.new_id()}"
        self.keep_file(image, {"data": b"", "asked": not self.slow_images})
        place = f"{self.url}/upload/{image.rpartition(':')[2]}"
        return as_json(200, {"value": {"uploadUrl": place, "image": image}})

    def upload(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._file(f"urn:li:image:{names['id']}")["data"] = request.body
        return Answer(201)

    def image(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request)
        file = self._file(unquote(names["id"]))
        ready, file["asked"] = file["asked"] and bool(file["data"]), True
        return as_json(200, {"status": "AVAILABLE" if ready else "PROCESSING"})

    def file(self, _: Request, names: Mapping[str, str]) -> Answer:
        file = self.files.get(f"urn:li:image:{names['id']}")
        if file is None:
            return self.not_found()
        safe = {"Content-Type": "image/png", "X-Content-Type-Options": "nosniff"}
        return Answer(200, file["data"], safe)

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        post = self.posts.get(unquote(names["id"]).rpartition(":")[2])
        if post is None:
            return page("Not found", "<p>No such post here.</p>", status=404)
        entry = self.entry(post)
        pictures = "".join(picture(each["url"], each["alt"]) for each in entry["pictures"])
        card = plain(f"{entry['card_title']}\n{entry['card_link']}") if entry["card_link"] else ""
        return page(
            "Ada Lovelace on the sandbox's LinkedIn", plain(entry["text"]) + card + pictures
        )

    # What they have in common.

    def _allow(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Stop(error(401, "INVALID_ACCESS_TOKEN", "Invalid access token"))
        if request.path.startswith("/rest/") and not VERSIONS.fullmatch(
            request.headers.get("linkedin-version", "")
        ):
            words = "Requested version is not active"
            raise Stop(error(426, "NONEXISTENT_VERSION", words))

    def _given(self, request: Request) -> dict[str, Any]:
        self._allow(request)
        try:
            given = request.json()
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise Stop(error(400, "ILLEGAL_ARGUMENT", "the body is no JSON object"))
        return given

    def _may_read(self) -> None:
        if not self.reads:
            words = "Not enough permissions to access: r_member_social"
            raise Stop(error(403, "ACCESS_DENIED", words))

    def _text(self, given: Mapping[str, Any]) -> str:
        commentary = str(given.get("commentary") or "")
        if sum(2 if ord(each) > 0xFFFF else 1 for each in commentary) > MAX_TEXT:
            words = "commentary is longer than 3000 characters"
            raise Stop(error(400, "FIELD_LENGTH_TOO_LONG", words))
        return commentary

    def _content(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Raises Stop for a picture that isn't there, or isn't ready."""
        images = [each["id"] for each in (content.get("multiImage") or {}).get("images", ())]
        if "media" in content:
            images.append(content["media"]["id"])
        thumbnail = (content.get("article") or {}).get("thumbnail")
        for image in [*images, *([thumbnail] if thumbnail else [])]:
            if not self._file(str(image))["data"]:
                raise Stop(error(400, "MEDIA_ASSET_PROCESSING", "the image isn't available"))
        if len(images) > MAX_IMAGES or len(content.get("multiImage", {}).get("images", "ab")) < 2:
            raise Stop(error(400, "ILLEGAL_ARGUMENT", "2 to 20 images"))
        return dict(content)

    def _file(self, image: str) -> dict[str, Any]:
        if image not in self.files:
            raise Stop(error(404, "NOT_FOUND", "no such image"))
        found: dict[str, Any] = self.files[image]
        return found

    def _live(self, names: Mapping[str, str]) -> dict[str, Any]:
        number = unquote(names["id"]).rpartition(":")[2]
        if number not in self.posts:
            raise Stop(error(404, "NOT_FOUND", "Could not find entity"))
        return self.posts[number]

    def _told(self, post: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": post["urn"],
            "author": post["author"],
            "commentary": post["commentary"],
            "content": post["content"],
            "createdAt": int(post["at"].timestamp() * 1000),
            "lifecycleState": "PUBLISHED",
        }

    # What Platform asks.

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        content = post["content"]
        card = content.get("article") or {}
        images = list((content.get("multiImage") or {}).get("images", ()))
        images += [content["media"]] if "media" in content else []
        if card.get("thumbnail"):
            images.append({"id": card["thumbnail"], "altText": ""})
        return {
            "channel": self.name,
            "id": post["urn"],
            "url": f"{self.url}/feed/update/{post['urn']}/",
            "text": shown(post["commentary"]),
            "at": post["at"].isoformat(),
            "card_title": card.get("title", ""),
            "card_link": card.get("source", ""),
            "pictures": [
                {
                    "url": f"{self.url}/files/{each['id'].rpartition(':')[2]}",
                    "alt": each.get("altText") or "",
                }
                for each in images
            ],
            "object": self._told(post),
        }

    def not_found(self) -> Answer:
        return error(404, "RESOURCE_NOT_FOUND", "No virtual resource found")

    def failure(self, status: int) -> Answer:
        return error(status, "INTERNAL_SERVER_ERROR", "Internal Server Error")

    def too_many(self, seconds: float) -> Answer:
        return error(429, "TOO_MANY_REQUESTS", "Resource level throttle limit reached")

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {}

    routes: ClassVar[tuple[Route, ...]] = (
        Route("GET", "/v2/userinfo", me),
        Route("POST", "/rest/posts", create),
        Route("GET", "/rest/posts", listing),
        Route("POST", "/rest/posts/{id}", change),
        Route("GET", "/rest/posts/{id}", show),
        Route("DELETE", "/rest/posts/{id}", delete),
        Route("POST", "/rest/images", begin_upload),
        Route("GET", "/rest/images/{id}", image),
        Route("PUT", "/upload/{id}", upload),
        Route("GET", "/files/{id}", file),
        Route("GET", "/feed/update/{id}", page),
    )
