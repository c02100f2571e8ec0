"""Tracks: the plate of the day, gaps, thinning, scope."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from common.errors import DomainError, NotVisible
from elements.models import ElementKey
from events.selectors.tracks import track_of
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.numbers import plate, vin
from tests.factories.positions import fix, land_positions, yesterday

AT = timedelta(seconds=10)
DAY = timedelta(days=1)


@pytest.fixture
def vehicle(city):
    """Vehicle 1 in grid 0, with plate 1 of type 01."""
    submit("TMRI_VEHICLE", "VEHICLE", claim(vin=vin(1), plate_number=plate(1), plate_type="01", grid=0))
    return vehicle_of(vin(1))


def test_a_track_is_cut_at_silence_and_thinned(vehicle, users, django_assert_num_queries):
    start = yesterday()
    # A straight line eastward, then a turn to the north; then silence for eleven minutes, then one fix.
    east = [fix(1, start + AT * n, east=n / 100) for n in range(51)]
    north = [fix(1, start + AT * (50 + n), east=0.5, north=0.5 + n / 100) for n in range(1, 31)]
    after = start + AT * 80 + timedelta(minutes=11)
    land_positions([*east, *north, fix(1, after, grid=1), fix(1, after + timedelta(minutes=10), grid=1, east=0.9)])
    users["brigade"].scope  # noqa: B018 - read once per request
    with django_assert_num_queries(2):
        track = track_of(vehicle.pk, users["brigade"], start, start + DAY)

    assert [(leg.started_at, leg.ended_at, leg.fix_count) for leg in track.legs] == [
        (start, start + AT * 80, 81), (after, after + timedelta(minutes=10), 2),
    ]  # fmt: skip
    assert track.gaps == [(start + AT * 80, after)]
    assert (track.fix_count, track.drawn_count) == (83, 5)
    assert [p.occurred_at for p in track.legs[0].points] == [start, start + AT * 50, start + AT * 80]
    assert [(p.lon, p.lat) for p in track.legs[0].points] == [(119.86, 37.17), (119.87, 37.17), (119.87, 37.176)]


def test_a_re_issued_plate_counts_only_in_its_period(vehicle, users):
    start = yesterday().replace(hour=12)
    submit("TMRI_VEHICLE", "VEHICLE", claim(vin=vin(2), brand="甲", grid=0))
    second = vehicle_of(vin(2))
    today = timezone.localdate(start) + DAY
    key = ElementKey.objects.get(value=f"01:{plate(1)}")
    ElementKey.objects.filter(pk=key.pk).update(valid_to=today)
    ElementKey.objects.create(
        element=second,
        scheme=key.scheme,
        value=key.value,
        valid_from=today,
        source=key.source,
        asserted_at=key.asserted_at,
    )
    midnight = start + timedelta(hours=12)
    land_positions([fix(1, midnight - AT), fix(1, midnight)])
    spans = [
        [leg.started_at for leg in track_of(v.pk, users["brigade"], start, start + DAY).legs] for v in (vehicle, second)
    ]

    assert spans == [[midnight - AT], [midnight]]


def test_a_source_without_plate_types_is_believed_where_one_vehicle_bears_the_number(vehicle, users):
    start = yesterday()
    land_positions([fix(1, start, plate_colour="")])
    alone = track_of(vehicle.pk, users["brigade"], start, start + DAY).fix_count
    submit("TMRI_VEHICLE", "VEHICLE", claim(vin=vin(2), plate_number=plate(1), plate_type="02"))

    assert alone == 1
    assert track_of(vehicle.pk, users["brigade"], start, start + DAY).fix_count == 0


def test_two_sources_at_one_moment_are_one_fix_and_the_end_is_not_included(vehicle, users):
    start = yesterday()
    for source in ("TRANSPORT", "BUS_DISPATCH"):
        land_positions([fix(1, start), fix(1, start + AT)], source=source)

    assert track_of(vehicle.pk, users["brigade"], start, start + AT * 2).fix_count == 2
    assert track_of(vehicle.pk, users["brigade"], start, start + AT).fix_count == 1
    assert track_of(vehicle.pk, users["brigade"], start + AT * 2, start + DAY).legs == []


def test_who_does_not_see_the_vehicle_sees_no_track(vehicle, users):
    start = yesterday()
    land_positions([fix(1, start)])
    outside = users["officer-2"]
    for vehicle_id in (vehicle.pk, 10**9):
        with pytest.raises(NotVisible):
            track_of(vehicle_id, outside, start, start + DAY)


@pytest.mark.parametrize("days", [0, -1, 32])
def test_an_empty_or_endless_time_is_refused(vehicle, users, days):
    with pytest.raises(DomainError) as refused:
        track_of(vehicle.pk, users["brigade"], yesterday(), yesterday() + DAY * days)

    assert refused.value.code == "TRACK_PERIOD"
