"""Loading the standard-address registry: every prefix of a row is a node; a million rows by COPY."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from addresses.choices import AddressLevel, MapLayer
from addresses.matching.short_names import derived_names
from addresses.models import Division
from addresses.parsing.components import LEVELS, Components, canonical, full_text, link_key, prefixes, stable_code
from addresses.services.index_version import raise_index_version
from addresses.services.map_features import rebuild_pyramid
from common.errors import DomainError
from common.geometry import in_laizhou_box
from common.statistics import refresh_statistics

COLUMNS = ("code", *LEVELS, "lon", "lat")
_REPORTED_PROBLEMS = 1_000
_LEVEL_NUMBER = {name: AddressLevel[name.upper()].value for name in LEVELS}
# Levels that the map shows: rooms and units stand in their building.
_MAPPED = (AddressLevel.NUMBER, AddressLevel.ESTATE, AddressLevel.BUILDING)


@dataclass
class LoadReport:
    """What became of the rows; `problems` holds the first thousand as (row number, message)."""

    received: int = 0
    created: int = 0
    unchanged: int = 0
    rejected: int = 0
    nodes: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)

    def reject(self, row_number: int, message: str) -> None:
        self.rejected += 1
        if len(self.problems) < _REPORTED_PROBLEMS:
            self.problems.append((row_number, message))


class DivisionNames:
    """Town and village names as files write them → division; official, short and derived forms, within the town."""

    def __init__(self) -> None:
        self._towns: dict[str, Division] = {}
        self._villages: dict[tuple[str, str], Division] = {}
        divisions = list(Division.objects.filter(level__in=["TOWN", "VILLAGE"], valid_to__isnull=True))
        for division in divisions:
            forms = [division.name, *(form for form, _kind in derived_names(division.name, division.level.lower()))]
            for form in forms:
                if division.level == "TOWN":
                    self._towns.setdefault(form, division)
                else:
                    self._villages.setdefault((str(division.parent_id), form), division)
        for division in divisions:
            # An official name is never shadowed by another's short form.
            if division.level == "TOWN":
                self._towns[division.name] = division
            else:
                self._villages[str(division.parent_id), division.name] = division

    def town(self, name: str) -> Division | None:
        return self._towns.get(name)

    def village(self, town: Division, name: str) -> Division | None:
        return self._villages.get((town.code, name))


def load_addresses(path: Path, progress: Callable[[int, str], None] | None = None) -> LoadReport:
    """Loads a registry file with the columns code, town … room, lon, lat (blank where absent).

    Idempotent by code. The same address or code twice is reported by row and the first one kept. All or nothing.

    Raises:
        DomainError: missing columns, unreadable file.
    """
    report = LoadReport()
    # Read before COPY starts: the connection answers nothing else while it lasts.
    names = DivisionNames()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS load_node")  # twice in one transaction
        cursor.execute(
            """CREATE TEMP TABLE load_node (
                   key text PRIMARY KEY, parent_key text, code text, level smallint, town text, village text, road text,
                   number text, estate text, building text, unit text, room text, full_text text, lon double precision,
                   lat double precision, row_number int, block_id bigint, weight int DEFAULT 1) ON COMMIT DROP"""
        )
        with cursor.copy(
            "COPY load_node (key, parent_key, code, level, town, village, road, number, estate, building, unit, room,"
            " full_text, lon, lat, row_number) FROM STDIN"
        ) as copy:
            for node in _nodes(path, names, report, progress):
                copy.write_row(node)
        cursor.execute("ANALYZE load_node")
        _tell(progress, report.received, "计算所在块")
        _place_nodes(cursor)
        _tell(progress, report.received, "写入标准地址")
        _insert_nodes(cursor, report)
        _tell(progress, report.received, "更新地图")
        _insert_features(cursor)
        raise_index_version()
        rebuild_pyramid(MapLayer.ADDRESS)
    refresh_statistics("addresses_standardaddress")
    return report


def _tell(progress: Callable[[int, str], None] | None, done: int, message: str) -> None:
    if progress:
        progress(done, message)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [c for c in COLUMNS if c not in (reader.fieldnames or [])]
        if missing:
            raise DomainError("COLUMNS_MISSING", f"缺少列：{'、'.join(missing)}。应有列：{','.join(COLUMNS)}。")
        yield from reader


def _nodes(
    path: Path, names: DivisionNames, report: LoadReport, progress: Callable[[int, str], None] | None
) -> Iterator[tuple]:
    """Nodes of every row, each once; a row's own node is written when its row comes, so that it has the row's code.

    A prefix is held back until the end, since a later row may be that very node with a code of its own.
    """
    own: set[str] = set()
    codes: set[str] = set()
    waiting: dict[str, tuple[Components, str | None]] = {}
    for row_number, row in enumerate(_rows(path), start=1):
        report.received += 1
        if row_number % 50_000 == 0:
            _tell(progress, row_number, "读取")
        divisions = _divisions(row, names, row_number, report)
        if divisions is None:
            continue
        town, village = divisions
        path_nodes = prefixes(
            canonical(
                Components(
                    town.name, village.name if village else "", *((row[level] or "").strip() for level in LEVELS[2:])
                )
            )
        )
        keys = [link_key(node) for node in path_nodes]
        code = (row["code"] or "").strip()
        if keys[-1] in own or (code and code in codes):
            what = "同一地址" if keys[-1] in own else f"编码 {code}"
            report.reject(row_number, f"第 {row_number} 行：{what}在文件中重复，已保留先出现的一行。")
            continue
        own.add(keys[-1])
        codes.add(code)
        point = _point(row, row_number, report)
        waiting.pop(keys[-1], None)
        for position, (node, key) in enumerate(zip(path_nodes[:-1], keys[:-1], strict=True)):
            if key not in own and key not in waiting:
                waiting[key] = (node, keys[position - 1] if position else None)
        yield _record(path_nodes[-1], keys[-1], keys[-2] if len(keys) > 1 else None, code, point, row_number)
    for key, (node, parent_key) in waiting.items():
        yield _record(node, key, parent_key, "", None, None)


def _divisions(
    row: dict[str, str], names: DivisionNames, row_number: int, report: LoadReport
) -> tuple[Division, Division | None] | None:
    town_name, village_name = (row["town"] or "").strip(), (row["village"] or "").strip()
    town = names.town(town_name)
    if town is None:
        report.reject(row_number, f"第 {row_number} 行 town 列：“{town_name}”不是莱州的镇街。")
        return None
    village = names.village(town, village_name) if village_name else None
    if village_name and village is None:
        report.reject(row_number, f"第 {row_number} 行 village 列：{town.name}没有村居“{village_name}”。")
        return None
    return town, village


def _point(row: dict[str, str], row_number: int, report: LoadReport) -> tuple[float, float] | None:
    if not row["lon"] or not row["lat"]:
        return None
    try:
        lon, lat = float(row["lon"]), float(row["lat"])
    except ValueError:
        lon = lat = 0.0
    if in_laizhou_box(lon, lat):
        return lon, lat
    if len(report.problems) < _REPORTED_PROBLEMS:
        report.problems.append(
            (row_number, f"第 {row_number} 行 lon/lat 列：坐标不在莱州范围内，已忽略坐标（检查经纬度是否写反）。")
        )
    return None


def _record(
    node: Components,
    key: str,
    parent_key: str | None,
    code: str,
    point: tuple[float, float] | None,
    row_number: int | None,
) -> tuple:
    lon, lat = point or (None, None)
    return (
        key, parent_key, code or stable_code(node), _LEVEL_NUMBER[node.level()], *node.values(), full_text(node), lon, lat,
        row_number,
    )  # fmt: skip


def _place_nodes(cursor: CursorWrapper) -> None:
    """Block of each node by its point, else by its village; a prefix takes centre and common block of what it holds."""
    current = "g.kind = 'GRID' AND NOT g.is_pseudo AND g.valid_to IS NULL"
    # Rooms share the point of their building, so each place is looked up once, by the index of the grids.
    cursor.execute(
        f"""WITH place AS MATERIALIZED (SELECT DISTINCT lon, lat FROM load_node WHERE lon IS NOT NULL),
            placed AS MATERIALIZED (
                SELECT lon, lat, (SELECT g.id FROM addresses_area g
                                  WHERE {current} AND ST_Covers(g.geom, ST_SetSRID(ST_MakePoint(lon, lat), 4326))
                                  ORDER BY g.id LIMIT 1) AS block_id
                FROM place)
            UPDATE load_node n SET block_id = p.block_id FROM placed p WHERE n.lon = p.lon AND n.lat = p.lat"""
    )
    for level in range(AddressLevel.ROOM, AddressLevel.TOWN, -1):
        cursor.execute(
            """UPDATE load_node p SET lon = coalesce(p.lon, c.lon), lat = coalesce(p.lat, c.lat), weight = c.weight,
                      block_id = coalesce(p.block_id, CASE WHEN c.low = c.high AND c.known THEN c.low END)
               FROM (SELECT parent_key, sum(lon * weight) / sum(weight) FILTER (WHERE lon IS NOT NULL) AS lon,
                            sum(lat * weight) / sum(weight) FILTER (WHERE lon IS NOT NULL) AS lat, sum(weight)::int AS weight,
                            min(block_id) AS low, max(block_id) AS high, bool_and(block_id IS NOT NULL) AS known
                     FROM load_node WHERE level = %s AND parent_key IS NOT NULL GROUP BY parent_key) c
               WHERE p.key = c.parent_key""",
            [level],
        )
    cursor.execute(
        f"""UPDATE load_node n SET block_id = g.id
            FROM (SELECT d.name AS village, t.name AS town, min(g.id) AS id FROM addresses_area g
                  JOIN addresses_division d ON d.code = g.village_id JOIN addresses_division t ON t.code = g.town_id
                  WHERE {current} GROUP BY 1, 2 HAVING count(*) = 1) g
            WHERE n.block_id IS NULL AND n.lon IS NULL AND n.village = g.village AND n.town = g.town"""
    )
    cursor.execute("UPDATE load_node SET block_id = NULL WHERE level = %s", [AddressLevel.TOWN])


def _insert_nodes(cursor: CursorWrapper, report: LoadReport) -> None:
    """Level by level, so that each row finds its parent's id; what exists already stays as it is."""
    cursor.execute(
        """SELECT n.row_number, n.code, s.code, n.key = s.key FROM load_node n
           JOIN addresses_standardaddress s ON s.key = n.key OR s.code = n.code
           WHERE n.row_number IS NOT NULL"""
    )
    clashing: set[int] = set()
    unchanged: set[int] = set()
    for row_number, code, existing_code, is_same_address in cursor.fetchall():
        if code == existing_code and is_same_address:
            unchanged.add(row_number)
        elif row_number not in clashing:
            clashing.add(row_number)
            reason = f"该地址已有编码 {existing_code}" if is_same_address else f"编码 {code} 已用于另一地址"
            report.reject(row_number, f"第 {row_number} 行 code 列：{reason}，未改动。")
    cursor.execute(
        """DELETE FROM load_node n USING addresses_standardaddress s WHERE s.code = n.code AND s.key <> n.key"""
    )
    for level in AddressLevel:
        cursor.execute(
            """INSERT INTO addresses_standardaddress (code, key, level, parent_id, town_id, village_id, road, number, estate,
                      building, unit, room, full_text, point, block_id, state)
               SELECT n.code, n.key, n.level, p.id, t.code, v.code, n.road, n.number, n.estate, n.building, n.unit, n.room,
                      left(n.full_text, 240), ST_SetSRID(ST_MakePoint(n.lon, n.lat), 4326), n.block_id, 'ACTIVE'
               FROM load_node n
               JOIN addresses_division t ON t.name = n.town AND t.level = 'TOWN' AND t.valid_to IS NULL
               LEFT JOIN addresses_division v ON v.name = n.village AND v.parent_id = t.code AND v.valid_to IS NULL
               LEFT JOIN addresses_standardaddress p ON p.key = n.parent_key
               WHERE n.level = %s AND NOT EXISTS (SELECT 1 FROM addresses_standardaddress s WHERE s.key = n.key)
               ON CONFLICT (key) DO NOTHING""",
            [level],
        )
        report.nodes += cursor.rowcount
    report.unchanged = len(unchanged - clashing)
    report.created = report.received - report.rejected - report.unchanged


def _insert_features(cursor: CursorWrapper) -> None:
    cursor.execute(
        """INSERT INTO addresses_mapfeature (layer, subject_id, kind, block_id, geom)
           SELECT %s, s.id, CASE s.level WHEN 4 THEN 'NUMBER' WHEN 5 THEN 'ESTATE' ELSE 'BUILDING' END, s.block_id, s.point
           FROM load_node n JOIN addresses_standardaddress s ON s.key = n.key
           WHERE s.level = ANY(%s) AND s.point IS NOT NULL AND s.block_id IS NOT NULL
           ON CONFLICT (layer, subject_id) DO NOTHING""",
        [int(MapLayer.ADDRESS), [int(level) for level in _MAPPED]],
    )
