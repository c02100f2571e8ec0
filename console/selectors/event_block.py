"""What happened in a block: counts of its events over the last 30 days and 12 months, and how many are news to a reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, Sum

from addresses.models import Area
from common import clock
from common.scope import Actor
from console.selectors.counts import capped_counts
from elements.filters import Count
from events.choices import EventKind, Procedure
from events.kinds import EVENT_TABLES
from events.list_periods import Period, begin_of, first_day

MONTH, YEAR = "month", "year"
# Code → kind and procedure of the list that shows exactly these events; accidents of either procedure are never added up.
MEASURES: dict[str, tuple[EventKind, str]] = {
    "general": (EventKind.ACCIDENT, Procedure.GENERAL),
    "summary": (EventKind.ACCIDENT, Procedure.SUMMARY),
    "violations": (EventKind.VIOLATION, ""),
    "incidents": (EventKind.INCIDENT, ""),
    "captures": (EventKind.CAPTURE, ""),
}
_NEWS = (EventKind.ACCIDENT, EventKind.VIOLATION, EventKind.INCIDENT)


@dataclass(frozen=True, slots=True)
class BlockEvents:
    """Counts by code of a measure and span; `victims`: span → deaths and injured of all its accidents; `since`: first days."""

    counts: dict[tuple[str, str], Count]
    victims: dict[str, tuple[int, int]]
    since: dict[str, date]


def first_days(today: date) -> dict[str, date]:
    """The days with which the two spans begin; today counts."""
    same_day = today - timedelta(days=1) if (today.month, today.day) == (2, 29) else today
    return {
        MONTH: first_day(Period.LAST30, today),
        YEAR: same_day.replace(year=today.year - 1) + timedelta(days=1),
    }


def block_events(block: Area, user: Actor) -> BlockEvents:
    """Counts of the block's events: two statements."""
    since = first_days(clock.today())
    asked = {
        f"{code}:{span}": _events(block, user, kind, begin_of(day)).filter(Q(procedure=procedure) if procedure else Q())
        for code, (kind, procedure) in MEASURES.items()
        for span, day in since.items()
    }
    counted = capped_counts(asked)
    counts = {(code, span): counted[f"{code}:{span}"] for code in MEASURES for span in since}
    return BlockEvents(counts, _victims(block, user, since), since)


def event_news(block: Area, user: Actor, since: datetime) -> list[tuple[EventKind, Count]]:
    """Events of the last 12 months that were recorded or changed since then, by kind, none left out: one statement.

    What devices saw is not counted: there is always more of it.
    """
    begin = begin_of(first_days(clock.today())[YEAR])
    asked = {kind.value: _events(block, user, kind, begin).filter(updated_at__gt=since) for kind in _NEWS}
    counts = capped_counts(asked)
    return [(kind, counts[kind.value]) for kind in _NEWS if counts[kind.value].value]


def _events(block: Area, user: Actor, kind: EventKind, begin: datetime) -> Any:
    table = EVENT_TABLES[kind]
    found: Any = table.model._default_manager.visible_to(user).filter(block_id=block.pk, occurred_at__gte=begin)
    return found if table.is_observation else found.standing()


def _victims(block: Area, user: Actor, since: dict[str, date]) -> dict[str, tuple[int, int]]:
    begins = {span: begin_of(day) for span, day in since.items()}
    accidents = _events(block, user, EventKind.ACCIDENT, min(begins.values()))
    sums = accidents.aggregate(**dict(_sums(begins)))
    return {span: (sums[f"deaths_{span}"] or 0, sums[f"injured_{span}"] or 0) for span in since}


def _sums(begins: dict[str, datetime]) -> Iterator[tuple[str, Sum]]:
    for span, begin in begins.items():
        for field in ("deaths", "injured"):
            yield f"{field}_{span}", Sum(field, filter=Q(occurred_at__gte=begin))
