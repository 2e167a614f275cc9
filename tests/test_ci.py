"""`publish ci`, as the Action runs it: a preview on a pull request, which breaks out of nothing;
else it publishes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.sandbox import Sandbox
from tests.conftest import POST, Publish
from tests.test_github import TOKEN, Api, pull_request
from tests.test_github import api as api


@pytest.fixture
def event(project: Path, api: Api, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the environment of a job: on a pull request, or a push to `ref`."""

    def set(
        name: str = "pull_request", ref: str = "refs/heads/trunk", *, fork: bool = False
    ) -> None:
        environ = pull_request(
            project, fork=fork, GITHUB_API_URL=api.url, GITHUB_TOKEN=TOKEN, INPUT_PATH="post.md"
        )
        for key, value in {**environ, "GITHUB_EVENT_NAME": name, "GITHUB_REF": ref}.items():
            monkeypatch.setenv(key, value)
        for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
            monkeypatch.setenv(key, str(project / key))

    return set


def summary(project: Path) -> str:
    return (project / "GITHUB_STEP_SUMMARY").read_text("utf-8")


def output(project: Path, name: str) -> str:
    """The last value of an output."""
    text = (project / "GITHUB_OUTPUT").read_text("utf-8")
    found: list[tuple[str, str]] = re.findall(
        rf"^{name}<<(\S+)\n(.*?)\n\1$", text, re.MULTILINE | re.DOTALL
    )
    return found[-1][1]


