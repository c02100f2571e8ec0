"""Graded elements as a list: of one scheme, the highest scores first."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from addresses.choices import AreaKind
from common.scope import Actor
from elements.selectors.keyset_pages import RowPage, order_among, read_models
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.paging import Order
from tagging.models import Grade, Scheme
from tagging.querysets import GradeQuerySet
from tagging.selectors.grade_levels import level_named, levels_of

LIST_NAME = "grades"
SORTABLE = ("score", "since")
USUAL_ORDER = "-score"


def visible_grades(user: Actor) -> GradeQuerySet:
    """Every standing grade in the reader's scope."""
    return Grade.objects.visible_to(user).standing()


def active_schemes() -> list[Scheme]:
    """Schemes in force, in the order of their codes: one query."""
    return list(
        Scheme.objects.filter(is_active=True, published__isnull=False).select_related("published").order_by("pk")
    )


def order_of(text: str) -> Order:
    """The order of rows that `sort=` asks for.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    return order_among(Grade, text, usual=USUAL_ORDER, sortable=SORTABLE)


def read_page(grades: QuerySet[Grade], *, order: Order, size: int, cursor: str) -> RowPage[Grade]:
    """A page of the list with what a row shows."""
    shown = Grade.objects.select_related("scheme__published", "element__block__parent__parent").defer(
        "element__point", "element__block__geom", "element__block__parent__geom", "element__block__parent__parent__geom"
    )
    return read_models(grades, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=shown)


def worded(grades: Sequence[Grade], user: Actor) -> list[dict[str, Any]]:
    """Rows in words: no query."""
    in_full = may_read_names(user)
    return [_row(grade, in_full=in_full) for grade in grades]


def _row(grade: Grade, *, in_full: bool) -> dict[str, Any]:
    levels, block = levels_of(grade.scheme), grade.element.block
    district = block.parent
    # A pseudo-block hangs right below the squadron, or below the brigade.
    squadron = district if district and district.kind == AreaKind.SQUADRON else district.parent if district else None
    return {
        "grade": grade,
        "label": shown_label(grade.element.kind, grade.element.label, in_full=in_full) or _("（无名称）"),
        "level": level_named(levels, grade.level),
        "computed": level_named(levels, grade.computed_level),
        "is_set": grade.override_id is not None,
        "score": points_text(grade.score),
        "reasons": reasons(grade.items),
        "block": block.name,
        "district": district.name if district else "",
        "squadron": squadron.name if squadron else "",
    }


def reasons(items: Sequence[dict[str, Any]]) -> list[str]:
    """What weighs most: listings, then the two indicators with most points."""
    listed = [one["label"] for item in items for one in item.get("lists", ())]
    counted = [(Decimal(item["points"]), item["label"]) for item in items if "weight" in item]
    most = sorted((one for one in counted if one[0] > 0), key=lambda one: -one[0])[:2]
    return [*listed, *(f"{label} {points_text(points)}" for points, label in most)]


def points_text(points: Decimal) -> str:
    """A score or points with one digit."""
    return f"{points:.1f}"
