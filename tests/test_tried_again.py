"""What is tried again, what never, and by which name the platform knows the two attempts as one."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher import config, http
from publisher.errors import LedgerError
from publisher.identity import Identity
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger
from publisher.sandbox import Sandbox
from publisher.sandbox.twitter import Twitter
from tests.conftest import POST, Publish, edit, live, texts
from tests.picture_files import halves, saved

SETTLE = 0.3
"""Seconds, as the fixture `publish` has it."""

THREAD = "{{ post.title }}\n\n{{ post.text | thread }}\n"


def methods(sandbox: Sandbox, channel: str, *wanted: str) -> list[str]:
    """The methods of the requests that a channel got, in order; only the wanted ones, if any are named."""
    every = [each.method for each in sandbox.requests if each.channel == channel]
    return [method for method in every if not wanted or method in wanted]


def keys(sandbox: Sandbox) -> list[str]:
    """The idempotency keys of the posts that Mastodon was asked to make, in order."""
    return [
        each.headers["idempotency-key"]
        for each in sandbox.requests
        if (each.channel, each.method, each.path) == ("mastodon", "POST", "/api/v1/statuses")
    ]


def ledger_of(project: Path) -> Ledger:
    return Ledger(config.load(project / "publish.toml").ledger_path(), readonly=True)


def set_option(project: Path, channel: str, line: str) -> None:
    path = project / "publish.toml"
    section = f"[channels.{channel}]\n"
    text = path.read_text("utf-8")
    assert section in text
    path.write_text(text.replace(section, section + line + "\n"), "utf-8")


# Looking


def test_nothing_goes_out_again_before_it_was_missed_twice(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("twitter", "drop")
    assert publish("post.md", "--channels", "twitter").status == 0
    between = methods(sandbox, "twitter")[1:-1]
    assert methods(sandbox, "twitter", "POST") == ["POST", "POST"]
    assert between.count("GET") >= 2, "a list may lag: one that lacks the post proves nothing"
    assert len(live(sandbox, "twitter")) == 1


def test_a_later_run_misses_it_twice_too(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    """However long ago it was tried: a single list may still come from a copy that lags."""
    sandbox[Twitter].reads = False
    sandbox.fault("twitter", "drop", times=500, when="POST")
    try:
        assert publish("post.md", "--channels", "twitter").status == 3
    finally:
        sandbox[Twitter].reads = True
    sandbox.faults.clear()
    time.sleep(2 * SETTLE)
    before = len(sandbox.requests)
    assert publish("post.md", "--channels", "twitter").status == 0
    later = [each.method for each in sandbox.requests[before:]]
    assert later[: later.index("POST")].count("GET") >= 2


def test_an_unknown_s_time_is_when_its_answer_was_given_up(
    project: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = 0.4
    monkeypatch.setattr(http, "READ_TIMEOUT", patience)
    sandbox.fault("mastodon", "latency", seconds=0.6)
    sandbox.fault("mastodon", "500", times=500, when="GET")
    assert publish("post.md", "--channels", "mastodon").status == 3
    with ledger_of(project) as ledger:
        (row,) = ledger.rows()
    assert row.began is not None
    assert row.tried is not None
    assert row.tried - row.began >= timedelta(seconds=patience), (
        "a slow request may still arrive: what is waited for is counted from its end"
    )


def test_a_blind_resend_happens_once_a_run(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    set_option(project, "discord", 'on_unknown = "resend"')
    sandbox.fault("discord", "drop", times=20)
    for _ in range(3):
        before = len(methods(sandbox, "discord", "POST"))
        ran = publish("post.md", "--channels", "discord", "--json")
        assert (ran.status, ran.statuses()) == (3, {"discord": "unknown"})
        assert len(methods(sandbox, "discord", "POST")) - before in (1, 2)


# Names


def test_each_generation_of_a_post_has_a_key_of_its_own(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    publish("retract", "post.md", "--channels", "mastodon", "--yes")
    publish("post.md", "--channels", "mastodon", "--republish")
    first, second = keys(sandbox)
    assert first != second, "Mastodon would answer with the post that was deleted"
    with ledger_of(project) as ledger:
        assert [row.generation for row in ledger.rows()] == [2]


def test_each_account_has_a_key_of_its_own(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    path = project / "publish.toml"
    text = path.read_text("utf-8")
    section = text.split("[channels.mastodon]")[1].split("[channels.twitter]")[0]
    more = f'\n[channels.mastodon-fr]\nadapter = "mastodon"\n{section}'
    path.write_text(text + more, "utf-8")
    publish("post.md", "--channels", "mastodon,mastodon-fr")
    assert len(set(keys(sandbox))) == 2


def test_another_attempt_has_the_same_key(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("mastodon", "429", seconds=0, when="POST /api/v1/statuses")
    publish("post.md", "--channels", "mastodon")
    first, second = keys(sandbox)
    assert first == second


# Pictures


def test_a_picture_that_the_platform_lost_is_uploaded_anew_by_the_next_run(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "one.png").write_bytes(saved(halves(), "PNG"))
    edit(project, "tags:", 'image: {src: one.png, alt: "Half and half"}\ntags:')
    sandbox.fault("mastodon", "429", times=500, seconds=60, when="POST /api/v1/statuses")
    assert publish("post.md", "--channels", "mastodon").status == 1
    sandbox.clear()  # the picture is gone there, the ledger still has its id
    assert publish("post.md", "--channels", "mastodon").status == 1, "the platform refuses the id"
    assert publish("post.md", "--channels", "mastodon").status == 0
    (item,) = live(sandbox, "mastodon")
    assert len(item["object"]["media_attachments"]) == 1


def test_two_files_of_one_name_are_two_attachments(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    for folder, size in (("red", (60, 40)), ("blue", (64, 48))):
        (project / folder).mkdir()
        (project / folder / "lamp.png").write_bytes(saved(halves(size), "PNG"))
    pictures = "![A red lamp](red/lamp.png) ![A blue lamp](blue/lamp.png)"
    (project / "post.md").write_text(f"{POST}\n{pictures}\n", "utf-8")
    assert publish("post.md", "--channels", "discord").status == 0
    (message,) = live(sandbox, "discord")
    assert [each["filename"] for each in message["object"]["attachments"]] == [
        "lamp.png",
        "2-lamp.png",
    ]


# Edits and deletions


def test_what_an_edit_takes_out_is_gone(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    edit(project, "tags:", 'publish: {discord: {content: "Come and see"}}\ntags:')
    publish("post.md", "--channels", "discord")
    assert live(sandbox, "discord")[0]["object"]["content"] == "Come and see"
    edit(project, 'publish: {discord: {content: "Come and see"}}\n', "")
    assert publish("post.md", "--channels", "discord").status == 0
    assert live(sandbox, "discord")[0]["object"]["content"] == ""


@pytest.mark.parametrize("channel", ["mastodon", "discord"])
def test_a_thread_is_shortened_from_its_end(
    channel: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    """Cut off in between, what is left is a thread, not one with a hole."""
    (project / "templates").mkdir()
    (project / "templates" / f"{channel}.txt.j2").write_text(THREAD, "utf-8")
    parts = ["One.", "Two.", "Three.", "Four."]
    body = "\n<!-- thread -->\n\n".join(f"{part}\n" for part in parts)
    (project / "post.md").write_text(f"---\ntitle: Four things\nid: t\n---\n{body}", "utf-8")
    publish("post.md", "--channels", channel)
    ids = [item["id"] for item in live(sandbox, channel)]
    assert len(ids) == 4
    edit(project, "\n<!-- thread -->\n\nThree.\n\n<!-- thread -->\n\nFour.\n", "")
    assert publish("post.md", "--channels", channel).status == 0
    deleted = [each.path.rsplit("/", 1)[1] for each in sandbox.requests if each.method == "DELETE"]
    assert deleted == [ids[3], ids[2]]


def test_what_is_archived_is_sent_by_no_run_and_no_option_but_one(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("adopt", "--all", "post.md")
    for option in ("--update-all", "--force", "--yes"):
        ran = publish("post.md", option, "--json")
        assert {result["reason"] for result in ran.json["results"]} == {"archived"}
    edit(project, "twice", "three times")
    publish("post.md", "--update-all")
    assert sandbox.received() == []
    assert [each for each in sandbox.requests if each.method != "GET"] == []


# Read back by what isn't ours


def test_another_post_with_the_same_words_is_not_taken_for_one_that_was_lost(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    """Two posts of one run say the same; the request of the second never arrives."""
    for name in ("one", "two"):
        same = "publish: {mastodon: {text: The doors are open. Come in!}}"
        address = f"https://example.org/{name}/"
        words = f"---\ntitle: Doors\nid: {name}\nurl: {address}\n{same}\n---\nOpen.\n"
        (project / f"{name}.md").write_text(words, "utf-8")
    sandbox.fault("mastodon", "drop", after=1)
    assert publish("one.md", "two.md", "--channels", "mastodon").status == 0
    assert len(live(sandbox, "mastodon")) == 2
    with ledger_of(project) as ledger:
        assert len({row.remote_id for row in ledger.rows()}) == 2


def test_a_long_post_on_x_is_read_back_whole(
    project: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`text` is only its beginning: two long posts that begin alike are two."""
    monkeypatch.setattr(sandbox[Twitter], "longest", 25_000)
    set_option(project, "twitter", "max_characters = 4000")
    (project / "templates").mkdir()
    (project / "templates" / "twitter.txt.j2").write_text("{{ post.text }}", "utf-8")
    same = "A sentence that all begin with, and that goes on for a while. " * 8
    for name, fault in (("one", ""), ("two", "drop"), ("three", "lost")):
        text = f"---\ntitle: {name}\nid: {name}\n---\n{same}This is {name}.\n"
        (project / f"{name}.md").write_text(text, "utf-8")
        if fault:
            sandbox.fault("twitter", fault)
        assert publish(f"{name}.md", "--channels", "twitter").status == 0
        with Ledger(config.load(project / "publish.toml").ledger_path()) as ledger:
            for row in ledger.rows():
                ledger.record(replace(row, remote_id=None))  # as if none were known by its id
    ends = [text.rpartition("This is ")[2] for text in texts(sandbox, "twitter")]
    assert sorted(ends) == ["one.", "three.", "two."]


