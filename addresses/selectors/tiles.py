"""Vector tiles of the map: one SQL statement a tile, the scope in every one of them.

Below zoom 13 a tile holds cells of the count pyramid (a point at the cell's centre with `kind` and `count`), from zoom
13 the dots themselves (feature id = subject, `kind`). A tile carries ids, kinds and counts, never personal data. What
the pyramid cannot answer is counted live, within `ROW_BUDGET`.

Source: Mapbox Vector Tile specification 2.1; OGC Two Dimensional Tile Matrix Set, WebMercatorQuad.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2s
from typing import Any

from django.db import connection
from django.db.models import Sum

from addresses.choices import MapLayer
from addresses.models.map import ALL_BLOCKS, CELLS_PER_TILE_LOG2, PYRAMID_MAX_ZOOM, LayerVersion, MapCell
from common.errors import DomainError

MAX_ZOOM = 22
EXTENT = 4096  # units along the side of a tile
CELLS_PER_SIDE = 2**CELLS_PER_TILE_LOG2
POINT_LIMIT = 5_000  # dots of one tile; a browser draws some ten of them at once
ROW_BUDGET = 50_000  # rows that one live tile may look at
CELL_LAYER = "cells"
POINT_LAYER = "points"
_HALF_M = 20037508.342789244  # half the side of the Web Mercator square, metres
_PLACEHOLDER = re.compile(r"%s|%%")


class TileState(StrEnum):
    """What a tile says about itself besides its content."""

    COMPLETE = "complete"
    THINNED = "thinned"  # some dots are left out: zoom in
    NARROW = "narrow"  # too many rows to count live: narrow the filter


@dataclass(frozen=True, slots=True)
class SubjectFilter:
    """Which subjects pass a filter of another app.

    Attributes:
        sql: one column of subject ids; its parameters are named, so that it can stand inside another statement.
        parameters: name → value.
    """

    sql: str
    parameters: dict[str, Any]

    @classmethod
    def of_compiled(cls, sql: str, parameters: Sequence[Any]) -> SubjectFilter:
        """From the SQL of a query set, whose parameters are positional."""
        names = iter(range(len(parameters)))
        named = _PLACEHOLDER.sub(lambda m: m[0] if m[0] == "%%" else f"%(subject_{next(names)})s", sql)
        return cls(named, {f"subject_{number}": value for number, value in enumerate(parameters)})


@dataclass(frozen=True, slots=True)
class TileAddress:
    """Place of a tile in the grid: zoom, column from the west, row from the north.

    Raises:
        DomainError: outside the grid.
    """

    zoom: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not 0 <= self.zoom <= MAX_ZOOM:
            raise DomainError("TILE_ZOOM", f"缩放级须在 0 至 {MAX_ZOOM} 之间。")
        if not (0 <= self.x < 2**self.zoom and 0 <= self.y < 2**self.zoom):
            raise DomainError("TILE_PLACE", "没有这个瓦片：行列号超出了该缩放级的范围。")

    @property
    def shows_points(self) -> bool:
        return self.zoom > PYRAMID_MAX_ZOOM

    def bounds_m(self) -> tuple[float, float, float, float]:
        """West, south, east, north in Web Mercator metres."""
        side = 2 * _HALF_M / 2**self.zoom
        west, north = self.x * side - _HALF_M, _HALF_M - self.y * side
        return west, north - side, west + side, north

    def bounds_deg(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        west, south, east, north = self.bounds_m()
        return _longitude(west), _latitude(south), _longitude(east), _latitude(north)


def _longitude(x_m: float) -> float:
    return x_m / _HALF_M * 180


def _latitude(y_m: float) -> float:
    return math.degrees(2 * math.atan(math.exp(y_m / _HALF_M * math.pi)) - math.pi / 2)


@dataclass(frozen=True, slots=True)
class DotFilter:
    """Which dots of a layer: what tiles, legends and counts have in common.

    Attributes:
        layer: addresses or elements.
        blocks: ids of the blocks; None means every block, an empty tuple none.
        cover: areas that together hold exactly these blocks, which the pyramid has counted; by default the blocks.
        kinds: kinds to show; None means all.
        subjects: a further filter, which makes the tile a live one.
    """

    layer: MapLayer
    blocks: tuple[int, ...] | None
    kinds: tuple[str, ...] | None = None
    subjects: SubjectFilter | None = None
    cover: tuple[int, ...] | None = None

    @property
    def is_empty(self) -> bool:
        return self.blocks == () or self.kinds == ()

    def fingerprint(self) -> str:
        """Equal for equal blocks and kinds; `subjects` is not in it, since its rows change without the layer."""
        text = f"{self.layer:d}|{self.blocks}|{self.kinds}"
        return blake2s(text.encode(), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Tile:
    """Bytes of a tile (empty when nothing lies in it), what it says about itself, the layer's version it shows."""

    content: bytes
    state: TileState
    version: int = 0


