"""The mapped address nearest to a point, and the block, district and squadron that the point lies in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

from addresses.choices import AddressLevel, AreaKind
from common.errors import DomainError
from common.geometry import METRIC_SRID, SRID, in_laizhou_box, to_wgs84

NEAR_M = 200
DATUMS = {"WGS84": "WGS84", "CGCS2000": "WGS84", "GCJ02": "GCJ02", "BD09": "BD09"}
# Degrees of longitude are shorter than those of latitude: the nearest in metres is among the nearest few in degrees.
_KNN_ROWS = 100
_LEVELS = {level.value: level.name.lower() for level in AddressLevel}


@dataclass(frozen=True, slots=True)
class NearAddress:
    """An address at a door (number, estate or building) with its distance."""

    code: str
    full_text: str
    level: str
    lon: float
    lat: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class PointPlace:
    """What is known of a point; `areas` are {kind, code, name} from the grid up, empty where no grid reaches."""

    lon: float
    lat: float
    is_inside: bool
    address: NearAddress | None
    areas: tuple[dict[str, str], ...]


def read_point(lon: str, lat: str, datum: str) -> tuple[float, float]:
    """Longitude and latitude in WGS84 from what a query says.

    Raises:
        DomainError: no numbers, unknown datum, or the two in the wrong order.
    """
    if datum not in DATUMS:
        raise DomainError("BAD_DATUM", f"坐标系无效。datum 应为 {'、'.join(DATUMS)} 之一。")
    try:
        x, y = float(lon), float(lat)
    except ValueError:
        raise DomainError("BAD_POINT", "经纬度无效。请给出 lon 和 lat，单位为度，如 lon=119.94&lat=37.18。") from None
    if not (-180 <= x <= 180 and -90 <= y <= 180):  # a swapped pair has its "latitude" up to 180; NaN fails both
        raise DomainError("BAD_POINT", "经纬度超出范围。经度在 -180 到 180 之间，纬度在 -90 到 90 之间。")
    if in_laizhou_box(y, x):
        raise DomainError(
            "COORDINATES_SWAPPED", "经纬度写反了，请对调：lon 是经度（约 119.9），lat 是纬度（约 37.2）。"
        )
    if y > 90:
        raise DomainError("BAD_POINT", "经纬度超出范围。经度在 -180 到 180 之间，纬度在 -90 到 90 之间。")
    return to_wgs84(x, y, DATUMS[datum])


def place_of_point(lon: float, lat: float, *, day: date) -> PointPlace:
    """The nearest address within 200 m and the areas in force on `day`: two queries, none far outside the county."""
    if not in_laizhou_box(lon, lat):
        return PointPlace(lon, lat, False, None, ())
    areas = _areas_at(lon, lat, day)
    return PointPlace(lon, lat, bool(areas), _nearest(lon, lat), areas)


def _nearest(lon: float, lat: float) -> NearAddress | None:
    """By the GiST index; rooms and units share the point of their building and are left to it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH here AS (SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), {SRID}) AS point),
                near AS (
                    SELECT s.code, s.full_text, s.level, s.point FROM addresses_standardaddress s
                    WHERE s.state = 'ACTIVE' AND s.level BETWEEN {AddressLevel.NUMBER.value} AND {AddressLevel.BUILDING.value}
                    ORDER BY s.point <-> (SELECT point FROM here) LIMIT {_KNN_ROWS})
                SELECT code, full_text, level, ST_X(near.point), ST_Y(near.point), metres FROM near, here,
                    ST_Distance(ST_Transform(near.point, {METRIC_SRID}), ST_Transform(here.point, {METRIC_SRID})) AS metres
                WHERE metres <= {NEAR_M} ORDER BY metres, level DESC, code LIMIT 1""",
            {"lon": lon, "lat": lat},
        )
        row = cursor.fetchone()
    return NearAddress(row[0], row[1], _LEVELS[row[2]], row[3], row[4], round(row[5], 1)) if row else None


def _areas_at(lon: float, lat: float, day: date) -> tuple[dict[str, str], ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH RECURSIVE up AS (
                    SELECT * FROM (
                        SELECT a.kind, a.code, a.name, a.parent_id, 1 AS height FROM addresses_area a
                        WHERE a.kind = '{AreaKind.GRID.value}' AND NOT a.is_pseudo AND a.valid_from <= %(day)s
                            AND (a.valid_to IS NULL OR a.valid_to > %(day)s)
                            AND ST_Covers(a.geom, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), {SRID}))
                        ORDER BY a.id LIMIT 1) grid
                    UNION ALL
                    SELECT a.kind, a.code, a.name, a.parent_id, up.height + 1 FROM addresses_area a
                    JOIN up ON a.id = up.parent_id WHERE up.height < 6)
                SELECT kind, code, name FROM up ORDER BY height""",
            {"lon": lon, "lat": lat, "day": day},
        )
        return tuple({"kind": kind.lower(), "code": code, "name": name} for kind, code, name in cursor.fetchall())
