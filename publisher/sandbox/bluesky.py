"""Bluesky's server (PDS): https://docs.bsky.app/docs/api/ and its lexicons, as version 0.4.217 behaves.

One account, whose repository has posts by their keys. Errors are those that the real one answers
(`tests/test_real_pds.py` holds the two against each other).
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar

from publisher.sandbox import cids
from publisher.sandbox.bluesky_rules import POST, Wrong, blobs_of, check, wrong_key
from publisher.sandbox.platform import Platform, Route, Stop, page, picture, plain
from publisher.sandbox.stand_in import Surroundings
from publisher.sandbox.web import Answer, Request, as_json

DID = "did:plc:sandboxsandboxsandboxsan"
HANDLE = "demo.test"
FRIEND, FRIENDS_DID = "ada.test", "did:plc:adaadaadaadaadaadaadaada"
"""Another account, which can be mentioned."""
PASSWORD = "sand-boxs-andb-oxsa"  # noqa: S105 - it opens nothing but this
ACCESS, REFRESH = timedelta(hours=2), timedelta(days=90)


def error(status: int, name: str, message: str) -> Answer:
    return as_json(status, {"error": name, "message": message})


class Bluesky(Platform):
    name = "bluesky"
    title = "Bluesky"

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.password = PASSWORD
        self.called = HANDLE
        self.others: dict[tuple[str, str], dict[str, Any]] = {}
        """Records of other collections, by those and their keys."""
        self.issued = 0
        """How many tokens there have been: each is another."""

    def settings(self) -> Mapping[str, Any]:
        return {"api_base_url": self.url, "identifier": HANDLE}

    def secrets(self) -> Mapping[str, str]:
        return {"app_password": PASSWORD}

    def stage(self, kind: str, when: str) -> str:
        """A fault strikes what is done to the repository, unless it is asked for elsewhere: signing in
        posts nothing."""
        return "POST /xrpc/com.atproto.repo." if when == "POST" else when

    def reset(self) -> None:
        super().reset()
        self.others.clear()

    def vary(self, random: Random) -> None:
        """A PDS reads its own writes at once. Sessions may be over."""
        if random.random() < 0.3:
            self.clock_of_tokens = -ACCESS

    # Sessions.

    clock_of_tokens = timedelta()
    """By how much tokens are issued in the past: `-ACCESS` makes access tokens that are over."""

    def _token(self, scope: str, life: timedelta) -> str:
        self.issued += 1
        now = self.clock.now() + self.clock_of_tokens
        head = {"typ": "at+jwt" if scope != "refresh" else "refresh+jwt", "alg": "HS256"}
        body = {
            "scope": f"com.atproto.{scope}",
            "sub": DID,
            "iat": int(now.timestamp()),
            "exp": int((now + life).timestamp()),
            "jti": self.issued,
        }
        pieces = [json.dumps(each, separators=(",", ":")).encode() for each in (head, body)]
        pieces.append(f"sandbox {self.issued}".encode())
        return ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in pieces)

    def _tokens(self) -> dict[str, Any]:
        return {
            "accessJwt": self._token("appPass", ACCESS),
            "refreshJwt": self._token("refresh", REFRESH),
            "handle": self.called,
            "did": DID,
            "active": True,
        }

    def _allow(self, request: Request, scope: str = "appPass") -> None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not token:
            raise Stop(error(401, "AuthMissing", "Authentication Required"))
        try:
            piece = token.split(".")[1]
            body = json.loads(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)))
            mine = body["sub"] == DID and body["jti"] <= self.issued
        except (ValueError, IndexError, KeyError, TypeError):
            mine = False
        if not mine:
            raise Stop(error(400, "InvalidToken", "Token could not be verified"))
        if body["scope"] != f"com.atproto.{scope}":
            raise Stop(error(400, "InvalidToken", "Invalid token type"))
        if body["exp"] <= self.clock.now().timestamp():
            raise Stop(error(400, "ExpiredToken", "Token has expired"))

    def create_session(self, request: Request, _: Mapping[str, str]) -> Answer:
        given = self._given(request, "identifier", "password")
        if given["identifier"] not in (self.called, DID) or given["password"] != self.password:
            return error(401, "AuthenticationRequired", "Invalid identifier or password")
        return as_json(200, self._tokens())

    def refresh_session(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request, "refresh")
        self.clock_of_tokens = timedelta()
        return as_json(200, self._tokens())

    def resolve(self, request: Request, _: Mapping[str, str]) -> Answer:
        known = {self.called: DID, FRIEND: FRIENDS_DID}
        did = known.get(request.argument("handle"))
        if did is None:
            return error(400, "InvalidRequest", "Unable to resolve handle")
        return as_json(200, {"did": did})

    def health(self, _: Request, __: Mapping[str, str]) -> Answer:
        return as_json(200, {"version": "0.4.217"})

    # The repository.

    def put(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        given = self._given(request, "repo", "collection", "rkey", "record")
        self._own(given["repo"])
        record, key, collection = given["record"], given["rkey"], given["collection"]
        if (kind := record.get("$type")) != collection:
            words = f"Invalid $type: expected {collection}, got {kind}"
            return error(400, "InvalidRequest", words)
        if collection == POST:
            self._demand_good(key, record)
        old, cid = self._there(collection, key), cids.of_record(record)
        known = "valid" if collection == POST else "unknown"
        answer = {"uri": _uri(collection, key), "cid": cid, "validationStatus": known}
        if old is not None and old["cid"] == cid:
            return as_json(200, answer)
        self._demand_swap(given, old)
        for blob in blobs_of(record):
            if blob["ref"]["$link"] not in self.files:
                words = f"Could not find blob: {blob['ref']['$link']}"
                return error(400, "BlobNotFound", words)
        new = {"id": key, "cid": cid, "record": record, "at": self.clock.now()}
        if collection == POST:
            self.keep(key, new)
        else:
            self.others[collection, key] = new
        return as_json(200, {**answer, "commit": self._commit()})

    def get(self, request: Request, _: Mapping[str, str]) -> Answer:
        collection, key = request.argument("collection"), request.argument("rkey")
        if request.argument("repo") not in (DID, self.called):
            return error(502, "UpstreamFailure", "Upstream service unreachable")
        there = self._there(collection, key)
        if there is None:
            words = f"Could not locate record: {_uri(collection, key)}"
            return error(400, "RecordNotFound", words)
        return as_json(200, _record(there))

    def delete(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        given = self._given(request, "repo", "collection", "rkey")
        self._own(given["repo"])
        collection, key = given["collection"], given["rkey"]
        old = self._there(collection, key)
        if old is None:
            return as_json(200, {})
        if given.get("swapRecord") is not None:
            self._demand_swap(given, old)
        if collection == POST:
            self.drop(key)
        else:
            del self.others[collection, key]
        return as_json(200, {"commit": self._commit()})

    def _there(self, collection: str, key: str) -> dict[str, Any] | None:
        return self.posts.get(key) if collection == POST else self.others.get((collection, key))

    def _demand_good(self, key: str, record: Mapping[str, Any]) -> None:
        if wrong := wrong_key(key):
            raise Stop(error(400, "InvalidRequest", wrong))
        try:
            check(record)
        except Wrong as problem:
            words = f"Invalid {POST} record: {problem}"
            raise Stop(error(400, "InvalidRequest", words)) from None

    def upload(self, request: Request, _: Mapping[str, str]) -> Answer:
        self._allow(request)
        cid = cids.of_bytes(request.body)
        kind = request.content_type or "application/octet-stream"
        self.keep_file(cid, {"data": request.body, "content_type": kind})
        blob = {
            "$type": "blob",
            "ref": {"$link": cid},
            "mimeType": kind,
            "size": len(request.body),
        }
        return as_json(200, {"blob": blob})

    def blob(self, request: Request, _: Mapping[str, str]) -> Answer:
        file = self.files.get(request.argument("cid"))
        if file is None:
            return error(400, "BlobNotFound", "Blob not found")
        kind = file["content_type"]
        kind = kind if kind.startswith("image/") else "application/octet-stream"
        headers = {"Content-Type": kind, "X-Content-Type-Options": "nosniff"}
        return Answer(200, file["data"], headers)

    def page(self, _: Request, names: Mapping[str, str]) -> Answer:
        post = self.posts.get(names["id"])
        if post is None:
            return page("Not found", "<p>No such post here.</p>", status=404)
        shown = [plain(post["record"]["text"])]
        for address in _links(post["record"]):
            shown.append(f"<p>leads to {html.escape(address)}</p>")
        embed = post["record"].get("embed") or {}
        if card := embed.get("external"):
            shown.append(f"<h2>{html.escape(card['title'])}</h2>{plain(card['description'])}")
            shown.append(plain(card["uri"]))
            shown += [picture(self._path(blob), "") for blob in blobs_of(post["record"])]
        shown += [picture(self._path(blob), alt) for blob, alt in _pictures(post["record"])]
        shown.append(f"<footer>{post['at']:%Y-%m-%d %H:%M:%S} UTC</footer>")
        return page(f"@{self.called} on the sandbox's Bluesky", "".join(shown))

    # What Platform asks.

    def entry(self, post: dict[str, Any]) -> dict[str, Any]:
        record = post["record"]
        parent = (record.get("reply") or {}).get("parent") or {}
        return {
            "channel": self.name,
            "id": _uri(POST, post["id"]),
            "url": f"{self.url}/profile/{self.called}/post/{post['id']}",
            "text": record["text"],
            "at": post["at"].isoformat(),
            "in_reply_to_id": parent.get("uri"),
            "pictures": [
                {"url": f"{self.url}{self._path(blob)}", "alt": alt}
                for blob, alt in _pictures(record)
            ],
            "object": _record(post),
        }

    def not_found(self) -> Answer:
        return error(404, "XRPCNotSupported", "XRPCNotSupported")

    def failure(self, status: int) -> Answer:
        if status == 503:
            return error(503, "ServiceUnavailable", "Service Unavailable")
        return error(status, "InternalServerError", "Internal Server Error")

    def too_many(self, seconds: float) -> Answer:
        answer = error(429, "RateLimitExceeded", "Rate Limit Exceeded")
        return answer.plus(self.limits(0, self.clock.now() + timedelta(seconds=seconds)))

    def limits(self, remaining: int, reset: datetime) -> dict[str, str]:
        return {
            "RateLimit-Limit": "5000",
            "RateLimit-Remaining": str(remaining),
            "RateLimit-Reset": str(int(reset.timestamp())),
            "RateLimit-Policy": "5000;w=3600",
        }

    def _given(self, request: Request, *needed: str) -> dict[str, Any]:
        try:
            given = request.json()
        except ValueError:
            raise Stop(error(400, "SyntaxError", "Unexpected end of JSON input")) from None
        for name in needed:
            if not isinstance(given, dict) or name not in given:
                raise Stop(error(400, "InvalidRequest", f'Missing required key "{name}" at $'))
        return dict(given)

    def _own(self, repo: str) -> None:
        if repo not in (DID, self.called):
            raise Stop(error(403, "AccountNotFound", "Account not found"))

    def _demand_swap(self, given: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
        """`swapRecord` says what has to be there: null, nothing; left out, whatever is there is
        overwritten."""
        if "swapRecord" not in given:
            return
        there = old["cid"] if old is not None else None
        if given["swapRecord"] != there:
            raise Stop(error(400, "InvalidSwap", f"Record was at {there or 'null'}"))

    def _commit(self) -> dict[str, str]:
        number = self.new_id()
        return {"cid": cids.of_bytes(number.encode(), cids.DAG_CBOR), "rev": number}

    def _path(self, blob: Mapping[str, Any]) -> str:
        return f"/xrpc/com.atproto.sync.getBlob?did={DID}&cid={blob['ref']['$link']}"

    routes: ClassVar[tuple[Route, ...]] = (
        Route("POST", "/xrpc/com.atproto.server.createSession", create_session),
        Route("POST", "/xrpc/com.atproto.server.refreshSession", refresh_session),
        Route("GET", "/xrpc/com.atproto.identity.resolveHandle", resolve),
        Route("POST", "/xrpc/com.atproto.repo.putRecord", put),
        Route("GET", "/xrpc/com.atproto.repo.getRecord", get),
        Route("POST", "/xrpc/com.atproto.repo.deleteRecord", delete),
        Route("POST", "/xrpc/com.atproto.repo.uploadBlob", upload),
        Route("GET", "/xrpc/com.atproto.sync.getBlob", blob),
        Route("GET", "/xrpc/_health", health),
        Route("HEAD", "/xrpc/_health", health),
        Route("GET", "/profile/{handle}/post/{id}", page),
    )


def _uri(collection: str, key: str) -> str:
    return f"at://{DID}/{collection}/{key}"


def _record(post: Mapping[str, Any]) -> dict[str, Any]:
    record = post["record"]
    return {"uri": _uri(record["$type"], post["id"]), "cid": post["cid"], "value": record}


def _links(record: Mapping[str, Any]) -> list[str]:
    return [
        feature["uri"]
        for facet in record.get("facets") or ()
        for feature in facet["features"]
        if "uri" in feature
    ]


def _pictures(record: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], str]]:
    """The pictures that stand by themselves, with their texts. A card's isn't one: it has none."""
    images = (record.get("embed") or {}).get("images") or ()
    return [(image["image"], image["alt"]) for image in images]
