"""Which column is which field: suggested from known headers, decided by a person, remembered per source."""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from common.errors import DomainError
from events.kinds import VOID
from exchange.kinds import LandedKind

DISMISSED = "-"
UNDECIDED = ""
# Columns of a mend file that carry the row it mends and why; never data.
ROW_COLUMN, REASON_COLUMN = "行号", "原因"
_FILE = Path(__file__).resolve().parent / "synonyms.toml"
_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
# When it happened in two columns; whether the source takes it back.
_EVENT_TIME = {"occurred_day": "日期（与时间分列）", "occurred_clock": "时间（与日期分列）"}
_EVENT_FIELDS = {**_EVENT_TIME, VOID: "撤销或作废"}
# Fields of a file that are no fields of the element: they become relations, a point, or decide another field.
EXTRA_FIELDS: dict[str, dict[str, str]] = {
    "PERSON": {
        "employer_number": "任职单位代码", "employer_name": "任职单位", "employed_from": "任职日期", "employed_to": "离职日期",
        "house_number": "居住房屋编号", "address_code": "标准地址编码",
    },
    "VEHICLE": {
        "owner_number": "所有人证件号", "driver_number": "经常驾驶人证件号", "driver_name": "经常驾驶人",
        "car_park_number": "停车场编号", "plate_colour": "号牌颜色", "source_row_id": "来源行编号",
        "address_code": "标准地址编码",
    },
    "UNIT": {"legal_person_number": "法定代表人证件号", "address_code": "标准地址编码"},
    "HOUSE": {"owner_number": "产权人证件号", "source_row_id": "房屋编号", "address_code": "标准地址编码"},
    "ROAD": {
        "manager_number": "管养单位代码", "road_number": "所属道路编号", "source_row_id": "道路编号", "wkt": "线位（WKT）",
    },
    "FACILITY": {"owner_number": "管养单位代码", "source_row_id": "设施编号", "address_code": "标准地址编码"},
    "ACCIDENT": {"source_row_id": "事故编号", **_EVENT_FIELDS, "address_code": "标准地址编码"},
    "PARTY": {"source_row_id": "人员编号", "plate_colour": "号牌颜色", **_EVENT_FIELDS},
    "VIOLATION": {
        "source_row_id": "违法编号", "plate_colour": "号牌颜色", **_EVENT_FIELDS, "address_code": "标准地址编码",
    },
    "INCIDENT": {
        "source_row_id": "警情编号", "plate_colour": "号牌颜色", **_EVENT_FIELDS, "address_code": "标准地址编码",
    },
    "CAPTURE": {"source_row_id": "过车编号", "plate_colour": "号牌颜色", **_EVENT_TIME, "address_code": "标准地址编码"},
    "POSITION": {"plate_number": "号牌号码", "plate_type": "号牌种类", "plate_colour": "号牌颜色"},
}  # fmt: skip
# An address stated by its code: it goes into the address field that the file fills first.
ADDRESS_CODE = "address_code"
OBSERVED_ON = "observed_on"
LINE = "wkt"
# What the platform finds out itself: a section is cut, a length is measured.
_COMPUTED_FIELDS = frozenset({"is_section", "length_m"})
# A checkpoint says what it read; what plate that is follows from it.
_DERIVED_FIELDS = {"CAPTURE": frozenset({"plate_number"})}
# A file of positions has one datum and one date of the data.
_ONE_A_FILE = {"POSITION": frozenset({"datum", OBSERVED_ON})}
_COMMON_FIELDS = {"lon": "经度", "lat": "纬度", "datum": "坐标系", OBSERVED_ON: "采集或更新日期"}


def fold_header(header: str) -> str:
    """Header as it is compared: width and case folded, no blanks, no brackets."""
    folded = unicodedata.normalize("NFKC", header).upper()
    return _BRACKETS.sub("", re.sub(r"[\s_*：:]+", "", folded))


