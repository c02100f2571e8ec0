"""Accidents and who was in them."""

from __future__ import annotations

from typing import Any

from console.city.agency.desk import Desk
from console.city.agency.happenings.scene import Scene, put_place
from console.city.agency.records import AgencyFile, AgencyRow
from console.city.draws import Weighted

ACCIDENT, PARTY = "ACCIDENT", "PARTY"
_COLUMNS = (
    "SGBH", "SGFSSJ", "SGLX", "SGXT", "CLJSG", "SGRDYY", "SWRS", "SSRS", "ZJCCSS", "TQ", "ZMTJ", "LBQK", "DLXX", "LKLDLX",
    "JTXHFS", "LH", "KLM", "SGDD", "经度", "纬度", "办理单位", "简要案情", "记录状态",
)  # fmt: skip
_PARTY_COLUMNS = (
    "SGBH", "RYBH", "XM", "SFZMHM", "NL", "JTFS", "SHCD", "SGZR", "SGRDYY", "HPHM", "HPZL", "CLLX",
)  # fmt: skip
_FATAL, _INJURY, _SUMMARY = "1", "2", "4"
_VOID = 0.004


def make_accident_files(desk: Desk) -> list[AgencyFile]:
    """Three years of accidents; some parties drive vehicles that no register knows."""
    observed = desk.as_of
    accidents = AgencyFile(
        "TMRI_ACCIDENT",
        ACCIDENT,
        "公安交管综合应用平台 事故信息",
        f"事故信息_{desk.as_of:%Y%m}.csv",
        "csv",
        _COLUMNS,
        observed,
        "gb18030",
    )
    parties = AgencyFile(
        "TMRI_ACCIDENT",
        PARTY,
        "公安交管综合应用平台 事故人员",
        f"事故人员_{desk.as_of:%Y%m}.csv",
        "csv",
        _PARTY_COLUMNS,
        observed,
        "gb18030",
    )
    maker = _AccidentMaker(Scene(desk, "accidents"))
    count = round(len(desk.population.vehicles) * maker.scene.table["counts"]["accidents"])
    moments = sorted(maker.scene.moment("accident") for _ in range(count))
    for index, moment in enumerate(moments, start=1):
        number = f"3706831{moment.year}{index:06d}"
        row, people = maker.make(number, moment)
        accidents.rows.append(row)
        parties.rows += people
    return [accidents, parties]


class _AccidentMaker:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        table: dict[str, Any] = scene.table["accident"]
        self._of = {name: Weighted(weights) for name, weights in table.items()}

    def make(self, number: str, moment: Any) -> tuple[AgencyRow, list[AgencyRow]]:
        draw, of = self.scene.draw, self._of
        kind = draw.weighted(of["type"])
        # At night less happens, and worse.
        if moment.hour < 6 and kind == _SUMMARY and draw.chance(0.25):
            kind = draw.pick((_FATAL, _INJURY))
        form = draw.weighted(of["form"])
        deaths = (2 if draw.chance(0.06) else 1) if kind == _FATAL else 0
        injured = draw.integer(1, 3) if kind == _INJURY else (draw.integer(0, 2) if kind == _FATAL else 0)
        cause = draw.weighted(of["cause"])
        cells: dict[str, Any] = {
            "SGBH": number, "SGFSSJ": f"{moment:%Y-%m-%d %H:%M}", "SGLX": kind, "SGXT": form,
            "CLJSG": draw.weighted(of["collision"]) if form == "11" else "", "SGRDYY": cause, "SWRS": deaths, "SSRS": injured,
            "ZJCCSS": draw.integer(2, 60) * 100 if kind == _SUMMARY else draw.integer(10, 400) * 100,
            "TQ": draw.weighted(of["weather"]), "ZMTJ": self._light(moment.hour), "LBQK": draw.weighted(of["surface"]),
            "DLXX": draw.weighted(of["alignment"]), "LKLDLX": draw.weighted(of["junction"]),
            "JTXHFS": draw.weighted(of["control"]), "办理单位": "", "简要案情": "", "记录状态": "作废" if draw.chance(_VOID) else "正常",
        }  # fmt: skip
        put_place(cells, self.scene.place(is_clustered=True), draw, words="SGDD", road="LH", stake="KLM")
        people = self._parties(number, moment, cells, deaths, injured)
        return AgencyRow(cells, ""), people

    def _light(self, hour: int) -> str:
        if 6 <= hour < 18:
            return "1"
        return "2" if self.scene.draw.chance(0.55) else "3"

    def _parties(self, number: str, moment: Any, cells: dict[str, Any], deaths: int, injured: int) -> list[AgencyRow]:
        draw = self.scene.draw
        count = 1 if cells["SGXT"] in {"31", "33", "35", "36"} else 2
        hurt = ["1"] * deaths + ["3" if draw.chance(0.75) else "2" for _ in range(injured)]
        rows = []
        for place in range(1, max(count, len(hurt)) + 1):
            is_first = place == 1
            mode = (
                draw.weighted(self._of["travel"])
                if not is_first
                else draw.pick(("K3", "K3", "K3", "H1", "H3", "M1", "F6"))
            )
            rows.append(AgencyRow(self._party(number, place, mode, moment, cells, hurt, count), ""))
        return rows

    def _party(
        self, number: str, place: int, mode: str, moment: Any, cells: dict[str, Any], hurt: list[str], count: int
    ) -> dict[str, Any]:
        draw, scene = self.scene.draw, self.scene
        is_driver = mode[0] in "KHM" and place <= count
        vehicle = scene.vehicle() if is_driver and not draw.chance(0.2) else None
        person = scene.driver_of(vehicle) if vehicle else draw.pick(scene.drivers)
        plate = vehicle.plate_number if vehicle else (scene.foreign_plate() if is_driver else "")
        return {
            "SGBH": number, "RYBH": place, "XM": person.name, "SFZMHM": "" if draw.chance(0.05) else person.citizen_id,
            "NL": (moment.date() - person.birth_on).days // 365, "JTFS": mode if place <= count else "C2",
            # Who is hurt is more often the second, who did not drive a lorry.
            "SHCD": hurt[-place] if place <= len(hurt) else "4",
            "SGZR": ("1" if count == 1 else "2") if place == 1 else ("4" if place == 2 else ""),
            "SGRDYY": cells["SGRDYY"] if place == 1 else "", "HPHM": plate,
            "HPZL": vehicle.plate_type if vehicle else ("02" if plate else ""), "CLLX": vehicle.vehicle_type if vehicle else "",
        }  # fmt: skip
