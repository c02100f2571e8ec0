"""Accidents and violations of a span beside those of other spans: indices, breakdowns, factors, repeat offenders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Min, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from analytics.comparison import Comparison, compare, compare_sums
from analytics.dimensions import dimension_of
from analytics.factors import Factor, Table, over_represented
from analytics.periods import Span, previous, same_by_spring_festival, same_last_year, to_date
from analytics.query import Query
from analytics.selectors.counting import Cell, grouped, total
from common.scope import Actor
from elements.models import Element
from elements.selectors.masking import may_read_names, shown_label
from events.choices import Procedure

MOST_VALUES, MOST_FACTORS, MOST_REPEATERS, REPEATED = 20, 12, 20, 3
# Properties of accidents among which the over-represented ones are looked for.
FACTOR_KEYS = (
    "hour", "weekday", "form_code", "main_cause", "weather", "light", "road_class", "surface", "junction", "alignment", "party_vehicle",
    "party_mode", "party_age",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of an earlier span: what it is called, the change, and the rows behind the earlier figure."""

    label: str
    change: Comparison
    query: Query


@dataclass(frozen=True, slots=True)
class Line:
    """One figure with what it is compared with. `is_count`: its rows are as many as the figure."""

    label: str
    value: int
    unit: str
    query: Query
    compared: list[Compared]
    is_count: bool = True


@dataclass(frozen=True, slots=True)
class Broken:
    """One value of a breakdown: its share of all in percent, and the change against the same days of last year."""

    cell: Cell
    share: float
    change: Comparison
    before: Query


def first_known(query: Query, user: Actor) -> date | None:
    """The day of the first event that the platform knows of the kind; before it nothing is known, which is not none."""
    found = Query(query.name).rows(user).aggregate(first=Min("occurred_at"))["first"]
    return timezone.localtime(found).date() if found else None


def spans_of(span: Span) -> list[tuple[str, Span, Span]]:
    """(label, span, earlier span) of each comparison."""
    year, festival = to_date(span), same_by_spring_festival(span)
    found = [
        (_("同比"), span, same_last_year(span)),
        (_("环比"), span, previous(span)),
        (_("累计同比"), year, same_last_year(year)),
    ]
    # What falls into the weeks around the festival moves with it.
    if span.first.month <= 2 and festival != same_last_year(span):
        found.append((_("春节对齐同比"), span, festival))
    return found


def accident_lines(query: Query, user: Actor) -> list[Line]:
    """起数、死亡、受伤、财产损失 of the general procedure and the number of the summary one: never added up unsaid."""
    span = _span(query)
    spans = {one for _label, now, before in spans_of(span) for one in (now, before)} | {span}
    sums = {one: _sums(query.during(one), user) for one in spans}
    known = first_known(query, user)
    general, summary = query.narrowed(procedure=Procedure.GENERAL), query.narrowed(procedure=Procedure.SUMMARY)
    measures = [
        (_("一般程序事故"), pgettext("events", "起"), general, (Procedure.GENERAL, "count"), {}, compare),
        (_("死亡"), _("人"), general, (Procedure.GENERAL, "deaths"), {"is_fatal": "true"}, compare),
        (_("受伤"), _("人"), general, (Procedure.GENERAL, "injured"), {"is_injury": "true"}, compare),
        (_("直接财产损失"), _("元"), general, (Procedure.GENERAL, "loss"), {}, compare_sums),
        (_("简易程序事故"), pgettext("events", "起"), summary, (Procedure.SUMMARY, "count"), {}, compare),
    ]
    return [
        Line(
            label,
            sums[span].get(key, 0),
            unit,
            which.narrowed(**narrow).during(span),
            _compared(which.narrowed(**narrow), span, known, lambda one, key=key: sums[one].get(key, 0), how),
            is_count=key[1] == "count",
        )
        for label, unit, which, key, narrow, how in measures
    ]


def violation_lines(query: Query, user: Actor) -> list[Line]:
    """Violations and how many of them are processed."""
    span, known = _span(query), first_known(query, user)
    measures = [(_("交通违法"), query), (_("已处理"), query.narrowed(is_processed="true"))]
    return [
        Line(
            label,
            total(which.during(span), user),
            pgettext("events", "起"),
            which.during(span),
            _compared(which, span, known, lambda one, which=which: total(which.during(one), user), compare),
        )
        for label, which in measures
    ]


def _compared(
    query: Query, span: Span, known: date | None, count: Callable[[Span], int], how: Callable[..., Comparison]
) -> list[Compared]:
    return [
        Compared(label, how(count(now), count(before) if is_known(before, known) else None), query.during(before))
        for label, now, before in spans_of(span)
    ]


