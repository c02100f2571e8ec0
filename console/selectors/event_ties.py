"""Events of one element that a reader may see: newest first by keyset, and counted by kind and year.

An element that is visible does not make its events visible: each is narrowed by its own block, and those outside are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, Count, F, OuterRef, Q, QuerySet, SmallIntegerField, Subquery, Value
from django.db.models.functions import ExtractYear

from common.scope import Actor
from elements.choices import ElementKind, RelationType
from elements.models import Element, Relation
from events.choices import EventKind
from events.kinds import EVENT_TABLES
from events.models import Accident
from events.selectors.labels import TELLING

PAGE_ROWS = 20
# Kind of element → kinds of events that name it, and by which column; a person or vehicle is in an accident as a party.
_TIES: dict[str, tuple[tuple[EventKind, str], ...]] = {
    ElementKind.VEHICLE: (
        (EventKind.PARTY, "vehicle"), (EventKind.VIOLATION, "vehicle"), (EventKind.INCIDENT, "vehicle"),
        (EventKind.CAPTURE, "vehicle"),
    ),
    ElementKind.PERSON: ((EventKind.PARTY, "person"), (EventKind.VIOLATION, "person")),
    ElementKind.ROAD: ((EventKind.ACCIDENT, "road"), (EventKind.VIOLATION, "road"), (EventKind.INCIDENT, "road")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment on, up to and without another."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class After:
    """Where a page begins: after the event with this time, rank of its kind and id."""

    at: datetime
    rank: int
    event_id: int


@dataclass(frozen=True, slots=True)
class TiedEvent:
    """One event. `page_id` is whose page shows it (None: an accident that is not known yet); `telling` the values of the
    fields that say what happened; `share` the responsibility of a party, a code."""

    rank: int
    kind: EventKind
    event_id: int
    occurred_at: datetime
    page_kind: EventKind
    page_id: int | None
    telling: tuple[str | None, ...]
    place: str
    share: str


@dataclass(frozen=True, slots=True)
class TiedCounts:
    """Visible events by kind and year, and how many of all kinds lie outside the scope."""

    by_kind: dict[EventKind, dict[int, int]]
    hidden: int


def tied_kinds(element: Element) -> tuple[EventKind, ...]:
    """Kinds of events that may name the element; none for houses, units and facilities."""
    return tuple(kind for kind, _column in _TIES.get(element.kind, ()))


def tied_page(
    element: Element, user: Actor, *, kind: EventKind | None, span: Span, after: After | None
) -> tuple[list[TiedEvent], After | None]:
    """The next rows, newest first, and where the page after them begins: one query."""
    parts = []
    for rank, code, queryset in _parts(element, span):
        if kind in (None, code):
            rows = _beyond(queryset.visible_to(user), rank, after) if after else queryset.visible_to(user)
            parts.append(_columns(rows, rank, code).order_by("-occurred_at", "-id")[: PAGE_ROWS + 1])
    if not parts:
        return [], None
    found = parts[0]
    if len(parts) > 1:
        found = _together(parts).order_by("-occurred_at", "rank", "-id")[: PAGE_ROWS + 1]
    rows = [_event(element, row) for row in found]
    last = rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    return rows[:PAGE_ROWS], After(last.occurred_at, last.rank, last.event_id) if last else None


def tied_counts(element: Element, user: Actor, span: Span) -> TiedCounts:
    """How many of each kind and year: one query."""
    scope = user.scope
    inside = Q() if scope.all_blocks else Q(block_id__any=scope.block_ids)
    counted = [
        queryset.annotate(rank=Value(rank, SmallIntegerField()), year=ExtractYear("occurred_at"))
        .values("rank", "year")
        .annotate(total=Count("id"), seen=Count("id", filter=inside) if inside else Count("id"))
        .values_list("rank", "year", "total", "seen")
        for rank, _code, queryset in _parts(element, span)
    ]
    by_kind: dict[EventKind, dict[int, int]] = defaultdict(dict)
    hidden, kinds = 0, tied_kinds(element)
    for rank, year, total, seen in _together(counted) if counted else ():
        hidden += total - seen
        if seen:
            by_kind[kinds[rank]][year] = seen
    return TiedCounts(dict(by_kind), hidden)


def _parts(element: Element, span: Span) -> Iterator[tuple[int, EventKind, Any]]:
    """Rank, kind and standing events of each kind that name the element inside the span."""
    road = _road_of_section(element)
    for rank, (kind, column) in enumerate(_TIES.get(element.kind, ())):
        table = EVENT_TABLES[kind]
        named = {column: element.pk} if road is None else {column: road, "block": element.block_id}
        queryset: Any = table.model._default_manager.filter(
            **named, occurred_at__gte=span.begin, occurred_at__lt=span.end
        )
        yield rank, kind, queryset if table.is_observation else queryset.standing()


def _road_of_section(element: Element) -> int | None:
    """The road that the element is a section of: what a block has of it, so that its events are the road's in that block."""
    if element.kind != ElementKind.ROAD:
        return None
    found = Relation.objects.filter(subject=element.pk, type=RelationType.SECTION_OF)
    return found.values_list("object", flat=True).first()


def _together(parts: Sequence[QuerySet]) -> QuerySet:
    first, *rest = parts
    return first.union(*rest, all=True) if rest else first


def _beyond(queryset: Any, rank: int, after: After) -> Any:
    """Rows that come after the place; of one moment the kinds follow each other by rank."""
    if rank > after.rank:
        return queryset.filter(occurred_at__lte=after.at)
    earlier = Q(occurred_at__lt=after.at)
    if rank == after.rank:
        earlier |= Q(occurred_at=after.at, id__lt=after.event_id)
    return queryset.filter(earlier, occurred_at__lte=after.at)


def _columns(queryset: Any, rank: int, kind: EventKind) -> Any:
    """The same columns of every kind: rank, id, occurred_at, page, two telling fields, place, share."""
    text = CharField()
    nothing = Value(None, text)
    telling = [F(name) for name in TELLING[kind]]
    page, place, share = F("id"), F("place_text"), nothing
    if kind == EventKind.PARTY:
        # The time of a party is that of its accident: it leads to the part of the table.
        accident = Accident.objects.filter(pk=OuterRef("accident_id"), occurred_at=OuterRef("occurred_at"))
        said = [*TELLING[EventKind.ACCIDENT], "place_text"]
        *telling, place = (Subquery(accident.values(name)[:1], output_field=text) for name in said)
        page, share = F("accident_id"), F("responsibility")
    first, second = [*telling, nothing][:2]
    return queryset.annotate(
        rank=Value(rank, SmallIntegerField()), page=page, first=first, second=second, place=place, share=share
    ).values_list("rank", "id", "occurred_at", "page", "first", "second", "place", "share")


def _event(element: Element, row: tuple[Any, ...]) -> TiedEvent:
    rank, event_id, at, page_id, first, second, place, share = row
    kind = tied_kinds(element)[rank]
    page_kind = EventKind.ACCIDENT if kind == EventKind.PARTY else kind
    telling = (first, second)[: len(TELLING[page_kind])]
    return TiedEvent(rank, kind, event_id, at, page_kind, page_id, telling, place or "", share or "")
