"""Each recipe of docs/ci.md is a file that its program can read, and what it runs publishes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from publisher.sandbox import Sandbox
from tests.audit import TASTE, audit, lint
from tests.conftest import RECENT, live
from tests.git_repositories import git
from tests.pages import ROOT

RECIPES = ROOT / "docs" / "ci"
WORKFLOWS = sorted(
    [
        *(ROOT / "docs" / "workflows").glob("*.yml"),
        RECIPES / "forgejo.yml",
        *(ROOT / ".github" / "workflows").glob("*.yml"),
    ]
)


def recipe(name: str) -> dict[str, Any]:
    found = yaml.safe_load((RECIPES / name).read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def test_the_page_names_each_recipe_and_where_it_goes() -> None:
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    for file in RECIPES.iterdir():
        assert f"(ci/{file.name})" in page
        assert file.read_text("utf-8").startswith("# ")


@pytest.fixture
def machine(project: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one new post, on a machine that has `publish`: pip has nothing to do."""
    (project / "posts").mkdir()
    (project / "posts" / "lamp.md").write_text(RECENT, "utf-8")
    (project / "post.md").unlink()
    config = (project / "publish.toml").read_text("utf-8")
    # A ledger on a branch refuses a newsletter, and so do these recipes.
    (project / "publish.toml").write_text(config.partition("[channels.email]")[0], "utf-8")
    programs = project.parent / "programs"
    programs.mkdir(exist_ok=True)
    shims = {"publish": f'exec "{sys.executable}" -m publisher "$@"', "pip": "exit 0"}
    for name, script in shims.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return project


def run(script: list[str] | str, folder: Path, **environment: str) -> str:
    """What a shell says that runs these lines; they succeed."""
    lines = script if isinstance(script, str) else "\n".join(script)
    ran = subprocess.run(
        ["bash", "-e", "-c", lines],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def commit_all(folder: Path) -> None:
    """Makes a repository of it, with everything in one commit."""
    shutil.rmtree(folder / ".git")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    author = ("-c", "user.name=a", "-c", "user.email=a@a.example")
    git(folder, *author, "commit", "--quiet", "-m", "A post")


def published(sandbox: Sandbox) -> set[str]:
    return {name for name in ("mastodon", "twitter", "discord") if live(sandbox, name)}


def test_gitlab(machine: Path, sandbox: Sandbox) -> None:
    jobs = recipe("gitlab.yml")
    before = jobs[".publish"]["before_script"]
    assert "create" in run([*before, *jobs["preview"]["script"]], machine)
    assert published(sandbox) == set()
    run([*before, *jobs["publish"]["script"]], machine)
    assert published(sandbox) == {"mastodon", "twitter", "discord"}
    assert jobs["publish"]["rules"] == [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}]


def test_woodpecker(machine: Path, sandbox: Sandbox) -> None:
    steps = {step["name"]: step for step in recipe("woodpecker.yml")["steps"]}
    run(steps["preview"]["commands"], machine)
    assert published(sandbox) == set()
    assert "environment" not in steps["preview"], "a stranger's pull request gets no credential"
    shutil.rmtree(machine / ".git")
    git(machine, "init", "--quiet")
    git(machine, "remote", "add", "origin", "https://forge.example/ada/blog")
    run(
        steps["publish"]["commands"], machine,
        GIT_TOKEN="token", CI_REPO_URL="https://forge.example/ada/blog",
    )  # fmt: skip
    assert published(sandbox) == {"mastodon", "twitter", "discord"}
    url = git(machine, "remote", "get-url", "origin").strip()
    assert url == "https://x:token@forge.example/ada/blog"


