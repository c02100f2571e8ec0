"""What a grading scheme finds in elements and makes of it: values by one statement a batch, points, and the level they lead to.

Nothing is written here: the run, the simulator and the tests count by the same lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from common.errors import DomainError
from common.facts import Moment
from tagging.models import Grade, Scheme
from tagging.rules import compile as compiling
from tagging.rules import scoring
from tagging.rules.compare import filled
from tagging.rules.evaluate import verdict
from tagging.rules.levels import Held, Placed, place
from tagging.rules.nodes import FactTerm, RelatedTerm, Term
from tagging.rules.scheme import Scheme as Body
from tagging.rules.scheme import read_scheme
from tagging.selectors.rules import names

# Elements of one statement: values of a thousand come in about the time of thirty alone.
BATCH = 1_000
LISTED, HELD = "_listed", "_held"


class GradesDiffer(DomainError):
    """The database and Python judged the same values differently: the scheme must not be trusted."""

    def __init__(self) -> None:
        super().__init__("GRADES_DIFFER", "数据库与程序对同一事实的判定不一致，未采用本次分级，请联系管理员。")


@dataclass(frozen=True, slots=True)
class ReadyScheme:
    """A scheme with one of its versions read."""

    row: Scheme
    version_id: int
    body: Body


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one element: values and records by term, and which listings hold."""

    element_id: int
    values: Mapping[Term, Any]
    records: Mapping[Term, Sequence[int]]
    listed: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """What a scheme makes of one element; `items` as they are kept with the grade."""

    element_id: int
    score: Decimal
    placed: Placed
    items: list[dict[str, Any]]


def ready_schemes(only: Iterable[int] | None = None) -> tuple[list[ReadyScheme], list[tuple[Scheme, str]]]:
    """Schemes in force, and those that cannot be read, with the reason.

    Args:
        only: ids of schemes; None: all.
    """
    rows = Scheme.objects.filter(is_active=True, published__isnull=False).select_related("published").order_by("pk")
    if only is not None:
        rows = rows.filter(pk__in=list(only))
    known, ready, broken = names(), [], []
    for row in rows:
        try:
            ready.append(ReadyScheme(row, row.published.pk, read_scheme(row.published.body, known)))
        except DomainError as error:
            broken.append((row, error.message))
    return ready, broken


def candidates(body: Body, moment: Moment) -> list[int]:
    """Ids of the elements that a scheme grades."""
    statement = compiling.for_all(body.rules[0], moment)
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.parameters)
        return sorted(row[0] for row in cursor.fetchall())


def batches(ids: Sequence[int]) -> Iterator[list[int]]:
    """The ids in the size of one statement."""
    for start in range(0, len(ids), BATCH):
        yield list(ids[start : start + BATCH])


def found_of(body: Body, ids: Sequence[int], moment: Moment) -> list[Found]:
    """What there is of some elements, at most a batch of them: one statement. Those that the scheme does not grade are left out.

    Raises:
        GradesDiffer: a condition came out otherwise in Python.
    """
    rules = body.rules
    fused = compiling.for_some(rules, moment, ids)
    with connection.cursor() as cursor:
        cursor.execute(fused.sql, fused.parameters)
        rows = cursor.fetchall()
    terms, result = fused.terms, []
    for element_id, *cells in rows:
        values = {term: _plain(cells[3 * n]) for n, term in enumerate(terms)}
        verdicts = cells[3 * len(terms) :]
        if [verdict(rule.where, values) for rule in rules] != list(verdicts):
            raise GradesDiffer
        if verdicts[0]:
            records = {term: tuple(cells[3 * n + 1] or ()) for n, term in enumerate(terms)}
            result.append(Found(element_id, values, records, tuple(verdicts[1:])))
    return result


def means_of(body: Body, found: Sequence[Found], before: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The mean rate of each rate, over all that are graded; the one used before as long as it still fits."""
    result = {}
    for one in body.indicators:
        if one.exposure is None:
            continue
        pairs = ((_number(one.term, each.values), _number(one.exposure, each.values)) for each in found)
        result[one.key] = scoring.steady(scoring.mean_rate(pairs, one.definition.per), before.get(one.key))
    return result


def used_means(scheme_id: int) -> dict[str, Decimal]:
    """The means that the standing grades were counted with."""
    items = Grade.objects.filter(scheme_id=scheme_id, until__isnull=True).order_by("pk").values_list("items", flat=True)
    return {item["key"]: Decimal(item["mean"]) for item in items.last() or () if "mean" in item}


def scored(body: Body, one: Found, means: Mapping[str, Decimal], held: Held, now: datetime) -> Scored:
    """Points, score and level of one element."""
    items = [
        scoring.item_of(
            indicator.definition,
            _number(indicator.term, one.values),
            _number(indicator.exposure, one.values) if indicator.exposure is not None else None,
            means.get(indicator.key, scoring.ZERO),
            one.records[indicator.term],
            _table(indicator.term),
        )
        for indicator in body.indicators
    ]
    score = scoring.total(Decimal(item["points"]) for item in items)
    listed = [listing for listing, holds in zip(body.lists, one.listed, strict=True) if holds]
    placed = place(body, score, [listing.level for listing in listed], held, now)
    if listed:
        rows = [{"key": listing.key, "label": listing.label, "level": listing.level} for listing in listed]
        items.append({"key": LISTED, "lists": rows})
    if placed.below_since is not None:
        items.append({"key": HELD, "below_since": placed.below_since.isoformat()})
    return Scored(one.element_id, score, placed, items)


def held_of(computed_level: str, items: Sequence[Mapping[str, Any]]) -> Held:
    """What a grade leaves to the next one."""
    since = next((item["below_since"] for item in items if item["key"] == HELD), None)
    return Held(computed_level, datetime.fromisoformat(since) if since else None)


def _number(term: Term, values: Mapping[Term, Any]) -> Decimal | None:
    return scoring.number_of(filled(term, values[term]))


def _table(term: Term) -> str:
    if isinstance(term, RelatedTerm):
        return "elements_element"
    return term.fact.record_table if isinstance(term, FactTerm) else ""


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
