"""A flat plane of metres for made geometry.

Affine on purpose: a straight line on the plane is straight in degrees too, so a cell border that is computed
here and written in degrees stays the same line. Scale error over the county is below 0.4 %: good for
inventing, not for measuring (measuring goes through `common.geometry`, EPSG:4549).

Source of the scale: series of the WGS84 ellipsoid at latitude 37.2°.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

ORIGIN_LON_DEG = 119.95
ORIGIN_LAT_DEG = 37.2
METRES_PER_DEGREE_LON = 88_778.0
METRES_PER_DEGREE_LAT = 110_981.0

_SCALE = np.array([METRES_PER_DEGREE_LON, METRES_PER_DEGREE_LAT])
_ORIGIN = np.array([ORIGIN_LON_DEG, ORIGIN_LAT_DEG])


def to_plane(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) longitude and latitude in degrees (WGS84) → (n, 2) metres."""
    metres: NDArray[np.float64] = (degrees - _ORIGIN) * _SCALE
    return metres


def to_degrees(metres: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) metres → (n, 2) longitude and latitude in degrees (WGS84)."""
    degrees: NDArray[np.float64] = metres / _SCALE + _ORIGIN
    return degrees


def geometry_to_plane(geometry: shapely.Geometry) -> shapely.Geometry:
    """A geometry in degrees → the same in metres."""
    return shapely.transform(geometry, to_plane)


def geometry_to_degrees(geometry: shapely.Geometry) -> shapely.Geometry:
    """A geometry in metres → the same in degrees."""
    return shapely.transform(geometry, to_degrees)
