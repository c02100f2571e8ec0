"""Zipped Shapefile: looked over, inflated in memory, its headers checked against what is there, then read by GDAL."""

from __future__ import annotations

import io
import re
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, NoReturn

from exchange.importers.geo.layer import ONE_LAYER, TO_WGS84, Layer, check_width, refuse, refuse_geometry
from exchange.importers.geo.wkb import shapes_of_wkb

MAX_ENTRIES = 20
MAX_INFLATED = 100 * 2**20
MAX_RATIO = 100
_NEEDED = (".shp", ".shx", ".dbf")
# By the last digit of the kind in the header; the tens below 30 say height or measure.
_KIND_NAMES = {1: "Point", 3: "LineString", 5: "Polygon", 8: "MultiPoint"}
_SIDE_FILES = {".sbn", ".sbx", ".qix", ".qpj", ".qmd", ".qml", ".fix", ".xml"}
_NESTED = {".zip", ".rar", ".7z", ".gz", ".tar"}
_SHAPE_KINDS = {0, 1, 3, 8, 11, 13, 18, 21, 23, 28}
_AREA_KINDS = {0, 5, 15, 25}
_GBK_NAMES = {"GBK", "GB2312", "GB18030", "936", "CP936", "MS936", "ANSI936", "WINDOWS936", "EUCCN"}
_GEOGRAPHIC = re.compile(
    r'\s*GEOGCS\["(?:GCS_)?(?:WGS[ _]?(?:19)?84|CGCS[ _]?2000|China[ _]Geodetic[ _]Coordinate[ _]System[ _]2000)"',
    re.IGNORECASE,
)


def read_shapefile(data: bytes, *, areas: bool = False) -> Layer:
    """The one layer of a zipped Shapefile, by GDAL from memory; it never sees the names or the projection of the sender."""
    import pyogrio.raw  # loaded by `load_gdal`

    parts = _unzip(data)
    _check_projection(parts.get(".prj"))
    _check_sizes(parts, _AREA_KINDS if areas else _SHAPE_KINDS)
    encoding = _dbf_encoding(parts[".dbf"], parts.get(".cpg", b""))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for suffix in _NEEDED:
            archive.writestr(f"layer{suffix}", parts.pop(suffix))
    # Every byte as one letter: GDAL would recode by tables on disk, which the closed doors keep it from, and leniently.
    meta, _, blobs, found = pyogrio.raw.read(packed.getvalue(), encoding="ISO-8859-1", force_2d=True)
    layer = Layer(encoding=encoding)
    try:
        layer.columns = [_decode(name, encoding) for name in meta["fields"]]
        check_width(layer.columns)
        columns = [[_decode(value, encoding) for value in _values(column)] for column in found]
    except UnicodeDecodeError:
        refuse(
            "FILE_ENCODING",
            f"属性表不是它声明的编码（{encoding}）。请另存为 UTF-8 编码的 Shapefile，或改用 GeoPackage。",
        )
    for number, shape in enumerate(shapes_of_wkb(blobs, areas=areas)):
        layer.add((column[number] for column in columns), shape)
    return layer


def _values(column: Any) -> list[Any]:
    """A column of the table; days as 2026-12-31."""
    if column.dtype.kind != "M":
        return column.tolist()
    return [None if day == "NaT" else day for day in column.astype(str).tolist()]


def _decode(value: Any, encoding: str) -> Any:
    return value.encode("latin-1").decode(encoding) if isinstance(value, str) else value


def load_gdal() -> None:
    """Imports pyogrio, with the Shapefile driver alone (`OGR_SKIP` was set before this process began)."""
    # pyogrio would import them only to know whether they are there: a second and 200 MiB.
    for name in ("geopandas", "pandas", "pyproj", "pyarrow"):
        sys.modules[name] = None  # type: ignore[assignment]
    import pyogrio.raw

    if set(pyogrio.list_drivers()) != {"ESRI Shapefile"}:
        refuse("READER_DRIVERS", "服务器的 Shapefile 读取组件与平台不符，请联系管理员；可先另存为 GeoJSON 导入。")


