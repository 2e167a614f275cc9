"""Where a secret may lie: the environment, `.env` beside publish.toml, the system's keyring; and
who may take it from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import dotenv, system_keyring
from publisher.errors import ConfigError
from publisher.sandbox import Sandbox
from publisher.sandbox.mastodon import Mastodon
from publisher.secrets import assignment
from tests.conftest import Publish
from tests.pages import ROOT
from tests.terminals import talk

ONLY_MASTODON = '[channels.mastodon]\napi_base_url = "{url}"\naccess_token = {place}\n'


def with_dotenv(project: Path, text: str, mode: int = 0o600) -> Path:
    path = project / ".env"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


@pytest.fixture
def by_dotenv(project: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project, whose secrets are all in .env, and not in the environment."""
    values = sandbox.environment()
    for name in values:
        monkeypatch.delenv(name)
    lines = [f"{name}={value}" for name, value in values.items()]
    with_dotenv(project, "\n".join(["# secrets", "", *lines, "OTHER=x"]) + "\n")
    return project


# .env


def test_a_real_run_reads_it(by_dotenv: Path, sandbox: Sandbox, publish: Publish) -> None:
    ran = publish("post.md")
    assert ran.status == 0, ran.err
    assert len(sandbox.received()) == 6
    assert not [name for name in sandbox.environment() if name in os.environ]
    assert publish("check").status == 0


def test_the_environment_comes_first(
    by_dotenv: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASTODON_ACCESS_TOKEN", "a-wrong-token")
    ran = publish("check", "--channels", "mastodon")
    assert ran.status == 1
    assert "401" in ran.out


def test_a_dry_run_doesn_t_open_it(by_dotenv: Path, publish: Publish) -> None:
    (by_dotenv / ".env").chmod(0o644)  # it would be refused
    assert publish("post.md", "--dry-run").status == 0
    assert publish("check", "post.md").status == 0
    ran = publish("channels")
    assert "if .env has MASTODON_ACCESS_TOKEN" in ran.out


def test_the_action_doesn_t_read_it(
    by_dotenv: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = {"repository": {"default_branch": "main"}}
    (by_dotenv / "event.json").write_text(json.dumps(event), "utf-8")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "workflow_dispatch")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(by_dotenv / "event.json"))
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    monkeypatch.setenv("GITHUB_REPOSITORY", "collective/blog")
    monkeypatch.setenv("INPUT_PATH", "post.md")
    ran = publish("ci")
    assert "MASTODON_ACCESS_TOKEN is not set" in ran.err + ran.out
    assert ran.status == 2
    assert not sandbox.received()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_one_that_others_can_read_is_refused(
    mode: int, by_dotenv: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (by_dotenv / ".env").chmod(mode)
    ran = publish("post.md")
    assert ran.status == 2
    assert "chmod 600 .env" in ran.err
    assert ran.err.count("others can read it") == 1, "once, not for each channel"
    assert not sandbox.received()


def test_one_that_git_tracks_is_refused(
    by_dotenv: Path, sandbox: Sandbox, publish: Publish
) -> None:
    (by_dotenv / ".git").rmdir()
    subprocess.run(["git", "init", "--quiet"], cwd=by_dotenv, check=True)
    assert publish("check").status == 0, "it lies there, but git doesn't track it"
    subprocess.run(["git", "add", ".env"], cwd=by_dotenv, check=True)
    ran = publish("post.md")
    assert ran.status == 2
    assert "git rm --cached .env" in ran.err
    assert not sandbox.received()


def test_a_broken_line_is_told_with_its_number_and_without_its_words(
    by_dotenv: Path, publish: Publish
) -> None:
    with_dotenv(by_dotenv, "A=1\nthis-is-s3cret\n")
    ran = publish("post.md")
    assert ran.status == 2
    assert ".env:2:" in ran.err
    assert "s3cret" not in ran.err


VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1)


@given(value=VALUES)
def test_what_is_written_is_read_again(
    value: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("dotenv")
    with_dotenv(folder, "# mine\nKEPT=1\nTOKEN=old\n")
    path = dotenv.write(folder, {"TOKEN": value})
    assert dotenv.read(folder, {"TOKEN", "KEPT"}) == {"TOKEN": value, "KEPT": "1"}
    assert path.read_text("utf-8").startswith("# mine\n")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("export A = b # why", "b"),
        ("A='b # c'", "b # c"),
        ('A="b \\" c"', 'b " c'),
        ("A=b$HOME#c", "b$HOME#c"),
        ("A=", ""),
    ],
)
def test_a_line_means_what_it_says(line: str, value: str, tmp_path: Path) -> None:
    with_dotenv(tmp_path, f"{line}\n")
    assert dotenv.read(tmp_path, {"A"}) == {"A": value}


