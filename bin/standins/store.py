"""The agency's own database: rows by kind with the time of their last change. SQLite; an answer follows the commit."""

from __future__ import annotations

import base64
import json
import sqlite3
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import beijing

Row = dict[str, Any]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS row (
    kind TEXT NOT NULL, key TEXT NOT NULL, stamped TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)
);
CREATE INDEX IF NOT EXISTS row_by_change ON row (kind, stamped, key);
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, body TEXT NOT NULL);
"""


class Stored(NamedTuple):
    """A row with its key and the time of its last change."""

    key: str
    stamped: str
    row: Row

    @property
    def changed_at(self) -> datetime:
        return beijing.read(self.stamped)


class Position(NamedTuple):
    """A place in the order of changes. `is_again` marks a page that is served a second time (fault `duplicate`)."""

    stamped: str = ""
    key: str = ""
    is_again: bool = False

    def encode(self) -> str:
        """As an opaque cursor."""
        return base64.urlsafe_b64encode(json.dumps(self).encode()).decode()

    @classmethod
    def decode(cls, cursor: str) -> Position:
        """Raises:
        ValueError: no cursor of ours.
        """
        parts = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        if not isinstance(parts, list) or [type(part) for part in parts] != [str, str, bool]:
            raise ValueError("cursor")
        return cls(*parts)


class Store:
    """Rows that survive the process."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    def transaction(self) -> _Transaction:
        """Everything inside is kept, or nothing."""
        return _Transaction(self._connection, self._lock)

    def load(self, kind: str, rows: list[tuple[str, Row]], first: datetime, last: datetime) -> None:
        """Fills an empty kind, changes spread evenly over the time."""
        step = (last - first) / max(len(rows), 1)
        with self.transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO row (kind, key, stamped, body) VALUES (?, ?, ?, ?)",
                [(kind, key, beijing.stamp(first + step * n), _dump(row)) for n, (key, row) in enumerate(rows)],
            )

    def put(self, kind: str, key: str, row: Row, now: datetime) -> str:
        """Writes a row; its time is later than that of every row of the kind, so that no reader misses it."""
        with self.transaction():
            latest = self._connection.execute("SELECT max(stamped) FROM row WHERE kind = ?", (kind,)).fetchone()[0]
            if latest and latest >= beijing.stamp(now):
                now = beijing.read(latest) + timedelta(microseconds=1)
            self._connection.execute(
                "INSERT OR REPLACE INTO row (kind, key, stamped, body) VALUES (?, ?, ?, ?)",
                (kind, key, beijing.stamp(now), _dump(row)),
            )
        return beijing.stamp(now)

    def get(self, kind: str, key: str) -> Row | None:
        with self._lock:
            found = self._connection.execute("SELECT body FROM row WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return json.loads(found[0]) if found else None

    def remove(self, kind: str, key: str) -> None:
        with self.transaction():
            self._connection.execute("DELETE FROM row WHERE kind = ? AND key = ?", (kind, key))

    def page(self, kind: str, after: Position, limit: int) -> list[Stored]:
        """The next rows in the order of their changes."""
        with self._lock:
            found = self._connection.execute(
                "SELECT key, stamped, body FROM row WHERE kind = ? AND (stamped, key) > (?, ?)"
                " ORDER BY stamped, key LIMIT ?",
                (kind, after.stamped, after.key, limit),
            ).fetchall()
        return [Stored(key, stamped, json.loads(body)) for key, stamped, body in found]

    def every(self, kind: str) -> list[Stored]:
        """All rows of a kind, by key."""
        with self._lock:
            found = self._connection.execute(
                "SELECT key, stamped, body FROM row WHERE kind = ? ORDER BY key", (kind,)
            ).fetchall()
        return [Stored(key, stamped, json.loads(body)) for key, stamped, body in found]

    def count(self, kind: str) -> int:
        with self._lock:
            return self._connection.execute("SELECT count(*) FROM row WHERE kind = ?", (kind,)).fetchone()[0]

    def next_number(self, name: str) -> int:
        """1, 2, 3 … across restarts; inside a transaction it is taken back with it."""
        with self.transaction():
            number = int(self.note(name, "0")) + 1
            self.set_note(name, str(number))
        return number

    def note(self, name: str, default: str = "") -> str:
        with self._lock:
            found = self._connection.execute("SELECT body FROM note WHERE name = ?", (name,)).fetchone()
        return found[0] if found else default

    def set_note(self, name: str, body: str) -> None:
        with self._lock:
            self._connection.execute("INSERT OR REPLACE INTO note (name, body) VALUES (?, ?)", (name, body))


class _Transaction:
    """BEGIN IMMEDIATE … COMMIT; nested ones belong to the outer one."""

    def __init__(self, connection: sqlite3.Connection, lock: threading.RLock) -> None:
        self._connection, self._lock = connection, lock

    def __enter__(self) -> None:
        self._lock.acquire()
        self._is_outer = not self._connection.in_transaction
        if self._is_outer:
            self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if self._is_outer:
            self._connection.execute("ROLLBACK" if kind else "COMMIT")
        self._lock.release()


def _dump(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)
