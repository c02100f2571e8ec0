"""The bureau's file of changes: by code, all or nothing, twice the same; and what an address was on an earlier day."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command

from addresses.choices import AddressState
from addresses.models import AddressChange, StandardAddress
from addresses.parsing.components import Components
from addresses.selectors.address_then import address_at
from addresses.selectors.history import changes_of, known_address
from addresses.services.registry_changes import certify_address, create_address, renumber_address
from addresses.services.registry_delta import DELTA_COLUMNS, DeltaReport, load_delta
from common.errors import DomainError, NotVisible
from tests.factories.places import SmallCity, point_in
from tests.factories.users import make_users

pytestmark = pytest.mark.usefixtures("city")
NOW = datetime(2026, 11, 27, 2, tzinfo=UTC)


def row(city: SmallCity, op: str, code: str, **values: str) -> dict[str, str]:
    house = city.address(0)
    return {"op": op, "code": code, "town": house.town.name, "village": house.village.name} | values


def write(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "delta.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, DELTA_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def load(path: Path, *, is_dry_run: bool = False) -> DeltaReport:
    return load_delta(path, reason="公安局 2026 第 4 批", actor=None, now=NOW, is_dry_run=is_dry_run)


def registry() -> list[tuple]:
    return list(StandardAddress.objects.order_by("pk").values_list("code", "key", "state", "is_provisional"))


@pytest.fixture
def delta(city, tmp_path) -> Path:
    lon, lat = point_in(0)
    create_address(
        components=Components(city.address(0).town.name, city.address(0).village.name, number="50"),
        point=Point(*point_in(0)), reason="现场", actor=None, now=NOW,
    )  # fmt: skip
    return write(
        tmp_path,
        row(city, "add", "N-1", number="40号", lon=f"{lon:.6f}", lat=f"{lat:.6f}"),
        row(city, "add", "N-2", number="五十号"),
        row(city, "change", "LZ-0-3", number="103号"),
        row(city, "retire", "LZ-1-8"),
        row(city, "merge", "LZ-2-3", into="LZ-2-8"),
    )


def test_a_file_of_changes_is_carried_out_and_changes_nothing_the_second_time(delta):
    first = load(delta)
    after = registry()
    second = load(delta)

    assert (first.added, first.certified, first.changed, first.retired, first.merged) == (1, 1, 1, 1, 1)
    assert not StandardAddress.objects.filter(is_provisional=True).exists()
    assert StandardAddress.objects.get(code="N-2").number == "50"
    assert StandardAddress.objects.get(code="LZ-0-3").number == "103"
    assert StandardAddress.objects.get(code="LZ-1-8").state == AddressState.RETIRED
    assert StandardAddress.objects.get(code="LZ-2-3").replaced_by.code == "LZ-2-8"
    assert (second.received, second.unchanged, second.problems) == (5, 5, [])
    assert registry() == after


def test_a_dry_run_writes_nothing(delta, capsys):
    before, changes = registry(), AddressChange.objects.count()
    call_command("load_addresses", str(delta), "--delta", "--dry-run")

    assert "added 1 + certified 1 + changed 1 + retired 1 + merged 1" in capsys.readouterr().out
    assert (registry(), AddressChange.objects.count()) == (before, changes)


def test_one_faulty_row_and_nothing_is_written(city, tmp_path, capsys):
    path = write(
        tmp_path,
        row(city, "add", "N-1", number="40号"),
        row(city, "rename", "N-2", number="41号"),
        row(city, "retire", "NO-SUCH"),
        row(city, "add", "LZ-0-3", number="42号"),
        row(city, "add", "N-3", number="43号", lon="37.1", lat="119.9"),
        row(city, "add", "N-4", number="44号", village="没有村"),
    )
    before = registry()
    report = load(path)

    assert [number for number, _ in report.problems] == [2, 3, 4, 5, 6]
    assert report.problems[1][1] == "第 3 行（retire）：没有编码为 NO-SUCH 的地址，请核对编码。"
    assert registry() == before
    with pytest.raises(CommandError):
        call_command("load_addresses", str(path), "--delta")
    assert registry() == before


def test_missing_columns_are_named(tmp_path):
    path = tmp_path / "delta.csv"
    path.write_text("op,code\nadd,1\n", encoding="utf-8")
    with pytest.raises(DomainError) as refused:
        load(path)

    assert refused.value.code == "COLUMNS_MISSING" and "into" in refused.value.message


def test_an_address_as_it_was_on_a_day(city):
    users = make_users(city)
    user = users["brigade"]
    today = date.today()
    create_address(
        components=Components(city.address(0).town.name, city.address(0).village.name, number="50"),
        point=Point(*point_in(0)), reason="现场", actor=user, now=datetime.now(UTC),
    )  # fmt: skip
    old = city.text(0)
    made = StandardAddress.objects.get(is_provisional=True)
    certify_address(code=made.code, reason="认定", actor=user, now=datetime.now(UTC), new_code="N-50")
    renumber_address(code="LZ-0-3", changes={"number": "103"}, reason="整治", actor=user, now=datetime.now(UTC))
    yesterday = today - timedelta(days=1)

    assert address_at("LZ-0-3", yesterday, user).full_text == old
    assert address_at("LZ-0-3", today + timedelta(days=1), user).full_text.endswith("103号")
    assert address_at("LZ-0-8", yesterday, user).code == "LZ-0-8"
    assert address_at("N-50", yesterday, user) is None
    assert known_address(made.code, user).code == "N-50"
    (change,) = changes_of(known_address("LZ-0-3", user))
    assert change.words == f"“{old}”改为“{old[:-2]}103号”"
    with pytest.raises(NotVisible):
        address_at("LZ-4-3", today, users["officer-1"])
