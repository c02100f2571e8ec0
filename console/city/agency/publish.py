"""Writes the agency files, their manifest, and the truth about every row into the sibling folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from console.city.agency.desk import Desk
from console.city.agency.facilities import make_danger_file, make_facility_file
from console.city.agency.flows import make_flow_files
from console.city.agency.happenings.accidents import make_accident_files
from console.city.agency.happenings.captures import make_capture_file
from console.city.agency.happenings.incidents import make_incident_file
from console.city.agency.happenings.violations import make_violation_files
from console.city.agency.houses import make_house_file
from console.city.agency.market import make_market_file
from console.city.agency.planted import plant_disagreement, planted_cases
from console.city.agency.records import ACCEPTED, AgencyFile
from console.city.agency.roads import make_road_file
from console.city.agency.security import make_notebook_file, make_person_file, make_unit_file
from console.city.agency.things import thing_truths
from console.city.agency.traffic import make_driver_file, make_vehicle_file
from console.city.agency.transport import make_transport_file
from console.city.agency.writers import file_bytes
from console.city.facilities import Roadside
from console.city.gazetteer import Gazetteer
from console.city.names import Name
from console.city.population import Population
from console.city.rates import Rates
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
# The order of making matters: later files know who stands in the earlier ones. Houses come before those who live there.
_MAKERS = (
    make_house_file,
    make_road_file,
    make_driver_file,
    make_person_file,
    make_notebook_file,
    make_vehicle_file,
    make_transport_file,
    make_market_file,
    make_unit_file,
    make_facility_file,
    make_danger_file,
)


def publish_agency_files(
    *,
    seed: int,
    as_of: date,
    population: Population,
    roadside: Roadside,
    book: AddressBook,
    names: list[Name],
    roads: list[Road],
    out: Path,
    truth: Path,
    elements: int,
    rates: Rates,
) -> dict[str, int]:
    """Writes `out/agency/` and `truth/` of a city of so many elements; returns the number of rows by source."""
    desk = Desk(seed, as_of, population, roadside, Gazetteer(book, names, roads), book.rows, rates)
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    files = [maker(desk) for maker in _MAKERS]
    disagreement = plant_disagreement(desk, files)
    spared = frozenset({disagreement["thing"]}) if disagreement else frozenset()
    files += make_flow_files(desk, files, elements, spared)
    happenings = [
        *make_accident_files(desk),
        *make_violation_files(desk),
        make_incident_file(desk),
        make_capture_file(desk),
    ]
    for file in (*files, *happenings):
        (folder / file.name).write_bytes(file_bytes(file))
    for source in dict.fromkeys(file.source for file in files):
        own = (file for file in files if file.source == source)
        _write_lines(truth / f"rows_{source}.jsonl", (line for file in own for line in _row_truths(file)))
    (folder / MANIFEST).write_text(_manifest(as_of, seed, [*files, *happenings]), encoding="utf-8", newline="\n")
    shown = _shown_values(files)
    conflicts = [conflict for file in files for conflict in _conflict_truths(file, shown)]
    _write_lines(truth / "conflicts.jsonl", conflicts)
    _write_lines(truth / "findings.jsonl", desk.findings)
    _write_lines(truth / "things.jsonl", thing_truths(population, roadside))
    cases = json.dumps(planted_cases(desk, disagreement), ensure_ascii=False, indent=2)
    (truth / "planted.json").write_text(cases + "\n", encoding="utf-8", newline="\n")
    counts: dict[str, int] = {}
    for file in (*files, *happenings):
        counts[file.source] = counts.get(file.source, 0) + len(file.rows)
    return counts


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


def _shown_values(files: list[AgencyFile]) -> dict[tuple[str, str], set[str]]:
    """(field, thing) → names of the files in which a good row shows a value of it."""
    shown: dict[tuple[str, str], set[str]] = {}
    for file in files:
        for name, column in _CONFLICT_COLUMNS.get(file.source, {}).items():
            for row in file.rows:
                if row.expected == ACCEPTED and str(row.cells[column]).strip():
                    shown.setdefault((name, row.thing), set()).add(file.name)
    return shown


def _conflict_truths(file: AgencyFile, shown: dict[tuple[str, str], set[str]]) -> Iterator[dict[str, Any]]:
    """Planted disagreements; `is_findable` if both rows are good and the other one shows its value."""
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
                "is_findable": row.expected == ACCEPTED and bool(shown.get((name, row.thing), set()) - {file.name}),
            }


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
