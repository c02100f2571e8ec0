"""The traffic administration system (公安交管综合应用平台): vehicle registrations and drivers.

Upper-case pinyin columns, GB18030, dates without separators, plates mostly without 鲁. Field names after the
domain reference §2.8; the export adds the employer of fleets' drivers under Chinese headers. ZSXXDZ, HDZK, ZZL, LXDH and the address columns of drivers are unsourced.
"""

from __future__ import annotations

from datetime import timedelta

from console.city.agency.desk import Desk, put_address
from console.city.agency.noise import Noise
from console.city.agency.records import ANY, PERSON, TO_REVIEW, VEHICLE, AgencyFile, AgencyRow
from console.city.persons import Licence, Person
from console.city.vehicles import Vehicle
from console.city.wording import AddressWriter

VEHICLE_COLUMNS = (
    "HPHM", "HPZL", "FZJG", "CLLX", "SYXZ", "CLPP1", "CLXH", "CLSBDH", "FDJH", "CSYS", "RLZL", "HDZK", "ZZL",
    "CCDJRQ", "YXQZ", "QZBFQZ", "BXZZRQ", "ZT", "SYR", "SFZMHM", "ZSXXDZ", "LXDH",
)  # fmt: skip
DRIVER_COLUMNS = (
    "SFZMHM", "XM", "XB", "CSRQ", "DABH", "ZJCX", "CCLZRQ", "YXQS", "YXQZ", "LJJF", "ZT", "SYRQ", "FZJG",
    "LXDH", "DJZSXXDZ", "LXZSXXDZ", "所属企业", "所属企业信用代码", "入职日期",
)  # fmt: skip


# The register was delivered whole a month ago; what changed since comes in a file of its own.
FOUNDED = timedelta(days=30)


def make_vehicle_file(desk: Desk) -> AgencyFile:
    """All registered vehicles but a few commercial ones that only the transport authority lists."""
    file = AgencyFile(
        "TMRI_VEHICLE", VEHICLE, "公安交管综合应用平台 机动车登记", f"jdc_{desk.as_of - FOUNDED:%Y%m%d}.csv", "csv",
        VEHICLE_COLUMNS, desk.as_of - FOUNDED, "gb18030",
    )  # fmt: skip
    noise, writer = desk.noise(file.source, "compact"), desk.writer("official")
    rows = []
    for vehicle in desk.population.vehicles:
        if vehicle.is_commercial and noise.draw.chance(noise.coverage["transport_only"]):
            continue
        desk.vehicles_listed.add(vehicle.id)
        rows.append(_vehicle_row(vehicle, noise, writer))
        rows += _planted_vehicles(vehicle, rows[-1], desk, noise)
    file.rows = noise.repeat_some(rows)
    return file


def _vehicle_row(vehicle: Vehicle, noise: Noise, writer: AddressWriter) -> AgencyRow:
    row = AgencyRow({}, vehicle.id)
    person = vehicle.owner if isinstance(vehicle.owner, Person) else vehicle.owner.legal_person
    noise.plate(row, "HPHM", vehicle.plate_number)
    noise.code(row, "HPZL", "plate_type", vehicle.plate_type)
    row.cells["FZJG"] = vehicle.issuing_authority
    noise.code(row, "CLLX", "", vehicle.vehicle_type, vehicle.type_name)
    noise.code(row, "SYXZ", "use_nature", vehicle.use_nature)
    noise.text(row, "CLPP1", vehicle.brand)
    noise.text(row, "CLXH", vehicle.model)
    noise.text(row, "CLSBDH", vehicle.vin, optional=False)
    noise.text(row, "FDJH", vehicle.engine_number)
    noise.code(row, "CSYS", "colour", vehicle.colour)
    noise.code(row, "RLZL", "fuel", vehicle.fuel)
    noise.text(row, "HDZK", str(vehicle.seats))
    noise.text(row, "ZZL", str(vehicle.total_mass_kg))
    noise.date(row, "CCDJRQ", vehicle.first_registered_on)
    noise.date(row, "YXQZ", vehicle.inspection_valid_to)
    noise.date(row, "QZBFQZ", vehicle.scrap_due_on)
    noise.date(row, "BXZZRQ", vehicle.insurance_valid_to)
    row.cells["ZT"] = vehicle.state
    noise.text(row, "SYR", vehicle.owner.name, optional=False)
    if not (isinstance(vehicle.owner, Person) and noise.citizen_id_15(row, "SFZMHM", vehicle.owner_id)):
        noise.text(row, "SFZMHM", vehicle.owner_id)
    put_address(row, "ZSXXDZ", vehicle.registered, writer, noise.draw, person)
    noise.text(row, "LXDH", vehicle.owner.phone)
    _spoil_vehicle_keys(row, noise)
    return row


