"""One cell → one typed value, or the code of what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from common import identifiers
from common.codes import code_by_name, code_table
from common.encryption import seal
from common.scrub import scrub
from elements.choices import Sex

# A parser returns (value, problem code); value None with no problem says nothing.
Parsed = tuple[Any, str | None]
Parser = Callable[[str], Parsed]

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6})?")
_LONG_TERM = {"长期", "永久", "长期有效"}
LONG_TERM = date(9999, 12, 31)
_EXCEL_EPOCH = date(1899, 12, 30)
_INTEGER = re.compile(r"(-?\d{1,9})(?:\.0+)?(?:人|KG|千克|公斤|分|座|层|车道|个|KM/H|千米/时|公里/小时)?")
_DECIMAL = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(?:平方米|平米|M2|m2|㎡)?")
_STAKE = re.compile(r"K?(\d{1,4})\+(\d{1,3})(?:\.\d{1,3})?")
_KILOMETRES = re.compile(r"K?(\d{1,4}(?:\.\d{1,3})?)(?:KM|公里|千米)?")
_ROUTE_CODE = re.compile(r"[GSXYCZ]\d{1,4}[A-Z0-9]{0,4}")
_BLANK_NUMBERS = frozenset({"/", "-", "无", "不详"})


def clean(text: str) -> str:
    """Width folded, blanks squeezed."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def text_of(limit: int) -> Parser:
    """Free text up to a limit, personal numbers cut out."""

    def parse(cell: str) -> Parsed:
        if identifiers.is_blank(cell):
            return None, None
        value = scrub(clean(cell))
        return (value, None) if len(value) <= limit else (None, "VALUE_TOO_LONG")

    return parse


def parse_address(cell: str) -> Parsed:
    """Address as received: not folded, so that it can be shown as it came; personal numbers cut, blanks squeezed."""
    if identifiers.is_blank(cell):
        return None, None
    return scrub(" ".join(cell.replace("\x00", "").split()))[:240] or None, None


@lru_cache(maxsize=50_000)
def parse_date(cell: str) -> Parsed:
    """Dates as people write them; 长期 is the last day of the calendar; Excel day numbers are accepted."""
    folded = clean(cell)
    if identifiers.is_blank(folded):
        return None, None
    if folded in _LONG_TERM:
        return LONG_TERM, None
    match = _DATE.fullmatch(folded) or _COMPACT_DATE.fullmatch(folded)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3])), None
        if re.fullmatch(r"[2-6]\d{4}", folded):
            return _EXCEL_EPOCH + timedelta(days=int(folded)), None
    except ValueError:
        pass
    return None, "DATE_UNREADABLE"


def parse_integer(cell: str) -> Parsed:
    """Whole numbers, with the units people add."""
    folded = clean(cell).upper()
    if not folded or folded in _BLANK_NUMBERS:
        return None, None
    match = _INTEGER.fullmatch(folded)
    return (int(match[1]), None) if match else (None, "NUMBER_UNREADABLE")


def decimal_of(digits: int, places: int) -> Parser:
    """A number with decimals, as people write areas: 89.5, 89.50㎡, 1,200 平方米."""
    limit = Decimal(10) ** (digits - places)

    def parse(cell: str) -> Parsed:
        folded = clean(cell).replace(",", "")
        if identifiers.is_blank(folded):
            return None, None
        match = _DECIMAL.fullmatch(folded)
        if match is None:
            return None, "NUMBER_UNREADABLE"
        value = round(Decimal(match[1]), places)
        return (value, None) if value < limit else (None, "NUMBER_UNREADABLE")

    return parse


def parse_stake(cell: str) -> Parsed:
    """K19+906, K19+906.5, 19.906 (kilometres) → metres."""
    folded = clean(cell).upper().replace(" ", "")
    if not folded or folded in _BLANK_NUMBERS:
        return None, None
    if match := _STAKE.fullmatch(folded):
        return int(match[1]) * 1_000 + int(match[2]), None
    if match := _KILOMETRES.fullmatch(folded):
        return round(Decimal(match[1]) * 1_000), None
    return None, "STAKE_UNREADABLE"


