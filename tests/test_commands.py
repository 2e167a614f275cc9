"""The commands beside publishing: status, ledger, check, channels; and JSON on a bad command
line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from tests.conftest import CHANNELS, Publish, live


def test_status_says_what_is_live_where(project: Path, sandbox: Sandbox, publish: Publish) -> None:
    sandbox.fault("discord", "lost")
    publish("post.md")
    ran = publish("status", "post.md")
    assert ran.status == 0
    for item in live(sandbox, "mastodon"):
        assert item["url"] in ran.out
    assert "unknown" in ran.out
    document = publish("status", "--json").json
    assert {part["channel"] for part in document["posts"][0]["parts"]} == set(CHANNELS)


def test_the_ledger_moves_to_another_machine(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    publish("post.md")
    publish("ledger", "export", "moved.jsonl")
    assert Path("moved.jsonl").stat().st_mode & 0o077 == 0
    assert all(
        isinstance(json.loads(line), dict)
        for line in Path("moved.jsonl").read_text("utf-8").splitlines()
    )
    for file in (project / ".publish").glob("*.db*"):
        file.unlink()
    assert publish("ledger", "import", "moved.jsonl").status == 0
    ran = publish("post.md", "--json")
    assert set(ran.statuses().values()) == {"unchanged"}
    assert [len(live(sandbox, channel)) for channel in CHANNELS] == [1, 1, 1, 3]


def test_check_signs_in_everywhere_and_posts_nothing(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    ran = publish("check")
    assert ran.status == 0, ran.out
    assert ran.out.count("good") == 5
    assert not sandbox.received()


def test_check_tells_every_missing_variable_at_once(
    project: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MASTODON_ACCESS_TOKEN")
    monkeypatch.delenv("TWITTER_ACCESS_TOKEN")
    monkeypatch.delenv("DISCORD_WEBHOOK_URL")
    ran = publish("check")
    assert ran.status == 1
    for name in ("MASTODON_ACCESS_TOKEN", "TWITTER_ACCESS_TOKEN", "DISCORD_WEBHOOK_URL"):
        assert name in ran.out
    real = publish("post.md")
    assert real.status == 2
    for name in ("MASTODON_ACCESS_TOKEN", "TWITTER_ACCESS_TOKEN", "DISCORD_WEBHOOK_URL"):
        assert name in real.err


def test_channels_lists_every_adapter(project: Path, publish: Publish) -> None:
    ran = publish("channels")
    assert ran.status == 0
    for channel in CHANNELS:
        assert channel in ran.out
    assert ran.out.count(", set up") == 4


def test_json_is_one_document_also_on_a_bad_command_line(project: Path, publish: Publish) -> None:
    for arguments in (
        ["--json"],
        ["post.md", "--channels", "mastodom", "--json"],
        ["nothing.md", "--json"],
    ):
        ran = publish(*arguments)
        assert ran.status == 2
        assert ran.json["version"] == 1
        assert ran.json["errors"][0]["message"]
        assert ran.json["results"] == []


def test_check_shows_each_of_several_problems(project: Path, publish: Publish) -> None:
    (project / "one.md").write_text("---\ntitle: One\ntitle: Two\n---\nText.\n", "utf-8")
    (project / "two.md").write_text("---\ntitle: Two\ndate: soon\n---\nText.\n", "utf-8")
    (project / "three.md").write_text("---\npublish: {channels: [myspace]}\n---\nText.\n", "utf-8")
    ran = publish("check", "one.md", "two.md", "three.md", "post.md")
    assert ran.status == 1
    for name in ("one.md", "two.md", "three.md"):
        assert [line for line in ran.out.splitlines() if "failed" in line and name in line]
    assert "post.md: good" in ran.out


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("date: 2099-01-02", "it will be published from 2099-01-02 00:00 UTC on"),
        ("draft: true", "it is a draft"),
        ("expires: 2020-01-01", "its expiry date is over"),
        ("date: 2020-01-02", "too old for a run of its folder"),
        ("lang: en", "without a date"),
    ],
)
def test_check_says_when_a_post_goes_out(
    project: Path, publish: Publish, front: str, said: str
) -> None:
    (project / "when.md").write_text(f"---\ntitle: When\n{front}\n---\nText.\n", "utf-8")
    ran = publish("check", "when.md")
    assert ran.status == 0
    assert said in ran.out


def test_check_says_what_it_can_not_know_without_a_configuration(
    project: Path, publish: Publish
) -> None:
    (project / "publish.toml").unlink()
    ran = publish("check", "post.md")
    assert ran.status == 0
    assert "there is no publish.toml" in ran.out
