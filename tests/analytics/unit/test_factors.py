"""What is more frequent among some: lifts, intervals, and the correction for many looks."""

from __future__ import annotations

import pytest
from scipy.stats import fisher_exact
from scipy.stats.contingency import relative_risk

from analytics.factors import Table, over_represented


def test_lift_and_interval_are_those_of_the_library():
    (found,) = over_represented({"雨": Table(30, 100, 40, 400)})
    library = relative_risk(30, 100, 40, 400)
    interval = library.confidence_interval()
    assert found.lift == pytest.approx(library.relative_risk)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-6)
    assert found.adjusted == pytest.approx(fisher_exact([[30, 70], [40, 360]]).pvalue)
    assert found.is_over


def test_of_many_looks_fewer_are_sure():
    # Source: Benjamini and Hochberg 1995: the k-th smallest of m counts m/k times.
    tables = {"突出": Table(24, 100, 50, 400)} | {f"平常{n}": Table(25, 100, 100, 400) for n in range(19)}
    alone = over_represented({"突出": tables["突出"]})[0]
    among = next(one for one in over_represented(tables) if one.value == "突出")
    assert alone.is_over and among.adjusted == pytest.approx(min(1, alone.adjusted * 20))
    assert not among.is_over


def test_less_often_is_not_over():
    (found,) = over_represented({"晴": Table(10, 100, 300, 400)})
    assert found.adjusted < 0.001 and found.lift < 1 and not found.is_over


@pytest.mark.parametrize("table", [Table(0, 0, 3, 10), Table(3, 10, 0, 0)])
def test_where_one_side_knows_nothing_there_is_no_comparison(table):
    assert over_represented({"夜": table}) == []


def test_never_among_the_rest_has_no_lift():
    (found,) = over_represented({"夜": Table(30, 60, 0, 60)})
    assert (found.lift, found.low, found.is_over) == (None, None, True)
