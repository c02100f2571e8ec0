"""How the tables are emptied after a test that commits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

# Django fills these after every flush with the very same rows.
KEPT = {"django_content_type", "auth_permission"}


def empty_by_delete() -> None:
    """`flush` deletes the rows there are, in place of TRUNCATE of all tables.

    TRUNCATE makes every table and index anew on the disk, empty or not: some seconds for nine hundred files.
    """
    DatabaseOperations.sql_flush = _statements  # type: ignore[method-assign]


def _statements(_operations: DatabaseOperations, _style: Any, tables: Iterable[str], **_options: Any) -> list[str]:
    """Of one transaction."""
    full = with_rows(set(tables) - KEPT)
    return [*asleep(full), *(f'DELETE FROM "{table}"' for table in full), *awake(full)]


def asleep(tables: Iterable[str]) -> list[str]:
    """Statements that put guards and histories of the tables to sleep; `awake` follows in the same transaction."""
    return [f'ALTER TABLE "{table}" DISABLE TRIGGER USER' for table in tables]


def awake(tables: Iterable[str]) -> list[str]:
    """Statements that ask the foreign keys and wake what `asleep` put to sleep."""
    woken = [f'ALTER TABLE "{table}" ENABLE TRIGGER USER' for table in tables]
    return ["SET CONSTRAINTS ALL IMMEDIATE", *woken, "SET CONSTRAINTS ALL DEFERRED"]


def with_rows(tables: Iterable[str]) -> list[str]:
    """Those of the tables that are not empty."""
    asked = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in sorted(tables))
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return [name for (name,) in cursor.fetchall()]
