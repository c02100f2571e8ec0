"""The door in the write guard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def folding() -> Iterator[None]:
    """A transaction in which elements may be written; for the fold, merges, restores and factories only."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.fold', '1', true)")
        yield
