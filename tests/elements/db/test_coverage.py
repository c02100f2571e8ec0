"""Coverage: known ÷ expected only where somebody stated a number, only for whole villages, only in the scope."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from common.errors import DomainError, NotAllowed
from common.models import AuditRow
from elements.models import ExpectedCount, Source
from elements.selectors.coverage import Figures, coverage, total_of
from elements.services.expected_counts import COLUMNS, load_expected_counts
from tests.factories.claims import claim, submit
from tests.factories.numbers import plate, vin
from tests.factories.users import make_users

pytestmark = pytest.mark.usefixtures("city")
NOW = datetime(2026, 10, 1, 4, 0, tzinfo=UTC)


def vehicles(city, *grids: int) -> None:
    """A vehicle parked in each of the grids."""
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(claim(100, vin=vin(n), plate_number=plate(n), plate_type="02", parking_address=city.text(grid))
          for n, grid in enumerate(grids, start=1)),
    )  # fmt: skip


def expect(city, grid: int, number: int, source: str = "FIELD", as_of: date = date(2026, 1, 1)) -> None:
    ExpectedCount.objects.create(
        village=city.villages[grid], kind="vehicles", number=number, source=Source.objects.get(code=source), as_of=as_of
    )


def rows(user, by: str = "village", area: int | None = None) -> dict[str, Figures]:
    found = coverage(user, by=by, area_id=area, registries=["vehicles"], now=NOW)
    return {row.name: row.figures["vehicles"] for row in found}


def test_a_village_without_a_number_has_no_share(city):
    vehicles(city, 0, 0, 1)
    expect(city, 0, 4)
    found = rows(make_users(city)["officer-1"])
    first, second = found[city.villages[0].name], found[city.villages[1].name]
    assert (first.known, first.expected, first.share, first.sources, first.as_of) == (
        2, 4, 0.5, [str(Source.objects.get(code="FIELD"))], date(2026, 1, 1),
    )  # fmt: skip
    assert (second.known, second.expected, second.share, second.stated, second.villages) == (1, None, None, 0, 1)
    assert len(found) == 2


def test_the_newest_number_counts_and_zero_is_no_share(city):
    vehicles(city, 0)
    expect(city, 0, 10)
    expect(city, 0, 5, source="TRANSPORT", as_of=date(2026, 5, 1))
    expect(city, 1, 0)
    found = rows(make_users(city)["brigade"])
    assert (found[city.villages[0].name].expected, found[city.villages[0].name].share) == (5, 0.2)
    assert (found[city.villages[1].name].expected, found[city.villages[1].name].share) == (0, None)


def test_a_district_divides_only_what_was_stated(city):
    vehicles(city, 0, 1, 1, 1)
    expect(city, 0, 2)
    district = rows(make_users(city)["brigade"], "district")["JQ-1"]
    # Three more are known in a village of which nobody said how many there should be.
    assert (district.known, district.known_there, district.expected, district.share) == (4, 1, 2, 0.5)
    assert (district.stated, district.villages) == (1, 2)


def test_a_village_of_several_grids_is_not_split(city):
    for grid in city.grids[:2]:
        grid.village = city.villages[0]
        grid.save()
    vehicles(city, 0, 1)
    expect(city, 0, 4)
    users = make_users(city)
    assert rows(users["brigade"], "grid")["G-1"].expected is None
    assert rows(users["brigade"])[city.villages[0].name].share == 0.5
    # Who sees one of the two grids knows half of the village: no share.
    assert rows(users["coordinator-1"])[city.villages[0].name].expected is None


def test_only_the_scope_is_counted_and_an_area_narrows_it(city):
    vehicles(city, 0, 4)
    users = make_users(city)
    assert set(rows(users["officer-2"], "grid")) == {"G-5", "G-6"}
    assert rows(users["officer-2"], "grid", city.districts[0].pk) == {}
    assert set(rows(users["brigade"], "grid", city.districts[0].pk)) == {"G-1", "G-2"}
    assert rows(users["admin"]) == rows(users["nobody"]) == rows(users["station-1"]) == {}


def test_fresh_unplaced_gaps_and_the_sum(city):
    vehicles(city, 0)
    submit("TMRI_VEHICLE", "VEHICLE", claim(-200, vin=vin(8), plate_number=plate(8), plate_type="02"))
    found = coverage(make_users(city)["brigade"], by="district", area_id=None, registries=["vehicles"], now=NOW)
    total = total_of(found, "vehicles")
    assert (total.known, total.stale, total.fresh_share) == (2, 1, 0.5)
    assert (total.unplaced, total.conflict, total.gaps) == (1, 0, 1)
    unplaced = next(row for row in found if row.area == city.unplaced)
    assert (unplaced.figures["vehicles"].known, unplaced.figures["vehicles"].villages) == (1, 0)


def test_houses_are_held_against_the_doors_of_the_register(city):
    found = coverage(make_users(city)["brigade"], by="grid", area_id=None, registries=["houses"], now=NOW)
    first = next(row.figures["houses"] for row in found if row.name == "G-1")
    assert (first.known, first.doors, first.door_share) == (0, 2, 0.0)


def test_the_number_of_statements_does_not_grow(city, django_assert_num_queries):
    user = make_users(city)["brigade"]
    expect(city, 0, 4)
    user.scope  # noqa: B018 - read once a request
    for grids in ((0,), (0, 1, 2, 3, 4, 5)):
        vehicles(city, *grids)
        with django_assert_num_queries(4):
            coverage(user, by="village", area_id=None, registries=["vehicles", "houses"], now=NOW)


def content(city, *changed: dict[str, str]) -> bytes:
    base = dict(zip(COLUMNS, ("", city.villages[0].code, "实有机动车", "1,200", "FIELD", "2026-03-01"), strict=True))
    lines = [",".join(COLUMNS), *(",".join(f'"{cell}"' for cell in (base | one).values()) for one in changed)]
    return "\n".join(lines).encode()


def test_a_file_creates_changes_and_leaves_alone(city):
    user = make_users(city)["brigade"]
    named = {"镇街": city.villages[1].parent.name, "村居": city.villages[1].name, "登记": "houses"}
    first = load_expected_counts(content=content(city, {}, named), actor=user, now=NOW)
    assert (first.received, first.created, first.changed, first.unchanged, first.problems) == (2, 2, 0, 0, [])
    again = load_expected_counts(content=content(city, {"应有数": "7"}, named), actor=user, now=NOW)
    assert (again.created, again.changed, again.unchanged) == (0, 1, 1)
    stored = set(ExpectedCount.objects.values_list("village", "kind", "number", "source__code", "as_of"))
    assert stored == {
        (city.villages[0].code, "vehicles", 7, "FIELD", date(2026, 3, 1)),
        (city.villages[1].code, "houses", 1200, "FIELD", date(2026, 3, 1)),
    }
    acts = AuditRow.objects.filter(verb="EXPECTED_COUNTS_LOADED").order_by("pk").values_list("actor_id", "count")
    assert list(acts) == [(user.pk, 2), (user.pk, 1)]


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        ({"村居": "没有这个村"}, "村居"),
        ({"登记": "飞机"}, "登记"),
        ({"应有数": "-1"}, "应有数"),
        ({"应有数": "很多"}, "应有数"),
        ({"来源代码": "NOBODY"}, "来源代码"),
        ({"统计日期": "2026/3/1"}, "统计日期"),
        ({"统计日期": "2999-01-01"}, "统计日期"),
        ({}, "村居"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(city, bad, column):
    report = load_expected_counts(content=content(city, {}, bad), actor=make_users(city)["brigade"], now=NOW)
    assert len(report.problems) == report.rejected == 1
    assert report.problems[0].startswith(f"第 3 行“{column}”列：")
    assert (ExpectedCount.objects.count(), AuditRow.objects.filter(verb="EXPECTED_COUNTS_LOADED").count()) == (0, 0)


@pytest.mark.parametrize("name", ["officer-1", "squadron-1", "analyst", "liaison-1", "admin", "nobody"])
def test_only_who_imports_for_the_whole_city_may_load(city, name):
    with pytest.raises(NotAllowed):
        load_expected_counts(content=content(city, {}), actor=make_users(city)[name], now=NOW)
    assert ExpectedCount.objects.count() == 0


@pytest.mark.parametrize("raw", [b"a,b\n1,2\n", b"\x00\x01\x02", b"", b"\xff\xfe\xff"])
def test_what_is_no_such_csv_is_refused(city, raw):
    with pytest.raises(DomainError) as refused:
        load_expected_counts(content=raw, actor=None, now=NOW)
    assert refused.value.code in {"COLUMNS_MISSING", "NOT_CSV"}
    assert ExpectedCount.objects.count() == 0


def test_the_command_loads_and_names_what_is_wrong(city, tmp_path: Path):
    file = tmp_path / "counts.csv"
    file.write_bytes(content(city, {}))
    call_command("load_expected_counts", str(file))
    assert ExpectedCount.objects.get().number == 1200
    file.write_bytes(content(city, {"应有数": "x"}))
    with pytest.raises(CommandError, match="第 2 行“应有数”列"):
        call_command("load_expected_counts", str(file))
    assert ExpectedCount.objects.get().number == 1200