@cache
def _synonyms(kind_code: str) -> dict[str, str]:
    document = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    groups = document[kind_code] | document["ANY"]
    known = {fold_header(h): field for field, headers in groups.items() for h in headers}
    known |= {fold_header(h): DISMISSED for h in document["DISMISSED"]["columns"] if fold_header(h) not in known}
    return known


def header_hash(headers: Sequence[str]) -> str:
    """Identity of a set of headers, in order."""
    return hashlib.sha256("\x1f".join(fold_header(h) for h in headers).encode()).hexdigest()[:32]


def target_fields(kind: LandedKind) -> dict[str, str]:
    """Field → Chinese label: everything a column can be mapped to."""
    hidden = kind.geometry_fields | _COMPUTED_FIELDS | _DERIVED_FIELDS.get(kind.code, frozenset())
    fields = {name: kind.label_of(name) for name in kind.fields if name not in hidden}
    common = {name: label for name, label in _COMMON_FIELDS.items() if name not in _ONE_A_FILE.get(kind.code, ())}
    return fields | EXTRA_FIELDS[kind.code] | common


def stated_address_field(kind: LandedKind, columns: Mapping[str, str]) -> str:
    """The address field that a column of address codes speaks about: the first that the file fills, else the kind's first."""
    used = set(columns.values())
    return next((name for _role, name in kind.address_fields if name in used), kind.address_fields[0][1])


def address_columns(kind: LandedKind, columns: Mapping[str, str]) -> dict[str, str]:
    """Address field → the file's header, for the fields that the file states, by text or by code."""
    headers = {field: header for header, field in columns.items()}
    found = {name: headers[name] for _role, name in kind.address_fields if name in headers}
    if not found and ADDRESS_CODE in headers and kind.address_fields:
        found = {stated_address_field(kind, columns): headers[ADDRESS_CODE]}
    return found


def suggest(kind: LandedKind, headers: Sequence[str]) -> dict[str, str]:
    """Header → field, DISMISSED or UNDECIDED; a field is suggested once, for its first column."""
    synonyms, labels = _synonyms(kind.code), {fold_header(v): k for k, v in target_fields(kind).items()}
    taken: set[str] = set()
    suggestion = {}
    for header in headers:
        folded = fold_header(header)
        field = synonyms.get(folded) or labels.get(folded) or UNDECIDED
        if field in taken or field in _ONE_A_FILE.get(kind.code, ()):
            field = UNDECIDED
        if field not in {UNDECIDED, DISMISSED}:
            taken.add(field)
        suggestion[header] = field
    return suggestion


def check_columns(kind: LandedKind, headers: Sequence[str], columns: dict[str, str]) -> dict[str, str]:
    """The mapping, if every column is decided and no field is filled twice.

    Raises:
        DomainError: names the columns that are open, doubled, or mapped to an unknown field.
    """
    fields = target_fields(kind)
    open_columns = [h for h in headers if columns.get(h, UNDECIDED) == UNDECIDED]
    if open_columns:
        raise DomainError(
            "COLUMNS_UNDECIDED",
            f"还有列没有对应：{'、'.join(open_columns)}。请选择字段，或标为“忽略此列”。",
            {"columns": open_columns},
        )
    unknown = sorted({columns[h] for h in headers} - set(fields) - {DISMISSED})
    if unknown:
        raise DomainError("FIELD_UNKNOWN", f"没有这样的字段：{'、'.join(unknown)}。", {"fields": unknown})
    used = [columns[h] for h in headers if columns[h] != DISMISSED]
    doubled = sorted({fields[f] for f in used if used.count(f) > 1})
    if doubled:
        raise DomainError(
            "FIELD_TWICE", f"多列对应同一字段：{'、'.join(doubled)}。每个字段只能对应一列。", {"fields": doubled}
        )
    keys = {c for rule in kind.keys for c in rule.columns[:1]}
    if not keys & set(used):
        names = "、".join(fields[k] for k in sorted(keys) if k in fields)
        raise DomainError("NO_KEY_COLUMN", f"没有任何主键列（{names}），无法认定是谁的数据。")
    return {h: columns[h] for h in headers}
