"""What an agency file is while it is made, and the truth about its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from console.city.wording import WrittenAddress

# A cell: text, or in XLSX also a real date or number.
Cell = str | int | float | date

PERSON, VEHICLE, UNIT = "PERSON", "VEHICLE", "UNIT"
HOUSE, ROAD, FACILITY = "HOUSE", "ROAD", "FACILITY"

# What should become of a row. ANY: it has a second good key, so that both an element and a review are right.
ACCEPTED, TO_REVIEW, ANY = "accepted", "to_review", "any"


@dataclass(slots=True)
class AgencyRow:
    """One row and its truth.

    Attributes:
        cells: column → what stands in the file.
        thing: id of the made thing that is meant.
        expected: ACCEPTED, TO_REVIEW or ANY.
        defects: "column:defect" of everything planted here.
        addresses: column → the address that was written there.
        conflicts: field → (column, the value the other sources have); planted disagreement.
    """

    cells: dict[str, Cell]
    thing: str
    expected: str = ACCEPTED
    defects: list[str] = field(default_factory=list)
    addresses: dict[str, WrittenAddress] = field(default_factory=dict)
    conflicts: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class AgencyFile:
    """One file of an agency.

    Attributes:
        name: file name within the agency folder.
        form: "csv" or "xlsx".
        encoding: of a CSV: gb18030, utf-8-sig or utf-8.
        delimiter: of a CSV.
        observed_on: the day the agency drew the file.
    """

    source: str
    kind: str
    title: str
    name: str
    form: str
    columns: tuple[str, ...]
    observed_on: date
    encoding: str = "utf-8"
    delimiter: str = ","
    rows: list[AgencyRow] = field(default_factory=list)