EMPTY = Tile(b"", TileState.COMPLETE)


def layer_version(layer: MapLayer) -> int:
    """Version of the layer's dots and pyramid; 0 before the first change."""
    return LayerVersion.objects.filter(pk=layer).values_list("version", flat=True).first() or 0


def fetch_tile(address: TileAddress, dots: DotFilter) -> Tile:
    """The tile at an address.

    Args:
        address: where.
        dots: which; its blocks carry the scope of the reader.
    """
    if dots.is_empty:
        return EMPTY
    if address.shows_points:
        return _point_tile(address, dots)
    if dots.subjects is None:
        return _pyramid_tile(address, dots)
    return _live_cell_tile(address, dots, dots.subjects)


def _pyramid_tile(address: TileAddress, dots: DotFilter) -> Tile:
    where = "c.block_id = ANY(%(cover)s)" if dots.blocks is not None else f"c.block_id = {ALL_BLOCKS}"
    kinds = "AND c.kind = ANY(%(kinds)s)" if dots.kinds is not None else ""
    left, top = address.x * CELLS_PER_SIDE, address.y * CELLS_PER_SIDE
    content, _rows, _looked_at, version = _one_row(
        dots.layer,
        f"""SELECT ST_AsMVT(t, '{CELL_LAYER}', {EXTENT}, 'geom'), count(*), 0
            FROM (SELECT {_cell_centre(f"c.x - {left}", f"c.y - {top}")} AS geom, c.kind, sum(c.count)::int AS count
                  FROM addresses_mapcell c
                  WHERE c.layer = {int(dots.layer)}::smallint AND c.zoom = {address.zoom}::smallint AND {where} {kinds}
                    AND c.x BETWEEN {left} AND {left + CELLS_PER_SIDE - 1}
                    AND c.y BETWEEN {top} AND {top + CELLS_PER_SIDE - 1}
                  GROUP BY c.x, c.y, c.kind HAVING sum(c.count) > 0) t""",
        _parameters(dots),
    )
    return Tile(content, TileState.COMPLETE, version)


def _cell_centre(column: str, row: str) -> str:
    """SQL of the centre of a cell in units of the tile, y downward."""
    side = EXTENT // CELLS_PER_SIDE
    return f"ST_MakePoint(({column}) * {side} + {side // 2}, ({row}) * {side} + {side // 2})"


def _live_cell_tile(address: TileAddress, dots: DotFilter, subjects: SubjectFilter) -> Tile:
    """Cells counted from the dots. The budget is that of the whole filter, so that every low zoom says the same."""
    west, _south, _east, north = address.bounds_m()
    size = 2 * _HALF_M / 2**address.zoom / CELLS_PER_SIDE
    last = CELLS_PER_SIDE - 1
    column = f"least({last}, greatest(0, floor((ST_X(m) - ({west})) / {size})::int))"
    row = f"least({last}, greatest(0, floor(({north} - ST_Y(m)) / {size})::int))"
    content, _rows, looked_at, version = _one_row(
        dots.layer,
        f"""WITH wanted AS MATERIALIZED (SELECT s.id FROM ({subjects.sql}) AS s(id) LIMIT {ROW_BUDGET + 1}),
                 dot AS (SELECT f.kind, ST_Transform(f.geom, 3857) AS m
                         FROM wanted JOIN addresses_mapfeature f ON f.subject_id = wanted.id
                         WHERE {_dot_condition(address, dots)}),
                 cell AS (SELECT {column} AS x, {row} AS y, kind, count(*)::int AS count FROM dot GROUP BY 1, 2, 3)
            SELECT ST_AsMVT(t, '{CELL_LAYER}', {EXTENT}, 'geom'), count(*), (SELECT count(*) FROM wanted)
            FROM (SELECT {_cell_centre("x", "y")} AS geom, kind, count FROM cell) t""",
        _parameters(dots),
        subjects,
    )
    if looked_at > ROW_BUDGET:
        return Tile(b"", TileState.NARROW, version)
    return Tile(content, TileState.COMPLETE, version)


