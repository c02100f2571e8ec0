"""What lies under the dots: responsibility areas inside a scope, and the base of the map from our own files."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection

from addresses.choices import AreaKind
from common import clock
from common.errors import DomainError, NotAllowed
from common.scope import Actor, Right

AREA_KINDS = (AreaKind.SQUADRON, AreaKind.DISTRICT, AreaKind.GRID)
_CITY_DATA = Path(settings.BASE_DIR) / "console" / "city" / "data"
# Layer of the base → committed file. A deployment's own base.geojson replaces each layer that it brings.
_COMMITTED = {
    "neighbour": "neighbours.geojson",
    "boundary": "laizhou_boundary.geojson",
    "town": "laizhou_towns_voronoi.geojson",
    "coast": "laizhou_coastline_osm.geojson",
}
# Beyond a pixel at the zoom where the layer is looked at; degrees.
_TOLERANCE_DEG = {"neighbour": 0.001, "boundary": 0.00005, "town": 0.00005, "coast": 0.0002}


def base_path() -> Path:
    """Where a demo or a deployment puts its own base: roads, town seats, limits; GeoJSON, WGS84."""
    return Path(settings.MEDIA_ROOT) / "base.geojson"


def base_document() -> str:
    """GeoJSON of the base; every feature has `layer`, `name`, `class`.

    Raises:
        DomainError: the deployment's file is not GeoJSON.
    """
    path = base_path()
    return _base_document(str(path), path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=2)
def _base_document(path: str, modified: int) -> str:
    own = _own_features(Path(path)) if modified else []
    brought = {feature["properties"]["layer"] for feature in own}
    committed = [f for layer, name in _COMMITTED.items() if layer not in brought for f in _committed(layer, name)]
    return json.dumps(
        {"type": "FeatureCollection", "features": committed + own}, ensure_ascii=False, separators=(",", ":")
    )


def _own_features(path: Path) -> list[dict[str, Any]]:
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        return [feature for feature in features if feature["properties"]["layer"]]
    except (ValueError, KeyError, TypeError) as error:
        raise DomainError("BASE_FILE", "底图文件 base.geojson 无法读取，请管理员重新生成。") from error


def _committed(layer: str, name: str) -> list[dict[str, Any]]:
    document = json.loads((_CITY_DATA / name).read_text(encoding="utf-8"))
    return [
        {
            "type": "Feature",
            "properties": {"layer": layer, "name": feature["properties"].get("name", ""), "class": layer},
            "geometry": _simplified(feature["geometry"], _TOLERANCE_DEG[layer]),
        }
        for feature in document["features"]
    ]


def _simplified(geometry: dict[str, Any], tolerance_deg: float) -> dict[str, Any]:
    shape = GEOSGeometry(json.dumps(geometry)).simplify(tolerance_deg, preserve_topology=True)
    document: dict[str, Any] = json.loads(shape.json)
    document["coordinates"] = _rounded(document["coordinates"])
    return document


def _rounded(value: Any) -> Any:
    return round(value, 5) if isinstance(value, float) else [_rounded(item) for item in value]


def areas_document(user: Actor, kind: str) -> str:
    """GeoJSON of the current areas of a kind that hold a block of the user's scope.

    Raises:
        NotAllowed: the user may not read.
        DomainError: no such kind.
    """
    scope = user.scope
    if Right.READ not in scope.rights:
        raise NotAllowed
    if kind not in AREA_KINDS:
        raise DomainError("BAD_AREA_KIND", "责任区种类无效，应为 SQUADRON、DISTRICT 或 GRID。")
    today = clock.today()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(json_build_object(
                   'type', 'Feature', 'id', a.id,
                   'properties', json_build_object('id', a.id, 'name', a.name, 'code', a.code, 'urban', a.is_urban),
                   'geometry', ST_AsGeoJSON(a.geom, 5)::json) ORDER BY a.code), '[]'))::text
               FROM addresses_area a
               WHERE a.kind = %(kind)s AND NOT a.is_pseudo AND a.valid_from <= %(today)s
                 AND (a.valid_to IS NULL OR a.valid_to > %(today)s)
                 AND (%(all)s OR a.id IN (
                     WITH RECURSIVE up AS (
                         SELECT id, parent_id FROM addresses_area WHERE id = ANY(%(blocks)s)
                         UNION SELECT p.id, p.parent_id FROM addresses_area p JOIN up ON p.id = up.parent_id)
                     SELECT id FROM up))""",
            {"kind": kind, "today": today, "all": scope.all_blocks, "blocks": list(scope.block_ids)},
        )
        return str(cursor.fetchone()[0])
