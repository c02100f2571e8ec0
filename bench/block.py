"""`block`: the API answer of the block sheet for one block with 100,000 addresses, for who sees everything and its officer."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import orjson
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import Role
from addresses.choices import AddressLevel, AreaKind
from addresses.models import Area, StandardAddress
from bench.accounts import client_of, reader
from bench.dots import fill_texts, fill_vehicles
from bench.ground import load_ground
from bench.report import Result
from bench.timing import percentile
from common import clock
from common.statistics import refresh_statistics

DEFAULT_ROWS = 100_000
DEFAULT_REPEATS = 5
REQUESTS_PER_LAP = 5
_ROOMS_PER_BUILDING = 60
# A vehicle for so many addresses, all of them new: far more than a block has.
_ADDRESSES_PER_VEHICLE = 2


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Fills one urban block with `rows` addresses beside a small city, then asks for its sheet."""
    load_ground(2_000, tell)
    block = (
        Area.objects.filter(kind=AreaKind.GRID, is_pseudo=False, is_urban=True, valid_to=None)
        .annotate(n=Count("pk")).order_by("code").first()
    )  # fmt: skip
    tell(f"{rows:,} addresses in one block")
    made = fill_block(block, rows)
    fill_texts()
    vehicles = max(20, rows // _ADDRESSES_PER_VEHICLE)
    tell(f"{vehicles:,} vehicles")
    fill_vehicles(vehicles)
    fill_changes()
    readers = {"city": reader(Role.BRIGADE), "officer": reader(Role.OFFICER, block.parent)}
    url = reverse("console:block-api", args=[block.code])
    taken: dict[str, list[float]] = {name: [] for name in readers}
    documents: dict[str, dict[str, Any]] = {}
    statements = 0
    for name, user in readers.items():
        client = client_of(user)
        with CaptureQueriesContext(connection) as captured:
            documents[name] = _get(client, url)
        # As the web server does once everything is loaded (laizhou/asgi.py).
        gc.collect()
        gc.freeze()
        statements = max(statements, len(captured))
        for repeat in range(repeats):
            tell(f"{name}, lap {repeat + 1}")
            for _ in range(REQUESTS_PER_LAP):
                started = time.perf_counter()
                _get(client, url)
                taken[name].append(time.perf_counter() - started)
    return _result(rows, repeats, made, taken, documents, statements)


def fill_block(block: Area, rows: int) -> int:
    """Buildings with rooms below one new road of the block's village; returns how many addresses the block has then."""
    village = StandardAddress.objects.filter(level=AddressLevel.VILLAGE, village_id=block.village_id).first()
    buildings = max(1, rows // (_ROOMS_PER_BUILDING + 1))
    parameters = {
        "block": block.pk, "village": block.village_id, "town": block.village.parent_id, "parent": village and village.pk,
        "buildings": buildings, "rooms": rows - buildings, "per": _ROOMS_PER_BUILDING, "name": block.village.name,
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in _ADDRESSES:
            cursor.execute(statement, parameters)
    refresh_statistics("addresses_standardaddress")
    return StandardAddress.objects.filter(block=block).count()


_COLUMNS = "code, key, level, parent_id, town_id, village_id, road, number, estate, building, unit, room, full_text, block_id, point, state"
_POINT = "(SELECT ST_PointOnSurface(geom) FROM addresses_area WHERE id = %(block)s)"
_ADDRESSES = (
    f"""INSERT INTO addresses_standardaddress ({_COLUMNS})
        SELECT 'BENCH-' || b, 'bench|' || b, 6, %(parent)s, %(town)s, %(village)s, '', '', '测量园', b || '号楼', '', '',
               %(name)s || '测量园' || b || '号楼', %(block)s, {_POINT}, 'ACTIVE'
        FROM generate_series(1, %(buildings)s) b""",
    f"""INSERT INTO addresses_standardaddress ({_COLUMNS})
        SELECT p.code || '-' || r, p.key || '|' || r, 8, p.id, p.town_id, p.village_id, '', '', p.estate, p.building, '',
               r || '室', p.full_text || r || '室', p.block_id, p.point, 'ACTIVE'
        FROM generate_series(1, %(rooms)s) r
        JOIN addresses_standardaddress p ON p.code = 'BENCH-' || (1 + r %% %(buildings)s)""",
)


def fill_changes() -> None:
    """A change row for every element, as the fold writes them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO common_changerow (at, verb, subject_table, subject_id)
               SELECT %s, 'CREATED', 'elements_element', id FROM elements_element""",
            [clock.now()],
        )
    refresh_statistics("common_changerow")


def _get(client: Client, url: str) -> dict[str, Any]:
    response = client.get(url)
    if response.status_code != 200:
        raise RuntimeError(f"{url}: {response.status_code} {response.content[:200]!r}")
    return orjson.loads(response.content)


def _result(
    rows: int, repeats: int, made: int, taken: dict[str, list[float]], documents: dict[str, dict[str, Any]], statements: int
) -> Result:  # fmt: skip
    def vehicles(name: str) -> int:
        figures = documents[name]["figures"]
        return next(one["count"] for one in figures if (one["group"], one["registry"]) == ("registry", "vehicles"))

    figures: dict[str, Any] = {
        "rows": rows,
        "repeats": repeats,
        "addresses_of_the_block": made,
        "statements": statements,
    }
    for name, times in taken.items():
        prefix = "" if name == "city" else f"{name}_"
        figures[f"{prefix}p50_ms"] = 1000 * percentile(times, 0.5)
        figures[f"{prefix}p95_ms"] = 1000 * percentile(times, 0.95)
    figures |= {
        "vehicles_of_the_block": vehicles("city"),
        "vehicles_different_for_the_officer": vehicles("city") - vehicles("officer"),
        "addresses_without_element": documents["city"]["addresses_without_element"]["count"],
        "news": documents["city"]["news"]["count"],
    }
    return Result(
        "block", figures,
        notes=["the whole API answer through the test client: session, scope, counts, first rows, news",
               "aim: p50_ms below 500 for a block with 100,000 addresses"],
    )  # fmt: skip
