"""GeoJSON, GeoPackage and zipped Shapefile: recognised by content and name, read in a child process with limits.

The child answers in JSON lines, never in anything that runs when it is read: what it parsed was foreign.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

import orjson

from common.closed_child import ChildDied, ask_child
from common.errors import DomainError

WALL_SECONDS = 60
_SUFFIXES = {".geojson": "geojson", ".json": "geojson", ".gpkg": "gpkg", ".zip": "shapefile"}
_NAMES = {"geojson": "GeoJSON", "gpkg": "GeoPackage", "shapefile": "压缩的 Shapefile"}
_MAGIC = (
    (b"SQLite format 3\x00", "gpkg", "GeoPackage/SQLite 数据库"),
    (b"PK\x03\x04", "shapefile", "压缩包"),
    (b"\x00\x00\x27\x0a", "", "单独的 .shp"),
    (b"\x89PNG", "", "图片"),
    (b"\xff\xd8\xff", "", "图片"),
    (b"GIF8", "", "图片"),
    (b"%PDF", "", "PDF"),
    (b"\xd0\xcf\x11\xe0", "", "旧版 Office 文件"),
    (b"<", "", "XML（如 VRT、KML、GML）"),
    (b"{", "geojson", "JSON"),
)
# GDAL opens by content: a driver that is not there cannot be talked into opening something. `child` checks what is left.
_SKIPPED_DRIVERS = (
    "ADBC,AIVector,AmigoCloud,AVCBin,AVCE00,Carto,CSV,CSW,DGN,DXF,EDIGEO,EEDA,Elasticsearch,ESRIJSON,FlatGeobuf,GDALG,"
    "GeoJSON,GeoJSONSeq,GeoRSS,GML,GPKG,GPSBabel,GPX,GTFS,HTTP,Idrisi,JML,JSONFG,KML,LIBKML,LVBAG,MapInfo File,MapML,"
    "MBTiles,MEM,MiraMonVector,MVT,NGW,OAPIF,ODS,OGCAPI,OGR_GMT,OGR_PDS,OGR_VRT,OpenFileGDB,OSM,PCIDSK,PDF,PDS4,PGDUMP,"
    "PLSCENES,PMTiles,S57,Selafin,SQLite,SXF,TopoJSON,VDV,VFK,VICAR,WAsP,WFS,XLSX"
)
_ENVIRONMENT = {
    "OGR_SKIP": _SKIPPED_DRIVERS, "GDAL_SKIP": _SKIPPED_DRIVERS, "PROJ_NETWORK": "OFF", "GDAL_DRIVER_PATH": "disable",
    "CPL_LOG": "/dev/null", "OPENBLAS_NUM_THREADS": "1",
}  # fmt: skip


@dataclass(slots=True)
class GeoTable:
    """A layer as rows of text.

    Attributes:
        rows: the header first; place columns (经度, 纬度 or WKT) before the attributes.
        doubtful_cells: (row number from 1, column index) of numbers that lost digits.
    """

    rows: Iterator[list[str]]
    encoding: str
    doubtful_cells: set[tuple[int, int]]


def geofile_kind(data: bytes, name: str) -> str | None:
    """Format of a geographic file; None when neither name nor content says that it is one.

    Raises:
        DomainError: name and content disagree.
    """
    suffix = PurePath(name).suffix.lower()
    expected = _SUFFIXES.get(suffix)
    start = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    found, looks = next(((kind, looks) for magic, kind, looks in _MAGIC if start.startswith(magic)), ("", "其他内容"))
    # A .shp begins with NUL bytes, which are no blanks.
    if looks == "单独的 .shp" or suffix in {".shp", ".shx", ".dbf", ".prj"}:
        raise DomainError(
            "SHP_ALONE", "Shapefile 由几个文件组成，不能单独导入。请把同名的 .shp、.shx、.dbf、.prj 压缩为一个 .zip 再导入。"
        )  # fmt: skip
    if expected:
        if found != expected:
            raise DomainError(
                "FILE_KIND", f"文件名是 {suffix}（{_NAMES[expected]}），内容却是“{looks}”。请用软件重新导出，不要只改扩展名。"
            )  # fmt: skip
        return expected
    if found == "gpkg" or (found == "geojson" and b'"type"' in data[:4_096]):
        raise DomainError(
            "FILE_KIND", f"内容是 {_NAMES[found]}，文件名却是“{suffix or '没有扩展名'}”。请改为 .{found} 再导入。"
        )
    return None


def read_geofile(data: bytes, kind: str, *, areas: bool = False) -> GeoTable:
    """Reads the one layer of a file: points or lines, or with `areas` polygons alone.

    Raises:
        DomainError: what the reader refused, or that it did not live to say.
    """
    try:
        answer = ask_child(
            module="exchange.importers.geo.child", argument=f"{kind}.areas" if areas else kind, data=data,
            wall_seconds=WALL_SECONDS, environment=_ENVIRONMENT,
        )  # fmt: skip
    except ChildDied as error:
        raise _unreadable() from error
    lines = iter(answer.splitlines())
    head = orjson.loads(next(lines))
    if "refused" in head:
        raise DomainError(head["refused"], head["message"])
    return GeoTable(
        rows=_rows(head["headers"], lines),
        encoding=head["encoding"],
        doubtful_cells={(row, column) for row, column in head["doubtful"]},
    )


def _unreadable() -> DomainError:
    return DomainError(
        "FILE_DAMAGED", "文件损坏，或内容大得无法读取。请用 QGIS 等软件重新导出，或按区域分成几份。"
    )  # fmt: skip


def _rows(headers: list[str], lines: Iterator[bytes]) -> Iterator[list[str]]:
    yield headers
    for line in lines:
        yield orjson.loads(line)