def _point_tile(address: TileAddress, dots: DotFilter) -> Tile:
    """The dots of the tile; of too many an even sample by a hash of the id, the same at every request."""
    subjects = f"AND f.subject_id IN ({dots.subjects.sql})" if dots.subjects else ""
    west, south, east, north = address.bounds_m()
    envelope = f"ST_MakeEnvelope({west}, {south}, {east}, {north}, 3857)"
    content, rows, found, version = _one_row(
        dots.layer,
        f"""WITH dot AS MATERIALIZED (
                SELECT f.subject_id, f.kind, f.geom FROM addresses_mapfeature f
                WHERE {_dot_condition(address, dots)} {subjects} LIMIT {ROW_BUDGET + 1}),
                 shown AS (SELECT * FROM dot ORDER BY hashint8(subject_id), subject_id LIMIT {POINT_LIMIT})
            SELECT ST_AsMVT(t, '{POINT_LAYER}', {EXTENT}, 'geom', 'id'), count(*), (SELECT count(*) FROM dot)
            FROM (SELECT subject_id AS id, kind,
                         ST_AsMVTGeom(ST_Transform(geom, 3857), {envelope}, {EXTENT}, 0, true) AS geom FROM shown) t""",
        _parameters(dots),
        dots.subjects,
    )
    return Tile(content, TileState.THINNED if found > rows else TileState.COMPLETE, version)


def _dot_condition(address: TileAddress, dots: DotFilter) -> str:
    """SQL over `f`; the layer stands as a literal, since the spatial index of a layer is a partial one."""
    west, south, east, north = address.bounds_deg()
    parts = [f"f.layer = {int(dots.layer)}", f"f.geom && ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326)"]
    if dots.blocks is not None:
        parts.append("f.block_id = ANY(%(blocks)s)")
    if dots.kinds is not None:
        parts.append("f.kind = ANY(%(kinds)s)")
    return " AND ".join(parts)


def _parameters(dots: DotFilter) -> dict[str, Any]:
    blocks = list(dots.blocks or ())
    return {"blocks": blocks, "cover": list(dots.cover or blocks), "kinds": list(dots.kinds or ())}


def _one_row(
    layer: MapLayer, sql: str, named: dict[str, Any], subjects: SubjectFilter | None = None
) -> tuple[bytes, int, int, int]:
    """Content, number of features, number of rows looked at, and the layer's version in the same snapshot."""
    version = f"coalesce((SELECT version FROM addresses_layerversion WHERE layer = {int(layer)}), 0)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tile.*, {version} FROM ({sql}) tile", named | (subjects.parameters if subjects else {}))
        content, rows, looked_at, known = cursor.fetchone()
    return bytes(content or b""), rows, looked_at, known


def counts_by_kind(layer: MapLayer, blocks: tuple[int, ...] | None) -> dict[str, int]:
    """Number of dots of a layer by kind, from the one tile at the top of the pyramid.

    Args:
        layer: which layer.
        blocks: ids of the blocks or of a cover, None for every block.
    """
    cells = MapCell.objects.filter(layer=layer, zoom=0)
    cells = cells.filter(block_id=ALL_BLOCKS) if blocks is None else cells.filter(block_id__any=blocks)
    return dict(cells.values("kind").order_by("kind").annotate(number=Sum("count")).values_list("kind", "number"))
