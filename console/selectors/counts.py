"""Many capped counts in one round trip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from elements.filters import COUNT_CAP, Count


def capped_counts(querysets: Mapping[str, QuerySet], cap: int = COUNT_CAP) -> dict[str, Count]:
    """`capped_count` of every query set, as one statement of sub-selects: the same numbers, one round trip."""
    counts = {name: Count(0, False) for name in querysets}
    names, selects, parameters = [], [], []
    for name, queryset in querysets.items():
        limited = queryset.order_by().values("pk")[: cap + 1]
        try:
            sql, values = limited.query.sql_with_params()
        except EmptyResultSet:
            continue
        names.append(name)
        selects.append(f"(SELECT count(*) FROM ({sql}) counted)")
        parameters += values
    if names:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(selects)}", parameters)
            row: tuple[Any, ...] = cursor.fetchone()
        counts |= {name: Count(min(n, cap), n > cap) for name, n in zip(names, row, strict=True)}
    return counts
