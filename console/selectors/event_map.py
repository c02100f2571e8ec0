"""The event layer of the map: accidents by severity, violations and incidents of a time range as tiles, counts and cards.

Tiles are made live from the partitioned tables, one SQL statement each: the time range leads to the parts, the spatial index to
the dots. Below zoom 13 a tile holds counts per cell. Scope stands in every statement; a tile carries ids and kinds alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from addresses.selectors.tiles import (
    CELL_LAYER,
    CELLS_PER_SIDE,
    EXTENT,
    POINT_LAYER,
    POINT_LIMIT,
    ROW_BUDGET,
    Tile,
    TileAddress,
    TileState,
)
from common import clock
from common.errors import DomainError
from console.selectors.map import MapQuery, read_query
from elements.filters import Count
from events.choices import EventKind, Severity
from events.kinds import EVENT_TABLES
from events.list_periods import Period, begin_of, first_day

# Dots of the layer: accidents by severity, then the others; `events.selectors.states.SEVERITIES` in SQL.
FATAL, INJURY, LOSS, VIOLATION, INCIDENT = *Severity.values, "VIOLATION", "INCIDENT"
_SEVERITY = f"""CASE WHEN e.deaths > 0 OR e.accident_type = '1' THEN '{FATAL}'
                     WHEN e.injured > 0 OR e.accident_type = '2' THEN '{INJURY}' ELSE '{LOSS}' END"""
# Kind of event → its dots and the SQL that tells them apart.
_DOTS: dict[EventKind, tuple[tuple[str, ...], str]] = {
    EventKind.ACCIDENT: ((FATAL, INJURY, LOSS), _SEVERITY),
    EventKind.VIOLATION: ((VIOLATION,), f"'{VIOLATION}'"),
    EventKind.INCIDENT: ((INCIDENT,), f"'{INCIDENT}'"),
}
# The gravest first.
DOT_KINDS = tuple(dot for dots, _sql in _DOTS.values() for dot in dots)


def kind_of_dot(dot: str) -> EventKind:
    """The kind of event that a dot stands for."""
    return next(kind for kind, (dots, _sql) in _DOTS.items() if dot in dots)


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events: dots of these kinds, from the first day to the last, in these blocks (None = all, empty = none)."""

    dots: tuple[str, ...]
    first: date
    last: date
    blocks: tuple[int, ...] | None

    @property
    def is_empty(self) -> bool:
        return self.blocks == () or not self.dots

    @property
    def parameters(self) -> dict[str, Any]:
        begin, end = begin_of(self.first), begin_of(self.last + timedelta(days=1))
        return {"begin": begin, "end": end, "blocks": list(self.blocks or ()), "dots": list(self.dots)}


def read_event_query(data: QueryDict, user: Any) -> EventQuery:
    """The query that `events`, `occurred_from`, `occurred_to` and `area` describe; without a time the last 30 days.

    Raises:
        NotAllowed: the user may not read.
        DomainError: a day that is none, a range that ends before it begins, an area that is none.
    """
    place: MapQuery = read_query(_only_area(data), user)
    today = clock.today()
    last = _day(data.get("occurred_to", "")) or today
    first = _day(data.get("occurred_from", "")) or min(first_day(Period.LAST30, today), last)
    if first > last:
        raise DomainError("BAD_TIME", _("时间范围的起点晚于终点，请改正。"))
    chosen = data.get("events")
    dots = DOT_KINDS if chosen is None else tuple(dot for dot in DOT_KINDS if dot in chosen.split(","))
    return EventQuery(dots, first, last, place.blocks)


def _only_area(data: QueryDict) -> QueryDict:
    area = QueryDict(mutable=True)
    area["area"] = data.get("area", "")
    return area


def _day(text: str) -> date | None:
    try:
        day = parse_date(text) if text else None
    except ValueError:
        day = None
    if text and (day is None or not 1990 <= day.year <= 2200):
        raise DomainError("BAD_TIME", _("日期应如 2026-10-31，请改正时间范围。"))
    return day


def fetch_event_tile(address: TileAddress, query: EventQuery) -> Tile:
    """The tile at an address; NARROW and empty where too many events lie in the time range to be counted live."""
    if query.is_empty:
        return Tile(b"", TileState.COMPLETE)
    sql = point_sql(address, query) if address.shows_points else cell_sql(address, query)
    with connection.cursor() as cursor:
        cursor.execute(sql, query.parameters)
        content, shown, found = cursor.fetchone()
    if address.shows_points:
        return Tile(bytes(content or b""), TileState.THINNED if found > shown else TileState.COMPLETE)
    if found > ROW_BUDGET:
        return Tile(b"", TileState.NARROW)
    return Tile(bytes(content or b""), TileState.COMPLETE)


