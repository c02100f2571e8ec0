"""Datums: control points, round trips, and the size of the shift at Laizhou."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import geometry

LAIZHOU = (119.942, 37.177)
lons = st.floats(119.4, 120.4)
lats = st.floats(36.9, 37.6)


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.hypot((a[0] - b[0]) * math.cos(math.radians(a[1])), a[1] - b[1]) * 111_320


def test_gcj02_control_point() -> None:
    # Published example of the formula: Tiananmen, WGS84 → GCJ-02.
    lon, lat = geometry.wgs84_to_gcj02(116.39123343289631, 39.9072885060602)
    assert (lon, lat) == pytest.approx((116.39747, 39.90869), abs=2e-5)


def test_bd09_control_point() -> None:
    # Published example: GCJ-02 116.404, 39.915 → BD-09.
    assert geometry.gcj02_to_bd09(116.404, 39.915) == pytest.approx((116.41036949371029, 39.92133699351022), abs=1e-9)


def test_the_shift_at_laizhou_is_hundreds_of_metres() -> None:
    assert 300 < _metres(LAIZHOU, geometry.wgs84_to_gcj02(*LAIZHOU)) < 800


@given(lons, lats)
def test_gcj02_round_trip(lon: float, lat: float) -> None:
    assert geometry.gcj02_to_wgs84(*geometry.wgs84_to_gcj02(lon, lat)) == pytest.approx((lon, lat), abs=1e-7)


@given(lons, lats)
def test_bd09_round_trip(lon: float, lat: float) -> None:
    shifted = geometry.gcj02_to_bd09(*geometry.wgs84_to_gcj02(lon, lat))
    assert geometry.to_wgs84(*shifted, "BD09") == pytest.approx((lon, lat), abs=3e-6)


def test_datum_by_name() -> None:
    assert geometry.to_wgs84(*LAIZHOU, "WGS84") == LAIZHOU
    assert geometry.to_wgs84(*LAIZHOU, "GCJ02") == geometry.gcj02_to_wgs84(*LAIZHOU)
    with pytest.raises(ValueError, match="NAD27"):
        geometry.to_wgs84(*LAIZHOU, "NAD27")


@pytest.mark.parametrize(
    ("point", "inside"), [(LAIZHOU, True), (LAIZHOU[::-1], False), ((121.4, 37.5), False), ((0.0, 0.0), False)]
)
def test_box_of_laizhou(point: tuple[float, float], inside: bool) -> None:
    assert geometry.in_laizhou_box(*point) is inside
