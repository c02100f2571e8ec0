"""The public-order system (治安要素管控系统): population and units; and a village's own notebook.

Chinese headers. Population: UTF-8 with BOM, dates with dashes. Units: XLSX with points in several datums.
Notebook: tab separated, few columns, short addresses, IDs often missing.
"""

from __future__ import annotations

from datetime import timedelta

from common.geometry import wgs84_to_gcj02
from console.city.agency.desk import Desk, put_address, put_written
from console.city.agency.noise import Noise
from console.city.agency.records import PERSON, TO_REVIEW, UNIT, AgencyFile, AgencyRow
from console.city.persons import Person
from console.city.standard_addresses import StandardAddress
from console.city.units import Unit
from console.city.wording import AddressWriter

PERSON_COLUMNS = (
    "姓名", "性别", "公民身份号码", "出生日期", "户籍地址", "现住址", "房屋编号", "联系电话", "备注",
    "采集日期",
)  # fmt: skip
UNIT_COLUMNS = (
    "单位名称", "统一社会信用代码", "单位类别", "法定代表人", "法人证件号码", "联系电话", "单位地址", "状态",
    "经度", "纬度", "坐标系", "采集日期",
)  # fmt: skip
NOTEBOOK_COLUMNS = ("序号", "姓名", "身份证", "电话", "住址")
# Characters of given names that a clerk mixes up: same sound.
NAME_TWINS = str.maketrans("伟静丽芳建华明洁颖辉博英", "玮婧莉芬健桦铭杰影晖搏瑛")


def make_person_file(desk: Desk) -> AgencyFile:
    """Everybody who is not in the driver file, and most of those who are. Two months old."""
    file = AgencyFile(
        "SECURITY_PERSON", PERSON, "治安要素管控系统 实有人口", f"实有人口_{desk.as_of:%Y%m}.csv", "csv",
        PERSON_COLUMNS, desk.as_of - timedelta(days=61), "utf-8-sig",
    )  # fmt: skip
    noise, writer = desk.noise(file.source, "dashes"), desk.writer("default")
    rows = []
    for person in desk.population.persons:
        is_driver = person.id in desk.drivers_listed
        is_planted = person.residence.code in desk.full_rooms
        if not is_driver or noise.draw.chance(noise.coverage["security_person_of_drivers"]) or is_planted:
            rows.append(_person_row(person, desk, noise, writer, file, in_other=is_driver, is_planted=is_planted))
    file.rows = noise.repeat_some(rows)
    return file


def _person_row(
    person: Person,
    desk: Desk,
    noise: Noise,
    writer: AddressWriter,
    file: AgencyFile,
    *,
    in_other: bool,
    is_planted: bool,
) -> AgencyRow:
    row, draw = AgencyRow({}, person.id), noise.draw
    name = person.name
    twin = name[0] + name[1:].translate(NAME_TWINS)
    if in_other and twin != name and noise.is_planted("person_name"):
        row.conflicts["name"] = ("姓名", name)
        name = twin
    row.cells["姓名"] = name
    row.cells["性别"] = person.sex
    if not noise.citizen_id_15(row, "公民身份号码", person.citizen_id):
        noise.text(row, "公民身份号码", person.citizen_id, optional=False)
    noise.date(row, "出生日期", person.birth_on)
    put_address(row, "户籍地址", person.household, writer, draw, person)
    if is_planted:
        put_written(row, "现住址", writer.write_whole(person.residence, draw))
    else:
        put_address(row, "现住址", person.residence, writer, draw, person)
    is_quoted = is_planted or draw.chance(noise.coverage["house_number_of_person"])
    row.cells["房屋编号"] = desk.house_numbers.get(person.residence.code, "") if is_quoted else ""
    if in_other and noise.is_planted("person_phone"):
        row.conflicts["phone"] = ("联系电话", person.phone)
        row.cells["联系电话"] = person.phone[:3] + draw.digits(8)
    else:
        noise.text(row, "联系电话", person.phone)
    noise.remark(row, "备注", person)
    noise.date(row, "采集日期", file.observed_on - timedelta(days=draw.integer(0, 900)))
    if not is_planted:
        noise.spoil_key(row, "公民身份号码", has_second_key=False)
    return row


def make_unit_file(desk: Desk) -> AgencyFile:
    """Most units, seen on the spot, with points."""
    file = AgencyFile(
        "SECURITY_UNIT", UNIT, "治安要素管控系统 实有单位", f"实有单位_{desk.as_of:%Y%m}.xlsx", "xlsx",
        UNIT_COLUMNS, desk.as_of - timedelta(days=61),
    )  # fmt: skip
    noise, writer = desk.noise(file.source, "slashes"), desk.writer("default")
    rows = []
    for unit in desk.population.units:
        in_other = unit.id in desk.units_listed
        if not in_other or noise.draw.chance(noise.coverage["security_unit"]):
            rows.append(_unit_row(unit, desk, noise, writer, file, in_other=in_other))
    file.rows = noise.repeat_some(rows)
    return file


