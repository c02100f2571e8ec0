"""Planner statistics after bulk writes: without them the next statement may take a plan for an empty table."""

from __future__ import annotations

from django.db import connection


def refresh_statistics(table: str) -> None:
    """ANALYZE of a table that the application role fills but does not own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT refresh_statistics(%s::regclass)", [table])