def test_forgejo(machine: Path, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Its own steps, from the checkout on, from a server that is a folder here."""
    (job,) = recipe("forgejo.yml")["jobs"].values()
    checkout, step = job["steps"]
    commit_all(machine)
    work = tmp_path_factory.mktemp("work")
    (work / "event.json").write_text(
        json.dumps({"repository": {"default_branch": "main"}}), "utf-8"
    )
    given = {name: value for name, value in step["env"].items() if "${{" not in value}
    environment = {
        "GITHUB_SERVER_URL": f"file://{machine.parent}", "GITHUB_REPOSITORY": machine.name, "TOKEN": "t",
        "GITHUB_SHA": git(machine, "rev-parse", "HEAD").strip(),
    }  # fmt: skip
    run(checkout["run"], work, **environment)
    assert (work / "posts" / "lamp.md").is_file()
    run(
        step["run"], work, **given, GITHUB_EVENT_NAME="push", GITHUB_EVENT_PATH=str(work / "event.json"),
        GITHUB_REF="refs/heads/main", GITHUB_REPOSITORY="ada/blog",
    )  # fmt: skip
    assert published(sandbox) == {"mastodon", "twitter", "discord"}


def test_cron(machine: Path, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
    (line,) = [
        each for each in (RECIPES / "crontab").read_text("utf-8").splitlines() if each[0] != "#"
    ]
    when, command = re.fullmatch(r"((?:\S+ ){4}\S+) (.*)", line).groups()  # type: ignore[union-attr]
    assert re.fullmatch(r"\d+ \* \* \* \*", when)
    home = tmp_path_factory.mktemp("home")
    commit_all(machine)
    git(home, "clone", "--quiet", str(machine), "blog")
    secrets = {name: os.environ[name] for name in sandbox.environment()}
    (home / "blog" / ".env").write_text(
        "".join(f"{name}='{value}'\n" for name, value in secrets.items()), "utf-8"
    )
    programs = home / "publish" / "bin"
    programs.mkdir(parents=True)
    shutil.copy(machine.parent / "programs" / "publish", programs)
    script = "\n".join(f"unset {name}" for name in secrets)
    assert run(f"{script}\n{command}", home, HOME=str(home)) == "", "cron mails what is said"
    assert published(sandbox) == {"mastodon", "twitter", "discord"}


def test_pre_commit(machine: Path, sandbox: Sandbox) -> None:
    (hook,) = recipe("pre-commit.yaml")["repos"][0]["hooks"]
    assert re.search(hook["files"], "posts/lamp.md")
    assert not re.search(hook["files"], "README.md")
    without = "\n".join(f"unset {name}" for name in sandbox.environment())
    asked = len(sandbox.requests)
    assert "good for" in run(f"{without}\n{hook['entry']} posts/lamp.md", machine)
    assert len(sandbox.requests) == asked, "nothing is asked of anybody"


def in_a_workflow(action: dict[str, Any]) -> str:
    """The steps of an action as those of a job, which is what actionlint reads."""
    inputs = {name: {"type": "string"} for name in action["inputs"]}
    job = {"runs-on": "ubuntu-latest", "steps": action["runs"]["steps"]}
    return yaml.safe_dump({"on": {"workflow_call": {"inputs": inputs}}, "jobs": {"action": job}})


def test_a_linter_finds_nothing_in_the_action(tmp_path: Path) -> None:
    assert (
        lint(in_a_workflow(yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))), tmp_path)
        == []
    )


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_linter_finds_nothing_in_a_workflow(file: Path, tmp_path: Path) -> None:
    assert lint(file.read_text("utf-8"), tmp_path) == []


def test_a_linter_finds_nothing_in_the_page_s_workflow(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "github-action.md").read_text("utf-8")
    for block in re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        assert lint(block, tmp_path) == []


def test_the_linter_finds_what_is_wrong(tmp_path: Path) -> None:
    wrong = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.nope }}\n"
    (found,) = lint(wrong, tmp_path)
    assert "nope" in found


@pytest.mark.parametrize(
    "file",
    [RECIPES / "forgejo.yml", ROOT / ".github" / "workflows" / "release.yml"],
    ids=lambda file: file.name,
)
def test_a_security_audit_finds_nothing(file: Path, tmp_path: Path) -> None:
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    shutil.copy(file, tmp_path / ".github" / "workflows")
    assert audit(tmp_path) <= TASTE


def test_a_release_is_written_into_the_sources(tmp_path: Path) -> None:
    for name in (".ci/release", "pyproject.toml", "publisher/__init__.py", "CHANGELOG.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)

    def release(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(tmp_path / ".ci" / "release"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert release("2.3.4", "--check").returncode != 0
    assert release("2.3").returncode != 0
    assert release("2.3.4").returncode == 0
    assert release("2.3.4", "--check").returncode == 0
    assert '__version__ = "2.3.4"' in (tmp_path / "publisher" / "__init__.py").read_text("utf-8")
    assert '\nversion = "2.3.4"\n' in (tmp_path / "pyproject.toml").read_text("utf-8")
    notes = release("2.3.4", "--notes").stdout
    assert notes.startswith("### ")
    assert "## [" not in notes
