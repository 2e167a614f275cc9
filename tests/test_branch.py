"""A branch keeps the ledger: nobody's work is lost, nothing is merged, and a rewinding is
noticed."""

from __future__ import annotations

import base64
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from publisher.errors import LedgerError
from publisher.ledger import git_branch as branches
from publisher.ledger.git_branch import Branch
from tests.git_repositories import checkout, clone, commit, git, refuse, remote
from tests.git_server import serving

NAME = "publish-ledger"
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which git knows nobody's name."""
    for key in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(key, os.devnull)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return remote(tmp_path)


@pytest.fixture
def branch(bare: Path) -> Branch:
    made = Branch(checkout(bare, "one"))
    made.init()
    return made


def rewind(bare: Path, to: str) -> None:
    """What somebody with `git push --force` does."""
    folder = clone(bare, f"careless-{len(list(bare.parent.iterdir()))}")
    git(folder, "push", "--quiet", "--force", "origin", f"{to}:refs/heads/{NAME}")


def test_what_is_pushed_is_fetched_elsewhere(bare: Path, branch: Branch) -> None:
    files = {"posts/a-1.jsonl": '{"post":"é 日本"}\n', "posts/b-2.jsonl": "{}\n"}
    pushed = branch.push(branch.fetch(), files, "intent")
    assert pushed is not None
    there = Branch(clone(bare, "two", shallow=True)).fetch()
    assert {name: text for name, text in there.files.items() if name.startswith("posts/")} == files
    assert (there.commit, there.lost) == (pushed.commit, {})


def test_a_missing_branch_is_refused_and_made_once(bare: Path) -> None:
    made = Branch(clone(bare, "one"))
    with pytest.raises(LedgerError) as caught:
        made.fetch()
    assert "publish ledger init" in caught.value.hint
    made.init()
    assert "README.md" in made.fetch().files
    with pytest.raises(LedgerError, match="already"):
        made.init()


def test_a_deleted_branch_is_told_from_one_that_never_was(bare: Path, branch: Branch) -> None:
    branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "intent")
    git(bare, "update-ref", "-d", f"refs/heads/{NAME}")
    with pytest.raises(LedgerError, match="deleted"):
        branch.fetch()


def test_a_branch_that_was_deleted_and_made_again_tells_what_it_knew(
    bare: Path, branch: Branch
) -> None:
    branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "intent")
    git(bare, "update-ref", "-d", f"refs/heads/{NAME}")
    branch.init()
    there = Branch(checkout(bare, "fresh")).fetch()
    assert there.lost == {"posts/a.jsonl": "1\n"}
    assert set(there.files) == {"README.md", "version"}


def test_the_hint_for_a_deleted_branch_brings_it_back(bare: Path, branch: Branch) -> None:
    branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "intent")
    git(bare, "update-ref", "-d", f"refs/heads/{NAME}")
    with pytest.raises(LedgerError) as caught:
        branch.fetch()
    folder = clone(bare, "two")
    for command in caught.value.hint.partition(": ")[2].replace("then git", "git").split(", "):
        git(folder, *command.split()[1:])
    assert branch.fetch().files["posts/a.jsonl"] == "1\n"


def test_what_a_newer_version_wrote_is_refused(bare: Path, branch: Branch) -> None:
    branch.push(branch.fetch(), {"version": "2\n"}, "from the future")
    with pytest.raises(LedgerError, match="newer version") as caught:
        branch.fetch()
    assert "update" in caught.value.hint


def test_a_file_can_be_deleted(branch: Branch) -> None:
    pushed = branch.push(branch.fetch(), {"posts/a.jsonl": "1\n", "posts/b.jsonl": "2\n"}, "one")
    assert pushed is not None
    pushed = branch.push(pushed, {"posts/a.jsonl": None}, "two")
    assert pushed is not None
    assert pushed == branch.fetch()
    assert "posts/a.jsonl" not in pushed.files
    assert pushed.files["posts/b.jsonl"] == "2\n"


