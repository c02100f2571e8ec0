"""`export`: a registry of vehicles as CSV, XLSX and GeoPackage through the page's URL, beside COPY TO of the same columns."""

from __future__ import annotations

import csv
import io
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import python_calamine
from django.test import Client
from django.urls import reverse

from accounts.choices import Role
from bench.accounts import client_of, reader
from bench.database import application_connection
from bench.dots import fill_texts, fill_vehicles
from bench.ground import load_ground
from bench.report import Result
from bench.timing import Laps

DEFAULT_ROWS = 20_000
DEFAULT_REPEATS = 3
_ADDRESSES = 20_000
_FORMATS = ("csv", "xlsx", "gpkg")
# The stored values behind the columns of the list: nothing worded, masked or made safe.
_COPY = """
    COPY (SELECT e.label, v.plate_type, v.vehicle_type, v.use_nature, v.state, v.inspection_valid_to, v.scrap_due_on,
                 v.owner_name, b.name, d.name, shown.text, e.place_quality,
                 (SELECT count(*) FROM elements_vehicleclaim c WHERE c.element_id = e.id AND c.rank = 0),
                 cardinality(e.conflicts), e.updated_at, e.id
          FROM elements_element e JOIN elements_vehicle v ON v.element_id = e.id
          JOIN addresses_area b ON b.id = e.block_id LEFT JOIN addresses_area d ON d.id = b.parent_id
          LEFT JOIN LATERAL (
              SELECT coalesce(s.full_text, t.text) AS text FROM elements_elementaddress a
              JOIN addresses_addresstext t ON t.id = a.text_id LEFT JOIN addresses_standardaddress s ON s.id = t.address_id
              WHERE a.element_id = e.id ORDER BY t.status NOT IN ('exact', 'partial'), a.role DESC LIMIT 1) shown ON true
          ORDER BY v.plate_number, e.id) TO STDOUT WITH (FORMAT csv)"""


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """All formats and the peer in turn; files are read again and their rows counted, outside the time."""
    load_ground(min(_ADDRESSES, max(2_000, rows // 10)), tell)
    tell(f"{rows:,} vehicles with addresses")
    fill_texts()
    fill_vehicles(rows)
    client = client_of(reader(Role.BRIGADE))
    laps, files = Laps(), dict.fromkeys((*_FORMATS, "copy"), b"")
    for repeat in range(repeats):
        tell(f"lap {repeat + 1}")
        for name in files:
            laps.run(name, lambda: files.__setitem__(name, _copied() if name == "copy" else _exported(client, name)))  # noqa: B023
    return _result(rows, repeats, laps, files)


def _exported(client: Client, extension: str) -> bytes:
    response = client.get(reverse("console:export", args=["vehicles"]) + f"?format={extension}")
    if response.status_code != 200:
        raise RuntimeError(f"{extension}: {response.status_code}")
    return b"".join(response.streaming_content)


def _copied() -> bytes:
    with application_connection() as plain, plain.cursor().copy(_COPY.encode()) as chunks:
        return b"".join(bytes(chunk) for chunk in chunks)


def _result(rows: int, repeats: int, laps: Laps, files: dict[str, bytes]) -> Result:
    ids = {
        "csv": [int(row[-2]) for row in list(csv.reader(io.StringIO(files["csv"].decode("utf-8-sig"))))[1:]],
        "xlsx": [int(row[-2]) for row in _sheet(files["xlsx"])[1:]],
        "gpkg": _layer_ids(files["gpkg"]),
    }
    copied = [int(row[-1]) for row in csv.reader(io.StringIO(files["copy"].decode()))]
    figures: dict[str, float] = {"rows": rows, "repeats": repeats, "copy_rows_per_s": rows / laps.median("copy")}
    for name in _FORMATS:
        figures[f"{name}_rows_per_s"] = rows / laps.median(name)
        figures[f"{name}_time_to_copy"] = laps.median(name) / laps.median("copy")
        figures[f"{name}_bytes"] = len(files[name])
        figures[f"{name}_rows_different_from_copy"] = sum(a != b for a, b in zip(ids[name], copied, strict=True))
    notes = [
        "through the test client with a session: scope, masks, words, audit row and mark; COPY writes stored values",
        "gpkg: with points; the file is whole before its first byte leaves",
    ]
    return Result("export", figures, notes=notes)


def _sheet(content: bytes) -> list[list[object]]:
    return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def _layer_ids(content: bytes) -> list[int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "read.gpkg"
        path.write_bytes(content)
        with sqlite3.connect(path) as database:
            return [int(value) for (value,) in database.execute('SELECT "平台编号" FROM elements ORDER BY fid')]
