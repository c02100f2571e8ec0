"""Calls to 122 and 110 about traffic."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from console.city.agency.desk import Desk
from console.city.agency.happenings.scene import Scene, put_place
from console.city.agency.records import AgencyFile, AgencyRow
from console.city.draws import Weighted

INCIDENT = "INCIDENT"
_COLUMNS = (
    "JJBH", "JJSJ", "BJFS", "JQLB", "BJNR", "BJDH", "SFDZ", "经度", "纬度", "PJSJ", "DDSJ", "处结时间", "处警单位", "CLJG",
)  # fmt: skip


def make_incident_file(desk: Desk) -> AgencyFile:
    """The last year; the newest are not closed yet."""
    scene = Scene(desk, "incidents")
    table: dict[str, Any] = scene.table["incident"]
    categories = Weighted(table["category"])
    file = AgencyFile(
        "COMMAND_CENTRE",
        INCIDENT,
        "接处警系统 交通警情",
        f"交通警情_{desk.as_of:%Y%m}.csv",
        "csv",
        _COLUMNS,
        desk.as_of,
        "utf-8-sig",
    )
    count = round(len(desk.population.vehicles) * scene.table["counts"]["incidents"])
    for index, moment in enumerate(sorted(scene.moment("incident", 365) for _ in range(count)), start=1):
        file.rows.append(AgencyRow(_incident(f"{moment:%Y%m%d}{index:06d}", moment, scene, table, categories), ""))
    return file


def _incident(
    number: str, moment: Any, scene: Scene, table: dict[str, Any], categories: Weighted[str]
) -> dict[str, Any]:
    draw = scene.draw
    category = draw.weighted(categories)
    dispatched = moment + timedelta(minutes=draw.integer(1, 6))
    arrived = dispatched + timedelta(minutes=draw.integer(4, 35))
    closed = arrived + timedelta(minutes=draw.integer(5, 120))
    caller = draw.pick(scene.drivers)
    cells: dict[str, Any] = {
        "JJBH": number, "JJSJ": f"{moment:%Y-%m-%d %H:%M:%S}", "BJFS": draw.pick(("122", "122", "110", "网上报警")),
        "JQLB": category, "BJNR": table["words"][category] + (f"，联系{caller.phone}" if draw.chance(0.1) else ""),
        "BJDH": caller.phone, "PJSJ": f"{dispatched:%Y-%m-%d %H:%M}", "DDSJ": f"{arrived:%Y-%m-%d %H:%M}",
        "处结时间": f"{closed:%Y-%m-%d %H:%M}" if closed.date() < scene.as_of else "", "处警单位": "",
        "CLJG": draw.pick(("现场处理完毕", "当事人自行协商", "移交事故中队", "已疏导")),
    }  # fmt: skip
    put_place(cells, scene.place(is_clustered=category == "1"), draw, words="SFDZ")
    return cells
