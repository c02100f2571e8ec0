"""Ledgers: the rows of the list, in the columns of the paper, masked and scoped, in as many statements for one row as for many."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role
from accounts.models import Post
from common import clock
from elements.registries import REGISTRIES
from elements.selectors.lists import order_of
from exchange.exporters.elements_csv import export_csv
from exchange.exporters.ledger_table import LedgerTable
from exchange.exporters.ledger_xlsx import HEAD_ROWS, export_ledger_xlsx
from exchange.ledgers import LEDGERS, ledger_rows
from exchange.ledgers.posts import responsible_by_block
from tests.factories.claims import claim, submit
from tests.factories.numbers import citizen_id, file_number, plate, uscc, vin
from tests.factories.upkeep import danger_spot, dispatched, facility, report
from tests.factories.users import make_user

pytestmark = pytest.mark.django_db
PAST = date(2026, 1, 5)


def table_of(code: str, user: Any, query: str = "") -> LedgerTable:
    ledger = LEDGERS[code]
    rows, _filterset = ledger_rows(ledger, QueryDict(query), user, clock.today())
    order = order_of(REGISTRIES[ledger.registry], "", user)
    return LedgerTable(
        rows, ledger=ledger, order=order, user=user, mark="试验 2026-10-01", said="说明", today=clock.today()
    )  # fmt: skip


def read(code: str, user: Any, query: str = "") -> list[dict[str, str]]:
    text = b"".join(export_csv(table_of(code, user, query))).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def vehicle(number: int, grid: int = 0, **values: Any) -> Any:
    said = {"vin": vin(number), "plate_number": plate(number), "plate_type": "01", "state": "A", "owner_name": "张试验"}
    return claim(1, grid=grid, **(said | values))


def test_a_danger_stands_with_its_number_place_kind_and_who_is_responsible(users, city):
    danger_spot(
        50, name="试验弯道", road_name="G206", stake_m=19_906, danger_grade="2", treatment="增设标志", treat_by_on=PAST,
        reviewed_on=date(2026, 2, 1),
    )  # fmt: skip

    (row,) = read("dangers", users["brigade"])

    place = row.pop("位置").split(" ")
    assert place[:2] == ["G206", "K19+906"]
    assert len(place[2].split(",")) == 2
    assert row.pop("平台编号").isdigit()
    assert row == {
        "编号": "F50", "类型": "隐患点段·较大", "主要隐患": "视距不良", "整治意见": "增设标志", "整改单位": "试验公路站",
        "整改期限": "2026-01-05", "复查日期/结果": "2026-02-01 未整改", "逾期项": "逾期未整改 2026-01-05", "照片": "0",
        "责任人（民警/协管员）": "officer-1/coordinator-1", "导出标记": "试验 2026-10-01",
    }  # fmt: skip


def test_only_key_vehicles_each_in_its_group(users):
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        vehicle(1, vehicle_type="K33", use_nature="A"),
        vehicle(2, vehicle_type="K11", use_nature="B"),
        vehicle(3, vehicle_type="K33", use_nature="B"),
        vehicle(4, vehicle_type="H31", use_nature="R"),
        vehicle(5, vehicle_type="K28", use_nature="A"),
        vehicle(6, vehicle_type="H17", use_nature="F", total_mass_kg=25_000),
        vehicle(7, vehicle_type="H11", use_nature="F", total_mass_kg=11_999),
        vehicle(8, vehicle_type="K11", use_nature="L"),
    )  # fmt: skip

    def plates(query: str = "") -> set[str]:
        return {row["号牌号码"] for row in read("key-vehicles", users["brigade"], query)}

    found = {group.code: plates(f"group={group.code}") for group in LEDGERS["key-vehicles"].groups}
    assert found == {
        "PASSENGER_HAZARD": {plate(2), plate(4)}, "HEAVY_GOODS": {plate(6)}, "SCHOOL_BUS": {plate(5)},
        "FORMER_COACH": {plate(8)}, "DUMP_TRUCK": {plate(6)},
    }  # fmt: skip
    assert plates() == {plate(2), plate(4), plate(5), plate(6), plate(8)}


def test_overdue_items_are_named_with_their_days_and_can_be_asked_for_alone(users):
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        vehicle(1, use_nature="R", vehicle_type="H31", inspection_valid_to=PAST, insurance_valid_to=PAST),
        vehicle(2, use_nature="R", vehicle_type="H31", inspection_valid_to=clock.today() + timedelta(days=9)),
    )  # fmt: skip

    late = read("key-vehicles", users["brigade"], "late=1")

    assert [(row["号牌号码"], row["逾期项"]) for row in late] == [
        (plate(1), "逾期未检验 2026-01-05；保险过期 2026-01-05")
    ]
    assert (late[0]["告知方式/日期"], late[0]["反馈"]) == ("", "")
    assert len(read("key-vehicles", users["brigade"])) == 2


def test_a_driver_stands_with_the_employer_of_today_inside_the_scope(users, city):
    def employed(number: int, label: str, until: str | None = None) -> dict[str, Any]:
        period = {"valid_from": "2020-01-01", "valid_to": until} if until else {}
        return {"type": "EMPLOYED_BY", "kind": "UNIT", "scheme": 2, "value": uscc(number), "label": label, **period}

    submit(
        "MARKET", "UNIT",
        claim(1, uscc=uscc(1), name="东试运输", grid=0), claim(1, uscc=uscc(2), name="旧试运输", grid=0),
        claim(1, uscc=uscc(3), name="外试运输", grid=5),
    )  # fmt: skip
    submit(
        "TMRI_DRIVER", "PERSON",
        claim(1, citizen_id=citizen_id(1), file_no=file_number(1), name="张试验", licence_classes="A2", points=12,
              licence_state="A", licence_valid_to=PAST, grid=0,
              relations=[employed(1, "东试运输"), employed(2, "旧试运输", "2021-01-01"), employed(3, "外试运输")]),
        claim(1, citizen_id=citizen_id(2), file_no=file_number(2), name="李试验", licence_classes="C1", grid=0),
    )  # fmt: skip

    whole, own = ({row["姓名"]: row for row in read("drivers", users[name])} for name in ("brigade", "officer-1"))

    assert (whole["张试验"]["单位"], own["张试验"]["单位"]) == ("东试运输、外试运输", "东试运输")
    assert own["张试验"]["逾期项"] == "逾期未换证 2026-01-05"
    assert (own["张试验"]["状态"], own["张试验"]["累积记分"], own["李试验"]["单位"]) == ("正常", "12", "")
    for group in ("LARGE_CLASSES", "POINTS_FULL", "POINTS_HIGH"):
        assert [row["姓名"] for row in read("drivers", users["brigade"], f"group={group}")] == ["张试验"]


def test_a_facility_stands_with_its_newest_order(users):
    kept, quiet = facility(1), facility(2)
    report(kept, users["officer-1"], 1, fault="旧故障")
    order = dispatched(report(kept, users["officer-1"], 2, fault="红灯不亮"), users["officer-1"])

    rows = {row["设施"]: row for row in read("facilities", users["brigade"])}

    row = rows[kept.label]
    assert {row["工单编号"], row["故障"], row["工单状态"], row["期限"]} <= {
        order.number, "红灯不亮", "待修复", "2026-10-08", "旧故障", "待派单", "",
    }  # fmt: skip
    assert (row["未结工单"], row["修复"], row["验收"]) == ("2", "", "")
    assert (rows[quiet.label]["工单编号"], rows[quiet.label]["未结工单"]) == ("", "0")


def test_rows_outside_the_scope_and_names_without_the_right_do_not_leave(users, city):
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        vehicle(1, use_nature="R", vehicle_type="H31"), vehicle(2, grid=5, use_nature="R", vehicle_type="H31"),
    )  # fmt: skip

    assert [row["号牌号码"] for row in read("key-vehicles", users["officer-1"])] == [plate(1)]
    assert [row["号牌号码"] for row in read("key-vehicles", users["officer-2"])] == [plate(2)]
    assert read("key-vehicles", users["nobody"]) == []
    masked = make_user("assistant-0", Role.ASSISTANT, area=city.grids[0])
    (row,) = read("key-vehicles", masked)
    assert not {plate(1), "张试验"} & set(row.values())


def test_posts_of_today_alone_are_responsible_and_of_seen_blocks(users, city):
    day = clock.today()
    block = city.grids[0].pk
    assert responsible_by_block(users["brigade"], day)[block] == "officer-1/coordinator-1"
    Post.objects.filter(user=users["coordinator-1"]).update(valid_to=day)
    assert responsible_by_block(users["brigade"], day)[block] == "officer-1"
    assert block not in responsible_by_block(users["officer-2"], day)


@pytest.mark.parametrize("code", sorted(LEDGERS))
def test_as_many_statements_for_many_rows_as_for_one(users, code):
    def make(numbers: range) -> None:
        submit("TMRI_VEHICLE", "VEHICLE", *(vehicle(n, use_nature="R", vehicle_type="H31") for n in numbers))
        for number in numbers:
            facility(number)
            danger_spot(100 + number)
        submit(
            "TMRI_DRIVER", "PERSON",
            *(claim(1, citizen_id=citizen_id(n), file_no=file_number(n), name="张试验", licence_classes="C1", grid=0)
              for n in numbers),
        )  # fmt: skip

    def statements() -> tuple[int, int]:
        table = table_of(code, users["brigade"])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            rows = sum(len(chunk) for chunk in table.chunks())
        return rows, len(queries)

    make(range(1, 2))
    # Who is responsible, and the rows; vehicles without a plate are read after those with one.
    expected = 3 if code == "key-vehicles" else 2
    assert statements() == (1, expected)
    make(range(2, 8))
    assert statements() == (7, expected)


def test_the_workbook_prints_on_lying_a4_with_headings_on_every_sheet(users):
    danger_spot(50, name="试验弯道")
    content = b"".join(export_ledger_xlsx(table_of("dangers", users["brigade"])))

    sheet = openpyxl.load_workbook(io.BytesIO(content)).active

    assert (sheet["A1"].value, sheet["A2"].value, sheet["A3"].value) == ("隐患台账", "说明　试验 2026-10-01", "编号")
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize), sheet.print_title_rows) == (
        "landscape",
        9,
        "$1:$3",
    )
    assert sheet.sheet_properties.pageSetUpPr.fitToPage is True
    assert sorted(str(one) for one in sheet.merged_cells.ranges) == ["A1:K1", "A2:K2"]
    assert sheet.oddFooter.left.text == "试验 2026-10-01"
    assert sheet.print_area == "'隐患台账'!$A$1:$K$4"
    body = list(sheet.iter_rows(min_row=HEAD_ROWS + 1))
    assert len(body) == 1
    assert {cell.border.left.style for cell in body[0]} == {"thin"}
    assert (body[0][0].value, body[0][9].value, body[0][9].data_type) == ("F50", 0, "n")


def test_text_that_a_spreadsheet_would_run_is_made_safe(users):
    danger_spot(50, danger="=HYPERLINK(1)")

    assert read("dangers", users["brigade"])[0]["主要隐患"] == "'=HYPERLINK(1)"
