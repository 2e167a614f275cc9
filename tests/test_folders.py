"""A folder of posts: what in it is sent, what is not, and what is said of that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from publisher.errors import LedgerError
from publisher.ledger.store import FileStore
from publisher.sandbox import Sandbox
from tests.conftest import RECENT, SHARED, YESTERDAY, Publish, live


@pytest.fixture
def folder(project: Path) -> Path:
    folder = project / "news"
    folder.mkdir()
    (folder / "a.md").write_text(RECENT, "utf-8")
    (folder / "draft.md").write_text(RECENT.replace("tags:", "draft: true\ntags:"), "utf-8")
    (folder / "unpublished.md").write_text(
        RECENT.replace("tags:", "published: false\ntags:"), "utf-8"
    )
    (folder / "future.md").write_text(RECENT.replace(YESTERDAY, "2099-01-01"), "utf-8")
    (folder / "_index.md").write_text("not a post", "utf-8")
    (folder / "README.md").write_text("not a post", "utf-8")
    (folder / ".hidden.md").write_text(RECENT, "utf-8")
    return folder


def test_what_is_no_post_is_passed_over_and_said_so(
    folder: Path, sandbox: Sandbox, publish: Publish
) -> None:
    ran = publish("news", "--channels", "mastodon", "--json")
    assert ran.status == 0
    assert [(r["post"], r["status"], r["reason"]) for r in ran.json["results"]] == [
        ("news/a.md", "sent", None),
        ("news/future.md", "skipped", "future"),
    ]
    for name in ("_index.md", "README.md", ".hidden.md", "draft.md", "unpublished.md"):
        assert name in ran.err
    assert len(live(sandbox, "mastodon")) == 1


def test_what_is_dated_later_says_when_and_goes_out_when_it_is_due(
    folder: Path, sandbox: Sandbox, publish: Publish
) -> None:
    said = "it will be published from 2099-01-01 00:00 UTC on"
    assert f"news/future.md → mastodon: not sent: {said}" in publish("news", "--dry-run").out
    assert f"news/future.md → mastodon: skipped: {said}" in publish("news").out
    (folder / "future.md").write_text(
        RECENT.replace("2.0", "3.0"), "utf-8"
    )  # as if that day had come
    assert publish("news").status == 0
    assert sorted(item["text"].split("\n")[0] for item in live(sandbox, "mastodon")) == [
        "Lamp 2.0 is out",
        "Lamp 3.0 is out",
    ]


def test_a_draft_named_by_itself_is_previewed_and_not_sent(
    folder: Path, sandbox: Sandbox, publish: Publish
) -> None:
    ran = publish("news/draft.md", "--dry-run")
    assert "Lamp 2.0 is here." in ran.out
    ran = publish("news/draft.md", "--json")
    assert ran.status == 0
    assert {(r["status"], r["reason"]) for r in ran.json["results"]} == {("skipped", "draft")}
    assert not sandbox.received()


def test_nobody_s_archive_goes_out_by_mistake(
    folder: Path, sandbox: Sandbox, publish: Publish
) -> None:
    for number in range(4):
        (folder / f"old-{number}.md").write_text(RECENT.replace("2.0", f"1.{number}"), "utf-8")
    ran = publish("news", "--channels", "mastodon")
    assert ran.status == 2
    assert "--yes" in ran.err
    assert not sandbox.received()
    assert publish("news", "--channels", "mastodon", "--yes").status == 0
    assert len(live(sandbox, "mastodon")) == 5


def test_a_folder_of_real_posts_gives_a_dry_run_for_each(publish: Publish, tmp_path: Path) -> None:
    if not (SHARED / "posts").is_dir():
        pytest.skip("../shared/posts is not there")
    ran = publish(
        SHARED / "posts" / "onestla", SHARED / "posts" / "rentree-2022.md", "--dry-run", "--json"
    )
    # These folders have no pictures in them, and each that is missed is named.
    assert ran.status == 1
    assert all("isn't there" in error["message"] for error in ran.json["errors"])
    for result in ran.json["results"]:
        for part in result["parts"]:
            assert part["limit"] is None or part["length"] <= part["limit"]
            # A page of nothing but addresses is its title, which on Discord isn't in the text.
            assert part["text"].strip() or result["channel"] == "discord"


def test_two_sites_in_one_run_have_each_its_own_configuration_ledger_and_templates(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    config = (project / "publish.toml").read_text("utf-8")
    (project / "publish.toml").unlink()
    for name in ("bakery", "library"):
        site = project / name
        (site / "templates").mkdir(parents=True)
        (site / "templates" / "mastodon.txt.j2").write_text(
            f"{name}: {{{{ post.title }}}}", "utf-8"
        )
        (site / "publish.toml").write_text(config, "utf-8")
        (site / "post.md").write_text(RECENT, "utf-8")
    ran = publish("bakery", "library", "--channels", "mastodon", "--json")
    assert ran.status == 0, ran.err
    assert [each["post"] for each in ran.json["results"]] == ["bakery/post.md", "library/post.md"]
    assert sorted(item["text"] for item in live(sandbox, "mastodon")) == [
        "bakery: Lamp 2.0 is out",
        "library: Lamp 2.0 is out",
    ]
    for name in ("bakery", "library"):
        assert (project / name / ".publish" / "sandbox.db").is_file()
    assert publish("bakery", "library", "--channels", "mastodon").status == 0
    assert len(live(sandbox, "mastodon")) == 2
    # What is wrong with one of them is told before anything is sent.
    (project / "bakery" / "new.md").write_text(RECENT.replace("2.0", "3.0"), "utf-8")
    (project / "library" / "publish.toml").write_text("[chanels.mastodon]\n", "utf-8")
    assert publish("bakery", "library", "--channels", "mastodon").status == 2
    assert len(live(sandbox, "mastodon")) == 2


def test_what_fails_on_one_site_fails_the_run_and_stops_no_other(
    project: Path, sandbox: Sandbox, publish: Publish
) -> None:
    config = (project / "publish.toml").read_text("utf-8")
    (project / "publish.toml").unlink()
    for name, broken in (("a", "mastodon"), ("b", "discord")):
        (project / name).mkdir()
        (project / name / "publish.toml").write_text(config, "utf-8")
        front = f"---\npublish: {{channels: [{broken}]}}\n"
        (project / name / "post.md").write_text(RECENT.replace("---\n", front, 1), "utf-8")
    sandbox.fault("mastodon", "429", times=1000)
    ran = publish("a", "b", "--json")
    sandbox.faults.clear()
    assert ran.status == 1
    assert ran.statuses() == {"mastodon": "failed", "discord": "sent"}


def test_what_went_out_for_one_site_is_told_though_another_s_ledger_fails(
    project: Path, sandbox: Sandbox, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = (project / "publish.toml").read_text("utf-8")
    (project / "publish.toml").unlink()
    for name in ("a", "b"):
        (project / name).mkdir()
        (project / name / "publish.toml").write_text(config, "utf-8")
        (project / name / "post.md").write_text(RECENT, "utf-8")
    hold = FileStore.hold

    def failing(self: FileStore, *arguments: Any) -> Any:
        if self.ledger.path.is_relative_to(project / "b"):
            raise LedgerError("the ledger can't be written", hint="check the disk")
        return hold(self, *arguments)

    monkeypatch.setattr(FileStore, "hold", failing)
    ran = publish("a", "b", "--channels", "mastodon", "--json")
    assert ran.status == 1
    assert [(each["post"], each["status"]) for each in ran.json["results"]] == [
        ("a/post.md", "sent"),
        ("b/post.md", "planned"),
    ]
    assert "the ledger can't be written" in ran.err
    assert [error["message"] for error in ran.json["errors"]] == ["the ledger can't be written"]
