"""Stale is what no source has spoken of for the months of its kind; one condition for list and count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from common import clock
from elements.choices import ElementKind
from elements.filters import filtered_elements
from elements.models import Element
from elements.registries import REGISTRIES
from elements.selectors.freshness import fresh_months, fresh_since, stale
from elements.services.claims import StagedClaim
from tests.factories.claims import claim, submit, undo, vehicle_of
from tests.factories.numbers import plate, vin
from tests.factories.users import make_users

pytestmark = pytest.mark.usefixtures("city")
NOW = datetime(2026, 10, 1, 4, 0, tzinfo=UTC)


def at(moment: datetime, **values: str) -> StagedClaim:
    """A claim made at that moment."""
    return StagedClaim(1, moment, values, [], [], None)


def stale_vehicles(now: datetime = NOW) -> set[int]:
    return set(Element.objects.filter(stale("VEHICLE", now), kind="VEHICLE").values_list("pk", flat=True))


def test_months_stand_in_the_file_for_every_kind():
    assert {kind.value: fresh_months(kind) for kind in ElementKind} == {
        "PERSON": 3, "VEHICLE": 6, "UNIT": 6, "HOUSE": 12, "ROAD": 12, "FACILITY": 6,
    }  # fmt: skip


def test_settings_override_single_kinds(settings):
    settings.FRESHNESS_MONTHS = {"VEHICLE": 1}
    assert (fresh_months("VEHICLE"), fresh_months("HOUSE")) == (1, 12)


@pytest.mark.parametrize(
    ("now", "since"),
    [
        (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),
        (datetime(2026, 3, 1, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)),
        (datetime(2026, 8, 31, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2026, 6, 15, tzinfo=UTC), datetime(2025, 12, 15, tzinfo=UTC)),
    ],
)
def test_months_are_those_of_the_calendar(now, since):
    assert fresh_since("VEHICLE", now) == since


def test_the_newest_standing_claim_of_any_source_decides():
    edge = datetime(2026, 4, 1, 4, 0, tzinfo=UTC)
    submit("TMRI_VEHICLE", "VEHICLE", at(edge - timedelta(seconds=1), vin=vin(1)), at(edge, vin=vin(2)))
    old, young = vehicle_of(vin(1)).pk, vehicle_of(vin(2)).pk
    assert stale_vehicles() == {old}
    again = submit("TRANSPORT", "VEHICLE", at(NOW - timedelta(days=1), vin=vin(1), brand="解放"))
    assert stale_vehicles() == set()
    undo(again)
    assert stale_vehicles() == {old}
    assert stale_vehicles(NOW + timedelta(days=1)) == {old, young}


def test_the_list_filters_by_it(city):
    now = clock.now()
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        at(now - timedelta(days=400), vin=vin(1), plate_number=plate(1), plate_type="02"),
        at(now - timedelta(days=2), vin=vin(2), plate_number=plate(2), plate_type="02"),
    )  # fmt: skip
    user = make_users(city)["brigade"]
    wanted = {"stale=true": {vin(1)}, "stale=false": {vin(2)}, "": {vin(1), vin(2)}}
    for query, vins in wanted.items():
        found, _ = filtered_elements(REGISTRIES["vehicles"], QueryDict(query), user)
        assert set(found.values_list("vehicle__vin", flat=True)) == vins


def test_a_gap_is_a_filter_of_its_registry_alone(city):
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(1, vin=vin(1), plate_number=plate(1), plate_type="02", parking_address=city.text(0)),
        claim(1, vin=vin(2), plate_number=plate(2), plate_type="02", registered_address=city.text(0)),
    )  # fmt: skip
    user = make_users(city)["brigade"]
    found, _ = filtered_elements(REGISTRIES["vehicles"], QueryDict("gap=NO_PARKING"), user)
    assert list(found.values_list("vehicle__vin", flat=True)) == [vin(2)]
    in_village, _ = filtered_elements(REGISTRIES["vehicles"], QueryDict(f"village={city.villages[0].code}"), user)
    assert set(in_village.values_list("vehicle__vin", flat=True)) == {vin(1), vin(2)}
    elsewhere, _ = filtered_elements(REGISTRIES["vehicles"], QueryDict(f"village={city.villages[1].code}"), user)
    assert list(elsewhere) == []
