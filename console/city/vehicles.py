"""Invented vehicles of the city, owned by its persons and units.

Identifiers: 17-place VIN with valid check digit (GB 16735), plates of 鲁F and 鲁Y in the form of their plate
type (GA 36), unique by (plate, plate type).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from common.identifiers import vin_check_digit
from console.city.draws import Draw, Weighted
from console.city.persons import Person
from console.city.rates import Rates
from console.city.reference_data import load_toml
from console.city.standard_addresses import StandardAddress
from console.city.units import Unit

# GA 36: no I and no O in a serial.
PLATE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_VIN_ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_YEAR_CODES = "ABCDEFGHJKLMNPRSTVWXY123456789"
_COLOURS = Weighted({"A": 38, "J": 18, "B": 16, "H": 8, "E": 8, "I": 5, "C": 4, "G": 3})
_STATES = Weighted({"A": 92, "G": 5, "E": 1.5, "D": 0.5, "K": 0.5, "I": 0.5})
_INSPECTION_LEAD_DAYS = (20, 700)


@dataclass(slots=True)
class Vehicle:
    """A vehicle; natural keys: VIN, and plate with plate type. Codes after GA/T 16 (reference §2)."""

    id: str
    vin: str
    plate_number: str
    plate_type: str
    vehicle_type: str
    use_nature: str
    brand: str
    model: str
    engine_number: str
    colour: str
    fuel: str
    seats: int
    total_mass_kg: int
    first_registered_on: date
    inspection_valid_to: date
    scrap_due_on: date | None
    insurance_valid_to: date
    state: str
    issuing_authority: str
    owner: Person | Unit
    registered: StandardAddress
    parking: StandardAddress
    type_name: str

    @property
    def owner_id(self) -> str:
        """Citizen ID or credit code of the owner."""
        return self.owner.citizen_id if isinstance(self.owner, Person) else self.owner.uscc

    @property
    def is_commercial(self) -> bool:
        """True for the uses that the transport authority supervises."""
        return self.use_nature == "D" or (self.use_nature in "BCERF" and self.plate_type in ("01", "15", "51"))


class VehicleMaker:
    """Makes fleets first, then firms' own cars, then private vehicles."""

    def __init__(self, seed: int, as_of: date, persons: list[Person], units: list[Unit], rates: Rates) -> None:
        self._overdue = rates.inspection_overdue
        self._draw = Draw(seed, as_of, "vehicles")
        self._as_of = as_of
        self._drivers = [person for person in persons if person.licence]
        self._units = units
        kinds: list[dict[str, Any]] = load_toml("invention.toml")["vehicle"]
        self._private = Weighted.of_pairs([(kind, kind["weight"]) for kind in kinds if kind.get("weight")])
        self._firm = Weighted.of_pairs([(kind, kind["firm"]) for kind in kinds if kind.get("firm")])
        self._fleets = {
            fleet: [kind for kind in kinds if fleet in kind.get("fleets", ())]
            for fleet in sorted({fleet for kind in kinds for fleet in kind.get("fleets", ())})
        }
        self._plates: set[tuple[str, str]] = set()
        self._vins: set[str] = set()

    def make(self, count: int) -> list[Vehicle]:
        """`count` vehicles: about 22 % in fleets, 8 % firms' own, the rest private."""
        draw = self._draw
        vehicles: list[Vehicle] = []
        operators = [unit for unit in self._units if unit.fleet]
        while operators and len(vehicles) < int(count * 0.22):
            unit = draw.pick(operators)
            for _ in range(draw.integer(1, 8)):
                vehicles.append(self._vehicle(len(vehicles), draw.pick(self._fleets[unit.fleet]), unit))
        firms = [unit for unit in self._units if not unit.fleet and unit.state == "存续"]
        while firms and len(vehicles) < int(count * 0.30):
            vehicles.append(self._vehicle(len(vehicles), draw.weighted(self._firm), draw.pick(firms)))
        while len(vehicles) < count:
            vehicles.append(self._vehicle(len(vehicles), draw.weighted(self._private), draw.pick(self._drivers)))
        return vehicles[:count]

    def vin_of_another(self, vehicle: Vehicle) -> str:
        """A new VIN of the same maker: for the plate that a defect puts on two vehicles."""
        return self._vin(vehicle.vin[:3], vehicle.first_registered_on.year)

    def plate_of_another(self, vehicle: Vehicle) -> str:
        """An unused plate of the same type: for the plate a vehicle had before."""
        return self._plate(vehicle.plate_type, vehicle.fuel)

    def _vehicle(self, index: int, kind: dict[str, Any], owner: Person | Unit) -> Vehicle:
        draw = self._draw
        brand, maker, model = draw.pick(kind["makes"])
        fuel = draw.pick(kind["fuels"])
        longest = (kind["years"] or 16) * 365
        age_days = min(draw.integer(30, longest), draw.integer(30, longest + 400))
        first = self._as_of - timedelta(days=age_days)
        home = owner.residence if isinstance(owner, Person) else owner.business
        registered = owner.household if isinstance(owner, Person) else owner.registered
        inspection, state = self._inspection(draw.weighted(_STATES))
        plate = self._plate(kind["plate_type"], fuel)
        return Vehicle(
            id=f"V{index + 1:06d}",
            vin=self._vin(maker, first.year),
            plate_number=plate,
            plate_type=kind["plate_type"],
            vehicle_type=kind["type"],
            use_nature=kind["use"],
            brand=brand,
            model=model,
            engine_number="" if fuel == "Y" else draw.characters(_VIN_ALPHABET, draw.integer(7, 9)),
            colour=draw.weighted(_COLOURS),
            fuel=fuel,
            seats=draw.integer(*kind["seats"]),
            total_mass_kg=draw.integer(*kind["mass_kg"]) // 5 * 5,
            first_registered_on=first,
            inspection_valid_to=inspection,
            scrap_due_on=_years_after(first, kind["years"]) if kind["years"] else None,
            insurance_valid_to=self._as_of + timedelta(days=draw.integer(-40, 360)),
            state=state,
            issuing_authority=plate[:2],
            owner=owner,
            registered=registered,
            parking=home,
            type_name=kind["type_name"],
        )

    def _inspection(self, state: str) -> tuple[date, str]:
        """Inspection period and state: who is overdue carries Q beside the other letters."""
        if self._draw.chance(self._overdue):
            overdue = self._as_of - timedelta(days=self._draw.integer(1, 500))
            return overdue, "Q" if state == "A" else state + "Q"
        return self._as_of + timedelta(days=self._draw.integer(*_INSPECTION_LEAD_DAYS)), state

    def _vin(self, maker: str, year: int) -> str:
        while True:
            year_code = _YEAR_CODES[(year - 2010) % 30]
            middle = self._draw.characters(_VIN_ALPHABET, 5)
            raw = f"{maker}{middle}0{year_code}{self._draw.pick(PLATE_ALPHABET[:8])}{self._draw.digits(6)}"
            vin = raw[:8] + vin_check_digit(raw) + raw[9:]
            if vin not in self._vins:
                self._vins.add(vin)
                return vin

    def _plate(self, plate_type: str, fuel: str) -> str:
        while True:
            plate = ("鲁F" if self._draw.chance(0.72) else "鲁Y") + self._serial(plate_type, fuel)
            if (plate, plate_type) not in self._plates:
                self._plates.add((plate, plate_type))
                return plate

    def _serial(self, plate_type: str, fuel: str) -> str:
        draw = self._draw
        if plate_type == "52":
            return draw.pick("DABC" if fuel == "C" else "FGH") + draw.digits(5)
        if plate_type == "51":
            return draw.digits(5) + draw.pick("DAB" if fuel == "C" else "FG")
        if plate_type in ("15", "16"):
            last = "挂" if plate_type == "15" else "学"
            return draw.digits(3) + draw.pick(PLATE_ALPHABET) + last
        form = draw.pick(("LDDDD", "DLDDD", "DDDLL", "LDDDL", "DDDDL", "LLDDD"))
        return "".join(draw.pick(PLATE_ALPHABET) if place == "L" else draw.digits(1) for place in form)


def _years_after(day: date, years: int) -> date:
    if day.month == 2 and day.day == 29:
        day = day.replace(day=28)
    return day.replace(year=day.year + years)
