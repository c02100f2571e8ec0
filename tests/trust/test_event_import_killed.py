"""Trust 7 for events: an import and its undo killed with SIGKILL end like ones that were not."""

from __future__ import annotations

import random

import pytest
from django.db import connection

from common.models import ChangeRow, Job
from events.models import EventVersion, Violation
from exchange.services import landing
from tests.factories.claims import claim, on_day, submit
from tests.factories.event_files import event_file
from tests.factories.files import plan, receive, run_step
from tests.factories.kills import after, after_rows, run_killed
from tests.factories.numbers import plate, vin

pytestmark = pytest.mark.usefixtures("committed_city")
_SMALL_BATCHES = (
    "from events.services import recording, retracting; recording.BATCH_ROWS = 150; retracting.SLICE_ROWS = 150"
)


def violations(rows: int, city) -> bytes:
    """Two rows a violation: what was seen, and what became of it, far apart in the file."""
    texts = [city.text(grid, house) for grid in range(6) for house in (3, 8)]
    seen = [
        {"违法编号": f"V{n}", "违法时间": f"2026-0{1 + n % 3}-1{n % 9} 10:{n % 60:02}", "违法代码": "1625", "号牌号码": plate(n % 40 + 1),
         "号牌种类": "02", "违法地点": texts[n % 12] if n % 5 else "看不清"}
        for n in range(rows // 2)
    ]  # fmt: skip
    processed = [{**row, "处理时间": "2026-04-01 09:00", "记分": "6", "违法地点": ""} for row in seen]
    return event_file(*seen, *processed)


def content() -> dict[str, list[tuple]]:
    queries = {
        "events": """SELECT number, occurred_at, processed_at, points, points_by_rule, plate_number, vehicle_id, block_id, place_quality,
                            point::text, is_withdrawn FROM events_violation""",
        "versions": """SELECT k.number, v.row_number, v.payload::text, v.takes_back, v.withdrawn_at IS NULL
                       FROM events_eventversion v JOIN events_eventkey k ON k.id = v.event_id""",
        "rows": "SELECT row_number, outcome, is_final, problems::text FROM exchange_landingrow",
        "changes": "SELECT verb, count(*) FROM common_changerow WHERE subject_table = 'events_violation' GROUP BY 1",
    }
    found = {}
    with connection.cursor() as cursor:
        for name, query in queries.items():
            cursor.execute(query)
            found[name] = sorted(cursor.fetchall(), key=str)
    return found


def wipe() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """TRUNCATE exchange_landingrow, exchange_landingbatch, events_violation, events_eventversion, events_eventkey,
               common_changerow, common_job CASCADE"""
        )


def same_as_unfaulted(rows: int, kills: int, seed: int, city) -> None:
    submit(
        "TMRI_VEHICLE", "VEHICLE", *(claim(0, vin=vin(n), plate_number=plate(n), plate_type="02") for n in range(1, 21))
    )
    data = violations(rows, city)

    def planned():
        batch = plan(receive(data, source="TMRI_VIOLATION", kind="VIOLATION", observed_at=on_day(200)))
        return landing.start_import(batch=batch, actor=None)

    run_step(planned())
    expected = content()
    assert (len(expected["events"]), len(expected["versions"])) == (rows // 2, rows)
    wipe()

    draw = random.Random(seed)
    batch, share = planned(), rows // (kills + 1)
    moments = [after_rows(EventVersion, draw.randrange(share), draw.uniform(0, 0.1)) for _ in range(kills)]
    assert run_killed(batch.job_id, moments, _SMALL_BATCHES) == kills
    batch.refresh_from_db()
    assert (Job.objects.get(pk=batch.job_id).state, batch.state) == ("DONE", "IMPORTED")
    found = content()
    for name in expected:
        assert found[name] == expected[name], name

    batch = landing.start_undo(batch=batch, actor=None)
    run_killed(batch.job_id, [after(2.5), after(2.5)], _SMALL_BATCHES)
    batch.refresh_from_db()
    assert batch.state == "UNDONE"
    assert not Violation.objects.standing().exists()
    assert not EventVersion.objects.filter(withdrawn_at__isnull=True).exists()
    gone = ChangeRow.objects.filter(subject_table="events_violation", verb="WITHDRAWN")
    assert gone.count() == gone.values("subject_id").distinct().count() == rows // 2


def test_an_import_of_events_killed_twice_ends_like_one_that_was_not(committed_city):
    same_as_unfaulted(1_500, 2, 20261127, committed_city)


@pytest.mark.deep
def test_a_large_import_of_events_killed_ten_times(committed_city):
    same_as_unfaulted(30_000, 10, 11, committed_city)