def test_what_else_lies_on_the_branch_is_left_as_it_is(bare: Path, branch: Branch) -> None:
    folder = clone(bare, "two")
    git(folder, "checkout", "--quiet", NAME)
    (folder / "notes" / "deep").mkdir(parents=True)
    (folder / "notes" / "deep" / "é.txt").write_text("kept\n", "utf-8")
    (folder / "link").symlink_to("README.md")
    git(folder, "add", "--all")
    git(
        folder,
        "update-index",
        "--add",
        "--cacheinfo",
        f"160000,{git(folder, 'rev-parse', 'HEAD')},module",
    )
    git(folder, "commit", "--quiet", "-m", "by hand")
    git(folder, "push", "--quiet", "origin", NAME)
    before = git(folder, "ls-tree", "-r", "HEAD")
    pushed = branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "intent")
    assert pushed is not None
    assert pushed == branch.fetch()
    assert pushed.files["notes/deep/é.txt"] == "kept\n"
    after = git(branch.repository, "ls-tree", "-r", pushed.commit)
    assert [line for line in after.splitlines() if "posts/" not in line] == before.splitlines()


def test_who_loses_a_race_reads_again_and_nothing_is_lost(bare: Path, branch: Branch) -> None:
    other = Branch(clone(bare, "two"))
    mine, theirs = branch.fetch(), other.fetch()
    assert branch.push(mine, {"posts/a.jsonl": "mine\n"}, "intent") is not None
    assert other.push(theirs, {"posts/b.jsonl": "theirs\n"}, "intent") is None
    assert other.push(other.fetch(), {"posts/b.jsonl": "theirs\n"}, "intent") is not None
    files = branch.fetch().files
    assert (files["posts/a.jsonl"], files["posts/b.jsonl"]) == ("mine\n", "theirs\n")


def test_of_many_that_push_at_once_one_wins_even_with_the_same_words(
    bare: Path, branch: Branch
) -> None:
    others = [Branch(clone(bare, f"racer-{number}")) for number in range(4)]
    bases = [other.fetch() for other in others]
    with ThreadPoolExecutor(4) as pool:
        pushed = list(
            pool.map(lambda one, base: one.push(base, {"posts/a.jsonl": "1\n"}, "m"), others, bases)
        )
    assert sum(1 for one in pushed if one) == 1


def test_a_push_whose_answer_was_lost_is_found_to_have_arrived(
    bare: Path, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = branch.fetch()
    told = Branch._push

    def lose(self: Branch, *arguments: str) -> str:
        told(self, *arguments)
        return "fatal: the remote end hung up unexpectedly"

    monkeypatch.setattr(Branch, "_push", lose)
    pushed = branch.push(base, {"posts/a.jsonl": "1\n"}, "m")
    assert pushed is not None
    assert branch.fetch() == pushed


def test_a_branch_that_is_rewound_while_a_run_plans_is_noticed(bare: Path, branch: Branch) -> None:
    base = branch.fetch()
    other = Branch(clone(bare, "two"))
    other.push(other.fetch(), {"posts/a.jsonl": "1\n"}, "theirs")
    rewind(bare, base.commit)
    assert branch.push(base, {"posts/b.jsonl": "2\n"}, "mine") is None
    assert branch.fetch().lost == {"posts/a.jsonl": "1\n"}


def test_the_work_tree_and_the_index_are_not_touched(bare: Path, branch: Branch) -> None:
    (branch.repository / "draft.md").write_text("Not yet.\n", "utf-8")
    (branch.repository / "site.md").write_text("Half an edit.\n", "utf-8")
    git(branch.repository, "add", "site.md")
    where = branch.repository / ".git"
    before = [(where / name).read_bytes() for name in ("index", "HEAD")]
    assert branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "intent") is not None
    assert [(where / name).read_bytes() for name in ("index", "HEAD")] == before
    assert git(branch.repository, "status", "--porcelain") == "M  site.md\n?? draft.md"
    assert git(branch.repository, "for-each-ref", "refs/heads", "refs/publish") == ""


