"""How the tables are emptied after a test that commits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

# Django fills these after every flush with the very same rows.
_KEPT = {"django_content_type", "auth_permission"}


def empty_by_delete() -> None:
    """`flush` deletes the rows there are, in place of TRUNCATE of all tables.

    TRUNCATE makes every table and index anew on the disk, empty or not: some seconds for nine hundred files.
    """
    DatabaseOperations.sql_flush = _statements  # type: ignore[method-assign]


def _statements(_operations: DatabaseOperations, _style: Any, tables: Iterable[str], **_options: Any) -> list[str]:
    """Of one transaction; the guards and histories of the tables sleep meanwhile, the foreign keys are asked at its end."""
    full = list(_with_rows(sorted(set(tables) - _KEPT)))
    if not full:
        return []
    asleep = [f'ALTER TABLE "{table}" DISABLE TRIGGER USER' for table in full]
    deleted = [f'DELETE FROM "{table}"' for table in full]
    awake = [f'ALTER TABLE "{table}" ENABLE TRIGGER USER' for table in full]
    return [*asleep, *deleted, "SET CONSTRAINTS ALL IMMEDIATE", *awake]


def _with_rows(tables: list[str]) -> Iterator[str]:
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(asked)
        yield from (name for (name,) in cursor.fetchall())
