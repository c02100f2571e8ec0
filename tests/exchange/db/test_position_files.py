"""From a file to positions: the balance, rows that are not taken, repetition, the preview, undo, going on after a stop."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from common import clock, geometry, jobs
from common.errors import DomainError
from common.models import AuditRow, Job
from events.models import LastPosition, Position, Tracker
from exchange.models import LandingBatch, LandingRow
from exchange.selectors.batches import actions_of
from exchange.selectors.rows import mend_file
from exchange.services import landing, position_files
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.files import plan, receive, run_step, take_back
from tests.factories.numbers import plate, vin
from tests.factories.places import point_in
from tests.factories.positions import HEADERS, beijing, fix, land_positions, position_file, received, yesterday

pytestmark = pytest.mark.usefixtures("city")
AT = timedelta(seconds=10)


def counts_of(batch: LandingBatch) -> dict[str, int]:
    return {name: number for name, number in batch.counts.items() if number}


def stored() -> list[tuple]:
    """Plate, time, place, speed and direction of every fix."""
    rows = Position.objects.order_by("tracker_id", "occurred_at").select_related("tracker")
    return [
        (p.tracker.plate_number, p.occurred_at, round(p.point.x, 6), round(p.point.y, 6), p.speed_kmh, p.direction_deg)
        for p in rows
    ]


def last() -> dict[str, tuple]:
    """Plate → time and block of the last position."""
    rows = LastPosition.objects.select_related("tracker")
    return {p.tracker.plate_number: (p.occurred_at, p.block_id) for p in rows}


def test_a_file_becomes_fixes_trackers_and_last_positions(city):
    submit("TMRI_VEHICLE", "VEHICLE", claim(vin=vin(1), plate_number=plate(1), plate_type="01"))
    start = yesterday()
    batch = land_positions(
        [
            fix(1, start, grid=0),
            fix(2, start, grid=2, plate_colour="1"),
            fix(1, start + AT, grid=1, speed_kmh="61", direction="360"),
        ]
    )

    assert (batch.state, counts_of(batch)) == ("IMPORTED", {"received": 3, "created": 3})
    east, north = point_in(1)
    assert stored()[1] == (plate(1), start + AT, round(east, 6), round(north, 6), 61, 0)
    assert stored()[0][1].astimezone(UTC).hour == 0  # eight in Laizhou
    assert last() == {plate(1): (start + AT, city.grids[1].pk), plate(2): (start, city.grids[2].pk)}
    trackers = Tracker.objects.order_by("plate_number").values_list("plate_number", "plate_type", "vehicle_id")
    assert list(trackers) == [(plate(1), "01", vehicle_of(vin(1)).pk), (plate(2), "02", None)]
    assert set(Position.objects.values_list("batch_id", flat=True)) == {batch.claim_batch_id}
    assert list(AuditRow.objects.filter(verb="IMPORTED").values_list("subject_id", "count")) == [(str(batch.pk), 3)]
    assert LandingRow.objects.count() == 0


BAD = {
    "plate blank": ({"plate": ""}, "KEY_ALL_BLANK"),
    "no plate": ({"plate": "鲁F"}, "KEY_FORM"),
    "zero": ({"lon": "0", "lat": "0.000000"}, "POSITION_ZERO"),
    "swapped": ({"lon": "37.18", "lat": "119.9"}, "COORDINATES_SWAPPED"),
    "abroad": ({"lon": "2.35", "lat": "48.85"}, "POSITION_OUTSIDE"),
    "blank": ({"lon": ""}, "POSITION_BLANK"),
    "no number": ({"lat": "北"}, "POSITION_BLANK"),
    "time blank": ({"time": ""}, "TIME_BLANK"),
    "no time": ({"time": "昨天"}, "TIME_UNREADABLE"),
    "unset clock": ({"time": "1980-01-06 00:00:00"}, "TIME_IMPLAUSIBLE"),
    "past keeping": ({"time": "2019-03-01 00:00:00"}, "POSITION_TOO_OLD"),
}


def test_every_row_that_is_not_taken_is_kept_with_its_reason():
    start = yesterday()
    rows = [fix(1, start + AT * n, **cells) for n, (cells, _code) in enumerate(BAD.values())]
    ahead = beijing(clock.now() + timedelta(days=1, minutes=5))
    rows += [
        fix(1, start, time=ahead),
        [plate(1), "2"],
        [*fix(1, start), "多"],
        fix(3, start),
        [*fix(3, start + AT), ""],
    ]
    batch = land_positions(rows)

    assert counts_of(batch) == {"received": 16, "created": 2, "to_review": 12, "rejected": 2}
    said = {row.row_number: [p["code"] for p in row.problems] for row in batch.rows.order_by("row_number")}
    codes = [code for _cells, code in BAD.values()]
    assert list(said.values()) == [[c] for c in [*codes, "TIME_IMPLAUSIBLE", "TOO_FEW_CELLS", "TOO_MANY_CELLS"]]
    assert set(batch.rows.values_list("is_final", flat=True)) == {True}
    assert {row[0] for row in stored()} == {plate(3)}
    assert "mend" in actions_of(batch) and "reprocess" not in actions_of(batch)
    mend = mend_file(batch).decode("utf-8-sig").splitlines()
    assert (len(mend), mend[0].split(",")[2:]) == (15, HEADERS)
    assert "经纬度写反了" in mend[4] and "37.18" in mend[4]


def test_a_clock_a_little_ahead_is_taken():
    assert counts_of(land_positions([fix(1, clock.now() + timedelta(hours=23))])) == {"received": 1, "created": 1}


def test_speeds_that_cannot_be_are_dropped_and_counted():
    start = yesterday()
    cells = [
        {"speed_kmh": "251"},
        {"speed_kmh": "-1"},
        {"speed_kmh": "快"},
        {"speed_kmh": ""},
        {"direction": "361"},
        {"speed_kmh": "250"},
    ]
    batch = land_positions([fix(1, start + AT * n, **one) for n, one in enumerate(cells)])

    assert counts_of(batch) == {"received": 6, "created": 6, "values_dropped": 4}
    assert [row[4:] for row in stored()] == [(None, 90), (None, 90), (None, 90), (None, 90), (60, None), (250, 90)]


def test_a_file_without_speed_and_direction():
    start = yesterday()
    data = "plate,lon,lat,time\n" + "".join(f"{plate(n)},119.9,37.17,{beijing(start)}\n" for n in (1, 2))
    batch = receive(data.encode(), kind="POSITION", source="TRANSPORT", observed_at=clock.now())
    run_step(landing.start_import(batch=plan(batch), actor=None))

    assert [row[4:] for row in stored()] == [(None, None), (None, None)]


def test_the_same_file_again_changes_nothing():
    rows = [fix(n, yesterday() + AT * n) for n in range(1, 6)]
    land_positions(rows)
    before = stored(), last()
    again = land_positions(rows)

    assert counts_of(again) == {"received": 5, "unchanged": 5}
    assert (stored(), last()) == before


def test_of_two_rows_about_one_moment_the_first_stays():
    start = yesterday()
    batch = land_positions([fix(1, start, speed_kmh="50"), fix(2, start), fix(1, start, speed_kmh="70")])

    assert counts_of(batch) == {"received": 3, "created": 2, "unchanged": 1}
    assert stored()[0][4] == 50


@pytest.mark.parametrize("slice_rows", [2, 200_000])
def test_the_preview_writes_nothing_and_the_import_does_what_it_said(monkeypatch, slice_rows):
    monkeypatch.setattr(position_files, "READ_ROWS", 2)
    monkeypatch.setattr(position_files, "SLICE_ROWS", slice_rows)
    start = yesterday()
    land_positions([fix(1, start), fix(1, start + AT * 2)])
    before = stored(), last(), Tracker.objects.count()
    rows = [fix(1, start + AT * n) for n in range(4)]
    rows += [fix(2, start), fix(2, start), fix(1, start, lon="0", lat="0"), fix(1, start + AT * 3)]
    batch = plan(received(rows))
    planned = batch.counts
    after = stored(), last(), Tracker.objects.count()
    run_step(landing.start_import(batch=batch, actor=None))

    assert before == after
    assert counts_of(batch) == {"received": 8, "created": 3, "unchanged": 4, "to_review": 1}
    assert planned == batch.counts
    assert len(stored()) == 5


def test_an_older_fix_raises_no_last_position(city):
    start = yesterday()
    land_positions([fix(1, start, grid=3)])
    land_positions([fix(1, start - AT, grid=0), fix(2, start, grid=0)])

    assert last() == {plate(1): (start, city.grids[3].pk), plate(2): (start, city.grids[0].pk)}


def test_a_lorry_in_another_county_is_the_citys(city):
    land_positions([fix(1, yesterday(), lon="121.39", lat="37.54")])

    assert last()[plate(1)][1] == city.unplaced.pk


def test_undo_deletes_the_batch_and_last_positions_fall_back(city):
    start = yesterday()
    land_positions([fix(1, start, grid=0), fix(1, start - timedelta(days=2), grid=1)])
    before = stored(), last()
    batch = land_positions(
        [fix(1, start + AT, grid=2), fix(1, start + timedelta(hours=20), grid=2), fix(2, start, grid=2)]
    )
    undone = take_back(batch)

    assert undone.state == "UNDONE"
    assert (stored(), last()) == before
    assert list(AuditRow.objects.filter(verb="IMPORT_UNDONE").values_list("count", flat=True)) == [3]
    assert actions_of(undone) == frozenset()


@pytest.mark.parametrize("datum", ["GCJ02", "BD09"])
def test_points_of_another_datum_are_shifted(datum):
    land_positions([fix(1, yesterday(), lon="119.95", lat="37.18")], datum=datum)
    lon, lat = geometry.to_wgs84(119.95, 37.18, datum)

    assert stored()[0][2:4] == (round(lon, 6), round(lat, 6))


def test_an_import_that_was_stopped_goes_on_where_it_was(monkeypatch):
    monkeypatch.setattr(position_files, "READ_ROWS", 2)
    monkeypatch.setattr(position_files, "SLICE_ROWS", 2)
    start = yesterday()
    batch = landing.start_import(batch=plan(received([fix(n, start) for n in range(1, 8)])), actor=None)
    write, calls = position_files.write_fixes, []

    def stop_in_the_third(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            Job.objects.filter(pk=batch.job_id).update(cancel_requested=True)
        return write(*args, **kwargs)

    monkeypatch.setattr(position_files, "write_fixes", stop_in_the_third)
    jobs.run(batch.job_id)
    batch.refresh_from_db()
    stopped = batch.state, counts_of(batch), len(stored())
    batch = landing.start_import(batch=batch, actor=None)
    run_step(batch)

    assert stopped == ("FAILED", {"received": 4, "created": 4, "rows_done": 4}, 4)
    assert (batch.state, counts_of(batch)) == ("IMPORTED", {"received": 7, "created": 7})
    # Three slices, of which one was rolled back, then the two that were left.
    assert (len(calls), len(stored())) == (5, 7)


@pytest.mark.parametrize("missing", ["lon", "time"])
def test_a_file_without_place_or_time_is_refused_and_may_be_mapped_again(missing):
    data = position_file([fix(1, yesterday())]).replace(missing.encode(), "没见过".encode(), 1)
    batch = receive(data, kind="POSITION", source="TRANSPORT", observed_at=clock.now())
    with pytest.raises(DomainError) as refused:
        plan(batch)
    batch.refresh_from_db()

    assert refused.value.code == "COLUMNS_MISSING"
    assert ("经度" if missing == "lon" else "定位时间") in refused.value.message
    assert (batch.state, actions_of(batch), Position.objects.count()) == ("FAILED", frozenset({"plan"}), 0)


def test_a_header_alone_is_refused():
    with pytest.raises(DomainError) as refused:
        plan(received([]))

    assert (refused.value.code, Position.objects.count()) == ("FILE_NO_ROWS", 0)
