"""Planted defects of cells and keys. Everything that is done is written into the row's list of defects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from console.city.agency.records import ANY, TO_REVIEW, AgencyRow, Cell
from console.city.draws import Draw, Weighted
from console.city.persons import Person
from console.city.reference_data import load_toml

_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x30, 0x5B)}
_EXCEL_EPOCH = date(1899, 12, 30)
DATE_FORMS = ("compact", "dashes", "slashes", "chinese", "serial")


def format_date(day: date, form: str) -> str:
    """A date as text: 20190301, 2019-03-01, 2019/3/1, 2019年3月1日 or the serial number of a spreadsheet."""
    if form == "compact":
        return f"{day:%Y%m%d}"
    if form == "dashes":
        return day.isoformat()
    if form == "slashes":
        return f"{day.year}/{day.month}/{day.day}"
    if form == "chinese":
        return f"{day.year}年{day.month}月{day.day}日"
    return str((day - _EXCEL_EPOCH).days)


class Noise:
    """Draws and plants the defects of one file.

    Args:
        draw: stream of the file.
        date_form: how the agency writes dates; other forms occur in the share of `other_date_form`.
    """

    def __init__(self, draw: Draw, date_form: str) -> None:
        table: dict[str, Any] = load_toml("noise.toml")
        self.draw = draw
        self.rows: dict[str, float] = table["rows"]
        self.points: dict[str, float] = table["points"]
        self.conflicts: dict[str, float] = table["conflicts"]
        self.coverage: dict[str, float] = table["coverage"]
        self.houses: dict[str, float] = table["houses"]
        self.facilities: dict[str, float] = table["facilities"]
        self.unknown_usages: list[str] = table["words"]["unknown_usages"]
        self._cells: dict[str, float] = table["cells"]
        self._blank_keys: list[str] = table["words"]["blank_keys"]
        self._remarks: Weighted[str] = Weighted.of_pairs(table["words"]["remarks"])
        self._date_form = date_form
        self._names: dict[str, dict[str, str]] = load_toml("code_names.toml")

    def text(self, row: AgencyRow, column: str, value: Cell, *, optional: bool = True) -> None:
        """Writes a plain value, now and then blank, with a space behind or in full width."""
        cells, draw = self._cells, self.draw
        if optional and draw.chance(cells["blank"]):
            row.cells[column] = ""
            row.defects.append(f"{column}:blank")
            return
        row.cells[column] = value
        if not isinstance(value, str) or not value:
            return
        if draw.chance(cells["trailing_space"]):
            row.cells[column] = value + draw.pick((" ", "  ", "　"))
            row.defects.append(f"{column}:trailing_space")
        elif draw.chance(cells["full_width"]) and value.isascii():
            row.cells[column] = value.translate(_FULL_WIDTH)
            row.defects.append(f"{column}:full_width")

    def date(self, row: AgencyRow, column: str, day: date | None, *, form: str = "") -> None:
        """Writes a date in the agency's form, now and then in another; a missing one is blank."""
        if day is None:
            row.cells[column] = ""
            return
        usual = form or self._date_form
        if self.draw.chance(self._cells["other_date_form"]):
            # A serial number is what a spreadsheet makes of a date: only in its own files.
            forms = [name for name in DATE_FORMS if name != usual and (usual == "real" or name != "serial")]
            other = self.draw.pick(forms)
            row.defects.append(f"{column}:date_form_{other}")
            text = format_date(day, other)
            row.cells[column] = int(text) if other == "serial" else text
            return
        row.cells[column] = day if usual == "real" else format_date(day, usual)

    def code(self, row: AgencyRow, column: str, table: str, code: str, name: str = "") -> None:
        """Writes a code, now and then its name, or without the leading zero."""
        if self.draw.chance(self._cells["name_for_code"]):
            row.cells[column] = name or self._names[table][code]
            row.defects.append(f"{column}:name_for_code")
        elif code.startswith("0") and self.draw.chance(self._cells["leading_zero_lost"]):
            row.cells[column] = code[1:]
            row.defects.append(f"{column}:leading_zero_lost")
        else:
            row.cells[column] = code

    def name_of(self, table: str, code: str) -> str:
        """The name of a code."""
        return self._names[table][code]

    def remark(self, row: AgencyRow, column: str, person: Person) -> None:
        """A remark; some hold a phone or an ID number."""
        text = self.draw.weighted(self._remarks)
        row.cells[column] = text.format(phone=person.phone, citizen_id=person.citizen_id)
        if "{" in text:
            row.defects.append(f"{column}:number_in_remark")

    def plate(self, row: AgencyRow, column: str, plate: str) -> None:
        """A plate as the traffic file writes it: mostly without the province."""
        short = self.draw.chance(self._cells["plate_without_province"])
        row.cells[column] = plate[1:] if short else plate
        if short:
            row.defects.append(f"{column}:plate_without_province")

    def citizen_id_15(self, row: AgencyRow, column: str, citizen_id: str) -> bool:
        """Now and then writes an ID of the last century in its 15-digit form; True if it did."""
        if citizen_id[6:8] != "19" or not self.draw.chance(self.rows["citizen_id_15"]):
            return False
        row.cells[column] = citizen_id[:6] + citizen_id[8:17]
        row.defects.append(f"{column}:citizen_id_15")
        return True

    def spoil_key(self, row: AgencyRow, column: str, *, has_second_key: bool) -> None:
        """Now and then makes the key in `column` blank, a placeholder, or wrong by its check character.

        A blank key beside a second good one leaves both outcomes right; a wrong one must go to review.
        """
        draw, value = self.draw, str(row.cells[column]).strip()
        if not value.isascii():
            return
        if draw.chance(self.rows["key_blank"]):
            row.cells[column] = draw.pick(self._blank_keys)
            self._spoiled(row, column, "key_blank", ANY if has_second_key else TO_REVIEW)
        elif draw.chance(self.rows["key_placeholder"]):
            row.cells[column] = draw.pick(("1", "0")) * len(value)
            self._spoiled(row, column, "key_placeholder", ANY if has_second_key else TO_REVIEW)
        elif draw.chance(self.rows["key_checksum"]) and len(value) in (17, 18):
            # The check character: place 9 of a VIN, the last one of an ID or credit code.
            at = 8 if len(value) == 17 else 17
            others = [digit for digit in "0123456789" if digit != value[at]]
            row.cells[column] = value[:at] + draw.pick(others) + value[at + 1 :]
            self._spoiled(row, column, "key_checksum", TO_REVIEW)

    def blank_key(self, row: AgencyRow, column: str) -> None:
        """Now and then leaves out the number that is the only key of the row."""
        if self.draw.chance(self.rows["key_blank"]):
            row.cells[column] = self.draw.pick(self._blank_keys)
            self._spoiled(row, column, "key_blank", TO_REVIEW)

    @staticmethod
    def _spoiled(row: AgencyRow, column: str, defect: str, expected: str) -> None:
        row.defects.append(f"{column}:{defect}")
        row.expected = expected

    def is_planted(self, name: str) -> bool:
        """True in the share of a planted conflict."""
        return self.draw.chance(self.conflicts[name])

    def repeat_some(self, rows: Sequence[AgencyRow]) -> list[AgencyRow]:
        """The rows, in drawn order, with some of them again at a later place."""
        ordered = list(rows)
        self.draw.shuffle(ordered)
        places: dict[int, list[AgencyRow]] = {}
        for index, row in enumerate(ordered):
            if self.draw.chance(self.rows["duplicate_row"]):
                place = self.draw.integer(index, len(ordered) - 1)
                places.setdefault(place, []).append(_copy_of(row))
        return [row for index, first in enumerate(ordered) for row in (first, *places.get(index, ()))]


def _copy_of(row: AgencyRow) -> AgencyRow:
    defects = [*row.defects, "row:duplicate"]
    return AgencyRow(dict(row.cells), row.thing, row.expected, defects, dict(row.addresses))
