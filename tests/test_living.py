"""The file is the truth, and the channels follow it: edited, retracted, brought back, taken over."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from publisher import compose
from publisher.sandbox import Sandbox
from tests.conftest import POST, Publish, live
from tests.picture_files import halves, saved

THREAD = "{{ post.title }}\n\n{{ post.text | thread }}\n"


def texts(sandbox: Sandbox, channel: str) -> list[str]:
    return [item["text"] for item in live(sandbox, channel)]


def edit(project: Path, old: str, new: str, name: str = "post.md") -> None:
    path = project / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def writes(sandbox: Sandbox, channel: str) -> list[str]:
    return [each.method for each in sandbox.requests if each.channel == channel and each.method != "GET"]


# Edits


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


def test_a_dry_run_shows_what_an_edit_changes_word_by_word(project: Path, sandbox: Sandbox, publish: Publish) -> None:
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
    edit(project, "title: Lamp 2.0 is out", "title: Lamp 2.0 is here")
    ran = publish("post.md", "--dry-run")
    assert "title: Lamp 2.0 is [-out-]{+here+}" in ran.out
    assert "subject: Lamp 2.0 is [-out-]{+here+}" in ran.out
    assert set(re.findall(r"\[-(.*?)-\]|\{\+(.*?)\+\}", ran.out)) == {("out", ""), ("", "here")}
    assert "email: left as it is, sent to 3 recipients" in publish("post.md").out


def test_a_dry_run_shows_which_pictures_an_edit_changes(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    for name, size in (("one.png", (40, 30)), ("two.png", (50, 30)), ("three.png", (60, 30))):
        (project / name).write_bytes(saved(halves(size), "PNG"))
    body = "![A lamp](one.png) ![Its light](two.png) ![Its box](three.png)"
    (project / "post.md").write_text(POST + f"\n{body}\n", "utf-8")
    publish("post.md", "--channels", "mastodon")
    edit(project, body, "![A red lamp](one.png) ![Its light](three.png)")
    shown = publish("post.md", "--channels", "mastodon", "--dry-run").out
    assert [line.strip() for line in shown.splitlines() if re.search("picture|alt:", line)] == [
        "picture one.png: 40×30, 1 kB",
        "alt: A {+red +}lamp",
        "picture three.png: 60×30, 1 kB, new",
        "alt: Its light",
        "picture three.png: taken out",
    ]


def test_an_edit_that_no_reader_sees_does_nothing(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    publish("post.md", "--channels", "mastodon")
    sandbox.requests.clear()
    edit(project, "tags:", "slug: post\nweight: 7\ntags:")
    assert publish("post.md", "--channels", "mastodon", "--json").statuses() == {"mastodon": "unchanged"}
    assert writes(sandbox, "mastodon") == ["POST"], "the first one"


def test_no_update_leaves_what_is_live_alone(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    publish("post.md", "--channels", "mastodon")
    edit(project, "twice", "three times")
    ran = publish("post.md", "--channels", "mastodon", "--no-update", "--json")
    assert (ran.status, ran.statuses()) == (0, {"mastodon": "outdated"})
    assert "twice" in texts(sandbox, "mastodon")[0]


def test_a_new_template_rewrites_nothing_unless_asked(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    publish("post.md", "--channels", "mastodon")
    (project / "templates").mkdir()
    (project / "templates" / "mastodon.txt.j2").write_text("News: {{ post.title }} {{ post.url }}", "utf-8")
    compose._environment.cache_clear()  # as in a new process
    ran = publish("post.md", "--channels", "mastodon", "--json")
    assert (ran.status, ran.statuses()) == (0, {"mastodon": "outdated"})
    assert "--update-all" in ran.err
    assert not texts(sandbox, "mastodon")[0].startswith("News:")
    assert "News:" in publish("post.md", "--channels", "mastodon", "--dry-run").out, "the difference is shown"
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
    (project / "templates" / "mastodon.txt.j2").write_text("News: {{ post.title }} {{ post.url }}", "utf-8")
    compose._environment.cache_clear()
    assert publish("post.md", "--channels", "mastodon", "--json").statuses() == {"mastodon": "outdated"}


def test_everything_is_said_again_in_an_edit(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    (project / "one.png").write_bytes(saved(halves(), "PNG"))
    more = (
        'lang: fr\npublish: {mastodon: {spoiler_text: "A release"}}\nimage: {src: one.png, alt: "Half and half"}\ntags:'
    )
    edit(project, "tags:", more)
    publish("post.md", "--channels", "mastodon,discord")
    (before,) = live(sandbox, "mastodon")
    edit(project, "twice", "three times")
    uploads = len([each for each in sandbox.requests if "media" in each.path])
    assert publish("post.md", "--channels", "mastodon,discord").status == 0
    (after,) = live(sandbox, "mastodon")
    for name in ("spoiler_text", "language", "media_attachments", "sensitive"):
        assert after["object"][name] == before["object"][name]
    assert len([each for each in sandbox.requests if "media" in each.path]) == uploads, "the picture stays there"
    (message,) = live(sandbox, "discord")
    assert [one["description"] for one in message["object"]["attachments"]] == ["Half and half"]
    assert message["allowed_mentions"] == {"parse": []}


def test_a_new_text_of_a_picture_arrives(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    (project / "one.png").write_bytes(saved(halves(), "PNG"))
    edit(project, "tags:", 'image: {src: one.png, alt: "Half and half"}\ntags:')
    publish("post.md", "--channels", "mastodon,discord")
    edit(project, "Half and half", "Half red, half blue")
    assert publish("post.md", "--channels", "mastodon,discord").status == 0
    assert live(sandbox, "mastodon")[0]["object"]["media_attachments"][0]["description"] == "Half red, half blue"
    (attachment,) = live(sandbox, "discord")[0]["object"]["attachments"]
    assert attachment["description"] == "Half red, half blue"


def test_a_picture_that_is_replaced_is_replaced(project: Path, sandbox: Sandbox, publish: Publish) -> None:
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
    (project / "post.md").write_text("---\ntitle: Three things\nid: t\n---\nOne.\n<!-- thread -->\n\nTwo.\n", "utf-8")
    publish("post.md", "--channels", channel)
    assert len(live(sandbox, channel)) == 2
    edit(project, "Two.\n", "Two and a half.\n<!-- thread -->\n\nThree.\n")
    ran = publish("post.md", "--channels", channel, "--json")
    assert ran.statuses() == {channel: "sent"}, ran.err
    said = texts(sandbox, channel)
    assert ["One." in said[0], "Two and a half." in said[1], "Three." in said[2], len(said)] == [True, True, True, 3]
    if channel == "mastodon":
        ids = [item["id"] for item in live(sandbox, channel)]
        assert [item["object"]["in_reply_to_id"] for item in live(sandbox, channel)] == [None, *ids[:2]]
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
    with sandbox.mastodon.lock:
        sandbox.mastodon.posts[item["id"]]["text"] = "Somebody wrote this by hand."
    edit(project, "twice", "three times")
    ran = publish("post.md", "--channels", "mastodon", "--json")
    assert (ran.status, ran.statuses()) == (0, {"mastodon": "outdated"})
    assert "edited there" in ran.json["results"][0]["error"]["message"]
    assert texts(sandbox, "mastodon") == ["Somebody wrote this by hand."]
    assert publish("post.md", "--channels", "mastodon", "--force", "--json").statuses() == {"mastodon": "sent"}
    assert "three times" in texts(sandbox, "mastodon")[0]


def test_what_was_deleted_there_stays_so(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    publish("post.md", "--channels", "mastodon")
    with sandbox.mastodon.lock:
        sandbox.mastodon.posts.clear()
    edit(project, "twice", "three times")
    ran = publish("post.md", "--channels", "mastodon", "--json")
    assert (ran.status, ran.statuses()) == (0, {"mastodon": "skipped"})
    assert publish("post.md", "--channels", "mastodon", "--json").statuses() == {"mastodon": "skipped"}
    assert not live(sandbox, "mastodon")
    assert publish("post.md", "--channels", "mastodon", "--republish", "--json").statuses() == {"mastodon": "sent"}
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


# Retracting


def test_retracting_deletes_what_can_be_deleted_and_remembers(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md")
    ran = publish("retract", "post.md", "--json")
    assert ran.status == 2, "nobody was asked"
    assert len(sandbox.received()) == 6
    ran = publish("retract", "post.md", "--yes", "--json")
    assert ran.statuses() == {"mastodon": "sent", "twitter": "sent", "discord": "sent", "email": "outdated"}
    assert {result["action"] for result in ran.json["results"]} == {"delete", "none"}
    assert {item["channel"] for item in sandbox.received()} == {"email"}
    ran = publish("post.md", "--json")
    assert ran.status == 0
    assert ran.statuses() == {"mastodon": "skipped", "twitter": "skipped", "discord": "skipped", "email": "unchanged"}
    assert {result["reason"] for result in ran.json["results"]} == {"retracted", None}
    assert "retracted" in publish("status").out


def test_what_was_retracted_comes_back_when_asked_and_only_then(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    publish("retract", "post.md", "--channels", "mastodon", "--yes")
    edit(project, "twice", "three times")
    assert publish("post.md", "--channels", "mastodon", "--json").statuses() == {"mastodon": "skipped"}
    assert publish("post.md", "--channels", "mastodon", "--republish", "--json").statuses() == {"mastodon": "sent"}
    assert len(live(sandbox, "mastodon")) == 1
    assert publish("post.md", "--channels", "mastodon", "--republish", "--json").statuses() == {"mastodon": "unchanged"}
    assert len(live(sandbox, "mastodon")) == 1


def test_a_post_that_was_never_sent_can_be_retracted_too(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    assert publish("retract", "post.md", "--yes").status == 0
    ran = publish("post.md", "--json")
    assert set(ran.statuses().values()) == {"skipped"}
    assert not sandbox.received()


@pytest.mark.parametrize("kind", ["lost", "503", "drop"])
@pytest.mark.parametrize("channel", ["mastodon", "twitter", "discord"])
def test_a_retraction_whose_answer_is_lost_is_finished(
    kind: str, channel: str, project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", channel)
    sandbox.fault(channel, kind, when="DELETE", seconds=0.1)
    assert publish("retract", "post.md", "--channels", channel, "--yes").status == 0
    assert not live(sandbox, channel)


# Taking over


def test_what_was_posted_before_is_taken_over_and_then_followed(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    (item,) = live(sandbox, "mastodon")
    next(project.rglob("*.db")).unlink()
    ran = publish("adopt", "post.md", "mastodon", item["url"])
    assert ran.status == 0, ran.err
    assert publish("post.md", "--channels", "mastodon", "--json").statuses() == {"mastodon": "unchanged"}
    edit(project, "twice", "three times")
    assert publish("post.md", "--channels", "mastodon", "--json").statuses() == {"mastodon": "sent"}
    assert len(live(sandbox, "mastodon")) == 1
    assert publish("adopt", "post.md", "mastodon", item["url"]).status == 2


def test_an_archive_is_marked_and_not_sent(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    old = project / "old"
    old.mkdir()
    for number in range(5):
        (old / f"{number}.md").write_text(f"---\ntitle: Number {number}\n---\nIt was long ago.\n", "utf-8")
    ran = publish("adopt", "--all", "old")
    assert ran.status == 0, ran.err
    (old / "new.md").write_text("---\ntitle: A new one\n---\nIt is today.\n", "utf-8")
    ran = publish("old", "--json")
    assert ran.status == 0
    assert {result["reason"] for result in ran.json["results"] if result["status"] == "skipped"} == {"archived"}
    assert {item["text"].split("\n")[0] for item in live(sandbox, "mastodon")} == {"A new one"}
    assert publish("old/1.md", "--channels", "mastodon", "--republish").status == 0
    assert len(live(sandbox, "mastodon")) == 2


# Which post it is


def test_a_renamed_file_is_the_post_it_was(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    publish("post.md", "--channels", "mastodon")
    (project / "post.md").rename(project / "a-new-lamp.md")
    ran = publish("a-new-lamp.md", "--channels", "mastodon", "--json")
    assert ran.status == 0
    assert len(live(sandbox, "mastodon")) == 1
    assert "/news/a-new-lamp/" in texts(sandbox, "mastodon")[0], "its address changed, and the post follows"
    assert publish("a-new-lamp.md", "--channels", "mastodon", "--json").statuses() == {"mastodon": "unchanged"}


def test_a_copy_of_a_file_is_a_post_of_its_own(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    publish("post.md", "--channels", "mastodon")
    (project / "copy.md").write_text(POST, "utf-8")
    assert publish("copy.md", "--channels", "mastodon", "--json").statuses() == {"mastodon": "sent"}
    assert len(live(sandbox, "mastodon")) == 2


# Writing back


def test_the_links_of_what_is_live_are_written_into_the_post(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    config = project / "publish.toml"
    config.write_text(
        config.read_text("utf-8").replace("[site]\n", '[site]\nsyndication = "front-matter"\n', 1), "utf-8"
    )
    publish("post.md", "--channels", "mastodon,twitter")
    text = (project / "post.md").read_text("utf-8")
    (mastodon,) = live(sandbox, "mastodon")
    assert f"syndication:\n  - {mastodon['url']}\n" in text
    assert f'mastodon:\n  id: "{mastodon["id"]}"\n  url: {mastodon["url"]}\n---\n' in text
    assert text.startswith(POST.split("---\n")[0] + "---\n" + POST.split("---\n")[1])
    ran = publish("post.md", "--channels", "mastodon,twitter", "--json")
    assert set(ran.statuses().values()) == {"unchanged"}, "what is written back is no edit"
    publish("retract", "post.md", "--channels", "mastodon,twitter", "--yes")
    assert (project / "post.md").read_text("utf-8") == POST


def test_or_into_a_file_for_the_site_generator(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    config = project / "publish.toml"
    config.write_text(config.read_text("utf-8").replace("[site]\n", '[site]\nsyndication = "file"\n', 1), "utf-8")
    publish("post.md", "--channels", "mastodon,discord")
    told = json.loads((project / "data" / "syndication.json").read_text("utf-8"))
    assert [link["channel"] for link in told["post.md"]] == ["mastodon", "discord"]
    assert (project / "post.md").read_text("utf-8") == POST


# Time


def test_what_is_dated_before_since_is_an_archive(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    config = project / "publish.toml"
    config.write_text(config.read_text("utf-8").replace("[site]\n", "[site]\nsince = 2026-02-01\n", 1), "utf-8")
    ran = publish("post.md", "--json")
    assert ran.status == 0
    assert {result["reason"] for result in ran.json["results"]} == {"archived"}
    assert not sandbox.received()
