"""Counting anew the days whose events changed."""

from __future__ import annotations

from datetime import date

from django.db import connection, transaction

from analytics.models import DayCount, StaleDay
from common.statistics import refresh_when_grown
from events.choices import EventKind

# Days of one transaction: a day of captures is counted in 20 ms.
DAYS_AT_ONCE = 31
_LOCK = "analytics_day_counts"
_HOUR = "extract(hour FROM e.occurred_at AT TIME ZONE 'Asia/Shanghai')::int::text"
# Kind → table, and what each dimension counts by; nothing where the events say nothing.
_DIMENSIONS: dict[str, tuple[str, str, dict[str, str]]] = {
    EventKind.VIOLATION: (
        "events_violation",
        "AND NOT e.is_withdrawn",
        {"": "''", "hour": _HOUR, "code": "coalesce(left(e.code, 4), '')", "method": "coalesce(e.method, '')"},
    ),
    EventKind.INCIDENT: (
        "events_incident",
        "AND NOT e.is_withdrawn",
        {"": "''", "hour": _HOUR, "category": "coalesce(e.category, '')"},
    ),
    EventKind.CAPTURE: ("events_capture", "", {"": "''", "hour": _HOUR}),
}


def count_stale_days() -> int:
    """Counts the days that have changed by now, some at a time; returns how many were counted.

    Somebody who does the same at this moment is left to it. A change that commits while a day is counted leaves its own mark, so that
    the day comes again the next time.
    """
    days = list(StaleDay.objects.order_by("kind", "day").values_list("kind", "day").distinct())
    done = 0
    for n in range(0, len(days), DAYS_AT_ONCE):
        some = days[n : n + DAYS_AT_ONCE]
        if not _count(some):
            break
        done += len(some)
    return done


def _count(days: list[tuple[str, date]]) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [_LOCK])
        if not cursor.fetchone()[0]:
            return False
        for kind in sorted({kind for kind, _day in days}):
            of_kind = [day for one, day in days if one == kind]
            StaleDay.objects.filter(kind=kind, day__in=of_kind).delete()
            DayCount.objects.filter(kind=kind, day__in=of_kind).delete()
            if kind in _DIMENSIONS:
                span = {"first": min(of_kind), "last": max(of_kind)}
                cursor.execute(_counting(kind), {"kind": kind, "days": of_kind, **span})
                refresh_when_grown(DayCount._meta.db_table, cursor.rowcount)
    return True


def _counting(kind: str) -> str:
    """One reading of the events, folded once for each dimension."""
    table, standing, dimensions = _DIMENSIONS[kind]
    values = ", ".join(
        f"('{name}', {value}, {'counted.district_id' if name else 'e.block_id'})" for name, value in dimensions.items()
    )
    return f"""
        INSERT INTO analytics_daycount (kind, dimension, day, area_id, value, count)
        SELECT %(kind)s, d.dimension, (e.occurred_at AT TIME ZONE 'Asia/Shanghai')::date AS day, d.area_id, d.value, count(*)
        FROM {table} e
        JOIN (SELECT b.id, CASE WHEN squadron.parent_id IS NULL THEN b.id ELSE district.id END AS district_id
              FROM addresses_area b LEFT JOIN addresses_area district ON district.id = b.parent_id
              LEFT JOIN addresses_area squadron ON squadron.id = district.parent_id) counted ON counted.id = e.block_id
        CROSS JOIN LATERAL (VALUES {values}) AS d (dimension, value, area_id)
        WHERE e.occurred_at >= (%(first)s::date::timestamp AT TIME ZONE 'Asia/Shanghai')
          AND e.occurred_at < ((%(last)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai') {standing}
          AND (e.occurred_at AT TIME ZONE 'Asia/Shanghai')::date = ANY(%(days)s)
        GROUP BY 1, 2, 3, 4, 5"""
