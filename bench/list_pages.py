"""`list`: pages of 50 vehicles with addresses and block by our API, against a prefetching DRF ModelSerializer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.choices import Role
from bench.accounts import client_of, reader
from bench.dots import fill_texts, fill_vehicles
from bench.ground import load_ground
from bench.report import Result
from bench.timing import Laps
from elements.registries import REGISTRIES
from elements.selectors.lists import order_of
from elements.selectors.paging import Place, write_cursor

DEFAULT_ROWS = 200_000
DEFAULT_REPEATS = 5
REQUESTS_PER_LAP = 10
PAGE_SIZE = 50
_ADDRESSES = 20_000
# The deep page begins at this share of the rows: row 150,000 of 200,000.
_DEEP_SHARE = 0.75


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """First pages of both in turn, then our first page against our deep one."""
    load_ground(min(_ADDRESSES, max(2_000, rows // 10)), tell)
    tell(f"{rows:,} vehicles with addresses")
    fill_texts()
    fill_vehicles(rows)
    user = reader(Role.BRIGADE)
    client = client_of(user)
    ours = reverse("elements-api:list", args=["vehicles"]) + f"?page_size={PAGE_SIZE}"
    peer = f"/bench/elements/?limit={PAGE_SIZE}"
    deep = f"{ours}&cursor={_deep_cursor(rows, user)}"
    sides = {"ours": ours, "drf": peer, "deep": deep}
    documents = {name: _get(client, url) for name, url in sides.items()}
    laps = Laps()
    for repeat in range(repeats):
        tell(f"lap {repeat + 1}")
        for name, url in sides.items():
            laps.run(name, lambda: [client.get(url) for _ in range(REQUESTS_PER_LAP)])  # noqa: B023
    return _result(rows, repeats, laps, documents)


def _get(client: Client, url: str) -> dict[str, Any]:
    response = client.get(url)
    if response.status_code != 200:
        raise RuntimeError(f"{urlsplit(url).path}: {response.status_code} {response.content[:200]!r}")
    return orjson.loads(response.content)


def _deep_cursor(rows: int, user: Any) -> str:
    """The cursor that `next` links would have led to, after the row at the deep place."""
    registry = REGISTRIES["vehicles"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT plate_number, element_id FROM elements_vehicle ORDER BY plate_number, element_id OFFSET %s LIMIT 1",
            [int(rows * _DEEP_SHARE) - 1],
        )
        plate, element_id = cursor.fetchone()
    return write_cursor(registry.name, order_of(registry, "", user), Place(plate, element_id, False))


def _result(rows: int, repeats: int, laps: Laps, documents: dict[str, dict[str, Any]]) -> Result:
    ours, drf, deep = laps.median("ours"), laps.median("drf"), laps.median("deep")
    ids = [[row["id"] for row in documents[name]["results"]] for name in ("ours", "drf", "deep")]
    return Result(
        "list",
        {
            "rows": rows,
            "repeats": repeats,
            "requests_per_s": REQUESTS_PER_LAP / ours,
            "drf_requests_per_s": REQUESTS_PER_LAP / drf,
            "ratio_to_drf": drf / ours,
            "deep_page_ratio": deep / ours,
            "rows_of_a_page": len(ids[0]),
            "rows_different_from_drf": len(set(ids[0]) ^ set(ids[1])),
            "first_row_of_deep_page": ids[2][0] if ids[2] else 0,
        },
        notes=[
            "both through the test client with a session; ours counts to 10,000 and says more, DRF counts every row",
            "deep_page_ratio: time of the page at three quarters of the rows over that of the first",
        ],
    )
