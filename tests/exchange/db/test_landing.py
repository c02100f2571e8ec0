"""From a file to elements: the balance, the mend file, the same file again, undo, the preview that is the import."""

from __future__ import annotations

import pytest

from common.errors import DomainError
from elements.models import Element, Finding, Vehicle
from exchange.models import LandingRow, Mapping
from exchange.problems import sentence
from exchange.selectors.rows import mend_file
from exchange.services import landing
from tests.factories.claims import submit, vehicle_of
from tests.factories.dumps import SILENT_TABLES, count_rows, dump_elements
from tests.factories.files import VEHICLE_HEADERS, bring_in, csv_file, plan, receive, run_step, take_back
from tests.factories.numbers import citizen_id, plate, vin

pytestmark = pytest.mark.usefixtures("city")


def row(number: int, **cells: str) -> list[str]:
    values = {"车架号": vin(number), "号牌号码": plate(number), "号牌种类": "02", "品牌": "甲"} | cells
    return [values.get(header, "") for header in VEHICLE_HEADERS]


def messy(city) -> bytes:
    broken = vin(4)[:8] + ("0" if vin(4)[8] != "0" else "1") + vin(4)[9:]
    return csv_file(
        [
            VEHICLE_HEADERS,
            row(1, 登记地址=city.text(0), 所有人="张试验", 所有人证件号=citizen_id(1)),
            row(2, 使用性质="不存在的性质"),
            row(3),
            row(4, 车架号=broken),
            row(5, 车架号="无", 号牌号码="0"),
            [*row(6), "多", "余"],
            row(1, 品牌="后面的行"),
        ],
        encoding="gb18030", delimiter=";",
    )  # fmt: skip


def outcomes(batch) -> list[str]:
    return list(batch.rows.order_by("row_number").values_list("outcome", flat=True))


def test_the_balance_adds_up_and_every_row_has_its_fate(city):
    from tests.factories.claims import claim

    submit("TMRI_VEHICLE", "VEHICLE", claim(0, vin=vin(3), plate_number=plate(3), plate_type="02", brand="甲"))
    submit("TMRI_VEHICLE", "VEHICLE", claim(0, vin=vin(2), brand="旧"))
    batch = bring_in(messy(city))

    assert (batch.encoding, batch.delimiter, batch.state) == ("gb18030", ";", "IMPORTED")
    assert outcomes(batch) == ["UNCHANGED", "UPDATED", "UNCHANGED", "TO_REVIEW", "TO_REVIEW", "REJECTED", "CREATED"]
    assert batch.counts["received"] == sum(n for name, n in batch.counts.items() if name != "received") == 7
    assert batch.rows.filter(is_final=False).count() == 0
    # Row 1 is superseded by row 7 of the same vehicle, which wins where both speak.
    assert list(Vehicle.objects.filter(vin=vin(1)).values_list("brand", "owner_name")) == [("后面的行", "张试验")]
    assert vehicle_of(vin(1)).block == city.grids[0]


def test_each_problem_names_its_row_and_column(city):
    batch = plan(receive(messy(city)))
    said = {r.row_number: sentence(r.problems) for r in batch.rows.all() if r.problems}

    assert said[2] == "“使用性质”不在代码表中，未采用"
    assert said[4].startswith("“车架号”校验位不对")
    assert "“车架号”填的是" in said[5] and "“号牌号码”填的是" in said[5]
    assert said[6].startswith("单元格多于表头列数")


def test_the_dry_run_writes_no_element_and_the_import_does_what_it_said(city):
    batch = plan(receive(messy(city)))
    planned, elements = outcomes(batch), Element.objects.count()
    batch = landing.start_import(batch=batch, actor=None)
    run_step(batch)

    assert elements == 0
    assert outcomes(batch) == planned
    assert Element.objects.standing().filter(kind="VEHICLE").count() == 3


def test_the_same_file_again_is_unchanged_and_silent(city):
    bring_in(messy(city))
    before = dump_elements(), count_rows(*SILENT_TABLES)
    again = bring_in(messy(city))

    assert (dump_elements(), count_rows(*SILENT_TABLES)) == before
    assert {k: again.counts[k] for k in ("created", "updated", "to_review", "rejected")} == {
        "created": 0, "updated": 0, "to_review": 2, "rejected": 1,
    }  # fmt: skip


