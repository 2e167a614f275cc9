"""Discourse: a topic in a forum, and, of a thread, the replies to it.

API: https://docs.discourse.org (read 2026-11-27).
Limits, as a forum is installed: a title of 15 to 255 characters, a text of 32,000. A topic may have a
name of ours (external_id, at most 50 characters), which no second one can have.
"""

from __future__ import annotations

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
from publisher.errors import CannotLook, Gone, Refused, TemplateError, Unknown
from publisher.hosts import check_url
from publisher.text.flavour import Pings

from . import _markdown_text

if TYPE_CHECKING:
    from publisher.sandbox.stand_in import StandIn

LIMIT, TITLE = 32_000, 255
PICTURES, BYTES, SIDE = 20, 4 * 2**20, 4096
"""A forum takes 4 MiB, as it is installed (max_image_size_kb)."""
KEPT = 3600.0
"""Seconds: what is attached to nothing is removed after some hours (clean_up_uploads)."""
TAKEN = re.compile("external.{0,40}(taken|exists)", re.IGNORECASE)
INVALID = 422


class Discourse(Adapter):
    """Its ids are "topic/post"."""

    name = "discourse"
    title = "Discourse"
    flavour = staticmethod(_markdown_text.markdown)
    pings = Pings(inert="\u200b", in_code=False)
    flat = True
    edits = True
    deletes = True
    uploads = KEPT
    options = (
        Option(
            "api_base_url",
            "text",
            "the forum: https://forum.example.org",
            required=True,
            check=check_url,
            leads=True,
        ),
        Option("api_key", "text", "Admin → API → New API Key", required=True, secret=True),
        Option("api_username", "text", "who posts", required=True),
        Option("category", "integer", "the category's number", in_post=True),
        Option("tags", "list", "tags of the forum; none, if not given", in_post=True),
    )

    _skew: timedelta | None = None

    @classmethod
    def platform(cls) -> type[StandIn]:
        from publisher.sandbox.discourse import Server

        return Server

    def rule(self, options: Mapping[str, Any], facts: Facts) -> Rule:
        return Rule.of("discourse", LIMIT, options, len)

    def pictures(self, options: Mapping[str, Any], facts: Facts) -> PictureRule:
        kinds = ("image/jpeg", "image/png", "image/gif", "image/webp")
        whole = (BYTES, SIDE * SIDE)
        return PictureRule(PICTURES, kinds, BYTES, side=SIDE, animation=whole, alt=None)

    def payload(self, message: Message, index: int) -> Payload:
        """Raises TemplateError for a topic without a title, or with one that is too long."""
        payload: Payload = {"raw": message.parts[index].text}
        if index:
            return payload
        if not 0 < len(message.title) <= TITLE:
            raise TemplateError(
                f"discourse: a topic needs a title of at most {TITLE} characters",
                hint="write title: … in the post",
            )
        payload["title"] = message.title
        for name in ("category", "tags"):
            if message.options.get(name):
                payload[name] = message.options[name]
        if message.pictures:
            payload["pictures"] = [picture.as_value() for picture in message.pictures]
        return payload

    def text_of(self, payload: Payload) -> str:
        return str(payload["raw"])

    def fields_of(self, payload: Payload) -> dict[str, str]:
        return {"title": str(payload["title"])} if "title" in payload else {}

    def id_in(self, url: str) -> str:
        """A topic's, without that of its first post: the forum knows it."""
        found = re.fullmatch(r"(?:/.*)?/t/(?:[^/]+/)?(\d+)(?:/\d+)?/?", urlsplit(url).path)
        return found[1] if found else ""

    def is_there(self, url: str) -> bool:
        forum = urlsplit(str(self.settings.get("api_base_url", "")))
        return urlsplit(url).netloc.lower() == forum.netloc.lower()

    # At the edge.

    def upload(self, picture: Picture, data: bytes) -> Upload:
        files = {"file": (picture.name, data, picture.kind)}
        fields = {"type": "composer", "synchronous": "true"}
        told = self._ask("POST", "/uploads.json", data=fields, files=files)
        if not str(told.get("short_url", "")).startswith("upload://"):
            raise Unknown("the forum took a picture, and didn't say where it is")
        return Upload(str(told["short_url"]))

    def send(self, payload: Payload, attempt: Attempt) -> Receipt:
        """A topic has a name of ours: that it is taken says that the topic is there."""
        body: dict[str, Any] = {"raw": _raw(payload, attempt)}
        if attempt.reply_to:
            body["topic_id"] = int(attempt.reply_to.partition("/")[0])
            return self._receipt(self._ask("POST", "/posts.json", json=body))
        body |= {"title": payload["title"], "external_id": attempt.key}
        body |= {name: payload[name] for name in ("category", "tags") if name in payload}
        try:
            return self._receipt(self._ask("POST", "/posts.json", json=body))
        except Refused as error:
            named = error.status == INVALID and TAKEN.search(error.message)
            found = self._named(attempt.key) if named else None
            if found is None:
                raise
            return found

    def clock(self) -> timedelta | None:
        """Asked for once."""
        from publisher.http import clock_of

        if self._skew is None:
            self._skew = clock_of(self._server())
        return self._skew

    def find(self, payload: Payload, attempt: Attempt, since: datetime) -> Receipt | None:
        """A topic by its name; a reply among those of its topic."""
        if not attempt.reply_to:
            return self._named(attempt.key)
        topic = self._topic(attempt.reply_to.partition("/")[0])
        for post in topic["post_stream"]["posts"]:
            made = datetime.fromisoformat(post["created_at"])
            id = f"{topic['id']}/{post['id']}"
            same = post.get("raw") == payload["raw"] and made.timestamp() >= since.timestamp() - 1
            if same and not attempt.is_taken(id):
                return self._receipt(post)
        return None

    def knows_both(self, attempt: Attempt, problem: Unknown | None) -> bool:
        return attempt.reply_to is None

    def stands(self, payload: Payload, attempt: Attempt) -> bool:
        post = self._post("GET", attempt)
        title = self._topic(_topic_of(attempt))["title"] if "title" in payload else None
        return (post.get("raw"), title) == (_raw(payload, attempt), payload.get("title"))

    def update(self, payload: Payload, attempt: Attempt) -> Receipt:
        """Title and text in one request: a topic whose first post is edited takes both."""
        title = {"title": payload["title"]} if "title" in payload else {}
        self._post("PUT", attempt, json={"post": {"raw": _raw(payload, attempt)}, **title})
        return Receipt(attempt.remote_id)

    def delete(self, payload: Payload, attempt: Attempt) -> None:
        if "title" in payload:
            self._change("DELETE", f"/t/{_topic_of(attempt)}.json")
        else:
            self._post("DELETE", attempt)

    def check(self) -> str:
        told = self._ask("GET", "/session/current.json")
        return f"signed in as {told['current_user']['username']} on {self._server()}"

    def _named(self, key: str) -> Receipt | None:
        """The forum answers with where the topic is."""
        try:
            answer = self._answer("GET", f"/t/external_id/{key}.json", moved=True)
        except Refused as error:
            if error.status == 404:
                return None
            raise
        found = re.search(r"/t/(?:[^/]+/)?(\d+)", answer.headers.get("Location", ""))
        topic = self._topic(found[1]) if found else answer.json()
        try:
            return self._receipt(topic["post_stream"]["posts"][0])
        except (KeyError, IndexError, TypeError):
            raise CannotLook("the forum's topic makes no sense") from None

    def _topic(self, number: str) -> Any:
        return self._change("GET", f"/t/{number}.json?include_raw=1")

    def _post(self, method: str, attempt: Attempt, **kwargs: Any) -> Any:
        topic, _, post = attempt.remote_id.partition("/")
        if not post:
            post = str(self._topic(topic)["post_stream"]["posts"][0]["id"])
        told = self._change(method, f"/posts/{post}.json", **kwargs)
        if method == "GET" and told.get("deleted_at"):
            raise Gone("it was deleted there")
        return told

    def _change(self, method: str, path: str, **kwargs: Any) -> Any:
        try:
            return self._ask(method, path, **kwargs)
        except Refused as error:
            if error.status in (404, 410):
                raise Gone(error.message, status=error.status) from None
            raise

    def _receipt(self, post: Any) -> Receipt:
        if not isinstance(post, dict) or not post.get("id") or not post.get("topic_id"):
            raise Unknown("the forum answered without the post's number")
        slug = post.get("topic_slug") or "-"
        address = f"{self._server()}/t/{slug}/{post['topic_id']}"
        return Receipt(f"{post['topic_id']}/{post['id']}", address)

    def _server(self) -> str:
        return str(self.settings["api_base_url"]).rstrip("/")

    def _ask(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = self._answer(method, path, **kwargs)
        return answer.json() if answer.content else {}

    def _answer(self, method: str, path: str, **kwargs: Any) -> Any:
        from publisher.http import Session, sorted_errors

        with sorted_errors(), Session(secrets=self.secrets.values()) as session:
            session.headers["Api-Key"] = self.secrets["api_key"]
            session.headers["Api-Username"] = str(self.settings["api_username"])
            return session.request(method, self._server() + path, **kwargs)


def _topic_of(attempt: Attempt) -> str:
    return attempt.remote_id.partition("/")[0]


def _raw(payload: Payload, attempt: Attempt) -> str:
    """The text, and its pictures below it."""
    shown = [
        f"![{re.sub(r'[][|]', ' ', picture.alt)}{_size(picture)}]({attempt.media[picture.source]})"
        for picture in pictures_of(payload)
    ]
    return "\n\n".join([str(payload["raw"]), *shown])


def _size(picture: Picture) -> str:
    return f"|{picture.width}x{picture.height}" if picture.width and picture.height else ""
