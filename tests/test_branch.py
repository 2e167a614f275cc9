"""A branch keeps the ledger: nobody's work is lost, nothing is merged, and a rewinding is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.branch import Branch
from publisher.errors import LedgerError
from tests.git_repositories import clone, git, remote

NAME = "publish-ledger"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return remote(tmp_path)


@pytest.fixture
def branch(bare: Path) -> Branch:
    made = Branch(clone(bare, "one", shallow=True))
    made.init()
    return made


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


def test_who_loses_a_race_reads_again_and_nothing_is_lost(bare: Path, branch: Branch) -> None:
    other = Branch(clone(bare, "two"))
    mine, theirs = branch.fetch(), other.fetch()
    assert branch.push(mine, {"posts/a.jsonl": "mine\n"}, "intent") is not None
    assert other.push(theirs, {"posts/b.jsonl": "theirs\n"}, "intent") is None
    assert other.push(other.fetch(), {"posts/b.jsonl": "theirs\n"}, "intent") is not None
    files = branch.fetch().files
    assert (files["posts/a.jsonl"], files["posts/b.jsonl"]) == ("mine\n", "theirs\n")


def test_the_work_tree_and_the_index_are_not_touched(bare: Path, branch: Branch) -> None:
    (branch.repository / "draft.md").write_text("Not yet.\n", "utf-8")
    head = git(branch.repository, "rev-parse", "HEAD")
    branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "intent")
    assert git(branch.repository, "status", "--porcelain") == "?? draft.md"
    assert git(branch.repository, "rev-parse", "HEAD") == head
    assert git(branch.repository, "branch", "--list") == "* main"


def test_killed_before_the_push_leaves_nothing_behind(bare: Path, branch: Branch) -> None:
    before = branch.fetch()
    branch._commit(before.commit, {"posts/a.jsonl": "never pushed\n"}, "intent")
    assert branch.fetch() == before
    assert branch.push(before, {"posts/b.jsonl": "2\n"}, "intent") is not None
    assert "posts/a.jsonl" not in branch.fetch().files


def test_a_rewound_branch_is_noticed_and_what_it_knew_is_told(bare: Path, branch: Branch) -> None:
    first = branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "one")
    assert first is not None
    second = branch.push(first, {"posts/a.jsonl": "2\n", "posts/b.jsonl": "3\n"}, "two")
    assert second is not None
    git(bare, "update-ref", f"refs/heads/{NAME}", first.commit)
    for seen in (branch, Branch(clone(bare, "fresh", shallow=True))):
        there = seen.fetch()
        assert there.files["posts/a.jsonl"] == "1\n"
        assert there.lost == {"posts/a.jsonl": "2\n", "posts/b.jsonl": "3\n"}
    went_on = branch.push(branch.fetch(), {"posts/a.jsonl": "4\n"}, "three")
    assert went_on is not None
    assert branch.fetch().lost == {}


def test_a_rewritten_branch_is_noticed_too(bare: Path, branch: Branch) -> None:
    branch.push(branch.fetch(), {"posts/a.jsonl": "1\n"}, "one")
    other = clone(bare, "two")
    git(other, "checkout", "--quiet", "--orphan", "new")
    git(other, "commit", "--quiet", "--allow-empty", "-m", "new")
    git(other, "push", "--quiet", "--force", "origin", f"HEAD:{NAME}")
    assert branch.fetch().lost["posts/a.jsonl"] == "1\n"


def test_many_pushes_later_the_anchor_is_still_found(bare: Path, branch: Branch) -> None:
    base = branch.fetch()
    for number in range(5):
        pushed = branch.push(base, {"posts/a.jsonl": f"{number}\n"}, "intent")
        assert pushed is not None
        base = pushed
    assert Branch(clone(bare, "fresh", shallow=True)).fetch().lost == {}


def test_a_server_that_takes_only_branches_does_without_the_anchor(bare: Path) -> None:
    hook = bare / "hooks" / "update"
    refusal = 'case "$1" in refs/publish/*) echo refs/publish is not allowed; exit 1;; esac'
    hook.write_text(f"#!/bin/sh\n{refusal}\n", "utf-8")
    hook.chmod(0o755)
    made = Branch(clone(bare, "one"))
    made.init()
    assert made.push(made.fetch(), {"posts/a.jsonl": "1\n"}, "intent") is not None
    assert made.fetch().files["posts/a.jsonl"] == "1\n"


def test_a_remote_that_is_gone_is_one_clear_line(bare: Path, branch: Branch) -> None:
    bare.rename(bare.parent / "elsewhere.git")
    with pytest.raises(LedgerError) as caught:
        branch.fetch()
    assert "\n" not in caught.value.message


def test_no_token_is_shown(bare: Path) -> None:
    folder = clone(bare, "one")
    git(folder, "remote", "set-url", "origin", "http://x-access-token:s3cr3t-token@127.0.0.1:9/repository.git")
    with pytest.raises(LedgerError) as caught:
        Branch(folder).fetch()
    assert "s3cr3t" not in f"{caught.value.message} {caught.value.hint}"
