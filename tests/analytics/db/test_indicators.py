"""Indicators: what they count, that lists count the same, areas, a year ago, targets, the night's snapshot."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from addresses.choices import AreaKind
from analytics.indicators.counting import Tally
from analytics.indicators.parts import span_of
from analytics.indicators.registry import INDICATORS
from analytics.models import IndicatorSnapshot, IndicatorTarget
from analytics.selectors.indicator_history import trends
from analytics.selectors.indicators import Board, Reading
from analytics.services.snapshots import snapshot_day, take_snapshots
from analytics.services.targets import set_target
from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from common.models import AuditRow
from tests.factories.claims import claim, submit, undo
from tests.factories.events import days_ago, report, row
from tests.factories.indicators import inspected, next_number, reviewed, scrapped, serious, treated
from tests.factories.numbers import plate, vin

SHARE = "VEHICLE_INSPECTION"


def board(user) -> Board:
    return Board(user, INDICATORS.values(), clock.today())


def whole(user, key: str = SHARE) -> Reading:
    shown = board(user)
    return shown.at(INDICATORS[key], shown.tree.whole(""))


def by_kind(user, kind: str, key: str = SHARE) -> dict[str, Tally]:
    shown = board(user)
    return {place.name: shown.at(INDICATORS[key], place).now for place in shown.tree.places(kind)}


@pytest.mark.parametrize(
    ("key", "make"),
    [
        ("VEHICLE_INSPECTION", inspected), ("DRIVER_REVIEW", reviewed), ("VEHICLE_SCRAP", scrapped),
        ("DANGER_TREATMENT", treated), ("SERIOUS_VIOLATION", serious),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("met", "unmet", "percent"), [(9, 1, "90.00"), (5, 5, "50.00"), (0, 3, "0.00"), (2, 1, "66.67")]
)
def test_a_rate_is_what_was_put_in(users, key, make, met, unmet, percent):
    make(met, unmet, grid=0)
    shown = whole(users["brigade"], key)
    assert (shown.now, shown.percent) == (Tally(met, met + unmet), Decimal(percent))


def test_nothing_of_nothing_is_no_share(users):
    for key, one in INDICATORS.items():
        assert (whole(users["brigade"], key).now, whole(users["brigade"], key).percent) == (Tally(), None), one


def test_stubs_withdrawn_cancelled_and_undated_vehicles_are_not_counted(users):
    inspected(1, 1, grid=0)
    taken_back = submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(vin=vin(next_number()), inspection_valid_to=clock.today() + timedelta(9), state="A", grid=0),
    )  # fmt: skip
    assert whole(users["brigade"]).now == Tally(2, 3)
    undo(taken_back)
    past = clock.today() - timedelta(9)
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(vin=vin(next_number()), inspection_valid_to=past, state="E", grid=0), claim(vin=vin(next_number()), state="A", grid=0),
    )  # fmt: skip
    # A party's car that nobody registered becomes a stub.
    report("ACCIDENT", row("ACCIDENT", "Z1", grid=0, occurred_at=days_ago(1), accident_type="4"))
    report("PARTY", row("PARTY", "Z1/1", accident_number="Z1", plate_number=plate(77), plate_type="02"))
    assert whole(users["brigade"]).now == Tally(1, 2)


def test_addresses_match_or_not_whatever_the_registry(users, city):
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(vin=vin(next_number()), parking_address=city.text(0), grid=0),
        claim(vin=vin(next_number()), parking_address="不知何处的停车场九号", grid=0), claim(vin=vin(next_number()), grid=0),
    )  # fmt: skip
    submit(
        "DANGER_LEDGER",
        "FACILITY",
        claim(number="Y1", name="弯道", danger="视距不足", site_address=city.text(0), grid=0),
    )
    assert whole(users["brigade"], "STANDARD_ADDRESS").now == Tally(2, 3)


def test_every_figure_is_the_number_of_rows_of_its_list_for_every_reader_and_place(users):
    make_some_of_each()
    for name in ("brigade", "squadron-1", "officer-2"):
        shown, user = board(users[name]), users[name]
        places = [
            shown.tree.whole(""),
            *shown.tree.settings(),
            *(p for k in AreaKind.values for p in shown.tree.places(k)),
        ]
        for one in INDICATORS.values():
            for place in places:
                now = shown.at(one, place).now
                listed = [
                    sum(part.rows(user, span_of(shown.day), met=met, place=place.params).count() for part in one.parts)
                    for met in (True, False)
                ]
                assert (now.numerator, now.denominator if one.is_share else listed[1]) == tuple(listed), (
                    one.key,
                    place.name,
                )


def make_some_of_each() -> None:
    for grid in (0, 2, 5):
        inspected(3 + grid, 1, grid=grid)
        reviewed(1, grid, grid=grid)
        serious(1, 1, grid=grid)
    scrapped(1, 2, grid=0)
    treated(1, 1, grid=5)
    submit("TMRI_VEHICLE", "VEHICLE", claim(vin=vin(next_number()), inspection_valid_to=clock.today(), state="A"))


def test_areas_add_up_and_a_reader_sees_only_the_own_part(users, city):
    inspected(3, 1, grid=0)
    inspected(1, 0, grid=2)
    inspected(0, 2, grid=5)
    brigade = by_kind(users["brigade"], AreaKind.SQUADRON)
    assert (brigade["ZD-1"], brigade["ZD-2"]) == (Tally(4, 5), Tally(0, 2))
    assert by_kind(users["squadron-1"], AreaKind.DISTRICT)["JQ-2"] == Tally(1, 1)
    assert "ZD-2" not in by_kind(users["squadron-1"], AreaKind.SQUADRON)
    # A part of a squadron stands for the part.
    assert by_kind(users["officer-1"], AreaKind.SQUADRON) == {"ZD-1": Tally(3, 4)}
    shown = board(users["brigade"])
    settings = {place.name: shown.at(INDICATORS[SHARE], place).now for place in shown.tree.settings()}
    assert (settings["城区"], settings["农村"]) == (Tally(4, 5), Tally(0, 2))
    assert whole(users["nobody"]).now == Tally()


def test_the_snapshot_taken_at_once_is_what_the_page_says(users):
    make_some_of_each()
    take_snapshots()
    for name in ("brigade", "squadron-1"):
        shown = board(users[name])
        known = trends(shown.tree, users[name], INDICATORS, shown.day)
        for key, one in INDICATORS.items():
            now = shown.at(one, shown.tree.whole("")).now
            assert sum((tally for _day, tally in known[key]), Tally()) == now, key


def test_a_second_count_of_the_day_replaces_the_first(city):
    inspected(1, 1, grid=0)
    first = snapshot_day(day=clock.today(), now=clock.now())
    rows = list(
        IndicatorSnapshot.objects.order_by("indicator", "block_id").values_list("indicator", "block_id", "numerator")
    )
    assert snapshot_day(day=clock.today(), now=clock.now()) == first
    again = IndicatorSnapshot.objects.order_by("indicator", "block_id").values_list(
        "indicator", "block_id", "numerator"
    )
    assert list(again) == rows
    inspected(1, 0, grid=0)
    snapshot_day(day=clock.today(), now=clock.now())
    assert IndicatorSnapshot.objects.get(indicator=SHARE).numerator == 2
    assert AuditRow.objects.filter(verb="INDICATORS_COUNTED").count() == 3
    with pytest.raises(ValueError, match="only today"):
        snapshot_day(day=clock.today() - timedelta(1), now=clock.now())


def test_last_year_is_a_snapshot_or_not_known(users, city):
    inspected(9, 1, grid=0)
    shown = whole(users["brigade"])
    assert (shown.before, shown.percent_before, shown.change) == (None, None, None)
    IndicatorSnapshot.objects.create(
        day=board(users["brigade"]).last_year,
        indicator=SHARE,
        block_id=city.grids[0].pk,
        numerator=2,
        denominator=3,
        definition=1,
    )
    shown = whole(users["brigade"])
    assert (shown.before, shown.percent_before, shown.change) == (Tally(2, 3), Decimal("66.67"), Decimal("23.33"))
    # A block without a row on a day that was counted had 0 of 0.
    assert whole(users["officer-2"]).before == Tally()
    IndicatorSnapshot.objects.update(definition=0)
    assert whole(users["brigade"]).before is None


def test_what_a_file_states_of_squadrons_is_known_of_the_city_when_all_are_there(users, city):
    def state(area, numerator: int) -> None:
        IndicatorSnapshot.objects.create(
            day=board(users["brigade"]).last_year, indicator=SHARE, block_id=area.pk, numerator=numerator, denominator=10,
            definition=1, batch_id=1,
        )  # fmt: skip

    state(city.squadrons[0], 7)
    shown = board(users["brigade"])
    places = {place.name: place for place in shown.tree.places(AreaKind.SQUADRON)}
    assert shown.at(INDICATORS[SHARE], places["ZD-1"]).before == Tally(7, 10)
    assert shown.at(INDICATORS[SHARE], places["ZD-2"]).before is None
    assert whole(users["brigade"]).before is None
    assert whole(users["squadron-1"]).before == Tally(7, 10)
    assert whole(users["officer-1"]).before is None
    state(city.squadrons[1], 8)
    assert whole(users["brigade"]).before == Tally(15, 20)


def test_accidents_are_compared_with_the_same_days_of_last_year(users):
    def happened(number: str, days: int) -> None:
        report(
            "ACCIDENT",
            row("ACCIDENT", number, grid=0, occurred_at=days_ago(days), accident_type="4", procedure="SUMMARY"),
        )

    happened("N1", 0)
    assert whole(users["brigade"], "ACCIDENT_SUMMARY").before is None
    year = (clock.today() - board(users["brigade"]).last_year).days
    happened("L1", year)
    happened("L2", year - 6)
    happened("O1", 1_000)
    shown = whole(users["brigade"], "ACCIDENT_SUMMARY")
    assert (shown.now.numerator, shown.before, shown.compared.text) == (1, Tally(1, 0), "0.00%")


def test_a_target_holds_below_until_another_is_set_and_from_its_year_on(users, city):
    inspected(9, 1, grid=0)
    brigade, now = users["brigade"], clock.now()

    def target(area, percent: str, year: int = clock.today().year) -> None:
        set_target(indicator=SHARE, area_id=area.pk, year=year, percent=percent, actor=brigade, now=now)

    target(city.brigade, "95")
    target(city.brigade, "10", clock.today().year + 1)
    target(city.districts[0], "85.5%", clock.today().year - 1)
    shown = board(brigade)
    found = {place.name: shown.at(INDICATORS[SHARE], place) for place in shown.tree.places(AreaKind.DISTRICT)}
    assert (found["JQ-1"].target, found["JQ-1"].gap) == (Decimal("85.50"), Decimal("4.50"))
    assert (found["JQ-2"].target, found["JQ-2"].gap) == (Decimal("95.00"), None)
    assert whole(brigade).gap == Decimal("-5.00")
    assert whole(users["officer-1"]).target == Decimal("85.50")
    assert AuditRow.objects.filter(verb="INDICATOR_TARGET_SET").count() == 3
    target(city.brigade, "95.00")
    assert AuditRow.objects.filter(verb="INDICATOR_TARGET_SET").count() == 3
    target(city.brigade, " ")
    assert whole(brigade).target is None


@pytest.mark.parametrize(
    ("name", "key", "percent", "code"),
    [
        ("squadron-1", SHARE, "90", "NOT_ALLOWED"), ("analyst", SHARE, "90", "NOT_ALLOWED"), ("brigade", SHARE, "101", "BAD_PERCENT"),
        ("brigade", SHARE, "90.123", "BAD_PERCENT"), ("brigade", SHARE, "NaN", "BAD_PERCENT"),
        ("brigade", "ACCIDENT_GENERAL", "90", "NO_TARGET"), ("brigade", "NONE", "90", "NOT_FOUND"),
    ],
)  # fmt: skip
def test_a_target_is_refused(users, city, name, key, percent, code):
    with pytest.raises(DomainError) as refused:
        set_target(
            indicator=key, area_id=city.brigade.pk, year=2026, percent=percent, actor=users[name], now=clock.now()
        )
    assert refused.value.code == code
    assert (IndicatorTarget.objects.count(), AuditRow.objects.filter(verb__startswith="INDICATOR").count()) == (0, 0)


def test_pseudo_blocks_have_no_target(users, city):
    with pytest.raises(NotVisible):
        set_target(
            indicator=SHARE, area_id=city.unplaced.pk, year=2026, percent="9", actor=users["brigade"], now=clock.now()
        )
    with pytest.raises(NotAllowed):
        set_target(
            indicator=SHARE, area_id=city.unplaced.pk, year=2026, percent="9", actor=users["officer-1"], now=clock.now()
        )
    assert IndicatorTarget.objects.count() == 0
