"""The sandbox's SQLite file: schema and transactions."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS wallet (id INTEGER PRIMARY KEY CHECK (id = 1), cents INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, prompt TEXT NOT NULL,
    aspect_ratio TEXT NOT NULL, output_format TEXT NOT NULL, num_images INTEGER NOT NULL,
    idempotency_key TEXT NOT NULL, created_at REAL NOT NULL, ready_at REAL, expires_at REAL NOT NULL,
    charged INTEGER NOT NULL, refunded INTEGER NOT NULL DEFAULT 0, failure_reason TEXT,
    looks INTEGER NOT NULL DEFAULT 0, last_look_at REAL, listed INTEGER NOT NULL DEFAULT 0, task_fault INTEGER
);
CREATE INDEX IF NOT EXISTS tasks_created ON tasks (created_at);
CREATE TABLE IF NOT EXISTS fetches (
    task_id TEXT NOT NULL, nth INTEGER NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (task_id, nth)
);
CREATE TABLE IF NOT EXISTS submits (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, idempotency_key TEXT NOT NULL, arrived_at REAL NOT NULL,
    prompt TEXT NOT NULL DEFAULT '', answered_at REAL, status INTEGER, fault TEXT NOT NULL DEFAULT '',
    task_id TEXT
);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, times INTEGER, word TEXT NOT NULL, nth INTEGER,
    options TEXT NOT NULL, hits INTEGER NOT NULL DEFAULT 0
);
"""


class Store:
    """One connection a process, shared by its threads; other processes may have the file open too."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing at NORMAL; only a power cut could.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection inside one write transaction: committed at the end, rolled back on any exception."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:  # a KeyboardInterrupt too must not leave the file locked
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def read(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """The rows of one query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the file; the store is of no use afterwards."""
        with self._lock:
            self._db.close()
