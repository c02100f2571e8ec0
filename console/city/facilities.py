"""Traffic facilities and hidden dangers of the made roads.

Where they stand and what they are follows from the seed, so that two months agree; their dates and states follow
from seed and as-of date.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from console.city.draws import Draw, Weighted
from console.city.rates import Rates
from console.city.reference_data import load_toml
from console.city.road_register import RegisteredRoad
from console.city.spots import Spot, SpotFinder
from console.city.standard_addresses import StandardAddress
from console.city.units import Unit

SIGNAL = "01"
DANGER_TYPE, DANGER_NAME = "10", "隐患点段"
NORMAL, BROKEN = "1", "2"
_SCHOOL_FLEET = "school"


@dataclass(slots=True)
class Facility:
    """A facility; natural key: the number of its ledger. `kind` and `state` are codes of sslx and sszt."""

    id: str
    number: str
    kind: str
    kind_name: str
    name: str
    spot: Spot
    state: str
    model: str
    owner: str
    installed_on: date
    capacity: int | None = None
    expires_on: date | None = None


@dataclass(slots=True)
class Danger:
    """A hidden danger; natural key: the number of its ledger. `grade` is a code of yhdj."""

    id: str
    number: str
    name: str
    spot: Spot
    grade: str
    danger: str
    treatment: str
    treated_by: str
    found_on: date
    treat_by_on: date
    reviewed_on: date | None = None
    result: str = ""


@dataclass(slots=True)
class Roadside:
    """Roads, and what stands or threatens beside them.

    Attributes:
        broken_signal: the planted one; None where no streets cross.
    """

    roads: list[RegisteredRoad]
    facilities: list[Facility]
    dangers: list[Danger]
    broken_signal: Facility | None


class RoadsideMaker:
    """Makes facilities and dangers along the registered roads."""

    def __init__(
        self, seed: int, as_of: date, roads: list[RegisteredRoad], addresses: list[StandardAddress], rates: Rates
    ) -> None:
        self._reviewed = rates.danger_reviewed
        self._place = Draw(seed, "facilities")
        self._life = Draw(seed, as_of, "facility states")
        self._danger_place = Draw(seed, "dangers")
        self._danger_life = Draw(seed, as_of, "danger states")
        self._as_of = as_of
        self._roads = roads
        self._finder = SpotFinder(roads, addresses)
        self._table: dict[str, Any] = load_toml("registers.toml")
        self._states = Weighted(self._table["state"]["weights"])

    def make(self, facility_count: int, danger_count: int, units: list[Unit]) -> Roadside:
        """About `facility_count` facilities (fewer where the city lacks crossings or schools) and the dangers."""
        facilities: list[Facility] = []
        for row in self._table["facility"]:
            spots = self._spots(row["place"], round(facility_count * row["share"]), units)
            facilities += [self._facility(row, serial, spot) for serial, spot in enumerate(spots, 1)]
        signals = [facility for facility in facilities if facility.kind == SIGNAL]
        broken = self._life.pick(signals) if signals else None
        if broken:
            broken.state = BROKEN
        dangers = [self._danger(serial) for serial in range(1, danger_count + 1)]
        return Roadside(self._roads, facilities, dangers, broken)

    def _spots(self, place: str, count: int, units: list[Unit]) -> list[Spot]:
        draw, finder = self._place, self._finder
        if place == "crossing":
            return finder.crossings()[:count]
        if place == "school":
            schools = [unit for unit in units if unit.fleet == _SCHOOL_FLEET]
            return [replace(finder.nearest(unit.business), title=unit.name) for unit in schools[:count]]
        if place == "address":
            return [finder.at_address(row) for row in draw.sample(finder.doors, count)]
        on_street: Callable[[Draw], Spot] = finder.by_door if finder.doors else finder.on_route
        return [
            on_street(draw) if place == "any" and draw.chance(0.35) else finder.on_route(draw) for _ in range(count)
        ]

    def _facility(self, row: dict[str, Any], serial: int, spot: Spot) -> Facility:
        place, life = self._place, self._life
        title, model = place.pick(row["titles"]), place.pick(row["models"])
        years = row["life"]
        # One in fourteen or so has outlived its life.
        age_days = life.integer(30, round((years or 15) * 365 * 1.08))
        installed = self._as_of - timedelta(days=age_days)
        return Facility(
            id=f"F{row['type']}{serial:05d}",
            number=f"SS{row['type']}{serial:05d}",
            kind=row["type"],
            kind_name=row["name"],
            name=spot.title + title,
            spot=spot,
            state=NORMAL if row["type"] == SIGNAL else life.weighted(self._states),
            model=model,
            owner=row["owner"],
            installed_on=installed,
            capacity=place.integer(3, 60) * 5 if row["place"] == "address" else None,
            expires_on=installed + timedelta(days=years * 365) if years else None,
        )

    def _danger(self, serial: int) -> Danger:
        place, life, table = self._danger_place, self._danger_life, self._table["danger"]
        title, danger, treatment, treated_by = place.pick(table["sorts"])
        spot = self._finder.on_route(place, is_open=True)
        found = self._as_of - timedelta(days=life.integer(15, 330))
        treat_by = found + timedelta(days=life.pick(table["days_to_treat"]))
        made = Danger(
            id=f"D{serial:06d}",
            number=f"YH{serial:05d}",
            name=f"{spot.title}{title}",
            spot=spot,
            grade=place.weighted(Weighted(table["grades"])),
            danger=danger,
            treatment=treatment,
            treated_by=treated_by.format(town=_town_office(spot.town)),
            found_on=found,
            treat_by_on=treat_by,
        )
        # After the deadline most are reviewed; the others are what is overdue.
        if life.chance(self._reviewed if treat_by < self._as_of else 0.12):
            earliest = found + timedelta(days=10)
            made.reviewed_on = max(earliest, min(self._as_of, treat_by + timedelta(days=life.integer(-8, 20))))
            made.reviewed_on = min(made.reviewed_on, self._as_of)
            made.result = life.weighted(Weighted(table["results"]))
        return made


def _town_office(town: str) -> str:
    return f"{town}办事处" if town.endswith("街道") else f"{town}人民政府"
