"""Two ledgers of the traffic brigade: facilities (XLSX, real dates, points) and hidden dangers (CSV)."""

from __future__ import annotations

from datetime import timedelta

from console.city.agency.desk import Desk, put_address, put_written
from console.city.agency.noise import Noise
from console.city.agency.records import ACCEPTED, ANY, FACILITY, AgencyFile, AgencyRow
from console.city.agency.security import put_position
from console.city.facilities import DANGER_NAME, Danger, Facility
from console.city.road_register import stake_text
from console.city.spots import Spot
from console.city.wording import AddressWriter

FACILITY_COLUMNS = (
    "设施编号", "设施名称", "设施类型", "设施状态", "道路名称", "桩号", "位置", "经度", "纬度", "坐标系",
    "规格型号", "泊位数", "管养单位", "安装日期", "使用期限", "更新日期",
)  # fmt: skip
DANGER_COLUMNS = (
    "隐患编号", "隐患点名称", "设施类型", "道路名称", "桩号", "位置", "经度", "纬度", "坐标系", "隐患等级",
    "主要隐患", "整治意见", "整改单位(责任部门)", "整改期限", "复查日期", "复查结果", "照片", "更新日期",
)  # fmt: skip
# Ledgers of the brigade come with points more often than files of persons do.
_POINT_GIVEN = 0.97


def make_facility_file(desk: Desk) -> AgencyFile:
    """All facilities."""
    file = AgencyFile(
        "FACILITY_LEDGER", FACILITY, "交通设施台账", f"交通设施台账_{desk.as_of:%Y%m}.xlsx", "xlsx",
        FACILITY_COLUMNS, desk.as_of - timedelta(days=12),
    )  # fmt: skip
    noise, writer = desk.noise(file.source, "real"), desk.writer("default")
    rows = [_facility_row(facility, desk, noise, writer, file) for facility in desk.roadside.facilities]
    file.rows = noise.repeat_some(rows)
    return file


def _facility_row(facility: Facility, desk: Desk, noise: Noise, writer: AddressWriter, file: AgencyFile) -> AgencyRow:
    row, draw = AgencyRow({"设施编号": facility.number}, facility.id), noise.draw
    is_planted = facility is desk.roadside.broken_signal
    noise.text(row, "设施名称", facility.name, optional=False)
    row.cells["设施类型"] = facility.kind_name
    row.cells["设施状态"] = noise.name_of("facility_state", facility.state)
    _put_spot(row, facility.spot, desk, noise, writer, sure=is_planted)
    noise.text(row, "规格型号", facility.model)
    row.cells["泊位数"] = "" if facility.capacity is None else facility.capacity
    noise.text(row, "管养单位", facility.owner)
    noise.date(row, "安装日期", facility.installed_on)
    noise.date(row, "使用期限", facility.expires_on)
    noise.date(row, "更新日期", file.observed_on - timedelta(days=draw.integer(0, 400)))
    if not is_planted:
        noise.blank_key(row, "设施编号")
    return row


def make_danger_file(desk: Desk) -> AgencyFile:
    """All hidden dangers, treated or not, in the columns of the squadrons' ledger."""
    file = AgencyFile(
        "DANGER_LEDGER", FACILITY, "隐患排查台账", f"隐患排查台账_{desk.as_of:%Y%m}.csv", "csv",
        DANGER_COLUMNS, desk.as_of - timedelta(days=3), "gb18030",
    )  # fmt: skip
    noise, writer = desk.noise(file.source, "dashes"), desk.writer("default")
    file.rows = noise.repeat_some([_danger_row(danger, desk, noise, writer) for danger in desk.roadside.dangers])
    return file


def _danger_row(danger: Danger, desk: Desk, noise: Noise, writer: AddressWriter) -> AgencyRow:
    row, draw = AgencyRow({"隐患编号": danger.number}, danger.id), noise.draw
    noise.text(row, "隐患点名称", danger.name, optional=False)
    # The column decides what the thing is: it is never left blank.
    row.cells["设施类型"] = DANGER_NAME
    _put_spot(row, danger.spot, desk, noise, writer)
    row.cells |= {"经度": str(row.cells["经度"]), "纬度": str(row.cells["纬度"])}
    row.cells["隐患等级"] = noise.name_of("danger_grade", danger.grade)
    noise.text(row, "主要隐患", danger.danger, optional=False)
    noise.text(row, "整治意见", danger.treatment)
    noise.text(row, "整改单位(责任部门)", danger.treated_by)
    noise.date(row, "整改期限", danger.treat_by_on)
    noise.date(row, "复查日期", danger.reviewed_on)
    row.cells["复查结果"] = danger.result
    row.cells["照片"] = f"{danger.number}_{draw.integer(1, 4)}.jpg" if draw.chance(0.8) else ""
    noise.date(row, "更新日期", max(day for day in (danger.found_on, danger.reviewed_on) if day))
    noise.blank_key(row, "隐患编号")
    return row


def _put_spot(
    row: AgencyRow, spot: Spot, desk: Desk, noise: Noise, writer: AddressWriter, *, sure: bool = False
) -> None:
    """Road, stake, place and point of a spot; `sure`: with a point that is right."""
    draw = noise.draw
    row.cells["道路名称"] = spot.road.road.name if spot.road else ""
    row.cells["桩号"] = "" if spot.stake_m is None else stake_text(spot.stake_m)
    if spot.stake_m is not None and draw.chance(noise.facilities["stake_in_kilometres"]):
        row.cells["桩号"] = f"{spot.stake_m / 1000:.3f}"
        row.defects.append("桩号:stake_in_kilometres")
    if spot.site is not None:
        put_written(row, "位置", spot.site)
    elif spot.address is not None:
        put_address(row, "位置", spot.address, writer, draw, draw.pick(desk.population.persons))
    if sure:
        row.cells |= {"经度": spot.lon, "纬度": spot.lat, "坐标系": "WGS84"}
        return
    put_position(row, spot.lon, spot.lat, noise, given=_POINT_GIVEN)
    # A point that is written the wrong way round holds the row back until somebody mends it.
    if "经度:swapped" in row.defects and row.expected == ACCEPTED:
        row.expected = ANY
