"""Writes the whole demonstration city: areas, addresses, names, base map, agency files, and their truth."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from console.city.agency.publish import publish_agency_files
from console.city.areas import Geography, areas_document, build_geography
from console.city.expected import expected_csv
from console.city.facilities import Roadside, RoadsideMaker
from console.city.names import CSV_COLUMNS as NAME_COLUMNS
from console.city.names import Name, build_names
from console.city.population import HOUSE_SHARE, Population, build_population
from console.city.rates import Rates, usual_rates
from console.city.reference_data import towns
from console.city.road_register import register_roads
from console.city.roads import base_document, build_roads
from console.city.standard_addresses import CSV_COLUMNS as ADDRESS_COLUMNS
from console.city.standard_addresses import AddressBook

DEFAULT_ADDRESSES = 200_000
DEFAULT_ELEMENTS = 60_000
# For each person, vehicle or unit: facilities and hidden dangers. Roads are those of the map, their sections are cut later.
FACILITY_SHARE, DANGER_SHARE = 0.125, 0.0075


@dataclass(slots=True)
class BuildReport:
    """What was written.

    Attributes:
        counts: name → number (addresses, areas, names, persons, vehicles, units, and rows per agency file).
    """

    out: Path
    truth: Path
    counts: dict[str, int] = field(default_factory=dict)


def last_month_end(today: date) -> date:
    """The default as-of date: the last day of the month before."""
    return today.replace(day=1) - timedelta(days=1)


def truth_folder(out: Path) -> Path:
    """The sibling folder with the truth, which the platform never reads."""
    return out.with_name(out.name + "-truth")


def build_city(
    *,
    seed: int,
    as_of: date,
    out: Path,
    addresses: int = DEFAULT_ADDRESSES,
    elements: int = DEFAULT_ELEMENTS,
    rates: Rates | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> BuildReport:
    """Builds and writes the city. The same arguments give the same bytes.

    Geography, addresses and names follow from the seed alone, so that two months of one city agree; persons,
    vehicles, units and their files follow from seed and as-of date.

    Args:
        as_of: the day that the agency files describe.
        rates: None: the usual ones.
        tell: receives one line of progress at a time.

    Raises:
        OSError: the folder cannot be written.
    """
    rates = rates or usual_rates()
    report = BuildReport(out, truth_folder(out))
    out.mkdir(parents=True, exist_ok=True)
    report.truth.mkdir(parents=True, exist_ok=True)
    tell("areas and villages")
    geography = build_geography(seed)
    roads = build_roads(seed)
    _write_json(out / "areas.geojson", areas_document(geography))
    _write_json(out / "base.geojson", base_document(roads))
    _write_csv(out / "divisions_points.csv", ("code", "lon", "lat"), _division_points(geography))
    tell("standard addresses")
    book = AddressBook(seed, geography, roads, addresses)
    _write_csv(out / "addresses.csv", ADDRESS_COLUMNS, book.rows)
    names = build_names(seed, roads, book.estates)
    _write_csv(out / "names.csv", NAME_COLUMNS, names)
    tell("persons, vehicles, units, houses, facilities")
    movable = round(elements / (1 + HOUSE_SHARE + FACILITY_SHARE + DANGER_SHARE))
    population = build_population(seed=seed, as_of=as_of, book=book, elements=movable, rates=rates)
    text = expected_csv(seed, as_of, population)
    (out / "expected.csv").write_text(text, encoding="utf-8", newline="\n")
    roadside = RoadsideMaker(seed, as_of, register_roads(seed, roads), book.rows, rates).make(
        round(movable * FACILITY_SHARE), round(movable * DANGER_SHARE), population.units
    )
    tell("agency files")
    rows = publish_agency_files(
        seed=seed,
        as_of=as_of,
        population=population,
        roadside=roadside,
        book=book,
        names=names,
        roads=roads,
        out=out,
        truth=report.truth,
        elements=elements,
        rates=rates,
    )
    report.counts = _counts(geography, book, names, population, roadside) | rows
    return report


def _counts(
    geography: Geography, book: AddressBook, names: Sequence[Name], population: Population, roadside: Roadside
) -> dict[str, int]:
    return {
        "areas": len(geography.areas),
        "addresses": len(book.rows),
        "names": len(names),
        "persons": len(population.persons),
        "vehicles": len(population.vehicles),
        "units": len(population.units),
        "houses": len(population.houses),
        "facilities": len(roadside.facilities),
        "dangers": len(roadside.dangers),
    }


def _division_points(geography: Geography) -> list[tuple[str, float, float]]:
    seats = [(town.code, *town.seat) for town in towns()]
    return [*seats, *((code, *point) for code, point in sorted(geography.points.items()))]


def _write_json(path: Path, document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
