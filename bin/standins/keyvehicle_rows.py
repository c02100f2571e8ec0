"""The columns of key-vehicle supervision, and the violations that it sees."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import beijing
from faults import RowShape
from invention import Row
from movement import Fix

# JT/T 415
COLOUR_CODES = {"蓝": "1", "黄": "2", "黑": "3", "白": "4", "黄绿": "93", "渐变绿": "94"}
SHAPES = {
    "vehicles": RowShape("业户名称", ("更新日期",)),
    "permits": RowShape("许可证号", ("有效期止",)),
    "violations": RowShape("违法行为代码", ("违法时间",), "经度", "纬度"),
    "positions": RowShape("speed_kmh", ("time",), "lon", "lat"),
}
# code, what it is, fine in yuan, points
_VIOLATIONS = (
    ("1352", "驾驶中型以上载客载货汽车超速", 200, 3),
    ("1637", "驾驶货车载物超过核定载质量30%以上", 500, 6),
    ("1340", "上道路行驶的机动车未按规定定期进行安全技术检验", 200, 1),
    ("1625", "驾驶机动车违反道路交通信号灯通行", 200, 6),
    ("1344", "违反禁令标志指示", 100, 1),
    ("1116", "违反禁令标志指示", 100, 1),
    ("6014", "运输砂石等易散落物品未遮盖", 200, 0),
)


def vehicle_row(vehicle: Row, changed_on: date) -> Row:
    """A row of the daily snapshot."""
    return {
        "车牌号": vehicle["plate"],
        "车牌颜色": vehicle.get("plate_colour", ""),
        "车架号": vehicle.get("vin", ""),
        "车辆类型": vehicle.get("vehicle_type", ""),
        "经营范围": vehicle.get("use_nature", ""),
        "业户名称": vehicle.get("owner_name", ""),
        "业户信用代码": vehicle.get("owner_number", ""),
        "核定载客": vehicle.get("seats", ""),
        "总质量(kg)": vehicle.get("total_mass_kg", ""),
        "年审有效期": vehicle.get("inspection_valid_to", ""),
        "停放地址": vehicle.get("parking", ""),
        "驾驶员": vehicle.get("driver_name", ""),
        "驾驶人身份证号": vehicle.get("driver_number", ""),
        "更新日期": changed_on.isoformat(),
    }


def permit_row(vehicle: Row, random: Random, today: date) -> Row:
    """The transport permit of a vehicle; one in ten has run out."""
    begins = today - timedelta(days=random.randrange(30, 1460))
    return {
        "许可证号": f"鲁交运管许可莱字{random.randrange(10**8):08d}号",
        "车牌号": vehicle["车牌号"],
        "车牌颜色": vehicle["车牌颜色"],
        "经营范围": vehicle["经营范围"],
        "业户名称": vehicle["业户名称"],
        "业户信用代码": vehicle["业户信用代码"],
        "有效期起": begins.isoformat(),
        "有效期止": (begins + timedelta(days=1460 if random.random() < 0.9 else 20)).isoformat(),
        "状态": "有效",
    }


def violation_row(number: int, vehicle: Row, fix: Fix, random: Random, now: datetime) -> Row:
    """A violation on the road, where the vehicle is just now."""
    code, what, fine, points = random.choice(_VIOLATIONS)
    return {
        "违法编号": f"ZD370683{now:%Y%m%d}{number:06d}",
        "车牌号": vehicle["车牌号"],
        "车牌颜色": vehicle["车牌颜色"],
        "违法行为代码": code,
        "违法行为": what,
        "违法时间": beijing.second(now),
        "经度": f"{fix.lon:.6f}",
        "纬度": f"{fix.lat:.6f}",
        "驾驶人身份证号": vehicle["驾驶人身份证号"],
        "罚款金额": str(fine),
        "记分": str(points),
    }


def position_row(vehicle: Row, fix: Fix, moment: datetime) -> Row:
    """Where a vehicle was."""
    colour = str(vehicle["车牌颜色"]).removesuffix("色")
    return {
        "plate": vehicle["车牌号"],
        "plate_colour": COLOUR_CODES.get(colour, "9"),
        "lon": f"{fix.lon:.6f}",
        "lat": f"{fix.lat:.6f}",
        "speed_kmh": str(fix.speed_kmh),
        "direction": str(fix.direction_deg),
        "time": beijing.second(moment),
    }


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    """UTF-8 without BOM; no rows, no header."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]) if rows else [], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()