def test_a_pull_request_is_previewed_without_secrets_and_nothing_is_sent(
    project: Path, sandbox: Sandbox, publish: Publish, api: Api, event: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    event()
    for name in sandbox.environment():
        monkeypatch.delenv(name)
    assert publish("ci").status == 0
    assert not sandbox.received()
    assert publish("ci").status == 0
    (comment,) = api.comments
    for text in (summary(project), comment["body"]):
        assert "Lamp 2.0 is here. It starts twice as fast" in text
        assert "of 500" in text
        assert "0\\.215" in text or "0\\.200" in text
    assert json.loads(output(project, "json"))["dry_run"] is True


def test_from_a_fork_it_is_the_summary_alone(
    project: Path, publish: Publish, api: Api, event: Callable[..., None]
) -> None:
    event(fork=True)
    assert publish("ci").status == 0
    assert "What would be published" in summary(project)
    assert api.calls == []


def test_a_stranger_s_post_breaks_out_of_nothing(
    project: Path, publish: Publish, api: Api, event: Callable[..., None]
) -> None:
    (project / "post.md").write_text(
        '---\ntitle: "<img src=x> [click](https://evil.example) @team"\ndate: 2026-01-20\n---\n'
        "````\n```\n# not a heading\n````\n\n<script>alert(1)</script>\n",
        "utf-8",
    )
    event(fork=True)
    assert publish("ci").status == 0
    outside, fence = [], ""
    for line in summary(project).split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence = line.removesuffix("text")
        else:
            outside.append(line)
    assert not fence
    assert "<img" not in "\n".join(outside).replace("\\<", "")
    assert "# not a heading" not in outside


def test_what_an_edit_changes_is_in_the_preview(
    project: Path, publish: Publish, api: Api, event: Callable[..., None]
) -> None:
    publish("post.md", "--channels", "mastodon")
    (project / "post.md").write_text(POST.replace("twice", "three times"), "utf-8")
    event()
    assert publish("ci").status == 0
    assert "[-twice-]{+three times+} as fast" in summary(project)


def test_a_push_to_the_default_branch_publishes_and_tells(
    project: Path, sandbox: Sandbox, publish: Publish, event: Callable[..., None]
) -> None:
    event("push")
    ran = publish("ci")
    assert ran.status == 0, ran.err
    assert len(sandbox.received()) == 6
    assert f"{sandbox.mastodon_url}/@demo/" in output(project, "urls")
    assert output(project, "failed") == ""


def test_a_post_s_lines_are_no_commands_to_the_runner(
    project: Path, publish: Publish, event: Callable[..., None]
) -> None:
    (project / "post.md").write_text(
        "---\ntitle: x\n---\n::warning::from the post\n\n![](/::error::y.png)\n", "utf-8"
    )
    event(fork=True)
    ran = publish("ci")
    assert ran.status == 0
    for output in (ran.out, ran.err):
        stopped = ""
        for line in output.split("\n"):
            if stopped:
                stopped = "" if line == f"::{stopped}::" else stopped
            elif line.startswith("::stop-commands::"):
                stopped = line.removeprefix("::stop-commands::")
            else:
                assert "from the post" not in line
                assert not line.strip().startswith("::") or line.startswith(
                    "::warning file=post.md"
                ), line


@pytest.mark.parametrize("name", ["push", "workflow_dispatch"])
def test_a_job_on_another_branch_publishes_nothing(
    name: str, project: Path, sandbox: Sandbox, publish: Publish, event: Callable[..., None]
) -> None:
    event(name, "refs/heads/other")
    ran = publish("ci")
    assert ran.status == 0
    assert "::notice" in ran.out
    assert "refs/heads/other" in summary(project)
    assert not sandbox.received()


def test_a_partial_failure_fails_the_job_names_the_channel_and_the_rerun_sends_just_that(
    project: Path, sandbox: Sandbox, publish: Publish, event: Callable[..., None]
) -> None:
    sandbox.fault("discord", "429", times=50, seconds=60)
    event("push")
    ran = publish("ci")
    assert ran.status == 1
    assert "::error file=post.md::discord: failed" in ran.out
    assert output(project, "failed") == "discord"
    sandbox.faults.clear()
    before = len(sandbox.received())
    assert publish("ci").status == 0
    assert len(sandbox.received()) == before + 1


def test_a_post_s_error_is_shown_at_its_line(
    project: Path, sandbox: Sandbox, publish: Publish, event: Callable[..., None]
) -> None:
    (project / "post.md").write_text("---\ntitle: x\ndate: sometime\n---\nText.\n", "utf-8")
    event("push")
    ran = publish("ci")
    assert ran.status == 2
    assert "::error file=post.md,line=3::date 'sometime' is not a date" in ran.out
    assert not sandbox.received()


def test_a_path_that_is_not_there_any_more_is_no_error(
    project: Path,
    sandbox: Sandbox,
    publish: Publish,
    event: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last post was deleted, and git keeps no empty folders."""
    event("push")
    (project / "old-posts").mkdir()
    (project / "old-posts" / "last.md").write_text("---\ntitle: The last\n---\nText.\n", "utf-8")
    monkeypatch.setenv("INPUT_PATH", "old-posts/last.md")
    assert publish("ci").status == 0
    sent = len(sandbox.received())
    shutil.rmtree(project / "old-posts")
    monkeypatch.setenv("INPUT_PATH", "old-posts")
    ran = publish("ci")
    assert ran.status == 0, ran.err
    assert "isn't there any more" in ran.out
    assert "isn't there any more" in summary(project)
    assert len(sandbox.received()) == sent
    monkeypatch.setenv("INPUT_PATH", "old-posts\npost.md")
    ran = publish("ci")
    assert ran.status == 0, ran.err
    assert "old-posts" in ran.err
    assert len(sandbox.received()) > sent


def test_a_path_that_never_was_there_is_misspelt(
    project: Path,
    sandbox: Sandbox,
    publish: Publish,
    event: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event("push")
    assert publish("ci").status == 0
    sent = len(sandbox.received())
    monkeypatch.setenv("INPUT_PATH", "post.md\npsots")
    ran = publish("ci")
    assert ran.status == 2
    assert "::error::psots: there is no such file or folder" in ran.out
    assert "psots" in summary(project)
    assert len(sandbox.received()) == sent


def test_pull_request_target_is_refused_where_somebody_looks(
    project: Path, sandbox: Sandbox, publish: Publish, event: Callable[..., None]
) -> None:
    event("pull_request_target")
    ran = publish("ci")
    assert ran.status == 2
    assert "::error::pull_request_target" in ran.out
    assert "would give a stranger" in summary(project)
    assert sandbox.received() == []