def test_a_shallow_clone_stays_shallow_and_a_whole_one_whole(bare: Path, branch: Branch) -> None:
    commit(bare.parent / "first", "A second commit")
    shallow, whole = Branch(checkout(bare, "two")), Branch(clone(bare, "three"))
    for seen, commits in ((shallow, "1"), (whole, "2")):
        seen.push(seen.fetch(), {"posts/a.jsonl": f"{commits}\n"}, "intent")
        seen.fetch()
        assert git(seen.repository, "rev-list", "--count", "HEAD") == commits
    assert git(whole.repository, "rev-parse", "--is-shallow-repository") == "false"


def test_the_repository_s_own_hooks_are_not_run_and_a_hook_s_environment_is_not_heeded(
    bare: Path, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = branch.repository / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    hook.chmod(0o755)
    monkeypatch.setenv("GIT_DIR", str(bare.parent / "first" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(bare.parent / "index"))
    assert branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "intent") is not None


def test_killed_between_commit_and_push_nothing_is_left_behind(
    bare: Path, branch: Branch, tmp_path: Path
) -> None:
    before = branch.fetch()
    wrapper, reached = tmp_path / "bin" / "git", tmp_path / "reached"
    wrapper.parent.mkdir()
    real = subprocess.run(
        ["which", "git"], check=True, capture_output=True, text=True
    ).stdout.strip()
    wrapper.write_text(
        f'#!/bin/sh\ncase " $* " in *" push "*) touch "{reached}"; exec sleep 60;; esac\nexec "{real}" "$@"\n',
        "utf-8",
    )
    wrapper.chmod(0o755)
    code = (
        "import sys; from pathlib import Path; from publisher.ledger.git_branch import Branch;"
        " b = Branch(Path(sys.argv[1]));"
        " b.push(b.fetch(), {'posts/a.jsonl': 'never pushed'}, 'intent')"
    )
    environ = {
        **os.environ,
        "PATH": f"{wrapper.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", code, str(branch.repository)]
    with subprocess.Popen(command, env=environ, start_new_session=True) as process:
        deadline = time.monotonic() + 30
        while not reached.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
    assert reached.exists()
    assert branch.fetch() == before
    assert not list((branch.repository / ".git").rglob("*.lock"))
    assert branch.push(before, {"posts/b.jsonl": "2\n"}, "intent") is not None
    assert "posts/a.jsonl" not in branch.fetch().files


def test_a_rewound_branch_is_noticed_and_what_it_knew_is_told(bare: Path, branch: Branch) -> None:
    first = branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "one")
    assert first is not None
    second = branch.push(first, {"posts/a.jsonl": "2\n", "posts/b.jsonl": "3\n"}, "two")
    assert second is not None
    rewind(bare, first.commit)
    for seen in (branch, Branch(checkout(bare, "fresh")), Branch(clone(bare, "whole"))):
        there = seen.fetch()
        assert there.files["posts/a.jsonl"] == "1\n"
        assert there.lost == {"posts/a.jsonl": "2\n", "posts/b.jsonl": "3\n"}
    went_on = branch.push(branch.fetch(), {"posts/a.jsonl": "4\n", "posts/b.jsonl": "5\n"}, "three")
    assert went_on is not None
    assert went_on == branch.fetch()
    assert went_on.lost == {}


def test_what_was_lost_is_told_until_it_is_written_anew(bare: Path, branch: Branch) -> None:
    first = branch.fetch()
    branch.push(first, {"posts/a.jsonl": "1\n", "posts/b.jsonl": "2\n"}, "one")
    rewind(bare, first.commit)
    # A run that has only to do with another post must not make it forget these two.
    went_on = branch.push(branch.fetch(), {"posts/c.jsonl": "3\n"}, "two")
    assert went_on is not None
    there = Branch(checkout(bare, "fresh")).fetch()
    assert there == went_on
    assert there.lost == {"posts/a.jsonl": "1\n", "posts/b.jsonl": "2\n"}
    went_on = branch.push(there, {"posts/a.jsonl": "4\n"}, "three")
    assert went_on is not None
    assert went_on == branch.fetch()
    assert went_on.lost == {"posts/b.jsonl": "2\n"}
    rewind(bare, first.commit)
    assert branch.fetch().lost == {
        "posts/a.jsonl": "4\n",
        "posts/b.jsonl": "2\n",
        "posts/c.jsonl": "3\n",
    }