def parse_sex(cell: str) -> Parsed:
    """男/女, 1/2, M/F."""
    folded = clean(cell).upper()
    if identifiers.is_blank(folded):
        return None, None
    code = {"男": "1", "女": "2", "M": "1", "F": "2", "男性": "1", "女性": "2"}.get(folded, folded)
    return (code, None) if code in Sex.values else (None, "CODE_UNKNOWN")


def code_of(table_name: str) -> Parser:
    """A code of a national table, its name, or "code name"."""

    @lru_cache(maxsize=2_000)
    def parse(cell: str) -> Parsed:
        folded = clean(cell).upper()
        if identifiers.is_blank(folded) and folded not in code_table(table_name):
            return None, None
        table, names = code_table(table_name), code_by_name(table_name)
        head = re.split(r"[ :、\-]", folded, maxsplit=1)[0]
        for candidate in (folded, folded.zfill(2), names.get(clean(cell), ""), head):
            if candidate in table:
                return candidate, None
        return None, "CODE_UNKNOWN"

    return parse


def letters_of(table_name: str) -> Parser:
    """States that add up, e.g. GQ = 违法未处理 + 逾期未检验: letters, or names between 、 , and blanks."""

    @lru_cache(maxsize=2_000)
    def parse(cell: str) -> Parsed:
        folded = clean(cell).upper()
        if identifiers.is_blank(folded):
            return None, None
        table, names = code_table(table_name), code_by_name(table_name)
        if all(letter in table for letter in folded):
            return "".join(dict.fromkeys(folded)), None
        parts = [part for part in re.split(r"[、,，;/ ]+", clean(cell)) if part]
        codes = [names.get(part) for part in parts]
        return ("".join(dict.fromkeys(codes)), None) if all(codes) else (None, "CODE_UNKNOWN")  # type: ignore[arg-type]

    return parse


@lru_cache(maxsize=2_000)
def parse_licence_classes(cell: str) -> Parsed:
    """A1A2D, "A1 A2 D", "A1/A2/D"."""
    folded = identifiers.fold(cell).replace("/", "").replace(",", "").replace("、", "")
    if identifiers.is_blank(cell):
        return None, None
    classes = re.findall(r"[ABC][1-6]|[DEFMNP]", folded)
    if "".join(classes) != folded or any(c not in code_table("zjcx") for c in classes):
        return None, "CODE_UNKNOWN"
    return "".join(classes), None


def sealed(purpose: str, parse: Callable[[str], identifiers.Parsed], problem: str | None = None) -> Parser:
    """A personal number: parsed, then sealed. A key's problem is named after what is wrong with it."""

    def parse_sealed(cell: str) -> Parsed:
        result = parse(cell)
        if result.is_valid:
            return seal(purpose, result.value), None
        if not cell.strip():
            return None, None
        if problem:
            return None, None if result.problem == identifiers.Problem.BLANK else problem
        return None, f"KEY_{result.problem}"

    return parse_sealed


def plain_key(parse: Callable[[str], identifiers.Parsed], doubtful: str | None = None) -> Parser:
    """A key in clear; `doubtful` is the warning for a value that is usable but not standard."""

    def parse_key(cell: str) -> Parsed:
        result = parse(cell)
        if result.is_valid:
            return result.value, doubtful if result.problem else None
        return None, None if not cell.strip() else f"KEY_{result.problem}"

    return parse_key


def parse_route_code(cell: str) -> Parsed:
    """G206, S218, X012, Y345, C001 with up to two letters and digits after: upper case, no blanks."""
    folded = identifiers.fold(cell)
    if identifiers.is_blank(cell):
        return None, None
    return (folded, None) if _ROUTE_CODE.fullmatch(folded) else (None, "KEY_FORM")