def is_known(span: Span, known: date | None) -> bool:
    """Whether events of that span would have come to the platform."""
    return known is not None and span.first >= known.replace(day=1)


def _sums(query: Query, user: Actor) -> dict[tuple[str, str], int]:
    rows = (
        query.rows(user)
        .order_by()
        .values("procedure")
        .annotate(count=Count("pk"), dead=Sum("deaths"), hurt=Sum("injured"), loss=Sum("property_loss_yuan"))
    )
    names = {"count": "count", "deaths": "dead", "injured": "hurt", "loss": "loss"}
    return {(row["procedure"], key): row[name] or 0 for row in rows for key, name in names.items()}


def breakdown(query: Query, key: str, user: Actor) -> list[Broken]:
    """Values of a dimension with share and change; those beyond the first twenty are left to the list.

    Raises:
        DomainError: no such dimension.
    """
    span = _span(query)
    cells, earlier = grouped(query, key, user), query.during(same_last_year(span))
    is_dated = key in {"day", "month"}
    before = {} if is_dated else {one.value: one for one in grouped(earlier, key, user)}
    has_base = not is_dated and is_known(same_last_year(span), first_known(query, user))
    whole, dimension = sum(one.count for one in cells), dimension_of(query.name, key)
    shown = cells if dimension.order or is_dated else cells[:MOST_VALUES]
    return [
        Broken(
            one,
            one.count * 100 / whole if whole else 0.0,
            compare(one.count, before[one.value].count if one.value in before else 0)
            if has_base
            else compare(one.count, None),
            dimension.opened(earlier, one.value),
        )
        for one in shown
    ]


def factors(query: Query, user: Actor) -> tuple[Query, list[tuple[str, Factor[Any], Cell]]]:
    """What the chosen accidents have more often than the rest of the same days; without a choice, those with victims.

    Returns:
        The chosen accidents, and (label of the property, factor, cell that opens its rows), the surest first.
    """
    everything = Query(query.name).during(_span(query))
    chosen = query if query != everything else query.narrowed(severity=["FATAL", "INJURY"])
    # Looked at together: the more properties, the more of them are uneven by chance.
    cells: dict[tuple[str, Any], Cell] = {}
    tables: dict[tuple[str, Any], Table] = {}
    for key in FACTOR_KEYS:
        mine, everyones = _known_cells(chosen, key, user), _known_cells(everything, key, user)
        all_mine, all_events = _known_total(chosen, key, mine, user), _known_total(everything, key, everyones, user)
        for value, cell in everyones.items():
            cells[key, value] = mine.get(value, cell)
            count = mine[value].count if value in mine else 0
            tables[key, value] = Table(count, all_mine, cell.count - count, all_events - all_mine)
    over = [one for one in over_represented(tables) if one.is_over][:MOST_FACTORS]
    return chosen, [(str(dimension_of(query.name, one.value[0]).label), one, cells[one.value]) for one in over]


def _known_cells(query: Query, key: str, user: Actor) -> dict[Any, Cell]:
    return {one.value: one for one in grouped(query, key, user) if one.value is not None and one.count}


def _known_total(query: Query, key: str, cells: Mapping[Any, Cell], user: Actor) -> int:
    """Events of which the property is known; of parties, those of which any party's is."""
    if dimension_of(query.name, key).party:
        return total(query.narrowed(**{key: [str(value) for value in cells]}), user) if cells else 0
    return sum(one.count for one in cells.values())


def repeaters(query: Query, who: str, user: Actor) -> list[Cell]:
    """Vehicles or persons with three violations or more, the most first, under names that the reader may see.

    Args:
        who: vehicle or person.
    """
    rows = query.rows(user).filter(**{f"{who}__isnull": False}).order_by().values_list(f"{who}_id")
    found = list(rows.annotate(n=Count("pk")).filter(n__gte=REPEATED).order_by("-n", f"{who}_id")[:MOST_REPEATERS])
    in_full = may_read_names(user)
    labels = {
        pk: shown_label(kind, label, in_full=in_full)
        for pk, kind, label in Element.objects.filter(pk__in=[pk for pk, _n in found]).values_list(
            "pk", "kind", "label"
        )
    }
    return [Cell(pk, labels.get(pk, f"#{pk}"), n, query.narrowed(**{who: str(pk)})) for pk, n in found]


def _span(query: Query) -> Span:
    span = query.span
    if span is None:
        raise ValueError("the page sets days")
    return span
