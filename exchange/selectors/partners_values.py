"""Values of records as partners get them: read for many ids at once, in the form of JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from django.contrib.gis.geos import Point
from django.utils import timezone

from common.codes import code_table
from common.encryption import keyed_hash, unseal
from elements.selectors.masking import shown_sealed, shown_text
from exchange.contracts import SharedField, SubjectSpec

# The national table of violations goes to four digits; a fifth is a local refinement.
_NATIONAL_DIGITS = 4


def read_values(spec: SubjectSpec, ids: Collection[int], fields: Iterable[str]) -> dict[int, dict[str, Any]]:
    """Record → field → raw value, of the standing records among `ids`; unknown fields are left out. At most two queries."""
    if not ids:
        return {}
    asked = [spec.fields[name] for name in dict.fromkeys(fields) if name in spec.fields]
    rows = spec.standing(ids).values_list("pk", *(one.path for one in asked))
    return {pk: dict(zip((one.name for one in asked), values, strict=True)) for pk, *values in rows}


def as_sent(field: SharedField, value: Any) -> Any:
    """A raw value as JSON takes it: codes with their names, moments in Beijing time, sealed values opened.

    Raises:
        SealBroken: the stored value was altered or its key is gone.
    """
    if value is None:
        return None
    if field.purpose:
        return unseal(field.purpose, value)
    if isinstance(value, Point):
        return {"lon": round(value.x, 6), "lat": round(value.y, 6)}
    if field.table:
        return {"code": value, "name": _name(field.table, str(value))}
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _name(table: str, code: str) -> str:
    names = code_table(table)
    return names.get(code) or names.get(code[:_NATIONAL_DIGITS], "")


def value_hash(subject: str, field: str, value: Any) -> bytes:
    """Keyed hash (16 bytes) of a value as it was sent: tells whether a partner holds this one, and nothing else."""
    return keyed_hash(f"disclosed:{subject}:{field}", orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


def as_shown(spec: SubjectSpec, field: SharedField, value: Any) -> str:
    """A raw value on a page: whatever tells something of a person is masked, whoever reads."""
    if value is None:
        return ""
    if field.purpose:
        return shown_sealed(field.purpose, value) or ""
    if not field.is_personal:
        return _plain(as_sent(field, value))
    masked = shown_text(spec.kind.code, field.claim_field or field.name, str(value), in_full=False) or ""
    return masked if masked != str(value) else f"{str(value)[:1]}***"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(str(part) for part in value.values() if part != "")
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)


def labels(spec: SubjectSpec, names: Sequence[str]) -> list[str]:
    """Chinese names of fields; one that is declared no more stands as it is."""
    return [str(spec.fields[name].label) if name in spec.fields else name for name in names]
