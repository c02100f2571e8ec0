"""A registry as a GeoPackage: one layer for QGIS in WGS 84, columns under their headings, every cell text.

A GeoPackage is an SQLite file with a few tables that say what is in it (OGC 12-128). It is written with sqlite3 and not
with pyogrio, which brings geopandas into the process with it: 118 MB in every web worker, for seven statements.
The file must be whole before its first byte can leave; it is written in a folder of its own that only the platform's
user can open, and has no name any more when the first byte leaves.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from django.contrib.gis.db.models.functions import AsWKB

from common import clock
from common.geometry import SRID
from exchange.exporters.elements_table import Cell, ElementTable

_PIECE_BYTES = 1 << 18
# "GPKG", and version 1.3.0 of the standard.
_APPLICATION_ID, _VERSION = 0x47504B47, 10300
_LAYER = "elements"
# "GP", version 0, little endian without an envelope, the reference system.
_GEOMETRY_HEAD = struct.pack("<2sBBi", b"GP", 0, 1, SRID)
_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
    'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],'
    'AUTHORITY["EPSG","4326"]]'
)
_TABLES = f"""
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA application_id = {_APPLICATION_ID};
    PRAGMA user_version = {_VERSION};
    CREATE TABLE gpkg_spatial_ref_sys (
        srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
        organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
    CREATE TABLE gpkg_contents (
        table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
        last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
        CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
    CREATE TABLE gpkg_geometry_columns (
        table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
        z TINYINT NOT NULL, m TINYINT NOT NULL,
        CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
        CONSTRAINT uk_gc_table_name UNIQUE (table_name),
        CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents (table_name),
        CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
"""
_REFERENCE_SYSTEMS = (
    ("WGS 84", SRID, "EPSG", SRID, _WGS84, "degrees"),
    ("Undefined cartesian", -1, "NONE", -1, "undefined", None),
    ("Undefined geographic", 0, "NONE", 0, "undefined", None),
)


def export_gpkg(table: ElementTable) -> Iterator[bytes]:
    """Chunks of the file."""
    with _written(table) as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _written(table: ElementTable) -> IO[bytes]:
    """The whole file, open and without a name: it is gone when it is closed, however that comes about."""
    with TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / "export.gpkg"
        with closing(sqlite3.connect(path)) as database:
            _describe(database, table)
            _fill(database, table)
            database.commit()
        return path.open("rb")


def _describe(database: sqlite3.Connection, table: ElementTable) -> None:
    columns = ", ".join(f"{_quoted(heading)} TEXT" for heading in table.headings)
    database.executescript(_TABLES)
    database.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", _REFERENCE_SYSTEMS)
    shape = "GEOMETRY" if table.is_linear else "POINT"
    database.execute(f"CREATE TABLE {_LAYER} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {shape}, {columns})")
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) VALUES (?, ?, ?, ?, ?, ?)",
        (_LAYER, "features", table.title, table.mark, f"{clock.now():%Y-%m-%dT%H:%M:%S.000Z}", SRID),
    )
    database.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (_LAYER, shape, SRID))


def _fill(database: sqlite3.Connection, table: ElementTable) -> None:
    places = ", ".join("?" * (len(table.headings) + 1))
    columns = ", ".join(["geom", *map(_quoted, table.headings)])
    statement = f"INSERT INTO {_LAYER} ({columns}) VALUES ({places})"
    for rows in table.placed_chunks(AsWKB):
        database.executemany(statement, (_record(shape, row) for shape, row in rows))


def _record(shape: bytes | None, row: list[Cell]) -> list[bytes | str | None]:
    return [_GEOMETRY_HEAD + bytes(shape) if shape else None, *(str(cell) for cell in row)]


def _quoted(heading: str) -> str:
    escaped = heading.replace('"', '""')
    return f'"{escaped}"'
