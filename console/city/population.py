"""Persons, vehicles, units and houses of the city, in the proportions of its registries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from console.city.draws import Draw
from console.city.employment import Crews, build_crews
from console.city.houses import House, HouseMaker, building_of
from console.city.persons import Person, PersonMaker
from console.city.rates import Rates
from console.city.standard_addresses import AddressBook, StandardAddress
from console.city.units import Unit, UnitMaker
from console.city.vehicles import Vehicle, VehicleMaker

# Of 20,000 things: 9,000 persons (7,500 of them drivers), 8,500 vehicles, 2,500 units. Houses come on top: 5,000.
_PERSON_SHARE = 0.45
_DRIVER_SHARE = 0.375
_VEHICLE_SHARE = 0.425
HOUSE_SHARE = 0.25
# Planted: a building of so many rooms with one household in each; a bus firm of which no bus is inspected.
FULL_BUILDING_ROOMS = 40
OVERDUE_FLEET_BUSES = 5
_BUS_USES = "BCE"


@dataclass(slots=True)
class Population:
    """All made things, and the maker of vehicles, which still draws keys for planted defects.

    Attributes:
        full_building: rooms of the planted building; empty where the city is too small for one.
        overdue_buses: buses of the planted firm; empty where no firm has enough.
    """

    persons: list[Person]
    units: list[Unit]
    vehicles: list[Vehicle]
    vehicle_maker: VehicleMaker
    crews: Crews
    houses: list[House]
    full_building: list[StandardAddress]
    overdue_buses: list[Vehicle]

    @property
    def drivers(self) -> list[Person]:
        """Persons with a licence."""
        return [person for person in self.persons if person.licence]


def build_population(*, seed: int, as_of: date, book: AddressBook, elements: int, rates: Rates) -> Population:
    """Makes `elements` things that live and stand at addresses of the book, and the houses of some."""
    homes, sites = _homes_and_sites(seed, book)
    person_count = round(elements * _PERSON_SHARE)
    vehicle_count = round(elements * _VEHICLE_SHARE)
    persons = PersonMaker(seed, as_of, homes, rates).make(person_count, round(elements * _DRIVER_SHARE))
    full_building = _fill_building(Draw(seed, as_of, "full building"), book, homes, persons)
    units = UnitMaker(seed, as_of, persons, sites).make(elements - person_count - vehicle_count)
    maker = VehicleMaker(seed, as_of, persons, units, rates)
    vehicles = maker.make(vehicle_count)
    overdue_buses = _let_buses_lapse(Draw(seed, as_of, "overdue buses"), as_of, vehicles)
    crews = build_crews(seed, as_of, persons, vehicles)
    houses = HouseMaker(seed, as_of, book.rows, persons).make(round(elements * HOUSE_SHARE), units, full_building)
    return Population(persons, units, vehicles, maker, crews, houses, full_building, overdue_buses)


def _homes_and_sites(seed: int, book: AddressBook) -> tuple[list[StandardAddress], list[StandardAddress]]:
    """Where people live (houses and rooms) and where units stand (street numbers, some houses)."""
    draw = Draw(seed, "homes and sites")
    homes = [row for row in book.rows if row.room or not row.road]
    sites = [row for row in book.rows if row.road and not row.estate]
    houses = [row for row in book.rows if not row.road and not row.estate]
    return homes, sites + draw.sample(houses, len(sites))


def _fill_building(
    draw: Draw, book: AddressBook, homes: list[StandardAddress], persons: list[Person]
) -> list[StandardAddress]:
    """Moves households until one building has one in each of its 40 rooms; returns the rooms."""
    rooms: dict[tuple[str, ...], list[StandardAddress]] = defaultdict(list)
    for row in book.rows:
        if row.room:
            rooms[building_of(row)].append(row)
    fitting = [found for found in rooms.values() if len(found) == FULL_BUILDING_ROOMS]
    if not fitting:
        return []
    chosen = draw.pick(fitting)
    _move_out({room.code for room in chosen}, homes, persons, draw)
    households = [list(members) for _, members in groupby(persons, key=lambda person: person.household.code)]
    together = [members for members in households if {person.residence for person in members} == {members[0].household}]
    if len(together) < FULL_BUILDING_ROOMS:
        return []
    for room, members in zip(chosen, draw.sample(together, FULL_BUILDING_ROOMS), strict=True):
        for person in members:
            person.household = person.residence = room
    return chosen


def _move_out(codes: set[str], homes: list[StandardAddress], persons: list[Person], draw: Draw) -> None:
    """Gives who lives or is registered at one of the addresses another home: one for all of an address."""
    elsewhere: dict[str, StandardAddress] = {}
    others = [home for home in homes if home.code not in codes]
    for person in persons:
        for place in (person.household, person.residence):
            if place.code in codes and place.code not in elsewhere:
                elsewhere[place.code] = draw.pick(others)
        person.household = elsewhere.get(person.household.code, person.household)
        person.residence = elsewhere.get(person.residence.code, person.residence)


def _let_buses_lapse(draw: Draw, as_of: date, vehicles: list[Vehicle]) -> list[Vehicle]:
    """Lets the inspection of all buses of the firm with most of them run out; returns the buses."""
    fleets: dict[str, list[Vehicle]] = defaultdict(list)
    for vehicle in vehicles:
        if isinstance(vehicle.owner, Unit) and vehicle.use_nature in _BUS_USES:
            fleets[vehicle.owner.id].append(vehicle)
    buses = max(fleets.values(), key=len, default=[])
    if len(buses) < OVERDUE_FLEET_BUSES:
        return []
    for bus in buses:
        bus.inspection_valid_to = as_of - timedelta(days=draw.integer(15, 240))
        bus.state = "Q"
    return buses
