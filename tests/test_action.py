"""The Action's own steps, run as they are written: in bash, with the environment that GitHub
documents for a job; and what its inputs do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from publisher.compose.template import environment
from publisher.sandbox import Sandbox
from tests.conftest import RECENT, Publish, edit, live, texts
from tests.test_ci import event as event
from tests.test_ci import output, summary
from tests.test_concurrency import wait_until
from tests.test_github import Api
from tests.test_github import api as api

ROOT = Path(__file__).resolve().parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def step(name: str) -> dict[str, Any]:
    (found,) = [each for each in ACTION["runs"]["steps"] if each["name"] == name]
    assert isinstance(found, dict)
    return found


def bash(script: str, folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """As the runner does for `shell: bash` (docs.github.com, "Workflow syntax", read 2026-11)."""
    file = folder / "step.sh"
    file.write_text(script, "utf-8")
    return subprocess.Popen(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)],
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def runner(project: Path, sandbox: Sandbox, event: Callable[..., None]) -> dict[str, str]:
    """A runner on which the step "Install" has run: what is installed is this project."""
    event("push")
    programs = project / "runner" / "publish" / "bin"
    programs.mkdir(parents=True)
    entry = programs / "publish"
    entry.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m publisher "$@"\n', "utf-8")
    entry.chmod(0o755)
    inputs = {
        name: str(
            ACTION["inputs"][name.removeprefix("INPUT_").lower().replace("_", "-")].get(
                "default", ""
            )
        )
        for name in step("Publish")["env"]
        if name.startswith("INPUT_")
    }
    return {
        **os.environ,
        **inputs,
        "INPUT_PATH": "post.md",
        "RUNNER_TEMP": str(project / "runner"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }


def test_the_step_publishes_and_hands_on_the_exit_status(
    project: Path, sandbox: Sandbox, runner: dict[str, str]
) -> None:
    done = bash(step("Publish")["run"], project, runner)
    _, said = done.communicate()
    assert done.returncode == 0, said
    assert len(sandbox.received()) == 6
    whole = Path(output(project, "json-path"))
    assert whole.is_relative_to(project / "runner")
    assert len(json.loads(whole.read_text("utf-8"))["results"]) == 4
    (project / "post.md").write_text("---\ntitle: x\ndate: soon\n---\nText.\n", "utf-8")
    done = bash(step("Publish")["run"], project, runner)
    done.communicate()
    assert done.returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_job_s_signal_reaches_the_run_which_writes_its_receipts(
    project: Path, sandbox: Sandbox, runner: dict[str, str], number: signal.Signals
) -> None:
    sandbox.fault("twitter", "429", seconds=300)
    process = bash(step("Publish")["run"], project, runner)
    wait_until("the others are live", lambda: len(sandbox.received()) == 5)
    process.send_signal(number)
    _, said = process.communicate()
    sandbox.faults.clear()
    assert process.returncode == 130, said
    assert "stopped." in said
    done = bash(step("Publish")["run"], project, runner)
    done.communicate()
    assert done.returncode == 0
    assert len(sandbox.received()) == 6


def test_no_other_action_is_used() -> None:
    """An organisation that demands full hashes of all can use it."""
    assert not [each for each in ACTION["runs"]["steps"] if "uses" in each]


def test_the_install_step_takes_a_python_that_is_new_enough(tmp_path: Path) -> None:
    """An old one that comes first is passed over; what is chosen is isolated."""
    for name, version in (("python3.13", "3, 9"), ("python3.12", "3, 12")):
        program = tmp_path / name
        program.write_text(
            "#!/bin/sh\n"
            'case "$3" in *version_info*) '
            f'exec "{sys.executable}" -I -c "import sys; sys.exit(({version}) < (3, 11))";; esac\n'
            f'echo "{name} $*" >> "{tmp_path}/called"\nexit 1\n',
            "utf-8",
        )
        program.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "RUNNER_TEMP": str(tmp_path / "x")}
    bash(step("Install")["run"], tmp_path, environment).communicate()
    assert (tmp_path / "called").read_text("utf-8").startswith("python3.12 -I -m venv")


# Inputs


def test_the_path_is_demanded(
    project: Path, publish: Publish, event: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole repository is never meant: there are pages in it."""
    assert ACTION["inputs"]["path"]["required"] is True
    event("push")
    monkeypatch.setenv("INPUT_PATH", " \n")
    ran = publish("ci")
    assert ran.status == 2
    assert "::error::the input `path` is missing" in ran.out


