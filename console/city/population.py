"""Persons, vehicles and units of the city, in the proportions of its registries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from console.city.draws import Draw
from console.city.persons import Person, PersonMaker
from console.city.standard_addresses import AddressBook, StandardAddress
from console.city.units import Unit, UnitMaker
from console.city.vehicles import Vehicle, VehicleMaker

# Of 20,000 things: 9,000 persons (7,500 of them drivers), 8,500 vehicles, 2,500 units.
_PERSON_SHARE = 0.45
_DRIVER_SHARE = 0.375
_VEHICLE_SHARE = 0.425


@dataclass(slots=True)
class Population:
    """All made things, and the maker of vehicles, which still draws keys for planted defects."""

    persons: list[Person]
    units: list[Unit]
    vehicles: list[Vehicle]
    vehicle_maker: VehicleMaker

    @property
    def drivers(self) -> list[Person]:
        """Persons with a licence."""
        return [person for person in self.persons if person.licence]


def build_population(*, seed: int, as_of: date, book: AddressBook, elements: int) -> Population:
    """Makes `elements` things that live and stand at addresses of the book."""
    homes, sites = _homes_and_sites(seed, book)
    person_count = round(elements * _PERSON_SHARE)
    vehicle_count = round(elements * _VEHICLE_SHARE)
    persons = PersonMaker(seed, as_of, homes).make(person_count, round(elements * _DRIVER_SHARE))
    units = UnitMaker(seed, as_of, persons, sites).make(elements - person_count - vehicle_count)
    maker = VehicleMaker(seed, as_of, persons, units)
    return Population(persons, units, maker.make(vehicle_count), maker)


def _homes_and_sites(seed: int, book: AddressBook) -> tuple[list[StandardAddress], list[StandardAddress]]:
    """Where people live (houses and rooms) and where units stand (street numbers, some houses)."""
    draw = Draw(seed, "homes and sites")
    homes = [row for row in book.rows if row.room or not row.road]
    sites = [row for row in book.rows if row.road and not row.estate]
    houses = [row for row in book.rows if not row.road and not row.estate]
    return homes, sites + draw.sample(houses, len(sites))
