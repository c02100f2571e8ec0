"""Points by hand: scales, caps, shrinkage, what is unknown, and that kept items give the score again."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagging.rules import scoring
from tagging.rules.scoring import Definition, Scale, count, item_of, mean_rate, score_again, shrunk, steady, total

D = Decimal


def definition(kind: str = "raw", weight: str = "10", **more) -> Definition:
    return Definition(key="one", label="一项", kind=kind, weight=D(weight), **more)


@pytest.mark.parametrize(
    ("made", "value", "points"),
    [
        (definition(weight="2.5"), "3", "7.5000"),  # without a scale every unit counts
        (definition(weight="2.5", cap=D(6)), "3", "6.0000"),
        (definition(scale=Scale(D(0), D(4))), "1", "2.5000"),  # a quarter of the way
        (definition(scale=Scale(D(0), D(3))), "1", "3.3333"),
        (definition(scale=Scale(D(0), D(3))), "2", "6.6667"),  # halves and above go up
        (definition(scale=Scale(D(2), D(4))), "1", "0.0000"),  # before the start
        (definition(scale=Scale(D(2), D(4))), "9", "10.0000"),  # past the end
        (definition(scale=Scale(D(100), D(60))), "70", "7.5000"),  # less is worse
        (definition(scale=Scale(table=((D(3), D("0.5")), (D(5), D(1))))), "2", "0.0000"),
        (definition(scale=Scale(table=((D(3), D("0.5")), (D(5), D(1))))), "3", "5.0000"),
        (definition(scale=Scale(table=((D(3), D("0.5")), (D(5), D(1))))), "7", "10.0000"),
        (definition("flag", "20"), "1", "20.0000"),
        (definition("flag", "20"), "7", "20.0000"),
        (definition("flag", "20"), "0", "0.0000"),
    ],
)
def test_points_of_a_value(made, value, points):
    assert count(made, D(value)).points == D(points)


def test_what_nobody_registered_gives_no_points():
    for kind in ("raw", "rate", "flag"):
        assert count(definition(kind), None, D(5), D("0.5")) == scoring.Counted(None, scoring.ZERO)


@pytest.mark.parametrize(
    ("events", "exposure", "prior", "rate"),
    [
        ("4", "40", "10", "0.0978"),  # (4 + 10 × 0.0889) / (40 + 10)
        ("0", "5", "10", "0.0593"),  # few and none: below the mean, not 0
        ("1", None, "10", "0.1889"),  # exposure unknown counts as 0
        ("0", "0", "10", "0.0889"),  # nothing of its own: the mean
        ("4", "40", "0", "0.1000"),  # no shrinkage: the rate itself
    ],
)
def test_a_rate_is_drawn_to_the_mean(events, exposure, prior, rate):
    made = definition("rate", prior=D(prior))
    assert shrunk(D(events), D(exposure) if exposure else None, D("0.0889"), made) == D(rate)


def test_without_exposure_and_without_prior_there_is_no_rate():
    made = definition("rate", prior=D(0))
    assert shrunk(D(3), D(0), D("0.5"), made) is None
    assert count(made, D(3), D(0), D("0.5")).points == 0


def test_a_rate_counts_its_exposure_in_units():
    # 3 accidents on 1,500 m are 2 a kilometre; 4 points each.
    assert count(definition("rate", "4", per=D(1000)), D(3), D(1500)).points == D("8.0000")


def test_the_mean_is_of_those_of_whom_both_are_known():
    pairs = [(D(0), D(5)), (D(4), D(40)), (D(9), None), (None, D(7)), (D(9), D(0))]
    assert mean_rate(pairs, D(1)) == D("0.0889")
    assert mean_rate(pairs, D(1000)) == D("88.8889")
    assert mean_rate([(D(9), None)], D(1)) == 0


def test_the_mean_stays_until_it_moved_by_a_twentieth():
    assert steady(D("0.104"), D("0.100")) == D("0.100")
    assert steady(D("0.106"), D("0.100")) == D("0.106")
    assert steady(D("0.100"), None) == D("0.100")
    assert steady(D("0.001"), D(0)) == D("0.001")


def test_a_score_stays_within_its_column():
    assert total([D(99_999), D(99_999)]) == D("99999.9999")


NUMBERS = st.decimals(0, 10_000, places=4)


@given(
    kind=st.sampled_from(["raw", "rate", "flag"]), weight=st.decimals("0.01", 100, places=2), value=st.none() | NUMBERS,
    exposure=st.none() | NUMBERS, mean=st.decimals(0, 50, places=4), prior=st.decimals(0, 100, places=1),
    cap=st.none() | st.decimals(1, 100, places=1),
    scale=st.sampled_from([None, Scale(D(0), D("7.3")), Scale(D(9), D(1)), Scale(table=((D(1), D("0.25")), (D(6), D(1))))]),
)  # fmt: skip
def test_kept_items_give_the_score_again_to_the_digit(kind, weight, value, exposure, mean, prior, cap, scale):
    made = Definition("one", "一项", kind, weight, cap=cap, scale=None if kind == "flag" else scale, prior=prior)
    counted = count(made, value, exposure, mean)
    kept = json.loads(json.dumps([item_of(made, value, exposure, mean, [7, 8], "events_violation")]))
    assert score_again(kept) == total([counted.points])
    assert kept[0]["records"] == [7, 8]
