"""Where a vehicle went: the fixes of its plates in their periods, cut at gaps, thinned for drawing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from common.codes import code_table
from common.errors import DomainError, NotVisible
from common.geometry import METRIC_SRID, SRID
from common.scope import Actor
from elements.choices import ElementKind, KeyScheme
from elements.fold.sql import local_day
from elements.models import Element

MAX_DAYS = 31
# Silence for longer than this: nobody knows where the vehicle was, and no line is drawn.
GAP = timedelta(minutes=10)
# Douglas-Peucker: no fix lies farther from the drawn line than this. A lane is 3.5 m wide, a fix is good to 5 m.
TOLERANCE_M = 5


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """A fix that is drawn; WGS84 degrees."""

    occurred_at: datetime
    lon: float
    lat: float


@dataclass(slots=True)
class Leg:
    """Fixes without a gap between them.

    Attributes:
        started_at, ended_at: first and last fix.
        fix_count: how many there are; `points` are those that are drawn, first and last among them.
    """

    started_at: datetime
    ended_at: datetime
    fix_count: int
    points: list[TrackPoint] = field(default_factory=list)


@dataclass(slots=True)
class Track:
    """Legs by time; between two of them the place is unknown.

    Attributes:
        fix_count: fixes in the time asked for; one a moment, also when two sources report it.
    """

    legs: list[Leg] = field(default_factory=list)
    fix_count: int = 0

    @property
    def drawn_count(self) -> int:
        """Points that are drawn."""
        return sum(len(leg.points) for leg in self.legs)

    @property
    def gaps(self) -> list[tuple[datetime, datetime]]:
        """From when to when the place is unknown, between the first and the last fix."""
        return [(a.ended_at, b.started_at) for a, b in zip(self.legs, self.legs[1:], strict=False)]


def track_of(vehicle_id: int, user: Actor, from_at: datetime, to_at: datetime) -> Track:
    """The track of a vehicle from one moment up to but not including another: two queries.

    A plate counts only for the days on which it was this vehicle's. A source that states no plate type is taken at its
    word where one vehicle alone bore the number on that day.

    Raises:
        NotVisible: no such vehicle, or not in the user's scope: one answer for both.
        DomainError: the time is empty or too long.
    """
    if not Element.objects.visible_to(user).filter(pk=vehicle_id, kind=ElementKind.VEHICLE).exists():
        raise NotVisible
    if not from_at < to_at <= from_at + timedelta(days=MAX_DAYS):
        raise DomainError("TRACK_PERIOD", f"轨迹的起止时间不对：止应晚于起，且一次最多查 {MAX_DAYS} 天。")
    with connection.cursor() as cursor:
        cursor.execute(
            _TRACK,
            {
                "vehicle": vehicle_id, "plate": int(KeyScheme.PLATE), "from": from_at, "to": to_at,
                "gap": GAP, "tolerance": TOLERANCE_M, "types": list(code_table("hpzl")),
            },
        )  # fmt: skip
        return _read(cursor.fetchall())


def _read(rows: list[tuple[Any, ...]]) -> Track:
    track = Track()
    number = None
    for leg_number, started_at, ended_at, fix_count, epoch, lon, lat in rows:
        if leg_number != number:
            number = leg_number
            track.legs.append(Leg(started_at, ended_at, fix_count))
            track.fix_count += fix_count
        moment = datetime.fromtimestamp(round(epoch, 3), tz=UTC)
        track.legs[-1].points.append(TrackPoint(moment, round(lon, 6), round(lat, 6)))
    return track


# The key of the table leads to the fixes of a tracker in a time. A line carries the seconds since 1970 as its measure, so that
# what is left of it after thinning still says when. The projection is used for thinning alone.
_TRACK = f"""
    WITH plate AS (
        SELECT split_part(k.value, ':', 1) AS type, split_part(k.value, ':', 2) AS number, k.valid_from, k.valid_to
        FROM elements_elementkey k WHERE k.element_id = %(vehicle)s AND k.scheme = %(plate)s),
    tracker AS (
        SELECT t.id, p.number, t.plate_type = '' AS is_untyped, daterange(p.valid_from, p.valid_to) AS period
        FROM plate p JOIN events_tracker t ON t.plate_number = p.number AND t.plate_type IN (p.type, '')),
    rival AS (
        SELECT t.id, daterange(o.valid_from, o.valid_to) AS period
        FROM tracker t JOIN elements_elementkey o ON o.scheme = %(plate)s AND o.element_id <> %(vehicle)s
         AND o.value = ANY(ARRAY(SELECT y || ':' || t.number FROM unnest(%(types)s::text[]) y))
        WHERE t.is_untyped),
    fix AS (
        SELECT DISTINCT ON (p.occurred_at) p.occurred_at, p.point
        FROM tracker t JOIN events_position p ON p.tracker_id = t.id
        WHERE p.occurred_at >= %(from)s AND p.occurred_at < %(to)s AND t.period @> {local_day("p.occurred_at")}
          AND NOT EXISTS (SELECT 1 FROM rival r WHERE r.id = t.id AND r.period @> {local_day("p.occurred_at")})
        ORDER BY p.occurred_at, p.tracker_id),
    cut AS (
        SELECT *, (occurred_at - lag(occurred_at) OVER (ORDER BY occurred_at) > %(gap)s)::int AS is_after_gap FROM fix),
    leg AS (
        SELECT *, sum(coalesce(is_after_gap, 0)) OVER (ORDER BY occurred_at) AS number FROM cut),
    line AS (
        SELECT number, min(occurred_at) AS started_at, max(occurred_at) AS ended_at, count(*) AS fixes,
               ST_MakeLine(ST_SetSRID(ST_MakePointM(ST_X(point), ST_Y(point), extract(epoch FROM occurred_at)), {SRID})
                           ORDER BY occurred_at) AS line
        FROM leg GROUP BY number)
    SELECT l.number, l.started_at, l.ended_at, l.fixes, ST_M(d.geom), ST_X(d.geom), ST_Y(d.geom)
    FROM line l CROSS JOIN LATERAL (
        SELECT CASE WHEN l.fixes < 3 THEN l.line
                    ELSE ST_Transform(ST_Simplify(ST_Transform(l.line, {METRIC_SRID}), %(tolerance)s, true), {SRID}) END AS line) s
    CROSS JOIN LATERAL ST_DumpPoints(s.line) d
    ORDER BY l.number, d.path"""