def test_a_rewritten_branch_is_noticed_too(bare: Path, branch: Branch) -> None:
    branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "one")
    other = clone(bare, "two")
    git(other, "checkout", "--quiet", "--orphan", "new")
    git(other, "rm", "-r", "--quiet", "-f", ".")
    git(other, "commit", "--quiet", "--allow-empty", "-m", "new")
    git(other, "push", "--quiet", "--force", "origin", f"HEAD:{NAME}")
    assert branch.fetch().lost["posts/a.jsonl"] == "1\n"


def test_a_branch_that_is_a_project_is_refused(bare: Path) -> None:
    there = Branch(checkout(bare, "one"), "main")
    before = git(bare, "rev-parse", "main")
    with pytest.raises(LedgerError, match="not a ledger") as caught:
        there.fetch()
    assert "publish ledger init" in caught.value.hint
    with pytest.raises(LedgerError, match="already"):
        there.init()
    assert git(bare, "rev-parse", "main") == before


def test_a_project_that_has_a_version_and_posts_is_no_ledger(bare: Path) -> None:
    folder = clone(bare, "site")
    (folder / "version").write_text("1\n", "utf-8")
    (folder / "posts").mkdir()
    (folder / "posts" / "one.md").write_text("One.\n", "utf-8")
    commit(folder, "A post")
    with pytest.raises(LedgerError, match="not a ledger"):
        Branch(checkout(bare, "one"), "main").fetch()


def test_a_ledger_that_became_a_project_says_where_its_last_state_is(
    bare: Path, branch: Branch
) -> None:
    branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "one")
    folder = clone(bare, "careless")
    git(folder, "push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{NAME}")
    with pytest.raises(LedgerError, match="not a ledger") as caught:
        branch.fetch()
    assert f"refs/publish/{NAME}" in caught.value.hint


def test_it_is_made_with_no_commit_of_the_project_s_behind_it(bare: Path, branch: Branch) -> None:
    assert git(bare, "rev-list", "--count", NAME) == "1"


@pytest.mark.parametrize("depth", ["", "site", "sites/blog/config"])
def test_all_of_it_is_seen_from_any_folder(bare: Path, branch: Branch, depth: str) -> None:
    files = {"posts/a-1.jsonl": "1\n", "posts/b-2.jsonl": "2\n"}
    branch.push(branch.fetch(), files, "intent")
    folder = checkout(bare, "deeper") / depth
    folder.mkdir(parents=True, exist_ok=True)
    there = Branch(folder)
    first = there.push(there.fetch(), {"posts/c-3.jsonl": "3\n"}, "another")
    assert first is not None
    assert {**files, "posts/c-3.jsonl": "3\n"}.items() <= branch.fetch().files.items()


def test_an_anchor_that_was_left_far_behind_is_no_rewinding(
    bare: Path, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As after many pushes through a server that refused the anchor for a while.
    base = branch.push(branch.fetch(), {"posts/a.jsonl": "0\n"}, "intent")
    assert base is not None
    branch._anchored = False
    for number in range(1, 6):
        base = branch.push(base, {"posts/a.jsonl": f"{number}\n"}, "intent")
        assert base is not None
    monkeypatch.setattr(branches, "DEPTH", 2)
    fresh = Branch(checkout(bare, "fresh"))
    there = fresh.fetch()
    assert (there.commit, there.lost) == (base.commit, {})
    assert there.anchor != there.commit
    pushed = fresh.push(there, {"posts/a.jsonl": "6\n"}, "intent")
    assert pushed is not None
    assert pushed.anchor == pushed.commit


def test_a_server_that_takes_only_branches_does_without_the_anchor(bare: Path) -> None:
    refuse(bare, "refs/publish/*", "only branches here")
    made = Branch(clone(bare, "one"))
    made.init()
    assert made.push(made.fetch(), {"posts/a.jsonl": "1\n"}, "intent") is not None
    assert made.fetch().files["posts/a.jsonl"] == "1\n"


def test_a_server_without_atomic_pushes_does_without_the_anchor(bare: Path) -> None:
    git(bare, "config", "receive.advertiseAtomic", "false")
    made = Branch(clone(bare, "one"))
    made.init()
    pushed = made.push(made.fetch(), {"posts/a.jsonl": "1\n"}, "intent")
    assert pushed is not None
    assert pushed == made.fetch()


def test_a_branch_that_may_not_be_written_is_an_error_and_no_race(
    bare: Path, branch: Branch
) -> None:
    refuse(bare, f"refs/heads/{NAME}", "protected by a rule")
    with pytest.raises(LedgerError, match="protected by a rule") as caught:
        branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "intent")
    assert "contents: write" in caught.value.hint