def _spoil_vehicle_keys(row: AgencyRow, noise: Noise) -> None:
    noise.spoil_key(row, "CLSBDH", has_second_key=True)
    if noise.draw.chance(noise.rows["key_blank"]):
        row.cells["HPHM"] = noise.draw.pick(("", "无", "0"))
        row.defects.append("HPHM:key_blank")
        vin_is_good = not any(defect.startswith("CLSBDH:key") for defect in row.defects)
        row.expected = ANY if vin_is_good else TO_REVIEW


def _planted_vehicles(vehicle: Vehicle, row: AgencyRow, desk: Desk, noise: Noise) -> list[AgencyRow]:
    """A second vehicle with the plate of this one (号牌异常): in use as well, or cancelled and never taken off the list."""
    kind = "plate_two_vins" if noise.draw.chance(noise.rows["plate_two_vins"]) else ""
    if not kind and noise.draw.chance(noise.rows["plate_of_cancelled"]):
        kind = "plate_of_cancelled"
    if not kind or row.expected != "accepted":
        return []
    vin = desk.population.vehicle_maker.vin_of_another(vehicle)
    thing = f"X{len(desk.findings) + 1:06d}"
    other = AgencyRow(dict(row.cells), thing, ANY, list(row.defects), dict(row.addresses))
    other.cells |= {"CLSBDH": vin, "FDJH": noise.draw.digits(7)}
    if kind == "plate_of_cancelled":
        other.cells |= {"ZT": "E", "CCDJRQ": "20090415", "YXQZ": "20150430"}
    other.defects.append(f"row:{kind}")
    plate = {"finding": kind, "plate": vehicle.plate_number, "plate_type": vehicle.plate_type}
    desk.findings.append(plate | {"thing": vehicle.id, "other_thing": thing, "vin": vehicle.vin, "other_vin": vin})
    return [other]


def make_driver_file(desk: Desk) -> AgencyFile:
    """Nearly all drivers."""
    file = AgencyFile(
        "TMRI_DRIVER", PERSON, "公安交管综合应用平台 驾驶人", f"jsr_{desk.as_of:%Y%m%d}.csv", "csv",
        DRIVER_COLUMNS, desk.as_of, "gb18030",
    )  # fmt: skip
    noise, writer = desk.noise(file.source, "compact"), desk.writer("official")
    rows = []
    for person in desk.population.persons:
        if person.licence and noise.draw.chance(noise.coverage["tmri_driver"]):
            desk.drivers_listed.add(person.id)
            rows.append(_driver_row(person, person.licence, desk, noise, writer))
    file.rows = noise.repeat_some(rows)
    return file


def _driver_row(person: Person, licence: Licence, desk: Desk, noise: Noise, writer: AddressWriter) -> AgencyRow:
    row = AgencyRow({}, person.id)
    if not noise.citizen_id_15(row, "SFZMHM", person.citizen_id):
        noise.text(row, "SFZMHM", person.citizen_id, optional=False)
    noise.text(row, "XM", person.name, optional=False)
    row.cells["XB"] = "1" if person.sex == "男" else "2"
    noise.date(row, "CSRQ", person.birth_on)
    noise.text(row, "DABH", licence.file_no, optional=False)
    row.cells["ZJCX"] = licence.classes
    noise.date(row, "CCLZRQ", licence.first_licensed_on)
    noise.date(row, "YXQS", licence.valid_from)
    noise.date(row, "YXQZ", licence.valid_to)
    row.cells["LJJF"] = str(licence.points)
    row.cells["ZT"] = licence.state
    noise.date(row, "SYRQ", licence.review_due_on)
    row.cells["FZJG"] = licence.issuing_authority
    noise.text(row, "LXDH", person.phone)
    put_address(row, "DJZSXXDZ", person.household, writer, noise.draw, person)
    put_address(row, "LXZSXXDZ", person.residence, writer, noise.draw, person)
    employment = desk.population.crews.employments.get(person.id)
    if employment and noise.draw.chance(noise.coverage["employer_of_driver"]):
        row.cells |= {"所属企业": employment.unit.name, "所属企业信用代码": employment.unit.uscc}
        noise.date(row, "入职日期", employment.since)
    else:
        row.cells |= {"所属企业": "", "所属企业信用代码": "", "入职日期": ""}
    noise.spoil_key(row, "SFZMHM", has_second_key=True)
    return row
