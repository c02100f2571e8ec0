"""The version that tells workers to rebuild their name index."""

from __future__ import annotations

from django.db import connection


def current_index_version() -> int:
    """Version of names and registry; 0 before anything was loaded."""
    # Asked for every single text: building the statement by the ORM took longer than reading a text.
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM addresses_indexversion WHERE id = 1")
        row = cursor.fetchone()
    return row[0] if row else 0


def raise_index_version() -> None:
    """To be called in the transaction that changes names or registry."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO addresses_indexversion (id, version) VALUES (1, 1)
               ON CONFLICT (id) DO UPDATE SET version = addresses_indexversion.version + 1"""
        )
