"""Violations: one file of three years, and one of the last month's corrections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from console.city.agency.desk import Desk
from console.city.agency.happenings.scene import Scene, put_place
from console.city.agency.records import AgencyFile, AgencyRow
from console.city.draws import Weighted
from console.city.vehicles import Vehicle

VIOLATION = "VIOLATION"
_COLUMNS = (
    "XH", "WFSJ", "WFXW", "WFDZ", "经度", "纬度", "HPHM", "HPZL", "DSR", "JSZH", "SCZ", "BZZ", "CJJG", "CLFS", "CLSJ", "CLJG",
    "JDSBH", "FKJE", "WFJFS", "JKBJ", "SFZX",
)  # fmt: skip
_SPEEDING = {"1349", "1352", "1632", "1634"}
_LATER = 45
_FIRST_RARE = 9_000_001


def make_violation_files(desk: Desk) -> list[AgencyFile]:
    """Three years of violations; then what became of the newest since, some of them taken back."""
    first = AgencyFile(
        "TMRI_VIOLATION", VIOLATION, "公安交管综合应用平台 违法信息", f"违法信息_{desk.as_of:%Y%m}.csv", "csv", _COLUMNS,
        desk.as_of, "gb18030",
    )  # fmt: skip
    later = AgencyFile(
        "TMRI_VIOLATION", VIOLATION, "公安交管综合应用平台 违法信息 变更", f"违法信息_变更_{desk.as_of:%Y%m}.csv", "csv", _COLUMNS,
        desk.as_of, "gb18030",
    )  # fmt: skip
    scene = Scene(desk, "violations")
    table: dict[str, Any] = scene.table["violation"]
    codes = Weighted({code: weight for code, (weight, _fine, _points) in table["code"].items()})
    count = round(len(desk.population.vehicles) * scene.table["counts"]["violations"])
    for index, moment in enumerate(sorted(scene.moment("violation") for _ in range(count)), start=1):
        cells = _violation(f"370683{moment:%y%m%d}{index:07d}", moment, scene, table, codes)
        first.rows.append(AgencyRow(cells, ""))
        if not cells["CLSJ"] and (desk.as_of - moment.date()).days < _LATER and scene.draw.chance(0.5):
            later.rows.append(AgencyRow(_processed(cells, desk, scene), ""))
    first.rows += [AgencyRow(cells, "") for cells in _rare_violations(Scene(desk, "rare violations"), table)]
    return [first, later]


def _rare_violations(scene: Scene, table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Grave ones that chance would leave out: every second in the last year, so that those of before nearly count."""
    draw, index = scene.draw, _FIRST_RARE
    for code, (thousandth, fine, points, types) in table["rare"].items():
        fitting = [vehicle for vehicle in scene.vehicles if vehicle.vehicle_type.startswith(types)]
        if not fitting:
            continue
        for turn in range(max(2, round(len(scene.vehicles) * thousandth / 1000))):
            moment = scene.moment("violation", 300) - timedelta(days=400 * (turn % 2))
            yield _stopped(f"370683{moment:%y%m%d}{index}", moment, scene, draw.pick(fitting), (code, fine, points))
            index += 1


def _stopped(
    number: str, moment: datetime, scene: Scene, vehicle: Vehicle, offence: tuple[str, int, int]
) -> dict[str, Any]:
    """A violation that an officer met on the road and settled there."""
    draw, driver = scene.draw, scene.driver_of(vehicle)
    code, fine, points = offence
    cells: dict[str, Any] = dict.fromkeys(_COLUMNS, "") | {
        "XH": number, "WFSJ": f"{moment:%Y-%m-%d %H:%M:%S}", "WFXW": code,
        "HPHM": vehicle.plate_number, "HPZL": vehicle.plate_type, "DSR": driver.name, "JSZH": driver.citizen_id,
        "CJJG": "莱州市公安局交警大队", "CLFS": "1", "CLSJ": f"{moment:%Y-%m-%d} 23:30", "CLJG": "莱州市公安局交警大队",
        "JDSBH": f"3706831{draw.digits(9)}", "FKJE": fine, "WFJFS": points, "JKBJ": "1", "SFZX": "0",
    }  # fmt: skip
    put_place(cells, scene.place(), draw, words="WFDZ")
    return cells


def _violation(number: str, moment: Any, scene: Scene, table: dict[str, Any], codes: Weighted[str]) -> dict[str, Any]:
    draw = scene.draw
    code = draw.weighted(codes)
    _weight, fine, points = table["code"][code]
    is_foreign = draw.chance(table["foreign"])
    vehicle = None if is_foreign else scene.vehicle()
    by_camera = draw.chance(table["seen_by_camera"])
    is_processed = not by_camera or draw.chance(scene.rates.violation_processed)
    driver = scene.driver_of(vehicle) if vehicle and is_processed and not draw.chance(table["unknown_person"]) else None
    processed = moment + timedelta(days=draw.integer(0, 60) if by_camera else 0, minutes=draw.integer(1, 300))
    limit = draw.pick((40, 60, 60, 70, 80))
    cells: dict[str, Any] = {
        "XH": number, "WFSJ": f"{moment:%Y-%m-%d %H:%M:%S}", "WFXW": code,
        "HPHM": vehicle.plate_number if vehicle else scene.foreign_plate(), "HPZL": vehicle.plate_type if vehicle else "02",
        "DSR": driver.name if driver else "", "JSZH": driver.citizen_id if driver else "",
        "SCZ": round(limit * draw.uniform(1.1, 1.6)) if code in _SPEEDING else "", "BZZ": limit if code in _SPEEDING else "",
        "CJJG": "莱州市公安局交警大队", "CLFS": "2" if by_camera else "1", "CLSJ": "", "CLJG": "", "JDSBH": "", "FKJE": fine,
        "WFJFS": points, "JKBJ": "0", "SFZX": "0",
    }  # fmt: skip
    if is_processed and processed.date() <= scene.as_of:
        cells |= {
            "CLSJ": f"{processed:%Y-%m-%d %H:%M}",
            "CLJG": "莱州市公安局交警大队",
            "JDSBH": f"3706831{draw.digits(9)}",
        }
        cells["JKBJ"] = "1" if draw.chance(0.9) else "0"
    put_place(cells, scene.place(), draw, words="WFDZ")
    return cells


def _processed(cells: dict[str, Any], desk: Desk, scene: Scene) -> dict[str, Any]:
    """The same violation a while later: processed, or found to be void."""
    if scene.draw.chance(0.08):
        return {**cells, "SFZX": "1"}
    return {
        **cells,
        "CLSJ": f"{desk.as_of:%Y-%m-%d} 10:{scene.draw.integer(0, 59):02d}",
        "CLJG": "莱州市公安局交警大队",
        "JKBJ": "1",
    }
