"""What boards (看板、大屏) count: alerts, orders, inspections, accidents, violations, and the same of each area below.

Everything is counted in sets, from the filters of the lists that the figures open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import F, QuerySet
from django.http import QueryDict
from django.utils import timezone

from addresses.choices import AreaKind
from addresses.selectors.blocks import block_ids_of_areas
from analytics.periods import Span, month_of, same_last_year, until
from analytics.query import Query
from analytics.reports.figures import stopped_on
from analytics.risk_filters import filtered_sheets
from analytics.selectors.counting import Indices, crossed, grouped, indices
from analytics.selectors.indicator_areas import AreaTree, Place
from analytics.selectors.overview import first_known
from analytics.selectors.recent import Recent, recent
from common.errors import NotVisible
from common.scope import Actor
from console.selectors.counts import capped_counts
from duty.filters import filtered_due, filtered_orders
from elements.filters import Count
from elements.selectors.coverage import grouped_counts
from events.choices import Procedure
from tagging.alert_filters import filtered_alerts

# Figure → parameters of the list that shows exactly those rows.
ALERTS = {
    "open": "standing=open", "urgent": "standing=open&level=2", "new": "state=NEW", "accepted": "state=ACCEPTED",
    "acting": "state=ACTING", "today": "raised=today", "late": "standing=late", "overdue": "standing=overdue",
}  # fmt: skip
ORDERS = {"open": "standing=open", "overdue": "standing=overdue"}
INSPECTIONS = {"overdue": "standing=OVERDUE", "soon": "standing=SOON"}
RISKS = {"review": "review=overdue", "measures": "measures=late"}
# Kind of area → what events are grouped by to count the areas below it.
_BELOW = {AreaKind.BRIGADE: "squadron", AreaKind.SQUADRON: "district", AreaKind.DISTRICT: "grid"}


@dataclass(frozen=True)
class Ground:
    """What a board is about: an area, or all that the reader sees.

    Attributes:
        area_id: asked for; None = all that the reader sees.
        top: the area that the board is called after; None = the reader sees no block.
        is_whole: the reader sees all of it.
        blocks: that narrow lists to the area; None = the scope alone does.
        below: areas right below, as far as the reader sees of them, in the order of their codes.
        grouped_by: dimension of events that tells them apart; "" = there are none below.
    """

    tree: AreaTree
    area_id: int | None
    top: Place | None
    is_whole: bool
    place: Place
    blocks: list[int] | None
    below: list[Place]
    grouped_by: str

    @property
    def params(self) -> dict[str, str]:
        """What narrows a list to it."""
        return {"area": str(self.area_id)} if self.area_id else {}

    @property
    def query(self) -> str:
        """The same as the query string of another page; "" = all that the reader sees."""
        return f"?{urlencode(self.params)}" if self.params else ""

    def is_pseudo(self, place: Place) -> bool:
        """What lies nowhere, beside the areas below."""
        return place.area_id is not None and self.tree.is_pseudo(place.area_id)

    def events(self, name: str, **values: str) -> Query:
        """Events of a list in it, at any time."""
        return Query.of(name, **self.params, **values)


def ground(user: Actor, area_id: int | None, today: date) -> Ground:
    """The area of a board: two queries.

    Raises:
        NotVisible: the reader sees no block of the area asked for, or there is no such area.
    """
    tree = AreaTree(user, today)
    if area_id is not None and not tree.sees(area_id):
        raise NotVisible
    top_id = area_id or tree.top
    if top_id is None:
        return Ground(tree, None, None, False, tree.whole(""), [], [], "")
    top = tree.place(top_id)
    grouped_by = _BELOW.get(AreaKind(top.kind), "")
    below = [tree.place(pk) for pk in tree.children(top_id)] if grouped_by else []
    blocks = None if area_id is None else sorted(block_ids_of_areas([area_id], today))
    place = top if area_id else tree.whole("")
    return Ground(tree, area_id, top, top_id in tree.fully_seen(), place, blocks, below, grouped_by)


def work_counts(user: Actor, where: Ground) -> dict[str, Count]:
    """`alerts:open`, `orders:overdue`, `inspections:soon` …: one statement."""
    querysets: dict[str, QuerySet[Any]] = {}
    for group, read, path, measures in (
        ("alerts", filtered_alerts, "block_id", ALERTS),
        ("orders", filtered_orders, "facility__block_id", ORDERS),
        ("inspections", filtered_due, "block_id", INSPECTIONS),
    ):
        for name, asked in measures.items():
            found, _filterset = read(QueryDict(asked), user)
            # The blocks are looked up once, where the filter `area=` would ask for each of the lists.
            narrowed = found if where.blocks is None else found.filter(**{f"{path}__any": where.blocks})
            querysets[f"{group}:{name}"] = narrowed
    for name, asked in RISKS.items():
        # A district's sheet lies in no block: the list's own filter knows where it belongs.
        querysets[f"risks:{name}"] = filtered_sheets(QueryDict(urlencode(params_of(asked, where))), user)[0]
    return capped_counts(querysets)


def params_of(asked: str, where: Ground) -> dict[str, str]:
    """Parameters of the list behind a figure."""
    return dict(parse_qsl(asked)) | where.params


@dataclass(frozen=True, slots=True)
class Happened:
    """Accidents of either procedure, which are never added up unsaid, and violations, day by day.

    Attributes:
        today, yesterday, month: the days that are told; the month up to today.
        victims: of accidents of the general procedure, by these days and those of last year.
        stopped: list of events → the day of its last one, where the whole city has had none for so long that imports have stopped.
    """

    general: Recent
    summary: Recent
    violations: Recent
    today: Span
    yesterday: Span
    month: Span
    victims: dict[Span, Indices]
    stopped: dict[str, date]

    @property
    def lists(self) -> dict[str, Recent]:
        return {"general": self.general, "summary": self.summary, "violations": self.violations}


def happened(user: Actor, where: Ground, today: date) -> Happened:
    """What happened; today is always counted from the events themselves or from day counts that are not stale."""
    known = {name: first_known(Query(name), user) for name in ("accidents", "violations")}
    general, summary, violations = (
        recent(where.events(name, **values), user, today=today, known=known[name])
        for name, values in (
            ("accidents", {"procedure": Procedure.GENERAL}),
            ("accidents", {"procedure": Procedure.SUMMARY}),
            ("violations", {}),
        )
    )
    day, before = Span(today, today), Span(today - timedelta(days=1), today - timedelta(days=1))
    month = until(month_of(today), today)
    victims = {
        one: indices(general.rows(one), user)
        for one in (day, before, same_last_year(day), month, same_last_year(month))
    }
    return Happened(general, summary, violations, day, before, month, victims, _stopped(today))


def _stopped(today: date) -> dict[str, date]:
    return {name: day for name in ("accidents", "violations") if (day := stopped_on(name, today))}


@dataclass(frozen=True, slots=True)
class AreaLine:
    """One area below: what happened in the month, and what is open there now.

    Attributes:
        counts: general, summary, violations; alerts (open), late (nobody took them in time), orders (overdue).
    """

    place: Place
    counts: dict[str, int]


def area_lines(user: Actor, where: Ground, what: Happened) -> list[AreaLine]:
    """The areas below, those with most accidents first; a pseudo-block without anything is left out."""
    if not where.below:
        return []
    by_area = {name: _events_by_area(of, what.month, where.grouped_by, user) for name, of in what.lists.items()}
    work, in_force, lines = _work_by_block(user), where.tree.in_force(), []
    for place in where.below:
        counts = {name: found.get(place.area_id, 0) for name, found in by_area.items()}
        counts |= {name: _sum(found, place.blocks & in_force) for name, found in work.items()}
        if not where.is_pseudo(place) or any(counts.values()):
            lines.append(AreaLine(place, counts))
    return sorted(lines, key=lambda one: (-one.counts["general"], -one.counts["summary"], one.place.code))


def _events_by_area(of: Recent, month: Span, key: str, user: Actor) -> dict[Any, int]:
    # Of the whole scope: whether an area asked for lies in that of a value would be looked up for each value.
    return {one.value: one.count for one in grouped(of.rows(month).narrowed(area=None), key, user)}


def _work_by_block(user: Actor) -> dict[str, dict[int, int]]:
    """Open and late alerts, overdue orders of each block: two statements."""
    alerts = {
        name: filtered_alerts(QueryDict(ALERTS[key]), user)[0] for name, key in (("alerts", "open"), ("late", "late"))
    }
    orders = {"orders": filtered_orders(QueryDict(ORDERS["overdue"]), user)[0]}
    return grouped_counts(alerts) | grouped_counts(orders, F("facility__block_id"))


def _sum(by_block: dict[int, int], blocks: Iterable[int]) -> int:
    return sum(by_block.get(block, 0) for block in blocks)


def last_hours(user: Actor, of: Recent, now: datetime) -> list[tuple[date, int, int]]:
    """(day, hour, events) of the last twenty-four hours by the clock on the wall, the running one last: two queries."""
    local = timezone.localtime(now)
    first, last = (local - timedelta(hours=23)).date(), local.date()
    counts = crossed(of.rows(Span(first, last)), "day", "hour", user).counts
    moments = [local - timedelta(hours=back) for back in range(23, -1, -1)]
    return [(one.date(), one.hour, counts.get((one.date(), one.hour), 0)) for one in moments]
