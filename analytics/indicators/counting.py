"""Counting indicators by block: the same query for the page and for the snapshot of the night."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, QuerySet

from analytics.indicators.parts import span_last_year, span_of
from analytics.indicators.registry import Indicator
from analytics.periods import Span
from common.scope import Actor


@dataclass(frozen=True, slots=True)
class Tally:
    """Numerator and denominator; of a mere number the denominator is 0."""

    numerator: int = 0
    denominator: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.numerator + other.numerator, self.denominator + other.denominator)


ByBlock = dict[int, Tally]
NOW, BEFORE = "now", "before"


def tallies_sql(indicator: Indicator, user: Actor, span: Span) -> tuple[str, list[Any]]:
    """SQL of (block_id, numerator, denominator), a row a block that has anything; "" where nothing can be."""
    selects: list[str] = []
    parameters: list[Any] = []
    for rows in _rows(indicator, user, span, met=True):
        _add(rows, "counted.n, 0", selects, parameters)
    if indicator.is_share:
        for rows in _rows(indicator, user, span, met=False):
            _add(rows, "0, counted.n", selects, parameters)
    if not selects:
        return "", []
    union = " UNION ALL ".join(selects)
    return (
        "SELECT tallied.block_id, sum(tallied.numerator)::int AS numerator, sum(tallied.denominator)::int AS denominator"
        f" FROM ({union}) AS tallied (block_id, numerator, denominator) GROUP BY tallied.block_id",
        parameters,
    )


def _rows(indicator: Indicator, user: Actor, span: Span, *, met: bool) -> list[QuerySet[Any]]:
    if indicator.at_once is not None:
        return [indicator.at_once(user, met)]
    return [part.rows(user, span, met=met) for part in indicator.parts]


def _add(rows: QuerySet[Any], columns: str, selects: list[str], parameters: list[Any]) -> None:
    try:
        sql, values = rows.order_by().values_list("block_id").annotate(n=Count("pk")).query.sql_with_params()
    except EmptyResultSet:
        return
    selects.append(f"SELECT counted.block_id, {columns} FROM ({sql}) AS counted (block_id, n)")
    parameters += values


def tallies(indicators: Iterable[Indicator], user: Actor, day: date) -> dict[tuple[str, str], ByBlock]:
    """(key, now or before) → block → tally: a statement each, so that one that is slow has its own time.

    Only of events there is a before: what is in a registry had a state on that day that nobody can count any more.
    """
    found: dict[tuple[str, str], ByBlock] = {}
    for one in indicators:
        found[one.key, NOW] = _by_block(one, user, span_of(day))
        if not one.is_share:
            found[one.key, BEFORE] = _by_block(one, user, span_last_year(day))
    return found


def _by_block(indicator: Indicator, user: Actor, span: Span) -> ByBlock:
    sql, parameters = tallies_sql(indicator, user, span)
    if not sql:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return {block_id: Tally(numerator, denominator) for block_id, numerator, denominator in cursor.fetchall()}
