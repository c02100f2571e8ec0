"""Correcting by hand: which fields of a kind, what each is typed into, and what a typed text means.

Texts are read by the parsers of the import, so that a field means the same wherever it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import SmallIntegerField
from django.utils.translation import gettext as _

from common.codes import code_table
from common.geometry import in_laizhou_box, to_wgs84
from elements.choices import ElementKind, Sex
from elements.kinds import Kind
from elements.selectors.columns import stake_text
from elements.services.bulk_corrections import settable_fields
from exchange.importers.fields import PARSERS, clean
from exchange.importers.rows import point_hex
from exchange.problems import WORDINGS

DATUMS = (("WGS84", "WGS84 / CGCS2000"), ("GCJ02", "GCJ-02"), ("BD09", "BD-09"))
MAX_TEXT = 500
_SMALLEST, _SMALL = 0, 32_767
_INDEX = slice(1, 17)
# Fields of several codes at once, beside those that the kind names.
_LETTERS = frozenset({"colour", "fuel"})
_CODES = {"licence_classes": "zjcx"}


@dataclass(frozen=True, slots=True)
class EditField:
    """What a field is typed into.

    Attributes:
        name: of the field.
        label: Chinese, without its unit.
        unit: shown behind the input, "" when there is none.
        widget: text, date, number, code, letters, choice, address, sealed or point.
        choices: (text to type, name) of a code table.
        hint: an example.
        max_length: of the text.
    """

    name: str
    label: str
    unit: str
    widget: str
    choices: tuple[tuple[str, str], ...]
    hint: str
    max_length: int


@dataclass(frozen=True, slots=True)
class Entered:
    """A typed text as a value, or what is wrong with it."""

    value: Any = None
    code: str = ""
    message: str = ""
    cure: str = ""


def editable_fields(kind: Kind) -> tuple[str, ...]:
    """What may be corrected by hand: all that a file may state; the surveyed point of what has one and is no line."""
    fields = [name for name in kind.fields if name in PARSERS[kind.code]]
    if kind.code != ElementKind.ROAD:
        fields.append("point")
    return tuple(fields)


def bulk_fields(kind: Kind) -> tuple[str, ...]:
    """What may be set for many at once."""
    return tuple(name for name in settable_fields(kind) if name in PARSERS[kind.code])


def edit_field(kind: Kind, name: str) -> EditField:
    """The input of one field."""
    label, _bracket, unit = kind.label_of(name).removesuffix("）").partition("（")
    widget = _widget(kind, name)
    hints = {
        "date": _("例：2026-03-01"), "letters": _("可写多个，用“、”隔开"), "code": _("输入代码或名称查找"),
        "sealed": _("完整填写，保存后只显示掩码"), "address": _("按门牌或村居填写，边写边比对"),
    }  # fmt: skip
    hint = hints.get(widget, "")
    if name.startswith("stake_"):
        hint, unit = _("例：K19+906"), ""
    if name == "licence_valid_to":
        hint = _("例：2026-03-01，或“长期”")
    column = kind.claim_model._meta.get_field(name)
    length = getattr(column, "max_length", None) if widget in {"text", "address"} else None
    return EditField(name, label, unit, widget, _choices(kind, name), hint, length or MAX_TEXT)


def _widget(kind: Kind, name: str) -> str:
    column = kind.claim_model._meta.get_field(name)
    if name in kind.geometry_fields:
        return "point"
    if name in kind.sealed_fields:
        return "sealed"
    if name.endswith("_address"):
        return "address"
    if name == "sex":
        return "choice"
    if name in kind.letter_fields | _LETTERS:
        return "letters"
    if name in kind.coded_fields:
        return "code"
    if name == "licence_valid_to" or name.startswith("stake_"):
        return "text"
    internal = column.get_internal_type()
    return {"DateField": "date", "SmallIntegerField": "number", "IntegerField": "number", "DecimalField": "number"}.get(
        internal, "text"
    )


def _choices(kind: Kind, name: str) -> tuple[tuple[str, str], ...]:
    if name == "sex":
        return tuple((value, str(label)) for value, label in Sex.choices)
    table = kind.coded_fields.get(name) or _CODES.get(name)
    return tuple((code, label) for code, label in code_table(table).items()) if table else ()


def typed_text(kind: Kind, name: str, value: Any) -> str:
    """The text that a person would type for a value, to begin an edit with; never a personal number."""
    if value is None or name in kind.sealed_fields or name in kind.geometry_fields:
        return ""
    if name.startswith("stake_"):
        return stake_text(int(value))
    if isinstance(value, date):
        return "长期" if value.year == 9999 else value.isoformat()
    table = kind.coded_fields.get(name)
    if table and name not in kind.letter_fields | _LETTERS:
        label = code_table(table).get(str(value))
        return f"{value} {label}" if label else str(value)
    return str(value)


def read_text(kind: Kind, name: str, text: str) -> Entered:
    """Text → value as a claim takes it, or the refusal in words."""
    label = kind.label_of(name)
    if "\x00" in text:
        return _refused("KEY_CHARACTER", label)
    value, problem = PARSERS[kind.code][name](text[: MAX_TEXT + 1])
    if value is None:
        return _refused(problem, label) if problem else _empty(label)
    column = kind.claim_model._meta.get_field(name)
    if isinstance(value, str) and column.max_length and len(value) > column.max_length:
        return _refused("VALUE_TOO_LONG", label)
    if isinstance(value, int) and not _SMALLEST <= value <= _largest(column):
        most = f"{_largest(column):,}"
        message = _("“%(label)s”应在 0 至 %(most)s 之间。") % {"label": label, "most": most}
        return Entered(None, "NUMBER_RANGE", message, _("请核对后重新填写。"))
    return Entered(value)


def read_point(lon_text: str, lat_text: str, datum: str) -> Entered:
    """Coordinates → the point as a claim takes it (EWKB hex, WGS84)."""
    label = _("经纬度")
    if not clean(lon_text) or not clean(lat_text):
        return _empty(label)
    if datum not in dict(DATUMS):
        return _refused("DATUM_UNKNOWN", label)
    try:
        lon, lat = float(clean(lon_text)), float(clean(lat_text))
    except ValueError:
        return _refused("COORDINATES_UNREADABLE", label)
    if in_laizhou_box(lat, lon):
        message = _("经度和纬度写反了。")
        return Entered(None, "COORDINATES_SWAPPED", message, _("请对调后再提交。"))
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return _refused("COORDINATES_OUTSIDE", label)
    lon, lat = to_wgs84(lon, lat, datum)
    return Entered(point_hex(lon, lat)) if in_laizhou_box(lon, lat) else _refused("COORDINATES_OUTSIDE", label)


def is_same(kind: Kind, name: str, old: Any, new: Any) -> bool:
    """The typed value is what holds already; personal numbers by their blind index, points within a centimetre."""
    if old is None or new is None:
        return old is new
    if name in kind.sealed_fields:
        return bytes(old)[_INDEX] == bytes(new)[_INDEX]
    if name in kind.geometry_fields:
        return bool(old.equals_exact(GEOSGeometry(new), 1e-7))
    return bool(old == new)


def claimed(kind: Kind, name: str, value: Any) -> Any:
    """A value of a model as a claim takes it."""
    if name in kind.geometry_fields:
        return value.hexewkb.decode()
    return bytes(value) if isinstance(value, memoryview) else value


def as_json(value: Any) -> Any:
    """A read value as a bulk correction keeps it."""
    return value if isinstance(value, int | str) else str(value)


def _largest(column: Any) -> int:
    return _SMALL if isinstance(column, SmallIntegerField) else 999_999_999


def _empty(label: str) -> Entered:
    message = _("“%(label)s”没有填写可用的内容。") % {"label": label}
    return Entered(None, "VALUE_BLANK", message, _("要去掉原值，请选“清空”。"))


# The import says what it did with the row; here nothing was done yet.
_ASIDES = ("，未采用", "，坐标未采用", "，线位未采用")


def _refused(code: str | None, label: str) -> Entered:
    text = WORDINGS[code or "KEY_FORM"].text.format(column=label)
    for aside in _ASIDES:
        text = text.replace(aside, "")
    message, _mark, cure = text.partition("；")
    if not cure:
        message, _mark, cure = text.partition("，请")
        cure = f"请{cure}" if cure else ""
    return Entered(None, code or "KEY_FORM", f"{message}。", f"{cure}。" if cure else _cure(code or ""))


def _cure(code: str) -> str:
    cures: Mapping[str, str] = {
        "CODE_UNKNOWN": _("请从列表中选择，或填代码。"),
        "NUMBER_UNREADABLE": _("请只填数字。"),
        "VALUE_TOO_LONG": _("请缩短后再提交。"),
        "PHONE_UNREADABLE": _("请填 11 位手机号，或带区号的固定电话。"),
        "COORDINATES_OUTSIDE": _("请核对经纬度和坐标系。"),
        "COORDINATES_UNREADABLE": _("请填小数形式的度，如 119.942300。"),
    }
    return cures.get(code, _("请核对后重新填写。"))
