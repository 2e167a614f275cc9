"""The ledger: on disk before and after, never damaged, never guessed at."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import LedgerError
from publisher.identity import Identity
from publisher.ledger import jsonl, locks, schema
from publisher.ledger.row import Row
from publisher.ledger.sqlite import Ledger

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
POST = Identity("news/post.md", "https://example.org/news/post/", "")


def row(**changes: object) -> Row:
    values: dict[str, object] = {
        "post": POST.key,
        "channel": "mastodon",
        "part": 0,
        "payload": {"status": "Héllo"},
    }
    return Row(**{**values, **changes})  # type: ignore[arg-type]


def test_what_was_written_is_there_for_the_next_process(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.prepare(POST, POST.key, "mastodon", [row()])
        ledger.record(
            row(state="sent", began=NOW, tried=NOW, remote_id="1", url="https://m.example/1")
        )
    with Ledger(tmp_path / "ledger.db", readonly=True) as ledger:
        (found,) = ledger.rows()
    assert found == row(
        state="sent", began=NOW, tried=NOW, remote_id="1", url="https://m.example/1"
    )


def test_it_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    with Ledger(tmp_path / "sub" / "ledger.db") as ledger:
        ledger.prepare(POST, POST.key, "mastodon", [row()])
        for file in (tmp_path / "sub").iterdir():
            assert file.stat().st_mode & 0o077 == 0, file.name


def test_reading_only_makes_no_file(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db", readonly=True) as ledger:
        assert ledger.rows() == []
        assert ledger.find(POST) is None
    assert not list(tmp_path.iterdir())


def test_what_is_or_may_be_live_is_never_replaced(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        rows = [row(part=0), row(part=1), row(part=2)]
        ledger.prepare(POST, POST.key, "mastodon", rows)
        ledger.record(row(part=0, state="sent"))
        ledger.record(row(part=1, state="unknown"))
        ledger.record(row(part=2, state="failed"))
        ledger.prepare(POST, POST.key, "mastodon", [])
        assert [(each.part, each.state) for each in ledger.rows()] == [(0, "sent"), (1, "unknown")]


@pytest.mark.parametrize(
    ("later", "same"),
    [
        (Identity("renamed.md", "https://example.org/news/post/", ""), True),
        (Identity("news/post.md", "https://example.org/other/", ""), True),
        (Identity("news/post.md", "https://example.org/news/post/", "an-id"), True),
        (Identity("other.md", "https://example.org/other/", ""), False),
    ],
)
def test_a_post_is_known_by_its_id_address_or_path(
    later: Identity, same: bool, tmp_path: Path
) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.prepare(POST, POST.key, "mastodon", [row()])
        assert ledger.find(later) == (POST.key if same else None)


def test_two_ids_are_two_posts_whatever_else_they_share(tmp_path: Path) -> None:
    first = Identity("post.md", "https://example.org/x/", "one")
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.prepare(first, first.key, "mastodon", [row(post="one")])
        assert ledger.find(Identity("post.md", "https://example.org/x/", "two")) is None
        assert ledger.find(Identity("moved.md", "https://example.org/y/", "one")) == "one"


def test_a_newer_ledger_is_refused_and_not_damaged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    for readonly in (False, True):
        with pytest.raises(LedgerError, match="newer"):
            Ledger(path, readonly=readonly)
    assert path.read_bytes() == before


def of_version_1(path: Path) -> list[Row]:
    """A ledger as the first version wrote it, and the rows that are in it."""
    db = sqlite3.connect(path)
    db.executescript("""
        CREATE TABLE post (key TEXT PRIMARY KEY, id TEXT NOT NULL, address TEXT NOT NULL, path TEXT NOT NULL);
        CREATE TABLE payload (hash TEXT PRIMARY KEY, body BLOB NOT NULL);
        CREATE TABLE delivery (
            post TEXT NOT NULL REFERENCES post(key), channel TEXT NOT NULL, part INTEGER NOT NULL,
            recipient TEXT NOT NULL DEFAULT '', generation INTEGER NOT NULL DEFAULT 1,
            state TEXT NOT NULL CHECK (state IN ('pending', 'intent', 'sent', 'failed', 'unknown')),
            hash TEXT NOT NULL REFERENCES payload(hash), began TEXT, tried TEXT, remote_id TEXT, url TEXT, error TEXT,
            PRIMARY KEY (post, channel, part, recipient)
        );
        CREATE TABLE facts (server TEXT PRIMARY KEY, learnt TEXT NOT NULL, body TEXT NOT NULL);
        INSERT INTO facts VALUES ('mastodon https://m.example', '2026-11-23T09:30:00+00:00', '{"max_characters": 600}');
        PRAGMA user_version = 1;
    """)
    db.execute("INSERT INTO post VALUES (?, ?, ?, ?)", (POST.key, POST.id, POST.address, POST.path))
    db.execute("INSERT INTO payload VALUES ('a-hash', ?)", (b'{"status":"H\xc3\xa9llo"}',))
    values = (
        POST.key,
        "mastodon",
        "sent",
        "a-hash",
        NOW.isoformat(),
        NOW.isoformat(),
        "1",
        "https://m.example/1",
    )
    db.execute("INSERT INTO delivery VALUES (?, ?, 0, '', 1, ?, ?, ?, ?, ?, ?, NULL)", values)
    values = (
        POST.key,
        "email",
        "ada@example.org",
        "unknown",
        "a-hash",
        NOW.isoformat(),
        NOW.isoformat(),
        "no answer",
    )
    db.execute("INSERT INTO delivery VALUES (?, ?, 0, ?, 1, ?, ?, ?, ?, NULL, NULL, ?)", values)
    db.commit()
    db.close()
    return [
        row(
            channel="email",
            recipient="ada@example.org",
            state="unknown",
            began=NOW,
            tried=NOW,
            error="no answer",
        ),
        row(state="sent", began=NOW, tried=NOW, remote_id="1", url="https://m.example/1"),
    ]


def test_an_older_ledger_is_carried_over_whole(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    rows = of_version_1(path)
    for _ in range(2):
        with Ledger(path) as ledger:
            assert ledger.rows() == rows
            assert ledger.find(POST) == POST.key
            assert ledger.facts("mastodon https://m.example") == ({"max_characters": 600}, NOW)
    with Ledger(path) as ledger:
        ledger.record(rows[1].with_state("retracted"))  # a state that the first version didn't have
        assert [each.state for each in ledger.rows()] == ["unknown", "retracted"]


def test_an_older_ledger_is_shown_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    rows, before = of_version_1(path), path.read_bytes()
    with Ledger(path, readonly=True) as ledger:
        assert ledger.rows() == rows
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.db"]


def test_an_older_ledger_that_can_t_be_carried_over_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.db"
    rows = of_version_1(path)
    monkeypatch.setitem(
        schema.MIGRATIONS, 1, schema.MIGRATIONS[1] + "; INSERT INTO nowhere VALUES (1)"
    )
    with pytest.raises(LedgerError):
        Ledger(path)
    monkeypatch.undo()
    with Ledger(path) as ledger:
        assert ledger.rows() == rows


@pytest.mark.parametrize(
    "content", [b"this is not a database, but a text " * 100, b"SQLite format 3\0" + b"\xff" * 4000]
)
def test_a_damaged_ledger_is_one_clear_error(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, opened = sqlite3.connect, list[sqlite3.Connection]()

    def connecting(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **kwargs))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", connecting)
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    for readonly in (False, True):
        with pytest.raises(LedgerError) as caught:
            Ledger(path, readonly=readonly)
        assert caught.value.hint
    assert path.read_bytes() == content
    for db in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            db.execute("SELECT 1")


def test_a_ledger_in_a_place_that_can_t_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(LedgerError):
        Ledger(tmp_path / "file" / "ledger.db")


def test_a_ledger_locked_by_another_program_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        assert ledger._db is not None
        ledger._db.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(LedgerError, match="in use"):
            ledger.prepare(POST, POST.key, "mastodon", [row()])
        other.execute("ROLLBACK")
        other.close()
        ledger.prepare(POST, POST.key, "mastodon", [row()])


def test_many_threads_write_at_once(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.prepare(POST, POST.key, "mastodon", [row(part=number) for number in range(40)])

        def work(start: int) -> None:
            for number in range(start, 40, 4):
                ledger.record(row(part=number, state="sent", remote_id=str(number)))

        threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [each.remote_id for each in ledger.rows()] == [str(number) for number in range(40)]


def test_exported_and_imported_it_is_the_same(tmp_path: Path) -> None:
    with Ledger(tmp_path / "one.db") as one, Ledger(tmp_path / "two.db") as two:
        one.prepare(
            POST,
            POST.key,
            "mastodon",
            [row(), row(part=1, recipient="ada@example.org", state="unknown", began=NOW)],
        )
        lines = list(jsonl.export(one))
        assert jsonl.load(two, lines) == 2
        assert list(jsonl.export(two)) == lines
        assert jsonl.load(two, lines) == 2, "importing twice changes nothing"


@pytest.mark.parametrize(
    "lines",
    [
        ["not json"],
        ["{}"],
        ['{"ledger": 99}'],
        ['{"ledger": 1}', '{"row": "x"}'],
        ['["ledger"]'],
        [],
    ],
)
def test_what_is_no_export_is_refused_before_anything_is_written(
    lines: list[str], tmp_path: Path
) -> None:
    with Ledger(tmp_path / "ledger.db") as ledger:
        with pytest.raises(LedgerError):
            jsonl.load(ledger, lines)
        assert ledger.rows() == []


@pytest.mark.parametrize(
    ("there", "here"), [("failed", "sent"), ("sent", "retracted"), ("sent", "archived")]
)
def test_an_import_never_contradicts_what_is_known(there: str, here: str, tmp_path: Path) -> None:
    with Ledger(tmp_path / "one.db") as one, Ledger(tmp_path / "two.db") as two:
        one.prepare(POST, POST.key, "mastodon", [row(state=there)])
        two.prepare(POST, POST.key, "mastodon", [row(state=here)])
        with pytest.raises(LedgerError):
            jsonl.load(two, list(jsonl.export(one)))


def test_a_post_s_lock_is_held_by_one_and_says_by_whom(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with locks.hold(ledger, ["a", "b"]) as mine:
        assert mine == {}
        with locks.hold(ledger, ["b", "c"]) as busy:
            assert set(busy) == {"b"}
            assert "process" in busy["b"]
    with locks.hold(ledger, ["b"]) as free:
        assert free == {}