def test_an_intent_that_lies_in_the_future_is_held(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    """A clock that was ahead by an hour began it: what was posted since then may be older."""
    sandbox.fault("mastodon", "lost")
    sandbox.fault("mastodon", "500", times=100, when="GET")
    set_option(project, "mastodon", "deadline = 1")
    publish("post.md", "--channels", "mastodon")
    sandbox.faults.clear()
    with Ledger(config.load(project / "publish.toml").ledger_path()) as ledger:
        (row,) = ledger.rows()
        ahead = datetime.now(UTC) + timedelta(hours=1)
        ledger.record(replace(row, state="intent", began=ahead, tried=ahead))
    ran = publish("post.md", "--channels", "mastodon")
    assert ran.status == 3
    assert "in the future" in ran.err + ran.out
    assert len(live(sandbox, "mastodon")) == 1


# A disk that is full


def test_what_went_out_is_told_where_it_can_not_be_written_down(
    project: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Ledger.record

    def full(self: Ledger, row: Row) -> None:
        if row.state == "sent":
            raise LedgerError("the ledger can't be written: disk full", hint="make room")
        record(self, row)

    monkeypatch.setattr(Ledger, "record", full)
    ran = publish("post.md", "--channels", "mastodon", "--json")
    (item,) = live(sandbox, "mastodon")
    (result,) = ran.json["results"]
    assert (ran.status, result["status"]) == (3, "unknown")
    assert result["parts"][0]["id"] == item["id"]
    assert result["url"] == item["url"]
    assert item["url"] in result["error"]["message"]
    assert f"--sent {item['url']}" in result["error"]["hint"]


# What a person says


def test_of_several_open_parts_one_is_named(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "templates").mkdir()
    (project / "templates" / "discord.txt.j2").write_text(THREAD, "utf-8")
    body = "One.\n\n<!-- thread -->\n\nTwo.\n\n<!-- thread -->\n\nThree.\n"
    (project / "post.md").write_text(f"---\ntitle: Three things\nid: t\n---\n{body}", "utf-8")
    sandbox.fault("discord", "lost")
    ran = publish("post.md", "--channels", "discord", "--json")
    assert ran.status == 3
    assert "publish resolve post.md discord --part 1" in ran.json["results"][0]["error"]["hint"]
    with Ledger(config.load(project / "publish.toml").ledger_path()) as ledger:
        for row in ledger.rows()[1:]:
            ledger.record(row.with_state("unknown"))
    ran = publish("resolve", "post.md", "discord", "--not-sent")
    assert ran.status == 2
    assert "part 1, part 2, part 3" in ran.err
    assert "--part 1" in ran.err
    assert publish("resolve", "post.md", "discord", "--not-sent", "--part", "2").status == 0
    with ledger_of(project) as ledger:
        assert [row.state for row in ledger.rows()] == ["unknown", "failed", "unknown"]


def test_an_address_of_which_a_platform_says_no_id_is_no_id(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("discord", "lost")
    assert publish("post.md", "--channels", "discord").status == 3
    there = "https://bsky.example/profile/ada/post/3l22"
    assert publish("resolve", "post.md", "discord", "--sent", there).status == 0
    with ledger_of(project) as ledger:
        (row,) = ledger.rows()
    assert (row.remote_id, row.url) == (None, there)


# Which post it is


def test_a_file_that_two_lost_posts_could_have_become_is_neither(tmp_path: Path) -> None:
    """Two posts with the same words, both files gone: nobody knows which of them moved here."""
    words = "a" * 64
    with Ledger(tmp_path / "ledger.db") as ledger:
        for name in ("one.md", "two.md"):
            row = Row(
                post=name,
                channel="mastodon",
                part=0,
                payload={"status": "The same words."},
                state="sent",
                source=f"{words}+{'b' * 16}",
                began=datetime(2026, 1, 1, tzinfo=UTC),
            )
            ledger.prepare(Identity(name), name, "mastodon", [row])
        assert ledger.moved(words, lambda path: path == "one.md") == "two.md"
        assert ledger.moved(words, lambda path: False) is None
        assert ledger.moved(words, lambda path: True) is None


# Mail


def test_a_server_that_turns_everybody_away_is_asked_once_a_round(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    """A thousand recipients must not mean a thousand connections: servers lock accounts for less."""
    sandbox.fault("email", "421", times=2)
    ran = publish("post.md", "--channels", "email", "--json")
    assert ran.status == 0, ran.err
    assert len(live(sandbox, "email")) == 3
    assert sandbox.faults.waiting() == 0
    assert len([line for line in ran.err.splitlines() if "421" in line]) <= 2


def test_while_a_server_turns_everybody_away_no_second_recipient_is_tried(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    set_option(project, "email", "deadline = 1")
    many = 500
    sandbox.fault("email", "421", times=many)
    assert publish("post.md", "--channels", "email").status == 1
    rounds = many - sandbox.faults.waiting()
    # Each round waits at least 0.2 s longer than the one before it lasted: a second has few of them.
    assert rounds <= 1 / 0.2 + 3, "three recipients, but one connection a round"
