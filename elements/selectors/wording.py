"""Values of fields in words, masked as one reader sees them: for the element page, its log and its history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, Point
from django.utils import timezone

from elements.choices import Sex, code_table
from elements.kinds import Kind
from elements.selectors.masking import shown_sealed, shown_text

# Codes that a single field may hold several of, a letter each.
_LETTERS = {"state", "licence_state"}


def worded(kind: Kind, field: str, value: Any, *, in_full: bool) -> str:
    """The value as text; "" when there is none.

    Args:
        kind: whose field.
        field: name.
        value: as the model gives it, or as the claim log stores it (sealed and points as hex, dates as ISO text).
        in_full: the reader may read names and plates.

    Raises:
        SealBroken: a sealed value was altered or its key is gone.
    """
    if value is None or value == "":
        return ""
    if field in kind.sealed_fields:
        sealed = bytes.fromhex(value.removeprefix("\\x")) if isinstance(value, str) else value
        return shown_sealed(kind.sealed_fields[field], sealed) or ""
    if field == "point":
        lon, lat = (value if isinstance(value, Point) else GEOSGeometry(value)).centroid.coords
        return f"{lon:.6f}, {lat:.6f}"
    if field == "sex":
        return str(dict(Sex.choices).get(value, value))
    if field in kind.coded_fields:
        return _coded(kind.coded_fields[field], str(value), field in _LETTERS)
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return shown_text(kind.code, field, str(value), in_full=in_full) or ""


def _coded(table_name: str, value: str, is_letters: bool) -> str:
    table = code_table(table_name)
    if value in table:
        return f"{table[value]}（{value}）"
    return "、".join(table.get(letter, letter) for letter in value) if is_letters else value
