"""The road is walked once: a post is composed once for each channel, whatever is planned again."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import publisher
from publisher.compose import compose as composing
from publisher.compose import composer
from tests.conftest import CHANNELS, Publish, edit
from tests.picture_files import halves, saved

COMMANDS = Path(publisher.__file__).parent / "commands"


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a message was composed, by channel."""
    times: Counter[str] = Counter()
    compose = composing.compose

    def counted(post: Any, adapter: Any, *rest: Any) -> Any:
        times[adapter.channel.name] += 1
        return compose(post, adapter, *rest)

    monkeypatch.setattr(composer, "compose", counted)
    return times


def test_a_dry_run_composes_once_for_each_channel(
    project: Path, publish: Publish, composed: Counter[str]
) -> None:
    assert publish("post.md", "--dry-run").status == 0
    assert composed == dict.fromkeys(CHANNELS, 1)


def test_a_real_run_plans_again_under_the_lock_and_composes_once(
    project: Path, publish: Publish, composed: Counter[str]
) -> None:
    assert publish("post.md").status == 0
    assert composed == dict.fromkeys(CHANNELS, 1)


def test_what_has_its_pictures_here_is_composed_once(
    project: Path, publish: Publish, composed: Counter[str]
) -> None:
    (project / "lamp.png").write_bytes(saved(halves(), "PNG"))
    edit(project, "Lamp 2.0** is", "![a lamp](lamp.png)\n\n**Lamp 2.0** is")
    assert publish("post.md", "--channels", "mastodon,discord").status == 0
    assert composed == {"mastodon": 1, "discord": 1}


def test_commands_do_not_import_each_other() -> None:
    others = {file.stem for file in COMMANDS.glob("*.py")} - {"__init__", "options"}
    for file in COMMANDS.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "publisher.commands":
                assert not {alias.name for alias in node.names} & others, file.name
            elif isinstance(node, ast.ImportFrom) and node.module:
                assert not node.module.startswith("publisher.commands."), file.name
