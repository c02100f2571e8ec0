"""Writes the agency files, their manifest, and the truth about every row into the sibling folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from console.city.agency.desk import Desk
from console.city.agency.market import make_market_file
from console.city.agency.records import ACCEPTED, AgencyFile
from console.city.agency.security import make_notebook_file, make_person_file, make_unit_file
from console.city.agency.traffic import make_driver_file, make_vehicle_file
from console.city.agency.transport import make_transport_file
from console.city.agency.writers import file_bytes
from console.city.gazetteer import Gazetteer
from console.city.names import Name
from console.city.population import Population
from console.city.roads import Road
from console.city.standard_addresses import AddressBook

FOLDER = "agency"
MANIFEST = "manifest.toml"
# Where the first of two disagreeing sources shows a field.
_CONFLICT_COLUMNS = {
    "TMRI_DRIVER": {"name": "XM", "phone": "LXDH"},
    "TMRI_VEHICLE": {"owner_name": "SYR", "total_mass_kg": "ZZL", "inspection_valid_to": "YXQZ"},
    "MARKET": {"legal_person_name": "法定代表人", "state": "登记状态", "phone": "联系电话"},
}
# The order of making matters: later files know who stands in the earlier ones.
_MAKERS = (
    make_driver_file,
    make_person_file,
    make_notebook_file,
    make_vehicle_file,
    make_transport_file,
    make_market_file,
    make_unit_file,
)


def publish_agency_files(
    *,
    seed: int,
    as_of: date,
    population: Population,
    book: AddressBook,
    names: list[Name],
    roads: list[Road],
    out: Path,
    truth: Path,
) -> dict[str, int]:
    """Writes `out/agency/` and `truth/`; returns the number of rows by source."""
    desk = Desk(seed, as_of, population, Gazetteer(book, names, roads), book.rows)
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    files = [maker(desk) for maker in _MAKERS]
    for file in files:
        (folder / file.name).write_bytes(file_bytes(file))
        _write_lines(truth / f"rows_{file.source}.jsonl", _row_truths(file))
    (folder / MANIFEST).write_text(_manifest(as_of, seed, files), encoding="utf-8", newline="\n")
    conflicts = [conflict for file in files for conflict in _conflict_truths(file, files)]
    _write_lines(truth / "conflicts.jsonl", conflicts)
    _write_lines(truth / "findings.jsonl", desk.findings)
    _write_lines(truth / "things.jsonl", _thing_truths(population))
    return {file.source: len(file.rows) for file in files}


def _manifest(as_of: date, seed: int, files: list[AgencyFile]) -> str:
    """What an operator knows about a file: never its encoding or its defects."""
    lines = [f"as_of = {as_of.isoformat()}", f"seed = {seed}", "made = true"]
    for file in files:
        lines += [
            "",
            "[[file]]",
            f'path = "{FOLDER}/{file.name}"',
            f'kind = "{file.kind}"',
            f'source = "{file.source}"',
            f'title = "{file.title}"',
            f"observed_on = {file.observed_on.isoformat()}",
        ]
    return "\n".join(lines) + "\n"


def _row_truths(file: AgencyFile) -> Iterator[dict[str, Any]]:
    """`row` is the line of the sheet, the header being line 1."""
    for line, row in enumerate(file.rows, start=2):
        yield {
            "file": f"{FOLDER}/{file.name}",
            "row": line,
            "source": file.source,
            "kind": file.kind,
            "thing": row.thing,
            "expected": row.expected,
            "defects": row.defects,
            "addresses": {
                column: {
                    "text": written.text,
                    "expected": written.expected,
                    "level": written.level,
                    "code": written.code,
                    "components": written.components,
                    "defects": written.defects,
                }
                for column, written in row.addresses.items()
            },
        }


def _conflict_truths(file: AgencyFile, files: list[AgencyFile]) -> Iterator[dict[str, Any]]:
    """Planted disagreements; `is_findable` if both rows are good and the other one shows its value."""
    others = {
        (name, row.thing)
        for other in files
        if other is not file
        for name, column in _CONFLICT_COLUMNS.get(other.source, {}).items()
        for row in other.rows
        if row.expected == ACCEPTED and str(row.cells[column]).strip()
    }
    for line, row in enumerate(file.rows, start=2):
        for name, (column, other) in row.conflicts.items():
            yield {
                "thing": row.thing,
                "field": name,
                "file": f"{FOLDER}/{file.name}",
                "row": line,
                "source": file.source,
                "column": column,
                "value": str(row.cells[column]),
                "other_value": other,
                "is_findable": row.expected == ACCEPTED and (name, row.thing) in others,
            }


def _thing_truths(population: Population) -> Iterator[dict[str, Any]]:
    for person in population.persons:
        yield {
            "thing": person.id,
            "kind": "PERSON",
            "keys": {
                "CITIZEN_ID": person.citizen_id,
                "FILE_NO": person.licence.file_no if person.licence else "",
            },
            "name": person.name,
            "is_driver": person.licence is not None,
            "addresses": {
                "household_address": person.household.code,
                "residence_address": person.residence.code,
            },
        }
    for vehicle in population.vehicles:
        yield {
            "thing": vehicle.id,
            "kind": "VEHICLE",
            "keys": {"VIN": vehicle.vin, "PLATE": vehicle.plate_number, "plate_type": vehicle.plate_type},
            "owner": vehicle.owner.id,
            "addresses": {
                "registered_address": vehicle.registered.code,
                "parking_address": vehicle.parking.code,
            },
        }
    for unit in population.units:
        yield {
            "thing": unit.id,
            "kind": "UNIT",
            "keys": {"USCC": unit.uscc, "ORG_CODE": unit.org_code},
            "name": unit.name,
            "legal_person": unit.legal_person.id,
            "addresses": {"registered_address": unit.registered.code, "business_address": unit.business.code},
        }


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
