"""The small city, loaded once a process the way a deployment does it; whoever comes later gets the very rows of that time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from django.db import connection, transaction

from addresses.services import resolution
from elements.services.policies import load_sources
from tests.factories.places import SmallCity, make_small_city, read_small_city

# Django fills these after every flush with the very same rows.
_KEPT = {"django_content_type", "auth_permission"}
# Table → its rows, as COPY writes them.
_rows: dict[str, bytes] = {}
_index: list[resolution.LoadedIndex] = []


@transaction.atomic
def reference_city(folder: Path) -> SmallCity:
    """Sources, divisions, areas, registry, and the name index of them; files of the first loading go to `folder`."""
    if _rows and not _with_rows(_rows):
        _put_back()
        resolution._loaded = _index[0]
        return read_small_city()
    resolution._loaded = None
    is_empty = not _with_rows(_tables())
    load_sources()
    city = make_small_city(folder)
    if is_empty and not _rows:
        _index.append(resolution.load_index())
        _keep()
    return city


def _tables() -> set[str]:
    """Those that a test's end empties."""
    return set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - _KEPT


def _keep() -> None:
    with connection.cursor() as cursor:
        for table in _with_rows(_tables()):
            with cursor.copy(f'COPY "{table}" TO STDOUT (FORMAT binary)') as stream:
                _rows[table] = b"".join(map(bytes, stream))


def _put_back() -> None:
    """Sequences were raised when the rows were made, and no rollback lowers them."""
    with connection.cursor() as cursor:
        for statement in _asleep(_rows):
            cursor.execute(statement)
        for table, rows in _rows.items():
            with cursor.copy(f'COPY "{table}" FROM STDIN (FORMAT binary)') as stream:
                stream.write(rows)
        for statement in _awake(_rows):
            cursor.execute(statement)


def _asleep(tables: Iterable[str]) -> list[str]:
    """Statements that put guards and histories of the tables to sleep; `_awake` follows in the same transaction."""
    return [f'ALTER TABLE "{table}" DISABLE TRIGGER USER' for table in tables]


def _awake(tables: Iterable[str]) -> list[str]:
    """Statements that ask the foreign keys and wake what `_asleep` put to sleep."""
    woken = [f'ALTER TABLE "{table}" ENABLE TRIGGER USER' for table in tables]
    return ["SET CONSTRAINTS ALL IMMEDIATE", *woken, "SET CONSTRAINTS ALL DEFERRED"]


def _with_rows(tables: Iterable[str]) -> list[str]:
    """Those of the tables that are not empty."""
    asked = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in sorted(tables))
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return [name for (name,) in cursor.fetchall()]
