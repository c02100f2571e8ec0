"""What every geographic reader makes: attributes as text, points and lines as text; and what it refuses."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from common.errors import DomainError
from exchange.importers.reading import MAX_COLUMNS

MAX_HEADER = 100
# Beyond this a double has lost digits.
EXACT_BELOW = 1e15
TO_WGS84 = "请在 QGIS、ArcGIS 等软件中另存为 WGS84（EPSG:4326）或 CGCS2000（EPSG:4490）经纬度后再导入。"
ONE_LAYER = "请只导出一个图层，再导入。"
POINTS_OR_LINES = "只能导入点（设施、房屋等）或线（道路）。"
AREAS_ONLY = "边界只能是面（Polygon）。"
GEOMETRY_NAMES = {
    "Polygon": "面", "MultiPolygon": "面", "MultiPoint": "多点", "GeometryCollection": "几何集合", "LinearRing": "环",
    "Curve": "曲线", "Point": "点", "LineString": "线", "MultiLineString": "线",
}  # fmt: skip
# Longitude and latitude of a point, the WKT of a line or, where borders are asked for, of a polygon, or nothing.
Shape = tuple[str, str] | str | None


def refuse(code: str, message: str) -> NoReturn:
    """Ends the reading: what is wrong with the file and what to do, for the person who sent it."""
    raise DomainError(code, message)


@dataclass
class Layer:
    """Attributes and shapes of one layer, row by row.

    Attributes:
        doubtful: (row number from 1, attribute column) of numbers that lost digits.
    """

    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    doubtful: set[tuple[int, int]] = field(default_factory=set)
    encoding: str = "utf-8"

    def add(self, values: Iterable[Any], shape: Shape) -> None:
        """Appends a row; text as it is, everything else as people write it."""
        cells = []
        for position, value in enumerate(values):
            if isinstance(value, bytes):
                refuse("FILE_BINARY", f"属性“{self.columns[position]}”是二进制内容（如照片）。请去掉该列后再导出。")
            if isinstance(value, float) and abs(value) >= EXACT_BELOW:
                self.doubtful.add((len(self.rows) + 1, position))
            cells.append(text_of(value))
        self.rows.append(cells)
        self.shapes.append(shape)


def text_of(value: Any) -> str:
    """A value of an attribute as a cell."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def degrees(value: float) -> str:
    """A millimetre is the eighth decimal."""
    if not math.isfinite(value):
        refuse("GEO_COORDINATES", "有要素的坐标是 NaN 或无穷大。请改正或删去后再导入。")
    return f"{value:.8f}"


def refuse_geometry(kind: str, *, areas: bool = False) -> NoReturn:
    """A kind of shape that does not belong into the file: elements are points or lines, borders are polygons."""
    name = GEOMETRY_NAMES.get(kind, kind[:30])
    if areas:
        refuse("GEO_GEOMETRY_KIND", f"文件里有“{name}”图形。{AREAS_ONLY}请只导出面图层。")
    refuse("GEO_GEOMETRY_KIND", f"文件里有“{name}”图形。{POINTS_OR_LINES}请取中心点或边线后再导出。")


def check_width(columns: Sequence[str]) -> None:
    """Before the rows are built: width × rows is what fills memory."""
    if len(columns) > MAX_COLUMNS:
        refuse("TOO_MANY_COLUMNS", f"属性有 {len(columns):,} 列，最多 {MAX_COLUMNS} 列。请去掉不需要的属性。")
    if long := next((name for name in columns if len(name) > MAX_HEADER), None):
        refuse("HEADER_LONG", f"属性名“{long[:20]}…”过长（超过 {MAX_HEADER} 字）。请改短后再导入。")


def write(layer: Layer) -> None:
    """Header line, then one line a row: place first, so that it is what columns named 经度, 纬度, WKT are suggested from."""
    kinds = {type(shape) for shape in layer.shapes if shape is not None}
    if not layer.rows:
        refuse("FILE_NO_ROWS", "文件里没有任何要素。请检查导出时的筛选条件。")
    if not kinds:
        refuse("GEO_NO_GEOMETRY", "所有要素都没有图形。只有属性的数据请另存为 CSV 或 XLSX 导入。")
    if len(kinds) > 1:
        refuse("GEO_MIXED", f"文件里既有点又有线。{POINTS_OR_LINES}请分成两个文件导入。")
    places = ["经度", "纬度"] if kinds == {tuple} else ["WKT"]
    headers = places + [f"{name}（属性）" if name in places else name for name in layer.columns]
    head = {
        "headers": headers, "encoding": layer.encoding,
        "doubtful": [(row, column + len(places)) for row, column in layer.doubtful],
    }  # fmt: skip
    # Before the first line goes out: a refusal is the only line of its kind.
    for number, cells in enumerate([headers, *layer.rows]):
        check_text(number, cells)
    sys.stdout.write(json.dumps(head) + "\n")
    for cells, shape in zip(layer.rows, layer.shapes, strict=True):
        place = [""] * len(places) if shape is None else list(shape) if isinstance(shape, tuple) else [shape]
        sys.stdout.write(json.dumps(place + cells) + "\n")


def check_text(number: int, cells: Sequence[str]) -> None:
    """NUL and half characters, which JSON can spell but no database stores."""
    text = "".join(cells)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = "\x00"
    if "\x00" in text:
        where = f"第 {number} 个要素的属性" if number else "属性名"
        refuse("FILE_BINARY", f"{where}里有不能保存的字符（NUL 或残缺字符）。请改正后再导入。")
