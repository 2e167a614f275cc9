"""Bluesky's own server says what the sandbox says, and shows a post once, whatever becomes of the answers.

`.ci/servers` installs it. Without it these tests are skipped, visibly; where CI=true is set, that is a
failure.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from publisher.failpoints import FOR_PICTURES, POINTS
from publisher.sandbox import Sandbox
from publisher.sandbox.bluesky import DID as SANDBOX_DID
from publisher.sandbox.bluesky import PASSWORD, Bluesky
from tests.proxy import Mischief, Proxy
from tests.reliability.fixtures import runner as runner
from tests.reliability.pds import Pds, missing_pds
from tests.reliability.pds_conversations import CONVERSATIONS, KEY, RECORD, Client, expired
from tests.reliability.runner import Runner
from tests.reliability.world import World


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


def test_a_token_that_is_over_is_answered_the_same(pds: Pds, box: Sandbox) -> None:
    mine = box[Bluesky]
    real = Client(pds.url, pds.did, pds.handle, pds.password)
    ours = Client(mine.url, SANDBOX_DID, mine.called, PASSWORD)
    expired(real, ours, mine)
    assert "ExpiredToken" in str(real.heard[-1])
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
        return [
            {
                **each,
                "id": each["uri"],
                "in_reply_to_id": each["value"].get("reply", {}).get("parent", {}).get("uri"),
            }
            for each in self.pds.received()
        ]


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
    nothing: Mischief = "none"
    proxy.mischief.extend([nothing] * after)
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