def test_undo_restores_and_importing_again_revives(city):
    from tests.factories.claims import claim

    submit("TRANSPORT", "VEHICLE", claim(0, vin=vin(1), brand="乙", seats=9))
    ids, before = set(Element.objects.values_list("pk", flat=True)), dump_elements()
    batch = bring_in(messy(city))
    full = dump_elements(without=["elements_finding"])
    undone = take_back(batch)
    after = dump_elements(ids)
    bring_in(messy(city))

    assert undone.state == "UNDONE"
    assert after == before
    assert dump_elements(without=["elements_finding"]) == full


def test_undo_of_one_of_two_equal_files_takes_nothing_away(city):
    first, _second = bring_in(messy(city)), bring_in(messy(city))
    before = dump_elements()
    take_back(first)

    assert dump_elements() == before


def test_the_mend_file_closes_the_rows_it_mends(city):
    batch = bring_in(messy(city))
    lines = mend_file(batch).decode("utf-8-sig").splitlines()
    mended = "\n".join([lines[0], lines[1].replace(lines[1].split(",")[-9], vin(4)), lines[2]])
    second = bring_in(mended.encode(), mends=batch, name="修补.csv")

    assert [line.split(",")[0] for line in lines] == ["行号", "4", "5", "6"]
    assert list(batch.rows.filter(mended_by_row__isnull=False).values_list("row_number", flat=True)) == [4]
    assert second.counts["created"] == 1
    assert [line.split(",")[0] for line in mend_file(batch).decode("utf-8-sig").splitlines()] == ["行号", "5", "6"]


def test_cells_that_a_spreadsheet_would_run_are_harmless_in_the_mend_file():
    batch = bring_in(csv_file([VEHICLE_HEADERS, row(1, 车架号="无", 品牌='=cmd|"/c calc"!A1', 备注="+1")]))
    text = mend_file(batch).decode("utf-8-sig")

    assert "'=cmd" in text and "'+1" in text
    assert ",=cmd" not in text


def test_one_plate_with_two_vins_is_said_before_and_found_after():
    data = csv_file([VEHICLE_HEADERS, row(1), row(2, 号牌号码=plate(1))])
    batch = plan(receive(data, source="TRANSPORT"))
    said = {r.row_number: [p["code"] for p in r.problems] for r in batch.rows.all()}
    run_step(landing.start_import(batch=batch, actor=None))

    assert said == {1: ["PLATE_ANOMALY"], 2: ["PLATE_ANOMALY"]}
    assert (Finding.objects.count(), Element.objects.count()) == (1, 2)


def test_points_shifted_like_gcj02_are_left_out_and_said(city):
    from common.geometry import wgs84_to_gcj02

    lon, lat = wgs84_to_gcj02(city.address(0).point.x, city.address(0).point.y)
    header = [*VEHICLE_HEADERS, "经度", "纬度"]
    batch = bring_in(csv_file([header, [*row(1, 登记地址=city.text(0)), f"{lon}", f"{lat}"]]))

    assert [p["code"] for p in batch.rows.get().problems] == ["MAYBE_GCJ02"]
    assert (vehicle_of(vin(1)).place_quality, vehicle_of(vin(1)).block) == ("ADDRESS", city.grids[0])


def test_a_header_without_rows_is_refused_and_leaves_nothing():
    with pytest.raises(DomainError) as refused:
        plan(receive(csv_file([VEHICLE_HEADERS])))

    assert refused.value.code == "FILE_NO_ROWS"
    assert (LandingRow.objects.count(), Element.objects.count()) == (0, 0)


def test_an_open_column_stops_the_dry_run():
    batch = receive(csv_file([["车架号", "从没见过的列"], [vin(1), "x"]]))
    with pytest.raises(DomainError) as refused:
        landing.start_planning(batch=batch, columns=batch.columns, datum="WGS84", actor=None)

    batch.refresh_from_db()
    assert (refused.value.code, batch.state, batch.job_id) == ("COLUMNS_UNDECIDED", "MAPPING", None)


def test_the_mapping_is_remembered_for_the_same_header_of_the_same_source():
    data = csv_file([["车架号", "厂家"], [vin(1), "甲"]])
    batch = receive(data)
    landing.start_planning(batch=batch, columns={"车架号": "vin", "厂家": "brand"}, datum="WGS84", actor=None)

    assert receive(data).columns["厂家"] == "brand"
    assert receive(data, source="TRANSPORT").columns["厂家"] != "brand" or Mapping.objects.count() == 2


@pytest.mark.parametrize("step", [landing.start_import, landing.start_undo])
def test_a_step_out_of_order_is_refused(step):
    batch = receive(csv_file([VEHICLE_HEADERS, row(1)]))
    with pytest.raises(DomainError) as refused:
        step(batch=batch, actor=None)

    assert refused.value.code == "BATCH_STATE"
