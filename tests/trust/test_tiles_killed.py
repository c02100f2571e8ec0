"""Trust 7, tiles: folding and rebuilding killed with SIGKILL at random moments; the tiles count the dots, never double."""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress

import pytest
from django.conf import settings
from django.db import connection, transaction

from addresses.choices import MapLayer
from addresses.models.map import MapCell, MapFeature
from addresses.selectors.tiles import DotFilter, TileAddress, counts_by_kind, fetch_tile
from addresses.services.map_features import fold_tile_deltas, move_features, rebuild_pyramid
from tests.console.web.vector_tile import read_tile
from tests.factories.places import SIDE_DEG, SOUTH_DEG, WEST_DEG

LAYER = MapLayer.ELEMENT
KINDS = ("PERSON", "VEHICLE")
ZOOMS = (0, 9, 12)
CELLS_PER_SIDE = 16
DOTS = 6_000
# Numbers of the blocks from west to east; a dot names its block by number only.
BLOCKS = (11, 12, 13, 14)
# Loads Django once and then forks for every word it reads: each fork folds or rebuilds, and is there to be killed.
_NURSERY = """
import os, sys
import django
django.setup()
from django.core.management import call_command
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from addresses.services.map_features import fold_tile_deltas
import addresses.services.map_features, console.management.commands.rebuild_tiles
print("ready", flush=True)
for line in sys.stdin:
    work, times = line.split()
    child = os.fork()
    if not child:
        for _ in range(int(times)):
            fold_tile_deltas() if work == "fold" else call_command("rebuild_tiles", "elements", stdout=sys.stderr)
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
pytestmark = pytest.mark.django_db(transaction=True)


def move(first: int, last: int, *, kind: str, east: int, shift: float = 0.0) -> None:
    """Puts numbered dots somewhere into a grid, all of them in one transaction; east = -1 takes them away."""
    wanted = """SELECT s::bigint AS subject_id, %(kind)s AS kind, %(block)s::bigint AS block_id,
                       CASE WHEN %(gone)s THEN NULL ELSE ST_SetSRID(ST_MakePoint(
                           %(west)s + %(side)s * abs(mod(s::bigint * 7919 + %(shift)s, 997)) / 998.0,
                           %(south)s + %(side)s * abs(mod(s::bigint * 104729 + %(shift)s, 991)) / 992.0), 4326) END AS geom
                FROM generate_series(%(first)s, %(last)s) AS s"""
    parameters = {
        "kind": kind, "block": BLOCKS[max(east, 0)], "gone": east < 0, "west": WEST_DEG + max(east, 0) * SIDE_DEG, "side": SIDE_DEG,
        "south": SOUTH_DEG, "shift": int(shift * 1000), "first": first, "last": last,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        move_features(cursor, layer=LAYER, wanted=wanted, parameters=parameters)


def cell_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """Column and row of a cell; a tile is 16 cells wide. Written apart from the product's SQL."""
    size = 2**zoom * CELLS_PER_SIDE
    row = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * size
    return int((lon + 180) / 360 * size), int(row)


