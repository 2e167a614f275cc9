"""Matrix against Synapse, which nobody here wrote: the sandbox answers as it does, and whatever
becomes of an answer, a message is there once.

`.ci/servers` installs it. Without it these tests are skipped, visibly; where CI=true is set, that is
a failure.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from publisher import registry
from publisher.adapter import Adapter, Attempt, Channel, Message, Part
from publisher.errors import CannotLook, Gone, NotSent, Refused, Unknown
from publisher.failpoints import FOR_PICTURES, POINTS
from publisher.sandbox import Sandbox
from publisher.testing.bench import png
from tests.conftest import POST, edit
from tests.proxy import Mischief, Proxy
from tests.reliability.child import TIMING, Job
from tests.reliability.fixtures import runner as runner
from tests.reliability.runner import Process, Run, Runner
from tests.reliability.synapse import PASSWORD, SYNAPSE, V3, Client, Synapse

MARK = "org.announcement_publisher.key"


@pytest.fixture(scope="module")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    if not SYNAPSE.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("Synapse is not installed in .venvs/synapse: .ci/run must install it")
        pytest.skip("Synapse is not installed in .venvs/synapse")
    with Synapse(tmp_path_factory.mktemp("synapse")) as server:
        yield server


@pytest.fixture
def room(synapse: Synapse, request: pytest.FixtureRequest) -> str:
    """The name of a room that nobody has written in."""
    name = f"test-{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]}"
    synapse.make_room(name)
    return f"#{name}:localhost"


# The same conversation with both.


@pytest.fixture
def stand_in() -> Iterator[Client]:
    with Sandbox(adapters=("matrix",)) as sandbox:
        (platform,) = sandbox.platforms
        settings, secrets = platform.settings(), platform.secrets()
        client = Client(settings["api_base_url"], secrets["access_token"])
        alias = quote(settings["room"], safe="")
        client.room = client.ask("GET", f"{V3}/directory/room/{alias}").body["room_id"]
        client.user = client.ask("GET", f"{V3}/account/whoami").body["user_id"]
        yield client


@pytest.fixture
def both(synapse: Synapse, room: str, stand_in: Client) -> list[Client]:
    return [synapse.bot, stand_in]


def text(body: str, **more: Any) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body, **more}


def replaced(event: str, body: str) -> dict[str, Any]:
    relation = {"rel_type": "m.replace", "event_id": event}
    return text(f"* {body}", **{"m.new_content": text(body), "m.relates_to": relation})


Step = Callable[[Client], Any]


def same_transaction(client: Client) -> Any:
    one = client.send("t1", text("one"))
    again = client.send("t1", text("one"))
    other = client.send("t1", text("other words"))
    next = client.send("t2", text("one"))
    return (
        [each.status for each in (one, again, other, next)],
        one.body == again.body == other.body,
        one.body == next.body,
        [event["content"]["body"] for event in client.said()],
    )


def marked(client: Client) -> Any:
    sent = client.send("t1", {**text("words"), MARK: "key-1", "m.mentions": {}}).body["event_id"]
    only = quote(json.dumps({"senders": [client.user], "types": ["m.room.message"]}))
    page = client.in_room("GET", f"/messages?dir=b&limit=10&filter={only}")
    (event,) = page.body["chunk"]
    return page.status, event["content"], event["event_id"] == sent, event["sender"] == client.user


def in_pages(client: Client) -> Any:
    for number in range(5):
        client.send(f"t{number}", text(f"number {number}"))
    only = quote(json.dumps({"senders": [client.user], "types": ["m.room.message"]}))
    found, start = [], ""
    for _ in range(10):
        page = client.in_room("GET", f"/messages?dir=b&limit=2&filter={only}{start}").body
        found += [event["content"]["body"] for event in page["chunk"]]
        if not page.get("end"):
            break
        start = f"&from={page['end']}"
    return found


def edited(client: Client) -> Any:
    sent = client.send("t1", text("old")).body["event_id"]
    edits = [client.send(f"e{n}", replaced(sent, f"new {n}")).body["event_id"] for n in range(2)]
    event = client.in_room("GET", f"/event/{quote(sent, safe='')}").body
    last = event["unsigned"]["m.relations"]["m.replace"]
    path = f"/rooms/{quote(client.room, safe='')}/relations/{quote(sent, safe='')}"
    path = f"/_matrix/client/v1{path}/m.replace/m.room.message?limit=100"
    listed = [each["event_id"] for each in client.ask("GET", path).body["chunk"]]
    return (
        event["content"]["body"],
        last["content"]["m.new_content"]["body"],
        last["event_id"] == edits[-1],
        listed == edits[::-1],
    )


def redacted(client: Client) -> Any:
    sent = client.send("t1", text("words")).body["event_id"]
    path = f"/redact/{quote(sent, safe='')}"
    told = [client.in_room("PUT", f"{path}/{each}", {}) for each in ("r1", "r1", "r2")]
    event = client.in_room("GET", f"/event/{quote(sent, safe='')}")
    page = client.in_room("GET", "/messages?dir=b&limit=20").body["chunk"]
    there = [each["content"] for each in page if each["event_id"] == sent]
    again = client.send("t1", text("words"))
    return (
        [each.status for each in told],
        told[0].body == told[1].body,
        (event.status, event.body["content"], "redacted_because" in event.body["unsigned"]),
        there,
        again.body["event_id"] == sent,
    )


def without_an_edit(client: Client) -> Any:
    """An edit that is redacted leaves the words before it."""
    sent = client.send("t1", text("old")).body["event_id"]
    edit = client.send("e1", replaced(sent, "new")).body["event_id"]
    client.in_room("PUT", f"/redact/{quote(edit, safe='')}/r1", {})
    event = client.in_room("GET", f"/event/{quote(sent, safe='')}").body
    return event["content"]["body"], "m.replace" in event["unsigned"].get("m.relations", {})


def media(client: Client) -> Any:
    told = client.ask("POST", "/_matrix/media/v3/upload?filename=a.png", data=png(8, 8))
    limits = client.ask("GET", "/_matrix/client/v1/media/config")
    uri = str(told.body["content_uri"])
    return told.status, uri.startswith("mxc://"), limits.status, limits.body


def refusals(client: Client) -> Any:
    wrong = Client(client.url, "wrong", client.room)
    nobody = Client(client.url, "", client.room)
    elsewhere = Client(client.url, client.token, "!elsewhere:example.org")
    alias = quote(f"#nothing:{client.user.partition(':')[2]}", safe="")
    login = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": client.user},
        "password": "wrong",
    }
    told = {
        "wrong token": wrong.send("t", text("x")),
        "no token": nobody.send("t", text("x")),
        "wrong token, looking": wrong.ask("GET", f"{V3}/account/whoami"),
        "not in the room": elsewhere.send("t", text("x")),
        "not in the room, looking": elsewhere.in_room("GET", "/state/m.room.encryption/"),
        "no such name": client.ask("GET", f"{V3}/directory/room/{alias}"),
        "not encrypted": client.in_room("GET", "/state/m.room.encryption/"),
        "no such event": client.in_room("GET", "/event/%24nothing"),
        "no JSON": client.send("t", None, data=b"{"),
        "no object": client.send("t", [1]),
        "no such path": client.ask("GET", f"{V3}/nothing"),
        "wrong password": nobody.ask("POST", f"{V3}/login", login),
    }
    return {name: (each.status, each.code) for name, each in told.items()}


def largest(client: Client) -> Any:
    fits, more = client.send("t1", text("a" * 60_000)), client.send("t2", text("a" * 65_500))
    quotes = client.send("t3", text('"' * 33_000))
    return [(each.status, each.code) for each in (fits, more, quotes)]


STEPS: list[Step] = [
    same_transaction,
    marked,
    in_pages,
    edited,
    redacted,
    without_an_edit,
    media,
    refusals,
    largest,
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_the_sandbox_answers_as_synapse(step: Step, both: list[Client]) -> None:
    real, ours = (step(client) for client in both)
    assert ours == real


# The adapter.


@pytest.fixture
def matrix(synapse: Synapse, room: str) -> Adapter:
    return adapter(synapse, room)


def adapter(synapse: Synapse, room: str, token: str = "") -> Adapter:
    settings = {"api_base_url": synapse.url, "room": room}
    channel = Channel("matrix", "matrix", settings)
    return registry.load("matrix")(channel, {"access_token": token or synapse.bot.token})


def message(channel: Adapter, words: str) -> Message:
    return Message(
        channel="matrix",
        title="",
        description="",
        url="",
        language="en",
        date=None,
        options=channel.settings,
        rule=channel.rule({}, {}),
        parts=(Part(words),),
    )


def attempt(key: str = "key-1", **more: Any) -> Attempt:
    return Attempt(key, datetime.now(UTC), **more)


def test_a_message_is_found_edited_and_taken_down_with_its_edits(
    matrix: Adapter, synapse: Synapse
) -> None:
    old, new = (matrix.payload(message(matrix, each), 0) for each in ("<b>Old</b> words", "New"))
    since = datetime.now(UTC) - timedelta(seconds=1)
    assert matrix.find(old, attempt(), since) is None
    receipt = matrix.send(old, attempt())
    assert matrix.find(old, attempt(), since) == receipt
    assert matrix.send(old, attempt()) == receipt
    live = attempt(remote_id=receipt.id or "")
    assert matrix.stands(old, live)
    for payload in (new, new, old, new):
        matrix.update(payload, live)
        assert matrix.stands(payload, live)
    assert len(synapse.bot.said()) == 1 + 3, "an edit that is made again is none"
    matrix.delete(new, live)
    assert synapse.bot.said() == []
    with pytest.raises(Gone):
        matrix.update(old, live)
    with pytest.raises(Gone):
        matrix.delete(old, live)
    with pytest.raises(CannotLook, match="deleted"):
        matrix.find(old, attempt("key-2"), since)


def test_what_was_deleted_is_not_put_back(matrix: Adapter, synapse: Synapse) -> None:
    payload = matrix.payload(message(matrix, "Words"), 0)
    receipt = matrix.send(payload, attempt())
    matrix.delete(payload, attempt(remote_id=receipt.id or ""))
    assert matrix.send(payload, attempt()) == receipt
    assert synapse.bot.said() == []


@pytest.mark.parametrize("sign", ["a", '"', "é", "😀", "<", "&", "\n-"])
def test_the_longest_text_and_an_edit_of_it_fit_into_an_event(
    sign: str, matrix: Adapter, synapse: Synapse
) -> None:
    rule = matrix.rule({}, {})
    escaped = sign.replace("&", "&amp;").replace("<", "&lt;")
    words = escaped * (rule.limit or 0)
    low, high = 1, rule.limit or 0
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if rule.fits(escaped * middle) else (low, middle - 1)
    words = escaped * low
    first = matrix.payload(message(matrix, "short"), 0)
    long = matrix.payload(message(matrix, words), 0)
    live = attempt(remote_id=matrix.send(first, attempt()).id or "")
    matrix.update(long, live)
    matrix.send(long, attempt("key-2"))
    assert matrix.stands(long, live)


def test_it_is_the_same_message_after_signing_in_anew(
    matrix: Adapter, room: str, synapse: Synapse
) -> None:
    payload = matrix.payload(message(matrix, "Words"), 0)
    receipt = matrix.send(payload, attempt())
    again = adapter(synapse, room, synapse.sign_in("announcer", "ANNOUNCEMENTS").token)
    assert again.knows_both(attempt(), None)
    assert again.send(payload, attempt()) == receipt
    other = adapter(synapse, room, synapse.sign_in("announcer", "ELSEWHERE").token)
    assert not other.knows_both(attempt(), None)
    assert other.find(payload, attempt(), datetime.now(UTC) - timedelta(minutes=1)) == receipt
    synapse.bot.token = synapse.sign_in("announcer", "ANNOUNCEMENTS").token


def test_it_may_write_where_it_says_so(matrix: Adapter, room: str) -> None:
    assert room in matrix.check()


def test_a_founder_of_a_room_may_write_in_it(synapse: Synapse, room: str) -> None:
    assert adapter(synapse, room, synapse.founder.token).check()


def test_an_encrypted_room_is_refused(synapse: Synapse) -> None:
    secret = adapter(synapse, synapse.make_room("secret", encrypted=True))
    for act in (
        secret.check,
        lambda: secret.send(secret.payload(message(secret, "x"), 0), attempt()),
    ):
        with pytest.raises(Refused, match="encrypted"):
            act()


def test_who_is_not_in_the_room_or_may_not_write_is_told(
    matrix: Adapter, room: str, synapse: Synapse
) -> None:
    levels = synapse.founder.in_room("GET", "/state/m.room.power_levels/").body
    quiet = {**levels, "events_default": 50}
    synapse.founder.in_room("PUT", "/state/m.room.power_levels/", quiet)
    with pytest.raises(Refused, match="power level is 0, and it takes 50"):
        matrix.check()
    with pytest.raises(Refused):
        matrix.send(matrix.payload(message(matrix, "x"), 0), attempt())
    synapse.bot.in_room("POST", "/leave", {})
    with pytest.raises(Refused) as caught:
        matrix.check()
    assert "invite" in caught.value.hint


def test_a_wrong_token_is_refused_and_not_told(synapse: Synapse, room: str) -> None:
    with pytest.raises(Refused) as caught:
        adapter(synapse, room, "syt_wrong").check()
    assert "syt_wrong" not in caught.value.message


def test_too_many_is_a_wait(matrix: Adapter, synapse: Synapse) -> None:
    path = f"/_synapse/admin/v1/users/{quote(synapse.bot.user, safe='')}/override_ratelimit"
    synapse.founder.ask("POST", path, {"messages_per_second": 1, "burst_count": 1})
    try:
        with pytest.raises(NotSent) as caught:
            for number in range(20):
                payload = matrix.payload(message(matrix, f"Number {number}"), 0)
                matrix.send(payload, attempt(f"key-{number}"))
        assert caught.value.status == 429
        assert (caught.value.retry_after or 0) >= 1
    finally:
        synapse.founder.ask("DELETE", path)


def test_the_guide_signs_in_on_a_device_that_is_kept(synapse: Synapse) -> None:
    guide: Any = importlib.import_module("publisher.adapters._matrix_guide")
    token = guide.sign_in(synapse.url, synapse.bot.user, PASSWORD)
    device = Client(synapse.url, token).ask("GET", f"{V3}/account/whoami").body["device_id"]
    assert device == guide.DEVICE
    with pytest.raises(Refused) as caught:
        guide.sign_in(synapse.url, synapse.bot.user, "a-wrong-password")
    assert "a-wrong-password" not in caught.value.message
    synapse.bot.token = token


# The whole command, with answers that are lost.


@pytest.fixture
def proxy(synapse: Synapse) -> Iterator[Proxy]:
    with Proxy(synapse.port, "PUT", "/send/") as proxy:
        yield proxy


class Project:
    """A folder that leads to Synapse by way of the proxy."""

    def __init__(
        self, folder: Path, runner: Runner, room: str, server: str, synapse: Synapse
    ) -> None:
        self.folder, self.runner, self.synapse = folder, runner, synapse
        (folder / ".git").mkdir(parents=True)
        (folder / "lamp.png").write_bytes(png(40, 30))
        (folder / "post.md").write_text(f"{POST}\n![A lamp](lamp.png)\n", "utf-8")
        (folder / "publish.toml").write_text(
            '[site]\nbase_url = "https://example.org/"\npermalink = "/news/{slug}/"\n'
            f'[channels.matrix]\napi_base_url = "{server}"\nroom = "{room}"\n'
            'access_token = { env = "MATRIX_ACCESS_TOKEN" }\n',
            "utf-8",
        )
        self._runs = 0

    def start(self, *argv: str, **how: Any) -> Process:
        self._runs += 1
        out = self.folder / f"run-{self._runs}"
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "HOME": str(self.folder),
            "MATRIX_ACCESS_TOKEN": self.synapse.bot.token,
        }
        job = Job(
            argv or ("post.md", "--json"),
            str(self.folder),
            environment,
            out=f"{out}.out",
            err=f"{out}.err",
            timing=TIMING,
        )
        return self.runner.start(replace(job, **how))

    def run(self, *argv: str, **how: Any) -> Run:
        return self.start(*argv, **how).wait()

    def once(self) -> dict[str, Any]:
        """The one message of the room."""
        (event,) = self.synapse.bot.said()
        return event


@pytest.fixture
def project(tmp_path: Path, runner: Runner, room: str, proxy: Proxy, synapse: Synapse) -> Project:
    return Project(tmp_path / "project", runner, room, proxy.url, synapse)


@pytest.mark.parametrize("kind", ["drop", "503", "cut", "html", "refuse"])
def test_whatever_becomes_of_an_answer_it_is_live_once(
    kind: Mischief, project: Project, proxy: Proxy
) -> None:
    proxy.mischief.append(kind)
    ran = project.run()
    assert ran.status == 0, ran.err
    assert 'src="mxc://' in project.once()["content"]["formatted_body"]
    assert project.run().status == 0
    project.once()
    edit(project.folder, "twice as fast", "at once")
    proxy.mischief.append(kind)
    ran = project.run()
    assert ran.status == 0, ran.err
    first, change = project.synapse.bot.said()
    assert change["content"]["m.relates_to"]["event_id"] == first["event_id"]
    assert "at once" in change["content"]["m.new_content"]["body"]
    assert project.run("retract", "post.md", "--yes").status == 0
    assert project.synapse.bot.said() == []
    assert project.run().json["results"][0]["reason"] == "retracted"


@pytest.mark.parametrize("point", [each for each in POINTS if each != "between recipients"])
def test_killed_at_a_step_it_is_live_once(point: str, project: Project) -> None:
    killed = project.run(how="kill", at=point, channel="matrix")
    assert killed.killed or point in FOR_PICTURES, point
    ran = project.run()
    assert ran.status == 0, ran.err
    project.once()


@pytest.mark.parametrize("request_number", range(1, 9))
def test_killed_after_a_request_it_is_live_once(request_number: int, project: Project) -> None:
    project.run(how="kill", at="request sent", channel="matrix", hit=request_number)
    ran = project.run()
    assert ran.status == 0, ran.err
    project.once()


def test_two_at_once(project: Project) -> None:
    runs = [process.wait() for process in [project.start() for _ in range(3)]]
    assert 0 in {ran.status for ran in runs} <= {0, 1}
    project.once()


def test_killed_server(project: Project, proxy: Proxy, synapse: Synapse) -> None:
    """What Synapse said yes to, it still knows after SIGKILL."""
    proxy.mischief.append("drop")
    project.run(how="kill", at="request sent", channel="matrix", hit=4)
    synapse.stop(kill=True)
    assert project.run().status != 0
    synapse.start()
    ran = project.run()
    assert ran.status == 0, ran.err
    project.once()


def test_unknown_is_what_a_lost_answer_is(room: str, proxy: Proxy, synapse: Synapse) -> None:
    channel = adapter(synapse, room)
    channel.settings = {**channel.settings, "api_base_url": proxy.url}
    payload = channel.payload(message(channel, "Words"), 0)
    proxy.mischief.append("drop")
    with pytest.raises(Unknown) as caught:
        channel.send(payload, attempt())
    assert channel.knows_both(attempt(), caught.value)
    channel.send(payload, attempt())
    assert len(synapse.bot.said()) == 1
