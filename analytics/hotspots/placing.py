"""Where on a road an accident was: by its stake, else by its point; and why not, where it cannot be said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from analytics.hotspots.accidents import Floats, Ints

# A point lies on its road when it is no farther from the middle line: a wide road and the error of a phone. Where the record itself
# names the road, a point beside it, at a gate or on a side lane, is still one of that road.
ON_ROAD_M, OF_NAMED_ROAD_M = 40.0, 100.0
NO_ROAD, ROAD_ONLY, FAR = "NO_ROAD", "ROAD_ONLY", "FAR"
REASONS = (NO_ROAD, ROAD_ONLY, FAR)


@dataclass(frozen=True, slots=True)
class Roads:
    """Whole roads.

    Attributes:
        lines: in metres, one a road; empty where nobody drew it.
        from_m, to_m: stakes at the ends of the line, NaN where the road has none.
    """

    lines: np.ndarray
    from_m: Floats
    to_m: Floats

    @property
    def is_staked(self) -> np.ndarray:
        return np.asarray(np.isfinite(self.from_m) & np.isfinite(self.to_m) & (self.to_m != self.from_m))

    def metres_of(self, road: Ints, share: Floats) -> Floats:
        """Shares of a line as its stakes, or as metres from its beginning where it has none."""
        length = shapely.length(self.lines)
        begin = np.where(self.is_staked, self.from_m, 0.0)
        span = np.where(self.is_staked, self.to_m - self.from_m, length)
        return np.asarray(begin[road] + share * span[road])


@dataclass(frozen=True, slots=True)
class Placed:
    """Parallel to the accidents.

    Attributes:
        road: number of the road, -1 where none is known.
        share: of the line, 0 to 1; NaN where the accident has no place.
        reason: one of `REASONS` where it has none, else "".
    """

    road: Ints
    share: Floats
    reason: np.ndarray

    @property
    def is_placed(self) -> np.ndarray:
        return np.asarray(np.isfinite(self.share))


def place(roads: Roads, road: Ints, stake_m: Floats, point: np.ndarray) -> Placed:
    """Places accidents.

    Args:
        road: number of the road that the accident names, -1 for none.
        stake_m: NaN for none.
        point: surveyed points in metres, None where there is none; a point that only stands for a whole road is none.
    """
    road = _with_nearest(roads, road, point)
    share = _by_stake(roads, road, stake_m)
    distance, by_point = _by_point(roads, road, point)
    share = np.where(np.isfinite(share), share, np.where(distance <= OF_NAMED_ROAD_M, by_point, np.nan))
    reason = np.where(road < 0, NO_ROAD, np.where(np.isfinite(distance), FAR, ROAD_ONLY))
    return Placed(road, share, np.where(np.isfinite(share), "", reason))


def _with_nearest(roads: Roads, road: Ints, point: np.ndarray) -> Ints:
    """The nearest road for points that name none."""
    lost = np.flatnonzero((road < 0) & ~shapely.is_missing(point))
    if not len(lost) or not len(roads.lines):
        return road
    asked, found = shapely.STRtree(roads.lines).query_nearest(point[lost], max_distance=ON_ROAD_M, all_matches=False)
    result = road.copy()
    result[lost[asked]] = found
    return result


def _by_stake(roads: Roads, road: Ints, stake_m: Floats) -> Floats:
    """Shares by stake; NaN without one, on a road without stakes, and beyond its ends."""
    known = (road >= 0) & np.isfinite(stake_m)
    if not known.any():
        return np.full(len(road), np.nan)
    safe = np.maximum(road, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (stake_m - roads.from_m[safe]) / (roads.to_m - roads.from_m)[safe]
    drawn = shapely.length(roads.lines)[safe] > 0
    return np.asarray(np.where(known & drawn & (share >= 0) & (share <= 1), share, np.nan))


def _by_point(roads: Roads, road: Ints, point: np.ndarray) -> tuple[Floats, Floats]:
    """(metres from the line, share of it); NaN where there is no point or no line."""
    known = np.flatnonzero((road >= 0) & ~shapely.is_missing(point))
    distance, share = np.full(len(road), np.nan), np.full(len(road), np.nan)
    if len(known):
        lines = roads.lines[road[known]]
        distance[known] = shapely.distance(lines, point[known])
        share[known] = shapely.line_locate_point(lines, point[known], normalized=True)
    return distance, share
