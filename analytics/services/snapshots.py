"""What the indicators are today, kept for later: every night, and as often as one likes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from analytics.indicators.counting import tallies_sql
from analytics.indicators.parts import span_of
from analytics.indicators.registry import INDICATORS, Indicator
from analytics.models import IndicatorSnapshot
from common import clock
from common.audit import record_audit
from common.scope import Right, Scope


class _EveryBlock:
    """Who counts: the platform itself, in every block."""

    pk = 0
    scope = Scope(True, (), frozenset({Right.READ}), frozenset(), 0)


def take_snapshots() -> dict[str, Any]:
    """Daily work: the indicators of today."""
    return {"rows": snapshot_day(day=clock.today(), now=clock.now())}


@transaction.atomic
def snapshot_day(*, day: date, now: datetime) -> int:
    """Counts every indicator in every block; what was counted on this day before is replaced.

    Args:
        day: today; the registries know no other day.
        now: moment of the act.

    Raises:
        ValueError: another day.
    """
    if day != clock.today():
        raise ValueError("only today can be counted: earlier days are loaded from a file")
    lock_snapshots()
    IndicatorSnapshot.objects.filter(indicator__in=INDICATORS, day=day).delete()
    written = sum(_insert(one, day) for one in INDICATORS.values())
    record_audit(
        actor_id=None, verb="INDICATORS_COUNTED", subject_table=IndicatorSnapshot._meta.db_table,
        subject_id=day.isoformat(), count=written, now=now,
    )  # fmt: skip
    return written


def lock_snapshots() -> None:
    """Lets one writer of snapshots after the other, to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('indicator-snapshots', 0))")


def _insert(indicator: Indicator, day: date) -> int:
    sql, parameters = tallies_sql(indicator, _EveryBlock(), span_of(day))
    if not sql:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {IndicatorSnapshot._meta.db_table}
                    (day, indicator, block_id, numerator, denominator, definition)
                SELECT %s, %s, counted.block_id, counted.numerator, counted.denominator, %s FROM ({sql}) counted""",
            [day, indicator.key, indicator.version, *parameters],
        )
        return int(cursor.rowcount)
