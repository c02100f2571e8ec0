"""Planner statistics after bulk writes: without them the next statement may take a plan for an empty table."""

from __future__ import annotations

from django.db import connection


def refresh_statistics(table: str) -> None:
    """ANALYZE of a table that the application role fills but does not own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT refresh_statistics(%s::regclass)", [table])


def refresh_when_grown(table: str, written: int) -> bool:
    """ANALYZE once the rows written since the last one are a tenth of those that the planner knows of.

    Where a table is filled in many steps, one ANALYZE a step takes longer the larger the table grows.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        (known,) = cursor.fetchone()
    if written * 10 < known:
        return False
    refresh_statistics(table)
    return True
