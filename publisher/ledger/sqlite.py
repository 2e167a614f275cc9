"""What was meant, tried and sent: one SQLite file, written ahead.

The intent is on disk before the first byte is sent, the outcome right after. An intent that has no
outcome was left by a process that died: to whoever holds the post's lock it means unknown.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from publisher import failpoints
from publisher.adapter import Facts, pictures_of
from publisher.errors import LedgerError
from publisher.identity import Identity
from publisher.ledger.row import Row, canonical, digest, media_of, media_value
from publisher.ledger.schema import INDEXES, SCHEMA_VERSION, migrate
from publisher.ledger.sqlite_file import connect, demand_content, make

_KEY = ("post", "channel", "part", "recipient")
_COLUMNS = (
    *_KEY, "generation", "state", "op", "hash", "live", "source", "media", "began", "tried", "server",
    "remote_id", "url", "error",
)  # fmt: skip
_UPSERT = (
    f"INSERT INTO delivery ({', '.join(_COLUMNS)}) VALUES ({', '.join(f':{name}' for name in _COLUMNS)})"  # noqa: S608 - names of ours
    f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in _KEY)
)


_SELECT = (
    "SELECT post, channel, part, delivery.rowid, recipient, generation, state, op, source, media,"
    " began, tried, server, remote_id, url, error, payload.body, before.body"
    " FROM delivery JOIN payload USING (hash)"
    " LEFT JOIN payload AS before ON before.hash = delivery.live"
)
_place = itemgetter(0, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class Note:
    """That a post on a channel needed nothing, when it was as `mark` says and its `files` were as
    their stamps say."""

    post: str
    channel: str
    mark: str
    files: Mapping[str, str]


class Ledger:
    """An open ledger. Used by several threads: each call is one transaction under one lock.

    `readonly` opens nothing that isn't there and changes nothing: for dry runs and `publish
    status`.
    """

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        try:
            if readonly and not path.is_file():
                self._db = _in_memory()
            else:
                demand_content(path)
                self._db = self._open(path, readonly)
                self._check_version(readonly)
        except sqlite3.Error as error:
            self.close()
            raise self._broken(error) from None
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _open(path: Path, readonly: bool) -> sqlite3.Connection:
        if readonly:
            return sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False, timeout=5
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                make(path)
        except OSError as error:
            raise LedgerError(
                f"the ledger can't be written: {error.strerror}",
                hint="check the rights of its folder",
                file=path,
            ) from None
        return connect(path)

    def _check_version(self, readonly: bool) -> None:
        assert self._db is not None  # noqa: S101 - just opened
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"a newer version of publish wrote the ledger (schema {version}, this one knows {SCHEMA_VERSION})",
                hint="update announcement-publisher",
                file=self.path,
            )
        if version == 0:
            raise sqlite3.DatabaseError("it has no ledger in it")
        if readonly:
            if version < SCHEMA_VERSION:  # looked at as it will be, and left as it is
                copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
                self._db.backup(copy)
                self._db.close()
                self._db = copy
                migrate(copy, version)
        elif version < SCHEMA_VERSION:
            self._db.execute("BEGIN IMMEDIATE")
            (version,) = self._db.execute(
                "PRAGMA user_version"
            ).fetchone()  # another process may have been faster
            migrate(self._db, version)
            self._db.execute("COMMIT")
        if not readonly:
            for index in INDEXES:
                self._db.execute(index)

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Posts

    def find(self, identity: Identity) -> str | None:
        """The key under which this post is known, if it is: by its id, else its address, else its
        path.

        Two different ids are two posts, whatever else they share.
        """
        with self._reading() as db:
            for column, value in (
                ("id", identity.id),
                ("address", identity.address),
                ("path", identity.path),
            ):
                if not value:
                    continue
                query = f"SELECT key, id FROM post WHERE {column} = ?"  # noqa: S608 - a name of ours
                for key, known_id in db.execute(query, (value,)):
                    if not (identity.id and known_id and identity.id != known_id):
                        return str(key)
        return None

    def rows(self, post: str | None = None, channel: str | None = None) -> list[Row]:
        """All rows, or those of one post, or of one channel of it, in the order in which they are
        sent."""
        wanted = {"post": post, "channel": channel}
        given = [(name, value) for name, value in wanted.items() if value is not None]
        where = " AND ".join(f"{name} = ?" for name, _ in given) or "true"
        with self._reading() as db:
            found = db.execute(
                f"{_SELECT} WHERE {where} ORDER BY post, channel, part",
                [value for _, value in given],
            ).fetchall()
        found.sort(key=_place)  # SQLite would sort by the number in a table of its own, at any size
        return [_row(values) for values in found]

    def states(self, post: str, channel: str) -> frozenset[str]:
        """The states of a post's rows on a channel; empty where nothing is known of it there."""
        with self._reading() as db:
            query = "SELECT DISTINCT state FROM delivery WHERE post = ? AND channel = ?"
            return frozenset(state for (state,) in db.execute(query, (post, channel)))

    def moved(self, digest: str, is_there: Callable[[str], bool]) -> str | None:
        """The key of the one post whose words were these when it was sent, and whose file is there
        no more."""
        with self._reading() as db:
            found = db.execute(
                "SELECT DISTINCT key, path FROM post JOIN delivery ON post = key WHERE substr(source, 1, 64) = ?",
                (digest,),
            ).fetchall()
        gone = [key for key, path in found if not is_there(path)]
        return str(gone[0]) if len(gone) == 1 else None

    def has_id(self, remote_id: str, but: Row) -> bool:
        """Whether another row than `but` is live under this id of the platform's."""
        with self._reading() as db:
            found = db.execute(
                "SELECT post, channel, part, recipient FROM delivery WHERE remote_id = ?",
                (remote_id,),
            ).fetchall()
        return any(each != (but.post, but.channel, but.part, but.recipient) for each in found)

    def pictures(self) -> set[str]:
        """The hashes of the pictures that may yet be sent."""
        with self._reading() as db:
            found = db.execute(
                "SELECT DISTINCT body FROM delivery JOIN payload USING (hash)"
                " WHERE state NOT IN ('sent', 'retracted', 'archived')"
            ).fetchall()
        return {picture.hash for (body,) in found for picture in pictures_of(json.loads(body))}

    def posts(self) -> dict[str, Identity]:
        with self._reading() as db:
            found = db.execute("SELECT key, path, address, id FROM post").fetchall()
        return {key: Identity(path, address, id) for key, path, address, id in found}

    def prepare(self, identity: Identity, key: str, channel: str, rows: Iterable[Row]) -> None:
        """Write down all that is going to be sent on a channel, replacing what never left.

        Only for the holder of the post's lock. Rows that are or may be live are never replaced.
        """
        with self._writing() as db:
            self._write_post(db, key, identity)
            db.execute(
                "DELETE FROM delivery WHERE post = ? AND channel = ?"
                " AND state IN ('pending', 'failed', 'retracted', 'archived')",
                (key, channel),
            )
            for row in rows:
                self._write(db, row)

    def remember(self, identity: Identity, key: str) -> None:
        """A known post has a new path, address or id: by any of them it will be found from now
        on."""
        with self._writing() as db:
            db.execute(
                "UPDATE post SET id = coalesce(nullif(?, ''), id), address = coalesce(nullif(?, ''), address), path = ?"
                " WHERE key = ?",
                (identity.id, identity.address, identity.path, key),
            )

    def record(self, row: Row) -> None:
        """Put one row on disk, as it is now."""
        kind = {"intent": "intent", "pending": "upload"}.get(row.state, "outcome")
        point = f"{kind} written"
        failpoints.hit(f"before {point}")
        with self._writing() as db:
            self._write(db, row)
        failpoints.hit(point)

    def record_all(self, rows: Iterable[Row]) -> None:
        """Put several rows on disk, all or none."""
        with self._writing() as db:
            for row in rows:
                self._write(db, row)

    def note_source(self, post: str, channel: str, source: str) -> None:
        """What is live there is what the author made, though that was edited: nobody sees a
        difference."""
        with self._writing() as db:
            db.execute(
                "UPDATE delivery SET source = ? WHERE post = ? AND channel = ? AND state = 'sent' AND source <> ?",
                (source, post, channel, source),
            )

    def forget(self, row: Row) -> None:
        """A part that a thread no longer has, and that was deleted."""
        failpoints.hit("before outcome written")
        with self._writing() as db:
            db.execute(
                "DELETE FROM delivery WHERE post = ? AND channel = ? AND part = ? AND recipient = ?",
                (row.post, row.channel, row.part, row.recipient),
            )
        failpoints.hit("outcome written")

    def restore(self, posts: Mapping[str, Identity], rows: Iterable[Row]) -> None:
        """Put posts and rows from another ledger on disk, all or none."""
        with self._writing() as db:
            for key, identity in posts.items():
                self._write_post(db, key, identity)
            for row in rows:
                self._write(db, row)

    def replace_all(self, posts: Mapping[str, Identity], rows: Iterable[Row]) -> None:
        """Forget all posts and rows, and know these."""
        with self._writing() as db:
            db.execute("DELETE FROM delivery")
            db.execute("DELETE FROM post")
            for key, identity in posts.items():
                self._write_post(db, key, identity)
            for row in rows:
                self._write(db, row)

    @staticmethod
    def _write_post(db: sqlite3.Connection, key: str, identity: Identity) -> None:
        db.execute(
            "INSERT INTO post (key, id, address, path) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET id = excluded.id, address = excluded.address, path = excluded.path",
            (key, identity.id, identity.address, identity.path),
        )

    @staticmethod
    def _write(db: sqlite3.Connection, row: Row) -> None:
        values = {
            "post": row.post, "channel": row.channel, "part": row.part, "recipient": row.recipient,
            "generation": row.generation, "state": row.state, "op": row.op, "hash": _keep(db, row.payload),
            "live": _keep(db, row.live) if row.live is not None else None, "source": row.source,
            "media": json.dumps(media_value(row.media)), "began": _text(row.began), "tried": _text(row.tried),
            "server": _text(row.server), "remote_id": row.remote_id, "url": row.url, "error": row.error,
        }  # fmt: skip
        db.execute(_UPSERT, values)

    # What may be lost

    def shape(self, post: str, channel: str) -> list[str]:
        """What is known of a post on a channel, in short: another shape means another thing."""
        with self._reading() as db:
            found = db.execute(
                "SELECT DISTINCT part, hash, state, op, source, error FROM delivery"
                " WHERE post = ? AND channel = ?",
                (post, channel),
            ).fetchall()
        return sorted(" ".join(map(str, each)) for each in found)

    def note(self, post: str, channel: str) -> Note | None:
        with self._reading() as db:
            try:
                found = db.execute(
                    "SELECT mark, files FROM note WHERE post = ? AND channel = ?", (post, channel)
                ).fetchone()
            except sqlite3.OperationalError:  # a ledger that an older version wrote, only read here
                return None
        return Note(post, channel, found[0], json.loads(found[1])) if found else None

    def keep_notes(self, notes: Iterable[Note]) -> None:
        with self._writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO note (post, channel, mark, files) VALUES (?, ?, ?, ?)",
                [(each.post, each.channel, each.mark, json.dumps(each.files)) for each in notes],
            )

    # What servers said of themselves

    def facts(self, server: str) -> tuple[Facts, datetime] | None:
        with self._reading() as db:
            found = db.execute(
                "SELECT body, learnt FROM facts WHERE server = ?", (server,)
            ).fetchone()
        return (json.loads(found[0]), datetime.fromisoformat(found[1])) if found else None

    def learn(self, server: str, facts: Facts, now: datetime) -> None:
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO facts (server, learnt, body) VALUES (?, ?, ?)",
                (server, _text(now), json.dumps(dict(facts), ensure_ascii=False)),
            )

    # Transactions

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            assert self._db is not None  # noqa: S101 - not used after close
            try:
                yield self._db
            except sqlite3.Error as error:
                raise self._broken(error) from None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            assert self._db is not None  # noqa: S101 - nobody writes to a ledger that was opened for reading
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise self._broken(error) from None
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._db is not None and self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _broken(self, error: sqlite3.Error) -> LedgerError:
        said = str(error)
        if "locked" in said or "busy" in said:
            return LedgerError(
                "the ledger is in use by another program",
                hint="wait until it is done, and run again",
                file=self.path,
            )
        if "full" in said or "disk I/O" in said or "readonly" in said:
            return LedgerError(
                f"the ledger can't be written: {said}",
                hint="check the disk and its rights",
                file=self.path,
            )
        return LedgerError(
            f"the ledger is damaged or not a ledger: {said}",
            hint="restore it from a backup; without it, what is live is not known",
            file=self.path,
        )


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _in_memory() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    migrate(db, 0)
    return db


def _keep(db: sqlite3.Connection, payload: Mapping[str, Any]) -> str:
    body = canonical(payload)
    db.execute("INSERT OR IGNORE INTO payload (hash, body) VALUES (?, ?)", (digest(body), body))
    return digest(body)


def _row(values: tuple[Any, ...]) -> Row:
    post, channel, part, _, recipient, generation, state, op, source, media = values[:10]
    began, tried, server, remote_id, url, error, body, live = values[10:]
    return Row(
        post=post,
        channel=channel,
        part=part,
        payload=json.loads(body),
        recipient=recipient,
        generation=generation,
        state=state,
        op=op,
        live=json.loads(live) if live is not None else None,
        source=source,
        media=media_of(json.loads(media)) if media != "{}" else {},
        began=_moment(began),
        tried=_moment(tried),
        server=_moment(server),
        remote_id=remote_id,
        url=url,
        error=error,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
