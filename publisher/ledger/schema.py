"""The ledger's tables, and how those of an older version become today's."""

from __future__ import annotations

import sqlite3

SCHEMA_VERSION = 3

_SCHEMA = """
CREATE TABLE post (
    key     TEXT PRIMARY KEY,   -- the identity under which it was first sent
    id      TEXT NOT NULL,      -- front matter's id, or ''
    address TEXT NOT NULL,
    path    TEXT NOT NULL
);
CREATE TABLE payload (
    hash TEXT PRIMARY KEY,      -- SHA-256 of body
    body BLOB NOT NULL          -- canonical JSON: the exact bytes that are sent are made from this alone
);
CREATE TABLE delivery (
    post       TEXT NOT NULL REFERENCES post(key),
    channel    TEXT NOT NULL,   -- the section's name
    part       INTEGER NOT NULL,
    recipient  TEXT NOT NULL DEFAULT '',
    generation INTEGER NOT NULL DEFAULT 1,
    state      TEXT NOT NULL CHECK
               (state IN ('pending', 'intent', 'sent', 'failed', 'unknown', 'retracted', 'archived')),
    op         TEXT NOT NULL DEFAULT 'create' CHECK (op IN ('create', 'update', 'delete')),
    hash       TEXT NOT NULL REFERENCES payload(hash),
    live       TEXT REFERENCES payload(hash),   -- while it is updated: what was live before
    source     TEXT NOT NULL DEFAULT '',        -- SHA-256 of what the author wrote
    media      TEXT NOT NULL DEFAULT '{}',      -- JSON: the platform's pictures, by their source
    began      TEXT,            -- ISO 8601, UTC: when it was first meant to be sent
    tried      TEXT,            -- ... when it was last tried
    server     TEXT,            -- ... `began` by the platform's clock
    remote_id  TEXT,
    url        TEXT,
    error      TEXT,
    PRIMARY KEY (post, channel, part, recipient)
);
CREATE TABLE facts (
    server  TEXT PRIMARY KEY,   -- adapter and address
    learnt  TEXT NOT NULL,      -- ISO 8601, UTC
    body    TEXT NOT NULL       -- JSON
);
"""

INDEXES = (
    "CREATE TABLE IF NOT EXISTS note (post TEXT NOT NULL, channel TEXT NOT NULL, mark TEXT NOT NULL,"
    " files TEXT NOT NULL, PRIMARY KEY (post, channel))",
    "CREATE INDEX IF NOT EXISTS post_by_id ON post (id)",
    "CREATE INDEX IF NOT EXISTS post_by_address ON post (address)",
    "CREATE INDEX IF NOT EXISTS post_by_path ON post (path)",
    "CREATE INDEX IF NOT EXISTS delivery_by_words ON delivery (substr(source, 1, 64))",
    "CREATE INDEX IF NOT EXISTS delivery_by_remote_id ON delivery (remote_id)",
    "CREATE INDEX IF NOT EXISTS delivery_to_do ON delivery (state)"
    " WHERE state NOT IN ('sent', 'retracted', 'archived')",
)
"""A ledger of an older version gets them when it is next written to. They mean nothing to it. `note`
is what may be lost: which posts need no look."""

_DELIVERY = _SCHEMA[_SCHEMA.index("CREATE TABLE delivery") : _SCHEMA.index("CREATE TABLE facts")]
MIGRATIONS = {
    # A table's conditions can only be changed by making it anew.
    1: """
    ALTER TABLE delivery RENAME TO delivery_1;
    {delivery}
    INSERT INTO delivery (post, channel, part, recipient, generation, state, hash, began, tried, remote_id, url, error)
    SELECT post, channel, part, recipient, generation, state, hash, began, tried, remote_id, url, error
    FROM delivery_1 ORDER BY rowid;
    DROP TABLE delivery_1
    """.replace("{delivery}", _DELIVERY),
    2: "ALTER TABLE delivery ADD COLUMN server TEXT",
}
"""How a ledger of each older version becomes today's."""


def migrate(db: sqlite3.Connection, version: int) -> None:
    """From `version` (0: nothing is there) to today's, within the caller's transaction."""
    if version < SCHEMA_VERSION:
        script = MIGRATIONS[version] if version else _SCHEMA
        for statement in script.split(";"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
