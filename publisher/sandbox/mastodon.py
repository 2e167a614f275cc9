"""Mastodon: https://docs.joinmastodon.org/methods/statuses/ and its neighbours, as version 4.5
behaves.

Rules and messages are those of app/services/post_status_service.rb, config/locales/en.yml and
app/validators/status_length_validator.rb in mastodon/mastodon v4.5 (2026-11-22); the counting is
publisher.text.count's.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar, Literal

from publisher.sandbox import mastodon_entities as entities
from publisher.sandbox import mastodon_oauth as oauth
from publisher.sandbox.platform import Platform, Route, Stop, page, picture, plain
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.web import Answer, Request, as_json

KEY_SECONDS = 3600
"""For so long an Idempotency-Key is remembered."""
VISIBILITIES = ("public", "unlisted", "private", "direct")
MAX_MEDIA = 4
MAX_BYTES = 16 * 2**20

Software = Literal["mastodon", "mastodon-4.2", "mastodon-4.6", "gotosocial", "takahe"]


def error(status: int, message: str) -> Answer:
    return as_json(status, {"error": message})


class Mastodon(Platform):
    """Switches: `software`, `max_characters`, `scopes`, `processing`, `lag`.

    software    "mastodon" is 4.5.2; "mastodon-4.2" knows no scope `profile`; "mastodon-4.6" answers
                500 to a replayed Idempotency-Key, as 4.6.0 to 4.6.5 do, and 503 while the first
                request with it is under way; "gotosocial" ignores the key and counts raw code
                points; "takahe" ignores it, lists only what is public, makes public what is edited,
                drops empty lines, and has the first version of /api/instance only
    scopes      what the access token may do
    processing  seconds during which an uploaded video or animation isn't ready
    """

    name = "mastodon"
    title = "Mastodon"
    shift = 16

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.token = "sandbox-mastodon-token"  # noqa: S105 - it opens nothing but this
        self.software: Software = "mastodon"
        self.max_characters = 500
        self.scopes = ["read", "write", "profile"]
        self.processing = 0.0
        self._keys: dict[str, tuple[str, datetime]] = {}
        self._locked: set[str] = set()
        self.applications: dict[str, oauth.Application] = {}
        self.codes: dict[str, oauth.Code] = {}
        self.tokens: dict[str, frozenset[str]] = {}
        """What each token that somebody was given may do."""

    def settings(self) -> Mapping[str, str]:
        return {"api_base_url": self.url}

    def secrets(self) -> Mapping[str, str]:
        return {"access_token": self.token}

    def vary(self, random: Random) -> None:
        super().vary(random)
        self.software = random.choice(
            ("mastodon", "mastodon", "mastodon-4.6", "gotosocial", "gotosocial")
        )
        # Each counts in its own way; the texts are made to fit the user's own server.
        self.max_characters = 1_000_000

    def reset(self) -> None:
        with self.lock:
            super().reset()
            self._keys.clear()
            self._locked.clear()
            self.applications.clear()
            self.codes.clear()
            self.tokens.clear()

    # Statuses.

    def create(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request, "write:statuses")
        key = request.headers.get("idempotency-key", "")
        if key in self._locked:
            return self.failure(503)
        known = self._known(key)
        return self._replayed(known) if known else self._created(request)

    def begin(self, request: Request) -> Callable[[], Answer]:
        """Whether the key is known is found out at once. From 4.6 on it is locked from then on; before,
        another request with it that comes meanwhile makes a second status."""
        key = request.headers.get("idempotency-key", "")
        is_create = (request.method, request.path) == ("POST", "/api/v1/statuses")
        with self.lock:
            if not is_create or not key or key in self._locked or self._known(key):
                return super().begin(request)
            if self.software == "mastodon-4.6":
                self._locked.add(key)

        def act() -> Answer:
            with self.lock:
                self._locked.discard(key)
                self._keys.pop(key, None)
            return self.handle(request)

        return act

    def _known(self, key: str) -> str | None:
        """The id of the status that was made with this key."""
        known = self._keys.get(key) if self.software.startswith("mastodon") else None
        if known is None or self.clock.now() - known[1] >= timedelta(seconds=KEY_SECONDS):
            return None
        return known[0]

    def _replayed(self, known: str) -> Answer:
        if self.software == "mastodon-4.6":
            return self.failure(500)
        return as_json(200, entities.status(self, self._post(known)))

    def _created(self, request: Request) -> Answer:
        key = request.headers.get("idempotency-key", "")
        given = entities.parameters(request)
        post = self._written(given)
        if given.get("scheduled_at"):
            return error(422, "Validation failed: the sandbox does not schedule")
        visibility = given.get("visibility") or "public"
        if visibility not in VISIBILITIES:
            return error(422, "Validation failed: Visibility is not included in the list")
        parent = str(given.get("in_reply_to_id") or "")
        if parent and parent not in self.posts:
            return error(404, "The post you are trying to reply to does not appear to exist.")
        new_id = self.new_id()
        post |= {
            "id": new_id,
            "at": self.clock.now(),
            "edited": None,
            "visibility": visibility,
            "parent": parent or None,
            "key": key,
        }
        self.keep(new_id, post)
        if key:
            self._keys[key] = (new_id, self.clock.now())
        return as_json(200, entities.status(self, post))

    def _written(
        self, given: Mapping[str, Any], old: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """What an author wrote, once it is found to be in order. An edit replaces everything."""
        text, spoiler = str(given.get("status") or ""), str(given.get("spoiler_text") or "")
        media = [str(number) for number in given.get("media_ids") or []]
        if not text.strip() and spoiler:
            text, spoiler = spoiler, ""
        if not text.strip() and not media:
            raise Stop(error(422, "Validation failed: Text can't be blank"))
        self._measure(text, spoiler)
        if len(media) > MAX_MEDIA:
            raise Stop(error(422, f"Cannot attach more than {MAX_MEDIA} files"))
        own = old["media"] if old else []
        for number in media:
            file = self.files.get(number)
            if file is None or (file["used"] and number not in own):
                raise Stop(
                    error(422, f"Media {number} not found or already attached to another post")
                )
            if not self.ready(file):
                raise Stop(
                    error(
                        422,
                        "Cannot attach files that have not finished processing. Try again in a moment!",
                    )
                )
        kinds = [self.files[number]["kind"][0] for number in media]
        if len(media) > 1 and set(kinds) != {"image"}:
            raise Stop(error(422, "Cannot attach a video to a post that already contains images"))
        for number in media:
            self.files[number]["used"] = True
        for about in given.get("media_attributes") or []:
            if old is not None and str(about.get("id")) in media:
                file = self.files[str(about["id"])]
                file |= {
                    name: str(about[name])
                    for name in ("description", "focus")
                    if about.get(name) is not None
                }
        language = str(given.get("language") or "")
        return {
            "text": text,
            "spoiler": spoiler,
            "sensitive": bool(given.get("sensitive")) or bool(spoiler),
            "language": language
            if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", language)
            else "en",
            "media": media,
        }

    def _measure(self, text: str, spoiler: str) -> None:
        from publisher.text.measure import count

        raw = self.software == "gotosocial"
        conjuncts = self.software == "mastodon-4.6"
        length = len(text) + len(spoiler)
        if not raw:
            length = count.mastodon(text, spoiler, conjuncts=conjuncts)
        if length > self.max_characters:
            message = f"Validation failed: Text character limit of {self.max_characters} exceeded"
            raise Stop(error(422, message))

    def edit(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request, "write:statuses")
        post = self._post(names["id"])
        given = entities.parameters(request)
        new = self._written(given, post)
        # Without a change it is swallowed.
        if any(post[name] != value for name, value in new.items()) or given.get("media_attributes"):
            if self.software == "takahe":
                new["visibility"] = "public"
            self.keep(post["id"], {**post, **new, "edited": self.clock.now()})
        return as_json(200, entities.status(self, self._post(names["id"])))

    def delete(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request, "write:statuses")
        post = self._post(names["id"])
        answer = entities.status(self, post) | {"text": post["text"]}
        self.drop(post["id"])
        for other in self.posts.values():
            if other["parent"] == post["id"]:
                other["parent"] = None
        for number in post["media"]:  # the files may go into a new version
            self.files[number]["used"] = False
        return as_json(200, answer)

    def show(self, request: Request, names: Mapping[str, str]) -> Answer:
        post = self._post(names["id"])
        if post["visibility"] in ("private", "direct"):
            self._allow(request, "read:statuses")
        return as_json(200, entities.status(self, post))

    def source(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request, "read:statuses")
        post = self._post(names["id"])
        text = post["text"]
        if self.software == "takahe":
            text = re.sub(r"\n\s*\n", "\n", text)
        return as_json(200, {"id": post["id"], "text": text, "spoiler_text": post["spoiler"]})

    def context(self, request: Request, names: Mapping[str, str]) -> Answer:
        post = self._post(names["id"])
        above: list[dict[str, Any]] = []
        while post["parent"] in self.posts:
            post = self.posts[post["parent"]]
            above.insert(0, entities.status(self, post))
        below, family = [], {names["id"]}
        for other in self.posts.values():
            if other["parent"] in family:
                family.add(other["id"])
                below.append(entities.status(self, other))
        return as_json(200, {"ancestors": above, "descendants": below})

    def timeline(self, request: Request, names: Mapping[str, str]) -> Answer:
        if names["id"] != entities.ACCOUNT:
            return self.not_found()
        mine = "authorization" in request.headers
        if mine:
            self._allow(request, "read:statuses")
        shown = self.listable()
        if self.software == "takahe":
            shown = [post for post in shown if post["visibility"] in ("public", "unlisted")]
        if not mine:
            shown = [post for post in shown if post["visibility"] in ("public", "unlisted")]
        if entities.true(request.argument("only_media")):
            shown = [post for post in shown if post["media"]]
        limit = _number(request, "limit", 20)
        below, above = _number(request, "max_id", 0), _number(request, "since_id", 0)
        floor = _number(request, "min_id", 0)
        shown = [
            post
            for post in shown
            if (not below or int(post["id"]) < below) and int(post["id"]) > max(above, floor)
        ]
        limit = min(max(limit, 1), 40)
        shown = shown[-limit:] if floor else shown[:limit]
        headers = {}
        if shown:
            here = f"{self.url}{request.path}?limit={limit}"
            older, newer = f"{here}&max_id={shown[-1]['id']}", f"{here}&min_id={shown[0]['id']}"
            headers["Link"] = f'<{older}>; rel="next", <{newer}>; rel="prev"'
        return as_json(200, [entities.status(self, post) for post in shown], headers)

    # Media.

    def upload(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request, "write:media")
        files = [
            part for part in request.uploads() if part.name == "file" and part.filename is not None
        ]
        kind = entities.media_type(files[0].data) if files else None
        if kind is None:
            return error(422, "Validation failed: File content type is invalid, File is invalid")
        if len(files[0].data) > MAX_BYTES:
            return error(422, "Validation failed: File must be less than 16 MB")
        new_id = self.new_id()
        fields = dict(request.form())
        self.keep_file(
            new_id,
            {
                "id": new_id,
                "kind": kind,
                "data": files[0].data,
                "description": fields.get("description"),
                "focus": fields.get("focus"),
                "at": self.clock.now(),
                "used": False,
            },
        )
        waiting = request.path.startswith("/api/v2") and not self.ready(self.files[new_id])
        return as_json(202 if waiting else 200, entities.media(self, self.files[new_id]))

    def show_media(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request, "write:media")
        file = self._file(names["id"])
        return as_json(200 if self.ready(file) else 206, entities.media(self, file))

    def edit_media(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request, "write:media")
        file = self._file(names["id"])
        given = entities.parameters(request)
        file |= {
            name: str(given[name])
            for name in ("description", "focus")
            if given.get(name) is not None
        }
        return as_json(200, entities.media(self, file))

    def delete_media(self, request: Request, names: Mapping[str, str]) -> Answer:
        self._allow(request, "write:media")
        if self._file(names["id"])["used"]:
            return error(422, "Media attachment is currently used by a status")
        del self.files[names["id"]]
        return as_json(200, {})

    def file(self, _: Request, names: Mapping[str, str]) -> Answer:
        file = self._file(names["id"])
        return Answer(
            200,
            file["data"],
            {"Content-Type": file["kind"][1], "X-Content-Type-Options": "nosniff"},
        )

    def ready(self, file: Mapping[str, Any]) -> bool:
        if file["kind"][0] == "image":
            return True
        return bool(self.clock.now() >= file["at"] + timedelta(seconds=self.processing))

    # Who and where.

    def me(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request, "profile", "read:accounts")
        return as_json(200, entities.account(self) | entities.account_source())

    def app(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        return as_json(200, entities.application(self.scopes))

    def instance(self, _: Request, __: Mapping[str, str]) -> Answer:
        if self.software == "takahe":
            return self.not_found()
        return as_json(200, entities.instance(self))

    def instance_v1(self, _: Request, __: Mapping[str, str]) -> Answer:
        return as_json(200, entities.instance_v1(self))

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        post = self.posts.get(names["id"])
        if post is None or names["user"] != f"@{entities.USERNAME}":
            return page("Not found", "<p>No such post here.</p>", status=404)
        warned = (
            f"<p><strong>{html.escape(post['spoiler'])}</strong></p>" if post["spoiler"] else ""
        )
        attached = [self.files[number] for number in post["media"] if number in self.files]
        files = "".join(picture(f"/media/{file['id']}", file["description"]) for file in attached)
        said = f"{post['visibility']}, {post['at']:%Y-%m-%d %H:%M:%S} UTC"
        body = f"{warned}{plain(post['text'])}{files}<footer>{html.escape(said)}</footer>"
        return page(f"@{entities.USERNAME} on the sandbox's Mastodon", body)

    # What Platform asks.

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        return {
            "channel": self.name,
            "id": post["id"],
            "url": entities.address(self, post),
            "text": post["text"],
            "at": post["at"].isoformat(),
            "spoiler_text": post["spoiler"],
            "visibility": post["visibility"],
            "language": post["language"],
            "in_reply_to_id": post["parent"],
            "idempotency_key": post["key"],
            "pictures": [
                {"url": f"{self.url}/media/{number}", "alt": self.files[number]["description"]}
                for number in post["media"]
                if number in self.files
            ],
            "object": entities.status(self, post),
        }

    def not_found(self) -> Answer:
        return error(404, "Record not found")

    def failure(self, status: int) -> Answer:
        if status == 503:
            return error(
                503, "There was a temporary problem serving your request, please try again"
            )
        return page("We're sorry, but something went wrong on our end.", "", status=status)

    def too_many(self, seconds: float) -> Answer:
        answer = error(429, "Too many requests")
        return answer.plus(self.limits(0, self.clock.now() + timedelta(seconds=seconds)))

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": reset.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }

    def _allow(self, request: Request, *scopes: str) -> None:
        """Is the token right, and does it have one of the scopes, itself or by a wider one?"""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in (self.token, *self.tokens):
            raise Stop(error(401, "The access token is invalid"))
        granted = set(self.tokens.get(token, self.scopes))
        if scopes and not any(granted & {scope, scope.partition(":")[0]} for scope in scopes):
            raise Stop(error(403, "This action is outside the authorized scopes"))

    def _post(self, post_id: str) -> dict[str, Any]:
        if post_id not in self.posts:
            raise Stop(self.not_found())
        return self.posts[post_id]

    def _file(self, file_id: str) -> dict[str, Any]:
        if file_id not in self.files:
            raise Stop(self.not_found())
        file: dict[str, Any] = self.files[file_id]
        return file

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/api/v1/statuses", create),
        Route("GET", "/api/v1/statuses/{id}", show),
        Route("PUT", "/api/v1/statuses/{id}", edit),
        Route("DELETE", "/api/v1/statuses/{id}", delete),
        Route("GET", "/api/v1/statuses/{id}/source", source),
        Route("GET", "/api/v1/statuses/{id}/context", context),
        Route("GET", "/api/v1/accounts/verify_credentials", me),
        Route("GET", "/api/v1/accounts/{id}/statuses", timeline),
        Route("GET", "/api/v1/apps/verify_credentials", app),
        Route("GET", "/api/v2/instance", instance),
        Route("GET", "/api/v1/instance", instance_v1),
        Route("POST", "/api/v1/media", upload),
        Route("POST", "/api/v2/media", upload),
        Route("GET", "/api/v1/media/{id}", show_media),
        Route("PUT", "/api/v1/media/{id}", edit_media),
        Route("DELETE", "/api/v1/media/{id}", delete_media),
        Route("GET", "/media/{id}", file),
        *oauth.ROUTES,
        Route("GET", "/{user}/{id}", page),
    )


def _number(request: Request, name: str, default: int) -> int:
    given = request.argument(name)
    return int(given) if given.isascii() and given.isdigit() and len(given) < 21 else default
