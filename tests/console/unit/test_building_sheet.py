"""Floors and places of the building sheet, without a database."""

from __future__ import annotations

import pytest

from console.building_sheet import Cell, Position, cells_of, floors_of, position_of, totals_of


def drawn(*rooms: str) -> list[tuple[int | None, list[str | None]]]:
    floors = floors_of(Cell(room, room, room) for room in rooms)
    return [(floor.number, [cell and cell.number for cell in floor.cells]) for floor in floors]


@pytest.mark.parametrize(
    ("room", "position"),
    [
        ("501", Position(5, "01")),
        ("1101", Position(11, "01")),
        ("12345", Position(123, "45")),
        ("501A", Position(5, "01A")),
        ("B102", Position(-1, "02")),
        ("-203", Position(-2, "03")),
        ("负101", Position(-1, "01")),
        ("12", Position(None, "12")),
        ("东", Position(None, "东")),
        ("", Position(None, "")),
        ("５０１", Position(5, "０１")),
        ("1" * 40, Position(None, "1" * 40)),
    ],
)
def test_a_room_tells_its_floor(room: str, position: Position) -> None:
    assert position_of(room) == position


def test_floors_run_from_the_top_down_and_a_missing_room_is_a_gap() -> None:
    assert drawn("101", "102", "103", "201", "203", "B101", "1003") == [
        (10, [None, None, "1003"]),
        (2, ["201", None, "203"]),
        (1, ["101", "102", "103"]),
        (-1, ["B101", None, None]),
    ]


def test_rooms_without_a_floor_stand_last_in_natural_order() -> None:
    assert drawn("10", "2", "西", "101") == [(1, ["101", None, None]), (None, ["西", "2", "10"])]


def test_scattered_numbers_are_only_put_in_order() -> None:
    assert drawn("101", "202", "303", "404", "505") == [
        (5, ["505"]), (4, ["404"]), (3, ["303"]), (2, ["202"]), (1, ["101"]),
    ]  # fmt: skip


def test_equal_numbers_both_stand() -> None:
    """Two rooms of one number hang in no unit, one of the registry and one that a text names."""
    assert drawn("101", "101", "102") == [(1, ["101", "101", "102"])]


def test_nothing_is_no_floor() -> None:
    assert floors_of([]) == []
    assert list(cells_of([])) == []


def test_who_only_has_the_household_is_counted_apart_and_nobody_twice() -> None:
    cell = Cell("A", "101", "101室")
    cell.add(1, "PERSON", "甲", "HOUSEHOLD")
    cell.add(1, "PERSON", "甲", "RESIDENCE")
    cell.add(2, "PERSON", "乙", "HOUSEHOLD")
    cell.add(3, "VEHICLE", "鲁F00001", "PARKING")
    cell.add(3, "VEHICLE", "鲁F00001", "REGISTERED")

    assert cell.counts() == {"resident": 1, "household": 1, "vehicle": 1}
    totals = totals_of([cell, Cell("B", "102", "102室"), Cell("B", "909", "909室", stated="909")])
    assert (totals.rooms, totals.with_people, totals.with_vehicles, totals.empty, totals.unregistered) == (
        2,
        1,
        1,
        1,
        1,
    )
