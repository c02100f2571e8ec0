"""Values and annotations that several ledgers have."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import orjson
from django.contrib.gis.geos import Point
from django.db.models import BooleanField, Case, Count, OuterRef, Subquery, Value, When

from common.codes import code_table
from elements.choices import ElementKind, KeyScheme
from elements.models import ElementKey, Photo
from elements.selectors.columns import stake_text
from elements.selectors.dues import DueRule, due_rules
from exchange.ledgers.ledger import LedgerRow


def worded(table: str, value: str | None, *, is_letters: bool = False) -> str:
    """A code in words; an unknown one stays as it is."""
    names = code_table(table)
    if not value or value in names:
        return names.get(value or "", "")
    return "、".join(names.get(letter, letter) for letter in value) if is_letters else value


def photo_count() -> Subquery:
    """Pictures of the element that stand."""
    shown = Photo.objects.filter(element=OuterRef("pk"), removed_at__isnull=True)
    return Subquery(shown.order_by().values("element").annotate(number=Count("pk")).values("number"))


def first_number() -> Subquery:
    """Key of the number in the files of the source that named the element first; see `number_of`."""
    keys = ElementKey.objects.filter(element=OuterRef("pk"), scheme=KeyScheme.SOURCE_ID)
    return Subquery(keys.order_by("pk").values("value")[:1])


def number_of(row: LedgerRow) -> str:
    """The number alone: the key holds kind and source before it."""
    return str(row.values["source_number"] or "").rpartition(":")[2]


def rules_of(kind: ElementKind, *fields: str) -> list[DueRule]:
    """Rules about the kind, or about these fields of it."""
    return [rule for rule in due_rules().values() if rule.kind == kind and (not fields or rule.field in fields)]


def due_flags(rules: Iterable[DueRule], today: date) -> dict[str, Case]:
    """`due_<code>`: whether the element is overdue by the rule."""
    return {
        f"due_{rule.code}": Case(
            When(rule.overdue(today), then=Value(True)), default=Value(False), output_field=BooleanField()
        )
        for rule in rules
    }


def overdue_items(row: LedgerRow) -> str:
    """What is overdue, each with the day it was due where that is known."""
    said = []
    for rule in due_rules().values():
        if row.values.get(f"due_{rule.code}"):
            day = row.values.get(rule.date_path)
            said.append(f"{rule.overdue_label} {day.isoformat()}" if day and day < row.today else rule.overdue_label)
    return "；".join(said)


def place_of(row: LedgerRow) -> str:
    """Road, stake and coordinates (WGS 84, longitude first)."""
    road, stake = row.values["facility__road_name"], row.values["facility__stake_m"]
    parts = [road or row.values["facility__site_address"] or ""]
    if stake is not None:
        parts.append(stake_text(stake))
    point: Point | None = row.values["point"]
    if point is not None:
        parts.append(f"{point.x:.6f},{point.y:.6f}")
    return " ".join(part for part in parts if part)


def parsed(text: str | None) -> dict[str, Any]:
    """A JSON object that the database wrote; none is empty."""
    return orjson.loads(text) if text else {}
