"""The small line of an indicator."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from analytics.indicators.charts import HEIGHT, WIDTH, trend


def points(*values: str) -> list[tuple[date, Decimal]]:
    return [(date(2026, 11, number), Decimal(value)) for number, value in enumerate(values, start=1)]


def test_one_day_is_no_trend():
    assert trend([], None) is None
    assert trend(points("50"), Decimal(90)) is None


def test_days_run_from_edge_to_edge_and_higher_values_lie_higher():
    drawn = trend(points("50", "60", "70"), None)
    assert [dot["x"] for dot in drawn["dots"]] == [4.0, WIDTH / 2, WIDTH - 4.0]
    assert [dot["y"] for dot in drawn["dots"]] == [HEIGHT - 4.0, HEIGHT / 2, 4.0]
    assert drawn["target_y"] is None


def test_a_missing_day_keeps_its_place():
    two = [(date(2026, 11, 1), Decimal(1)), (date(2026, 11, 2), Decimal(2)), (date(2026, 11, 5), Decimal(3))]
    assert trend(two, None)["dots"][1]["x"] == 62.0


def test_a_share_that_hardly_moves_is_drawn_flat():
    ys = [dot["y"] for dot in trend(points("92.65", "92.66"), None)["dots"]]
    assert abs(ys[0] - ys[1]) <= 0.4


def test_the_target_has_its_line_inside_the_drawing():
    drawn = trend(points("60", "70"), Decimal(90))
    assert drawn["target_y"] == 4.0
    assert drawn["dots"][0]["y"] == HEIGHT - 4.0
