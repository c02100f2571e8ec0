"""The register of the made roads: numbers, classes, stakes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from console.city.draws import Draw
from console.city.reference_data import load_toml, towns
from console.city.roads import Road

_ROUTE_CODE = re.compile(r"[GSXYC]\d+")
_FREE_CLASSES = ("县道", "乡道")


@dataclass(frozen=True, slots=True)
class RegisteredRoad:
    """A road with what its register says.

    Attributes:
        number: the register's own.
        route_code: G206 and the like where the name carries one, else "".
        road_class: code of table dllx.
        admin_class: code of table glxzdj.
        stake_from_m: kilometre stake of the start, metres; None along city streets, which have none.
    """

    id: str
    number: str
    road: Road
    route_code: str
    road_class: str
    admin_class: str
    speed_limit_kmh: int
    lanes: int
    manager: str
    stake_from_m: int | None

    def stake_at(self, distance_m: float) -> int | None:
        """The stake at a distance from the start, metres; None where there are none."""
        return None if self.stake_from_m is None else self.stake_from_m + round(distance_m)


def register_roads(seed: int, roads: list[Road]) -> list[RegisteredRoad]:
    """All roads, in their order; everything follows from the seed."""
    table: dict[str, dict[str, Any]] = {row["name"]: row for row in load_toml("registers.toml")["road_class"]}
    town_names = {town.code: town.name for town in towns()}
    return [_registered(seed, index, road, table[road.road_class], town_names) for index, road in enumerate(roads, 1)]


def _registered(seed: int, index: int, road: Road, row: dict[str, Any], town_names: dict[str, str]) -> RegisteredRoad:
    draw = Draw(seed, "road register", road.name, road.town_code)
    match = _ROUTE_CODE.match(road.name)
    code = match[0] if match else ""
    # Local roads count from their own start, longer ones somewhere on their way through the country.
    start = 0 if road.road_class in _FREE_CLASSES else draw.integer(20, 420) * 1000 + draw.integer(0, 9) * 100
    return RegisteredRoad(
        id=f"R{index:06d}",
        number=f"LD{index:05d}",
        road=road,
        route_code=code,
        road_class=row["road_class"],
        admin_class=row.get("national_class", row["admin_class"]) if code.startswith("G") else row["admin_class"],
        speed_limit_kmh=40 if road.town_code else draw.pick(row["speeds"]),
        lanes=2 if road.town_code else row["lanes"],
        manager=f"{town_names[road.town_code]}人民政府" if road.town_code else row["manager"],
        stake_from_m=start if row["stakes"] else None,
    )


def stake_text(stake_m: int) -> str:
    """19906 → K19+906."""
    return f"K{stake_m // 1000}+{stake_m % 1000:03d}"
