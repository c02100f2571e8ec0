"""Datum shifts of many points at once: the formulas of `common.geometry` over arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Degrees = NDArray[np.float64]
_A = 6378245.0
_EE = 0.006693421622965823
_BD = np.pi * 3000.0 / 180.0


def to_wgs84(lon: Degrees, lat: Degrees, datum: str) -> tuple[Degrees, Degrees]:
    """Points of the named datum (WGS84, GCJ02, BD09) in WGS84, degrees.

    Raises:
        ValueError: unknown datum.
    """
    if datum == "WGS84":
        return lon, lat
    if datum == "GCJ02":
        return _gcj02_to_wgs84(lon, lat)
    if datum == "BD09":
        return _gcj02_to_wgs84(*_bd09_to_gcj02(lon, lat))
    raise ValueError(f"unknown datum {datum!r}")


def _gcj_offset(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y = lon - 105.0, lat - 35.0
    root_x = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root_x + wave
    d_lat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root_x + wave
    d_lon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    rad = lat / 180.0 * np.pi
    magic = 1 - _EE * np.sin(rad) ** 2
    root = np.sqrt(magic)
    return (
        d_lon * 180.0 / (_A / root * np.cos(rad) * np.pi),
        d_lat * 180.0 / (_A * (1 - _EE) / (magic * root) * np.pi),
    )


def _gcj02_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    wgs_lon, wgs_lat = lon, lat
    for _ in range(6):
        d_lon, d_lat = _gcj_offset(wgs_lon, wgs_lat)
        wgs_lon, wgs_lat = lon - d_lon, lat - d_lat
    return wgs_lon, wgs_lat


def _bd09_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y = lon - 0.0065, lat - 0.006
    radius = np.hypot(x, y) - 0.00002 * np.sin(y * _BD)
    angle = np.arctan2(y, x) - 0.000003 * np.cos(x * _BD)
    return radius * np.cos(angle), radius * np.sin(angle)
