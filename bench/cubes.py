"""`cubes`: violations of a year grouped as the analysis pages ask for them, against SQL written by hand over the same events.

`--rows` violations over three years. Each question is asked of the product and of the hand-written statement in turn; both answers must be
equal. The day counts are made first, and how long that takes is told; then one day changes and is answered from the events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection

from accounts.choices import Role
from analytics.periods import Span
from analytics.query import Query
from analytics.selectors.counting import crossed, grouped
from analytics.services.day_counts import count_stale_days
from bench.accounts import reader
from bench.events import fill_violations
from bench.ground import load_ground
from bench.report import Result
from bench.timing import percentile, seconds
from common import clock
from events.models import Violation

DEFAULT_ROWS = 1_000_000
DEFAULT_REPEATS = 5
_LOCAL = "e.occurred_at AT TIME ZONE 'Asia/Shanghai'"
_VALUES = {
    "hour": f"extract(hour FROM {_LOCAL})::int", "weekday": f"extract(isodow FROM {_LOCAL})::int",
    "month": f"date_trunc('month', {_LOCAL})::date", "code": "left(e.code, 4)", "squadron": "d.parent_id",
}  # fmt: skip
QUESTIONS = (("weekday", "hour"), ("squadron", "hour"), ("month", "code"), ("squadron", "weekday"))


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Fills, counts the days, then asks each question of both."""
    load_ground(0, tell)
    today = clock.today()
    stored = fill_violations(rows, today, tell, vehicles=1_000)
    tell("day counts: every day")
    counting = seconds(count_stale_days)
    user: Any = reader(Role.BRIGADE)
    year = Span(today - timedelta(364), today)
    query = Query.of("violations").during(year)
    ours, theirs, equal = [], [], 1
    for first, second in QUESTIONS:
        for _ in range(repeats):
            answers: list[Any] = []
            ours.append(seconds(lambda f=first, s=second, a=answers: a.append(crossed(query, f, s, user).counts)))
            theirs.append(seconds(lambda f=first, s=second, a=answers: a.append(_by_hand(f, s, year))))
            equal &= Counter(answers[0]) == Counter(answers[1])
    tell("one day changes")
    Violation.objects.filter(pk__in=[Violation.objects.latest("occurred_at").pk]).update(fine_yuan=1)
    stale = [seconds(lambda: grouped(query, "hour", user)) for _ in range(repeats)]
    again = seconds(count_stale_days)
    return Result(
        "cubes",
        {
            "violations": stored, "equal": equal, "p50_s": percentile(ours, 0.5), "p95_s": percentile(ours, 0.95),
            "sql_p50_s": percentile(theirs, 0.5), "ratio_to_sql": percentile(theirs, 0.5) / percentile(ours, 0.5),
            "with_a_changed_day_p95_s": percentile(stale, 0.95), "all_days_s": counting, "one_day_s": again,
        },
    )  # fmt: skip


def _by_hand(first: str, second: str, span: Span) -> dict[tuple[Any, Any], int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {_VALUES[first]}, {_VALUES[second]}, count(*)
                FROM events_violation e JOIN addresses_area b ON b.id = e.block_id JOIN addresses_area d ON d.id = b.parent_id
                WHERE NOT e.is_withdrawn AND e.occurred_at >= %(first)s::date::timestamp AT TIME ZONE 'Asia/Shanghai'
                  AND e.occurred_at < (%(last)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
                GROUP BY 1, 2""",
            {"first": span.first, "last": span.last},
        )
        return {(one, other): count for one, other, count in cursor.fetchall()}
