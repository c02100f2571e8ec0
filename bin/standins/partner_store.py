"""What a department has received: every message once, in SQLite, on the disk before it is acknowledged."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import beijing

_NONCES_KEPT = timedelta(minutes=15)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    serial INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, subject TEXT NOT NULL,
    channel TEXT NOT NULL, sha256 TEXT NOT NULL, body BLOB NOT NULL, receipt TEXT NOT NULL, partner_id TEXT NOT NULL,
    received_at TEXT NOT NULL, duplicates INTEGER NOT NULL DEFAULT 0, altered INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS nonce (
    key_id TEXT NOT NULL, nonce TEXT NOT NULL, seen_at TEXT NOT NULL, PRIMARY KEY (key_id, nonce)
);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, body TEXT NOT NULL);
"""
_COLUMNS = "serial, message_id, subject, channel, sha256, body, receipt, partner_id, received_at, duplicates, altered"


class Message(NamedTuple):
    """A message as received; `altered` counts repetitions whose body was another one."""

    serial: int
    message_id: str
    subject: str
    channel: str
    sha256: str
    body: bytes
    receipt: str
    partner_id: str
    received_at: str
    duplicates: int
    altered: int


class PartnerStore:
    """The department's own database."""

    def __init__(self, path: Path, prefix: str) -> None:
        self._prefix = prefix
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    def is_fresh_nonce(self, key_id: str, nonce: str, now: datetime) -> bool:
        """Notes the nonce; false if it was there."""
        with self._lock:
            oldest = beijing.stamp(now - _NONCES_KEPT)
            self._connection.execute("DELETE FROM nonce WHERE seen_at < ?", (oldest,))
            noted = self._connection.execute(
                "INSERT OR IGNORE INTO nonce (key_id, nonce, seen_at) VALUES (?, ?, ?)",
                (key_id, nonce, beijing.stamp(now)),
            )
        return noted.rowcount == 1

    def keep(self, message_id: str, subject: str, channel: str, body: bytes, now: datetime) -> tuple[Message, bool]:
        """The message as it was kept the first time, and whether that is now."""
        digest = hashlib.sha256(body).hexdigest()
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            repeated = self._connection.execute(
                "UPDATE message SET duplicates = duplicates + 1, altered = altered + (sha256 <> ?) WHERE message_id = ?",
                (digest, message_id),
            )
            is_new = repeated.rowcount == 0
            if is_new:
                values = (message_id, subject, channel, digest, body, self.receipt_of(message_id), beijing.stamp(now))
                self._connection.execute(
                    "INSERT INTO message (message_id, subject, channel, sha256, body, receipt, received_at, partner_id)"
                    " SELECT ?, ?, ?, ?, ?, ?, ?, printf('%s-%06d', ?, coalesce(max(serial), 0) + 1) FROM message",
                    (*values, self._prefix),
                )
            self._connection.execute("COMMIT")
            return self.message(message_id), is_new  # type: ignore[return-value]

    def receipt_of(self, message_id: str) -> str:
        """The same message always has the same receipt."""
        return "HZ" + hashlib.sha256(f"{self._prefix}:{message_id}".encode()).hexdigest()[:20].upper()

    def message(self, message_id: str) -> Message | None:
        with self._lock:
            found = self._connection.execute(
                f"SELECT {_COLUMNS} FROM message WHERE message_id = ?", (message_id,)
            ).fetchone()
        return Message(*found) if found else None

    def latest(self) -> Message | None:
        with self._lock:
            found = self._connection.execute(f"SELECT {_COLUMNS} FROM message ORDER BY serial DESC LIMIT 1").fetchone()
        return Message(*found) if found else None

    def received(self, since: str, after_serial: int, limit: int) -> list[Message]:
        """In the order of arrival."""
        with self._lock:
            found = self._connection.execute(
                f"SELECT {_COLUMNS} FROM message WHERE received_at >= ? AND serial > ? ORDER BY serial LIMIT ?",
                (since, after_serial, limit),
            ).fetchall()
        return [Message(*row) for row in found]

    def count(self, name: str) -> None:
        """One more of what happened."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO counter (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
                (name,),
            )

    def note(self, name: str) -> str:
        with self._lock:
            found = self._connection.execute("SELECT body FROM note WHERE name = ?", (name,)).fetchone()
        return found[0] if found else ""

    def set_note(self, name: str, body: str) -> None:
        with self._lock:
            self._connection.execute("INSERT OR REPLACE INTO note (name, body) VALUES (?, ?)", (name, body))

    def numbers(self) -> dict[str, Any]:
        """Messages, repetitions, and the counted events."""
        with self._lock:
            sums = "SELECT count(*), coalesce(sum(duplicates), 0), coalesce(sum(altered), 0) FROM message"
            messages, duplicates, altered = self._connection.execute(sums).fetchone()
            counted = dict(self._connection.execute("SELECT name, value FROM counter").fetchall())
        return {"messages": messages, "duplicates": duplicates, "altered": altered} | counted