PARSERS: dict[str, dict[str, Parser]] = {
    "PERSON": {
        "name": text_of(60),
        "citizen_id": sealed("citizen_id", identifiers.parse_citizen_id),
        "sex": parse_sex,
        "birth_on": parse_date,
        "phone": sealed("phone", identifiers.parse_phone, "PHONE_UNREADABLE"),
        "household_address": parse_address,
        "residence_address": parse_address,
        "file_no": sealed("file_no", identifiers.parse_file_number),
        "licence_classes": parse_licence_classes,
        "first_licensed_on": parse_date,
        "licence_valid_from": parse_date,
        "licence_valid_to": parse_date,
        "points": parse_integer,
        "licence_state": letters_of("jszzt"),
        "review_due_on": parse_date,
        "issuing_authority": text_of(40),
    },
    "VEHICLE": {
        "vin": plain_key(identifiers.parse_vin, "VIN_DOUBTFUL"),
        "plate_number": plain_key(identifiers.parse_plate),
        "plate_type": code_of("hpzl"),
        "vehicle_type": code_of("cllx"),
        "use_nature": code_of("syxz"),
        "brand": text_of(60),
        "model": text_of(60),
        "engine_number": text_of(40),
        "colour": letters_of("csys"),
        "fuel": letters_of("rlzl"),
        "seats": parse_integer,
        "total_mass_kg": parse_integer,
        "first_registered_on": parse_date,
        "inspection_valid_to": parse_date,
        "scrap_due_on": parse_date,
        "insurance_valid_to": parse_date,
        "transport_permit": text_of(60),
        "transport_permit_valid_to": parse_date,
        "state": letters_of("jdczt"),
        "issuing_authority": text_of(40),
        "owner_name": text_of(120),
        "registered_address": parse_address,
        "parking_address": parse_address,
    },
    "UNIT": {
        "name": text_of(120),
        "uscc": plain_key(identifiers.parse_uscc),
        "org_code": plain_key(identifiers.parse_organisation_code),
        "unit_type": text_of(40),
        "legal_person_name": text_of(60),
        "phone": sealed("phone", identifiers.parse_phone, "PHONE_UNREADABLE"),
        "state": text_of(20),
        "established_on": parse_date,
        "registered_address": parse_address,
        "business_address": parse_address,
    },
    "HOUSE": {
        "name": text_of(60),
        "usage": code_of("fwyt"),
        "structure": text_of(20),
        "area_m2": decimal_of(9, 2),
        "storeys": parse_integer,
        "built_on": parse_date,
        "owner_name": text_of(120),
        "site_address": parse_address,
    },
    "ROAD": {
        "name": text_of(60),
        "route_code": parse_route_code,
        "road_class": code_of("dllx"),
        "admin_class": code_of("glxzdj"),
        "speed_limit_kmh": parse_integer,
        "lanes": parse_integer,
        "manager_name": text_of(120),
        "stake_from_m": parse_stake,
        "stake_to_m": parse_stake,
    },
    "FACILITY": {
        "name": text_of(120),
        "facility_type": code_of("sslx"),
        "state": code_of("sszt"),
        "road_name": text_of(60),
        "stake_m": parse_stake,
        "model": text_of(60),
        "capacity": parse_integer,
        "installed_on": parse_date,
        "expires_on": parse_date,
        "owner_department": text_of(120),
        "site_address": parse_address,
        "danger_grade": code_of("yhdj"),
        "danger": text_of(240),
        "treatment": text_of(240),
        "treated_by": text_of(120),
        "treat_by_on": parse_date,
        "reviewed_on": parse_date,
        "review_result": code_of("fcjg"),
    },
}


def cell_text(value: Any) -> str:
    """A cell of a spreadsheet as text: whole numbers without .0, dates in ISO form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
