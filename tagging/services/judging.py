"""Asking rules about things: values, verdicts and evidence of some things by one statement."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from common.facts import ColumnRead, GroupRead, Moment
from tagging.rules import compile as compiling
from tagging.rules import explain
from tagging.rules.evaluate import verdict
from tagging.rules.nodes import FactTerm, RelatedTerm, Term, comparisons
from tagging.selectors.rules import ReadyRule

# Things of one statement: values of a thousand come in about the time of thirty alone.
BATCH = 1_000


class VerdictsDiffer(RuntimeError):
    """The database and Python judged the same values differently: the rule must not be trusted."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one rule says of one thing.

    Attributes:
        evidence: `{text, value, table, records}` of every term.
        key: equal as long as the registered values asked for are; `record_ids` tell the rest.
        next_check_at: when time alone may change the verdict.
    """

    rule: ReadyRule
    element_id: int
    is_hit: bool
    evidence: list[dict[str, Any]]
    record_ids: list[int]
    key: str
    next_check_at: datetime | None


def judge(rules: Sequence[ReadyRule], ids: Sequence[int], moment: Moment, names: explain.Names) -> Iterator[Judged]:
    """Every rule on every thing of its kind that stands: one statement a kind and batch."""
    by_kind: dict[str, list[ReadyRule]] = {}
    for one in rules:
        by_kind.setdefault(one.rule.kind, []).append(one)
    for same_kind in by_kind.values():
        for batch in batches(ids):
            yield from _judge(same_kind, batch, moment, names)


def batches(ids: Sequence[int]) -> Iterator[list[int]]:
    """The ids in the size of one statement."""
    for start in range(0, len(ids), BATCH):
        yield list(ids[start : start + BATCH])


def _judge(rules: list[ReadyRule], ids: list[int], moment: Moment, names: explain.Names) -> Iterator[Judged]:
    fused = compiling.for_some([one.rule for one in rules], moment, ids)
    with connection.cursor() as cursor:
        cursor.execute(fused.sql, fused.parameters)
        rows = cursor.fetchall()
    count = len(fused.terms)
    for element_id, *cells in rows:
        values = {term: _plain(cells[3 * n]) for n, term in enumerate(fused.terms)}
        records = {term: cells[3 * n + 1] or [] for n, term in enumerate(fused.terms)}
        untils = {term: cells[3 * n + 2] for n, term in enumerate(fused.terms)}
        for number, one in enumerate(rules):
            is_hit = cells[3 * count + number]
            if verdict(one.rule.where, values) != is_hit:
                raise VerdictsDiffer(one.row.code)
            yield _judged(one, element_id, is_hit, values, records, untils, moment, names)


def _judged(
    one: ReadyRule,
    element_id: int,
    is_hit: bool,
    values: dict[Term, Any],
    records: dict[Term, list[int]],
    untils: dict[Term, datetime | None],
    moment: Moment,
    names: explain.Names,
) -> Judged:
    terms = one.rule.terms
    ids = sorted({pk for term in terms for pk in records[term]})
    evidence = evidence_of(one, values, records, names) if is_hit else []
    return Judged(one, element_id, is_hit, evidence, ids, _key(terms, values), _next_check(one, untils, moment))


def evidence_of(
    one: ReadyRule, values: dict[Term, Any], records: dict[Term, list[int]], names: explain.Names
) -> list[dict[str, Any]]:
    """What was asked and what was found, a row a comparison."""
    rows = []
    for compare in comparisons(one.rule.where):
        part = explain.verdict_parts(compare, values, names, records)
        rows.append(
            {
                "text": part.text,
                "value": part.actual,
                "is_met": part.is_met,
                "table": part.table,
                "records": list(part.records),
            }
        )
    return rows


def _key(terms: Sequence[Term], values: dict[Term, Any]) -> str:
    """Of what stands registered: what is counted has its records, and what slides with the day is no new reason."""
    stable = [str(values[term]) for term in terms if not _is_counted(term) and not _slides(term)]
    return hashlib.sha256("\n".join(stable).encode()).hexdigest()[:16]


def _is_counted(term: Term) -> bool:
    return isinstance(term, RelatedTerm) or (isinstance(term, FactTerm) and isinstance(term.fact.read, GroupRead))


def _slides(term: Term) -> bool:
    read = term.fact.read if isinstance(term, FactTerm) else None
    return isinstance(read, ColumnRead) and read.slides


def _next_check(one: ReadyRule, untils: dict[Term, datetime | None], moment: Moment) -> datetime | None:
    """The first moment ahead at which a term changes by itself; of a sliding one, when it passes what it is compared with."""
    found = []
    for compare in comparisons(one.rule.where):
        until = untils.get(compare.term)
        if until is None:
            continue
        if _slides(compare.term):
            given = compare.value if isinstance(compare.value, tuple) else (compare.value,)
            days = [timedelta(days=int(value) + more) for value in given if value is not None for more in (0, 1)]
            found += [until + delta for delta in days]
        else:
            found.append(until)
    ahead = [when for when in found if when > moment.at]
    return min(ahead, default=None)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
