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
    assert ran.out.count("set up") == 4


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