def counted(zoom: int, block: int | None) -> Counter:
    """(tile, kind) → dots, by looking at each dot."""
    condition = "" if block is None else f" AND block_id = {block}"
    found: Counter = Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ST_X(geom), ST_Y(geom), kind FROM addresses_mapfeature WHERE layer = {int(LAYER)}{condition}"
        )
        for lon, lat, kind in cursor.fetchall():
            column, row = cell_of(lon, lat, zoom)
            found[(column // CELLS_PER_SIDE, row // CELLS_PER_SIDE, kind)] += 1
    return found


def shown(zoom: int, block: int | None) -> Counter:
    """(tile, kind) → dots, by what the tiles over the city and around it say."""
    left, bottom = (n // CELLS_PER_SIDE for n in cell_of(WEST_DEG - SIDE_DEG, SOUTH_DEG - SIDE_DEG, zoom))
    right, top = (n // CELLS_PER_SIDE for n in cell_of(WEST_DEG + 7 * SIDE_DEG, SOUTH_DEG + 2 * SIDE_DEG, zoom))
    found: Counter = Counter()
    for x in range(left, right + 1):
        for y in range(top, bottom + 1):
            tile = fetch_tile(TileAddress(zoom, x, y), DotFilter(LAYER, None if block is None else (block,)))
            for cell in read_tile(tile.content):
                found[(x, y, cell.properties["kind"])] += cell.properties["count"]
    return found


def assert_tiles_count_the_dots() -> None:
    for block in (None, BLOCKS[0], BLOCKS[3]):
        for zoom in ZOOMS:
            assert shown(zoom, block) == counted(zoom, block), (zoom, block)
        totals = Counter(kind for kind in MapFeature.objects.filter(layer=LAYER).values_list("kind", flat=True))
        if block is None:
            assert counts_by_kind(LAYER, None) == dict(totals)


class Nursery:
    """Where the processes come from that are killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _NURSERY, connection.settings_dict["NAME"]],
            cwd=settings.BASE_DIR, env={**os.environ, "DJANGO_SETTINGS_MODULE": "laizhou.settings"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def begin(self, work: str, times: int = 1) -> int:
        """Id of a process that folds or rebuilds so many times."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{work} {times}\n")
        self._process.stdin.flush()
        return int(self._read())

    def end(self) -> int:
        """Waits for the process begun last; how it ended."""
        return int(self._read())

    def killed(self, work: str, seconds: float) -> bool:
        """True when the kill after so many seconds came before the end."""
        process = self.begin(work)
        time.sleep(seconds)
        # Not waited for by us: until the nursery has read its end, the number belongs to nobody else.
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        ended = self.end()
        assert ended in {0, -signal.SIGKILL}
        return ended == -signal.SIGKILL

    def close(self) -> None:
        self._process.communicate(timeout=60)


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    opened = Nursery()
    yield opened
    opened.close()


def settle() -> None:
    """Waits until the server has rolled back what a killed process had begun: the lock is free again."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND state <> 'idle' AND backend_type = 'client backend'"
            )
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("a killed process still holds the database after 10 s")


def lengths(first: int, last: int) -> dict[str, float]:
    """Seconds of each kind of work on so many dots; they lie on the map afterwards."""
    move(first, last, kind="PERSON", east=0)
    seconds = {}
    for work, run in (("fold", fold_tile_deltas), ("rebuild", lambda: rebuild_pyramid(LAYER))):
        began = time.monotonic()
        run()
        seconds[work] = time.monotonic() - began
    return seconds


def killed_rounds(nursery: Nursery, kills: int, seed: int) -> dict[str, int]:
    """Moves dots and kills whoever counts them, again and again; hits by kind of work."""
    draw, hits, length = random.Random(seed), {"fold": 0, "rebuild": 0}, lengths(1, DOTS)
    assert_tiles_count_the_dots()
    for number in range(kills):
        work = ("fold", "rebuild")[number % 2]
        kind, east = draw.choice(KINDS), draw.choice([-1, 0, 1, 3])
        # Dots of the other kind have numbers of their own.
        first = (1 if kind == "PERSON" else 100_001) + draw.randrange(DOTS)
        move(first, first + DOTS // 2, kind=kind, east=east, shift=draw.random())
        hits[work] += nursery.killed(work, draw.uniform(0.1, 1) * length[work])
        settle()
    fold_tile_deltas()
    return hits


def test_folding_and_rebuilding_killed_twelve_times_count_each_dot_once(nursery):
    hits = killed_rounds(nursery, 12, 20261124)

    assert_tiles_count_the_dots()
    assert sum(hits.values()) >= 4, hits
    assert MapFeature.objects.filter(layer=LAYER).count() > DOTS // 2


@pytest.mark.deep
def test_folding_and_rebuilding_killed_two_hundred_times(nursery):
    hits = killed_rounds(nursery, 200, 7)

    assert_tiles_count_the_dots()
    assert min(hits.values()) >= 20, hits


def test_a_killed_rebuild_leaves_the_tiles_as_they_were(nursery):
    length = lengths(1, DOTS)["rebuild"]
    before = shown(12, None)
    hits = 0
    for share in (0.2, 0.4, 0.6, 0.8):
        hits += nursery.killed("rebuild", share * length)
        settle()
        assert shown(12, None) == before

    assert sum(before.values()) == DOTS
    assert hits >= 1


def test_dots_moved_while_the_pyramid_is_rebuilt_are_counted_once(nursery):
    """The rebuild is held up between its steps by a lock on a cell; a move that commits meanwhile counts once."""
    lengths(1, 500)
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        MapCell.objects.select_for_update().filter(layer=LAYER).order_by("pk").first()
        nursery.begin("rebuild")
        waits_for_a_lock(1)
        moving = other.submit(move_and_close, 200_000, 200_009)
        wait([moving], timeout=2)
    moving.result(timeout=60)
    assert nursery.end() == 0
    fold_tile_deltas()

    assert counts_by_kind(LAYER, None) == {"PERSON": 500, "VEHICLE": 10}
    assert_tiles_count_the_dots()


def test_dots_moved_during_twenty_rebuilds_are_counted_once(nursery):
    lengths(1, 2_000)
    nursery.begin("rebuild", times=20)
    for number in range(100):
        move(200_000 + number * 3, 200_002 + number * 3, kind="VEHICLE", east=3)
    assert nursery.end() == 0
    fold_tile_deltas()

    assert counts_by_kind(LAYER, None) == {"PERSON": 2_000, "VEHICLE": 300}
    assert_tiles_count_the_dots()


def waits_for_a_lock(number: int) -> None:
    """Returns when so many others stand before a lock, or after three seconds: a rebuild may need no such lock."""
    for _ in range(60):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= number:
                return
        time.sleep(0.05)


def move_and_close(first: int, last: int) -> None:
    """A move on a connection of its own thread."""
    try:
        move(first, last, kind="VEHICLE", east=3)
    finally:
        connection.close()
