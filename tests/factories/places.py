"""A compact city: the real divisions, one brigade, two squadrons, three districts, six grids, a small registry.

    squadron ZD-1: district JQ-1: grids G-1, G-2     two villages of 文昌路街道
                   district JQ-2: grids G-3, G-4     two more of it
    squadron ZD-2: district JQ-3: grids G-5, G-6     two villages of 沙河镇

Grids are squares of 0.02°, side by side from west to east; each holds two numbered houses.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from addresses.models import Area, Division, StandardAddress
from addresses.services.areas import load_areas
from addresses.services.divisions import load_divisions
from addresses.services.registry import COLUMNS, load_addresses

WEST_DEG, SOUTH_DEG, SIDE_DEG = 119.86, 37.16, 0.02
SINCE = "2020-01-01"
# Two villages a district; codes of the division table.
VILLAGES = ("370683001205", "370683001206", "370683001207", "370683001208", "370683101201", "370683101202")
HOUSES = (3, 8)


@dataclass(frozen=True)
class SmallCity:
    """What `make_small_city` made; lists run from west to east.

    Attributes:
        brigade: root of the areas.
        squadrons: two.
        districts: three; the first two belong to the first squadron.
        grids: six, two a district.
        villages: village of each grid.
        unplaced: pseudo-block of the whole city.
        unplaced_towns: pseudo-blocks of the two towns.
    """

    brigade: Area
    squadrons: list[Area]
    districts: list[Area]
    grids: list[Area]
    villages: list[Division]
    unplaced: Area
    unplaced_towns: list[Area]

    def text(self, grid: int, house: int = HOUSES[0]) -> str:
        """Full address text of a house in a grid; it resolves exactly."""
        return self.address(grid, house).full_text

    def address(self, grid: int, house: int = HOUSES[0]) -> StandardAddress:
        """The node of that house."""
        return StandardAddress.objects.get(code=f"LZ-{grid}-{house}")


def point_in(grid: int, east: float = 0.5, north: float = 0.5) -> tuple[float, float]:
    """(longitude, latitude) inside a numbered grid, by shares of its side."""
    return WEST_DEG + (grid + east) * SIDE_DEG, SOUTH_DEG + north * SIDE_DEG


def _feature(kind: str, code: str, parent: str | None, first: int, last: int, village: str | None = None) -> dict:
    west, east = WEST_DEG + first * SIDE_DEG, WEST_DEG + last * SIDE_DEG
    ring = [[west, SOUTH_DEG], [east, SOUTH_DEG], [east, SOUTH_DEG + SIDE_DEG], [west, SOUTH_DEG + SIDE_DEG]]
    return {
        "type": "Feature",
        "properties": {"kind": kind, "code": code, "name": code, "parent": parent, "urban": first < 4, "division": village,
                       "valid_from": SINCE},
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }  # fmt: skip


def area_features() -> Iterator[dict]:
    """GeoJSON features of the areas."""
    yield _feature("BRIGADE", "DD", None, 0, 6)
    yield _feature("SQUADRON", "ZD-1", "DD", 0, 4)
    yield _feature("SQUADRON", "ZD-2", "DD", 4, 6)
    for number in range(3):
        yield _feature("DISTRICT", f"JQ-{number + 1}", f"ZD-{1 + number // 2}", number * 2, number * 2 + 2)
    for number, village in enumerate(VILLAGES):
        yield _feature("GRID", f"G-{number + 1}", f"JQ-{1 + number // 2}", number, number + 1, village)


def registry_rows() -> Iterator[dict[str, str]]:
    """Rows of the registry file: two houses in every village."""
    names = dict(Division.objects.values_list("code", "name"))
    for grid, village in enumerate(VILLAGES):
        for place, house in enumerate(HOUSES):
            lon, lat = point_in(grid, 0.3 + 0.4 * place)
            yield {
                "code": f"LZ-{grid}-{house}", "town": names[village[:9]], "village": names[village], "number": f"{house}号",
                "lon": f"{lon:.6f}", "lat": f"{lat:.6f}",
            }  # fmt: skip


def write_registry(path: Path, rows: Iterator[dict[str, str]]) -> Path:
    """A registry file in the columns of `load_addresses`."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def make_small_city(folder: Path) -> SmallCity:
    """Loads divisions, areas and registry the way a deployment does; files go to `folder`."""
    load_divisions()
    areas = folder / "areas.geojson"
    areas.write_text(json.dumps({"type": "FeatureCollection", "features": list(area_features())}), encoding="utf-8")
    load_areas(areas)
    load_addresses(write_registry(folder / "addresses.csv", registry_rows()))
    return read_small_city()


def read_small_city() -> SmallCity:
    """The city that is in the database."""
    by_code = {area.code: area for area in Area.objects.filter(valid_to__isnull=True)}
    return SmallCity(
        brigade=by_code["DD"],
        squadrons=[by_code["ZD-1"], by_code["ZD-2"]],
        districts=[by_code[f"JQ-{n}"] for n in (1, 2, 3)],
        grids=[by_code[f"G-{n}"] for n in range(1, 7)],
        villages=[Division.objects.get(code=code) for code in VILLAGES],
        unplaced=by_code["UNPLACED"],
        unplaced_towns=[by_code[f"UNPLACED-{town}"] for town in ("370683001", "370683101")],
    )
