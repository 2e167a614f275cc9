"""The file is the truth, and the channels follow it: retracted, brought back, taken over, renamed,
written back to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from publisher.ledger.sqlite import Ledger
from publisher.sandbox import Sandbox
from publisher.sandbox.discord import Discord
from publisher.sandbox.mastodon import Mastodon
from publisher.sandbox.platform import Stop
from publisher.sandbox.web import as_json
from tests.conftest import POST, YESTERDAY, Publish, edit, live, texts

# Retracting


def test_retracting_deletes_what_can_be_deleted_and_remembers(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md")
    ran = publish("retract", "post.md", "--json")
    assert ran.status == 2, "nobody was asked"
    assert len(sandbox.received()) == 6
    ran = publish("retract", "post.md", "--yes", "--json")
    assert ran.statuses() == {
        "mastodon": "sent",
        "twitter": "sent",
        "discord": "sent",
        "email": "outdated",
    }
    assert {result["action"] for result in ran.json["results"]} == {"delete", "none"}
    assert {item["channel"] for item in sandbox.received()} == {"email"}
    ran = publish("post.md", "--json")
    assert ran.status == 0
    assert ran.statuses() == {
        "mastodon": "skipped",
        "twitter": "skipped",
        "discord": "skipped",
        "email": "unchanged",
    }
    assert {result["reason"] for result in ran.json["results"]} == {"retracted", None}
    assert "retracted" in publish("status").out


def test_what_was_retracted_comes_back_when_asked_and_only_then(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    publish("retract", "post.md", "--channels", "mastodon", "--yes")
    edit(project, "twice", "three times")
    assert publish("post.md", "--channels", "mastodon", "--json").statuses() == {
        "mastodon": "skipped"
    }
    assert publish("post.md", "--channels", "mastodon", "--republish", "--json").statuses() == {
        "mastodon": "sent"
    }
    assert len(live(sandbox, "mastodon")) == 1
    assert publish("post.md", "--channels", "mastodon", "--republish", "--json").statuses() == {
        "mastodon": "unchanged"
    }
    assert len(live(sandbox, "mastodon")) == 1


def test_what_a_person_finds_while_it_is_retracted_is_deleted_then(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "twitter")
    (ledger_file,) = (project / ".publish").glob("*.db")
    with Ledger(ledger_file) as ledger:  # X has proven that it is live, by refusing it once more
        (row,) = ledger.rows()
        ledger.record(replace(row, remote_id=None, url=None))
    retract = ("retract", "post.md", "--channels", "twitter", "--yes")
    ran = publish(*retract)
    assert ran.status == 1
    assert "its id is not known" in ran.err + ran.out
    url = sandbox.received()[0]["url"]
    assert publish("resolve", "post.md", "twitter", "--sent", url).status == 0
    assert publish(*retract).status == 0
    assert sandbox.received() == []


def test_a_post_that_was_never_sent_can_be_retracted_too(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
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
    assert publish("post.md", "--channels", "mastodon", "--json").statuses() == {
        "mastodon": "unchanged"
    }
    edit(project, "twice", "three times")
    assert publish("post.md", "--channels", "mastodon", "--json").statuses() == {"mastodon": "sent"}
    assert len(live(sandbox, "mastodon")) == 1
    assert publish("adopt", "post.md", "mastodon", item["url"]).status == 2


def test_an_archive_is_marked_and_not_sent(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    old = project / "old"
    old.mkdir()
    for number in range(5):
        (old / f"{number}.md").write_text(
            f"---\ntitle: Number {number}\ndate: {YESTERDAY}\n---\nIt was long ago.\n", "utf-8"
        )
    ran = publish("adopt", "--all", "old")
    assert ran.status == 0, ran.err
    (old / "new.md").write_text(
        f"---\ntitle: A new one\ndate: {YESTERDAY}\n---\nIt is today.\n", "utf-8"
    )
    ran = publish("old", "--json")
    assert ran.status == 0
    assert {
        result["reason"] for result in ran.json["results"] if result["status"] == "skipped"
    } == {"archived"}
    assert {item["text"].split("\n")[0] for item in live(sandbox, "mastodon")} == {"A new one"}
    assert publish("old/1.md", "--channels", "mastodon", "--republish").status == 0
    assert len(live(sandbox, "mastodon")) == 2


# Which post it is


def test_a_renamed_file_is_the_post_it_was(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    (project / "post.md").rename(project / "a-new-lamp.md")
    ran = publish("a-new-lamp.md", "--channels", "mastodon", "--json")
    assert ran.status == 0
    assert len(live(sandbox, "mastodon")) == 1
    assert "/news/a-new-lamp/" in texts(sandbox, "mastodon")[0], (
        "its address changed, and the post follows"
    )
    assert publish("a-new-lamp.md", "--channels", "mastodon", "--json").statuses() == {
        "mastodon": "unchanged"
    }


def test_a_copy_of_a_file_is_a_post_of_its_own(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    (project / "copy.md").write_text(POST, "utf-8")
    assert publish("copy.md", "--channels", "mastodon", "--json").statuses() == {"mastodon": "sent"}
    assert len(live(sandbox, "mastodon")) == 2


# Writing back


def test_the_links_of_what_is_live_are_written_into_the_post(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    config = project / "publish.toml"
    config.write_text(
        config.read_text("utf-8").replace("[site]\n", '[site]\nsyndication = "front-matter"\n', 1),
        "utf-8",
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


def test_or_into_a_file_for_the_site_generator(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    config = project / "publish.toml"
    config.write_text(
        config.read_text("utf-8").replace("[site]\n", '[site]\nsyndication = "file"\n', 1), "utf-8"
    )
    publish("post.md", "--channels", "mastodon,discord")
    told = json.loads((project / "data" / "syndication.json").read_text("utf-8"))
    assert [link["channel"] for link in told["post.md"]] == ["mastodon", "discord"]
    assert (project / "post.md").read_text("utf-8") == POST


# Time


def test_what_is_dated_before_since_is_an_archive(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    config = project / "publish.toml"
    config.write_text(
        config.read_text("utf-8").replace("[site]\n", "[site]\nsince = 2026-02-01\n", 1), "utf-8"
    )
    ran = publish("post.md", "--json")
    assert ran.status == 0
    assert {result["reason"] for result in ran.json["results"]} == {"archived"}
    assert not sandbox.received()


@pytest.mark.parametrize(
    ("body", "gone"),
    [
        ({"code": 10008, "message": "weg"}, True),
        ({"message": "no"}, True),
        ({"code": 10015}, False),
    ],
)
def test_on_discord_gone_is_a_code_or_a_404_while_the_webhook_answers(
    project: Path,
    sandbox: Sandbox,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
    body: dict[str, object],
    gone: bool,
) -> None:
    """Not a word in a message: other servers have others. 10015 is the webhook itself."""
    publish("post.md", "--channels", "discord")
    sandbox[Discord].drop(live(sandbox, "discord")[0]["id"])

    def missing(*_: object) -> None:
        raise Stop(as_json(404, body))

    monkeypatch.setattr(type(sandbox[Discord]), "_live", missing)
    if not gone:
        monkeypatch.setattr(type(sandbox[Discord]), "_allow", missing)
    edit(project, "twice", "thrice")
    ran = publish("post.md", "--channels", "discord", "--json")
    (result,) = ran.json["results"]
    assert (result["reason"] == "retracted") == gone, result
    assert ran.status == (0 if gone else 1)


@pytest.mark.parametrize(
    ("channel", "url"),
    [
        ("mastodon", "https://another.example/@ada/114000000000000001"),
        ("mastodon", "https://x.com/ada/status/1"),
        ("mastodon", "114000000000000001"),
        ("discord", "https://example.org/channels/1/2/3"),
        ("discord", "https://notdiscord.com/channels/1/2/3"),
    ],
)
def test_an_address_of_another_host_is_not_taken_over(
    project: Path, sandbox: Sandbox, publish: Publish, channel: str, url: str
) -> None:
    ran = publish("adopt", "post.md", channel, url)
    assert ran.status == 2
    assert f"is not an address on {channel}" in ran.err
    assert publish("status", "--json").json["posts"] == []


@pytest.mark.parametrize("host", ["discord.com", "canary.discord.com", "discordapp.com"])
def test_discord_s_own_hosts_are_taken(
    project: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """Without secrets: this message isn't there to be read back."""
    monkeypatch.delenv("DISCORD_WEBHOOK_URL")
    ran = publish("adopt", "post.md", "discord", f"https://{host}/channels/1/2/3")
    assert ran.status == 0, ran.err


