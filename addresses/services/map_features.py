"""The dots of the map and their count pyramid."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from addresses.choices import MapLayer
from addresses.models.map import ALL_BLOCKS, CELLS_PER_TILE_LOG2, PYRAMID_MAX_ZOOM, LayerVersion

# Base cells are those of the highest pyramid zoom; each lower zoom is their sum by shifting two bits away.
BASE_BITS = PYRAMID_MAX_ZOOM + CELLS_PER_TILE_LOG2
_HALF_M = 20037508.342789244


def cell_of(geometry: str) -> str:
    """SQL of (x, y) of the base cell that holds a WGS84 point: Web Mercator, row 0 in the north."""
    size = 2 * _HALF_M / 2**BASE_BITS
    mercator = f"ST_Transform({geometry}, 3857)"
    return f"floor((ST_X({mercator}) + {_HALF_M}) / {size})::int, floor(({_HALF_M} - ST_Y({mercator})) / {size})::int"


def move_features(cursor: CursorWrapper, *, layer: MapLayer, wanted: str, parameters: dict[str, Any]) -> None:
    """Brings the dots of some subjects in line with `wanted` and appends what changed for the pyramid.

    Args:
        cursor: inside the transaction of the change.
        layer: which layer.
        wanted: SQL of (subject_id, kind, block_id, geom); geom NULL removes the dot.
        parameters: of that SQL.
    """
    parameters = {**parameters, "layer": int(layer)}
    cursor.execute("DROP TABLE IF EXISTS map_wanted")
    cursor.execute(f"CREATE TEMP TABLE map_wanted ON COMMIT DROP AS {wanted}", parameters)
    cursor.execute(
        """DELETE FROM map_wanted w USING addresses_mapfeature f
           WHERE f.layer = %(layer)s AND f.subject_id = w.subject_id AND f.block_id = w.block_id AND f.kind = w.kind
             AND f.geom = w.geom""",
        parameters,
    )
    cursor.execute("ANALYZE map_wanted")
    cursor.execute(
        f"""WITH gone AS (
                DELETE FROM addresses_mapfeature f USING map_wanted w
                WHERE f.layer = %(layer)s AND f.subject_id = w.subject_id RETURNING f.*),
            come AS (
                SELECT subject_id, kind, block_id, geom FROM map_wanted WHERE geom IS NOT NULL),
            cells AS (
                SELECT {cell_of("geom")}, block_id, kind, -1 AS delta FROM gone
                UNION ALL SELECT {cell_of("geom")}, block_id, kind, 1 FROM come)
            INSERT INTO addresses_tiledelta (layer, x, y, block_id, kind, delta)
            SELECT %(layer)s, c.x, c.y, block_id, kind, sum(delta)
            FROM cells AS c(x, y, block_id, kind, delta) GROUP BY c.x, c.y, block_id, kind HAVING sum(delta) <> 0""",
        parameters,
    )
    cursor.execute(
        """INSERT INTO addresses_mapfeature (layer, subject_id, kind, block_id, geom)
           SELECT %(layer)s, subject_id, kind, block_id, geom FROM map_wanted WHERE geom IS NOT NULL""",
        parameters,
    )
    cursor.execute("SELECT count(*) FROM map_wanted")
    if cursor.fetchone()[0]:
        raise_layer_version(cursor, layer)


def raise_layer_version(cursor: CursorWrapper, layer: MapLayer) -> None:
    """Makes every tile of the layer stale for its readers; once per batch."""
    cursor.execute(
        """INSERT INTO addresses_layerversion (layer, version) VALUES (%s, 1)
           ON CONFLICT (layer) DO UPDATE SET version = addresses_layerversion.version + 1""",
        [int(layer)],
    )


def request_rebuild() -> None:
    """Areas have other parents now: the next folding counts every layer again. Inside the caller's transaction."""
    LayerVersion.objects.update(needs_rebuild=True)


