"""Content may be a stranger's: nothing that it names is read outside of the configuration's
folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from tests.conftest import POST, Publish, edit
from tests.picture_files import halves, saved

SECRET = "s3cret-token-of-the-environment"


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that nobody gave to the project, with what must not be seen in it."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "secret.md").write_text(f"---\ntitle: Lamp\n---\n{SECRET}\n", "utf-8")
    (folder / "secret.j2").write_text(SECRET, "utf-8")
    (folder / "secret.png").write_bytes(saved(halves(), "PNG"))
    return folder


@pytest.fixture
def pull_request(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The job of a pull request, as GitHub describes it. Returns its summary's file."""
    event = {
        "number": 7,
        "repository": {"default_branch": "main"},
        "pull_request": {"number": 7, "head": {"repo": {"full_name": "stranger/blog"}}},
    }
    (project / ".event.json").write_text(json.dumps(event), "utf-8")
    summary = project / ".summary"
    for name, value in {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(project / ".event.json"),
        "GITHUB_REPOSITORY": "collective/blog",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_OUTPUT": str(project / ".outputs"),
        "INPUT_PATH": "post.md",
        "OTHER_TOKEN": SECRET,
    }.items():
        monkeypatch.setenv(name, value)
    return summary


def everything(project: Path, *said: str) -> str:
    files = [project / name for name in (".summary", ".outputs")]
    return "".join([*said, *(file.read_text("utf-8") for file in files if file.exists())])


@pytest.mark.parametrize("kind", ["the template", "an include", "the folder"])
@pytest.mark.parametrize("target", ["/proc/self/environ", "secret.j2"])
def test_a_template_that_is_a_link_shows_nothing(
    project: Path, publish: Publish, pull_request: Path, outside: Path, kind: str, target: str
) -> None:
    templates, secret = project / "templates", outside / target
    if kind == "the folder":
        templates.symlink_to(outside)
        (outside / "mastodon.txt.j2").write_text(SECRET, "utf-8")
    else:
        templates.mkdir()
        name = "mastodon.txt.j2" if kind == "the template" else "part.j2"
        (templates / name).symlink_to(secret)
        if kind == "an include":
            (templates / "mastodon.txt.j2").write_text("{% include 'part.j2' %}", "utf-8")
    ran = publish("ci")
    assert ran.status == 2
    assert "lies outside" in everything(project, ran.out, ran.err)
    assert SECRET not in everything(project, ran.out, ran.err)
    ran = publish("post.md", "--dry-run")
    assert ran.status == 2
    assert SECRET not in ran.out + ran.err


@pytest.mark.parametrize(("argument", "status"), [("linked.md", 2), ("posts", 1)])
def test_a_post_that_is_a_link_is_refused(
    project: Path, sandbox: Sandbox, publish: Publish, outside: Path, argument: str, status: int
) -> None:
    (project / "posts").mkdir()
    for name in ("linked.md", "posts/linked.md"):
        (project / name).symlink_to(outside / "secret.md")
    ran = publish(argument)
    assert ran.status == status
    assert "lies outside" in ran.err
    assert sandbox.received() == []


def test_a_post_that_a_person_names_may_lie_elsewhere_and_in_a_job_it_may_not(
    project: Path, publish: Publish, outside: Path, pull_request: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (outside / "draft.md").write_text(POST, "utf-8")
    there = str(outside / "draft.md")
    assert publish(there, "--config", "publish.toml", "--dry-run").status == 0
    monkeypatch.setenv("INPUT_PATH", there)
    monkeypatch.setenv("INPUT_CONFIG", "publish.toml")
    ran = publish("ci")
    assert ran.status == 2
    assert "lies outside" in ran.out + ran.err


def test_a_link_that_stays_inside_is_followed(project: Path, publish: Publish) -> None:
    (project / "also.md").symlink_to(project / "post.md")
    assert publish("also.md", "--dry-run").status == 0


def test_a_picture_that_is_a_link_is_refused(
    project: Path, sandbox: Sandbox, publish: Publish, outside: Path
) -> None:
    (project / "lamp.png").symlink_to(outside / "secret.png")
    edit(project, "**Lamp 2.0** is", "![a lamp](lamp.png)\n\n**Lamp 2.0** is")
    ran = publish("post.md", "--channels", "mastodon")
    assert ran.status == 2
    assert "lies outside" in ran.err
    assert sandbox.received() == []


def test_links_are_not_written_through_a_link(
    project: Path, publish: Publish, outside: Path
) -> None:
    config = (project / "publish.toml").read_text("utf-8")
    (project / "publish.toml").write_text(
        config.replace("[site]\n", '[site]\nsyndication = "file"\n'), "utf-8"
    )
    (outside / "theirs.json").write_text("{}", "utf-8")
    (project / "data").mkdir()
    (project / "data" / "syndication.json").symlink_to(outside / "theirs.json")
    ran = publish("post.md", "--channels", "mastodon")
    assert ran.status == 0
    assert "lies outside" in ran.err
    assert (outside / "theirs.json").read_text("utf-8") == "{}"


@pytest.mark.parametrize("setting", ["recipients", "secret", "config"])
def test_in_a_job_no_file_that_a_setting_names_lies_elsewhere(
    project: Path,
    publish: Publish,
    outside: Path,
    pull_request: Path,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
) -> None:
    config = (project / "publish.toml").read_text("utf-8")
    if setting == "recipients":
        head, _, rest = config.partition("recipients = ")
        (outside / "list.csv").write_text("email\nada@example.org\n", "utf-8")
        config = f"{head}recipients = {str(outside / 'list.csv')!r}\n" + rest.partition("\n")[2]
    elif setting == "secret":
        config = config.replace(
            '{ env = "MASTODON_ACCESS_TOKEN" }', '{ file = "/proc/self/environ" }'
        )
    else:
        monkeypatch.setenv("INPUT_CONFIG", str(outside / "publish.toml"))
        (outside / "publish.toml").write_text(config, "utf-8")
    (project / "publish.toml").write_text(config, "utf-8")
    ran = publish("ci")
    assert ran.status == 2
    assert "lies outside" in ran.out + ran.err
    if setting == "recipients":
        assert publish("post.md", "--dry-run").status == 0, "a person may"


def test_a_post_that_is_a_pipe_is_no_post(project: Path, publish: Publish) -> None:
    os.mkfifo(project / "pipe.md")
    ran = publish("pipe.md", "--dry-run")
    assert ran.status == 2
    assert "Traceback" not in ran.err
