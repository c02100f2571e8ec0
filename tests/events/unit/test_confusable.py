"""Plates that a reading may have meant."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from common.identifiers import parse_plate
from events.parsing.confusable import LEAST_SCORE, confused_plates


def test_the_confused_character_comes_first():
    found = confused_plates("鲁F1234B")
    assert found[0] == ("鲁F12348", 0.8)
    assert ("鲁F1Z34B", 0.75) in found
    assert "鲁F1234B" not in dict(found)


def test_letters_that_no_plate_has_are_read_as_what_they_look_like():
    assert confused_plates("鲁FO1234")[0] == ("鲁F01234", 0.95)
    assert dict(confused_plates("鲁FOI234"))["鲁F01234"] == 0.902


def test_what_is_no_plate_gives_nothing():
    for reading in ("", "未识别", "无牌", "鲁F1??34", "12345", "鲁F1"):
        assert confused_plates(reading) == []


@given(st.from_regex(r"\A[鲁京][A-Z][A-Z0-9]{5}\Z"))
def test_suggestions_are_valid_plates_near_the_reading(reading: str):
    found = confused_plates(reading)
    assert [score for _plate, score in found] == sorted((score for _plate, score in found), reverse=True)
    for plate, score in found:
        assert parse_plate(plate).value == plate and LEAST_SCORE <= score < 1
        assert 1 <= sum(a != b for a, b in zip(reading, plate, strict=True)) <= 2
