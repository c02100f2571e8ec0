"""`rules`: fifty rules over vehicles and their violations, against SQL written by hand for the same answers.

`--rows` vehicles and ten times as many violations over three years. Each rule is asked about everything, by our statement and by the
one written by hand, in turn; both give the ids. Then one changed violation and a thousand are taken: which things they touch for
each rule, and what the rules say of these, with evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection

from bench.dots import fill_texts, fill_vehicles
from bench.events import fill_violations
from bench.ground import load_ground
from bench.report import Result
from bench.timing import Laps, seconds
from common import clock
from common.statistics import refresh_statistics
from elements.models import Element
from tagging.models import Rule
from tagging.rules import changes, explain
from tagging.rules.compile import for_all
from tagging.rules.schema import Names, read_rule
from tagging.selectors.rules import ReadyRule, moment_at
from tagging.services.judging import judge
from tagging.services.running import once_asked

DEFAULT_ROWS = 100_000
DEFAULT_REPEATS = 3
VARIANTS = 5
_STANDING = "e.kind = 'VEHICLE' AND e.is_owned AND NOT e.is_withdrawn AND e.merged_into_id IS NULL"
_COUNTED = """SELECT vehicle_id FROM events_violation
              WHERE occurred_at > %(at)s - make_interval(days => %(days)s) AND occurred_at <= %(at)s AND NOT is_withdrawn
                AND vehicle_id IS NOT NULL {also} GROUP BY vehicle_id HAVING count(*) >= %(n)s"""
_SPEEDING = ["1349", "1350", "1351", "1352"]


def _violations(days: int, n: int, offences: list[str] | None = None) -> dict[str, Any]:
    return {"fact": "vehicle.violations", "args": {"days": days, "offences": offences or []}, "op": ">=", "value": n}


def pairs(k: int) -> list[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Ten conditions of one variant, each with the SQL that a person would write and its values."""
    days, n = 90 + 60 * k, 1 + k % 3
    overdue = {"fact": "vehicle.overdue.inspection", "op": "is"}
    late = """SELECT e.id FROM elements_element e JOIN elements_vehicle v ON v.element_id = e.id
              WHERE {standing} AND (v.inspection_valid_to < %(today)s OR strpos(v.state, 'Q') > 0)
                AND coalesce(v.state, '') !~ '[EMP]' {also}"""
    counted = f"SELECT e.id FROM elements_element e WHERE {_STANDING} AND e.id {{word}} ({_COUNTED})"
    values = {"days": days, "n": n}
    return [
        (_violations(days, n), counted.format(word="IN", also=""), values),
        (_violations(days, n, ["SPEEDING"]), counted.format(word="IN", also="AND code = ANY(%(codes)s)"), values),
        ({"not": _violations(days, n)}, counted.format(word="NOT IN", also=""), values),
        (overdue, late.format(standing=_STANDING, also=""), values),
        (
            {"all": [overdue, _violations(days, n)]},
            late.format(standing=_STANDING, also=f"AND e.id IN ({_COUNTED.format(also='')})"),
            values,
        ),
        (
            {"all": [{"fact": "vehicle.overdue.inspection", "op": "is_not"}, _violations(days, n)]},
            f"""SELECT e.id FROM elements_element e JOIN elements_vehicle v ON v.element_id = e.id
                WHERE {_STANDING} AND NOT coalesce((v.inspection_valid_to < %(today)s OR strpos(v.state, 'Q') > 0)
                      AND coalesce(v.state, '') !~ '[EMP]', false) AND e.id IN ({_COUNTED.format(also="")})""",
            values,
        ),
        (
            {"fact": "vehicle.open_violations", "args": {"days": days}, "op": ">=", "value": n},
            counted.format(word="IN", also="AND (processed_at IS NULL OR processed_at > %(at)s)"),
            values,
        ),
        (
            {"fact": "vehicle.inspection_valid_to.days_since", "op": ">", "value": days},
            f"""SELECT e.id FROM elements_element e JOIN elements_vehicle v ON v.element_id = e.id
                WHERE {_STANDING} AND %(today)s - v.inspection_valid_to > %(days)s""",
            values,
        ),
        (
            {"all": [{"fact": "vehicle.brand", "op": "starts", "value": f"B{k}"}, _violations(days, n)]},
            f"""SELECT e.id FROM elements_element e JOIN elements_vehicle v ON v.element_id = e.id
                WHERE {_STANDING} AND starts_with(v.brand, 'B{k}') AND e.id IN ({_COUNTED.format(also="")})""",
            values,
        ),
        (
            {"any": [_violations(30 + k, 2, ["SPEEDING"]), _violations(days, n + 2)]},
            f"""SELECT e.id FROM elements_element e WHERE {_STANDING} AND (
                e.id IN ({_COUNTED.format(also="").replace("%(n)s", "%(more)s")})
                OR e.id IN ({_COUNTED.format(also="AND code = ANY(%(codes)s)").replace("%(n)s", "2").replace("%(days)s", "%(few)s")}))""",
            {**values, "more": n + 2, "few": 30 + k},
        ),
    ]


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Fills, asks both sides in turn, then the changes."""
    load_ground(2_000, tell)
    fill_texts()
    tell(f"vehicles: {rows:,}")
    fill_vehicles(rows)
    violations = fill_violations(rows * 10, clock.today(), tell, vehicles=rows)
    for table in ("elements_element", "elements_vehicle", "events_violation", "events_eventkey"):
        refresh_statistics(table)
    now = clock.now()
    moment, every = moment_at(now, now=now), [pair for k in range(VARIANTS) for pair in pairs(k)]
    rules = [read_rule({"kind": "VEHICLE", "where": where}, Names()) for where, _sql, _values in every]
    laps, different, hits = Laps(), 0, 0
    for lap in range(repeats):
        tell(f"lap {lap + 1} of {repeats}")
        for rule, (_where, sql, values) in zip(rules, every, strict=True):
            statement, found = for_all(rule, moment), {}
            given = {"at": now, "today": moment.today, "codes": _SPEEDING, **values}
            laps.run(f"ours{lap}", lambda: found.update(ours=_ids(statement.sql, statement.parameters)))  # noqa: B023
            laps.run(f"sql{lap}", lambda: found.update(sql=_ids(sql, given)))  # noqa: B023
            different += found["ours"] != found["sql"]
            hits += len(found["ours"]) if lap == 0 else 0
    ours, hand = (min(laps.total(f"{side}{lap}") for lap in range(repeats)) for side in ("ours", "sql"))
    ready = [ReadyRule(Rule(pk=n, code=f"B{n}"), n, rule) for n, rule in enumerate(rules)]
    figures = {
        f"incremental_{count}_share": min(_changed(ready, moment, count) for _ in range(repeats)) / ours
        for count in (1, 1_000)
    }
    return Result(
        "rules",
        {"rules": len(rules), "elements": Element.objects.count(), "events": violations, "hits": hits, "full_s": ours,
         "sql_s": hand, "ratio_to_sql": ours / hand, "rules_different_from_sql": different, **figures},
        notes=["ratio_to_sql: our seconds by those of the SQL written by hand; less is better."],
    )  # fmt: skip


def _ids(sql: str, parameters: dict[str, Any]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return {row[0] for row in cursor.fetchall()}


def _changed(ready: list[ReadyRule], moment: Any, count: int) -> float:
    """Seconds from changed violations to what every rule says of the vehicles that they touch."""
    newest = moment.at - timedelta(days=1)
    ids = sorted(_ids("SELECT id FROM events_violation WHERE occurred_at <= %(at)s ORDER BY occurred_at DESC LIMIT %(n)s",
                      {"at": newest, "n": count}))  # fmt: skip

    def ask() -> None:
        touched, ids_of = set[int](), once_asked()
        for one in ready:
            statement = changes.touched(one.rule, "events_violation", ids, moment)
            if statement is not None:
                touched |= ids_of(statement)
        for _judged in judge(ready, sorted(touched), moment, explain.Names({}, {})):
            pass

    return seconds(ask)
