"""Which column is which field: suggested, decided, complete."""

from __future__ import annotations

import pytest

from common.errors import DomainError
from elements.kinds import KINDS
from exchange.importers.mapping import DISMISSED, UNDECIDED, check_columns, header_hash, suggest

VEHICLE = KINDS["VEHICLE"]


def test_known_headers_are_suggested_however_they_are_written():
    suggestion = suggest(VEHICLE, ["车架号", "号牌号码（必填）", "号牌 种类：", "内部编码", "从没见过的列"])

    assert [suggestion[h] for h in suggestion][:3] == ["vin", "plate_number", "plate_type"]
    assert suggestion["从没见过的列"] == UNDECIDED


def test_a_field_is_suggested_for_its_first_column_only():
    assert list(suggest(VEHICLE, ["车架号", "车辆识别代号"]).values()) == ["vin", UNDECIDED]


@pytest.mark.parametrize(
    ("columns", "code", "named"),
    [
        ({"a": "vin", "b": UNDECIDED}, "COLUMNS_UNDECIDED", "b"),
        ({"a": "vin"}, "COLUMNS_UNDECIDED", "b"),
        ({"a": "vin", "b": "vin"}, "FIELD_TWICE", "车辆识别代号"),
        ({"a": "vin", "b": "password"}, "FIELD_UNKNOWN", "password"),
        ({"a": "brand", "b": DISMISSED}, "NO_KEY_COLUMN", ""),
    ],
)
def test_every_column_must_be_decided_once_and_a_key_be_there(columns, code, named):
    with pytest.raises(DomainError) as refused:
        check_columns(VEHICLE, ["a", "b"], columns)

    assert refused.value.code == code
    assert named in refused.value.message


def test_a_dismissed_column_is_decided():
    assert check_columns(VEHICLE, ["a", "b"], {"a": "vin", "b": DISMISSED}) == {"a": "vin", "b": DISMISSED}


def test_headers_are_the_same_file_layout_whatever_their_width_and_case():
    assert header_hash(["VIN", "品牌 "]) == header_hash(["ｖｉｎ", "品牌"])
    assert header_hash(["VIN", "品牌"]) != header_hash(["品牌", "VIN"])
