"""`events`: pages over years of violations and a season of positions: list, deep page, event, vehicle, block, map, track, retention.

`--rows` positions are spread over 2,000 trackers and 90 days, a tenth as many violations over three years. They are filled by one
statement a part, not by the import, which `landing` and `positions` measure. Each page is asked for through the whole stack of a
request, by who sees everything.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.choices import Role
from accounts.models import User
from addresses.models import Area
from bench.accounts import client_of, reader
from bench.dots import fill_texts, fill_vehicles
from bench.ground import load_ground
from bench.report import Result
from bench.timing import percentile, seconds
from common import clock
from common.partitions import ensure_partitions
from common.statistics import refresh_statistics
from elements.models import Element
from events.models import Position, Violation
from events.selectors.tracks import track_of
from events.services.positions_retention import drop_old_parts

DEFAULT_ROWS = 1_000_000
# Requests of each page.
DEFAULT_REPEATS = 20
_VEHICLES, _TRACKERS, _POSITION_DAYS, _MONTHS = 20_000, 2_000, 90, 36
_NEXT = re.compile(r'rel="next" href="([^"]+)"')
_CODES = ["1039", "1344", "1352", "1208"]


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Fills the tables, then asks for each page; the first request of each is not counted."""
    load_ground(2_000, tell)
    fill_texts()
    fill_vehicles(_VEHICLES)
    today = clock.today()
    violations = fill_violations(rows // 10, today, tell)
    positions = _fill_positions(rows, today, tell)
    user = reader(Role.BRIGADE)
    client, figures = client_of(user), {}
    for name, urls in _pages(client, today).items():
        tell(name)
        _get(client, urls[0])
        taken = [seconds(lambda: _get(client, urls[lap % len(urls)])) for lap in range(repeats)]  # noqa: B023
        figures[f"{name}_p50_ms"] = percentile(taken, 0.5) * 1_000
        figures[f"{name}_p95_ms"] = percentile(taken, 0.95) * 1_000
    figures["track_p50_ms"] = percentile([seconds(one) for one in _tracks(user, today, repeats)], 0.5) * 1_000
    tell("retention: a day of positions")
    old = today - timedelta(days=200)
    _fill_day(old, rows // _POSITION_DAYS)
    figures["drop_a_day_s"] = seconds(lambda: drop_old_parts(now=clock.now()))
    return Result("events", {"positions": positions, "violations": violations, **_sizes(), **figures})


def fill_violations(count: int, today: date, tell: Callable[[str], None], *, vehicles: int = _VEHICLES) -> int:
    """Months of violations at points near the grids, most of them by vehicles of the registry."""
    first = (today.replace(day=1) - timedelta(days=_MONTHS * 30)).replace(day=1)
    ensure_partitions(Violation, first, today)
    parts = [*Violation.partitioning.spans(first, today)]
    with connection.cursor() as cursor:
        for number, (lower, upper) in enumerate(parts):
            tell(f"violations: {lower:%Y-%m}, {count // len(parts):,} rows")
            cursor.execute(_VIOLATIONS, {
                "first": number * (count // len(parts)), "rows": count // len(parts), "codes": _CODES, "vehicles": vehicles,
                "lower": datetime.combine(lower, time(), UTC), "upper": min(datetime.combine(upper, time(), UTC), clock.now()),
            })  # fmt: skip
    refresh_statistics("events_violation")
    refresh_statistics("events_eventkey")
    return Violation.objects.count()


# Ids of the vehicles are 1 to their number (`fill_vehicles`).
_VIOLATIONS = """
    WITH grid AS MATERIALIZED (
             SELECT row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS grids, id, ST_PointOnSurface(geom) AS point
             FROM addresses_area WHERE kind = 'GRID' AND NOT is_pseudo AND valid_to IS NULL),
         drawn AS MATERIALIZED (
             SELECT n, 'B' || n AS number, n * 31 %% (SELECT max(grids) FROM grid) AS grid, 1 + n * 7919 %% %(vehicles)s AS vehicle,
                    %(lower)s + (%(upper)s - %(lower)s) * ((n * 48271 %% 2147483647)::float / 2147483647) AS at
             FROM generate_series(%(first)s::bigint + 1, %(first)s + %(rows)s) n),
         keyed AS (
             INSERT INTO events_eventkey (kind, source_id, number, occurred_at)
             SELECT 'VIOLATION', (SELECT id FROM elements_source WHERE code = 'TMRI_VIOLATION'), number, at FROM drawn
             RETURNING id, source_id, number, occurred_at)
    INSERT INTO events_violation (id, source_id, number, version_id, is_withdrawn, block_id, updated_at, place_quality, occurred_at,
                                  code, method, plate_number, plate_type, vehicle_id, point, place_text, fine_yuan, points)
    SELECT k.id, k.source_id, k.number, 0, false, g.id, now(), 'EXACT', k.occurred_at, (%(codes)s::text[])[1 + d.n %% 4], '2',
           '鲁F' || lpad(d.vehicle::text, 5, '0'), '02', d.vehicle, g.point, '测量路', 200, 3
    FROM keyed k JOIN drawn d USING (number) JOIN grid g ON g.place = d.grid"""


def _fill_positions(count: int, today: date, tell: Callable[[str], None]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO events_tracker (source_id, plate_number, plate_type, vehicle_id)
               SELECT (SELECT id FROM elements_source WHERE code = 'TRANSPORT'), '鲁F' || lpad(row_number() OVER ()::text, 5, '0'),
                      '02', id FROM (SELECT id FROM elements_element WHERE kind = 'VEHICLE' ORDER BY id LIMIT %s) v""",
            [_TRACKERS],
        )
    for back in range(_POSITION_DAYS, 0, -1):
        day = today - timedelta(days=back)
        tell(f"positions: {day}, {count // _POSITION_DAYS:,} rows")
        _fill_day(day, count // _POSITION_DAYS)
    refresh_statistics("events_position")
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO events_lastposition (tracker_id, occurred_at, point, speed_kmh, direction_deg, block_id)
               SELECT t.id, now() - interval '1 minute', ST_PointOnSurface(g.geom), 40, 90, g.id
               FROM events_tracker t JOIN LATERAL (SELECT id, geom FROM addresses_area WHERE kind = 'GRID' AND NOT is_pseudo
                    AND valid_to IS NULL ORDER BY id OFFSET t.id % 40 LIMIT 1) g ON true"""
        )
        cursor.execute("SELECT count(*) FROM events_position")
        (stored,) = cursor.fetchone()
    return int(stored)


def _fill_day(day: date, count: int) -> None:
    """Every tracker reports at even steps over the day."""
    ensure_partitions(Position, day, day)
    steps = max(1, count // _TRACKERS)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO events_position (tracker_id, occurred_at, point, speed_kmh, direction_deg, batch_id)
               SELECT t.id, %(day)s + s * %(step)s * interval '1 second' + (t.id %% 7) * interval '1 millisecond',
                      ST_SetSRID(ST_MakePoint(119.86 + ((t.id * 37 + s) %% 1000) / 8000.0, 37.16 + ((t.id * 91 + s * 3) %% 1000) / 50000.0), 4326),
                      (t.id + s) %% 90, s * 7 %% 360, 0
               FROM generate_series(0, %(steps)s - 1) s CROSS JOIN events_tracker t ORDER BY s, t.id""",
            {"day": datetime.combine(day, time(), UTC), "steps": steps, "step": 86_399 / steps},
        )


def _pages(client: Client, today: date) -> dict[str, list[str]]:
    """Name of each measured page → URLs that are asked for in turn."""
    listed = reverse("console:events-violations")
    block = Area.objects.filter(kind="GRID", is_pseudo=False, valid_to=None).order_by("code").first()
    vehicles = list(Element.objects.filter(kind="VEHICLE").order_by("pk").values_list("pk", flat=True)[:20])
    newest = list(Violation.objects.order_by("-occurred_at", "-id").values_list("pk", flat=True)[:20])
    year = {"occurred_from": today - timedelta(days=365), "occurred_to": today}
    first_page = client.get(f"{listed}?{urlencode(year)}").content.decode()
    next_url = html.unescape(_NEXT.search(first_page)[1])
    month = urlencode({"occurred_from": today - timedelta(days=29), "occurred_to": today})
    return {
        "list_of_30_days": [listed],
        "list_of_a_year_by_code": [f"{listed}?{urlencode({**year, 'code': code})}" for code in _CODES],
        "list_of_a_block": [f"{listed}?{urlencode({**year, 'area': block.pk})}"],
        "next_page": [listed + next_url],
        "event": [reverse("console:event", args=["violations", pk]) for pk in newest],
        "vehicle_tab": [reverse("console:element-events", args=[pk]) for pk in vehicles],
        "block_sheet": [reverse("console:block", args=[block.code])],
        "map_legend_of_30_days": [f"{reverse('map:event-legend')}?{month}"],
        "live_vehicles": [reverse("map:vehicles")],
    }


def _get(client: Client, url: str) -> None:
    response = client.get(url)
    if response.status_code != 200:
        raise RuntimeError(f"{url}: {response.status_code} {response.content[:200]!r}")


def _tracks(user: User, today: date, count: int) -> Iterator[Callable[[], Any]]:
    """Readings of a vehicle's day."""
    begin = datetime.combine(today - timedelta(days=3), time(), UTC)
    for vehicle_id in Element.objects.filter(kind="VEHICLE").order_by("pk").values_list("pk", flat=True)[:count]:
        yield lambda vehicle_id=vehicle_id: track_of(vehicle_id, user, begin, begin + timedelta(days=1))


def _sizes() -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT inhparent::regclass::text, sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
               WHERE inhparent IN ('events_position'::regclass, 'events_violation'::regclass) GROUP BY 1"""
        )
        return {f"{table.removeprefix('events_')}_gb": float(size) / 1e9 for table, size in cursor.fetchall()}
