"""A post that needs nothing isn't composed again, and whatever could make a difference makes one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.compose import template
from publisher.ledger.sqlite import Ledger
from publisher.post import reader
from publisher.post.head import Head
from publisher.post.post import Post
from publisher.sandbox import Sandbox
from publisher.testing.bench import png
from tests.conftest import RECENT, Publish, edit, live, texts

CHANNELS = ("--channels", "mastodon,twitter,discord,email")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose text was read."""
    names: list[str] = []
    whole = reader._whole

    def counted(head: Head, post: Post, first_line: int) -> Post:
        names.append(head.file.name)
        return whole(head, post, first_line)

    monkeypatch.setattr(reader, "_whole", counted)
    return names


def forget_notes(project: Path) -> None:
    with Ledger(project / ".publish" / "sandbox.db") as ledger, ledger._writing() as db:
        db.execute("DROP TABLE note")


@pytest.fixture(params=["sent", "found unchanged"])
def folder(
    request: pytest.FixtureRequest,
    project: Path,
    sandbox: Sandbox,
    publish: Publish,
    read: list[str],
) -> Path:
    """Two posts that are live everywhere: a run has just sent them, or found them so."""
    (project / "templates").mkdir()
    (project / "templates" / "discord.txt.j2").write_text("{{ post.title }}!", "utf-8")
    folder = project / "posts"
    folder.mkdir()
    (folder / "lamp.png").write_bytes(png(20, 10))
    front = "title: Lamp 2.0 is out\nimage: {src: lamp.png, alt: A lamp}"
    (folder / "a.md").write_text(RECENT.replace("title: Lamp 2.0 is out", front), "utf-8")
    (folder / "b.md").write_text(RECENT.replace("2.0", "3.0"), "utf-8")
    assert publish("posts", "--yes").status == 0
    if request.param == "found unchanged":
        forget_notes(project)
        read.clear()
        assert publish("posts", "--yes").status == 0
        assert read, "without notes they are looked at"
    read.clear()
    return folder


def test_what_is_as_it_was_is_not_read_whole_and_is_told_the_same(
    folder: Path, sandbox: Sandbox, publish: Publish, read: list[str]
) -> None:
    before = len(sandbox.received())
    ran = publish("posts", "--json")
    assert ran.status == 0
    assert read == []
    assert {each["status"] for each in ran.json["results"]} == {"unchanged"}
    assert len(ran.json["results"]) == 8
    for result in ran.json["results"]:
        assert result["parts"][0]["text"]
        assert result["channel"] == "email" or result["url"]
    told = publish("posts")
    assert told.out.count("live already") == 8
    assert len(sandbox.received()) == before


def changed_text(folder: Path) -> None:
    edit(folder, "twice as fast", "thrice as fast", "a.md")


def changed_title(folder: Path) -> None:
    edit(folder, "Lamp 2.0 is out", "Lamp 2.1 is out", "a.md")


def changed_alt(folder: Path) -> None:
    edit(folder, "alt: A lamp", "alt: A lamp that burns", "a.md")


def changed_picture(folder: Path) -> None:
    (folder / "lamp.png").write_bytes(png(30, 30))


@pytest.mark.parametrize("change", [changed_text, changed_title, changed_alt, changed_picture])
def test_an_edit_is_seen(
    folder: Path,
    sandbox: Sandbox,
    publish: Publish,
    read: list[str],
    change: Callable[[Path], None],
) -> None:
    change(folder)
    ran = publish("posts", "--json", "--channels", "mastodon")
    assert read == ["a.md"]
    assert [each["status"] for each in ran.json["results"]] == ["sent", "unchanged"]


def test_a_picture_that_is_gone_is_seen(folder: Path, publish: Publish) -> None:
    (folder / "lamp.png").unlink()
    ran = publish("posts", "--channels", "mastodon")
    assert ran.status == 1
    assert "lamp.png isn't there" in ran.err


def test_an_edit_that_is_taken_back_is_one(
    folder: Path, sandbox: Sandbox, publish: Publish
) -> None:
    """What was noted of the first words isn't true of what is live now."""
    changed_text(folder)
    assert publish("posts", "--channels", "mastodon").status == 0
    edit(folder, "thrice as fast", "twice as fast", "a.md")
    assert publish("posts", "--channels", "mastodon").status == 0
    assert not [text for text in texts(sandbox, "mastodon") if "thrice" in text]


@pytest.mark.parametrize("what", ["template", "configuration"])
def test_another_template_or_configuration_is_looked_at(
    folder: Path, project: Path, sandbox: Sandbox, publish: Publish, read: list[str], what: str
) -> None:
    if what == "template":
        (project / "templates" / "discord.txt.j2").write_text("{{ post.title }}?", "utf-8")
        template.environment.cache_clear()  # as in a new process
    else:
        edit(project, '"/news/{slug}/"', '"/blog/{slug}/"', "publish.toml")
    assert publish("posts", "--channels", "discord").status == 0
    assert read == ["a.md", "b.md"]
    assert publish("posts", "--channels", "discord", "--update-all").status == 0
    if what == "template":
        assert all("?" in text for text in texts(sandbox, "discord"))


def test_what_somebody_says_of_a_row_is_looked_at(
    folder: Path, sandbox: Sandbox, publish: Publish, read: list[str]
) -> None:
    publish("retract", "posts/a.md", "--channels", "mastodon", "--yes")
    read.clear()
    ran = publish("posts", "--channels", "mastodon", "--json")
    assert [each["reason"] for each in ran.json["results"]] == ["retracted", None]
    assert len(live(sandbox, "mastodon")) == 1


def test_without_its_notes_a_ledger_says_the_same(
    folder: Path, project: Path, sandbox: Sandbox, publish: Publish, read: list[str]
) -> None:
    before = publish("posts", "--json").json["results"]
    forget_notes(project)
    after = publish("posts", "--dry-run", "--json").json["results"]
    assert sorted(read) == ["a.md", "b.md"]
    assert [(each["post"], each["channel"], each["status"]) for each in after] == [
        (each["post"], each["channel"], each["status"]) for each in before
    ]


def test_what_is_named_is_always_composed(folder: Path, publish: Publish, read: list[str]) -> None:
    assert publish("posts/a.md", "--channels", "mastodon").status == 0
    assert read == ["a.md"]