# Servers that aren't Mastodon


def takahe(project: Path, sandbox: Sandbox, visibility: str) -> None:
    sandbox[Mastodon].software = "takahe"
    config = (project / "publish.toml").read_text("utf-8")
    section = f'[channels.mastodon]\nvisibility = "{visibility}"\n'
    config = config.replace("[channels.mastodon]\n", section)
    (project / "publish.toml").write_text(config, "utf-8")


@pytest.fixture
def other_software(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox[Mastodon].software = "mastodon"


@pytest.mark.usefixtures("other_software")
def test_what_a_list_leaves_out_is_held_and_not_sent_again(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    takahe(project, sandbox, "private")
    sandbox.fault("mastodon", "lost")
    ran = publish("post.md", "--channels", "mastodon")
    assert ran.status == 3
    assert "leaves out what isn't public" in ran.out + ran.err
    assert len(sandbox[Mastodon].posts) == 1


@pytest.mark.usefixtures("other_software")
def test_what_is_not_public_is_not_made_so_by_an_edit(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    takahe(project, sandbox, "private")
    assert publish("post.md", "--channels", "mastodon").status == 0
    edit(project, "twice", "thrice")
    ran = publish("post.md", "--channels", "mastodon", "--json")
    assert ran.status == 1
    assert "isn't public" in ran.json["results"][0]["error"]["message"]
    assert [post["visibility"] for post in sandbox[Mastodon].posts.values()] == ["private"]


@pytest.mark.usefixtures("other_software")
def test_a_change_of_who_sees_it_is_told_at_once(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    takahe(project, sandbox, "unlisted")
    assert publish("post.md", "--channels", "mastodon").status == 0
    edit(project, "twice", "thrice")
    ran = publish("post.md", "--channels", "mastodon")
    assert ran.status == 0
    assert "the server made it public" in ran.err
    assert "made it public" in publish("status").out


@pytest.mark.usefixtures("other_software")
def test_the_limits_of_a_server_without_the_second_version_are_learnt(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    takahe(project, sandbox, "public")
    publish("post.md", "--channels", "mastodon")
    ran = publish("post.md", "--dry-run", "--json", "--channels", "mastodon")
    assert ran.json["results"][0]["parts"][0]["limit_source"] == "instance"


def test_limits_that_could_not_be_learnt_are_said(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("mastodon", "503", times=1000, when="GET /api/v2/instance")
    ran = publish("check", "--channels", "mastodon,discord")
    assert "mastodon: note: the limits of mastodon's server could not be learnt" in ran.out
    ran = publish("post.md", "--channels", "mastodon,discord")
    assert ran.status == 0
    assert "the limits of mastodon's server could not be learnt" in ran.err
    assert "discord's server" not in ran.err
    sandbox.faults.clear()
    edit(project, "twice", "thrice")
    assert "could not be learnt" not in publish("post.md", "--channels", "mastodon").err


# Retracting what has no file


@pytest.mark.parametrize("name", ["post.md", "lamp-2", "https://example.org/news/post/"])
def test_a_post_whose_file_is_gone_is_retracted_by_any_of_its_names(
    project: Path, sandbox: Sandbox, publish: Publish, name: str
) -> None:
    (project / "post.md").write_text(POST.replace("date:", "id: lamp-2\ndate:"), "utf-8")
    publish("post.md", "--channels", "mastodon,discord")
    (project / "post.md").unlink()
    ran = publish("retract", name, "--channels", "mastodon,discord", "--yes")
    assert ran.status == 0, ran.err
    assert sandbox.received() == []


def test_it_is_found_by_where_it_is_live_too(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    (project / "post.md").unlink()
    url = live(sandbox, "mastodon")[0]["url"]
    assert publish("retract", url, "--channels", "mastodon", "--yes").status == 0
    assert sandbox.received() == []


def test_what_nobody_knows_is_not_retracted(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    ran = publish("retract", "post.md", "psot.md", "--channels", "mastodon", "--yes")
    assert ran.status == 2
    assert "no post is known as psot.md" in ran.err
    assert len(live(sandbox, "mastodon")) == 1


@pytest.mark.parametrize(
    "change", ["---\ntitle: One\ntitle: Two\n---\n", "---\ndraft: true\n---\nx\n"]
)
def test_a_post_that_became_a_draft_or_can_t_be_read_is_retracted(
    project: Path, sandbox: Sandbox, publish: Publish, change: str
) -> None:
    publish("post.md", "--channels", "mastodon")
    (project / "post.md").write_text(change, "utf-8")
    ran = publish("retract", "post.md", "--channels", "mastodon", "--yes")
    assert ran.status == 0, ran.err
    assert sandbox.received() == []


def test_a_dry_run_of_a_retraction_says_what_it_deletes_and_deletes_nothing(
    project: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("post.md")
    for name in sandbox.environment():
        monkeypatch.delenv(name)
    ran = publish("retract", "post.md", "--dry-run")
    assert ran.status == 0, ran.err
    assert "post.md → mastodon: delete at http" in ran.out
    assert "create" not in ran.out
    assert "what went out on Email can't be called back" in ran.out
    assert len(sandbox.received()) == 6


def test_a_marked_post_is_retracted_as_json(project: Path, publish: Publish) -> None:
    (project / "old").mkdir()
    (project / "old" / "one.md").write_text(POST, "utf-8")
    publish("adopt", "--all", "old")
    ran = publish("retract", "old", "--yes", "--json")
    assert ran.status == 0, ran.err
    assert {each["status"] for each in ran.json["results"]} == {"skipped"}


def test_a_run_says_once_which_live_posts_have_no_file_any_more(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md", "--channels", "mastodon")
    publish("status")
    (project / "other.md").write_text("---\ntitle: Bread\n---\nEvery Sunday.\n", "utf-8")
    (project / "post.md").rename(project / "kept-aside")
    url = live(sandbox, "mastodon")[0]["url"]
    for arguments in (("--dry-run",), ("--dry-run",), ()):
        ran = publish("other.md", "--channels", "mastodon", *arguments)
        assert ran.status == 0, ran.err
        assert f"post.md: the file is gone, and what it said is live still: {url}" in ran.err
        assert "publish retract post.md" in ran.err
    assert "the file is gone" not in publish("other.md", "--channels", "mastodon").err
    assert "its file is gone" in publish("status").out
    # It is back: nothing is said of it, until it goes again.
    (project / "kept-aside").rename(project / "post.md")
    assert publish("post.md", "--channels", "mastodon").status == 0
    assert "its file is gone" not in publish("status").out
    (project / "post.md").unlink()
    assert "the file is gone" in publish("other.md", "--channels", "mastodon").err
    assert len(live(sandbox, "mastodon")) == 2
