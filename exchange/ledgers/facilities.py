"""设施维护台账: facilities with their inspections and their newest work order."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Count, DateField, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.scope import Actor
from duty.choices import OrderState
from duty.models import WorkOrder, WorkOrderStep
from duty.selectors.inspections import due_facilities, narrowed
from elements.choices import ElementKind
from exchange.ledgers.ledger import RESPONSIBLE, Ledger, LedgerColumn, LedgerRow, registry_dues
from exchange.ledgers.values import due_flags, overdue_items, parsed, place_of, rules_of, worded

_FIELDS = frozenset({"expires_on"})


def _last_step(state: OrderState) -> Subquery:
    steps = WorkOrderStep.objects.filter(order=OuterRef("pk"), to_state=state)
    return Subquery(steps.order_by("-at").values("at")[:1])


def newest_order(user: Actor) -> Subquery:
    """The newest order of the facility as JSON text, null without one."""
    orders = WorkOrder.objects.visible_to(user).filter(facility=OuterRef("pk")).order_by("-reported_at", "-pk")
    parts = JSONObject(
        number="number", fault="fault", owner="owner_department", due_on="due_on", state="state",
        repaired_at=_last_step(OrderState.REPAIRED), checked_at=_last_step(OrderState.CHECKED),
    )  # fmt: skip
    return Subquery(orders.values(shown=Cast(parts, TextField()))[:1])


def _open_orders(user: Actor) -> Subquery:
    orders = WorkOrder.objects.visible_to(user).open().filter(facility=OuterRef("pk"))
    return Subquery(orders.order_by().values("facility").annotate(number=Count("pk")).values("number"))


def _annotations(user: Actor, today: date) -> dict[str, Any]:
    due = due_facilities(user).filter(pk=OuterRef("pk"))
    return {
        "last_on": Subquery(due.values("last_on")[:1], output_field=DateField()),
        "inspection_due_on": Subquery(due.values("due_on")[:1], output_field=DateField()),
        "order": newest_order(user),
        "open_orders": _open_orders(user),
        **due_flags(rules_of(ElementKind.FACILITY, *_FIELDS), today),
    }


def _overdue(user: Actor, today: date) -> Q:
    inspections = narrowed(due_facilities(user), "OVERDUE", today).values("pk")
    orders = WorkOrder.objects.visible_to(user).overdue(today).values("facility")
    return registry_dues(ElementKind.FACILITY, _FIELDS, today) | Q(pk__in=inspections) | Q(pk__in=orders)


def _order(row: LedgerRow, name: str) -> Any:
    return parsed(row.values["order"]).get(name) or ""


def _day(row: LedgerRow, name: str) -> str:
    text = _order(row, name)
    return timezone.localtime(datetime.fromisoformat(text)).date().isoformat() if text else ""


def _state(row: LedgerRow) -> str:
    state = _order(row, "state")
    return str(OrderState(state).label) if state else ""


def _late(row: LedgerRow) -> str:
    said = [overdue_items(row)]
    if (due := row.values["inspection_due_on"]) and due < row.today:
        said.append(f"{_('逾期未巡检')} {due.isoformat()}")
    return "；".join(part for part in said if part)


FACILITIES = Ledger(
    code="facilities",
    title=_("设施维护台账"),
    registry="facilities",
    icon="traffic-lights",
    columns=(
        LedgerColumn(_("设施"), lambda row: row.values["label"], width=20),
        LedgerColumn(_("类型"), lambda row: worded("sslx", row.values["facility__facility_type"]), width=12),
        LedgerColumn(_("位置"), place_of, width=28),
        LedgerColumn(_("状态"), lambda row: worded("sszt", row.values["facility__state"]), width=9),
        LedgerColumn(_("上次巡检"), lambda row: row.values["last_on"], width=12),
        LedgerColumn(_("应检日期"), lambda row: row.values["inspection_due_on"], width=12),
        LedgerColumn(_("逾期项"), _late, width=18),
        LedgerColumn(_("未结工单"), lambda row: row.values["open_orders"] or 0, width=9),
        LedgerColumn(_("工单编号"), lambda row: _order(row, "number"), width=18),
        LedgerColumn(_("工单状态"), _state, width=10),
        LedgerColumn(_("故障"), lambda row: _order(row, "fault"), width=22),
        LedgerColumn(
            _("责任单位"), lambda row: _order(row, "owner") or row.values["facility__owner_department"], width=16
        ),
        LedgerColumn(_("期限"), lambda row: _order(row, "due_on"), width=12),
        LedgerColumn(_("修复"), lambda row: _day(row, "repaired_at"), width=12),
        LedgerColumn(_("验收"), lambda row: _day(row, "checked_at"), width=12),
        RESPONSIBLE,
    ),
    paths=(
        "label", "facility__facility_type", "facility__road_name", "facility__stake_m", "facility__site_address", "point",
        "facility__state", "facility__owner_department", "facility__expires_on",
    ),
    annotations=_annotations,
    overdue=_overdue,
    overdue_label=_("逾期未巡检、工单逾期或超期使用"),
    notes=(_("每个设施一行，写最近一张工单；更早的工单在“工单”页查看。"),),
)  # fmt: skip
