"""What is real in the demonstration city: divisions, boundary, town seats, names. Read from `data/`."""

from __future__ import annotations

import csv
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape

DATA_DIR = Path(__file__).resolve().parent / "data"

_COMMITTEE_SUFFIXES = (
    ("社区居民委员会", "社区"),
    ("社区居委会", "社区"),
    ("村村民委员会", "村"),
    ("村村委会", "村"),
    ("村委会", "村"),
    ("居委会", ""),
)


@dataclass(frozen=True, slots=True)
class Town:
    """A street office (街道) or town (镇).

    Attributes:
        code: 9 digits as published.
        cell: stand-in for the town limits, degrees.
        seat: (longitude, latitude) of the seat, degrees.
    """

    code: str
    name: str
    is_street: bool
    cell: shapely.Geometry
    seat: tuple[float, float]

    @property
    def short_name(self) -> str:
        """文昌路街道 → 文昌路, 沙河镇 → 沙河."""
        return self.name.removesuffix("街道").removesuffix("镇")


@dataclass(frozen=True, slots=True)
class Village:
    """A village or community with its published 12-digit code and official name."""

    code: str
    name: str
    town_code: str
    is_community: bool

    @property
    def short_name(self) -> str:
        """What people write: 三山岛村委会 → 三山岛村, 云峰社区居委会 → 云峰社区."""
        for suffix, kept in _COMMITTEE_SUFFIXES:
            if self.name.endswith(suffix):
                return self.name.removesuffix(suffix) + kept
        return self.name

    @property
    def bare_name(self) -> str:
        """Without 村 or 社区, or "" where one character would be left."""
        bare = self.short_name.removesuffix("社区").removesuffix("村")
        return bare if len(bare) > 1 else ""


def load_toml(name: str) -> dict[str, Any]:
    """A table of `data/` that a reviewer may replace."""
    with (DATA_DIR / name).open("rb") as file:
        return tomllib.load(file)


def load_geojson(name: str) -> dict[str, Any]:
    """A feature collection of `data/`."""
    loaded: dict[str, Any] = json.loads((DATA_DIR / name).read_text(encoding="utf-8"))
    return loaded


@cache
def boundary() -> shapely.Geometry:
    """The city limits, degrees. Source: `data/PROVENANCE.md`."""
    return shape(load_geojson("laizhou_boundary.geojson")["features"][0]["geometry"])


@cache
def towns() -> tuple[Town, ...]:
    """The 17 towns, ordered by code."""
    cells = {
        f["properties"]["code"]: shape(f["geometry"]) for f in load_geojson("laizhou_towns_voronoi.geojson")["features"]
    }
    seats = {
        f["properties"]["code"]: f["geometry"]["coordinates"]
        for f in load_geojson("laizhou_towns_points.geojson")["features"]
    }
    found = [
        Town(
            row["code"],
            row["name"],
            row["level"] == "street",
            cells[row["code"]],
            tuple(seats[row["code"]][:2]),
        )
        for row in _division_rows()
        if row["level"] in ("street", "town")
    ]
    return tuple(sorted(found, key=lambda town: town.code))


@cache
def villages() -> tuple[Village, ...]:
    """The 1,000 villages and communities, ordered by code."""
    found = [
        Village(row["code"], row["name"], row["parent_code"], row["level"] == "community")
        for row in _division_rows()
        if row["level"] in ("village", "community")
    ]
    return tuple(sorted(found, key=lambda village: village.code))


def jionlp_villages() -> list[tuple[str, str]]:
    """(town, village) in the second published spelling; material for aliases."""
    with (DATA_DIR / "laizhou_villages_jionlp.csv").open(encoding="utf-8-sig", newline="") as file:
        return [(row["town"], row["village"]) for row in csv.DictReader(file)]


def historic_towns() -> list[str]:
    """Names of towns that were merged after the census of 2000."""
    names: list[str] = load_geojson("laizhou_place_names.json")["historic_towns"]["names"]
    return names


def _division_rows() -> list[dict[str, str]]:
    with (DATA_DIR / "laizhou_divisions.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
