"""Levels: up at once, down when the scheme lets go; listings; and what would bring a score down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tagging.rules.leaving import ways_down
from tagging.rules.levels import Held, place
from tagging.rules.schema import Names
from tagging.rules.scheme import read_scheme
from tagging.rules.scoring import Definition, Scale, item_of, score_again
from tests.factories.grades import body

NOW = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
D = Decimal


def path(hysteresis: dict, *steps: tuple[str, int]) -> list[str]:
    """Levels after each score, days apart as told."""
    scheme, held, now, seen = read_scheme(body(hysteresis=hysteresis), Names()), Held(), NOW, []
    for score, days in steps:
        now += timedelta(days=days)
        placed = place(scheme, D(score), [], held, now)
        held = Held(placed.level, placed.below_since)
        seen.append(placed.level)
    return seen


def test_a_level_is_left_by_points_only_below_its_margin():
    steps = [("19.9999", 0), ("20", 1), ("15", 1), ("14.9999", 1), ("19", 1), ("50", 1), ("45", 30), ("44.9", 1)]
    assert path({"points": 5}, *steps) == ["LOW", "MID", "MID", "LOW", "LOW", "HIGH", "HIGH", "MID"]


def test_a_level_is_left_by_days_only_after_so_many_in_a_row():
    steps = [("25", 0), ("3", 1), ("3", 6), ("21", 1), ("3", 1), ("3", 6), ("3", 1)]
    assert path({"days": 7}, *steps) == ["MID", "MID", "MID", "MID", "MID", "MID", "LOW"]


def test_either_points_or_days_are_enough():
    assert path({"points": 5, "days": 7}, ("25", 0), ("16", 1), ("16", 6), ("16", 1)) == ["MID", "MID", "MID", "LOW"]
    assert path({"points": 5, "days": 7}, ("25", 0), ("14", 1)) == ["MID", "LOW"]


def test_without_hysteresis_a_level_is_left_at_once():
    assert path({}, ("25", 0), ("19.9999", 1)) == ["MID", "LOW"]


def test_a_listing_lifts_and_lets_go_with_its_condition():
    scheme = read_scheme(body(), Names())
    lifted = place(scheme, D(3), ["HIGH"], Held("LOW"), NOW)
    assert (lifted.level, lifted.by_score) == ("HIGH", "LOW")
    assert place(scheme, D(3), [], Held("HIGH"), NOW).level == "LOW"
    assert place(scheme, D(47), [], Held("HIGH"), NOW).level == "HIGH"


def test_a_level_that_is_no_more_holds_nothing():
    assert place(read_scheme(body(), Names()), D(3), [], Held("OLD"), NOW).level == "LOW"


def items(*rows: tuple[str, dict, str]) -> list[dict]:
    return [
        item_of(Definition(key, key, weight=D(2), **{"kind": "raw", **more}), D(value), None, D(0), [], "")
        for key, more, value in rows
    ]


def texts(kept: list[dict], below: str) -> tuple[list[str], list[str]]:
    ways = ways_down(kept, score_again(kept), D(below))
    return [step.text for step in ways.alone], [step.text for step in ways.together]


def test_one_indicator_alone_and_the_fewest_steps_together():
    kept = items(("甲", {"cure": "处理 {n} 起", "unit": "起"}, "10"), ("乙", {"unit": "辆"}, "3"))
    # 26 points; below 15 needs 11.0001: six steps of two points, of the first alone or of both.
    assert texts(kept, "15") == (["处理 6 起"], ["处理 6 起"])
    # Below 3 needs 23.0001: twelve steps, more than either has.
    assert texts(kept, "3") == ([], ["处理 10 起", "“乙”减少 2 辆"])


def test_a_dear_step_is_taken_before_many_cheap_ones():
    kept = items(
        ("甲", {}, "10"), ("乙", {"kind": "flag", "cure": "消除"}, "1"), ("丙", {"scale": Scale(D(0), D("0.1"))}, "4")
    )
    # 20 + 2 + 2: all of the flag and of the scale go only with their last step.
    assert texts(kept, "21.5") == (["“甲”减少 2"], ["“甲”减少 2"])
    assert texts(kept, "23.5")[1] in (["“甲”减少 1"], ["消除"])


def test_where_more_is_better_the_value_has_to_rise():
    assert texts(items(("率", {"scale": Scale(D(100), D(90)), "unit": "%"}, "91")), "1") == (
        ["“率”增加 5 %"],
        ["“率”增加 5 %"],
    )


def test_what_is_below_already_needs_nothing():
    assert texts(items(("甲", {}, "1")), "3") == ([], [])
    assert ways_down(items(("甲", {}, "1")), D(2), D(3)).needed == 0


@pytest.mark.parametrize("below", ["0", "-5"])
def test_what_cannot_be_reached_is_said_by_nothing(below):
    assert texts(items(("甲", {}, "4")), below) == ([], [])
