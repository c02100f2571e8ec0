"""Trust 7: an import killed with SIGKILL at random moments and taken up again ends exactly like one that was not."""

from __future__ import annotations

import random

import pytest
from django.db import connection

from addresses.models.map import MapCell
from addresses.services.map_features import fold_tile_deltas, rebuild_pyramid
from common import jobs
from common.models import Job
from elements.models import ClaimLog, ClaimSupport
from exchange.models import LandingBatch, LandingRow
from exchange.services import landing
from tests.factories.files import VEHICLE_HEADERS, csv_file, plan, receive, run_step, take_back
from tests.factories.kills import after, after_rows, run_killed
from tests.factories.numbers import citizen_id, plate, vin

pytestmark = pytest.mark.usefixtures("committed_city")
_SMALL_BATCHES = "from elements.fold import apply; apply.apply_plan.__kwdefaults__['batch_elements'] = 250"


def registry_file(rows: int, city) -> bytes:
    texts = [city.text(grid, house) for grid in range(6) for house in (3, 8)]
    return csv_file(
        [
            VEHICLE_HEADERS,
            *(
                [
                    vin(n),
                    plate(n),
                    "02",
                    f"甲{n % 7}",
                    "A",
                    texts[n % 12] if n % 5 else "查无此处",
                    "张试验",
                    citizen_id(n // 2),
                    "",
                ]
                for n in range(1, rows + 1)
            ),
        ]
    )


def content() -> dict[str, list[tuple]]:
    """What the import left, by natural keys: elements get other numbers in another run."""
    queries = {
        "vehicles": """SELECT v.vin, v.plate_number, v.brand, v.registered_address, e.block_id, e.place_quality, e.is_withdrawn,
                              e.version, e.point::text FROM elements_vehicle v JOIN elements_element e ON e.id = v.element_id""",
        "keys": "SELECT scheme, value, valid_from, valid_to FROM elements_elementkey",
        "relations": """SELECT v.vin, r.type, k.value FROM elements_relation r JOIN elements_vehicle v ON v.element_id = r.subject_id
                        JOIN elements_elementkey k ON k.element_id = r.object_id""",
        "claims": "SELECT subject_key, observed_at, brand, relations::text FROM elements_vehicleclaim",
        "rows": "SELECT row_number, outcome, is_final, problems::text FROM exchange_landingrow",
        "dots": "SELECT block_id, kind, geom::text FROM addresses_mapfeature WHERE layer = 2",
        # An owner of several vehicles is related anew in each batch that holds one of them.
        "changes": "SELECT verb, count(*), count(DISTINCT subject_id) FROM common_changerow WHERE verb <> 'RELATED' GROUP BY 1",
        "related": "SELECT count(DISTINCT subject_id) FROM common_changerow WHERE verb = 'RELATED'",
        "texts": "SELECT a.role, t.text FROM elements_elementaddress a JOIN addresses_addresstext t ON t.id = a.text_id",
    }
    found = {}
    with connection.cursor() as cursor:
        for name, query in queries.items():
            cursor.execute(query)
            found[name] = sorted(cursor.fetchall(), key=str)
    return found


def wipe() -> None:
    """Takes the import out, so that the next run begins where the first one did."""
    with connection.cursor() as cursor:
        cursor.execute(
            """TRUNCATE exchange_landingrow, exchange_landingbatch, elements_element, elements_claimlog, elements_claimbatch,
               addresses_mapfeature, addresses_mapcell, addresses_tiledelta, common_changerow, common_job CASCADE"""
        )


def same_as_unfaulted(rows: int, kills: int, seed: int, city) -> int:
    data = registry_file(rows, city)
    batch = landing.start_import(batch=plan(receive(data)), actor=None)
    run_step(batch)
    expected = content()
    assert (len(expected["vehicles"]), len(expected["dots"])) == (rows, sum(1 for n in range(1, rows + 1) if n % 5))
    wipe()

    draw = random.Random(seed)
    batch = landing.start_import(batch=plan(receive(data)), actor=None)
    # All kills together leave work for the last child, and the first may come before anything is written.
    share = rows // (kills + 1)
    moments = [after_rows(ClaimLog, draw.randrange(share), draw.uniform(0, 0.2)) for _ in range(kills)]
    hits = run_killed(batch.job_id, moments, _SMALL_BATCHES)
    batch.refresh_from_db()

    assert (Job.objects.get(pk=batch.job_id).state, batch.state) == ("DONE", "IMPORTED")
    found = content()
    for name in expected:
        assert found[name] == expected[name], name
    assert (ClaimLog.objects.count(), ClaimSupport.objects.count()) == (rows, rows)
    assert batch.counts["received"] == rows == batch.counts["created"]
    return hits


def test_an_import_killed_three_times_ends_like_one_that_was_not(committed_city):
    assert same_as_unfaulted(6_000, 3, 20261124, committed_city) == 3


@pytest.mark.deep
def test_a_large_import_killed_ten_times(committed_city):
    assert same_as_unfaulted(90_000, 10, 7, committed_city) == 10


def test_an_undo_killed_is_taken_up_again(committed_city):
    batch = landing.start_import(batch=plan(receive(registry_file(3_000, committed_city))), actor=None)
    run_step(batch)
    batch = landing.start_undo(batch=batch, actor=None)
    run_killed(batch.job_id, [after(2.2), after(2.6)], _SMALL_BATCHES)
    batch.refresh_from_db()

    assert batch.state == LandingBatch.State.UNDONE
    found = content()
    assert (found["claims"], found["dots"]) == ([], [])
    assert {row[6] for row in found["vehicles"]} == {True}


def test_the_pyramid_folded_from_deltas_is_the_pyramid_counted_again(committed_city):
    batch = landing.start_import(batch=plan(receive(registry_file(300, committed_city))), actor=None)
    run_step(batch)
    fold_tile_deltas()
    columns = ("layer", "zoom", "x", "y", "block_id", "kind", "count")
    folded = sorted(MapCell.objects.filter(layer=2).values_list(*columns))
    rebuild_pyramid(2)
    counted = sorted(MapCell.objects.filter(layer=2).values_list(*columns))
    take_back(batch)
    fold_tile_deltas()

    assert folded == counted != []
    assert MapCell.objects.filter(layer=2).count() == 0


def test_a_job_that_is_held_is_not_taken_twice(committed_city):
    batch = landing.start_import(batch=plan(receive(registry_file(5, committed_city))), actor=None)
    held = jobs.take(batch.job_id)

    assert held is not None
    assert jobs.take(batch.job_id) is None
    assert LandingRow.objects.filter(is_final=True).count() == 0
