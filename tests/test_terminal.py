"""What a person at a terminal sees: the plan, one question, progress, results. A real
pseudo-terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from tests.conftest import POST, RECENT
from tests.terminals import talk


def at_a_terminal(
    arguments: list[str], answer: str, folder: Path, **environment: str
) -> tuple[int, str]:
    """Type `answer` when it asks; empty where no question is expected."""
    answers = [("[y/N]", answer)] if answer else []
    return talk(arguments, answers, folder, **environment)


def test_it_shows_the_plan_and_asks_once(
    project: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    status, shown = at_a_terminal(["post.md"], "y", project)
    assert status == 0, shown
    assert shown.count("[y/N]") == 1
    question = shown.index("[y/N]")
    assert "Lamp 2.0 is here." in shown[:question], "the plan comes before the question"
    assert "$0.2" in shown[:question], "and says what it costs"
    assert "\x1b[" in shown
    assert len(sandbox.received()) == 6
    assert not re.findall(r"[\x00-\x06\x0e-\x1a\x7f-\x9f]", shown)


def test_what_an_edit_changes_is_coloured(
    project: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    at_a_terminal(["post.md", "--yes", "--channels", "mastodon"], "", project)
    (project / "post.md").write_text(POST.replace("twice as fast", "three times as fast"), "utf-8")
    _, shown = at_a_terminal(["post.md", "--dry-run", "--channels", "mastodon"], "", project)
    assert "\x1b[31m[-twice-]\x1b[0m\x1b[32m{+three times+}\x1b[0m as fast" in shown


@pytest.mark.parametrize("answer", ["n", " ", "\x04"])
def test_anything_but_yes_sends_nothing(answer: str, project: Path, sandbox: Sandbox) -> None:
    status, shown = at_a_terminal(["post.md"], answer, project)
    assert status == 0, shown
    assert "nothing was sent" in shown
    assert "error" not in shown
    assert not sandbox.received()


def test_yes_skips_the_question(project: Path, sandbox: Sandbox) -> None:
    status, shown = at_a_terminal(["post.md", "--yes", "--channels", "mastodon"], "", project)
    assert status == 0, shown
    assert "[y/N]" not in shown
    assert len(sandbox.received()) == 1


def test_nothing_to_do_asks_nothing(project: Path, sandbox: Sandbox) -> None:
    at_a_terminal(["post.md", "--yes", "--channels", "mastodon"], "", project)
    status, shown = at_a_terminal(["post.md", "--channels", "mastodon"], "", project)
    assert status == 0, shown
    assert "[y/N]" not in shown


def test_no_color_is_honoured(project: Path, sandbox: Sandbox) -> None:
    _, shown = at_a_terminal(["post.md", "--dry-run"], "", project, NO_COLOR="1")
    assert "\x1b" not in shown


def test_an_archive_asks_at_a_terminal(project: Path, sandbox: Sandbox) -> None:
    for number in range(5):
        (project / f"old-{number}.md").write_text(RECENT.replace("2.0", f"1.{number}"), "utf-8")
    (project / "post.md").write_text(RECENT, "utf-8")
    status, shown = at_a_terminal([".", "--channels", "mastodon"], "n", project)
    assert status == 0, shown
    assert "6 posts" in shown
    assert not sandbox.received()


def test_the_question_shows_what_it_is_about_and_no_archive(
    project: Path, sandbox: Sandbox
) -> None:
    folder = project / "posts"
    folder.mkdir()
    for number in range(5):
        (folder / f"old-{number}.md").write_text(POST.replace("2.0", f"1.{number}"), "utf-8")
    (folder / "new.md").write_text(RECENT, "utf-8")
    status, shown = at_a_terminal(["posts", "--channels", "mastodon"], "n", project)
    assert status == 0
    assert "posts/new.md" in shown
    assert "old-3.md → mastodon" not in shown
    assert "Send this to mastodon?" in shown
