"""Cells of files about events: moments, and numbers whose fault does not keep a row back."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

from django.utils import timezone

from common import identifiers
from common.encryption import seal
from exchange.importers.fields import (
    Parsed,
    Parser,
    clean,
    code_of,
    letters_of,
    parse_address,
    parse_date,
    parse_integer,
    parse_stake,
    sealed,
    text_of,
)

_MOMENT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]*(\d{1,2})(?:[:时点](\d{1,2})?)(?:[:分](\d{1,2})?)?(?:\.\d+)?秒?"
    r"(Z|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?")
_SERIAL = re.compile(r"[2-6]\d{4}\.\d+")
_CLOCK = re.compile(r"(\d{1,2})(?:[:时点](\d{1,2})?)(?:[:分](\d{1,2})?)?秒?|(\d{2})(\d{2})(\d{2})?")
_EXCEL_EPOCH = datetime(1899, 12, 30)
_VOID = frozenset({"撤销", "已撤销", "撤案", "作废", "已作废", "无效", "删除", "是", "1", "Y", "TRUE", "VOID"})
_YES = {"是": True, "1": True, "Y": True, "已缴": True, "已缴款": True, "否": False, "0": False, "N": False, "未缴": False, "未缴款": False}  # fmt: skip


@lru_cache(maxsize=20_000)
def parse_moment(cell: str) -> Parsed:
    """A moment as people and systems write it, by the clock of Laizhou unless it states its own offset.

    A day alone is its midnight and says TIME_OF_DAY_MISSING.
    """
    folded = clean(cell).upper()
    if identifiers.is_blank(folded):
        return None, None
    try:
        if match := _MOMENT.fullmatch(folded) or _COMPACT.fullmatch(folded):
            year, month, day, hour, minute, second, *offset = match.groups()
            naive = datetime(*(int(part or 0) for part in (year, month, day, hour, minute, second)))  # type: ignore[arg-type]
            return _aware(naive, offset[0] if offset else None), None
        if _SERIAL.fullmatch(folded):
            naive = _EXCEL_EPOCH + timedelta(seconds=round(float(folded) * 86_400))
            return timezone.make_aware(naive), None
    except ValueError:
        return None, "MOMENT_UNREADABLE"
    day, problem = parse_date(cell)
    if day is None or problem:
        return None, "MOMENT_UNREADABLE"
    return timezone.make_aware(datetime(day.year, day.month, day.day)), "TIME_OF_DAY_MISSING"


def _aware(naive: datetime, offset: str | None) -> datetime:
    if offset is None:
        return timezone.make_aware(naive)
    return datetime.fromisoformat(f"{naive.isoformat()}{'+00:00' if offset == 'Z' else offset}")


def join_moment(day: str, clock: str) -> Parsed:
    """A moment whose day and time of day stand in two columns."""
    match = _CLOCK.fullmatch(clean(clock))
    if match is None:
        return parse_moment(day)
    hour, minute, second = (match[1], match[2], match[3]) if match[1] else (match[4], match[5], match[6])
    date, problem = parse_date(day)
    if date is None or problem:
        return None, "MOMENT_UNREADABLE"
    return parse_moment(f"{date.isoformat()} {int(hour):02}:{int(minute or 0):02}:{int(second or 0):02}")


def parse_event_plate(cell: str) -> Parsed:
    """A plate; one that is none is said, and does not keep the event back."""
    result = identifiers.parse_plate(cell)
    if result.is_valid:
        return result.value, None
    return None, None if identifiers.is_blank(clean(cell)) else "PLATE_UNREADABLE"


def parse_event_citizen_id(cell: str) -> Parsed:
    """A citizen ID, sealed; one that is none is said, and does not keep the event back."""
    result = identifiers.parse_citizen_id(cell)
    if result.is_valid:
        return seal("citizen_id", result.value), None
    return None, None if identifiers.is_blank(clean(cell)) else "NUMBER_DOUBTFUL"


def parse_reading(cell: str) -> Parsed:
    """What a checkpoint read, as it came: 20 characters, nothing folded."""
    text = cell.strip()[:20]
    return (text, None) if text else (None, None)


def parse_yes(cell: str) -> Parsed:
    """是/否, 1/0, 已缴/未缴."""
    folded = clean(cell).upper()
    if not folded:
        return None, None
    return (_YES[folded], None) if folded in _YES else (None, "CODE_UNKNOWN")


def is_void(cell: str) -> bool:
    """The source takes the event back."""
    return clean(cell).upper() in _VOID


def parse_violation_code(cell: str) -> Parsed:
    """Four digits, or five with a local refinement; a code that is not in the table is kept: tables change."""
    folded = clean(cell).upper().split(" ")[0]
    if identifiers.is_blank(folded):
        return None, None
    return (folded, None) if re.fullmatch(r"\d{4,5}", folded) else code_of("wfxw")(cell)


_PLACE: dict[str, Parser] = {"place_text": parse_address, "road_name": text_of(60), "stake_m": parse_stake}
_PLATE: dict[str, Parser] = {"plate_number": parse_event_plate, "plate_type": code_of("hpzl")}

EVENT_PARSERS: dict[str, dict[str, Parser]] = {
    "ACCIDENT": _PLACE
    | {
        "occurred_at": parse_moment,
        "accident_type": code_of("sglx"),
        "form": code_of("sgxt"),
        "collision": code_of("cljsg"),
        "main_cause": code_of("sgrdyy"),
        "deaths": parse_integer,
        "injured": parse_integer,
        "property_loss_yuan": parse_integer,
        "weather": code_of("tq"),
        "light": code_of("zmtj"),
        "visibility": code_of("njd"),
        "surface": code_of("lbqk"),
        "road_condition": code_of("lmzk"),
        "road_class": code_of("dllx"),
        "alignment": code_of("dlxx"),
        "junction": code_of("lkldlx"),
        "control": code_of("jtxhfs"),
        "terrain": code_of("dx"),
        "scene": code_of("xc"),
        "handled_by": text_of(60),
        "closed_on": parse_date,
        "description": text_of(500),
    },
    "PARTY": _PLATE
    | {
        "occurred_at": parse_moment,
        "accident_number": text_of(60),
        "person_name": text_of(60),
        "citizen_id": parse_event_citizen_id,
        "age": parse_integer,
        "travel_mode": code_of("jtfs"),
        "injury": code_of("shcd"),
        "responsibility": code_of("sgzr"),
        "cause": code_of("sgrdyy"),
        "vehicle_type": code_of("cllx"),
    },
    "VIOLATION": _PLACE
    | _PLATE
    | {
        "occurred_at": parse_moment,
        "code": parse_violation_code,
        "method": code_of("clfs"),
        "person_name": text_of(60),
        "citizen_id": parse_event_citizen_id,
        "speed_kmh": parse_integer,
        "limit_kmh": parse_integer,
        "device_number": text_of(40),
        "seen_by": text_of(60),
        "processed_at": parse_moment,
        "processed_by": text_of(60),
        "decision_number": text_of(40),
        "fine_yuan": parse_integer,
        "points": parse_integer,
        "is_paid": parse_yes,
    },
    "INCIDENT": _PLACE
    | _PLATE
    | {
        "occurred_at": parse_moment,
        "channel": text_of(20),
        "category": code_of("jqlb"),
        "description": text_of(500),
        "caller_phone": sealed("phone", identifiers.parse_phone, "PHONE_UNREADABLE"),
        "dispatched_at": parse_moment,
        "arrived_at": parse_moment,
        "closed_at": parse_moment,
        "handled_by": text_of(60),
        "result": text_of(240),
        "accident_number": text_of(60),
    },
    "CAPTURE": {
        "occurred_at": parse_moment,
        "plate_read": parse_reading,
        "plate_type": code_of("hpzl"),
        "confidence_pct": parse_integer,
        "device_number": text_of(40),
        "place_text": parse_address,
        "lane": parse_integer,
        "direction": text_of(20),
        "speed_kmh": parse_integer,
        "limit_kmh": parse_integer,
        "vehicle_type": code_of("cllx"),
        "colour": letters_of("csys"),
        "picture_ref": text_of(120),
    },
}
