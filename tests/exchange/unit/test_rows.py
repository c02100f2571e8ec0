"""One row → a claim, or what keeps it back, with its column; keys, coordinates, dates."""

from __future__ import annotations

import pytest

from elements.kinds import KINDS
from exchange.importers.fields import PARSERS
from exchange.importers.rows import RowReader
from exchange.problems import worded
from tests.factories.claims import on_day
from tests.factories.numbers import citizen_id, plate, uscc, vin

COLUMNS = {
    "车架号": "vin", "号牌": "plate_number", "种类": "plate_type", "颜色": "plate_colour", "经度": "lon", "纬度": "lat", "坐标": "datum",
    "所有人": "owner_name", "证件": "owner_number", "日期": "observed_on", "品牌": "brand", "座位": "seats", "检验": "inspection_valid_to",
}  # fmt: skip


def read(kind: str = "VEHICLE", columns: dict[str, str] = COLUMNS, clear_mark: str = "", **cells: str):
    reader = RowReader(KINDS[kind], list(columns), columns, observed_at=on_day(9), datum="WGS84", clear_mark=clear_mark)
    return reader.read(1, [cells.get(header, "") for header in columns])


def problems(row) -> list[tuple[str, str]]:
    return [(p["code"], p["column"]) for p in row.problems]


def broken(number: str, place: int) -> str:
    digit = "0" if number[place] != "0" else "1"
    return number[:place] + digit + number[place + 1 :]


BAD_VINS = {
    "无": "KEY_BLANK", "0": "KEY_BLANK", "不详": "KEY_BLANK", "11111111111111111": "KEY_REPEATED",
    broken(vin(1), 8): "KEY_CHECK_DIGIT", "LSVAA4180E2O00001": "KEY_CHARACTER", "12345": "KEY_LENGTH",
}  # fmt: skip


@pytest.mark.parametrize(("cell", "code"), BAD_VINS.items(), ids=BAD_VINS.keys())
def test_a_wrong_vin_is_held_back_with_its_column(cell, code):
    row = read(车架号=cell, 号牌=plate(1), 种类="02")

    assert (row.claim, row.is_rejected, problems(row)) == (None, False, [(code, "车架号")])
    assert "“车架号”" in worded(row.problems[0])["text"]


BAD_IDS = {
    "无": "KEY_BLANK", "0": "KEY_BLANK", "111111111111111111": "KEY_REPEATED", broken(citizen_id(1), 17): "KEY_CHECK_DIGIT",
    "37068319": "KEY_LENGTH", "37068319901301123X": "KEY_CHECK_DIGIT",
}  # fmt: skip


@pytest.mark.parametrize(("cell", "code"), BAD_IDS.items(), ids=BAD_IDS.keys())
def test_a_wrong_citizen_id_is_held_back(cell, code):
    row = read("PERSON", {"身份证": "citizen_id", "姓名": "name"}, 身份证=cell, 姓名="张试验")

    assert (row.claim, problems(row)) == (None, [(code, "身份证")])


def test_a_wrong_credit_code_is_held_back():
    row = read("UNIT", {"代码": "uscc", "名称": "name"}, 代码=broken(uscc(1), 17), 名称="试验公司")

    assert (row.claim, problems(row)) == (None, [("KEY_CHECK_DIGIT", "代码")])


def test_no_key_at_all_is_held_back_and_named():
    assert problems(read(品牌="甲")) == [("KEY_ALL_BLANK", "车架号")]


def test_a_good_row_is_a_claim():
    row = read(
        车架号=vin(1), 号牌="鲁F·00001", 种类="小型汽车", 品牌="甲", 座位="5座", 检验="2027年3月1日", 日期="2026/3/4"
    )

    assert problems(row) == []
    values = {k: str(v) for k, v in row.claim.values.items()}
    assert values == {
        "vin": vin(1), "plate_number": "鲁F00001", "plate_type": "02", "brand": "甲", "seats": "5",
        "inspection_valid_to": "2027-03-01",
    }  # fmt: skip
    assert row.claim.observed_at.date().isoformat() == "2026-03-04"


def test_the_date_of_a_row_is_never_later_than_the_files():
    assert read(车架号=vin(1), 日期="2030-01-01").claim.observed_at == on_day(9)


