"""The market regulator's register of enterprises: XLSX with Chinese headers and real dates."""

from __future__ import annotations

from datetime import timedelta

from console.city.agency.desk import Desk, put_address
from console.city.agency.noise import Noise
from console.city.agency.records import UNIT, AgencyFile, AgencyRow
from console.city.units import Unit
from console.city.wording import AddressWriter

COLUMNS = (
    "统一社会信用代码", "企业名称", "组织机构代码", "企业类型", "法定代表人", "法定代表人身份证号",
    "成立日期", "登记状态", "住所", "经营场所", "联系电话",
)  # fmt: skip
_NOT_REGISTERED_HERE = ("事业单位", "民办非企业单位")


def make_market_file(desk: Desk) -> AgencyFile:
    """All firms, sole traders and cooperatives."""
    file = AgencyFile(
        "MARKET", UNIT, "市场监管 企业登记信息", f"企业登记_{desk.as_of:%Y%m%d}.xlsx", "xlsx", COLUMNS,
        desk.as_of - timedelta(days=5),
    )  # fmt: skip
    noise, writer = desk.noise(file.source, "real"), desk.writer("official")
    rows = []
    for unit in desk.population.units:
        if unit.unit_type not in _NOT_REGISTERED_HERE:
            desk.units_listed.add(unit.id)
            rows.append(_row(unit, noise, writer))
    file.rows = noise.repeat_some(rows)
    return file


def _row(unit: Unit, noise: Noise, writer: AddressWriter) -> AgencyRow:
    row = AgencyRow({}, unit.id)
    noise.text(row, "统一社会信用代码", unit.uscc, optional=False)
    noise.text(row, "企业名称", unit.name, optional=False)
    row.cells["组织机构代码"] = f"{unit.org_code[:8]}-{unit.org_code[8]}"
    noise.text(row, "企业类型", unit.unit_type)
    noise.text(row, "法定代表人", unit.legal_person.name, optional=False)
    noise.text(row, "法定代表人身份证号", unit.legal_person.citizen_id)
    noise.date(row, "成立日期", unit.established_on)
    row.cells["登记状态"] = unit.state
    put_address(row, "住所", unit.registered, writer, noise.draw, unit.legal_person)
    put_address(row, "经营场所", unit.business, writer, noise.draw, unit.legal_person)
    noise.text(row, "联系电话", unit.phone, optional=False)
    noise.spoil_key(row, "统一社会信用代码", has_second_key=True)
    return row