def _unit_row(
    unit: Unit, desk: Desk, noise: Noise, writer: AddressWriter, file: AgencyFile, *, in_other: bool
) -> AgencyRow:
    row, draw = AgencyRow({}, unit.id), noise.draw
    legal_person, state, phone = unit.legal_person, unit.state, unit.phone
    if in_other and noise.is_planted("unit_legal_person"):
        row.conflicts["legal_person_name"] = ("法定代表人", legal_person.name)
        legal_person = draw.pick(desk.population.drivers)
    if in_other and noise.is_planted("unit_state"):
        row.conflicts["state"] = ("状态", state)
        state = "注销" if state == "存续" else "存续"
    if in_other and noise.is_planted("unit_phone"):
        row.conflicts["phone"] = ("联系电话", phone)
        phone = "0535-2" + draw.digits(6)
    noise.text(row, "单位名称", unit.name, optional=False)
    noise.text(row, "统一社会信用代码", unit.uscc, optional=False)
    noise.text(row, "单位类别", unit.unit_type)
    row.cells["法定代表人"] = legal_person.name
    if not noise.citizen_id_15(row, "法人证件号码", legal_person.citizen_id):
        noise.text(row, "法人证件号码", legal_person.citizen_id)
    row.cells["联系电话"] = phone
    put_address(row, "单位地址", unit.business, writer, draw, legal_person)
    row.cells["状态"] = state
    put_point(row, unit.business, noise)
    noise.date(row, "采集日期", file.observed_on - timedelta(days=draw.integer(0, 700)), form="real")
    noise.spoil_key(row, "统一社会信用代码", has_second_key=False)
    return row


def put_point(row: AgencyRow, address: StandardAddress, noise: Noise) -> None:
    """Writes the point of an address where there is one."""
    put_position(row, address.lon, address.lat, noise, given=noise.points["given"])


def put_position(row: AgencyRow, lon: float, lat: float, noise: Noise, *, given: float) -> None:
    """Writes 经度, 纬度 (degrees, six decimals) and 坐标系 of a place, with the mistakes people make.

    Args:
        given: share of rows with a point.
    """
    draw, shares = noise.draw, noise.points
    if not draw.chance(given):
        row.cells |= {"经度": "", "纬度": "", "坐标系": ""}
        return
    lon, lat = lon + draw.uniform(-1e-4, 1e-4), lat + draw.uniform(-1e-4, 1e-4)
    datum = "WGS84"
    if draw.chance(shares["labelled_gcj02"]):
        (lon, lat), datum = wgs84_to_gcj02(lon, lat), "GCJ02"
        row.defects.append("经度:labelled_gcj02")
    elif draw.chance(shares["unlabelled_gcj02"]):
        (lon, lat), datum = wgs84_to_gcj02(lon, lat), ""
        row.defects.append("经度:unlabelled_gcj02")
    if draw.chance(shares["swapped"]):
        lon, lat = lat, lon
        row.defects.append("经度:swapped")
    row.cells |= {"经度": round(lon, 6), "纬度": round(lat, 6), "坐标系": datum}


def make_notebook_file(desk: Desk) -> AgencyFile:
    """What village assistants keep: some of the people who live in villages."""
    file = AgencyFile(
        "VILLAGE_NOTEBOOK", PERSON, "村（社区）交通管理台账 人员", f"村级台账_{desk.as_of:%Y%m}.csv", "csv",
        NOTEBOOK_COLUMNS, desk.as_of - timedelta(days=20), "utf-8", "\t",
    )  # fmt: skip
    noise, writer = desk.noise(file.source, "slashes"), desk.writer("notebook")
    persons = desk.population.persons
    rural = [person for person in persons if not (person.residence.estate or person.residence.road)]
    chosen = [person for person in rural if noise.draw.chance(noise.coverage["notebook_of_rural"])]
    file.rows = noise.repeat_some([notebook_row(person, noise, writer) for person in chosen])
    for serial, row in enumerate(file.rows, start=1):
        row.cells["序号"] = str(serial)
    return file


def notebook_row(person: Person, noise: Noise, writer: AddressWriter) -> AgencyRow:
    """What an assistant writes down of a person; the serial number comes last."""
    row = AgencyRow({"序号": ""}, person.id)
    noise.text(row, "姓名", person.name, optional=False)
    if noise.draw.chance(0.2):
        row.cells["身份证"] = noise.draw.pick(("", "无", "不清楚", "待补"))
        row.defects.append("身份证:key_blank")
        row.expected = TO_REVIEW
    elif not noise.citizen_id_15(row, "身份证", person.citizen_id):
        noise.text(row, "身份证", person.citizen_id, optional=False)
        noise.spoil_key(row, "身份证", has_second_key=False)
    noise.text(row, "电话", person.phone)
    put_address(row, "住址", person.residence, writer, noise.draw, person)
    return row
