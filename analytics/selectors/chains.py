"""Who was in accident after accident: vehicles, drivers, and enterprises by the vehicles that they owned on the day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate

from analytics.query import Query
from common.scope import Actor
from elements.choices import ElementKind, RelationType
from elements.models import Element
from elements.selectors.masking import may_read_names, shown_label
from events.models import AccidentParty
from events.selectors.states import severity_of

MOST = 20
# Kind of thing → the filter of accidents that opens its rows.
PARAMETERS = {ElementKind.UNIT: "enterprise", ElementKind.PERSON: "person", ElementKind.VEHICLE: "vehicle"}


@dataclass(frozen=True, slots=True)
class Chain:
    """Accidents of one thing.

    Attributes:
        element_id: of the thing; None where it lies outside the reader's scope.
        label: as the reader may see it; "" outside the scope.
        count: accidents of the query.
        roads: ids of the roads they happened on, each once.
        days: the first and the latest.
        severities: how many of each.
        query: exactly these accidents.
    """

    kind: ElementKind
    element_id: int | None
    label: str
    count: int
    roads: dict[int, int]
    days: tuple[datetime, datetime]
    severities: dict[str, int]
    query: Query

    def road_query(self, road_id: int) -> Query:
        """Its accidents on one road."""
        return self.query.narrowed(road=str(road_id))


def chains(query: Query, user: Actor, *, least: int) -> dict[ElementKind, list[Chain]]:
    """Things with `least` accidents of the query or more, the most first: at most twenty of a kind; five statements.

    Raises:
        DomainError: a filter value that cannot be.
    """
    events = query.rows(user).order_by()
    found = {kind: _grouped(events, kind, least) for kind in PARAMETERS}
    accidents = {
        row["pk"]: row
        for row in events.filter(pk__in={pk for rows in found.values() for _id, pks in rows for pk in pks}).values(
            "pk", "occurred_at", "road_id", "deaths", "injured", "accident_type"
        )
    }
    things = Element.objects.visible_to(user).in_bulk([pk for rows in found.values() for pk, _accidents in rows])
    in_full = may_read_names(user)

    def chain(kind: ElementKind, pk: int, ids: Sequence[int]) -> Chain:
        own, thing = [accidents[one] for one in ids], things.get(pk)
        days = sorted(one["occurred_at"] for one in own)
        return Chain(
            kind, thing and thing.pk, shown_label(kind, thing.label, in_full=in_full) if thing else "", len(own),
            _tally(one["road_id"] for one in own if one["road_id"]), (days[0], days[-1]),
            _tally(severity_of(one) for one in own), query.narrowed(**{PARAMETERS[kind]: str(pk)}),
        )  # fmt: skip

    return {kind: [chain(kind, pk, ids) for pk, ids in rows] for kind, rows in found.items()}


def _grouped(events: QuerySet[Any], kind: ElementKind, least: int) -> list[tuple[int, list[int]]]:
    """(thing, its accidents), the most accidents first."""
    parties = AccidentParty.objects.standing().filter(accident_id__in=events.values("pk"))
    if kind == ElementKind.UNIT:
        # One filter, so that all conditions are about the same relation.
        day = TruncDate("occurred_at")
        parties = parties.filter(
            Q(vehicle__relations__valid_from__isnull=True) | Q(vehicle__relations__valid_from__lte=day),
            Q(vehicle__relations__valid_to__isnull=True) | Q(vehicle__relations__valid_to__gt=day),
            vehicle__relations__type=RelationType.OWNED_BY,
            vehicle__relations__object__kind=ElementKind.UNIT,
        ).annotate(thing=F("vehicle__relations__object_id"))
    else:
        parties = parties.annotate(thing=F(f"{PARAMETERS[kind]}_id")).filter(thing__isnull=False)
    rows = parties.values("thing").annotate(n=Count("accident_id", distinct=True)).filter(n__gte=least)
    rows = rows.annotate(ids=ArrayAgg("accident_id", distinct=True)).order_by("-n", "thing")
    return list(rows.values_list("thing", "ids")[:MOST])


def _tally(values: Any) -> dict[Any, int]:
    counted: dict[Any, int] = {}
    for one in values:
        counted[one] = counted.get(one, 0) + 1
    return counted


def road_names(found: Iterable[Chain]) -> dict[int, str]:
    """Names of the roads of chains: one statement."""
    ids = {pk for one in found for pk in one.roads}
    return dict(Element.objects.filter(pk__in=ids).values_list("pk", "label"))
