"""Responsibility areas from a file, and the pseudo-blocks that hold what could not be placed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import connection, transaction

from addresses.choices import AreaKind, DivisionLevel
from addresses.models import Area, Division
from common.errors import DomainError

_ORDER = [AreaKind.BRIGADE, AreaKind.SQUADRON, AreaKind.DISTRICT, AreaKind.GRID]
CITY_PSEUDO_CODE = "UNPLACED"


@transaction.atomic
def load_areas(path: Path) -> int:
    """Creates the areas of a GeoJSON file that have no current row of their code; then the pseudo-blocks.

    Properties: kind, code, name, parent, urban, division (village code of a grid), valid_from. Coordinates WGS84.

    Raises:
        DomainError: unreadable file, unknown parent or village.

    Returns:
        Number of areas created.
    """
    features = _read(path)
    ids = dict(Area.objects.filter(valid_to__isnull=True).values_list("code", "pk"))
    villages = dict(Division.objects.filter(level=DivisionLevel.VILLAGE).values_list("code", "parent_id"))
    made = 0
    for kind in _ORDER:
        fresh = []
        for feature in (f for f in features if f["properties"]["kind"] == kind):
            properties = feature["properties"]
            if properties["code"] in ids:
                continue
            village = properties.get("division") or None
            if village and village not in villages:
                raise DomainError(
                    "UNKNOWN_VILLAGE", f"责任区 {properties['code']} 的村居代码 {village} 不在行政区划表中。"
                )
            if kind != AreaKind.BRIGADE and properties.get("parent") not in ids:
                raise DomainError(
                    "UNKNOWN_PARENT", f"责任区 {properties['code']} 的上级 {properties.get('parent')} 不存在。"
                )
            geometry = GEOSGeometry(json.dumps(feature["geometry"]))
            fresh.append(
                Area(
                    code=properties["code"],
                    name=properties["name"],
                    kind=kind,
                    parent_id=ids.get(properties.get("parent")),
                    is_urban=bool(properties.get("urban")),
                    village_id=village,
                    town_id=villages.get(village) if village else None,
                    valid_from=date.fromisoformat(properties["valid_from"]),
                    geom=geometry if isinstance(geometry, MultiPolygon) else MultiPolygon(geometry),
                )
            )
        Area.objects.bulk_create(fresh)
        ids.update((area.code, area.pk) for area in fresh)
        made += len(fresh)
    create_pseudo_blocks()
    place_division_nodes()
    return made


def _read(path: Path) -> list[dict]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        features = document["features"]
        for feature in features:
            feature["properties"]["kind"], feature["properties"]["code"], feature["geometry"]["type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DomainError(
            "AREAS_UNREADABLE", f"责任区文件无法读取：{error}。应为 GeoJSON FeatureCollection。"
        ) from error
    return features


def create_pseudo_blocks() -> None:
    """One pseudo-block a town, owned by the town's squadron, and one for the city, owned by the brigade."""
    brigade = Area.objects.filter(kind=AreaKind.BRIGADE, valid_to__isnull=True).first()
    if brigade is None:
        return
    grids = Area.objects.filter(kind=AreaKind.GRID, is_pseudo=False, valid_to__isnull=True)
    squadron_of_town = dict(grids.values_list("town_id", "parent__parent_id"))
    existing = set(Area.objects.filter(is_pseudo=True, valid_to__isnull=True).values_list("code", flat=True))
    wanted = [
        Area(
            code=f"{CITY_PSEUDO_CODE}-{town.code}",
            name=f"{town.name}未落地",
            kind=AreaKind.GRID,
            parent_id=squadron_of_town[town.code],
            town=town,
            is_pseudo=True,
            valid_from=brigade.valid_from,
        )
        for town in Division.objects.filter(level=DivisionLevel.TOWN, code__in=squadron_of_town)
    ]
    wanted.append(
        Area(
            code=CITY_PSEUDO_CODE,
            name="全市未落地",
            kind=AreaKind.GRID,
            parent=brigade,
            is_pseudo=True,
            valid_from=brigade.valid_from,
        )
    )
    Area.objects.bulk_create([area for area in wanted if area.code not in existing])


def place_division_nodes() -> None:
    """Village nodes take the block and centre of their grid when there is just one; towns lie in no block."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH only_grid AS (
                   SELECT village_id, min(id) AS id FROM addresses_area
                   WHERE kind = 'GRID' AND NOT is_pseudo AND valid_to IS NULL GROUP BY village_id HAVING count(*) = 1)
               UPDATE addresses_standardaddress a
               SET block_id = g.id, point = coalesce(d.point, ST_PointOnSurface(g.geom))
               FROM only_grid o JOIN addresses_area g ON g.id = o.id JOIN addresses_division d ON d.code = o.village_id
               WHERE a.level = 2 AND a.village_id = o.village_id
                 AND (a.block_id IS DISTINCT FROM g.id OR a.point IS NULL)"""
        )
