"""The channel of examples/plugin, installed from its own pyproject as other people's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pages import README, ROOT, blocks

PLUGIN = ROOT / "examples" / "plugin"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has it, as `pip install ./plugin` would add it to the others."""
    base = tmp_path_factory.mktemp("plugin")
    shutil.copytree(PLUGIN, base / "source", ignore=shutil.ignore_patterns("__pycache__", "build"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--no-index", "--target", str(base / "packages")]
    subprocess.run([*command, str(base / "source")], check=True, timeout=300)
    return base / "packages"


@pytest.fixture
def run(packages: Path, tmp_path: Path) -> Run:
    """Python with it, in an empty folder that has one post."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "hello.md").write_text(blocks(README, "markdown")[0], "utf-8")
    inherited = [path for path in [os.environ.get("PYTHONPATH", "")] if path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(packages), *inherited])}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )

    return run


def test_it_keeps_what_every_channel_keeps(run: Run) -> None:
    quiet = ["-q", "-p", "no:cacheprovider", "--rootdir", str(PLUGIN), "-c", os.devnull]
    ran = run("pytest", *quiet, str(PLUGIN / "test_gotify.py"))
    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout
    assert "failed" not in ran.stdout


def test_it_is_listed_with_its_certificate(run: Run) -> None:
    assert "gotify" in run("publisher", "channels").stdout
    told = run("publisher", "channels", "--guarantees").stdout
    mine = told[told.index("gotify (Gotify)") :]
    assert "it looks what is live" in mine.splitlines()[1]


def test_it_is_previewed_and_sent_where_it_is_asked_for(run: Run, tmp_path: Path) -> None:
    dry = run("publisher", "hello.md", "--channels", "gotify", "--dry-run")
    assert "from ten to four" in dry.stdout, dry.stderr
    sent = run("publisher", "hello.md", "--channels", "gotify", "--sandbox")
    assert sent.returncode == 0, sent.stderr
    assert "gotify received 1" in sent.stderr


def test_a_post_goes_there_only_where_it_is_wanted(run: Run) -> None:
    dry = run("publisher", "hello.md", "--dry-run")
    assert dry.returncode == 0
    assert "gotify" not in dry.stdout


def test_its_section_works(run: Run, tmp_path: Path) -> None:
    (tmp_path / "publish.toml").write_text(
        '[site]\nbase_url = "https://example.org/"\n\n[channels.gotify]\n'
        'api_base_url = "https://gotify.example.org"\napp_token = { env = "GOTIFY_APP_TOKEN" }\n'
        'client_token = { env = "GOTIFY_CLIENT_TOKEN" }\npriority = "loud"\n',
        "utf-8",
    )
    ran = run("publisher", "hello.md", "--dry-run")
    assert ran.returncode == 2
    assert "[channels.gotify] priority" in ran.stderr
