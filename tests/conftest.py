"""What most tests need: a sandbox on loopback, a folder with a configuration, and the command
itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from publisher import cli
from publisher.delivery import side_by_side
from publisher.delivery.work import Timing
from publisher.sandbox import Sandbox

# A busy machine makes no test fail: what must not take long is measured in processor time.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

SHARED = Path(__file__).resolve().parents[1].parent / "shared"

POST = """---
title: Lamp 2.0 is out
date: 2026-01-20
tags: [free software, release]
---

**Lamp 2.0** is here. It starts twice as fast, and remembers what you had open.
"""


YESTERDAY = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
RECENT = POST.replace("2026-01-20", YESTERDAY)
"""A post that a run of a whole folder sends, too: the other one is too old for that."""


@dataclass(frozen=True)
class Ran:
    """What one command line did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    def statuses(self) -> dict[str, str]:
        return {result["channel"]: result["status"] for result in self.json["results"]}


Publish = Callable[..., Ran]
"""The command line, as the fixture `publish` runs it."""

CHANNELS = ("mastodon", "twitter", "discord", "email")


def live(sandbox: Sandbox, channel: str) -> list[dict[str, Any]]:
    """What the sandbox shows on a channel, as its list has it."""
    return [item for item in sandbox.received() if item["channel"] == channel]


def texts(sandbox: Sandbox, channel: str) -> list[str]:
    return [item["text"] for item in live(sandbox, channel)]


def edit(project: Path, old: str, new: str, name: str = "post.md") -> None:
    """Change some words of a post, which must be there."""
    path = project / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.clear()
    return running_sandbox


@pytest.fixture
def project(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a publish.toml that leads to the sandbox, and one post; it is the current
    folder."""
    (tmp_path / ".git").mkdir()  # the search for a configuration ends here
    config = sandbox.config().replace(
        'language = "en"\n', 'language = "en"\npermalink = "/news/{slug}/"\n'
    )
    (tmp_path / "publish.toml").write_text(config, "utf-8")
    (tmp_path / "post.md").write_text(POST, "utf-8")
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def publish(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Publish:
    """The command, as a pipe or a CI job sees it, with waiting cut down to what loopback needs."""
    monkeypatch.setattr(
        side_by_side, "TIMING", Timing(settle=0.3, look_again=0.05, deadline=5.0, longest_wait=0.2)
    )
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: str | os.PathLike[str]) -> Ran:
        capfd.readouterr()
        status = cli.main([os.fspath(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Ran(status, captured.out, captured.err)

    return run
