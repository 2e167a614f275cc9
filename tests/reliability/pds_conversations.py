"""What is asked of Bluesky's own server and of the sandbox, so that their answers can be compared."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import requests

from publisher.sandbox.bluesky import Bluesky
from publisher.sandbox.bluesky_rules import POST
from publisher.testing.bench import png

PUT, DELETE = "com.atproto.repo.putRecord", "com.atproto.repo.deleteRecord"
GET, UPLOAD = "com.atproto.repo.getRecord", "com.atproto.repo.uploadBlob"
SESSION, REFRESH = "com.atproto.server.createSession", "com.atproto.server.refreshSession"
RECORD = {"$type": POST, "text": "Lamp 2.0 – ランプ", "createdAt": "2026-11-27T10:00:00.000Z"}
KEY = "3jzfcijpj2z{}a"
NO_BLOB = "bafkreibjfgx2gprinfvicegelk5kosd6y2frmqpqzwqkg7usac74l3t2v4"
OWN = {
    *("accessJwt", "refreshJwt", "commit", "didDoc"),
    *("email", "emailConfirmed", "emailAuthFactor"),
}
"""What is each server's own."""
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


class Client:
    """Asks one of the two, and notes what it says, without what differs by its nature."""

    def __init__(self, url: str, did: str, handle: str, password: str) -> None:
        self.url, self.did, self.handle, self.password = url, did, handle, password
        self.heard: list[tuple[str, Any]] = []
        self.token = ""

    def call(self, what: str, http: str, method: str, **kwargs: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= kwargs.pop("headers", {})
        address = f"{self.url}/xrpc/{method}"
        answer = requests.request(http, address, headers=headers, timeout=30, **kwargs)
        said = answer.json()
        self.heard.append((what, (answer.status_code, self.same(said))))
        return dict(said)

    def same(self, said: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in said.items() if name not in OWN}
        kept |= {name: True for name in ("accessJwt", "refreshJwt", "commit") if name in said}
        text = (
            json.dumps(kept, sort_keys=True).replace(self.did, "DID").replace(self.handle, "HANDLE")
        )
        return {"said": text} if "cid" in kept or "error" in kept else {"said": sorted(kept)}

    def put(self, what: str, key: str, record: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = {"repo": self.did, "collection": POST, "rkey": key, "record": record}
        return self.call(what, "POST", PUT, json={**body, "swapRecord": None, **more})

    def delete(self, what: str, key: str, **more: Any) -> None:
        body = {"repo": self.did, "collection": POST, "rkey": key, **more}
        self.call(what, "POST", DELETE, json=body)

    def get(self, what: str, key: str) -> dict[str, Any]:
        query = {"repo": self.did, "collection": POST, "rkey": key}
        return self.call(what, "GET", GET, params=query)

    def sign_in(self) -> None:
        body = {"identifier": self.handle, "password": self.password}
        made = self.call("sign in", "POST", SESSION, json=body)
        self.token, self.refresh = made["accessJwt"], made["refreshJwt"]


def sessions(client: Client) -> None:
    body = {"identifier": client.handle, "password": "wrong"}
    client.call("a wrong password", "POST", SESSION, json=body)
    client.call("no password", "POST", SESSION, json={"identifier": client.handle})
    client.put("not signed in", KEY.format(2), RECORD)
    client.sign_in()
    access, refresh = client.token, client.refresh
    client.token = refresh
    client.call("refresh", "POST", REFRESH)
    client.call("the old one once more", "POST", REFRESH)
    client.put("by the refresh token", KEY.format(2), RECORD)
    client.token = access
    client.call("refresh by the access token", "POST", REFRESH)
    client.token = "a.b.c"
    client.put("by no token", KEY.format(2), RECORD)
    client.token = access
    query = {"handle": client.handle}
    client.call("its handle", "GET", "com.atproto.identity.resolveHandle", params=query)
    query = {"handle": "nobody.test"}
    client.call("nobody's handle", "GET", "com.atproto.identity.resolveHandle", params=query)


def names(client: Client) -> None:
    key = KEY.format(3)
    client.get("nothing there", key)
    client.put("new", key, RECORD)
    client.put("the same", key, RECORD)
    client.put("another", key, {**RECORD, "text": "another"})
    there = client.get("there", key)
    client.put("in its place", key, {**RECORD, "text": "edited"}, swapRecord=there["cid"])
    client.put("in the place of the old", key, RECORD, swapRecord=there["cid"])
    client.delete("deletes the old", key, swapRecord=there["cid"])
    client.delete("deletes", key)
    client.delete("deletes once more", key)
    client.put("after it was deleted", key, RECORD)
    client.put("no TID", "hello", RECORD)
    client.put("another's", key, RECORD, repo="did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
    client.put("without text", KEY.format(4), {k: v for k, v in RECORD.items() if k != "text"})
    site = {"$type": "site.standard.publication", "url": "https://example.org", "name": "Lamp"}
    client.put("of a kind that it doesn't know", key, site, collection=site["$type"])
    client.put("the same of it", key, site, collection=site["$type"])
    client.put("of another kind", KEY.format(4), {**RECORD, "$type": "app.bsky.feed.like"})


def limits(client: Client) -> None:
    def put(what: str, **changes: Any) -> None:
        client.put(
            what, f"3jzfcijpj3{len(client.heard):03d}".translate(_DIGITS), {**RECORD, **changes}
        )

    put("300", text="x" * 300)
    put("301", text="x" * 301)
    put("3,000 bytes", text=FAMILY * 120)
    put("3,025 bytes", text=FAMILY * 121)
    put("300 of two code points", text="e\u0301" * 300)
    put("301 of two code points", text="e\u0301" * 301)
    put("a time without a zone", createdAt="2026-11-27T10:00:00")
    put("no language", langs=["not a language"])
    put("three languages", langs=["en", "pt-BR", "zh-Hant"])
    put("four languages", langs=["en", "de", "fr", "it"])
    for what, kind, value in (
        ("no address", "link", {"uri": "not an address"}),
        ("an address", "link", {"uri": "https://bücher.example/ä?a=(b)#c"}),
        ("no DID", "mention", {"did": "lamp"}),
        ("a tag of 64", "tag", {"tag": "x" * 64}),
        ("a tag of 65", "tag", {"tag": "x" * 65}),
    ):
        feature = {"$type": f"app.bsky.richtext.facet#{kind}", **value}
        put(what, facets=[{"index": {"byteStart": 0, "byteEnd": 4}, "features": [feature]}])
    for what, start, end in (("before the text", -1, 4), ("beyond the text", 0, 400)):
        feature = {"$type": "app.bsky.richtext.facet#tag", "tag": "x"}
        put(what, facets=[{"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}])


_DIGITS = str.maketrans("0123456789", "234567abcd")


def pictures(client: Client) -> None:
    def put(what: str, embed: dict[str, Any]) -> None:
        key = f"3jzfcijpj4{len(client.heard):03d}".translate(_DIGITS)
        client.put(what, key, {**RECORD, "embed": embed})

    def images(*each: dict[str, Any]) -> dict[str, Any]:
        return {"$type": "app.bsky.embed.images", "images": list(each)}

    def card(**external: Any) -> dict[str, Any]:
        return {"$type": "app.bsky.embed.external", "external": external}

    kind = {"Content-Type": "image/png"}
    small = client.call("a picture", "POST", UPLOAD, data=png(20, 10), headers=kind)["blob"]
    data = png(20, 10) + b"\0" * 1_000_000
    large = client.call("a large one", "POST", UPLOAD, data=data, headers=kind)["blob"]
    missing = {**small, "ref": {"$link": NO_BLOB}}
    put("with a text", images({"alt": "a lamp", "image": small}))
    put("without a text", images({"image": small}))
    put("four", images(*[{"alt": "", "image": small}] * 4))
    put("five", images(*[{"alt": "", "image": small}] * 5))
    put("too large", images({"alt": "", "image": large}))
    put("never uploaded", images({"alt": "", "image": missing}))
    put("a card", card(uri="https://example.org/", title="Lamp", description="", thumb=small))
    put("a card without a description", card(uri="https://example.org/", title="Lamp"))
    put("a card too large", card(uri="https://e.org/", title="", description="", thumb=large))


def expired(real: Client, ours: Client, mine: Bluesky) -> None:
    """Tokens that were issued months ago."""
    for client in (real, ours):
        client.sign_in()
    mine.clock_of_tokens = timedelta(days=-200)
    for scope, what in (("appPass", "access"), ("refresh", "refresh")):
        real.token = signed(real, scope)
        ours.token = mine._token(scope, timedelta(hours=2))
        for client in (real, ours):
            if what == "access":
                client.put("by a token that is over", KEY.format(2), RECORD)
            else:
                client.call("refresh by one that is over", "POST", REFRESH)


def signed(client: Client, scope: str) -> str:
    """As the test server's own secret signs it (@atproto/dev-env, const.ts)."""
    head = {"typ": "refresh+jwt" if scope == "refresh" else "at+jwt", "alg": "HS256"}
    body = {
        "scope": f"com.atproto.{scope}",
        "aud": "did:web:localhost",
        "sub": client.did,
        "iat": 1_700_000_000,
        "exp": 1_700_007_200,
        **({"jti": "none"} if scope == "refresh" else {}),
    }
    pieces = [_base64(json.dumps(each).encode()) for each in (head, body)]
    secret = hmac.new(b"jwt-secret", ".".join(pieces).encode(), hashlib.sha256).digest()
    return ".".join((*pieces, _base64(secret)))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


CONVERSATIONS = {"sessions": sessions, "names": names, "limits": limits, "pictures": pictures}
