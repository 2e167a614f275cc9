"""The ledger's file: made whole or not at all, and opened so that nothing is lost."""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from pathlib import Path

from publisher.errors import LedgerError
from publisher.files import keep_out_of_git
from publisher.ledger.schema import migrate


def demand_content(path: Path) -> None:
    """Raises LedgerError for a file of zero bytes: a new ledger is never one, so its content is
    lost."""
    try:
        empty = path.exists() and not path.stat().st_size
    except OSError:
        return  # SQLite says it better
    if empty:
        raise LedgerError(
            "the ledger is empty: what it knew is lost",
            hint="restore it from a backup; delete it only if nothing was ever sent from here",
            file=path,
        )


def make(path: Path) -> None:
    """A new ledger, made whole under another name: a process that dies leaves none, or a good one.

    Raises OSError.
    """
    keep_out_of_git(path.parent)
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        # Readable by the owner alone from the first moment: it holds addresses and unpublished
        # texts.
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        db = connect(new)
        try:
            db.execute("BEGIN IMMEDIATE")
            migrate(db, 0)
            db.execute("COMMIT")
        finally:
            db.close()
        try:
            os.link(new, path)
        except FileExistsError:
            pass  # another process was faster
        except OSError:  # a file system without links
            if not path.exists():
                new.rename(path)
    finally:
        new.unlink(missing_ok=True)


def connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    try:
        _switch_to_wal(db)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        db.close()
        raise
    return db


def _switch_to_wal(db: sqlite3.Connection, patience: float = 5.0) -> None:
    """SQLite doesn't wait for this one lock by itself, and two first runs may start at the same
    moment."""
    end = time.monotonic() + patience
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
        time.sleep(0.02)
