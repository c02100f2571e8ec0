"""Coordinates: one stored system, metres through one projection, datum shifts at the edge.

Stored: EPSG:4326 (CGCS2000 lies within decimetres of it). Metres: EPSG:4549 (CGCS2000, 3° zone of 120° E).
GCJ-02 and BD-09 are the offset datums of Chinese web maps; hundreds of metres away, never stored.
Source: the published GCJ-02 and BD-09 formulas; control points in `tests/common/unit/test_geometry.py`.
"""

from __future__ import annotations

import math

SRID = 4326
METRIC_SRID = 4549
# A little more than the county: what lies outside cannot be a place of Laizhou.
LAIZHOU_BOX_DEG = (119.4, 36.9, 120.4, 37.6)

_A = 6378245.0
_EE = 0.006693421622965823
_BD = math.pi * 3000.0 / 180.0


def _gcj_offset(lon: float, lat: float) -> tuple[float, float]:
    x, y = lon - 105.0, lat - 35.0
    wave = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave
    d_lat += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    d_lat += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave
    d_lon += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    d_lon += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    rad = lat / 180.0 * math.pi
    magic = 1 - _EE * math.sin(rad) ** 2
    root = math.sqrt(magic)
    return (
        d_lon * 180.0 / (_A / root * math.cos(rad) * math.pi),
        d_lat * 180.0 / (_A * (1 - _EE) / (magic * root) * math.pi),
    )


def wgs84_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Degrees in, degrees out."""
    d_lon, d_lat = _gcj_offset(lon, lat)
    return lon + d_lon, lat + d_lat


def gcj02_to_wgs84(lon: float, lat: float) -> tuple[float, float]:
    """Inverse by fixed-point iteration; the round trip is within 1e-7°."""
    wgs_lon, wgs_lat = lon, lat
    for _ in range(6):
        d_lon, d_lat = _gcj_offset(wgs_lon, wgs_lat)
        wgs_lon, wgs_lat = lon - d_lon, lat - d_lat
    return wgs_lon, wgs_lat


def gcj02_to_bd09(lon: float, lat: float) -> tuple[float, float]:
    """Degrees in, degrees out."""
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BD)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BD)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def bd09_to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Degrees in, degrees out; within 1e-6° of the inverse of `gcj02_to_bd09`."""
    x, y = lon - 0.0065, lat - 0.006
    radius = math.hypot(x, y) - 0.00002 * math.sin(y * _BD)
    angle = math.atan2(y, x) - 0.000003 * math.cos(x * _BD)
    return radius * math.cos(angle), radius * math.sin(angle)


def to_wgs84(lon: float, lat: float, datum: str) -> tuple[float, float]:
    """Shifts a point of the named datum (WGS84, GCJ02, BD09) to WGS84.

    Raises:
        ValueError: unknown datum.
    """
    if datum == "WGS84":
        return lon, lat
    if datum == "GCJ02":
        return gcj02_to_wgs84(lon, lat)
    if datum == "BD09":
        return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))
    raise ValueError(f"unknown datum {datum!r}")


def in_laizhou_box(lon: float, lat: float) -> bool:
    """True within the bounding box of the county, a little widened."""
    west, south, east, north = LAIZHOU_BOX_DEG
    return west <= lon <= east and south <= lat <= north
