"""Houses that the public-order system lists: dwellings of the population, empty ones, shops and workshops."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from console.city.draws import Draw
from console.city.persons import Person
from console.city.reference_data import load_toml
from console.city.standard_addresses import StandardAddress
from console.city.units import Unit

OWN_HOME, LET, EMPTY = "01", "02", "08"
WORKSHOP_USAGES = ("05", "06")
_LOW_STOREYS = 6


@dataclass(slots=True)
class House:
    """A house or flat; natural key: the number that the public-order system gave it.

    Attributes:
        usage: code of table fwyt.
        residents: who lives there, in order of the population.
    """

    id: str
    number: str
    address: StandardAddress
    name: str
    usage: str
    structure: str
    area_m2: float
    storeys: int
    built_on: date
    owner: Person | Unit | None
    residents: list[Person] = field(default_factory=list)


def building_of(address: StandardAddress) -> tuple[str, ...]:
    """What the rooms of one building share."""
    return (address.town, address.village, address.road, address.number, address.estate, address.building)


class HouseMaker:
    """Makes houses at addresses of the book.

    Numbers follow from the address alone, so that a house has the same number in every month.
    """

    def __init__(self, seed: int, as_of: date, addresses: list[StandardAddress], persons: list[Person]) -> None:
        self._draw = Draw(seed, as_of, "houses")
        self._seed = seed
        self._as_of = as_of
        self._addresses = addresses
        self._adults = [person for person in persons if (as_of - person.birth_on).days > 22 * 365]
        self._table: dict[str, Any] = load_toml("registers.toml")["house"]
        self._residents: dict[str, list[Person]] = defaultdict(list)
        self._homes: dict[str, StandardAddress] = {}
        for person in persons:
            self._residents[person.residence.code].append(person)
            self._homes[person.residence.code] = person.residence
        self._storeys: dict[tuple[str, ...], int] = defaultdict(int)
        for row in addresses:
            if row.room:
                key = building_of(row)
                self._storeys[key] = max(self._storeys[key], int(row.room[:-2]))
        self._numbers: set[str] = set()
        self._houses: list[House] = []

    def make(self, count: int, units: list[Unit], wanted: Iterable[StandardAddress]) -> list[House]:
        """About `count` houses; those of the `wanted` addresses are always among them."""
        draw, table = self._draw, self._table
        first = {address.code: address for address in wanted}
        for_units, empty = round(count * table["units"]), round(count * table["empty"])
        others = [home for code, home in self._homes.items() if code not in first]
        for home in [*first.values(), *draw.sample(others, count - for_units - empty - len(first))]:
            self._dwelling(home)
        taken = {house.address.code for house in self._houses} | self._homes.keys()
        vacant = [row for row in self._addresses if (row.room or not row.road) and row.code not in taken]
        for home in draw.sample(vacant, empty):
            self._add(home, EMPTY, draw.pick(self._adults) if draw.chance(0.8) else None, self._dwelling_area(home))
        sites: dict[str, Unit] = {}
        for unit in units:
            if unit.business.code not in taken:
                sites.setdefault(unit.business.code, unit)
        for unit in draw.sample(list(sites.values()), for_units):
            self._premises(unit)
        return self._houses

    def _dwelling(self, home: StandardAddress) -> None:
        residents = self._residents[home.code]
        grown = [person for person in residents if (self._as_of - person.birth_on).days > 18 * 365]
        owned = bool(grown) and self._draw.chance(self._table["owner_lives_there"])
        owner = grown[0] if owned else self._draw.pick(self._adults)
        usage = OWN_HOME if owner in residents else LET
        self._add(home, usage, owner, self._dwelling_area(home), residents)

    def _premises(self, unit: Unit) -> None:
        draw = self._draw
        usage = draw.pick(self._table["unit_usages"][unit.unit_type])
        area = draw.uniform(300, 5000) if usage in WORKSHOP_USAGES else draw.uniform(25, 380)
        self._add(unit.business, usage, unit if draw.chance(0.6) else unit.legal_person, area, name=unit.name)

    def _dwelling_area(self, home: StandardAddress) -> float:
        return self._draw.uniform(52, 145) if home.room else self._draw.uniform(85, 260)

    def _add(
        self,
        address: StandardAddress,
        usage: str,
        owner: Person | Unit | None,
        area_m2: float,
        residents: Iterable[Person] = (),
        name: str = "",
    ) -> None:
        key = building_of(address) if address.room else (address.code,)
        # The rooms of a building are as old and built as each other, whoever lives there.
        shared = Draw(self._seed, "building", *key)
        storeys = self._storeys[key] if address.room else shared.integer(1, 2)
        self._houses.append(
            House(
                id=f"H{len(self._houses) + 1:06d}",
                number=self._number(address),
                address=address,
                name=name or (f"{address.estate}{address.building}号楼" if address.estate else ""),
                usage=usage,
                structure=shared.pick(
                    self._table["structures"][_sort_of_building(address, storeys, has_name=bool(name))]
                ),
                area_m2=round(area_m2, 2),
                storeys=storeys,
                built_on=date(shared.integer(1985, 2022), shared.integer(1, 12), shared.integer(1, 28)),
                owner=owner,
                residents=list(residents),
            )
        )

    def _number(self, address: StandardAddress) -> str:
        attempt = 0
        while True:
            digest = hashlib.sha256(f"house number\x1f{address.code}\x1f{attempt}".encode()).digest()
            made = f"FW{int.from_bytes(digest[:8], 'big') % 10**12:012d}"
            if made not in self._numbers:
                self._numbers.add(made)
                return made
            attempt += 1


def _sort_of_building(address: StandardAddress, storeys: int, *, has_name: bool) -> str:
    if address.room:
        return "low" if storeys <= _LOW_STOREYS else "high"
    return "premises" if has_name else "house"
