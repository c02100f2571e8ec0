"""GeoPackage: a SQLite file, opened in memory with everything shut but plain reading of four tables."""

from __future__ import annotations

import sqlite3
from typing import Any

from exchange.importers.geo.layer import ONE_LAYER, TO_WGS84, Layer, check_width, refuse
from exchange.importers.geo.wkb import shapes_of_wkb

_GPKG_TABLES = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)


def read_gpkg(data: bytes, *, areas: bool = False) -> Layer:
    """The one feature table of a GeoPackage, by SQLite in memory: views, virtual tables, functions and ATTACH are shut."""
    # A file left in WAL mode cannot be opened in memory; its pages are the same.
    if data[18:20] == b"\x02\x02":
        data = data[:18] + b"\x01\x01" + data[20:]
    base = sqlite3.connect(":memory:")
    base.deserialize(data)
    base.execute("PRAGMA trusted_schema = OFF")
    base.execute("PRAGMA cell_size_check = ON")
    base.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    readable = {"sqlite_master", *_GPKG_TABLES}
    base.set_authorizer(lambda *asked: _may(readable, *asked))
    plain = {
        name: kind == "table" and rootpage > 0
        for name, kind, rootpage in base.execute("SELECT name, type, rootpage FROM sqlite_master")
    }
    if not all(plain.get(name) for name in _GPKG_TABLES):
        refuse("GPKG_TABLES", "这不是规范的 GeoPackage（缺少 gpkg_contents 等表）。请用 QGIS 等软件重新导出。")
    listed = base.execute("SELECT table_name, data_type FROM gpkg_contents")
    tables = [str(table) for table, kind in listed if kind == "features"]
    if len(tables) != 1:
        names = "、".join(name[:30] for name in tables[:5])
        refuse("GEO_LAYERS", f"GeoPackage 里有 {len(tables)} 个要素图层{f'（{names}）' if names else ''}。{ONE_LAYER}")
    table = tables[0]
    if not plain.get(table):
        refuse(
            "GPKG_VIEW", f"图层“{table[:30]}”不是普通的数据表（是视图、虚拟表，或不存在）。请另存为新的 GeoPackage。"
        )
    shape_column = _gpkg_shape_column(base, table)
    readable.add(table)
    quoted = '"' + table.replace('"', '""') + '"'
    found = base.execute(f"SELECT * FROM {quoted}")
    headers = [str(description[0]) for description in found.description]
    at = next((i for i, header in enumerate(headers) if header.lower() == shape_column.lower()), None)
    if at is None:
        refuse("GPKG_TABLES", f"图层“{table[:30]}”没有图形列“{shape_column[:30]}”。请另存为新的 GeoPackage。")
    layer, blobs = Layer(columns=headers[:at] + headers[at + 1 :]), []
    check_width(layer.columns)
    for values in found:
        blobs.append(_wkb_of(values[at]))
        layer.add(values[:at] + values[at + 1 :], None)
    layer.shapes = shapes_of_wkb(blobs, areas=areas)
    return layer


def _may(
    readable: set[str], action: int, first: str | None, _second: str | None, _base: str | None, within: str | None
) -> int:
    """Plain reading of the named tables; `within` is the view or trigger that asks."""
    is_plain_read = action == sqlite3.SQLITE_READ and first in readable and within is None
    return sqlite3.SQLITE_OK if is_plain_read or action == sqlite3.SQLITE_SELECT else sqlite3.SQLITE_DENY


def _gpkg_shape_column(base: sqlite3.Connection, table: str) -> str:
    described = base.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns")
    columns = [(str(column), srs) for name, column, srs in described if name == table]
    if len(columns) != 1:
        refuse("GPKG_TABLES", f"图层“{table[:30]}”没有登记图形列。请另存为新的 GeoPackage。")
    column, srs_id = columns[0]
    systems = base.execute("SELECT srs_id, organization, organization_coordsys_id FROM gpkg_spatial_ref_sys")
    # By its registered number alone: a definition that the file brings along is never used.
    stated = {(str(organisation).upper(), number) for srs, organisation, number in systems if srs == srs_id}
    if stated not in ({("EPSG", 4326)}, {("EPSG", 4490)}):
        name = "、".join(f"{organisation}:{number}"[:40] for organisation, number in stated) or str(srs_id)
        refuse("GEO_DATUM", f"图层的坐标系（{name}）不是 WGS84 或 CGCS2000 经纬度。{TO_WGS84}")
    return column


def _wkb_of(blob: Any) -> bytes | None:
    """The WKB behind the GeoPackage header."""
    if blob is None:
        return None
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP" or (blob[3] >> 1 & 7) >= len(_ENVELOPE_BYTES):
        refuse("FILE_DAMAGED", "GeoPackage 的图形列里有无法读取的内容，文件可能已损坏。请重新导出。")
    return None if blob[3] & 0x10 else blob[8 + _ENVELOPE_BYTES[blob[3] >> 1 & 7] :]
