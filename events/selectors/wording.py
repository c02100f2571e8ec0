"""What a reader sees of an event's values: one place for list, page, versions, export and API.

Personal numbers are masked for everybody. Who may not read names and plates sees these masked, and does not see free texts
and picture names, which may hold either. Source: the customer's masking defaults.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from common.codes import code_table
from common.masking import mask_name, mask_plate
from elements.selectors.wording import worded
from events.kinds import EventTable

_MASKS: dict[str, Callable[[str], str]] = {
    "plate_number": mask_plate, "plate_read": mask_plate, "person_name": mask_name,
}  # fmt: skip
_FREE_TEXTS = frozenset({"description", "result", "picture_ref"})


def shown_value(field: str, value: Any, *, in_full: bool) -> Any:
    """A plain value as this reader may have it; None for a text that is withheld."""
    if in_full or value is None:
        return value
    if field in _FREE_TEXTS:
        return None
    mask = _MASKS.get(field)
    return mask(value) if mask and value else value


def worded_event(kind: EventTable, field: str, value: Any, *, in_full: bool) -> str:
    """The value as text; "" when there is none.

    Args:
        kind: whose field.
        field: name.
        value: as the model gives it, or as a version keeps it (sealed and points as hex, moments as ISO text).
        in_full: the reader may read names and plates.
    """
    if value is None or value == "":
        return ""
    if field in _FREE_TEXTS and not in_full:
        return _("（无权查看姓名、号牌的岗位不显示）")
    if field in _MASKS:
        return str(shown_value(field, value, in_full=in_full))
    if field == "code":
        return violation_words(str(value))
    if isinstance(value, str) and isinstance(kind.stage_model._meta.get_field(field), DateTimeField):
        value = parse_datetime(value)
    return worded(kind, field, value, in_full=in_full)  # type: ignore[arg-type]


def violation_name(code: str) -> str:
    """What a violation code means; a fifth digit refines the first four. An unknown code stays."""
    table = code_table("wfxw")
    return table.get(code) or table.get(code[:4]) or code


def violation_words(code: str) -> str:
    """The same with the code."""
    name = violation_name(code)
    return f"{name}（{code}）" if name != code else code


def moment_text(moment: datetime | None) -> str:
    """2026-03-05 14:20, by the clock on the wall."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""
