"""One row of a file → a claim, or what keeps it from being one."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from addresses.services.stated_codes import with_code
from common import geometry, identifiers
from common.scrub import scrub
from elements.choices import ElementKind, KeyScheme
from elements.kinds import RelationRule
from elements.services.claims import StagedClaim
from events.kinds import EventTable
from exchange.importers.event_fields import EVENT_PARSERS
from exchange.importers.event_rows import complete_event, event_number
from exchange.importers.fields import LONG_TERM, PARSERS, clean, parse_date
from exchange.importers.lines import parse_line
from exchange.importers.mapping import ADDRESS_CODE, DISMISSED, LINE, OBSERVED_ON, stated_address_field
from exchange.importers.reading import MAX_CELL
from exchange.importers.relations import related_place, related_thing
from exchange.kinds import LandedKind
from exchange.problems import REJECT, REVIEW, WORDINGS

COLOUR_TYPES = {"蓝": "02", "黄": "01", "绿": "52", "渐变绿": "52", "黄绿": "51", "黑": "06", "白": "23"}
_DATUMS = {
    "WGS84": "WGS84", "WGS84坐标系": "WGS84", "CGCS2000": "WGS84", "2000": "WGS84", "GCJ02": "GCJ02", "火星": "GCJ02", "高德": "GCJ02",
    "腾讯": "GCJ02", "BD09": "BD09", "百度": "BD09",
}  # fmt: skip
# As long as a stage column holds.
MAX_SOURCE_NUMBER = 60
Problems = list[dict[str, str]]


@dataclass(slots=True)
class ReadRow:
    """What became of one row: a claim when nothing keeps it back."""

    claim: StagedClaim | None
    problems: Problems = field(default_factory=list)
    is_rejected: bool = False


class RowReader:
    """Reads the rows of one file with one mapping; made once, called for every row."""

    def __init__(
        self,
        kind: LandedKind,
        headers: Sequence[str],
        columns: dict[str, str],
        *,
        observed_at: datetime,
        datum: str,
        clear_mark: str = "",
        quoted_source_id: int = 0,
    ) -> None:
        """`quoted_source_id`: whose numbers the file uses for houses and facilities."""
        self._kind = kind
        self._width = len(headers)
        self._observed_at = observed_at
        self._datum = datum
        self._clear_mark = clear_mark
        self._quoted_source_id = quoted_source_id
        self._positions = {columns[h]: i for i, h in enumerate(headers) if columns[h] != DISMISSED}
        self._headers = {columns[h]: h for h in headers if columns[h] != DISMISSED}
        parsers = (PARSERS | EVENT_PARSERS)[kind.code]
        self._parsed: list[tuple[str, int, Callable]] = [
            (name, i, parsers[name]) for name, i in self._positions.items() if name in parsers
        ]
        self._coded_address = stated_address_field(kind, columns) if ADDRESS_CODE in self._positions else ""
        self._key_fields = [c for rule in kind.keys for c in rule.columns[:1] if c in self._positions]

    def header(self, name: str) -> str:
        """The file's own name of a field's column, else the field's label."""
        return self._headers.get(name) or (self._kind.label_of(name) if name in self._kind.fields else name)

    def read(self, row_number: int, cells: list[str], doubtful: set[int] = frozenset()) -> ReadRow:  # type: ignore[assignment]
        """Reads one row.

        Args:
            row_number: 1 is the first row below the header.
            cells: as in the file.
            doubtful: indexes of cells that lost digits in a spreadsheet.
        """
        problems: Problems = []
        cells = self._fit(cells, problems)
        if problems:
            return ReadRow(None, problems, is_rejected=True)
        values: dict[str, Any] = {}
        cleared: list[str] = []
        for name, position, parse in self._parsed:
            cell = cells[position]
            if not cell or cell.isspace():
                continue
            if self._clear_mark and cell.strip() == self._clear_mark:
                cleared.append(name)
                continue
            if doubtful and position in doubtful:
                problems.append({"code": "PRECISION_LOST", "column": self._headers[name]})
                continue
            value, problem = parse(cell)
            if value is not None:
                values[name] = value
            if problem:
                problems.append({"code": problem, "column": self._headers[name]})
        if isinstance(self._kind, EventTable):
            self._complete_event(self._kind, values, cells, problems)
        if "plate_number" in values:
            self._derive_plate_type(values, cells, problems)
        self._state_address(values, cells)
        self._require_key(values, cells, problems)
        self._place(values, cells, problems)
        if self._kind.code == ElementKind.ROAD:
            self._draw(values, cells, problems)
        relations = self._relations(values, cells, problems)
        if problems and any(WORDINGS[p["code"]].level in {REVIEW, REJECT} for p in problems):
            return ReadRow(None, problems)
        source_row_id = self._source_row_id(cells, problems)
        if isinstance(self._kind, EventTable):
            source_row_id = event_number(self._kind, values, source_row_id or "")
        return ReadRow(
            StagedClaim(row_number, self._said_at(cells, problems), values, cleared, relations, source_row_id), problems
        )

    def _complete_event(self, kind: EventTable, values: dict[str, Any], cells: list[str], problems: Problems) -> None:
        complete_event(kind, values, lambda name: self._cell(cells, name), self.header, self._observed_at, problems)

    def _fit(self, cells: list[str], problems: Problems) -> list[str]:
        if len(cells) > self._width:
            if any(cell.strip() for cell in cells[self._width :]):
                problems.append({"code": "TOO_MANY_CELLS", "column": f"第 {self._width + 1} 列起"})
            cells = cells[: self._width]
        elif len(cells) < self._width:
            if len(cells) < self._width // 2 + 1:
                problems.append({"code": "TOO_FEW_CELLS", "column": f"第 {len(cells) + 1} 列起"})
            cells = cells + [""] * (self._width - len(cells))
        position = next(
            (i for i, cell in enumerate(cells) if len(cell) > MAX_CELL and i != self._positions.get(LINE)), None
        )
        if position is not None:
            problems.append({"code": "CELL_TOO_LONG", "column": f"第 {position + 1} 列"})
        return cells

    def _cell(self, cells: list[str], name: str) -> str:
        position = self._positions.get(name)
        return cells[position].strip() if position is not None else ""

    def _said_at(self, cells: list[str], problems: Problems) -> datetime:
        """The row's own date where it has one (never later than the file's), else the file's."""
        cell = self._cell(cells, OBSERVED_ON)
        if not cell:
            return self._observed_at
        day, problem = parse_date(cell)
        if problem:
            problems.append({"code": problem, "column": self.header(OBSERVED_ON)})
        if day is None:
            return self._observed_at
        return min(self._observed_at, self._observed_at.replace(year=day.year, month=day.month, day=day.day))

    def _require_key(self, values: dict[str, Any], cells: list[str], problems: Problems) -> None:
        """Without any key nothing can be said about anything."""
        if any(name in values for name in self._key_fields) or any(
            p["code"].startswith("KEY_") or p["code"] == "PRECISION_LOST" for p in problems
        ):
            return
        if self._kind.keys[-1].scheme == KeyScheme.SOURCE_ID and self._source_row_id(cells, problems):
            return
        problems.append({"code": "KEY_ALL_BLANK", "column": self.header((self._key_fields or ["source_row_id"])[0])})

    def _source_row_id(self, cells: list[str], problems: Problems) -> str | None:
        """The source's own number of the thing; what people write for "none" is none, or everything would be one thing."""
        number = clean(self._cell(cells, "source_row_id"))
        if not number or identifiers.is_blank(number):
            return None
        if len(number) > MAX_SOURCE_NUMBER:
            problems.append({"code": "KEY_LENGTH", "column": self.header("source_row_id")})
            return None
        return number

    def _state_address(self, values: dict[str, Any], cells: list[str]) -> None:
        """An address stated by code keeps what the source wrote before the code."""
        code = scrub(clean(self._cell(cells, ADDRESS_CODE)))
        if code and not identifiers.is_blank(code):
            values[self._coded_address] = with_code(values.get(self._coded_address, ""), code[:40])

    def _derive_plate_type(self, values: dict[str, Any], cells: list[str], problems: Problems) -> None:
        """Plate type from the form of the plate or its colour, where no column states it."""
        plate = values["plate_number"]
        if "plate_type" in values:
            return
        by_form = identifiers.PLATE_TYPE_BY_FORM.get(identifiers.plate_form(plate))
        colour = clean(self._cell(cells, "plate_colour")).removesuffix("色").removesuffix("牌")
        plate_type = by_form or COLOUR_TYPES.get(colour)
        if plate_type:
            values["plate_type"] = plate_type
        elif self._kind.code == ElementKind.VEHICLE and "vin" not in values:
            problems.append({"code": "PLATE_TYPE_UNKNOWN", "column": self.header("plate_type")})

    def _place(self, values: dict[str, Any], cells: list[str], problems: Problems) -> None:
        lon_text, lat_text = self._cell(cells, "lon"), self._cell(cells, "lat")
        if not lon_text or not lat_text or (identifiers.is_blank(lon_text) and identifiers.is_blank(lat_text)):
            return
        column = self.header("lon")
        try:
            lon, lat = float(clean(lon_text)), float(clean(lat_text))
        except ValueError:
            problems.append({"code": "COORDINATES_UNREADABLE", "column": column})
            return
        if geometry.in_laizhou_box(lat, lon):
            problems.append({"code": "COORDINATES_SWAPPED", "column": f"{column}”“{self.header('lat')}"})
            return
        datum = self._datum_of(cells, problems)
        if datum is None:
            return
        lon, lat = geometry.to_wgs84(lon, lat, datum)
        if not geometry.in_laizhou_box(lon, lat):
            problems.append({"code": "COORDINATES_OUTSIDE", "column": column})
            return
        values["point"] = point_hex(lon, lat)

    def _datum_of(self, cells: list[str], problems: Problems) -> str | None:
        """The row's own datum where it states one, else the file's; None when what it states is unknown."""
        datum = clean(self._cell(cells, "datum")).upper().replace("-", "")
        if datum and datum not in _DATUMS:
            problems.append({"code": "DATUM_UNKNOWN", "column": self.header("datum")})
            return None
        return _DATUMS.get(datum, self._datum)

    def _draw(self, values: dict[str, Any], cells: list[str], problems: Problems) -> None:
        """The line of a road, with its middle and length; what names the road that it belongs to is a section."""
        values["is_section"] = not identifiers.is_blank(self._cell(cells, "road_number"))
        text = self._cell(cells, LINE)
        if not text or identifiers.is_blank(text):
            return
        datum = self._datum_of(cells, problems)
        if datum is None:
            return
        drawn, problem = parse_line(text, datum)
        values.update(drawn)
        if problem:
            problems.append({"code": problem, "column": self.header(LINE)})

    def _relations(self, values: dict[str, Any], cells: list[str], problems: Problems) -> list[dict[str, Any]]:
        relations = []
        for rule in self._kind.relations:
            number = self._cell(cells, rule.number_field)
            if not number or identifiers.is_blank(number):
                continue
            other = (
                related_place(rule.place, self._quoted_source_id, clean(number))
                if rule.place
                else related_thing(number)
            )
            if other is None:
                problems.append({"code": "RELATION_NUMBER", "column": self._headers[rule.number_field]})
                continue
            label = values.get(rule.name_field) or scrub(clean(self._cell(cells, rule.name_field)))[:120]
            relations.append({"type": rule.type.value, "label": label, **other, **self._period(rule, cells, problems)})
        return relations

    def _period(self, rule: RelationRule, cells: list[str], problems: Problems) -> dict[str, str]:
        """`valid_from` and `valid_to` as far as the row states them."""
        period = {}
        for key, name in zip(("valid_from", "valid_to"), rule.period or (), strict=False):
            day, problem = parse_date(self._cell(cells, name))
            if problem:
                problems.append({"code": problem, "column": self.header(name)})
            elif day is not None and day != LONG_TERM:
                period[key] = day.isoformat()
        return period


def point_hex(lon: float, lat: float) -> str:
    """EWKB of a WGS84 point in hex, as COPY takes it."""
    return struct.pack("<BIIdd", 1, 0x20000001, geometry.SRID, lon, lat).hex()
