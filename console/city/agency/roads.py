"""The highway authority's register of roads: lines as WKT, names where a system would hold codes."""

from __future__ import annotations

from datetime import timedelta

from console.city.agency.desk import Desk
from console.city.agency.noise import Noise
from console.city.agency.records import ROAD, AgencyFile, AgencyRow
from console.city.road_register import RegisteredRoad, stake_text
from console.city.roads import line_in_degrees

COLUMNS = (
    "道路编号", "路线编号", "道路名称", "技术等级", "行政等级", "限速", "车道数", "管养单位", "起点桩号", "终点桩号",
    "坐标系", "WKT", "更新日期",
)  # fmt: skip


def make_road_file(desk: Desk) -> AgencyFile:
    """All roads of the network. Numbers are always there: without its roads the city has no sections."""
    file = AgencyFile(
        "HIGHWAY", ROAD, "公路与农村公路基础数据", f"道路基础数据_{desk.as_of:%Y%m}.csv", "csv",
        COLUMNS, desk.as_of - timedelta(days=40), "utf-8-sig",
    )  # fmt: skip
    noise = desk.noise(file.source, "slashes")
    file.rows = noise.repeat_some([_row(road, noise, file) for road in desk.roadside.roads])
    return file


def _row(item: RegisteredRoad, noise: Noise, file: AgencyFile) -> AgencyRow:
    row, draw = AgencyRow({}, item.id), noise.draw
    row.cells["道路编号"] = item.number
    row.cells["路线编号"] = item.route_code
    noise.text(row, "道路名称", item.road.name, optional=False)
    row.cells["技术等级"] = noise.name_of("road_class", item.road_class)
    row.cells["行政等级"] = noise.name_of("road_admin_class", item.admin_class)
    row.cells["限速"] = str(item.speed_limit_kmh)
    if draw.chance(0.1):
        row.cells["限速"] = f"{item.speed_limit_kmh}km/h"
        row.defects.append("限速:unit_in_number")
    noise.text(row, "车道数", str(item.lanes))
    noise.text(row, "管养单位", item.manager)
    length_m = item.road.line.length
    for column, distance in (("起点桩号", 0.0), ("终点桩号", length_m)):
        stake = item.stake_at(distance)
        row.cells[column] = "" if stake is None else stake_text(stake)
    line = line_in_degrees(item.road)
    points = ", ".join(f"{lon:.6f} {lat:.6f}" for lon, lat in line.coords)
    row.cells |= {"坐标系": "WGS84", "WKT": f"LINESTRING ({points})"}
    noise.date(row, "更新日期", file.observed_on - timedelta(days=draw.integer(0, 700)))
    return row
