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
from publisher.sandbox.mastodon import Mastodon
from publisher.tell.github import MARK
from tests.conftest import POST, YESTERDAY, Publish
from tests.picture_files import halves, saved
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
    assert set(api.calls) <= {"GET"}


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
    # Code is text, and its end is of more backticks than any in it.
    plain = re.sub(r"(`+)[^`].*?(?<!`)\1(?!`)", "", "\n".join(outside))
    assert "<img" not in plain.replace("\\<", "")
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
    assert f"{sandbox[Mastodon].url}/@demo/" in output(project, "urls")
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


def entry(folder: Path, name: str, head: str, text: str = "The lamp is lit every evening.") -> None:
    (folder / name).write_text(
        f"---\ntitle: {name.removesuffix('.md')}\n{head}\n---\n{text}\n", "utf-8"
    )


@pytest.fixture
def posts(
    project: Path, publish: Publish, event: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with a post in each state, and a job that publishes it."""
    folder = project / "posts"
    folder.mkdir()
    entry(folder, "taken.md", f"date: {YESTERDAY}")
    assert publish("posts/taken.md", "--channels", "discord").status == 0
    assert publish("retract", "posts/taken.md", "--yes").status == 0
    entry(folder, "marked.md", f"date: {YESTERDAY}")
    assert publish("adopt", "--all", "posts/marked.md").status == 0
    entry(folder, "draft.md", f"date: {YESTERDAY}\ndraft: true")
    entry(folder, "later.md", "date: 2099-05-06T07:00:00Z")
    entry(folder, "ended.md", f"date: {YESTERDAY}\nexpiryDate: {YESTERDAY}")
    entry(folder, "old.md", "date: 2020-01-01")
    entry(folder, "page.md", "layout: page")
    (folder / "l.png").write_bytes(saved(halves(), "PNG"))
    entry(folder, "new.md", f"date: {YESTERDAY}", "It is lit.\n\n![A lit lamp](l.png)")
    event()
    monkeypatch.setenv("INPUT_PATH", "posts")
    monkeypatch.setenv("INPUT_CHANNELS", "discord")
    return folder


@pytest.fixture
def merge(event: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The job after it is that of a push which merged a pull request."""

    def push() -> None:
        event("push")
        monkeypatch.setenv("INPUT_PATH", "posts")
        monkeypatch.setenv("INPUT_CHANNELS", "discord")
        monkeypatch.setenv("GITHUB_SHA", "0123456789abcdef")

    return push


def changes(api: Api, *names: str) -> None:
    api.files = [{"filename": f"posts/{name}"} for name in names]


def test_the_comment_tells_of_each_post_that_is_touched_and_is_not_sent(
    posts: Path, publish: Publish, api: Api
) -> None:
    changes(api, *(file.name for file in posts.iterdir()))
    ran = publish("ci")
    assert ran.status == 0, ran.err
    (comment,) = api.comments
    said = comment["body"].replace("\\", "").replace("\u2060", "")
    for line in (
        "- posts/draft.md: not sent: a draft",
        "- posts/later.md: not sent: it will be published from 2099-05-06 07:00 UTC on",
        "- posts/ended.md: not sent: its expiry date is over",
        "- posts/taken.md: not sent: retracted (publish POST --republish, from your own checkout, brings it back)",
        "- posts/marked.md: not sent: it is from before (publish POST --republish, from your own checkout, sends",
        "- posts/old.md: not sent: it is too old to be meant (run the workflow with it as path to send it)",
        "- posts/page.md: not sent: it has no date",
        "### posts/new.md → discord",
    ):
        assert line in said, line


def test_the_comment_shows_what_a_reader_of_the_channel_sees(
    posts: Path, publish: Publish, api: Api
) -> None:
    changes(api, "new.md")
    publish("ci")
    (comment,) = api.comments
    said = comment["body"]
    assert "- title: `new`" in said
    assert "- link: `https://example.org/news/new/`" in said
    assert "A lit lamp" in said


def test_what_a_pull_request_does_not_touch_is_not_told(
    posts: Path, publish: Publish, api: Api
) -> None:
    """But in one line, where it would go out all the same."""
    changes(api, "draft.md", "elsewhere.md")
    publish("ci")
    (comment,) = api.comments
    said = comment["body"].replace("\\", "")
    assert [line for line in said.splitlines() if line.startswith(("-", "#"))] == [
        "## What would be published",
        "- posts/draft.md: not sent: a draft",
        "- besides, by other changes: posts/new.md",
    ]


@pytest.mark.parametrize("name", ["publish.toml", "templates/discord.txt.j2"])
def test_another_look_touches_all_that_would_go_out(
    posts: Path, publish: Publish, api: Api, name: str
) -> None:
    api.files = [{"filename": name}]
    publish("ci")
    said = api.comments[0]["body"].replace("\\", "")
    assert "### posts/new.md" in said
    assert "draft.md" not in said


def test_nothing_is_said_where_nothing_is_touched(posts: Path, publish: Publish, api: Api) -> None:
    changes(api, "elsewhere.md")
    publish("ci")
    assert "Nothing of what this pull request changes." in api.comments[0]["body"]
    assert publish("posts/new.md", "--channels", "discord").status == 0
    publish("ci")
    assert "Nothing: everything is as it was." in api.comments[0]["body"]


def test_a_picture_that_is_changed_touches_its_post(
    posts: Path, publish: Publish, api: Api
) -> None:
    changes(api, "l.png")
    publish("ci")
    assert "### posts/new" in api.comments[0]["body"].replace("\\", "")


def test_where_it_is_not_known_what_is_touched_all_is_told(
    posts: Path, publish: Publish, api: Api
) -> None:
    api.files = None
    publish("ci")
    said = api.comments[0]["body"].replace("\\", "")
    assert "### posts/new.md" in said
    assert "left alone: 1 post is older than 14 days" in said
    assert "posts/later.md: not sent" in said
    assert "marked.md" not in said, "an archive may have hundreds"


def test_a_post_whose_file_is_taken_away_is_told_with_the_input_that_takes_it_down(
    posts: Path, publish: Publish, api: Api
) -> None:
    entry(posts, "gone.md", f"date: {YESTERDAY}")
    assert publish("posts/gone.md", "--channels", "discord").status == 0
    (posts / "gone.md").unlink()
    changes(api, "gone.md")
    publish("ci")
    said = api.comments[0]["body"].replace("\\", "").replace("\u2060", "")
    assert "the file is gone, and what it said is live still" in said
    assert "to take it down: the input retract: posts/gone.md" in said


def test_each_address_can_be_copied(
    posts: Path,
    publish: Publish,
    api: Api,
    event: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing that can't be seen stands in one: neither before the merge nor after it."""
    event("push")
    monkeypatch.setenv("INPUT_PATH", "posts")
    monkeypatch.setenv("INPUT_CHANNELS", "discord,mastodon")
    assert publish("ci").status == 0
    (posts / "new.md").unlink()
    event()
    monkeypatch.setenv("INPUT_PATH", "posts")
    monkeypatch.setenv("INPUT_CHANNELS", "discord,mastodon")
    changes(api, "new.md")
    publish("ci")
    for text in (summary(project_of(posts)), api.comments[0]["body"]):
        found = re.findall(r"http[^\s`]*", text.replace("\\", ""))
        assert found
        assert all(re.match("https?://", each) and "\u2060" not in each for each in found)


def test_more_new_posts_than_a_run_sends_are_said_before_the_merge(
    posts: Path, publish: Publish, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"flood-{number}.md" for number in range(4)]
    for name in names:
        entry(posts, name, f"date: {YESTERDAY}")
    changes(api, *names)
    assert publish("ci").status == 0
    words = "- **none of it**: a run sends no more than 3 new posts by itself, and these are 5"
    assert words in api.comments[0]["body"]
    monkeypatch.setenv("INPUT_YES", "true")
    publish("ci")
    assert words not in api.comments[0]["body"]


@pytest.mark.parametrize("strict", ["true", "false"])
def test_a_preview_may_fail_the_check(
    posts: Path, publish: Publish, api: Api, monkeypatch: pytest.MonkeyPatch, strict: str
) -> None:
    monkeypatch.setenv("INPUT_STRICT", strict)
    changes(api, "new.md")
    assert publish("ci").status == 0, "nothing is amiss"
    entry(posts, "new.md", f"date: {YESTERDAY}", "It is lit.\n\n![](l.png)\n\nIt is so.")
    (posts / "new.md").write_text(
        (posts / "new.md").read_text("utf-8").replace("title:", "image: l.png\ntitle:"), "utf-8"
    )
    assert publish("ci").status == (1 if strict == "true" else 0)
    changes(api, "draft.md")
    assert publish("ci").status == 0, "another post's fault is not this pull request's"


def test_after_the_merge_the_comment_has_the_links(
    posts: Path, publish: Publish, api: Api, merge: Callable[[], None], sandbox: Sandbox,
) -> None:  # fmt: skip
    changes(api, "new.md")
    publish("ci")
    merge()
    api.pulls = [
        {"number": 6, "merged_at": None, "base": {"ref": "trunk"}},
        {"number": 5, "merged_at": "2026-01-01T00:00:00Z", "base": {"ref": "other"}},
        {"number": 7, "merged_at": "2026-01-01T00:00:00Z", "base": {"ref": "trunk"}},
    ]
    api.calls.clear()
    ran = publish("ci")
    assert ran.status == 0, ran.err
    (comment,) = api.comments
    assert "What was published" in comment["body"]
    (url,) = output(project_of(posts), "urls").splitlines()
    assert f"- {url}" in comment["body"]
    api.calls.clear()
    assert publish("ci").status == 0
    assert api.calls == [], "nothing was sent: nothing is to be told"


def project_of(posts: Path) -> Path:
    return posts.parent


def test_a_token_that_may_not_comment_is_no_warning(
    posts: Path, publish: Publish, api: Api, merge: Callable[[], None],
) -> None:  # fmt: skip
    merge()
    api.add(f"{MARK}\nours", "Bot")
    api.pulls = [{"number": 7, "merged_at": "2026-01-01T00:00:00Z", "base": {"ref": "trunk"}}]
    api.may_write = False
    ran = publish("ci")
    assert ran.status == 0
    assert "warning" not in ran.out + ran.err
    assert "PATCH" in " ".join(api.calls)


def test_without_a_comment_none_is_made_after_the_merge(
    posts: Path, publish: Publish, api: Api, merge: Callable[[], None],
) -> None:  # fmt: skip
    merge()
    api.pulls = [{"number": 7, "merged_at": "2026-01-01T00:00:00Z", "base": {"ref": "trunk"}}]
    assert publish("ci").status == 0
    assert api.comments == []
