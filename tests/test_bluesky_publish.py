"""Bluesky through the whole command: once, whatever goes wrong, and followed to where it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from publisher import registry
from publisher.sandbox import Sandbox
from publisher.sandbox.bluesky import DID, PASSWORD, Bluesky
from tests.conftest import POST, Publish, edit, texts
from tests.newcomer import NO_SITE, settings
from tests.newcomer import empty as empty
from tests.terminals import talk

NAME = ("--channels", "bluesky")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(adapters=("bluesky",)) as sandbox:
        yield sandbox


def option(project: Path, line: str) -> None:
    """One more line for the channel, the only one there is."""
    path = project / "publish.toml"
    path.write_text(f"{path.read_text('utf-8')}{line}\n", "utf-8")


def thread(project: Path) -> None:
    (project / "templates").mkdir()
    (project / "templates" / "bluesky.txt.j2").write_text("{{ post.text | thread }}", "utf-8")
    text = POST + "\n<!-- thread -->\n\nSecond part.\n\n<!-- thread -->\n\nThird part.\n"
    (project / "post.md").write_text(text, "utf-8")


def puts(sandbox: Sandbox) -> int:
    return sum(each.path.endswith("putRecord") for each in sandbox.requests)


def test_what_a_dry_run_shows_is_what_is_sent(
    project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    dry = publish("post.md", *NAME, "--dry-run", "--json")
    assert dry.status == 0, dry.err
    assert not sandbox.requests
    (part,) = dry.json["results"][0]["parts"]
    assert publish("post.md", *NAME).status == 0
    assert texts(sandbox, "bluesky") == [part["text"]]
    assert part["text"].endswith("example.org/news/post/\n\n#FreeSoftware #release")


@pytest.mark.parametrize("threaded", [False, True], ids=["one post", "thread"])
@pytest.mark.parametrize(
    "kind",
    [
        "lost",
        "cut",
        "drop",
        "reset",
        "500",
        "502",
        "503",
        "504",
        "html",
        "429",
        "lost-500",
        "lost-html",
    ],
)
def test_whatever_becomes_of_an_answer_it_is_there_once(
    kind: str, threaded: bool, project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    if threaded:
        thread(project)
    parts = 3 if threaded else 1
    for after in range(parts):
        sandbox.clear()
        sandbox.fault("bluesky", kind, after=after, seconds=0)
        ran = publish("post.md", *NAME, "--republish", "--json")
        assert ran.statuses() == {"bluesky": "sent"}, ran.err
        assert len(texts(sandbox, "bluesky")) == parts
        was_there = kind.startswith("lost") or kind == "cut"
        assert puts(sandbox) == (parts if was_there else parts + 1)
        assert publish("post.md", *NAME).status == 0
        assert len(texts(sandbox, "bluesky")) == parts
        assert publish("retract", "post.md", *NAME, "--yes").status == 0
        assert texts(sandbox, "bluesky") == []


def test_where_nothing_can_be_read_back_it_says_that_it_may_be_live(
    project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    sandbox.fault("bluesky", "lost")
    sandbox.fault("bluesky", "500", times=500, when="GET")
    ran = publish("post.md", *NAME, "--json")
    assert ran.status in (1, 3)
    assert ran.statuses() != {"bluesky": "sent"}
    sandbox.faults.clear()
    assert publish("post.md", *NAME, "--json").statuses() == {"bluesky": "sent"}
    assert len(texts(sandbox, "bluesky")) == 1


def test_a_person_may_say_where_it_is(project: Path, publish: Publish, sandbox: Sandbox) -> None:
    sandbox.fault("bluesky", "lost")
    sandbox.fault("bluesky", "500", times=500, when="GET")
    assert publish("post.md", *NAME).status in (1, 3)
    sandbox.faults.clear()
    (item,) = sandbox.received()
    assert publish("resolve", "post.md", "bluesky", "--sent", item["url"]).status == 0
    assert item["url"] in publish("status", "post.md").out
    assert publish("retract", "post.md", *NAME, "--yes").status == 0
    assert not sandbox.received()


def test_what_was_retracted_is_not_put_back(
    project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    publish("post.md", *NAME)
    sandbox.fault("bluesky", "lost", when="POST /xrpc/com.atproto.repo.deleteRecord")
    assert publish("retract", "post.md", *NAME, "--yes").status == 0
    assert publish("post.md", *NAME).status == 0
    assert texts(sandbox, "bluesky") == []


def test_posted_again_it_has_another_name(
    project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    publish("post.md", *NAME)
    first = sandbox.received()[0]["id"]
    publish("retract", "post.md", *NAME, "--yes")
    assert publish("post.md", *NAME, "--republish").status == 0
    assert sandbox.received()[0]["id"] != first


def test_an_edit_is_told_and_nothing_is_done(
    project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    publish("post.md", *NAME)
    before = texts(sandbox, "bluesky")
    edit(project, "twice as fast", "three times as fast")
    ran = publish("post.md", *NAME)
    assert ran.status == 0
    assert "can't be edited" in ran.out + ran.err
    assert texts(sandbox, "bluesky") == before


@pytest.mark.parametrize("kind", ["", "lost", "500", "drop"])
def test_an_edit_is_posted_anew_where_that_is_asked_for(
    kind: str, project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    option(project, 'edit = "replace"')
    thread(project)
    publish("post.md", *NAME)
    before = [item["id"] for item in sandbox.received()]
    edit(project, "Second part.", "Zweiter Teil.")
    for method in ("deleteRecord", "putRecord") if kind else ():
        sandbox.fault("bluesky", kind, when=f"POST /xrpc/com.atproto.repo.{method}")
    ran = publish("post.md", *NAME)
    assert ran.status == 0, ran.err
    live = {item["text"].split()[0]: item for item in sandbox.received()}
    assert set(live) == {"Lamp", "Zweiter", "Third"}
    assert {item["id"] for item in live.values()} == set(before)
    assert live["Zweiter"]["in_reply_to_id"] == live["Lamp"]["id"]
    assert publish("post.md", *NAME).status == 0


def test_what_somebody_replaced_there_is_left_alone(
    project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    option(project, 'edit = "replace"')
    publish("post.md", *NAME)
    (post,) = sandbox[Bluesky].posts.values()
    post["record"]["text"] = "by hand"
    edit(project, "twice as fast", "three times as fast")
    ran = publish("post.md", *NAME)
    assert "left as it is" in ran.err
    assert texts(sandbox, "bluesky") == ["by hand"]


def test_pictures_go_with_it_in_order(project: Path, publish: Publish, sandbox: Sandbox) -> None:
    for name, size in (("a", 30), ("b", 40)):
        Image.new("RGB", (size, 20), "teal").save(project / f"{name}.png")
    post = POST.rstrip() + "\n\n![A lamp](a.png) ![Its switch](b.png)\n"
    (project / "post.md").write_text(post, "utf-8")
    sandbox.fault("bluesky", "lost", when="POST /xrpc/com.atproto.repo.uploadBlob")
    ran = publish("post.md", *NAME)
    assert ran.status == 0, ran.err
    (item,) = sandbox.received()
    assert [each["alt"] for each in item["pictures"]] == ["A lamp", "Its switch"]
    images = item["object"]["value"]["embed"]["images"]
    assert [each["aspectRatio"]["width"] for each in images] == [30, 40]


def test_a_cover_is_the_card_s_picture(project: Path, publish: Publish, sandbox: Sandbox) -> None:
    Image.new("RGB", (30, 20), "teal").save(project / "a.png")
    edit(project, "tags:", "cover: a.png\ncover_alt: A lamp\ntags:")
    assert publish("post.md", *NAME).status == 0
    embed = sandbox.received()[0]["object"]["value"]["embed"]
    assert embed["external"]["title"] == "Lamp 2.0 is out"
    assert embed["external"]["thumb"]["mimeType"] == "image/png"


def test_people_are_mentioned_only_where_the_post_says_who_they_are(
    project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    edit(project, "It starts", "Thanks to @ada and @bob.test. It starts")
    edit(project, "tags:", "mentions: {ada: {bluesky: '@ada.test'}}\ntags:")
    ran = publish("post.md", *NAME)
    assert ran.status == 0, ran.err
    record = sandbox.received()[0]["object"]["value"]
    assert "Thanks to @ada.test and @bob.test." in record["text"]
    dids = [each["features"][0]["did"] for each in record["facets"] if "did" in each["features"][0]]
    assert dids == ["did:plc:adaadaadaadaadaadaadaada"]


# Setting it up


def test_init_asks_for_an_app_password_and_tries_it_at_once(
    empty: Path, sandbox: Sandbox, publish: Publish
) -> None:
    answers = [
        NO_SITE,
        ("numbers", str(registry.names().index("bluesky") + 1)),
        ("Your handle", "me@example.org"),
        ("neither a handle", "@demo.test"),
        ("Your account's server", sandbox[Bluesky].url),
        ("The app password", "wrong"),
        ("again?", "y"),
        ("Your handle", "demo.test"),
        ("Your account's server", f"{sandbox[Bluesky].url}/"),
        ("The app password", PASSWORD),
    ]
    status, shown = talk(["init"], answers, empty)
    assert status == 0, shown
    assert "make an app password" in shown
    assert PASSWORD not in shown
    written = settings(empty)["channels"]["bluesky"]
    assert written["identifier"] == "demo.test"
    assert written["api_base_url"] == sandbox[Bluesky].url
    (empty / "hello.md").write_text("# Hello\n\nThis is my first post.\n", "utf-8")
    assert publish("hello.md").status == 0
    assert len(sandbox.received()) == 1


# Where it is


def test_the_address_is_said_before_it_is_sent(
    project: Path, publish: Publish, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BLUESKY_APP_PASSWORD")
    ran = publish("uri", "post.md", "bsky")
    assert ran.status == 0, ran.err
    assert re.fullmatch(rf"at://{DID}/app\.bsky\.feed\.post/[2-7a-z]{{13}}\n", ran.out)
    assert not sandbox.received()
    monkeypatch.setenv("BLUESKY_APP_PASSWORD", sandbox.environment()["BLUESKY_APP_PASSWORD"])
    edit(project, "twice as fast", "three times as fast")
    assert publish("post.md", *NAME).status == 0
    assert sandbox.received()[0]["id"] == ran.out.strip()
    assert publish("uri", "post.md", "bluesky").out == ran.out


def test_by_a_did_it_needs_no_network(project: Path, publish: Publish, sandbox: Sandbox) -> None:
    edit(project, '"demo.test"', f'"{DID}"', "publish.toml")
    ran = publish("uri", "post.md", "bluesky")
    assert ran.out.startswith(f"at://{DID}/")
    assert not sandbox.requests


def test_where_nobody_knows_it_before_that_is_said(
    project: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    option(project, '[channels.discord]\nwebhook_url = { env = "NOT_THERE" }')
    ran = publish("uri", "post.md", "discord")
    assert ran.status == 2
    assert "only once it is there" in ran.err
    assert "did you mean 'post'" in publish("uri", "post.md", "bluesky", "--of", "pots").err
    (project / "publish.toml").unlink()
    assert "no publish.toml" in publish("uri", "post.md", "bluesky").err


def test_a_retracted_post_has_no_address_to_come(
    project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    publish("post.md", *NAME)
    publish("retract", "post.md", *NAME, "--yes")
    ran = publish("uri", "post.md", "bluesky")
    assert ran.status == 2
    assert "retracted" in ran.err


def test_what_was_posted_by_hand_is_taken_over_by_its_address(
    project: Path, publish: Publish, sandbox: Sandbox
) -> None:
    option(project, 'edit = "replace"')
    publish("post.md", *NAME)
    (item,) = sandbox.received()
    for file in (project / ".publish").glob("*.db*"):
        file.unlink()
    assert publish("adopt", "post.md", "bluesky", item["url"]).status == 0
    edit(project, "twice as fast", "three times as fast")
    ran = publish("post.md", *NAME)
    assert ran.status == 0, ran.err
    assert "three times" in texts(sandbox, "bluesky")[0]
    assert sandbox.received()[0]["id"] == item["id"]


def test_checking_says_who_it_is(project: Path, publish: Publish, sandbox: Sandbox) -> None:
    ran = publish("check")
    assert "signed in as @demo.test" in ran.out
    sandbox[Bluesky].password = "another"
    ran = publish("check")
    assert ran.status != 0
    assert "app password" in ran.out + ran.err


@pytest.mark.parametrize(
    ("line", "said"),
    [('identifier = "me@example.org"', "neither a handle"), ('edit = "yes"', "replace")],
)
def test_a_wrong_setting_is_said(line: str, said: str, project: Path, publish: Publish) -> None:
    path = project / "publish.toml"
    text = path.read_text("utf-8")
    key = line.partition(" ")[0]
    path.write_text(re.sub(rf"(?m)^{key} = .*\n", "", text) + line + "\n", "utf-8")
    ran = publish("post.md", *NAME, "--dry-run")
    assert ran.status == 2
    assert said in ran.err


@pytest.mark.parametrize("job", [False, True])
def test_tokens_are_kept_but_in_a_job(
    job: bool, project: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    if job:
        monkeypatch.setenv("CI", "true")
    assert publish("post.md", *NAME).status == 0
    assert (project / ".publish" / "sessions").exists() is not job


def test_a_sandbox_s_tokens_are_gone_with_it(project: Path, publish: Publish) -> None:
    assert publish("post.md", *NAME, "--sandbox").status == 0
    assert not (project / ".publish" / "sessions").exists()
