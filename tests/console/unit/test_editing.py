"""What may be corrected by hand, what it is typed into, and what a typed text means."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.gis.geos import GEOSGeometry

from common.encryption import unseal
from common.geometry import wgs84_to_gcj02
from console.editing import bulk_fields, edit_field, editable_fields, is_same, read_point, read_text, typed_text
from elements.kinds import KINDS

VEHICLE, PERSON, HOUSE, ROAD = (KINDS[code] for code in ("VEHICLE", "PERSON", "HOUSE", "ROAD"))


def test_only_what_a_file_may_state_and_a_surveyed_point_can_be_corrected():
    assert set(editable_fields(ROAD)) == {
        "name", "route_code", "road_class", "admin_class", "speed_limit_kmh", "lanes", "manager_name", "stake_from_m",
        "stake_to_m",
    }  # fmt: skip
    assert set(editable_fields(VEHICLE)) == set(VEHICLE.fields)
    for kind in KINDS.values():
        assert set(editable_fields(kind)) <= set(kind.fields)


def test_for_many_there_is_no_number_no_place_and_no_key():
    assert set(VEHICLE.fields) - set(bulk_fields(VEHICLE)) == {"vin", "plate_number", "plate_type", "point"}
    assert set(PERSON.fields) - set(bulk_fields(PERSON)) == {"citizen_id", "phone", "file_no", "point"}
    assert "line" not in bulk_fields(ROAD)


@pytest.mark.parametrize(
    ("kind", "name", "widget", "label", "unit"),
    [
        (VEHICLE, "seats", "number", "核定载客", "人"), (VEHICLE, "plate_type", "code", "号牌种类", ""),
        (VEHICLE, "state", "letters", "机动车状态", ""), (VEHICLE, "colour", "letters", "车身颜色", ""),
        (VEHICLE, "inspection_valid_to", "date", "检验有效期止", ""), (VEHICLE, "parking_address", "address", "停放地址", ""),
        (PERSON, "citizen_id", "sealed", "公民身份号码", ""), (PERSON, "sex", "choice", "性别", ""),
        (PERSON, "licence_valid_to", "text", "驾驶证有效期止", ""), (HOUSE, "area_m2", "number", "建筑面积", "平方米"),
        (ROAD, "stake_from_m", "text", "起点桩号", ""), (HOUSE, "point", "point", "实测位置", ""),
    ],
)  # fmt: skip
def test_what_each_field_is_typed_into(kind, name, widget, label, unit):
    one = edit_field(kind, name)
    assert (one.widget, one.label, one.unit) == (widget, label, unit)


@pytest.mark.parametrize(
    ("kind", "name", "text", "value"),
    [
        (VEHICLE, "seats", " 5人 ", 5), (VEHICLE, "plate_type", "02 小型汽车", "02"), (VEHICLE, "plate_type", "小型汽车", "02"),
        (VEHICLE, "inspection_valid_to", "2027年3月1日", date(2027, 3, 1)), (PERSON, "licence_valid_to", "长期", date(9999, 12, 31)),
        (HOUSE, "area_m2", "1,200.5平方米", Decimal("1200.50")), (ROAD, "stake_from_m", "K19+906", 19906),
        (VEHICLE, "brand", "<script>alert(1)</script>", "<script>alert(1)</script>"), (PERSON, "sex", "男", "1"),
    ],
)  # fmt: skip
def test_a_text_means_what_it_means_in_a_file(kind, name, text, value):
    assert (read_text(kind, name, text).value, read_text(kind, name, text).code) == (value, "")


@pytest.mark.parametrize(
    ("kind", "name", "text", "code", "message"),
    [
        (VEHICLE, "inspection_valid_to", "昨天", "DATE_UNREADABLE", "“检验有效期止”不是日期。"),
        (VEHICLE, "plate_type", "77", "CODE_UNKNOWN", "“号牌种类”不在代码表中。"),
        (VEHICLE, "seats", "99999", "NUMBER_RANGE", "“核定载客（人）”应在 0 至 32,767 之间。"),
        (VEHICLE, "seats", "-1", "NUMBER_RANGE", "“核定载客（人）”应在 0 至 32,767 之间。"),
        (VEHICLE, "brand", "牌" * 61, "VALUE_TOO_LONG", "“品牌”过长。"),
        (VEHICLE, "brand", "  ", "VALUE_BLANK", "“品牌”没有填写可用的内容。"),
        (VEHICLE, "brand", "无", "VALUE_BLANK", "“品牌”没有填写可用的内容。"),
        (VEHICLE, "brand", "甲\x00牌", "KEY_CHARACTER", "“品牌”含有不应出现的字符（字母 O/I 不会被自动改成数字）。"),
        (PERSON, "citizen_id", "370683199001011234", "KEY_CHECK_DIGIT", "“公民身份号码”校验位不对，多半是抄错一位。"),
        (PERSON, "phone", "123", "PHONE_UNREADABLE", "“联系电话”不是电话号码。"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_so_and_names_the_cure(kind, name, text, code, message):
    entered = read_text(kind, name, text)
    assert (entered.value, entered.code, entered.message) == (None, code, message)
    assert entered.cure.endswith("。")


def test_a_personal_number_is_sealed_and_never_put_back_into_an_input():
    sealed = read_text(PERSON, "phone", "13800001111").value
    assert unseal("phone", sealed) == "13800001111"
    assert typed_text(PERSON, "phone", sealed) == ""
    assert is_same(PERSON, "phone", sealed, read_text(PERSON, "phone", "138 0000 1111").value)


@pytest.mark.parametrize(
    ("kind", "name", "value", "text"),
    [
        (VEHICLE, "plate_type", "02", "02 小型汽车"), (PERSON, "licence_valid_to", date(9999, 12, 31), "长期"),
        (VEHICLE, "scrap_due_on", date(2030, 1, 2), "2030-01-02"), (ROAD, "stake_to_m", 19006, "K19+006"),
        (VEHICLE, "state", "GQ", "GQ"), (VEHICLE, "brand", None, ""),
    ],
)  # fmt: skip
def test_an_edit_begins_with_a_text_that_means_the_value(kind, name, value, text):
    assert typed_text(kind, name, value) == text
    assert value is None or read_text(kind, name, text).value == value


def test_coordinates_are_shifted_to_the_stored_datum():
    gcj = wgs84_to_gcj02(119.95, 37.17)
    for texts, datum in ((("119.95", "37.17"), "WGS84"), (tuple(map(str, gcj)), "GCJ02")):
        point = GEOSGeometry(read_point(*texts, datum).value)
        assert (point.srid, round(point.x, 6), round(point.y, 6)) == (4326, 119.95, 37.17)


@pytest.mark.parametrize(
    ("lon", "lat", "datum", "code"),
    [
        ("37.17", "119.95", "WGS84", "COORDINATES_SWAPPED"), ("116.4", "39.9", "WGS84", "COORDINATES_OUTSIDE"),
        ("nan", "37.1", "WGS84", "COORDINATES_OUTSIDE"), ("1e400", "37.1", "WGS84", "COORDINATES_OUTSIDE"),
        ("东", "北", "WGS84", "COORDINATES_UNREADABLE"), ("119.95", "37.17", "MARS", "DATUM_UNKNOWN"),
        ("", "37.17", "WGS84", "VALUE_BLANK"),
    ],
)  # fmt: skip
def test_coordinates_that_cannot_be(lon, lat, datum, code):
    assert (read_point(lon, lat, datum).value, read_point(lon, lat, datum).code) == (None, code)