def test_working_directory_is_where_the_paths_begin(
    project: Path,
    sandbox: Sandbox,
    publish: Publish,
    event: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (project / "site").mkdir()
    (project / "post.md").rename(project / "site" / "post.md")
    event("push")
    monkeypatch.setenv("INPUT_WORKING_DIRECTORY", "site")
    assert publish("ci").status == 0
    assert len(sandbox.received()) == 6
    monkeypatch.chdir(project)
    for folder in ("nowhere", "../"):
        monkeypatch.setenv("INPUT_WORKING_DIRECTORY", folder)
        assert publish("ci").status == 2


def test_since_and_update_all(
    project: Path,
    sandbox: Sandbox,
    publish: Publish,
    event: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event("push")
    monkeypatch.setenv("INPUT_CHANNELS", "mastodon")
    template = project / "templates" / "mastodon.txt.j2"
    template.parent.mkdir()
    template.write_text("{{ post.title }}", "utf-8")
    monkeypatch.setenv("INPUT_SINCE", "2026-03-01")
    assert publish("ci").status == 0
    assert sandbox.received() == []
    monkeypatch.setenv("INPUT_SINCE", "soon")
    assert publish("ci").status == 2
    monkeypatch.setenv("INPUT_SINCE", "")
    assert publish("ci").status == 0
    template.write_text("Look: {{ post.title }}", "utf-8")
    environment.cache_clear()  # as in a new process
    assert publish("ci").status == 0
    assert not texts(sandbox, "mastodon")[0].startswith("Look")
    monkeypatch.setenv("INPUT_UPDATE_ALL", "true")
    assert publish("ci").status == 0
    assert texts(sandbox, "mastodon") == ["Look: Lamp 2.0 is out"]


def test_retract_takes_down_where_a_person_asks_for_it(
    project: Path,
    sandbox: Sandbox,
    publish: Publish,
    event: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (project / "two.md").write_text(RECENT.replace("2.0", "3.0"), "utf-8")
    event("push")
    monkeypatch.setenv("INPUT_PATH", "post.md\ntwo.md")
    monkeypatch.setenv("INPUT_CHANNELS", "mastodon,discord")
    assert publish("ci").status == 0
    assert len(sandbox.received()) == 4
    (project / "two.md").unlink()
    monkeypatch.setenv("INPUT_RETRACT", "post.md\ntwo.md")
    ran = publish("ci")
    assert ran.status == 2
    assert "workflow_dispatch" in ran.out
    assert len(sandbox.received()) == 4
    event("workflow_dispatch")
    assert publish("ci").status == 0
    assert sandbox.received() == []
    assert "two" in summary(project)


@pytest.mark.parametrize(("value", "comments"), [("true", 1), ("", 1), ("false", 0)])
def test_the_comment_can_be_switched_off(
    project: Path,
    publish: Publish,
    api: Api,
    event: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    comments: int,
) -> None:
    event()
    monkeypatch.setenv("INPUT_COMMENT", value)
    assert publish("ci").status == 0
    assert len(api.comments) == comments
    assert "What would be published" in summary(project)


def test_outputs_tell_what_happened_and_stay_small(
    project: Path,
    sandbox: Sandbox,
    publish: Publish,
    event: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event("push")
    monkeypatch.setenv("RUNNER_TEMP", str(project))
    monkeypatch.setenv("INPUT_CHANNELS", "mastodon,discord")
    assert publish("ci").status == 0
    assert len(json.loads(output(project, "json"))["results"]) == 2
    assert publish("ci").status == 0
    assert json.loads(output(project, "json"))["results"] == []
    assert output(project, "urls") == ""
    whole = json.loads(Path(output(project, "json-path")).read_text("utf-8"))
    assert [each["status"] for each in whole["results"]] == ["unchanged", "unchanged"]
    edit(project, "twice as fast", "three times as fast")
    monkeypatch.setattr("publisher.commands.ci.OUTPUT", 500)
    assert publish("ci").status == 0
    (result, _) = json.loads(output(project, "json"))["results"]
    assert set(result["parts"][0]) == {"status", "id", "url"}
    assert output(project, "urls").startswith("http")
    assert len(live(sandbox, "mastodon")) == 1
