"""How the tables are emptied after a test that commits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

_truncate = DatabaseOperations.sql_flush
# Beyond it, TRUNCATE is the quicker: it asks no foreign key of any row, and leaves no dead ones.
_MOST_BYTES = 8 * 2**20
# Django fills these after every flush with the very same rows.
KEPT = {"django_content_type", "auth_permission"}


def empty_by_delete() -> None:
    """`flush` deletes the rows there are, where they are few, in place of TRUNCATE of all tables.

    TRUNCATE makes every table and index anew on the disk, empty or not: some seconds for nine hundred files.
    """
    DatabaseOperations.sql_flush = _statements  # type: ignore[method-assign]


def _statements(operations: DatabaseOperations, style: Any, tables: list[str], **options: Any) -> list[str]:
    """Of one transaction."""
    full = with_rows(set(tables) - KEPT)
    if _bytes_of(full) > _MOST_BYTES:
        statements: list[str] = _truncate(operations, style, tables, **options)
        return statements
    return [*asleep(full), *(f'DELETE FROM "{table}"' for table in full), *awake(full)]


def _bytes_of(tables: list[str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(pg_table_size(name::regclass)), 0) FROM unnest(%s::text[]) name", [tables])
        return int(cursor.fetchone()[0])


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