def test_the_plate_type_is_derived_or_asked_for():
    assert read(号牌="鲁FD12345").claim.values["plate_type"] == "52"
    assert read(号牌=plate(1), 颜色="黄牌").claim.values["plate_type"] == "01"
    row = read(号牌=plate(1))
    assert (row.claim, problems(row)) == (None, [("PLATE_TYPE_UNKNOWN", "种类")])


def test_swapped_coordinates_are_held_back_and_both_columns_named():
    row = read(车架号=vin(1), 经度="37.1777", 纬度="119.9444")

    assert (row.claim, problems(row)) == (None, [("COORDINATES_SWAPPED", "经度”“纬度")])


@pytest.mark.parametrize(
    ("lon", "lat", "datum", "code", "column"),
    [
        ("121.4", "31.2", "", "COORDINATES_OUTSIDE", "经度"),
        ("东经", "37.1", "", "COORDINATES_UNREADABLE", "经度"),
        ("119.9", "37.1", "北京54", "DATUM_UNKNOWN", "坐标"),
    ],
)
def test_coordinates_that_cannot_be_used_are_left_out_and_said(lon, lat, datum, code, column):
    row = read(车架号=vin(1), 经度=lon, 纬度=lat, 坐标=datum)

    assert ("point" in row.claim.values, problems(row)) == (False, [(code, column)])


def test_gcj02_coordinates_are_moved_back():
    plain, shifted = (
        read(车架号=vin(1), 经度="119.94", 纬度="37.18"),
        read(车架号=vin(1), 经度="119.94", 纬度="37.18", 坐标="GCJ-02"),
    )

    assert plain.claim.values["point"] != shifted.claim.values["point"]


def test_the_mark_of_the_source_clears_and_a_blank_says_nothing():
    row = read(clear_mark="清空", 车架号=vin(1), 品牌="清空", 座位=" ")

    assert (row.claim.cleared, "seats" in row.claim.values, "brand" in row.claim.values) == (["brand"], False, False)
    assert read(车架号=vin(1), 品牌="清空").claim.cleared == []


def test_too_many_and_too_few_cells_are_rejected():
    columns = {"车架号": "vin", "品牌": "brand", "颜色": "colour"}
    reader = RowReader(KINDS["VEHICLE"], list(columns), columns, observed_at=on_day(1), datum="WGS84")
    many, few = reader.read(1, [vin(1), "甲", "A", "多"]), reader.read(2, [vin(1)])

    assert (many.is_rejected, problems(many)) == (True, [("TOO_MANY_CELLS", "第 4 列起")])
    assert (few.is_rejected, problems(few)) == (True, [("TOO_FEW_CELLS", "第 2 列起")])
    assert reader.read(3, [vin(1), "x" * 2_001, ""]).is_rejected


def test_a_number_that_lost_digits_in_a_spreadsheet_is_held_back():
    reader = RowReader(KINDS["PERSON"], ["证"], {"证": "citizen_id"}, observed_at=on_day(1), datum="WGS84")

    assert problems(reader.read(1, [citizen_id(1)], {0})) == [("PRECISION_LOST", "证")]


def test_the_owner_becomes_a_relation_or_a_warning():
    row = read(车架号=vin(1), 所有人="张试验", 证件=citizen_id(3))
    relation = row.claim.relations[0]

    assert (relation["type"], relation["kind"], relation["label"]) == ("OWNED_BY", "PERSON", "张试验")
    assert citizen_id(3) not in str(relation)
    assert problems(read(车架号=vin(1), 证件="12345")) == [("RELATION_NUMBER", "证件")]


def test_every_field_of_every_kind_can_be_read():
    for code, kind in KINDS.items():
        assert set(PARSERS[code]) == set(kind.fields) - kind.geometry_fields - {"is_section", "length_m"}


def test_personal_numbers_are_cut_from_addresses_and_texts():
    row = read(车架号=vin(1), 品牌=f"甲 {citizen_id(1)}", 所有人="张试验13800000001")

    assert "〔证件号〕" in row.claim.values["brand"]
    assert row.claim.values["owner_name"] == "张试验〔电话〕"
