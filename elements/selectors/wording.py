"""Values of fields in words, masked as one reader sees them: for the element page, its log and its history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, Point
from django.utils import timezone
from django.utils.translation import gettext as _

from common.codes import code_table
from elements.choices import Sex
from elements.kinds import Kind
from elements.selectors.columns import stake_text
from elements.selectors.masking import shown_sealed, shown_text


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
    if field in kind.geometry_fields:
        return _shape(value if isinstance(value, GEOSGeometry) else GEOSGeometry(value))
    if field.startswith("stake_"):
        return stake_text(int(value))
    if field == "sex":
        return str(dict(Sex.choices).get(value, value))
    if field in kind.coded_fields:
        return _coded(kind.coded_fields[field], str(value), field in kind.letter_fields)
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return shown_text(kind.code, field, str(value), in_full=in_full) or ""


def _shape(value: Any) -> str:
    """A point by its coordinates, a line by its ends."""
    ends = [value.coords] if isinstance(value, Point) else [value.coords[0], value.coords[-1]]
    return " – ".join(f"{lon:.6f}, {lat:.6f}" for lon, lat in ends)


def _coded(table_name: str, value: str, is_letters: bool) -> str:
    table = code_table(table_name)
    if value in table:
        return f"{table[value]}（{value}）"
    return "、".join(table.get(letter, letter) for letter in value) if is_letters else value
