"""Where a vehicle is at a moment: a function of its route and the time, so that a restart changes nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from random import Random

import places

_M_PER_DEG_LAT = 111_320.0
_M_PER_DEG_LON = _M_PER_DEG_LAT * math.cos(math.radians(37.2))


@dataclass(frozen=True, slots=True)
class Fix:
    """A position: degrees WGS84, km/h, degrees from north."""

    lon: float
    lat: float
    speed_kmh: int
    direction_deg: int


@dataclass(frozen=True, slots=True)
class Route:
    """A closed way through points (lon, lat), driven at one speed."""

    points: tuple[tuple[float, float], ...]
    speed_kmh: int

    def fix(self, moment: datetime, head_start_m: float) -> Fix:
        """The position at a moment of something that drives round and round."""
        lengths = [_distance_m(a, b) for a, b in self._legs()]
        gone_m = (moment.timestamp() * self.speed_kmh / 3.6 + head_start_m) % sum(lengths)
        for (start, end), length in zip(self._legs(), lengths, strict=True):
            if gone_m < length:
                share = gone_m / length
                lon, lat = (a + (b - a) * share for a, b in zip(start, end, strict=True))
                return Fix(round(lon, 6), round(lat, 6), self.speed_kmh, _bearing_deg(start, end))
            gone_m -= length
        return Fix(*self.points[0], self.speed_kmh, 0)

    @property
    def length_m(self) -> float:
        return sum(_distance_m(a, b) for a, b in self._legs())

    def _legs(self) -> list[tuple[tuple[float, float], tuple[float, float]]]:
        return list(zip(self.points, (*self.points[1:], self.points[0]), strict=True))


def there_and_back(towns: tuple[str, ...], speed_kmh: int) -> Route:
    """A bus line from the first town to the last and back."""
    points = tuple(places.TOWNS[town] for town in towns)
    return Route(points + points[-2:0:-1], speed_kmh)


def round_trip(key: str) -> Route:
    """The round of a vehicle, always the same for the same key."""
    random = Random(f"route:{key}")
    towns = random.sample(sorted(places.TOWNS), random.randint(3, 6))
    return Route(tuple(places.TOWNS[town] for town in towns), random.randrange(35, 80))


def _distance_m(start: tuple[float, float], end: tuple[float, float]) -> float:
    return math.hypot((end[0] - start[0]) * _M_PER_DEG_LON, (end[1] - start[1]) * _M_PER_DEG_LAT)


def _bearing_deg(start: tuple[float, float], end: tuple[float, float]) -> int:
    east, north = (end[0] - start[0]) * _M_PER_DEG_LON, (end[1] - start[1]) * _M_PER_DEG_LAT
    return round(math.degrees(math.atan2(east, north))) % 360
