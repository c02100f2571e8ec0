"""The public-order system's houses: GB18030, its own field names, dates with dashes."""

from __future__ import annotations

from datetime import timedelta

from console.city.agency.desk import Desk, put_address, put_written
from console.city.agency.noise import Noise
from console.city.agency.records import HOUSE, AgencyFile, AgencyRow
from console.city.houses import House
from console.city.persons import Person
from console.city.wording import AddressWriter

COLUMNS = ("FWBH", "FWMC", "FWYT", "JZJG", "JZMJ", "CS", "JCRQ", "CQR", "CQRZJHM", "ZL", "GXSJ")


def make_house_file(desk: Desk) -> AgencyFile:
    """All houses that the system lists. Two months old, as its persons are."""
    file = AgencyFile(
        "SECURITY_HOUSE", HOUSE, "治安要素管控系统 实有房屋", f"实有房屋_{desk.as_of:%Y%m}.csv", "csv",
        COLUMNS, desk.as_of - timedelta(days=61), "gb18030",
    )  # fmt: skip
    noise, writer = desk.noise(file.source, "dashes"), desk.writer("default")
    file.rows = noise.repeat_some([_row(house, desk, noise, writer, file) for house in desk.population.houses])
    return file


def _row(house: House, desk: Desk, noise: Noise, writer: AddressWriter, file: AgencyFile) -> AgencyRow:
    row, draw, owner = AgencyRow({}, house.id), noise.draw, house.owner
    is_planted = house.address.code in desk.full_rooms
    row.cells["FWBH"] = house.number
    noise.text(row, "FWMC", house.name)
    if draw.chance(noise.houses["unknown_usage"]):
        row.cells["FWYT"] = draw.pick(noise.unknown_usages)
        row.defects.append("FWYT:unknown_code")
    else:
        noise.code(row, "FWYT", "house_usage", house.usage)
    noise.text(row, "JZJG", house.structure)
    _put_area(row, house, noise)
    noise.text(row, "CS", str(house.storeys))
    noise.date(row, "JCRQ", house.built_on)
    row.cells["CQR"] = owner.name if owner else ""
    number = (owner.citizen_id if isinstance(owner, Person) else owner.uscc) if owner else ""
    if not (isinstance(owner, Person) and noise.citizen_id_15(row, "CQRZJHM", number)):
        noise.text(row, "CQRZJHM", number)
    if is_planted:
        put_written(row, "ZL", writer.write_whole(house.address, draw))
    else:
        contact = house.residents[0] if house.residents else draw.pick(desk.population.persons)
        put_address(row, "ZL", house.address, writer, draw, contact)
    noise.date(row, "GXSJ", file.observed_on - timedelta(days=draw.integer(0, 500)))
    if not is_planted:
        noise.blank_key(row, "FWBH")
    return row


def _put_area(row: AgencyRow, house: House, noise: Noise) -> None:
    """The area as a number, with its unit, or guessed."""
    draw, shares = noise.draw, noise.houses
    if draw.chance(shares["area_guessed"]):
        row.cells["JZMJ"] = f"约{round(house.area_m2)}平"
        row.defects.append("JZMJ:number_unreadable")
    elif draw.chance(shares["area_with_unit"]):
        row.cells["JZMJ"] = f"{house.area_m2}{draw.pick(('㎡', '平方米', '平米'))}"
        row.defects.append("JZMJ:unit_in_number")
    else:
        noise.text(row, "JZMJ", str(house.area_m2))
