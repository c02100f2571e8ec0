"""Empty files to fill in: one column per field under its Chinese name, one example row that is invented."""

from __future__ import annotations

import csv
import io

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from common.identifiers import (
    citizen_id_check_digit,
    organisation_code_check_digit,
    uscc_check_digit,
    vin_check_digit,
)
from exchange.exporters.event_examples import event_examples
from exchange.importers.mapping import target_fields
from exchange.kinds import LandedKind

_TEXT_FORMAT = "@"
_COMMON = {"lon": "119.9423", "lat": "37.1771", "datum": "WGS84", "observed_on": "2026-10-31"}


def _citizen_id() -> str:
    # Born in 1900 in no district of any county: nobody's number, with a check digit that is right.
    body = "37068319000101000"
    return body + citizen_id_check_digit(body)


def _uscc() -> str:
    organisation = "MA3XY000"
    body = "91370683" + organisation + organisation_code_check_digit(organisation)
    return body + uscc_check_digit(body)


def _vin() -> str:
    draft = "LZZZ00000Z0000001"
    return draft[:8] + vin_check_digit(draft) + draft[9:]


def _examples() -> dict[str, dict[str, str]]:
    return {
        "PERSON": {
            "name": "样例人", "citizen_id": _citizen_id(), "sex": "男", "birth_on": "1900-01-01", "phone": "13800000000",
            "household_address": "莱州市文昌路街道样例村1号", "residence_address": "莱州市文昌路街道样例小区1号楼1单元101室",
            "file_no": "370683999990", "licence_classes": "C1", "first_licensed_on": "2019-03-01",
            "licence_valid_from": "2025-03-01", "licence_valid_to": "2035-03-01", "points": "0", "licence_state": "正常",
            "review_due_on": "2035-03-01", "issuing_authority": "鲁F",
        },
        "VEHICLE": {
            "vin": _vin(), "plate_number": "鲁F00X00", "plate_type": "小型汽车", "vehicle_type": "K33", "use_nature": "非营运",
            "brand": "样例牌", "model": "样例型号", "engine_number": "SAMPLE01", "colour": "白", "fuel": "汽油", "seats": "5",
            "total_mass_kg": "1800", "first_registered_on": "2020-05-06", "inspection_valid_to": "2028-05-31",
            "scrap_due_on": "", "insurance_valid_to": "2027-05-05", "transport_permit": "", "transport_permit_valid_to": "", "state": "正常", "issuing_authority": "鲁F",
            "owner_name": "样例人", "registered_address": "莱州市文昌路街道样例村1号", "parking_address": "莱州市文昌路街道样例停车场",
            "owner_number": _citizen_id(), "driver_number": _citizen_id(), "driver_name": "样例人", "plate_colour": "蓝",
            "source_row_id": "样例-1",
        },
        "UNIT": {
            "name": "莱州样例有限公司", "uscc": _uscc(), "org_code": _uscc()[8:17], "unit_type": "有限责任公司",
            "legal_person_name": "样例人", "phone": "13800000000", "state": "存续", "established_on": "2018-08-08",
            "registered_address": "莱州市文昌路街道样例路1号", "business_address": "莱州市文昌路街道样例路1号",
            "legal_person_number": _citizen_id(),
        },
        "HOUSE": {
            "name": "样例小区1号楼1单元101室", "usage": "自住", "structure": "砖混", "area_m2": "89.50", "storeys": "6",
            "built_on": "2010-06-30", "owner_name": "样例人", "site_address": "莱州市文昌路街道样例小区1号楼1单元101室",
            "owner_number": _citizen_id(), "source_row_id": "样例-1",
        },
        "ROAD": {
            "name": "样例路", "route_code": "X999", "road_class": "三级公路", "admin_class": "县道", "speed_limit_kmh": "60",
            "lanes": "2", "manager_name": "样例管养单位", "manager_number": _uscc(), "stake_from_m": "K0+000", "stake_to_m": "K1+200",
            "source_row_id": "样例-1", "wkt": "LINESTRING (119.9423 37.1771, 119.9558 37.1771)",
        },
        "FACILITY": {
            "name": "样例路口信号灯", "facility_type": "信号灯", "state": "正常", "road_name": "样例路", "stake_m": "K0+500",
            "model": "样例型号", "installed_on": "2020-05-06", "expires_on": "2030-05-06", "owner_department": "样例管养单位",
            "owner_number": _uscc(), "site_address": "莱州市文昌路街道样例路1号", "source_row_id": "样例-1",
        },
    } | event_examples(_citizen_id())  # fmt: skip


def template_rows(kind: LandedKind) -> list[list[str]]:
    """Header and example row."""
    fields = target_fields(kind)
    example = _examples()[kind.code] | _COMMON
    return [list(fields.values()), [example.get(name, "") for name in fields]]


def template_csv(kind: LandedKind) -> bytes:
    """UTF-8 with BOM, so that WPS and Excel open it."""
    stream = io.StringIO()
    csv.writer(stream).writerows(template_rows(kind))
    return stream.getvalue().encode("utf-8-sig")


def template_xlsx(kind: LandedKind) -> bytes:
    """A workbook whose cells are text, so that no spreadsheet turns a number of 18 digits into 3.7E+17."""
    book = Workbook()
    sheet = book.active
    sheet.title = "导入"
    for row in template_rows(kind):
        sheet.append(row)
    for position, label in enumerate(template_rows(kind)[0], start=1):
        letter = get_column_letter(position)
        sheet.column_dimensions[letter].width = max(12, len(label) * 2 + 4)
        for number in range(1, 1001):
            sheet.cell(number, position).number_format = _TEXT_FORMAT
        sheet.cell(1, position).font = Font(bold=True)
    sheet.freeze_panes = "A2"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
