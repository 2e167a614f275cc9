"""What the shell completes, in the real shells where they are; and the documentation in the
terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from publisher.cli import COMMANDS
from tests.conftest import CHANNELS, Publish
from tests.pages import ROOT
from tests.terminals import talk


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (["ch"], "check channels"),
        (["--dr"], "--dry-run"),
        (["po"], "post.md posts/"),
        (["posts/"], "posts/old.md posts/2026/"),
        (["check", "--on"], "--online"),
        (["status", "po"], "post.md posts/"),
        (["post.md", "--channels", ""], " ".join(CHANNELS)),
        (["post.md", "--channels", "mastodon,di"], "mastodon,discord"),
        (["resolve", "post.md", "dis"], "discord"),
        (["ledger", ""], "export import init"),
        (["init", "--secrets", ""], "env-file keyring"),
        (["help", "mas"], "mastodon"),
        (["completion", "f"], "fish"),
        (["check", "--config", "pub"], "publish.toml"),
    ],
)
def test_what_may_come_next(words: list[str], first: str, project: Path, publish: Publish) -> None:
    (project / "posts" / "2026").mkdir(parents=True)
    (project / "posts" / "old.md").write_text("# Old\n", "utf-8")
    (project / "notes.txt").write_text("x", "utf-8")
    ran = publish("completion", "words", "--", *words)
    assert ran.status == 0, ran.err
    assert set(first.split()) == set(ran.out.split())


def test_at_the_beginning_there_are_all_commands(project: Path, publish: Publish) -> None:
    ran = publish("completion", "words", "--", "")
    assert set(COMMANDS) < set(ran.out.split())
    assert "post.md" in ran.out


def test_a_broken_configuration_completes_to_nothing(project: Path, publish: Publish) -> None:
    (project / "publish.toml").write_text("[[", "utf-8")
    ran = publish("completion", "words", "--", "post.md", "--channels", "")
    assert (ran.status, ran.out, ran.err) == (0, "", "")


BASH = """
eval "$(publish completion bash)"
COMP_WORDS=(publish post.md --channels mas) COMP_CWORD=3
_publish 2>/dev/null
echo "${COMPREPLY[*]}"
"""
ZSH = """
compdef() { :; }
compadd() { shift $@[(i)--]; print -l -- $@ }
eval "$(publish completion zsh)"
words=(publish post.md --channels mas) CURRENT=4
_publish
"""
FISH = """
publish completion fish | source
complete -C 'publish post.md --channels mas'
"""


@pytest.mark.parametrize(("shell", "script"), [("bash", BASH), ("zsh", ZSH), ("fish", FISH)])
def test_the_script_works_in_the_shell_itself(shell: str, script: str, project: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    quiet = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [program, *quiet, "-c", script],
        cwd=project,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split() == ["mastodon"], done.stderr


# publish help


def test_help_lists_every_page(project: Path, publish: Publish) -> None:
    ran = publish("help")
    assert ran.status == 0
    for page in ROOT.glob("docs/*.md"):
        assert page.stem in ran.out


def test_help_shows_a_page_as_it_is(project: Path, publish: Publish) -> None:
    for topic in ("mastodon", "Mastodon.md"):
        assert publish("help", topic).out == (ROOT / "docs" / "mastodon.md").read_text("utf-8")
    assert publish("help", "x").out.startswith("# X")


def test_help_knows_what_was_meant(project: Path, publish: Publish) -> None:
    ran = publish("help", "mastodom")
    assert ran.status == 2
    assert "did you mean 'mastodon'?" in ran.err


def test_help_knows_the_commands_too(project: Path, publish: Publish) -> None:
    assert "--online" in publish("help", "check").out


def test_on_a_terminal_a_page_is_shown_by_the_pager(project: Path) -> None:
    status, shown = talk(["help", "mastodon"], [], project, PAGER="sed 's/^/| /'")
    assert status == 0
    assert shown.startswith("| # Mastodon\r\n| ")
