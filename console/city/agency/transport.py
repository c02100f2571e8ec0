"""The transport authority's supervision of commercial vehicles.

Semicolons, GB18030, colours instead of plate types.
"""

from __future__ import annotations

from datetime import date, timedelta

from console.city.agency.desk import Desk, put_address
from console.city.agency.noise import Noise
from console.city.agency.records import VEHICLE, AgencyFile, AgencyRow
from console.city.agency.security import put_point
from console.city.draws import Draw
from console.city.persons import Person
from console.city.vehicles import Vehicle
from console.city.wording import AddressWriter

COLUMNS = (
    "车牌号", "车牌颜色", "车架号", "车辆类型", "经营范围", "业户名称", "业户信用代码", "核定载客",
    "总质量(kg)", "年审有效期", "停放地址", "经度", "纬度", "坐标系", "驾驶员",
    "驾驶人身份证号", "更新日期", "道路运输证号", "道路运输证有效期止",
)  # fmt: skip
# A permit runs four years; a few have run out and nobody renewed them.
_PERMIT_DAYS = (-60, 1_400)


def make_transport_file(desk: Desk) -> AgencyFile:
    """Nearly all commercial vehicles, and the few that the traffic file lacks."""
    file = AgencyFile(
        "TRANSPORT", VEHICLE, "交通运输 重点营运车辆监管", f"重点营运车辆_{desk.as_of:%Y%m}.csv", "csv",
        COLUMNS, desk.as_of - timedelta(days=34), "gb18030", ";",
    )  # fmt: skip
    noise, writer = desk.noise(file.source, "slashes"), desk.writer("default")
    permits = Draw(desk.seed, desk.as_of, "transport permits")
    rows = []
    for vehicle in desk.population.vehicles:
        if not vehicle.is_commercial:
            continue
        in_other = vehicle.id in desk.vehicles_listed
        if not in_other or noise.draw.chance(noise.coverage["transport_of_commercial"]):
            rows.append(_row(vehicle, desk, noise, writer, file, in_other=in_other))
            rows[-1].cells |= _permit(permits, desk.as_of)
    file.rows = noise.repeat_some(rows)
    return file


def _permit(draw: Draw, as_of: date) -> dict[str, str]:
    number, days = draw.digits(6), draw.integer(*_PERMIT_DAYS)
    return {
        "道路运输证号": f"鲁交运管烟字370683{number}号",
        "道路运输证有效期止": f"{as_of + timedelta(days=days):%Y/%m/%d}",
    }


def _row(
    vehicle: Vehicle, desk: Desk, noise: Noise, writer: AddressWriter, file: AgencyFile, *, in_other: bool
) -> AgencyRow:
    row, draw = AgencyRow({}, vehicle.id), noise.draw
    owner, mass, inspection = vehicle.owner, vehicle.total_mass_kg, vehicle.inspection_valid_to
    person = owner if isinstance(owner, Person) else owner.legal_person
    if in_other and noise.is_planted("vehicle_owner"):
        row.conflicts["owner_name"] = ("业户名称", owner.name)
        owner = draw.pick([unit for unit in desk.population.units if unit.id != getattr(owner, "id", "")])
    if in_other and noise.is_planted("vehicle_total_mass"):
        row.conflicts["total_mass_kg"] = ("总质量(kg)", str(mass))
        mass += 500
    if in_other and noise.is_planted("vehicle_inspection"):
        row.conflicts["inspection_valid_to"] = ("年审有效期", inspection.isoformat())
        inspection -= timedelta(days=365)
    plate = vehicle.plate_number
    if in_other and draw.chance(noise.rows["plate_former"]):
        plate = desk.population.vehicle_maker.plate_of_another(vehicle)
        row.defects.append("车牌号:plate_former")
    row.cells["车牌号"] = f"{plate[:2]}·{plate[2:]}" if draw.chance(0.15) else plate
    row.cells["车牌颜色"] = noise.name_of("plate_colour", vehicle.plate_type)
    noise.text(row, "车架号", vehicle.vin, optional=False)
    row.cells["车辆类型"] = vehicle.type_name
    row.cells["经营范围"] = noise.name_of("use_nature", vehicle.use_nature)
    row.cells["业户名称"] = owner.name
    row.cells["业户信用代码"] = owner.citizen_id if isinstance(owner, Person) else owner.uscc
    noise.text(row, "核定载客", str(vehicle.seats))
    row.cells["总质量(kg)"] = str(mass)
    # A planted stale date stays readable, so that the disagreement is the only defect of the cell.
    noise.date(row, "年审有效期", inspection)
    put_address(row, "停放地址", vehicle.parking, writer, draw, person)
    put_point(row, vehicle.parking, noise)
    row.cells |= {"经度": str(row.cells["经度"]), "纬度": str(row.cells["纬度"])}
    driver = desk.population.crews.usual_drivers.get(vehicle.id)
    is_hired = isinstance(vehicle.owner, Person)
    is_told = driver is not None and (is_hired or draw.chance(noise.coverage["driver_of_vehicle"]))
    row.cells |= {
        "驾驶员": driver.name if driver and is_told else "",
        "驾驶人身份证号": driver.citizen_id if driver and is_told else "",
    }
    noise.date(row, "更新日期", file.observed_on - timedelta(days=draw.integer(0, 90)))
    noise.spoil_key(row, "车架号", has_second_key="车牌号:plate_former" not in row.defects)
    return row