def point_sql(address: TileAddress, query: EventQuery) -> str:
    """SQL of content, dots shown and dots found; of too many an even sample by a hash of the id, the same each time.

    The gravest come last and are drawn over the others.
    """
    west, south, east, north = address.bounds_m()
    return f"""
        WITH dot AS MATERIALIZED (SELECT * FROM ({_events(query, _inside(address))}) d LIMIT {ROW_BUDGET + 1}),
             shown AS (SELECT * FROM dot ORDER BY hashint8(id), id LIMIT {POINT_LIMIT})
        SELECT ST_AsMVT(t, '{POINT_LAYER}', {EXTENT}, 'geom', 'id'), count(*), (SELECT count(*) FROM dot)
        FROM (SELECT id, kind, ST_AsMVTGeom(ST_Transform(point, 3857),
                     ST_MakeEnvelope({west}, {south}, {east}, {north}, 3857), {EXTENT}, 0, true) AS geom
              FROM shown ORDER BY array_position(ARRAY{list(reversed(DOT_KINDS))}, kind), id) t"""


def cell_sql(address: TileAddress, query: EventQuery) -> str:
    """SQL of content, cells and events of the whole query; the budget is that of all, so that every low zoom says the same."""
    west, _south, east, north = address.bounds_m()
    size, last, side = (east - west) / CELLS_PER_SIDE, CELLS_PER_SIDE - 1, EXTENT // CELLS_PER_SIDE
    column = f"least({last}, greatest(0, floor((ST_X(m) - ({west})) / {size})::int))"
    row = f"least({last}, greatest(0, floor(({north} - ST_Y(m)) / {size})::int))"
    return f"""
        WITH wanted AS MATERIALIZED (
                SELECT count(*) AS number FROM (SELECT 1 FROM ({_events(query, "")}) a LIMIT {ROW_BUDGET + 1}) b),
             dot AS (SELECT kind, ST_Transform(point, 3857) AS m FROM ({_events(query, _inside(address))}) d
                     WHERE (SELECT number FROM wanted) <= {ROW_BUDGET}),
             cell AS (SELECT {column} AS x, {row} AS y, kind, count(*)::int AS count FROM dot GROUP BY 1, 2, 3)
        SELECT ST_AsMVT(t, '{CELL_LAYER}', {EXTENT}, 'geom'), count(*), (SELECT number FROM wanted)
        FROM (SELECT ST_MakePoint(x * {side} + {side // 2}, y * {side} + {side // 2}) AS geom, kind, count FROM cell) t"""


def _inside(address: TileAddress) -> str:
    west, south, east, north = address.bounds_deg()
    return f"AND e.point && ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326)"


def _events(query: EventQuery, where: str) -> str:
    """SQL of (id, kind, point) of the standing events of the query."""
    block = "" if query.blocks is None else "AND e.block_id = ANY(%(blocks)s)"
    selects = []
    for kind, (dots, told_apart) in _DOTS.items():
        chosen = [dot for dot in dots if dot in query.dots]
        if chosen:
            narrowed = "" if len(chosen) == len(dots) else f"AND {told_apart} = ANY(%(dots)s)"
            selects.append(
                f"""SELECT e.id, {told_apart} AS kind, e.point FROM {EVENT_TABLES[kind].table} e
                    WHERE e.occurred_at >= %(begin)s AND e.occurred_at < %(end)s AND NOT e.is_withdrawn
                      {block} {narrowed} {where}"""
            )
    return " UNION ALL ".join(selects)


@dataclass(frozen=True, slots=True)
class DotCount:
    """How many events a dot stands for, and how many of them have no place on the map."""

    dot: str
    count: Count
    not_on_map: Count


def event_legend(query: EventQuery) -> list[DotCount]:
    """Counts of the chosen dots, up to the budget together: one statement."""
    found: dict[str, tuple[int, int]] = {}
    if not query.is_empty:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT kind, count(*), count(*) FILTER (WHERE point IS NULL)
                    FROM (SELECT * FROM ({_events(query, "")}) a LIMIT {ROW_BUDGET + 1}) b GROUP BY kind""",
                query.parameters,
            )
            found = {kind: (number, placeless) for kind, number, placeless in cursor.fetchall()}
    is_more = sum(number for number, _placeless in found.values()) > ROW_BUDGET
    counts = {dot: found.get(dot, (0, 0)) for dot in query.dots}
    return [DotCount(dot, Count(n, is_more), Count(placeless, is_more)) for dot, (n, placeless) in counts.items()]
