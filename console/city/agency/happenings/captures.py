"""Checkpoint readings of the last three days, with what cameras get wrong and plates that are in two places."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from console.city.agency.desk import Desk
from console.city.agency.happenings.scene import Place, Scene
from console.city.agency.records import AgencyFile, AgencyRow
from console.city.vehicles import Vehicle

CAPTURE = "CAPTURE"
_COLUMNS = (
    "GCXH", "GCSJ", "HPHM", "HPZL", "HPYS", "ZXD", "KKBH", "KKMC", "经度", "纬度", "CDH", "FXMC", "CLSD", "CLXS", "CLLX", "CSYS",
    "TPDZ",
)  # fmt: skip
_DAYS = 3
_COLOURS = {"01": "黄", "02": "蓝", "15": "黄", "51": "黄绿", "52": "渐变绿"}


def make_capture_file(desk: Desk) -> AgencyFile:
    """Vehicles of the city and of elsewhere; a few plates twice within minutes, far apart."""
    scene = Scene(desk, "captures")
    places = scene.checkpoints()
    file = AgencyFile(
        "CHECKPOINT",
        CAPTURE,
        "卡口过车记录",
        f"过车记录_{desk.as_of:%Y%m%d}.csv",
        "csv",
        _COLUMNS,
        desk.as_of,
        "utf-8",
    )
    count = round(len(desk.population.vehicles) * scene.table["counts"]["captures"])
    cells = [_capture(scene, scene.moment("violation", _DAYS), places) for _ in range(count)]
    cells += [one for _ in range(scene.table["capture"]["clones"]) for one in _clone(scene, places)]
    cells.sort(key=lambda row: row["GCSJ"])
    for index, row in enumerate(cells, start=1):
        row["GCXH"] = f"KK{desk.as_of:%Y%m%d}{index:08d}"
        file.rows.append(AgencyRow(row, ""))
    return file


def _capture(
    scene: Scene, moment: datetime, places: list[Place], vehicle: Vehicle | None = None, number: int | None = None
) -> dict[str, Any]:
    draw, table = scene.draw, scene.table["capture"]
    if vehicle is None and not draw.chance(0.25):
        vehicle = scene.vehicle()
    place_number = draw.integer(0, len(places) - 1) if number is None else number
    place = places[place_number]
    plate = vehicle.plate_number if vehicle else scene.foreign_plate()
    confidence = draw.integer(88, 99)
    if draw.chance(table["misread"]):
        plate, confidence = _misread(plate, table["confusable"]), draw.integer(55, 84)
    elif draw.chance(table["unread"]):
        plate, confidence = draw.pick(("未识别", "无牌", plate[:4] + "??")), draw.integer(5, 40)
    return {
        "GCXH": "", "GCSJ": f"{moment:%Y-%m-%d %H:%M:%S}", "HPHM": plate, "HPZL": vehicle.plate_type if vehicle else "02",
        "HPYS": _COLOURS.get(vehicle.plate_type if vehicle else "02", "蓝"), "ZXD": confidence, "KKBH": f"37068300001190{place_number:06d}",
        "KKMC": place.words, "经度": f"{place.lon:.6f}", "纬度": f"{place.lat:.6f}", "CDH": draw.integer(1, 4),
        "FXMC": draw.pick(("由东向西", "由西向东", "由南向北", "由北向南")), "CLSD": draw.integer(25, 95), "CLXS": 70,
        "CLLX": vehicle.vehicle_type if vehicle else "K33", "CSYS": vehicle.colour if vehicle else draw.pick(("A", "J", "B", "H")),
        "TPDZ": f"pic/{place_number}/{moment:%Y%m%d%H%M%S}",
    }  # fmt: skip


def _misread(plate: str, confusable: dict[str, str]) -> str:
    """The last character that looks like another one is taken for it."""
    for position in range(len(plate) - 1, 1, -1):
        if plate[position] in confusable:
            return plate[:position] + confusable[plate[position]] + plate[position + 1 :]
    return plate


def _clone(scene: Scene, places: list[Place]) -> list[dict[str, Any]]:
    """One plate at the two checkpoints that lie farthest apart, four minutes between; the second car has another colour."""
    vehicle, moment = scene.vehicle(), scene.moment("violation", _DAYS)
    first = scene.draw.integer(0, len(places) - 1)
    here = places[first]
    far = max(range(len(places)), key=lambda i: abs(places[i].lon - here.lon) + abs(places[i].lat - here.lat))
    one = _capture(scene, moment, places, vehicle, first)
    other = _capture(scene, moment + timedelta(minutes=4), places, vehicle, far)
    for row in (one, other):
        row["HPHM"], row["ZXD"] = vehicle.plate_number, 97
    other["CSYS"] = "E" if vehicle.colour != "E" else "J"
    return [one, other]
