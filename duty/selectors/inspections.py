"""Which facilities are to be inspected by when: one statement over all of them.

Due = last inspection, or installed on, or first claim, plus the days of the plan of the facility's type. A facility out of
use (state 4) or missing (state 3) is not inspected.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import DateField, ExpressionWrapper, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate

from common.codes import code_table
from common.scope import Actor
from duty.models import Inspection, InspectionPlan
from duty.selectors.orders import names_of
from elements.choices import ElementKind
from elements.models import ClaimLog, Element
from elements.selectors.keyset_pages import RowPage, read_tuples
from elements.selectors.paging import Order

LIST_NAME = "inspections-due"
NOT_INSPECTED = ("3", "4")
SOON_DAYS = 7
LAST_SHOWN = 5
_ORDER = Order("due_on", "due_on", "pk", DateField())
_COLUMNS = (
    "pk", "label", "facility__facility_type", "facility__road_name", "block__name", "block__parent__name", "last_on",
    "every_days", "due_on",
)  # fmt: skip


def due_facilities(user: Actor) -> QuerySet[Any]:
    """Facilities of the scope under a plan, with `last_on` (null = never), `every_days` and `due_on`."""
    last = Inspection.objects.filter(facility=OuterRef("pk")).order_by("-done_on")
    plan = InspectionPlan.objects.filter(facility_type=OuterRef("facility__facility_type"), is_active=True)
    first_claim = ClaimLog.objects.filter(element=OuterRef("pk")).order_by("observed_at")
    return (
        Element.objects.visible_to(user)
        .standing()
        .filter(kind=ElementKind.FACILITY, facility__facility_type__in=_planned_types())
        .exclude(facility__state__in=NOT_INSPECTED)
        .annotate(
            last_on=Subquery(last.values("done_on")[:1]),
            every_days=Subquery(plan.values("every_days")[:1]),
            first_on=Subquery(first_claim.values(day=TruncDate("observed_at"))[:1]),
        )
        .annotate(begin_on=Coalesce("last_on", "facility__installed_on", "first_on", output_field=DateField()))
        .annotate(due_on=ExpressionWrapper(F("begin_on") + F("every_days"), output_field=DateField()))
    )


def _planned_types() -> QuerySet[Any]:
    return InspectionPlan.objects.filter(is_active=True).values("facility_type")


def narrowed(facilities: QuerySet[Any], standing: str, today: date) -> QuerySet[Any]:
    """By standing: OVERDUE, NEVER inspected, or SOON due, overdue ones included."""
    if standing == "OVERDUE":
        return facilities.filter(due_on__lt=today)
    if standing == "NEVER":
        return facilities.filter(last_on__isnull=True)
    return facilities.filter(due_on__lte=today + timedelta(days=SOON_DAYS))


def read_page(facilities: QuerySet[Any], *, size: int, cursor: str, today: date) -> RowPage[dict[str, Any]]:
    """A page of facilities in words, most overdue first: one query."""
    page = read_tuples(facilities, list_name=LIST_NAME, order=_ORDER, paths=_COLUMNS, size=size, cursor=cursor)
    return RowPage([_worded(row, today) for row in page.rows], page.next_cursor, page.previous_cursor)


def _worded(row: tuple[Any, ...], today: date) -> dict[str, Any]:
    element_id, label, code, road, block, district, last_on, every_days, due_on = row
    return {
        "id": element_id, "label": label, "type": code_table("sslx").get(code or "", code or ""), "road": road or "",
        "block": block, "district": district or "", "last_on": last_on, "every_days": every_days, "due_on": due_on,
        "overdue_days": max((today - due_on).days, 0),
    }  # fmt: skip


def due_of(element_id: int, user: Actor) -> dict[str, Any] | None:
    """`last_on`, `every_days`, `due_on` of one facility; None without a plan: one query."""
    return due_facilities(user).filter(pk=element_id).values("last_on", "every_days", "due_on").first()


def last_inspections(element_id: int, user: Actor) -> list[dict[str, Any]]:
    """The newest inspections of a facility: two queries."""
    rows = list(
        Inspection.objects.visible_to(user).filter(facility_id=element_id).order_by("-done_on", "-pk")[:LAST_SHOWN]
    )
    names = names_of(row.actor_id for row in rows)
    return [{"inspection": row, "actor": names.get(row.actor_id or 0, "")} for row in rows]
