"""Percentages, bases of zero, unknown bases, and what may be chance."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scipy.stats import binomtest, chi2

from analytics.comparison import compare, compare_sums, count_interval, percent_of


@pytest.mark.parametrize(
    ("now", "before", "text", "direction"),
    [
        (48, 60, "-20.00%", "down"),
        (12, 0, "—(+12)", "up"),
        (0, 0, "0.00%", "flat"),
        (7, 7, "0.00%", "flat"),
        (4, 3, "+33.33%", "up"),
        (7, None, "—", "unknown"),
        (0, 5, "-100.00%", "down"),
    ],
)
def test_the_words_of_a_change(now, before, text, direction):
    found = compare(now, before)
    assert (found.text, found.direction) == (text, direction)


def test_halves_are_rounded_up():
    assert compare(16_001, 16_000).percent == Decimal("0.01")
    assert percent_of(1, 3) == Decimal("33.33")
    assert percent_of(0, 0) is None


@pytest.mark.parametrize(
    ("now", "before", "chance"), [(4, 3, True), (60, 48, True), (90, 48, False), (0, 5, True), (0, 6, False)]
)
def test_small_differences_may_be_chance(now, before, chance):
    found = compare(now, before)
    assert found.may_be_chance is chance
    # The exact test of the library, doubled tail instead of its sum of small probabilities: on the same side of 5 %.
    assert bool(binomtest(now, now + before, 0.5).pvalue >= 0.05) is chance


def test_longer_spans_are_allowed_for():
    assert compare(31, 28, days=31, days_before=28).may_be_chance is True
    low, high = compare(31, 28, days=31, days_before=28).low, compare(31, 28, days=31, days_before=28).high
    assert low < 0 < high


def test_the_interval_is_that_of_the_share():
    found, exact = compare(60, 48), binomtest(60, 108).proportion_ci(method="exact")
    assert found.low == pytest.approx((exact.low / (1 - exact.low) - 1) * 100)
    assert found.high == pytest.approx((exact.high / (1 - exact.high) - 1) * 100)
    assert compare(3, 0).high is None


@pytest.mark.parametrize("count", [0, 1, 5, 120])
def test_the_interval_of_a_count(count):
    low, high = count_interval(count)
    assert low == pytest.approx(chi2.ppf(0.025, 2 * count) / 2 if count else 0.0)
    assert high == pytest.approx(chi2.ppf(0.975, 2 * count + 2) / 2)


def test_money_is_not_tested():
    assert compare_sums(5_000, 4_000).may_be_chance is None
    assert compare_sums(5_000, 4_000).text == "+25.00%"


@pytest.mark.parametrize(("now", "before", "small"), [(4, 60, True), (5, 5, False), (60, 4, True)])
def test_small_numbers_are_said_to_be_small(now, before, small):
    assert compare(now, before).is_small is small
