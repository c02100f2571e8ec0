"""GeoJSON: read as JSON, every number as it is written, no member trusted to be what it should be."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from exchange.importers.geo.layer import (
    EXACT_BELOW,
    MAX_HEADER,
    TO_WGS84,
    Layer,
    Shape,
    check_width,
    degrees,
    refuse,
    refuse_geometry,
)


class Number(str):
    """A number as it is written: an 18-digit one keeps its digits."""


@dataclass
class Feature:
    """A GeoJSON feature as soon as its last brace was read: the shape is text by then, which keeps memory small."""

    properties: dict[str, Any]
    shape: Shape


def read_geojson(data: bytes, *, areas: bool = False) -> Layer:
    """RFC 7946, and the `crs` member of its forerunner as far as it names WGS84 or CGCS2000; `areas`: polygons only."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        refuse("FILE_ENCODING", "GeoJSON 的编码不是 UTF-8。请另存为 UTF-8 后再导入。")
    try:
        root = json.loads(
            text, object_pairs_hook=partial(_object, areas=areas), parse_float=Number, parse_int=Number,
            parse_constant=_no_constant,
        )  # fmt: skip
    except RecursionError:
        refuse("GEOJSON_DEPTH", "GeoJSON 嵌套过深，已拒绝。请确认文件来源，重新导出。")
    except json.JSONDecodeError as error:
        refuse("GEOJSON_SYNTAX", f"GeoJSON 第 {error.lineno} 行第 {error.colno} 个字符处无法读取。请重新导出。")
    if isinstance(root, Feature):
        root = {"type": "FeatureCollection", "features": [root]}
    if (
        not isinstance(root, dict)
        or root.get("type") != "FeatureCollection"
        or not isinstance(root.get("features"), list)
    ):
        refuse("GEOJSON_KIND", "这不是 GeoJSON 要素集合（FeatureCollection）。请用“导出为 GeoJSON”重新导出。")
    _check_crs(root.get("crs"))
    features = root["features"]
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, Feature):
            refuse("GEOJSON_FEATURE", f"第 {number} 个要素不完整（缺 type、geometry 或 properties）。请重新导出。")
    layer = Layer(columns=list(dict.fromkeys(name for feature in features for name in feature.properties)))
    check_width(layer.columns)
    for number, feature in enumerate(features, start=1):
        for position, name in enumerate(layer.columns):
            value = feature.properties.get(name)
            if isinstance(value, (dict, list, Feature)):
                refuse(
                    "GEO_NESTED",
                    f"第 {number} 个要素的属性“{name[:MAX_HEADER]}”里还有一层内容。请改为一个值，或去掉它。",
                )
            if isinstance(value, Number) and abs(float(value)) >= EXACT_BELOW:
                layer.doubtful.add((number, position))
        layer.add((feature.properties.get(name) for name in layer.columns), feature.shape)
    return layer


def _no_constant(name: str) -> NoReturn:
    refuse("GEO_COORDINATES", f"GeoJSON 里有 {name}，不是合法数字。请改正或删去后再导入。")


def _object(pairs: list[tuple[str, Any]], *, areas: bool) -> Any:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        refuse("GEOJSON_NAMES", f"GeoJSON 里同一对象有两个“{twice[:MAX_HEADER]}”。请改名或删去一个。")
    if members.get("type") == "Feature" and "geometry" in members and "properties" in members:
        properties = members["properties"]
        if not isinstance(properties, dict | None):
            refuse("GEOJSON_FEATURE", "有要素的 properties 不是一组属性。请重新导出。")
        return Feature(properties or {}, _geojson_shape(members["geometry"], areas=areas))
    return members


def _check_crs(crs: Any) -> None:
    if crs is None:
        return
    if not isinstance(crs, dict) or crs.get("type") != "name":
        refuse("GEO_LINK", f"GeoJSON 的坐标系（crs）是链接，平台从不打开链接。{TO_WGS84}")
    properties = crs.get("properties")
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if not re.fullmatch(
        r"(?:urn:ogc:def:crs:)?(?:OGC:(?:1\.3)?:?CRS84|EPSG:[\d.]*:?(?:4326|4490))", name, re.IGNORECASE
    ):
        refuse("GEO_DATUM", f"坐标系“{name[:60]}”不是 WGS84 或 CGCS2000 经纬度。{TO_WGS84}")


def _geojson_shape(geometry: Any, *, areas: bool) -> Shape:
    if geometry is None:
        return None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(kind, str):
        refuse("GEOJSON_FEATURE", "有要素的 geometry 不是几何对象。请重新导出。")
    if "href" in geometry or kind.lower() == "link":
        refuse("GEO_LINK", "要素的图形是链接，平台从不打开链接。请把坐标写在文件里。")
    coordinates = geometry.get("coordinates")
    if areas:
        return _area(kind, coordinates)
    if kind == "MultiPoint" and isinstance(coordinates, list) and len(coordinates) == 1:
        kind, coordinates = "Point", coordinates[0]
    if kind == "Point":
        return None if coordinates == [] else _position(coordinates)
    if kind == "LineString":
        return f"LINESTRING {_path(coordinates)}"
    if kind == "MultiLineString" and isinstance(coordinates, list) and coordinates:
        return f"MULTILINESTRING ({', '.join(map(_path, coordinates))})"
    return refuse_geometry(kind)


def _area(kind: str, coordinates: Any) -> str:
    if kind == "Polygon":
        return f"POLYGON {_rings(coordinates)}"
    if kind == "MultiPolygon" and isinstance(coordinates, list) and coordinates:
        return f"MULTIPOLYGON ({', '.join(map(_rings, coordinates))})"
    return refuse_geometry(kind, areas=True)


def _rings(rings: Any) -> str:
    if not isinstance(rings, list) or not rings or not all(isinstance(ring, list) and len(ring) >= 4 for ring in rings):
        refuse("GEO_COORDINATES", "有面的边线少于四个点（首尾相同）。请改正或删去后再导入。")
    if any([str(number) for number in ring[0]] != [str(number) for number in ring[-1]] for ring in rings):
        refuse("GEO_COORDINATES", "有面的边线没有闭合（首尾不是同一个点）。请改正或删去后再导入。")
    return f"({', '.join(map(_path, rings))})"


def _path(positions: Any) -> str:
    if not isinstance(positions, list) or len(positions) < 2:
        refuse("GEO_COORDINATES", "有线的坐标少于两个点。请改正或删去后再导入。")
    return f"({', '.join(' '.join(_position(position)) for position in positions)})"


def _position(position: Any) -> tuple[str, str]:
    if not isinstance(position, list) or len(position) < 2 or not all(isinstance(n, Number) for n in position[:2]):
        refuse("GEO_COORDINATES", "有要素的坐标不是“经度, 纬度”两个数字。请改正或删去后再导入。")
    return degrees(float(position[0])), degrees(float(position[1]))
