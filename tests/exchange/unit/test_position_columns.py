"""Columns of positions: datum, moments, plates and numbers read as arrays are what single cells are read as."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from common import geometry
from events.models import Position
from exchange.importers.datum_arrays import to_wgs84
from exchange.importers.event_fields import parse_moment
from exchange.importers.position_columns import (
    BAD_TIME,
    BLANK_TIME,
    PlateBook,
    microseconds,
    read_moments,
    read_numbers,
)
from exchange.problems import WORDINGS


@pytest.mark.parametrize("datum", ["WGS84", "GCJ02", "BD09"])
def test_many_points_are_shifted_like_one(datum):
    draw = random.Random(5)
    lons, lats = [draw.uniform(74, 135) for _ in range(300)], [draw.uniform(4, 53) for _ in range(300)]
    found = to_wgs84(np.array(lons), np.array(lats), datum)
    expected = [geometry.to_wgs84(lon, lat, datum) for lon, lat in zip(lons, lats, strict=True)]

    assert np.abs(np.column_stack(found) - np.array(expected)).max() < 1e-10


def test_a_datum_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="GCJ03"):
        to_wgs84(np.zeros(1), np.zeros(1), "GCJ03")


USUAL = ["2026-03-01 14:20:05", "2026-03-01T14:20:05", "1991-07-01 12:00:00", "1992-01-01 00:00:00"]
OTHERS = [
    "2026/3/1 14:20", "20260301142005", "2026-03-01T06:20:05Z", "2026-03-01 14:20:05+08:00", "2026年3月1日14时20分5秒",
    "2026-02-28 23:59:59.500", "46082.597280",
]  # fmt: skip


def test_moments_are_those_of_the_reader_of_single_cells():
    cells = [*USUAL, *OTHERS]

    assert read_moments(cells).tolist() == [microseconds(parse_moment(cell)[0]) for cell in cells]


@pytest.mark.parametrize(
    "bad", ["2026-02-30 10:00:00", "2026-13-01 10:00:00", "2026-03-01 25:00:00", "昨天", "2026-03-01 1４:20:0x"]
)
def test_a_moment_that_cannot_be_spoils_no_other(bad):
    found = read_moments(["2026-03-01 14:20:05", bad, "", "无", "2026-03-01 14:20:06"])

    assert found.tolist() == [
        microseconds(parse_moment(USUAL[0])[0]), BAD_TIME, BLANK_TIME, BLANK_TIME, microseconds(parse_moment(USUAL[0])[0]) + 1_000_000,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "plate"),
    [
        (("鲁FT0001", "", "2"), ("鲁FT0001", "01")),
        (("鲁F·T0001 ", "", "黄色"), ("鲁FT0001", "01")),
        (("FT0001", "", "1"), ("鲁FT0001", "02")),
        (("鲁FT0001", "小型汽车", "2"), ("鲁FT0001", "02")),
        (("鲁FD12345", "", "2"), ("鲁FD12345", "52")),
        (("鲁FT0001", "", "93"), ("鲁FT0001", "51")),
        (("鲁FT0001", "", "9"), ("鲁FT0001", "")),
        (("鲁FT0001", "没有的种类", ""), ("鲁FT0001", "")),
    ],
)
def test_plates_by_number_and_colour_of_jtt_415(cells, plate):
    book = PlateBook()

    assert (book[cells], book.plates) == (0, [plate])


def test_plates_are_numbered_once_and_faults_apart():
    book = PlateBook()
    cells = [
        ("鲁FT0001", "", "2"),
        ("鲁F-T0001", "", "黄"),
        ("鲁FT0002", "", "2"),
        ("", "", ""),
        ("无", "", ""),
        ("鲁F", "", ""),
        ("", "", "2"),
    ]
    numbers = [book[one] for one in cells]

    assert numbers[:3] == [0, 0, 1]
    assert [book.faults[-number] for number in numbers[3:]] == [
        "KEY_ALL_BLANK",
        "KEY_BLANK",
        "KEY_FORM",
        "KEY_ALL_BLANK",
    ]
    assert len(book.plates) == 2


def test_numbers_and_what_is_none():
    numbers, is_bad = read_numbers(["1.5", " 20 ", "１２", "", "无", "abc", "nan", "inf", "-3"])

    assert [None if math.isnan(n) else n for n in numbers] == [1.5, 20, 12, None, None, None, None, None, -3]
    assert is_bad.tolist() == [False, False, False, False, False, True, False, True, False]


def test_the_words_name_the_days_that_positions_are_kept():
    assert f"（{Position.partitioning.keep_days} 天）" in WORDINGS["POSITION_TOO_OLD"].text
