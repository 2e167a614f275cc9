"""A platform that publishes in two steps: the draft is made before the intent, and is published by
whoever tries again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.adapter import Adapter
from publisher.ledger.sqlite import Ledger
from publisher.sandbox import Sandbox
from publisher.testing import AdapterContract
from tests.conftest import POST, Publish
from tests.own_adapters import register
from tests.two_steps import Board


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        register(patch, "two-steps", "tests.two_steps:TwoSteps")
        yield


@pytest.fixture(scope="module")
def boards(registered: None) -> Iterator[Sandbox]:
    with Sandbox(adapters=("two-steps",)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(boards: Sandbox) -> Sandbox:
    boards.clear()
    boards[Board].busy = 0
    return boards


@pytest.fixture
def here(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "publish.toml").write_text(sandbox.config(), "utf-8")
    (tmp_path / "post.md").write_text(POST, "utf-8")
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(sandbox: Sandbox) -> list[str]:
    return [f"{each.method} {each.path}" for each in sandbox.requests]


def drafts(sandbox: Sandbox) -> list[str]:
    return list(sandbox[Board].drafts)


@pytest.mark.usefixtures("here")
def test_a_draft_is_made_and_published(sandbox: Sandbox, publish: Publish) -> None:
    ran = publish("post.md", "--json")
    assert ran.statuses() == {"two-steps": "sent"}
    (draft,) = drafts(sandbox)
    assert asked(sandbox) == ["POST /drafts", f"POST /drafts/{draft}/publish"]


@pytest.mark.usefixtures("here")
def test_it_waits_until_the_draft_is_ready(sandbox: Sandbox, publish: Publish) -> None:
    sandbox[Board].busy = 2
    assert publish("post.md", "--json").statuses() == {"two-steps": "sent"}
    (draft,) = drafts(sandbox)
    look = f"GET /drafts/{draft}"
    assert asked(sandbox) == ["POST /drafts", look, look, f"POST /drafts/{draft}/publish"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("kind", ["lost", "cut", "500", "drop"])
def test_whatever_became_of_a_draft_another_is_made(
    kind: str, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("two-steps", kind, when="POST /drafts")
    assert publish("post.md", "--json").statuses() == {"two-steps": "sent"}
    assert len(sandbox.received()) == 1


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("kind", ["lost", "lost-500", "cut", "500", "drop"])
def test_where_the_last_word_was_lost_the_same_draft_is_asked_for(
    kind: str, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("two-steps", kind, after=1)
    assert publish("post.md", "--json").statuses() == {"two-steps": "sent"}
    assert len(drafts(sandbox)) == len(sandbox.received()) == 1


def test_a_later_run_goes_on_with_the_draft_of_the_ledger(
    here: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("two-steps", "429", after=1, seconds=3000)
    assert publish("post.md", "--json").statuses() == {"two-steps": "failed"}
    with Ledger(here / ".publish" / "sandbox.db", readonly=True) as ledger:
        (row,) = ledger.rows()
    (draft,) = drafts(sandbox)
    assert [each.id for each in row.media.values()] == [draft]
    assert publish("post.md", "--json").statuses() == {"two-steps": "sent"}
    assert drafts(sandbox) == [draft]


def test_another_text_has_a_draft_of_its_own(
    here: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("two-steps", "429", after=1, seconds=3000)
    publish("post.md", "--json")
    (here / "post.md").write_text(POST.replace("twice as fast", "at once"), "utf-8")
    assert publish("post.md", "--json").statuses() == {"two-steps": "sent"}
    (live,) = sandbox.received()
    assert "at once" in live["text"]
    assert len(drafts(sandbox)) == 2


def test_a_draft_that_is_too_old_is_made_anew(
    here: Path, sandbox: Sandbox, publish: Publish
) -> None:
    sandbox.fault("two-steps", "429", after=1, seconds=3000)
    publish("post.md", "--json")
    with Ledger(here / ".publish" / "sandbox.db") as ledger:
        db = ledger._db
        assert db is not None
        (media,) = db.execute("SELECT media FROM delivery").fetchone()
        ((name, kept),) = json.loads(media).items()
        old = {name: {**kept, "at": "2026-01-01T00:00:00+00:00"}}
        db.execute("UPDATE delivery SET media = ?", (json.dumps(old),))
        db.commit()
    assert publish("post.md", "--json").statuses() == {"two-steps": "sent"}
    assert len(drafts(sandbox)) == 2


class TestTwoSteps(AdapterContract):
    adapter = "two-steps"
    has_a_name = True
    same_key_is_one = True

    def move_to_a_closed_port(self, channel: Adapter) -> None:
        channel.settings = {**channel.settings, "api_base_url": "http://127.0.0.1:9"}