def test_a_remote_that_is_gone_is_one_clear_line(bare: Path, branch: Branch) -> None:
    base = branch.fetch()
    bare.rename(bare.parent / "elsewhere.git")
    attempts: list[Callable[[], object]] = [
        branch.fetch,
        branch.init,
        lambda: branch.push(base, {}, "intent"),
    ]
    for what in attempts:
        with pytest.raises(LedgerError) as caught:
            what()
        assert "\n" not in caught.value.message
        assert caught.value.hint


def test_where_there_is_no_repository_or_no_git_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LedgerError) as caught:
        Branch(tmp_path).fetch()
    assert "clone" in caught.value.hint
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(LedgerError, match="not installed"):
        Branch(tmp_path).fetch()


def test_a_remote_that_does_not_answer_is_given_up(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec sleep 30\n", "utf-8")
    slow.chmod(slow.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(branches, "SECONDS", 0.3)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(LedgerError, match="seconds"):
        Branch(bare).fetch()


@pytest.mark.parametrize(
    "userinfo", ["x-access-token:s3cr3t-token", "s3cr3t-token", "ada:half@s3cr3t-token"]
)
def test_no_token_is_shown(bare: Path, userinfo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = clone(bare, "one")
    git(folder, "remote", "set-url", "origin", f"http://{userinfo}@127.0.0.1:9/repository.git")
    monkeypatch.setenv("GIT_TRACE", "1")
    monkeypatch.setenv("GIT_TRACE_REDACT", "0")
    attempts: list[Callable[[], object]] = [Branch(folder).fetch, Branch(folder).init]
    for what in attempts:
        with pytest.raises(LedgerError) as caught:
            what()
        assert "s3cr3t" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("persisted", [False, True])
def test_a_checkout_without_credentials_uses_the_job_s_token(
    bare: Path, monkeypatch: pytest.MonkeyPatch, persisted: bool
) -> None:
    """As after `persist-credentials: false`; where the checkout left its header, that one alone is
    sent."""
    git(bare, "config", "http.receivepack", "true")
    folder = checkout(bare, "job")
    with serving(bare.parent, "t0ken") as (address, seen):
        git(folder, "remote", "set-url", "origin", f"{address}/{bare.name}")
        monkeypatch.setenv("GITHUB_SERVER_URL", address)
        if persisted:
            words = base64.b64encode(b"x-access-token:t0ken").decode()
            git(folder, "config", f"http.{address}/.extraheader", f"AUTHORIZATION: basic {words}")
            monkeypatch.setenv("GITHUB_TOKEN", "another")
        else:
            with pytest.raises(LedgerError):
                Branch(folder).init()
            monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
            # What the job itself told git stays: without it, this address leads nowhere.
            git(folder, "remote", "set-url", "origin", f"short:{bare.name}")
            monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
            monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{address}/.insteadOf")
            monkeypatch.setenv("GIT_CONFIG_VALUE_0", "short:")
        seen.clear()
        there = Branch(folder)
        there.init()
        assert there.push(there.fetch(), {"posts/a.jsonl": "1\n"}, "one") is not None
        assert {len(headers) for headers in seen} == {1}