def _spread(source: str) -> str:
    """Rows of the pyramid at every zoom, per block, per area above it and for all, from base cells (x, y, block_id, kind, n)."""
    return f"""
        SELECT s.layer, z.zoom, x >> ({PYRAMID_MAX_ZOOM} - z.zoom) AS x, y >> ({PYRAMID_MAX_ZOOM} - z.zoom) AS y,
               b.block_id, s.kind, sum(s.n)::int AS n
        FROM {source} s
        CROSS JOIN generate_series(0, {PYRAMID_MAX_ZOOM}) AS z(zoom)
        LEFT JOIN addresses_area block ON block.id = s.block_id
        LEFT JOIN addresses_area above ON above.id = block.parent_id
        LEFT JOIN addresses_area top ON top.id = above.parent_id
        CROSS JOIN LATERAL (
            VALUES (s.block_id), (above.id), (top.id), (top.parent_id), ({ALL_BLOCKS}::bigint)) AS b(block_id)
        WHERE b.block_id IS NOT NULL
        GROUP BY 1, 2, 3, 4, 5, 6"""


@transaction.atomic
def fold_tile_deltas() -> int:
    """Adds the waiting changes to the pyramid; one folder at a time, killed and run again without loss."""
    for stale in LayerVersion.objects.filter(needs_rebuild=True):
        rebuild_pyramid(MapLayer(stale.layer))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('fold_tile_deltas'))")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("DROP TABLE IF EXISTS folded_delta")  # twice in one transaction
        cursor.execute(
            """CREATE TEMP TABLE folded_delta ON COMMIT DROP AS
               WITH taken AS (DELETE FROM addresses_tiledelta RETURNING *)
               SELECT layer, x, y, block_id, kind, sum(delta)::int AS n FROM taken GROUP BY 1, 2, 3, 4, 5"""
        )
        cursor.execute("SELECT count(*) FROM folded_delta")
        count = cursor.fetchone()[0]
        if not count:
            return 0
        cursor.execute(
            f"""INSERT INTO addresses_mapcell AS c (layer, zoom, x, y, block_id, kind, count)
                SELECT layer, zoom, x, y, block_id, kind, n FROM ({_spread("folded_delta")}) d WHERE n <> 0
                ON CONFLICT (layer, zoom, block_id, x, y, kind) DO UPDATE SET count = c.count + excluded.count"""
        )
        cursor.execute("DELETE FROM addresses_mapcell WHERE count = 0")
        cursor.execute("SELECT DISTINCT layer FROM folded_delta")
        for (layer,) in cursor.fetchall():
            raise_layer_version(cursor, MapLayer(layer))
    return count


@transaction.atomic
def rebuild_pyramid(layer: MapLayer) -> int:
    """Counts a whole layer again from its features; for bulk loads and after a restore."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('fold_tile_deltas'))")
        cursor.execute("DELETE FROM addresses_mapcell WHERE layer = %s", [int(layer)])
        cursor.execute("DROP TABLE IF EXISTS base_cell")  # twice in one transaction
        # One statement, one snapshot: a move that commits meanwhile is either counted or still waits, never both.
        cursor.execute(
            f"""CREATE TEMP TABLE base_cell ON COMMIT DROP AS
                WITH counted AS (DELETE FROM addresses_tiledelta WHERE layer = %(layer)s)
                SELECT layer, x, y, block_id, kind, count(*)::int AS n
                FROM (SELECT layer, block_id, kind, {cell_of("geom")} FROM addresses_mapfeature WHERE layer = %(layer)s)
                     AS f(layer, block_id, kind, x, y)
                GROUP BY 1, 2, 3, 4, 5""",
            {"layer": int(layer)},
        )
        cursor.execute(
            f"""INSERT INTO addresses_mapcell (layer, zoom, x, y, block_id, kind, count)
                SELECT layer, zoom, x, y, block_id, kind, n FROM ({_spread("base_cell")}) d"""
        )
        count = cursor.rowcount
        raise_layer_version(cursor, layer)
        LayerVersion.objects.filter(pk=layer).update(needs_rebuild=False)
    return count