# The keyring


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A keyring of the tests' own; returns its file."""
    file = tmp_path / "keyring.json"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.keyring_backend.FileKeyring")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TEST_KEYRING", str(file))
    return file


def kept(file: Path, bound_to: str, value: str) -> None:
    entry = f"announcement-publisher: {bound_to} / my-token"
    file.write_text(json.dumps({entry: value}), "utf-8")


def asks_keyring(project: Path, sandbox: Sandbox) -> None:
    text = ONLY_MASTODON.format(url=sandbox[Mastodon].url, place='{ keyring = "my-token" }')
    (project / "publish.toml").write_text(text, "utf-8")


def host(sandbox: Sandbox) -> str:
    return sandbox[Mastodon].url.removeprefix("http://")


def test_a_secret_comes_from_the_keyring(project: Path, sandbox: Sandbox, keyring: Path) -> None:
    asks_keyring(project, sandbox)
    kept(keyring, f"mastodon {host(sandbox)}", sandbox[Mastodon].token)
    status, shown = talk(["check"], [], project)
    assert status == 0, shown
    assert "signed in as" in shown
    assert sandbox[Mastodon].token not in shown


def test_a_foreign_configuration_can_t_send_it_elsewhere(
    project: Path, sandbox: Sandbox, keyring: Path
) -> None:
    asks_keyring(project, sandbox)
    kept(keyring, "mastodon mastodon.example", sandbox[Mastodon].token)
    status, shown = talk(["check"], [], project)
    assert status == 1
    assert f"no 'my-token' for mastodon {host(sandbox)}" in shown
    assert not sandbox.requests


def test_without_a_terminal_the_keyring_isn_t_asked(
    project: Path, sandbox: Sandbox, publish: Publish, keyring: Path
) -> None:
    asks_keyring(project, sandbox)
    kept(keyring, f"mastodon {host(sandbox)}", sandbox[Mastodon].token)
    ran = publish("post.md")
    assert ran.status == 2
    assert "at a terminal only" in ran.err
    assert not sandbox.received()


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ("keyrings.alt.file.PlaintextKeyring", "stores secrets in the clear"),
        ("keyring.backends.fail.Keyring", "this system has no keyring"),
        ("keyring.backends.null.Keyring", "this system has no keyring"),
    ],
)
def test_a_keyring_that_protects_nothing_is_refused(
    backend: str, words: str, project: Path, sandbox: Sandbox
) -> None:
    asks_keyring(project, sandbox)
    status, shown = talk(["check"], [], project, PYTHON_KEYRING_BACKEND=backend)
    assert status == 1
    assert words in shown
    assert ".env" in shown


def test_of_the_alternative_backends_only_the_encrypted_one_is_used() -> None:
    file = import_module("keyrings.alt.file")
    assert system_keyring.stores_in_the_clear(file.PlaintextKeyring)
    assert not system_keyring.stores_in_the_clear(file.EncryptedKeyring)


def test_writing_where_it_would_be_refused_says_so(tmp_path: Path) -> None:
    with_dotenv(tmp_path, "A=1\n", 0o644)
    with pytest.raises(ConfigError, match="others can read it"):
        dotenv.write(tmp_path, {"B": "2"})


def test_a_dry_run_imports_nothing_of_all_this(by_dotenv: Path) -> None:
    heavy = ("keyring", "webbrowser", "getpass", "pydoc", "publisher.setup", "requests")
    script = (
        "import sys; from publisher.cli import main; main(['post.md', '--dry-run']);"
        f"sys.exit(str([name for name in {heavy} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "twice as fast" in done.stdout
    assert done.stderr.splitlines()[-1] == "[]"


def test_a_variable_is_set_as_the_shell_there_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert assignment("A") == "export A=…"
    assert assignment("A", "b c") == "export A='b c'"
    monkeypatch.setattr(os, "name", "nt")
    assert assignment("A", "b c") == "$env:A = 'b c'"
