"""Bluesky's own server says what the sandbox says, and shows a post once, whatever becomes of the answers.

`.ci/servers` installs it. Without it these tests are skipped, visibly; where CI=true is set, that is a
failure.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from publisher.failpoints import FOR_PICTURES, POINTS
from publisher.sandbox import Sandbox
from publisher.sandbox.bluesky import DID as SANDBOX_DID
from publisher.sandbox.bluesky import PASSWORD, Bluesky
from publisher.sandbox.bluesky_rules import POST
from tests.adapter_contract import png
from tests.proxy import Mischief, Proxy
from tests.reliability.fixtures import runner as runner
from tests.reliability.pds import Pds, missing_pds
from tests.reliability.runner import Runner
from tests.reliability.world import World

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


@pytest.fixture(scope="module")
def pds() -> Iterator[Pds]:
    if why := missing_pds():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{why}: .ci/run must install it")
        pytest.skip(why)
    with Pds() as pds:
        yield pds


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(adapters=("bluesky",)) as sandbox:
        yield sandbox


# The same conversation


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


CONVERSATIONS = {"sessions": sessions, "names": names, "limits": limits, "pictures": pictures}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_the_sandbox_answers_as_the_real_one_does(name: str, pds: Pds, box: Sandbox) -> None:
    real = Client(pds.url, pds.did, pds.handle, pds.password)
    mine = box[Bluesky]
    ours = Client(mine.url, SANDBOX_DID, mine.called, PASSWORD)
    for client in (real, ours):
        if name != "sessions":
            client.sign_in()
        CONVERSATIONS[name](client)
    assert len(real.heard) > 5
    assert ours.heard == real.heard


# One post


class PdsWorld(World):
    """Leads to the real server, by way of the proxy."""

    def __init__(
        self, folder: Path, box: Sandbox, runner: Runner, pds: Pds, proxy: Proxy, **how: Any
    ) -> None:
        tag = folder.name.replace("_", "")
        environment = {"BLUESKY_APP_PASSWORD": pds.password}
        super().__init__(
            folder, box, runner, tag, channels=("bluesky",), environment=environment, **how
        )
        config = self.config.replace(box[Bluesky].url, proxy.url)
        self.write_config(re.sub(r"identifier = .*", f'identifier = "{pds.handle}"', config))
        self.pds, self.proxy = pds, proxy

    def received(self) -> list[dict[str, Any]]:
        return self.pds.received()


@pytest.fixture
def proxy(pds: Pds) -> Iterator[Proxy]:
    with Proxy(pds.port) as proxy:
        yield proxy


@pytest.fixture
def world(
    tmp_path: Path, box: Sandbox, runner: Runner, pds: Pds, proxy: Proxy
) -> Callable[..., PdsWorld]:
    def make(name: str = "", **how: Any) -> PdsWorld:
        return PdsWorld(tmp_path / name if name else tmp_path, box, runner, pds, proxy, **how)

    return make


@pytest.mark.parametrize("kind", ["drop", "503", "cut", "html", "refuse"])
def test_a_lost_answer_leaves_one_post_and_asks_nobody(
    kind: Mischief, world: Callable[..., PdsWorld], proxy: Proxy
) -> None:
    mine = world()
    assert mine.run("check").status == 0  # so that what is lost is no answer about the session
    proxy.mischief.append(kind)
    run = mine.publish().wait()
    assert run.status == 0, run.err
    assert not proxy.mischief
    assert mine.faults() == []
    assert mine.publish().wait().status == 0
    assert mine.faults() == []


@pytest.mark.parametrize("after", range(6))
def test_a_thread_with_a_document_is_there_once_whichever_answer_is_lost(
    after: int, world: Callable[..., PdsWorld], proxy: Proxy
) -> None:
    mine = world()
    assert mine.run("check").status == 0
    mine.write_config(mine.config + 'publication_url = "https://example.org"\n')
    template = mine.folder / "templates" / "bluesky.txt.j2"
    template.write_text("{{ post.text | thread }}", "utf-8")
    proxy.mischief.extend(("none",) * after)
    proxy.mischief.append("drop")
    run = mine.publish().wait()
    assert run.status == 0, run.err
    posts = [each for each in mine.received() if mine.tag in each["text"]]
    found = {number: each for each in posts for number in "123" if f"-p{number}" in each["text"]}
    assert len(posts) == len(found) == 3
    one, two = ({name: found[n][name] for name in ("uri", "cid")} for n in "12")
    assert found["2"]["value"]["reply"] == {"root": one, "parent": one}
    assert found["3"]["value"]["reply"] == {"root": one, "parent": two}
    assert mine.publish().wait().status == 0
    assert len([each for each in mine.received() if mine.tag in each["text"]]) == 3


def test_killed_at_every_step_it_is_there_once(world: Callable[..., PdsWorld]) -> None:
    points = [p for p in POINTS if p not in {"between recipients", *FOR_PICTURES}]
    for number, point in enumerate(points):
        mine = world(f"killed{number}")
        killed = mine.publish(how="kill", at=point, channel="bluesky").wait()
        assert killed.killed, point
        assert mine.publish().wait().status == 0, point
        assert mine.faults() == [], point


def test_three_processes_at_once_make_one_post(world: Callable[..., PdsWorld]) -> None:
    mine = world()
    runs = [process.wait() for process in [mine.publish() for _ in range(3)]]
    assert 0 in {run.status for run in runs} <= {0, 1}
    assert mine.faults() == []


def test_a_lost_ledger_makes_no_second_post(world: Callable[..., PdsWorld]) -> None:
    mine = world()
    assert mine.publish().wait().status == 0
    for file in (mine.folder / ".publish").glob("sandbox.db*"):
        file.unlink()
    run = mine.publish().wait()
    assert run.status == 0, run.err
    assert "was there already" in run.err + run.out
    assert mine.faults() == []


def test_sixteen_at_once_put_one_record(pds: Pds) -> None:
    client = Client(pds.url, pds.did, pds.handle, pds.password)
    client.sign_in()
    before = len(pds.received())

    def put(_: int) -> dict[str, Any]:
        return client.put("one of sixteen", KEY.format(7), RECORD)

    with ThreadPoolExecutor(16) as many:
        cids = {made["cid"] for made in many.map(put, range(16))}
    assert len(cids) == 1
    assert len(pds.received()) == before + 1


def test_it_is_deleted_and_is_not_put_back(world: Callable[..., PdsWorld]) -> None:
    mine = world()
    assert mine.publish().wait().status == 0
    assert mine.run("retract", "post.md", "--channels", "bluesky", "--yes").status == 0
    assert not mine.live()
    assert mine.publish().wait().json["results"][0]["reason"] == "retracted"
    assert not mine.live()


def test_an_edit_is_deleted_and_put_anew_where_it_is_asked_for(
    world: Callable[..., PdsWorld], proxy: Proxy
) -> None:
    mine = world(pictures=2)
    mine.write_config(mine.config + 'edit = "replace"\n')
    assert mine.publish().wait().status == 0
    (first,) = [each["uri"] for each in mine.received() if mine.tag in each["text"]]
    mine.edit()
    run = mine.publish().wait()
    assert run.status == 0, run.err
    assert {copy.version for copy in mine.live()} == {2}
    (second,) = [each["uri"] for each in mine.received() if mine.tag in each["text"]]
    assert first == second
    assert len(mine.entry(next(iter(mine.live())))["value"]["embed"]["images"]) == 2
