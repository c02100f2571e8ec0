"""Who drives for whom: the drivers of fleets, and who usually drives a vehicle of theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from console.city.draws import Draw
from console.city.persons import Person
from console.city.units import Unit
from console.city.vehicles import Vehicle

_BUS_CLASSES = ("A1", "A3", "B1")
_TRUCK_CLASSES = ("A2", "B2")
_CAR_CLASSES = ("C1", "C2")
_TRAILER = "15"
# Share of a fleet's vehicles that have a driver of their own.
_CREWED = 0.85
# Share of privately owned lorries that somebody else drives than the owner.
_HIRED = 0.4
_OLDEST_DRIVER_DAYS = 62 * 365


@dataclass(frozen=True, slots=True)
class Employment:
    """A driver's place at a firm."""

    unit: Unit
    since: date


@dataclass(slots=True)
class Crews:
    """Who drives what.

    Attributes:
        employments: id of a person → employment.
        usual_drivers: id of a vehicle → who usually drives it.
    """

    employments: dict[str, Employment] = field(default_factory=dict)
    usual_drivers: dict[str, Person] = field(default_factory=dict)


def build_crews(seed: int, as_of: date, persons: list[Person], vehicles: list[Vehicle]) -> Crews:
    """Gives vehicles of fleets a driver whose licence fits; a driver works for one firm."""
    draw, crews = Draw(seed, as_of, "crews"), Crews()
    groups: tuple[tuple[str, ...], ...] = (_BUS_CLASSES, _TRUCK_CLASSES, _CAR_CLASSES)
    pools = {classes: _pool(persons, classes, as_of, draw) for classes in groups}
    for vehicle in vehicles:
        unit = vehicle.owner
        if not isinstance(unit, Unit) or not unit.fleet or vehicle.plate_type == _TRAILER or not draw.chance(_CREWED):
            continue
        driver = _next_free(pools[_classes_for(vehicle)], crews)
        if driver is None or driver.licence is None:
            continue
        earliest = max(unit.established_on, driver.licence.first_licensed_on)
        since = earliest + timedelta(days=draw.integer(0, max(0, (as_of - earliest).days - 1)))
        crews.employments[driver.id] = Employment(unit, since)
        crews.usual_drivers[vehicle.id] = driver
    _give_private_lorries_drivers(Draw(seed, as_of, "hired drivers"), vehicles, pools[_TRUCK_CLASSES], crews)
    return crews


def _give_private_lorries_drivers(draw: Draw, vehicles: list[Vehicle], pool: list[Person], crews: Crews) -> None:
    """A lorry of a person is driven by its owner, or by somebody whom the owner hired (人车不一致)."""
    for vehicle in vehicles:
        owner = vehicle.owner
        if not isinstance(owner, Person) or vehicle.plate_type != "01":
            continue
        is_hired = draw.chance(_HIRED) or owner.id in crews.employments
        driver = _next_free(pool, crews) if is_hired else owner
        if driver is not None and driver.licence is not None:
            crews.usual_drivers[vehicle.id] = driver


def _classes_for(vehicle: Vehicle) -> tuple[str, ...]:
    if vehicle.use_nature in "BCEP":
        return _BUS_CLASSES
    return _TRUCK_CLASSES if vehicle.plate_type in ("01", "51") else _CAR_CLASSES


def _pool(persons: list[Person], classes: tuple[str, ...], as_of: date, draw: Draw) -> list[Person]:
    fitting = [
        person
        for person in persons
        if person.licence
        and any(code in person.licence.classes for code in classes)
        and (as_of - person.birth_on).days < _OLDEST_DRIVER_DAYS
    ]
    draw.shuffle(fitting)
    return fitting


def _next_free(pool: list[Person], crews: Crews) -> Person | None:
    while pool:
        driver = pool.pop()
        if driver.id not in crews.employments:
            return driver
    return None
