"""Matrix's promises, against Synapse; and what stands in for it in the sandbox, beside it.

`.ci/servers` installs it. Without it these tests are skipped, visibly; where CI=true is set, that is
a failure.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from publisher.adapter import Adapter, Attempt, Channel
from publisher.errors import Gone, NotSent, Refused, Unknown
from publisher.registry import load
from publisher.sandbox import Sandbox
from publisher.sandbox.matrix import ALIAS, PASSWORD, ROOM, TOKEN, Server
from tests.conftest import POST, Publish
from tests.proxy import Mischief, Proxy
from tests.reliability import synapse as real
from tests.reliability.child import Job
from tests.reliability.fixtures import runner as runner
from tests.reliability.runner import Runner
from tests.reliability.synapse import PYTHON, Synapse

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def server() -> Iterator[Synapse]:
    if not PYTHON.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("Synapse is missing: .ci/run must install it")
        pytest.skip("Synapse is missing: .ci/servers installs it")
    with Synapse() as synapse:
        yield synapse


# The sandbox's answers beside the real ones


def conversation(ask: Ask, room: str, alias: str, password: str) -> list[tuple[str, Any]]:
    """What is asked, and what of the answer is the same on every server."""
    told: list[tuple[str, Any]] = []
    ids: dict[str, str] = {}

    def say(what: str, answer: tuple[int, Any], *keys: str) -> Any:
        status, body = answer
        found = {key: key in body for key in keys}
        told.append((what, (status, body.get("errcode"), found)))
        return body

    def put(transaction: str, body: str, **more: Any) -> tuple[int, Any]:
        content = {"msgtype": "m.text", "body": body, "org.example.key": "k", **more}
        return ask("PUT", f"/rooms/{quote(room)}/send/m.room.message/{transaction}", content)

    say("who", ask("GET", "/account/whoami"), "user_id", "device_id")
    say("wrong token", ask("GET", "/account/whoami", token="wrong"))
    login = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": "news"}}
    say("login", ask("POST", "/login", {**login, "password": password}, token=""), "access_token")
    say("wrong password", ask("POST", "/login", {**login, "password": "no"}, token=""))
    say("alias", ask("GET", f"/directory/room/{quote(alias, safe='')}"), "room_id")
    say("no alias", ask("GET", f"/directory/room/{quote('#no' + alias[1:], safe='')}"))
    encryption = f"/rooms/{quote(room)}/state/m.room.encryption/"
    say("not encrypted", ask("GET", encryption))
    ids["first"] = say("send", put("t1", "one"), "event_id")["event_id"]
    ids["same"] = say("same again", put("t1", "one"), "event_id")["event_id"]
    ids["other"] = say("same transaction, other words", put("t1", "two"), "event_id")["event_id"]
    told.append(("one event", len(set(ids.values()))))
    elsewhere = f"/rooms/{quote('!no' + room[1:])}/send/m.room.message/t2"
    say("not in the room", ask("PUT", elsewhere, {"msgtype": "m.text", "body": "x"}))
    say("too large", put("t3", "x" * 65_000))
    say("no JSON object", ask("PUT", f"/rooms/{quote(room)}/send/m.room.message/t4", [1]))
    event = quote(ids["first"])
    shown = say("event", ask("GET", f"/rooms/{quote(room)}/event/{event}"), "content", "sender")
    told.append(("its field is kept", shown["content"].get("org.example.key")))
    say("no event", ask("GET", f"/rooms/{quote(room)}/event/{quote('$no' + ids['first'][1:])}"))
    relation = {"rel_type": "m.replace", "event_id": ids["first"]}
    new = {"msgtype": "m.text", "body": "edited"}
    say("edit", put("t5", "* edited", **{"m.new_content": new, "m.relates_to": relation}))
    shown = ask("GET", f"/rooms/{quote(room)}/event/{event}")[1]
    bundled = shown["unsigned"]["m.relations"]["m.replace"]["content"]["m.new_content"]["body"]
    told.append(("old content, with the edit beside it", (shown["content"]["body"], bundled)))
    redaction = f"/rooms/{quote(room)}/redact/{event}"
    say("redact", ask("PUT", f"{redaction}/r1", {}), "event_id")
    say("redact again", ask("PUT", f"{redaction}/r2", {}), "event_id")
    shown = ask("GET", f"/rooms/{quote(room)}/event/{event}")[1]
    told.append(("nothing is left of it", shown["content"]))
    again = say("its transaction after that", put("t1", "one"), "event_id")
    told.append(("nothing is put back", again["event_id"] == ids["first"]))
    return told


def test_the_sandbox_answers_as_synapse_does(server: Synapse) -> None:
    with Sandbox(adapters=("matrix",)) as sandbox:
        url = sandbox[Server].url

        def ask(method: str, path: str, body: Any = None, token: str = TOKEN) -> tuple[int, Any]:
            return real.ask(url, method, path, body, token)

        ours = conversation(ask, ROOM, ALIAS, PASSWORD)
    theirs = conversation(server.ask, server.room, server.alias, real.PASSWORD)
    assert ours == theirs


# The adapter


def adapter(url: str, server: Synapse) -> Adapter:
    settings = {"api_base_url": url, "room": server.alias}
    return load("matrix")(Channel("matrix", "matrix", settings), {"access_token": server.token})


def attempt(key: str) -> Attempt:
    return Attempt(key, datetime.now(UTC) - timedelta(seconds=5))


def test_it_is_sent_edited_and_taken_down(server: Synapse) -> None:
    matrix = adapter(server.url, server)
    assert "signed in as @news" in matrix.check()
    assert matrix.learn()["upload"] > 0
    payload, mine = {"body": "first words", "html": "<strong>first</strong> words"}, attempt("a1")
    assert matrix.find(payload, mine, datetime.now(UTC) + timedelta(seconds=2)) is None
    receipt = matrix.send(payload, mine)
    assert matrix.find(payload, mine, mine.began) == receipt
    live = replace(mine, remote_id=receipt.id or "")
    assert matrix.stands(payload, live)
    matrix.update({"body": "other words"}, live)
    assert matrix.stands({"body": "other words"}, live)
    matrix.update(payload, live)
    assert matrix.stands(payload, live)
    matrix.delete(payload, live)
    with pytest.raises(Gone):
        matrix.stands(payload, live)
    assert "first words" not in server.live()


@pytest.mark.parametrize("kind", ["drop", "503", "cut", "html"])
def test_a_lost_answer_is_unknown_and_the_same_again_is_the_same(
    kind: Mischief, server: Synapse
) -> None:
    with Proxy(server.port, strikes="PUT") as proxy:
        matrix = adapter(proxy.url, server)
        proxy.mischief.append(kind)
        payload, mine = {"body": f"lost: {kind}"}, attempt(f"lost-{kind}")
        with pytest.raises(Unknown) as caught:
            matrix.send(payload, mine)
        assert matrix.knows_both(mine, caught.value)
        receipt = matrix.send(payload, mine)
        assert matrix.find(payload, mine, mine.began) == receipt
    assert server.live().count(f"lost: {kind}") == 1


def test_sixteen_at_once_are_one(server: Synapse) -> None:
    matrix = adapter(server.url, server)
    mine = attempt("at-once")
    ids: list[str | None] = []

    def send() -> None:
        try:
            ids.append(adapter(server.url, server).send({"body": "at once"}, mine).id)
        except (NotSent, Unknown):
            ids.append(None)

    threads = [threading.Thread(target=send) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids.append(matrix.send({"body": "at once"}, mine).id)
    assert len({each for each in ids if each}) == 1
    assert server.live().count("at once") == 1


def test_an_encrypted_room_is_refused(server: Synapse) -> None:
    room = server.ask("POST", "/createRoom", {"preset": "private_chat"})[1]["room_id"]
    path = f"/rooms/{quote(room)}/state/m.room.encryption/"
    server.ask("PUT", path, {"algorithm": "m.megolm.v1.aes-sha2"})
    settings = {"api_base_url": server.url, "room": room}
    matrix = load("matrix")(Channel("matrix", "matrix", settings), {"access_token": server.token})
    with pytest.raises(Refused, match="encrypted"):
        matrix.send({"body": "in the clear"}, attempt("encrypted"))


# The whole command


@pytest.fixture
def here(
    tmp_path: Path, server: Synapse, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, Proxy]]:
    with Proxy(server.port, strikes="PUT") as proxy:
        (tmp_path / ".git").mkdir()
        (tmp_path / "publish.toml").write_text(
            f'[channels.matrix]\napi_base_url = "{proxy.url}"\nroom = "{server.alias}"\n'
            'access_token = { env = "MATRIX_ACCESS_TOKEN" }\n',
            "utf-8",
        )
        monkeypatch.setenv("MATRIX_ACCESS_TOKEN", server.token)
        monkeypatch.chdir(tmp_path)
        yield tmp_path, proxy


def write(folder: Path, mark: str) -> None:
    (folder / "post.md").write_text(POST.replace("Lamp 2.0 is out", mark), "utf-8")


@pytest.mark.parametrize("kind", ["drop", "503", "cut", "html", "refuse"])
def test_whatever_becomes_of_an_answer_it_is_live_once(
    kind: Mischief, here: tuple[Path, Proxy], server: Synapse, publish: Publish
) -> None:
    folder, proxy = here
    write(folder, f"Command {kind}")
    proxy.mischief.append(kind)
    assert publish("post.md", "--json").statuses() == {"matrix": "sent"}
    assert [text.startswith(f"Command {kind}\n") for text in server.live()].count(True) == 1


@pytest.mark.parametrize(
    "point",
    ["intent written", "connection open", "request sent", "response received", "before outcome written"],
)  # fmt: skip
def test_killed_anywhere_it_is_live_once(
    point: str, here: tuple[Path, Proxy], server: Synapse, runner: Runner
) -> None:
    folder, _ = here
    write(folder, f"Killed at {point}")

    def run(number: int, **how: Any) -> Any:
        out = folder / f"run-{number}"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "MATRIX_ACCESS_TOKEN": server.token,
        }
        job = Job(
            ("post.md", "--json"),
            folder=str(folder),
            environment=environment,
            out=f"{out}.out",
            err=f"{out}.err",
            **how,
        )
        return runner.start(job).wait()

    assert run(1, how="kill", at=point, channel="matrix").killed
    again = run(2)
    assert again.status == 0, again.err
    assert [text.startswith(f"Killed at {point}\n") for text in server.live()].count(True) == 1
