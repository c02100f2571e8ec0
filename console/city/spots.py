"""Spots on and beside the made roads, with the words by which a ledger tells where they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import shapely

from console.city.draws import Draw, Weighted
from console.city.plane import to_degrees, to_plane
from console.city.reference_data import towns
from console.city.road_register import RegisteredRoad, stake_text
from console.city.roads import CITY_STREET, EXPRESSWAY
from console.city.standard_addresses import StandardAddress
from console.city.wording import RELATIVE, WrittenAddress

_VERGE_M = 11.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A place by a road.

    Attributes:
        title: what the spot is called: "G206烟汕线K19+906", "文化东路与云峰北路路口".
        road: the road it belongs to, or None where no road of the register runs by.
        stake_m: kilometre stake, or None.
        town: the town whose seat is nearest; known along routes.
        site: how the place is written, and what that means; None where an address is written instead.
        address: standard address that the spot is at or opposite to, if any.
    """

    title: str
    road: RegisteredRoad | None
    stake_m: int | None
    lon: float
    lat: float
    site: WrittenAddress | None
    address: StandardAddress | None = None
    town: str = ""


class SpotFinder:
    """Finds spots of a sort on the roads of the register."""

    def __init__(self, register: list[RegisteredRoad], addresses: list[StandardAddress]) -> None:
        town_names = {town.code: town.name for town in towns()}
        self._register = register
        self._seats = [(town.name, *to_plane(np.array([town.seat]))[0]) for town in towns()]
        self._routes = Weighted.of_pairs(
            [(road, road.road.line.length) for road in register if road.stake_from_m is not None]
        )
        # Nobody keeps a market or a school gate on an expressway.
        self._open_routes = Weighted.of_pairs(
            [(road, road.road.line.length) for road in self._routes.values if road.road.road_class != EXPRESSWAY]
        )
        self._by_name = {(road.road.name, town_names.get(road.road.town_code, "")): road for road in register}
        self.doors = [row for row in addresses if row.road and not row.estate and self._road_of(row)]

    def crossings(self) -> list[Spot]:
        """Where two streets of the city meet, in the order of the register."""
        streets = [item for item in self._register if item.road.road_class == CITY_STREET and not item.road.town_code]
        found: list[Spot] = []
        for first, second in combinations(streets, 2):
            meeting = first.road.line.intersection(second.road.line)
            for point in shapely.get_parts(meeting):
                if not isinstance(point, shapely.Point):
                    continue
                title = f"{first.road.name}与{second.road.name}路口"
                lon, lat = _degrees(point.x, point.y)
                site = WrittenAddress(f"莱州市{title}", RELATIVE, defects=["relative"])
                found.append(Spot(title, first, None, lon, lat, site))
        return found

    def on_route(self, draw: Draw, *, is_open: bool = False) -> Spot:
        """Somewhere along a road with stakes, at its edge; `is_open`: on none that is closed to walkers."""
        road = draw.weighted(self._open_routes if is_open else self._routes)
        distance = draw.uniform(0.0, road.road.line.length)
        return self._at(road, distance, draw, None)

    def by_door(self, draw: Draw) -> Spot:
        """On a street, opposite a house number."""
        row = draw.pick(self.doors)
        road = self._road_of(row)
        assert road is not None, "doors have a road"
        x, y = to_plane(np.array([[row.lon, row.lat]]))[0]
        distance = float(road.road.line.project(shapely.Point(x, y)))
        return self._at(road, distance, draw, row)

    def nearest(self, address: StandardAddress) -> Spot:
        """On the road nearest to an address, which stays the way to write it."""
        x, y = to_plane(np.array([[address.lon, address.lat]]))[0]
        here = shapely.Point(float(x), float(y))
        road = min(self._register, key=lambda item: item.road.line.distance(here))
        distance = float(road.road.line.project(here))
        point = road.road.line.interpolate(distance)
        lon, lat = _degrees(point.x, point.y)
        return Spot("", road, road.stake_at(distance), lon, lat, None, address)

    def at_address(self, address: StandardAddress) -> Spot:
        """At an address itself."""
        title = address.estate or f"{address.road}{address.number}号"
        return Spot(title, self._road_of(address), None, address.lon, address.lat, None, address)

    def _road_of(self, row: StandardAddress) -> RegisteredRoad | None:
        return self._by_name.get((row.road, row.town)) or self._by_name.get((row.road, ""))

    def _at(self, road: RegisteredRoad, distance_m: float, draw: Draw, door: StandardAddress | None) -> Spot:
        line = road.road.line
        here, ahead = line.interpolate(distance_m), line.interpolate(min(distance_m + 5.0, line.length))
        back = line.interpolate(max(distance_m - 5.0, 0.0))
        dx, dy = ahead.x - back.x, ahead.y - back.y
        norm, aside = math.hypot(dx, dy), draw.pick((-1.0, 1.0)) * draw.uniform(4.0, _VERGE_M)
        lon, lat = _degrees(here.x - dy / norm * aside, here.y + dx / norm * aside)
        if door is not None:
            title = f"{road.road.name}{door.number}号对面"
            anchor = {"town": door.town, "village": door.village, "road": door.road, "number": door.number}
            site = WrittenAddress(door.town + title, RELATIVE, "", anchor, ["relative"])
            return Spot(title, road, None, lon, lat, site, door)
        stake = road.stake_at(distance_m)
        assert stake is not None, "routes have stakes"
        title = road.road.name + stake_text(stake)
        town = min(self._seats, key=lambda seat: math.hypot(seat[1] - here.x, seat[2] - here.y))[0]
        site = WrittenAddress(f"{town}{title}处", RELATIVE, defects=["relative"])
        return Spot(title, road, stake, lon, lat, site, town=town)


def _degrees(x: float, y: float) -> tuple[float, float]:
    lon, lat = to_degrees(np.array([[x, y]])).round(6)[0]
    return float(lon), float(lat)