def _unzip(data: bytes) -> dict[str, bytes]:
    """The parts by suffix; the archive is looked over before anything is inflated, and counted while it is."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        chosen = _look_over(archive.infolist(), len(data))
        parts, left = {}, MAX_INFLATED
        for suffix, entry in chosen.items():
            with archive.open(entry) as stream:
                parts[suffix] = stream.read(left + 1)
            left -= len(parts[suffix])
            if left < 0:
                refuse_bomb()
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, NotImplementedError, ValueError):
        refuse("FILE_DAMAGED", "压缩包已损坏或加了密码，无法打开。请重新压缩为不加密的 .zip。")
    missing = [suffix for suffix in _NEEDED if suffix not in parts]
    if missing:
        refuse("SHP_PARTS", f"压缩包里缺少 {'、'.join(missing)}。请把同名的 .shp、.shx、.dbf、.prj 一起压缩。")
    return parts


def refuse_bomb() -> NoReturn:
    refuse("FILE_BOMB", "压缩包解压后超过 100 MB、压缩比异常或文件过多，已拒绝。请确认文件来源，或按区域分成几份。")


def _look_over(entries: Sequence[zipfile.ZipInfo], packed: int) -> dict[str, zipfile.ZipInfo]:
    inflated = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or inflated > MAX_INFLATED or inflated > MAX_RATIO * max(packed, 50_000):
        refuse_bomb()
    chosen: dict[str, zipfile.ZipInfo] = {}
    stems: set[str] = set()
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
            refuse("ZIP_PATH", "压缩包里有指向外部的路径，已拒绝。请重新压缩，只放图层文件。")
        if stat.S_ISLNK(entry.external_attr >> 16):
            refuse("ZIP_LINK", "压缩包里有链接（symlink），已拒绝。请放入文件本身后重新压缩。")
        suffix = path.suffix.lower()
        if entry.is_dir() or path.parts[:1] == ("__MACOSX",) or suffix in _SIDE_FILES:
            continue
        if suffix in _NESTED:
            refuse("ZIP_NESTED", "压缩包里还有压缩包。请先解压，每个图层单独压缩为一个 .zip。")
        if suffix not in {*_NEEDED, ".prj", ".cpg"}:
            refuse(
                "ZIP_CONTENT",
                f"压缩包里有不属于 Shapefile 的文件（{path.name[:40]}）。请只放 .shp、.shx、.dbf、.prj、.cpg。",
            )
        if suffix in chosen or stems - {path.stem}:
            refuse("GEO_LAYERS", f"压缩包里不止一个图层。{ONE_LAYER}")
        stems.add(path.stem)
        chosen[suffix] = entry
    return chosen


def _check_projection(projection: bytes | None) -> None:
    if projection is None:
        refuse("GEO_DATUM", f"压缩包里没有 .prj，坐标系不明。{TO_WGS84}")
    text = projection[:10_000].decode("utf-8", "replace").lstrip("\ufeff")
    if not _GEOGRAPHIC.match(text):
        name = re.match(r'\s*\w+\["([^"]{1,60})"', text)
        refuse("GEO_DATUM", f"坐标系{f'“{name[1]}”' if name else ''}不是 WGS84 或 CGCS2000 经纬度。{TO_WGS84}")


def _check_sizes(parts: dict[str, bytes], kinds: set[int]) -> None:
    """What the headers state must be what is there: readers differ in what they make of a lie."""
    shp, shx, dbf = (parts[suffix] for suffix in _NEEDED)
    if min(len(shp), len(shx)) < 100 or len(dbf) < 33:
        refuse_lie("文件头")
    for content in (shp, shx):
        if struct.unpack_from(">i", content)[0] != 9994 or struct.unpack_from(">i", content, 24)[0] * 2 != len(content):
            refuse_lie("长度")
    kind = struct.unpack_from("<i", shp, 32)[0]
    if kind not in kinds:
        refuse_geometry((kind < 30 and _KIND_NAMES.get(kind % 10)) or f"类型 {kind}", areas=kinds is _AREA_KINDS)
    count, header_bytes, record_bytes = struct.unpack_from("<IHH", dbf, 4)
    if (len(shx) - 100) // 8 != count or header_bytes + count * record_bytes > len(dbf) or not record_bytes:
        refuse_lie("记录数")
    for number in range(count):
        offset, length = struct.unpack_from(">ii", shx, 100 + number * 8)
        if offset < 50 or length < 2 or (offset + 4 + length) * 2 > len(shp):
            refuse_lie("索引")
        if struct.unpack_from(">ii", shp, offset * 2) != (number + 1, length):
            refuse_lie("记录头")


def refuse_lie(what: str) -> NoReturn:
    refuse("FILE_DAMAGED", f"Shapefile 的{what}与内容不符，文件已损坏或被改动。请重新导出。")


def _dbf_encoding(dbf: bytes, stated: bytes) -> str:
    """As .cpg or the table's own mark says; else UTF-8 where it fits, else GB18030 where that fits."""
    name = re.sub(r"[^0-9A-Z]", "", stated[:40].decode("ascii", "replace").upper())
    if name in {"UTF8", "65001", "CP65001"}:
        return "utf-8"
    if name in _GBK_NAMES or (not name and dbf[29] == 0x4D):
        return "gb18030"
    for encoding in ("utf-8", "gb18030"):
        try:
            dbf[32:].decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return refuse("FILE_ENCODING", "属性表的编码无法识别。请另存为 UTF-8 编码的 Shapefile，或改用 GeoPackage。")
