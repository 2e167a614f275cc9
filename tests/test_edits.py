"""The file is the truth, and the channels follow it: what is live is edited in its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from publisher.compose import template
from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from tests.conftest import POST, Publish, edit, live, texts
from tests.picture_files import halves, saved

THREAD = "{{ post.title }}\n\n{{ post.text | thread }}\n"


def writes(sandbox: Sandbox, channel: str) -> list[str]:
    return [
        each.method for each in sandbox.requests if each.channel == channel and each.method != "GET"
    ]


@pytest.mark.parametrize("channel", ["mastodon", "discord"])
def test_an_edit_changes_what_is_live_in_its_place(
    channel: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", channel)
    (before,) = live(sandbox, channel)
    edit(project, "twice as fast", "three times as fast")
    ran = publish("post.md", "--channels", channel, "--json")
    assert ran.status == 0
    (result,) = ran.json["results"]
    assert (result["action"], result["status"]) == ("update", "sent")
    (after,) = live(sandbox, channel)
    assert after["id"] == before["id"]
    assert "three times" in after["text"]
    assert publish("post.md", "--channels", channel, "--json").statuses() == {channel: "unchanged"}


def test_a_dry_run_shows_what_an_edit_changes_word_by_word(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md")
    edit(project, "twice", "three times")
    ran = publish("post.md", "--dry-run")
    assert "→ mastodon: update" in ran.out
    assert "[-twice-]{+three times+} as fast" in ran.out
    assert "what is live on X can't be edited" in ran.err
    assert len(sandbox.received()) == 6


def test_a_dry_run_shows_edited_fields_too_and_nothing_as_edited_that_isn_t(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md")
    edit(project, "title: Lamp 2.0 is out", "title: Lamp 2.0 is ready")
    ran = publish("post.md", "--dry-run")
    assert "title: Lamp 2.0 is [-out-]{+ready+}" in ran.out
    assert "subject: Lamp 2.0 is [-out-]{+ready+}" in ran.out
    assert set(re.findall(r"\[-(.*?)-\]|\{\+(.*?)\+\}", ran.out)) == {("out", ""), ("", "ready")}
    assert "email: left as it is, sent to 3 recipients" in publish("post.md").out


def test_a_dry_run_shows_which_pictures_an_edit_changes(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    for name, size in (("one.png", (40, 30)), ("two.png", (50, 30)), ("three.png", (60, 30))):
        (project / name).write_bytes(saved(halves(size), "PNG"))
    body = "![A lamp](one.png) ![Its light](two.png) ![Its box](three.png)"
    (project / "post.md").write_text(POST + f"\n{body}\n", "utf-8")
    publish("post.md", "--channels", "mastodon")
    (project / "four.png").write_bytes(saved(halves((70, 30)), "PNG"))
    edit(project, body, "![A red lamp](one.png) ![Its box](three.png) ![Its bag](four.png)")
    shown = publish("post.md", "--channels", "mastodon", "--dry-run").out
    assert [line.strip() for line in shown.splitlines() if re.search("picture|alt:", line)] == [
        "picture one.png: 40×30, 1 kB",
        "alt: A {+red +}lamp",
        "picture three.png: 60×30, 1 kB",
        "alt: Its box",
        "picture four.png: 70×30, 1 kB, new",
        "alt: Its bag",
        "picture two.png: taken out",
    ]


def test_an_edit_that_no_reader_sees_does_nothing(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    sandbox.requests.clear()
    edit(project, "tags:", "slug: post\nweight: 7\ntags:")
    assert publish("post.md", "--channels", "mastodon", "--json").statuses() == {
        "mastodon": "unchanged"
    }
    assert writes(sandbox, "mastodon") == ["POST"], "the first one"


def test_no_update_leaves_what_is_live_alone(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    edit(project, "twice", "three times")
    ran = publish("post.md", "--channels", "mastodon", "--no-update", "--json")
    assert (ran.status, ran.statuses()) == (0, {"mastodon": "outdated"})
    assert "twice" in texts(sandbox, "mastodon")[0]


def test_a_new_template_rewrites_nothing_unless_asked(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    (project / "templates").mkdir()
    (project / "templates" / "mastodon.txt.j2").write_text(
        "News: {{ post.title }} {{ post.url }}", "utf-8"
    )
    template.environment.cache_clear()  # as in a new process
    ran = publish("post.md", "--channels", "mastodon", "--json")
    assert (ran.status, ran.statuses()) == (0, {"mastodon": "outdated"})
    assert "--update-all" in ran.err
    assert not texts(sandbox, "mastodon")[0].startswith("News:")
    assert "News:" in publish("post.md", "--channels", "mastodon", "--dry-run").out, (
        "the difference is shown"
    )
    ran = publish("post.md", "--channels", "mastodon", "--update-all", "--json")
    assert ran.statuses() == {"mastodon": "sent"}
    assert texts(sandbox, "mastodon")[0].startswith("News:")


def test_an_edit_unseen_on_a_channel_doesn_t_let_a_later_template_through(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    edit(project, "tags:", "weight: 7\ntags:")
    publish("post.md", "--channels", "mastodon")
    (project / "templates").mkdir()
    (project / "templates" / "mastodon.txt.j2").write_text(
        "News: {{ post.title }} {{ post.url }}", "utf-8"
    )
    template.environment.cache_clear()
    assert publish("post.md", "--channels", "mastodon", "--json").statuses() == {
        "mastodon": "outdated"
    }


def test_everything_is_said_again_in_an_edit(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "one.png").write_bytes(saved(halves(), "PNG"))
    more = 'lang: fr\npublish: {mastodon: {spoiler_text: "A release"}}\nimage: {src: one.png, alt: "Half and half"}\ntags:'
    edit(project, "tags:", more)
    publish("post.md", "--channels", "mastodon,discord")
    (before,) = live(sandbox, "mastodon")
    edit(project, "twice", "three times")
    uploads = len([each for each in sandbox.requests if "media" in each.path])
    assert publish("post.md", "--channels", "mastodon,discord").status == 0
    (after,) = live(sandbox, "mastodon")
    for name in ("spoiler_text", "language", "media_attachments", "sensitive"):
        assert after["object"][name] == before["object"][name]
    assert len([each for each in sandbox.requests if "media" in each.path]) == uploads, (
        "the picture stays there"
    )
    (message,) = live(sandbox, "discord")
    assert [one["description"] for one in message["object"]["attachments"]] == ["Half and half"]
    assert message["allowed_mentions"] == {"parse": []}


def test_a_new_text_of_a_picture_arrives(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    (project / "one.png").write_bytes(saved(halves(), "PNG"))
    edit(project, "tags:", 'image: {src: one.png, alt: "Half and half"}\ntags:')
    publish("post.md", "--channels", "mastodon,discord")
    edit(project, "Half and half", "Half red, half blue")
    assert publish("post.md", "--channels", "mastodon,discord").status == 0
    assert (
        live(sandbox, "mastodon")[0]["object"]["media_attachments"][0]["description"]
        == "Half red, half blue"
    )
    (attachment,) = live(sandbox, "discord")[0]["object"]["attachments"]
    assert attachment["description"] == "Half red, half blue"


def test_a_picture_that_is_replaced_is_replaced(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "one.png").write_bytes(saved(halves((60, 40)), "PNG"))
    edit(project, "tags:", 'image: {src: one.png, alt: "Half and half"}\ntags:')
    publish("post.md", "--channels", "mastodon,discord")
    (project / "one.png").write_bytes(saved(halves((64, 48)), "PNG"))
    ran = publish("post.md", "--channels", "mastodon,discord", "--json")
    assert ran.statuses() == {"mastodon": "sent", "discord": "sent"}
    for channel in ("mastodon", "discord"):
        assert len(live(sandbox, channel)) == 1
    attachments = live(sandbox, "discord")[0]["object"]["attachments"]
    assert [each["size"] for each in attachments] == [(project / "one.png").stat().st_size]
    assert len(live(sandbox, "mastodon")[0]["object"]["media_attachments"]) == 1


@pytest.mark.parametrize("channel", ["mastodon", "discord"])
def test_a_thread_that_changes_is_edited_extended_and_cut(
    channel: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (project / "templates").mkdir()
    (project / "templates" / f"{channel}.txt.j2").write_text(THREAD, "utf-8")
    (project / "post.md").write_text(
        "---\ntitle: Three things\nid: t\n---\nOne.\n<!-- thread -->\n\nTwo.\n", "utf-8"
    )
    publish("post.md", "--channels", channel)
    assert len(live(sandbox, channel)) == 2
    edit(project, "Two.\n", "Two and a half.\n<!-- thread -->\n\nThree.\n")
    ran = publish("post.md", "--channels", channel, "--json")
    assert ran.statuses() == {channel: "sent"}, ran.err
    said = texts(sandbox, channel)
    assert ["One." in said[0], "Two and a half." in said[1], "Three." in said[2], len(said)] == [
        True,
        True,
        True,
        3,
    ]
    if channel == "mastodon":
        ids = [item["id"] for item in live(sandbox, channel)]
        assert [item["object"]["in_reply_to_id"] for item in live(sandbox, channel)] == [
            None,
            *ids[:2],
        ]
    edit(project, "Two and a half.\n<!-- thread -->\n\nThree.\n", "Two.\n")
    assert publish("post.md", "--channels", channel, "--json").statuses() == {channel: "sent"}
    said = texts(sandbox, channel)
    assert len(said) == 2
    assert "Two." in said[1]
    assert publish("post.md", "--channels", channel, "--json").statuses() == {channel: "unchanged"}


def test_what_somebody_edited_there_is_not_overwritten_without_force(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    (item,) = live(sandbox, "mastodon")
    with sandbox[Mastodon].lock:
        sandbox[Mastodon].posts[item["id"]]["text"] = "Somebody wrote this by hand."
    edit(project, "twice", "three times")
    ran = publish("post.md", "--channels", "mastodon", "--json")
    assert (ran.status, ran.statuses()) == (0, {"mastodon": "outdated"})
    assert "edited there" in ran.json["results"][0]["error"]["message"]
    assert texts(sandbox, "mastodon") == ["Somebody wrote this by hand."]
    assert publish("post.md", "--channels", "mastodon", "--force", "--json").statuses() == {
        "mastodon": "sent"
    }
    assert "three times" in texts(sandbox, "mastodon")[0]


def test_what_was_deleted_there_stays_so(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    publish("post.md", "--channels", "mastodon")
    with sandbox[Mastodon].lock:
        sandbox[Mastodon].posts.clear()
    edit(project, "twice", "three times")
    ran = publish("post.md", "--channels", "mastodon", "--json")
    assert (ran.status, ran.statuses()) == (0, {"mastodon": "skipped"})
    assert publish("post.md", "--channels", "mastodon", "--json").statuses() == {
        "mastodon": "skipped"
    }
    assert not live(sandbox, "mastodon")
    assert publish("post.md", "--channels", "mastodon", "--republish", "--json").statuses() == {
        "mastodon": "sent"
    }
    assert len(live(sandbox, "mastodon")) == 1


@pytest.mark.parametrize("kind", ["lost", "503", "drop", "html", "cut", "429"])
@pytest.mark.parametrize(("channel", "method"), [("mastodon", "PUT"), ("discord", "PATCH")])
def test_an_edit_whose_answer_is_lost_is_made_again(
    kind: str, channel: str, method: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", channel)
    edit(project, "twice", "three times")
    sandbox.fault(channel, kind, when=method, seconds=0.1)
    ran = publish("post.md", "--channels", channel, "--json")
    assert (ran.status, ran.statuses()) == (0, {channel: "sent"}), ran.err
    assert len(live(sandbox, channel)) == 1
    assert "three times" in texts(sandbox, channel)[0]


def test_what_was_edited_while_its_outcome_was_unknown_is_edited_afterwards(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("mastodon", "lost", times=1)
    sandbox.fault("mastodon", "500", times=500, when="GET")
    assert publish("post.md", "--channels", "mastodon").status == 3
    sandbox.faults.clear()
    edit(project, "twice", "three times")
    ran = publish("post.md", "--channels", "mastodon", "--json")
    assert ran.status == 0
    assert len(texts(sandbox, "mastodon")) == 1
    assert "three times" in texts(sandbox, "mastodon")[0]


def test_an_edit_that_can_not_follow_is_told_once_and_the_next_one_again(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "twitter,email")
    edit(project, "twice as fast", "three times as fast")
    for arguments in (("--dry-run",), ()):
        ran = publish("post.md", "--channels", "twitter,email", *arguments)
        assert ran.status == 0
        assert "what is live on twitter stays as it was" in ran.err
        assert "what is live on email stays as it was" in ran.err
    for arguments in (("--dry-run",), (), ()):
        ran = publish("post.md", "--channels", "twitter,email", *arguments)
        assert "stays as it was" not in ran.err
        assert "it was edited" in ran.out or not arguments
    assert publish("post.md", "--channels", "twitter", "--json").statuses() == {
        "twitter": "outdated"
    }
    assert "the post was edited since" in publish("status").out
    edit(project, "three times as fast", "four times as fast")
    assert "stays as it was" in publish("post.md", "--channels", "twitter").err
    # Edited back, it is what is live.
    edit(project, "four times as fast", "twice as fast")
    assert publish("post.md", "--channels", "twitter", "--json").statuses() == {
        "twitter": "unchanged"
    }
    assert len(sandbox.received()) == 4
