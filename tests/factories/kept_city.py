"""The small city, loaded once a process the way a deployment does it; whoever comes later gets the very rows of that time."""

from __future__ import annotations

from pathlib import Path

from django.db import connection, transaction

from addresses.services import resolution
from elements.services.policies import load_sources
from tests.factories.emptying import KEPT, asleep, awake, with_rows
from tests.factories.places import SmallCity, make_small_city, read_small_city

# Table → its rows, as COPY writes them.
_rows: dict[str, bytes] = {}
_index: list[resolution.LoadedIndex] = []


@transaction.atomic
def reference_city(folder: Path) -> SmallCity:
    """Sources, divisions, areas, registry, and the name index of them; files of the first loading go to `folder`."""
    if _rows and not with_rows(_rows):
        _put_back()
        resolution._loaded = _index[0]
        return read_small_city()
    resolution._loaded = None
    is_empty = not with_rows(_tables())
    load_sources()
    city = make_small_city(folder)
    if is_empty and not _rows:
        _index.append(resolution.load_index())
        _keep()
    return city


def _tables() -> set[str]:
    """Those that a test's end empties."""
    return set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT


def _keep() -> None:
    with connection.cursor() as cursor:
        for table in with_rows(_tables()):
            with cursor.copy(f'COPY "{table}" TO STDOUT (FORMAT binary)') as stream:
                _rows[table] = b"".join(map(bytes, stream))


def _put_back() -> None:
    """Sequences were raised when the rows were made, and no rollback lowers them."""
    with connection.cursor() as cursor:
        for statement in asleep(_rows):
            cursor.execute(statement)
        for table, rows in _rows.items():
            with cursor.copy(f'COPY "{table}" FROM STDIN (FORMAT binary)') as stream:
                stream.write(rows)
        for statement in awake(_rows):
            cursor.execute(statement)
