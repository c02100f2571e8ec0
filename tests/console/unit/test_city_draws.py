"""Draws: fixed values, so that a new Python or machine that would change the city is noticed."""

from __future__ import annotations

import pytest

from console.city.chinese_numerals import chinese_numeral
from console.city.draws import Draw, Weighted

KNOWN_INTEGERS = [29, 70, 94, 25, 32, 77]
KNOWN_DIGITS = "25536424"


def test_a_stream_gives_known_values() -> None:
    draw = Draw(1, "known")
    assert [draw.integer(1, 100) for _ in range(6)] == KNOWN_INTEGERS
    assert draw.digits(8) == KNOWN_DIGITS


def test_streams_of_other_names_differ() -> None:
    values = {tuple(Draw(*names).integer(0, 10**9) for _ in range(1)) for names in ((1, "a"), (1, "b"), (2, "a"))}
    assert len(values) == 3


def test_weighted_draws_follow_the_weights() -> None:
    draw, table = Draw("weights"), Weighted({"often": 9.0, "seldom": 1.0, "never": 0.0})
    drawn = [draw.weighted(table) for _ in range(4_000)]
    assert 0.88 < drawn.count("often") / 4_000 < 0.92
    assert drawn.count("never") == 0


def test_sample_and_shuffle_keep_every_value_once() -> None:
    draw, values = Draw("sample"), list(range(50))
    assert len(set(draw.sample(values, 20))) == 20
    assert sorted(draw.sample(values, 500)) == values
    mixed = list(values)
    draw.shuffle(mixed)
    assert mixed != values
    assert sorted(mixed) == values


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "零"), (7, "七"), (10, "十"), (12, "十二"), (20, "二十"), (101, "一百零一"), (110, "一百一十"),
        (123, "一百二十三"), (1000, "一千"), (1005, "一千零五"), (1050, "一千零五十"),
        (9999, "九千九百九十九"),
    ],
)  # fmt: skip
def test_chinese_numerals(number: int, text: str) -> None:
    assert chinese_numeral(number) == text


@pytest.mark.parametrize("number", [-1, 10_000])
def test_chinese_numerals_refuse_what_they_cannot_write(number: int) -> None:
    with pytest.raises(ValueError, match="no numeral"):
        chinese_numeral(number)
