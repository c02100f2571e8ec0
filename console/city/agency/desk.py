"""What every agency knows of the city while it writes its file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from console.city.agency.noise import Noise
from console.city.agency.records import AgencyRow
from console.city.draws import Draw
from console.city.facilities import Roadside
from console.city.gazetteer import Gazetteer
from console.city.persons import Person
from console.city.population import Population
from console.city.rates import Rates
from console.city.standard_addresses import StandardAddress
from console.city.wording import AddressWriter, WrittenAddress


@dataclass(slots=True)
class Desk:
    """The city as the agencies see it.

    Attributes:
        drivers_listed: ids of persons in the driver file; filled by it, read by the population file. The same
            for vehicles_listed and units_listed.
        house_numbers: code of an address → number of the house there, where the public-order system lists one.
        full_rooms: codes of the rooms of the planted building.
        findings: planted facts that no single row shows (a plate on two vehicles, a re-issued plate).
    """

    seed: int
    as_of: date
    population: Population
    roadside: Roadside
    gazetteer: Gazetteer
    address_rows: list[StandardAddress]
    rates: Rates
    drivers_listed: set[str] = field(default_factory=set)
    vehicles_listed: set[str] = field(default_factory=set)
    units_listed: set[str] = field(default_factory=set)
    findings: list[dict[str, str]] = field(default_factory=list)
    house_numbers: dict[str, str] = field(init=False)
    full_rooms: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Looks up what several files quote."""
        self.house_numbers = {house.address.code: house.number for house in self.population.houses}
        self.full_rooms = frozenset(room.code for room in self.population.full_building)

    def noise(self, source: str, date_form: str) -> Noise:
        """The defects of one source."""
        return Noise(Draw(self.seed, self.as_of, "agency", source), date_form)

    def writer(self, habit: str) -> AddressWriter:
        """A writer of addresses with the habit of the source."""
        return AddressWriter(habit, self.gazetteer, self.address_rows)


def put_address(
    row: AgencyRow, column: str, address: StandardAddress, writer: AddressWriter, draw: Draw, person: Person
) -> None:
    """Writes an address cell as people do and keeps its truth."""
    put_written(row, column, writer.write(address, draw, person))


def put_written(row: AgencyRow, column: str, written: WrittenAddress) -> None:
    """Keeps a written address and its truth in the row."""
    row.cells[column] = written.text
    row.addresses[column] = written
    row.defects += [f"{column}:{defect}" for defect in written.defects]
