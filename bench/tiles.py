"""`tiles`: vector tiles of a million dots at z8–z16, against the same SQL through the driver and a tile library.

Ours is the whole endpoint through the test client: session, scope, ETag, SQL. Every third lap is filtered by kind.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from django.db import connection
from django.db.models import Count
from django.test import Client
from django.urls import reverse

from accounts.choices import Role
from accounts.models import User
from addresses.choices import AreaKind, MapLayer
from addresses.models import Area
from addresses.selectors.tiles import DotFilter, TileAddress, fetch_tile
from bench.accounts import client_of, reader
from bench.database import application_connection
from bench.dots import fill_dots
from bench.ground import load_ground
from bench.report import Result
from bench.timing import percentile

DEFAULT_ROWS = 1_000_000
DEFAULT_REPEATS = 3
ZOOMS = range(8, 17)
TILES_PER_ZOOM = 8
# The peer makes low tiles from all dots, seconds each: one lap over fewer tiles is enough for a median.
PEER_TILES_PER_ZOOM = 3
_SEED = 3
Laps = dict[str, list[float]]


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """One fixed list of tiles for both readers, all sides in turn."""
    load_ground(0, tell)
    tell(f"{rows:,} dots by COPY, pyramid")
    dots = fill_dots(rows)
    # The squadron with the most blocks: its tiles sum the most cells.
    squadrons = Area.objects.filter(kind=AreaKind.SQUADRON, valid_to__isnull=True)
    squadron = squadrons.annotate(grids=Count("children__children")).order_by("-grids", "code").first()
    readers = {"city": reader(Role.BRIGADE), "scoped": reader(Role.SQUADRON, squadron)}
    tiles = _tiles(readers["scoped"])
    laps: Laps = defaultdict(list)
    different = 0
    for name, user in readers.items():
        client = client_of(user)
        for repeat in range(repeats):
            tell(f"{name}, lap {repeat + 1}: endpoint and SQL")
            different += _lap(laps, name, client, user, tiles, kind="VEHICLE" if repeat % 3 == 2 else "")
        if find_spec("vectortiles"):
            tell(f"{name}: peer")
            _peer_lap(laps, name, client, tiles)
    return _result(dots, repeats, laps, different)


def _tiles(user: User) -> list[TileAddress]:
    """Tiles that hold dots of the scoped reader, the same number a zoom; low zooms repeat their few."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT ST_X(geom), ST_Y(geom) FROM addresses_mapfeature
               WHERE layer = %s AND block_id = ANY(%s) ORDER BY hashint8(subject_id) LIMIT 5000""",
            [int(MapLayer.ELEMENT), list(user.scope.block_ids)],
        )
        points = cursor.fetchall()
    draw = random.Random(_SEED)
    return [_tile_of(zoom, *draw.choice(points)) for zoom in ZOOMS for _ in range(TILES_PER_ZOOM)]


def _tile_of(zoom: int, lon: float, lat: float) -> TileAddress:
    import math

    side = 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side
    return TileAddress(zoom, int((lon + 180) / 360 * side), int(y))


def _lap(laps: Laps, name: str, client: Client, user: User, tiles: list[TileAddress], *, kind: str) -> int:
    """Every tile by endpoint, by our function and by bare SQL; returns how many contents differ."""
    blocks = None if user.scope.all_blocks else user.scope.block_ids
    dots = DotFilter(MapLayer.ELEMENT, blocks, (kind,) if kind else None, cover=user.scope.cover or None)
    different = 0
    with application_connection() as plain:
        for address in tiles:
            url = reverse("map:tile", args=["elements", address.zoom, address.x, address.y])
            response = _timed(laps[name], lambda: client.get(url, {"kinds": kind} if kind else {}))  # noqa: B023
            statement, parameters = _statement(address, dots)
            _timed(laps[f"{name} function"], lambda: fetch_tile(address, dots))  # noqa: B023
            row = _timed(laps[f"{name} sql"], lambda: plain.execute(statement, parameters).fetchone())  # noqa: B023
            different += bytes(row[0] or b"") != response.content
    return different


def _timed(taken: list[float], call: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    result = call()
    taken.append(time.perf_counter() - started)
    return result


def _statement(address: TileAddress, dots: DotFilter) -> tuple[bytes, dict[str, Any]]:
    """The statement of a tile with its parameters, as our function sends it."""
    seen: list[tuple[str, Any]] = []

    def listen(execute: Any, sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        seen.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(listen):
        fetch_tile(address, dots)
    sql, parameters = seen[-1]
    return sql.encode(), parameters


def _peer_lap(laps: Laps, name: str, client: Client, tiles: list[TileAddress]) -> None:
    for place, address in enumerate(tiles):
        if place % TILES_PER_ZOOM < PEER_TILES_PER_ZOOM:
            ours = reverse("map:tile", args=["elements", address.zoom, address.x, address.y])
            _timed(laps[f"{name} beside peer"], lambda: client.get(ours))  # noqa: B023
            peer = f"/bench/tiles/{address.zoom}/{address.x}/{address.y}"
            _timed(laps[f"{name} peer"], lambda: client.get(peer))  # noqa: B023


def _result(dots: int, repeats: int, laps: Laps, different: int) -> Result:
    def ms(name: str, share: float) -> float:
        return percentile(laps[name], share) * 1_000

    figures: dict[str, float] = {"dots": dots, "tiles": len(ZOOMS) * TILES_PER_ZOOM, "repeats": repeats}
    for name in ("city", "scoped"):
        for side in ("", " function", " sql"):
            label = f"{name}{side}".replace(" ", "_")
            figures[f"{label}_p50_ms"], figures[f"{label}_p95_ms"] = ms(name + side, 0.5), ms(name + side, 0.95)
    figures["ratio_to_sql_p50"] = _pooled(laps, "") / _pooled(laps, " sql")
    figures["function_ratio_to_sql_p50"] = _pooled(laps, " function") / _pooled(laps, " sql")
    figures["scoped_to_unscoped"] = figures["scoped_p50_ms"] / figures["city_p50_ms"]
    notes = [
        "rows by COPY; times of ours over SQL: less is better; ratio_to_peer_p50 = the peer's time / ours",
        "ours is the endpoint through the test client; `function` is the selector alone; `sql` the same statement by psycopg",
    ]
    if laps["city peer"]:
        figures["peer_p50_ms"] = _pooled(laps, " peer") * 1_000
        figures["ratio_to_peer_p50"] = _pooled(laps, " peer") / _pooled(laps, " beside peer")
    else:
        notes.append("the peer is not installed: pip install -r bench/requirements.txt")
    return Result("tiles", figures | {"tiles_different_from_sql": different}, notes=notes)


def _pooled(laps: Laps, side: str) -> float:
    return percentile(laps[f"city{side}"] + laps[f"scoped{side}"], 0.5)
