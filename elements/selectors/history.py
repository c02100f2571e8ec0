"""What the platform held about an element, change by change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import Model

from addresses.models import Area
from elements.choices import ElementKind, PlaceQuality
from elements.kinds import KINDS
from elements.models import Element
from elements.selectors.masking import may_read_names
from elements.selectors.wording import worded

# Newest versions of each table that are shown; one more is read, to compare the oldest with.
LIMIT = 50
_BOOKKEEPING = frozenset({"pgh_id", "pgh_created_at", "pgh_label", "pgh_obj", "pgh_context", "element"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a change, in words, masked for the reader."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """One version of one table: what it set, or with what it began."""

    at: datetime
    is_first: bool
    differences: tuple[Difference, ...]


def events_model(model: type[Model]) -> Any:
    """The model of the history rows of a tracked model."""
    return next(r.related_model for r in model._meta.related_objects if r.field.name == "pgh_obj")


def history(element: Element, user: Any) -> list[Change]:
    """Changes of the element and its details, newest first: one query a table."""
    in_full = may_read_names(user)
    changes: list[Change] = []
    for model in (Element, *(part.model for part in KINDS[element.kind].parts)):
        rows = list(
            events_model(model)
            .objects.filter(pgh_obj_id=element.pk)
            .order_by("-pgh_created_at", "-pgh_id")[: LIMIT + 1]
        )
        fields = [f for f in events_model(model)._meta.fields if f.name not in _BOOKKEEPING]
        if model is Element:
            rows = _with_block_names(rows)
        changes += _changes(element, rows, fields, in_full)
    return sorted(changes, key=attrgetter("at"), reverse=True)[:LIMIT]


def _changes(element: Element, rows: Sequence[Any], fields: Sequence[Any], in_full: bool) -> list[Change]:
    changes = []
    for new, old in zip(rows, [*rows[1:], None][: len(rows)], strict=True):
        if old is None and len(rows) > LIMIT:
            break
        differences = tuple(
            Difference(
                str(field.verbose_name),
                _text(element, field, getattr(old, field.attname) if old else None, in_full),
                _text(element, field, getattr(new, field.attname), in_full),
            )
            for field in fields
            if _raw(getattr(new, field.attname)) != (_raw(getattr(old, field.attname)) if old else None)
        )
        if differences:
            changes.append(Change(new.pgh_created_at, old is None, differences))
    return changes


def _raw(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _text(element: Element, field: Any, value: Any, in_full: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if field.name == "place_quality":
        return str(dict(PlaceQuality.choices).get(value, value))
    if field.name == "conflicts":
        kind = KINDS[element.kind]
        return "、".join(kind.label_of(name) for name in value)
    if field.name in {"block", "merged_into"}:
        return str(value)
    return worded(KINDS[ElementKind(element.kind)], field.name, value, in_full=in_full)


def _with_block_names(rows: list[Any]) -> list[Any]:
    names = dict(Area.objects.filter(pk__in={row.block_id for row in rows}).values_list("pk", "name"))
    for row in rows:
        row.block_id = names.get(row.block_id, row.block_id)
    return rows
