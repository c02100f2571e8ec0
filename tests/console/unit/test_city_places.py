"""Houses, roads, facilities, dangers and the planted cases: the files read by the import say what the truth says."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely
from openpyxl import load_workbook

from common.geometry import in_laizhou_box
from console.city.build import BuildReport, build_city
from console.city.roads import build_roads
from elements.kinds import KINDS
from exchange.importers.fields import PARSERS
from exchange.importers.mapping import UNDECIDED, suggest

AS_OF = date(2026, 10, 31)
SEED = 1
# Large enough for a building of 40 rooms and a firm of five buses.
ADDRESSES, ELEMENTS, MOVABLE = 9_000, 5_530, 4_000
# File as the manifest names its source → encoding and delimiter; the ledger of facilities is a workbook.
TEXT_FILES = {
    "SECURITY_HOUSE": ("gb18030", ","),
    "HIGHWAY": ("utf-8-sig", ","),
    "DANGER_LEDGER": ("gb18030", ","),
    "TMRI_DRIVER": ("gb18030", ","),
    "TMRI_VEHICLE": ("gb18030", ","),
    "SECURITY_PERSON": ("utf-8-sig", ","),
    "TRANSPORT": ("gb18030", ";"),
    "VILLAGE_NOTEBOOK": ("utf-8", "\t"),
}
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> BuildReport:
    out = tmp_path_factory.mktemp("places") / "made"
    return build_city(seed=SEED, as_of=AS_OF, out=out, addresses=ADDRESSES, elements=ELEMENTS)


@pytest.fixture(scope="module")
def sheets(city: BuildReport) -> Rows:
    """Source → rows; each row carries its truth under "truth"."""
    read: Rows = {}
    for path in sorted(city.truth.glob("rows_*.jsonl")):
        source = path.stem.removeprefix("rows_")
        truths = _lines(path)
        if source in TEXT_FILES or source == "FACILITY_LEDGER":
            first = [truth for truth in truths if truth["file"] == truths[0]["file"]]
            rows = _read(city.out / truths[0]["file"], source)
            read[source] = [row | {"truth": truth} for row, truth in zip(rows, first, strict=True)]
    return read


@pytest.fixture(scope="module")
def things(city: BuildReport) -> dict[str, dict[str, Any]]:
    return {thing["thing"]: thing for thing in _lines(city.truth / "things.jsonl")}


@pytest.fixture(scope="module")
def planted(city: BuildReport) -> dict[str, Any]:
    return json.loads((city.truth / "planted.json").read_text(encoding="utf-8"))


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _read(path: Path, source: str) -> list[dict[str, Any]]:
    if source == "FACILITY_LEDGER":
        header, *lines = load_workbook(path, read_only=True).active.iter_rows(values_only=True)
        return [dict(zip(header, line, strict=True)) for line in lines]
    encoding, delimiter = TEXT_FILES[source]
    text = path.read_bytes().decode(encoding)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def _parsed(kind: str, field: str, cell: Any) -> Any:
    text = cell.date().isoformat() if isinstance(cell, datetime) else str(cell or "")
    return PARSERS[kind][field](text)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("SECURITY_HOUSE", "HOUSE"),
        ("HIGHWAY", "ROAD"),
        ("FACILITY_LEDGER", "FACILITY"),
        ("DANGER_LEDGER", "FACILITY"),
        ("SECURITY_PERSON", "PERSON"),
        ("TMRI_DRIVER", "PERSON"),
        ("TRANSPORT", "VEHICLE"),
    ],
)
def test_the_import_knows_every_column(sheets: Rows, source: str, kind: str) -> None:
    headers = [header for header in sheets[source][0] if header != "truth"]
    suggested = suggest(KINDS[kind], headers)
    assert UNDECIDED not in {suggested[header] for header in headers}


@pytest.mark.parametrize(
    ("source", "kind"),
    [("SECURITY_HOUSE", "HOUSE"), ("HIGHWAY", "ROAD"), ("FACILITY_LEDGER", "FACILITY"), ("DANGER_LEDGER", "FACILITY")],
)
def test_only_planted_defects_keep_a_cell_from_being_read(sheets: Rows, source: str, kind: str) -> None:
    headers = [header for header in sheets[source][0] if header != "truth"]
    fields = suggest(KINDS[kind], headers)
    unreadable: Counter[str] = Counter()
    for row in sheets[source]:
        for header in headers:
            if fields[header] in PARSERS[kind] and _parsed(kind, fields[header], row[header])[1]:
                defects = {name for column, name in (d.split(":") for d in row["truth"]["defects"]) if column == header}
                assert defects & {"unknown_code", "number_unreadable"}, (header, row[header])
                unreadable[header] += 1
    assert set(unreadable) == ({"FWYT", "JZMJ"} if source == "SECURITY_HOUSE" else set())


def test_persons_quote_the_house_they_live_in(sheets: Rows, things: dict[str, dict[str, Any]]) -> None:
    numbers = {thing["keys"]["SOURCE_ID"]: thing for thing in things.values() if thing["kind"] == "HOUSE"}
    told = [row for row in sheets["SECURITY_PERSON"] if row["房屋编号"]]
    assert len(told) > len(sheets["SECURITY_PERSON"]) / 2
    for row in told:
        house = numbers[row["房屋编号"]]
        assert row["truth"]["thing"] in house["residents"]
        assert things[row["truth"]["thing"]]["addresses"]["residence_address"] == house["addresses"]["site_address"]


def test_houses_are_lived_in_empty_or_in_business(things: dict[str, dict[str, Any]]) -> None:
    houses = [thing for thing in things.values() if thing["kind"] == "HOUSE"]
    usages = Counter((bool(house["residents"]), house["usage"]) for house in houses)
    assert len(houses) == MOVABLE // 4
    assert {usage for lived_in, usage in usages if lived_in} == {"01", "02"}
    assert {usage for lived_in, usage in usages if not lived_in} == {"03", "04", "05", "06", "07", "08"}
    own = [house for house in houses if house["usage"] == "01"]
    assert all(house["owner"] in house["residents"] for house in own)
    assert len(own) > len(houses) / 2


def test_drivers_of_fleets_have_the_licence_and_the_employer(sheets: Rows, things: dict[str, dict[str, Any]]) -> None:
    employers = {row["truth"]["thing"]: row for row in sheets["TMRI_DRIVER"] if row["所属企业信用代码"]}
    units = {thing["keys"]["USCC"]: thing for thing in things.values() if thing["kind"] == "UNIT"}
    assert len(employers) > 50
    assert all(units[row["所属企业信用代码"]]["name"] == row["所属企业"] for row in employers.values())
    persons = {thing["keys"]["CITIZEN_ID"]: thing for thing in things.values() if thing["kind"] == "PERSON"}
    driven = [row for row in sheets["TRANSPORT"] if row["驾驶人身份证号"]]
    assert len(driven) > 50
    agreeing = 0
    for row in driven:
        driver = persons[row["驾驶人身份证号"]]
        employer = employers.get(driver["thing"])
        if employer is None:
            continue
        owner = things[row["truth"]["thing"]]["owner"]
        assert units[employer["所属企业信用代码"]]["thing"] == owner
        if row["车辆类型"].startswith("重型"):
            assert re.search("A2|B2", employer["ZJCX"])
        agreeing += 1
    assert agreeing > len(driven) / 2


def test_some_private_lorries_are_driven_by_somebody_who_is_hired(
    sheets: Rows, things: dict[str, dict[str, Any]]
) -> None:
    persons = {thing["keys"]["CITIZEN_ID"] for thing in things.values() if thing["kind"] == "PERSON"}
    driven = [
        row
        for row in sheets["TRANSPORT"]
        if row["驾驶人身份证号"] and things[things[row["truth"]["thing"]]["owner"]]["kind"] == "PERSON"
    ]
    hired = [row for row in driven if row["驾驶人身份证号"] != row["业户信用代码"]]
    assert 0 < len(hired) < len(driven)
    assert all(row["驾驶人身份证号"] in persons for row in driven)


def test_a_few_permits_have_run_out(sheets: Rows) -> None:
    ends = [datetime.strptime(row["道路运输证有效期止"], "%Y/%m/%d").date() for row in sheets["TRANSPORT"]]
    assert 0 < sum(end < AS_OF for end in ends) < len(ends) / 5
    assert 0 < sum(0 <= (end - AS_OF).days <= 60 for end in ends) < len(ends) / 5
    assert all(row["道路运输证号"].startswith("鲁交运管烟字370683") for row in sheets["TRANSPORT"])


def test_rare_and_grave_violations_are_there_each_with_vehicle_and_driver_one_half_in_the_last_year(
    city: BuildReport,
) -> None:
    path = city.out / f"agency/违法信息_{AS_OF:%Y%m}.csv"
    text = path.read_bytes().decode("gb18030")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    wanted = {"5035", "1006", "1709", "1710", "1716", "6017", "1036"}
    rare = [row for row in rows if row["WFXW"] in wanted]

    assert all(row["HPHM"] and row["JSZH"] and row["CLSJ"] for row in rare)
    late = {row["WFXW"] for row in rare if (AS_OF - date.fromisoformat(row["WFSJ"][:10])).days < 365}
    early = {row["WFXW"] for row in rare if (AS_OF - date.fromisoformat(row["WFSJ"][:10])).days > 365}
    assert late == early == {row["WFXW"] for row in rare} >= {"5035", "1006", "1709", "6017", "1036"}
    assert len({row["XH"] for row in rows}) == len(rows)


def test_roads_are_the_network_with_codes_where_the_name_has_one(sheets: Rows) -> None:
    rows = {row["道路编号"]: row for row in sheets["HIGHWAY"]}
    network = build_roads(SEED)
    assert len(rows) == len(network)
    for road, (_, row) in zip(network, sorted(rows.items()), strict=True):
        assert row["道路名称"].strip() == road.name
        assert row["路线编号"] == (
            road.name[:4] if road.name[1:4].isdigit() else "G18" if road.name[:3] == "G18" else ""
        )
        line = shapely.from_wkt(row["WKT"])
        assert all(in_laizhou_box(lon, lat) for lon, lat in line.coords)
        assert bool(row["起点桩号"]) == (road.road_class != "城市道路")
    assert {row["路线编号"] for row in rows.values()} >= {"G18", "G206", "G228", "S306", "X060", ""}


def test_stakes_lie_on_their_road_and_points_beside_it(sheets: Rows, things: dict[str, dict[str, Any]]) -> None:
    spans = {
        row["道路名称"].strip(): [_parsed("ROAD", field, row[header])[0] for field, header in
                                (("stake_from_m", "起点桩号"), ("stake_to_m", "终点桩号"))]
        for row in sheets["HIGHWAY"] if row["起点桩号"]
    }  # fmt: skip
    lines = {row["truth"]["thing"]: shapely.from_wkt(row["WKT"]) for row in sheets["HIGHWAY"]}
    staked = 0
    for source in ("FACILITY_LEDGER", "DANGER_LEDGER"):
        for row in sheets[source]:
            stake, _ = _parsed("FACILITY", "stake_m", row["桩号"])
            if stake is not None:
                low, high = spans[row["道路名称"]]
                assert low <= stake <= high
                staked += 1
            thing = things[row["truth"]["thing"]]
            if thing["type"] != "06":
                # 0.0005° is less than 56 m.
                assert lines[thing["road"]].distance(shapely.Point(thing["point"])) < 0.0005
    assert staked > 100


def test_some_facilities_are_past_their_life_and_some_dangers_past_their_deadline(sheets: Rows) -> None:
    expiries = [_parsed("FACILITY", "expires_on", row["使用期限"])[0] for row in sheets["FACILITY_LEDGER"]]
    dated = [day for day in expiries if day]
    assert 0 < sum(day <= AS_OF for day in dated) < len(dated) / 5
    dangers = sheets["DANGER_LEDGER"]
    late = [row for row in dangers if _parsed("FACILITY", "treat_by_on", row["整改期限"])[0] < AS_OF]
    assert any(row["复查结果"] == "" for row in late)
    assert any(row["复查结果"] == "已整改" for row in late)
    assert {row["设施类型"] for row in dangers} == {"隐患点段"}
    assert not any("高速" in row["道路名称"] for row in dangers)
    for row in dangers:
        reviewed, _ = _parsed("FACILITY", "reviewed_on", row["复查日期"])
        assert reviewed is None or reviewed <= AS_OF
        assert bool(row["复查结果"]) == (reviewed is not None)


def test_one_building_holds_forty_households_in_forty_rooms(planted, sheets: Rows, things) -> None:
    case = planted["full_building"]
    rooms = {room["code"] for room in case["rooms"]}
    assert len(rooms) == case["households"] == 40
    living: dict[str, set[str]] = defaultdict(set)
    for thing in things.values():
        if thing["kind"] == "PERSON" and thing["addresses"]["residence_address"] in rooms:
            assert thing["addresses"]["household_address"] == thing["addresses"]["residence_address"]
            living[thing["addresses"]["residence_address"]].add(thing["thing"])
    assert living.keys() == rooms
    assert sum(map(len, living.values())) == case["persons"]
    listed = {row["truth"]["thing"]: row for row in sheets["SECURITY_PERSON"] if row["truth"]["expected"] == "accepted"}
    numbers = {room["code"]: room["number"] for room in case["rooms"]}
    for code, residents in living.items():
        assert {listed[person]["房屋编号"] for person in residents} == {numbers[code]}
    written = {row["FWBH"]: row["truth"]["addresses"]["ZL"] for row in sheets["SECURITY_HOUSE"]}
    assert {written[number]["code"] for number in numbers.values()} == rooms
    assert case["address"].endswith(f"{case['components']['estate']}{case['components']['building']}号楼")


def test_a_bus_firm_has_no_bus_inspected(planted, sheets: Rows, things) -> None:
    case = planted["overdue_bus_fleet"]
    buses = {bus["thing"] for bus in case["buses"]}
    assert len(buses) >= 5
    assert {things[bus]["owner"] for bus in buses} == {case["thing"]}
    rows = [row for row in sheets["TMRI_VEHICLE"] if row["truth"]["thing"] in buses]
    dates = [_parsed("VEHICLE", "inspection_valid_to", row["YXQZ"])[0] for row in rows]
    assert len(rows) >= 4
    assert all(day < AS_OF for day in dates if day)
    assert {row["ZT"] for row in rows} == {"Q"}


def test_three_sources_name_a_person_differently(planted, sheets: Rows, city: BuildReport) -> None:
    case = planted["three_sources"]
    columns = {"TMRI_DRIVER": "XM", "SECURITY_PERSON": "姓名", "VILLAGE_NOTEBOOK": "姓名"}
    told = {
        source: [row[column] for row in sheets[source] if row["truth"]["thing"] == case["thing"]]
        for source, column in columns.items()
    }
    assert told == {source: [name] for source, name in case["names"].items()}
    assert len(set(case["names"].values())) == 3
    conflicts = [row for row in _lines(city.truth / "conflicts.jsonl") if row["thing"] == case["thing"]]
    assert {(row["source"], row["field"]) for row in conflicts if row["is_findable"]} >= {
        ("SECURITY_PERSON", "name"), ("VILLAGE_NOTEBOOK", "name"),
    }  # fmt: skip


def test_one_signal_is_broken_and_one_plate_reissued(planted, sheets: Rows, city: BuildReport) -> None:
    signals = {row["设施编号"]: row["设施状态"] for row in sheets["FACILITY_LEDGER"] if row["设施类型"] == "信号灯"}
    assert [number for number, state in signals.items() if state == "损坏"] == [planted["broken_signal"]["number"]]
    assert planted["reissued_plate"] in _lines(city.truth / "findings.jsonl")
    assert planted["reissued_plate"]["finding"] == "plate_reissued"
