"""驾驶人台账: drivers, their employer, what is overdue of them, who is responsible."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from common.scope import Actor
from elements.choices import ElementKind, RelationType
from elements.kinds import KINDS
from elements.models import Element, Relation
from elements.selectors.masking import shown_label
from exchange.ledgers.key_vehicles import any_key_vehicle
from exchange.ledgers.ledger import ANSWERED, RESPONSIBLE, TOLD, Group, Ledger, LedgerColumn, LedgerRow, registry_dues
from exchange.ledgers.values import due_flags, overdue_items, rules_of, worded

_KIND = ElementKind.PERSON
_FIELDS = frozenset(KINDS[_KIND].fields)
_LARGE_CLASSES = ("A1", "A2", "A3", "B1", "B2")


def _large() -> Q:
    joined = Q()
    for code in _LARGE_CLASSES:
        joined |= Q(licence__licence_classes__contains=code)
    return joined


def _drives_key_vehicle() -> Q:
    vehicles = Element.objects.filter(any_key_vehicle(), kind=ElementKind.VEHICLE, merged_into__isnull=True)
    driven = Relation.objects.filter(type=RelationType.DRIVEN_BY, subject__in=vehicles.values("pk"))
    return Q(pk__in=driven.values("object"))


# Building blocks of 重点驾驶人: there is no single national text.
GROUPS = (
    Group(
        "LARGE_CLASSES", _("大中型客货车驾驶人（有记分）"),
        _("162 号令：准驾车型含 A1、A2、A3、B1、B2，本记分周期有记分的，须审验"), _large() & Q(licence__points__gte=1),
    ),
    Group("POINTS_FULL", _("记满 12 分"), _("高风险企业名单的口径：一个记分周期记满 12 分"), Q(licence__points__gte=12)),
    Group("POINTS_HIGH", _("记分 6 分以上"), _("高风险企业名单的口径：一个记分周期记 6 分以上"), Q(licence__points__gte=6)),
    Group(
        "KEY_VEHICLE_DRIVERS", _("重点车辆驾驶人"),
        _("有来源登记为重点车辆台账中车辆的经常驾驶人"), _drives_key_vehicle(),
    ),
)  # fmt: skip


def employers(user: Actor, today: date) -> Subquery:
    """Names of the units that employ the person today, of those that the reader may see."""
    units = Element.objects.visible_to(user).filter(kind=ElementKind.UNIT)
    current = Relation.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=today),
        subject=OuterRef("pk"), type=RelationType.EMPLOYED_BY, object__in=units.values("pk"),
    )  # fmt: skip
    names = current.order_by().values("subject").annotate(names=StringAgg("object__label", "、", distinct=True))
    return Subquery(names.values("names"))


def _label(row: LedgerRow) -> str:
    return shown_label(_KIND, row.values["label"], in_full=row.in_full)


def _annotations(user: Actor, today: date) -> dict[str, Any]:
    return {"employers": employers(user, today), **due_flags(rules_of(_KIND), today)}


def _overdue(_user: Actor, today: date) -> Q:
    return registry_dues(_KIND, _FIELDS, today)


DRIVERS = Ledger(
    code="drivers",
    title=_("驾驶人台账"),
    registry="drivers",
    icon="steering-wheel",
    columns=(
        LedgerColumn(_("姓名"), _label, width=10),
        LedgerColumn(_("准驾车型"), lambda row: row.values["licence__licence_classes"], width=10),
        LedgerColumn(_("单位"), lambda row: row.values["employers"], width=26),
        LedgerColumn(
            _("状态"), lambda row: worded("jszzt", row.values["licence__licence_state"], is_letters=True), width=14
        ),
        LedgerColumn(_("累积记分"), lambda row: row.values["licence__points"], width=9),
        LedgerColumn(_("逾期项"), overdue_items, width=26),
        TOLD,
        RESPONSIBLE,
        ANSWERED,
    ),
    paths=(
        "label", "licence__licence_classes", "licence__licence_state", "licence__points", "licence__licence_valid_to",
        "licence__review_due_on",
    ),
    annotations=_annotations,
    overdue=_overdue,
    overdue_label=_("逾期未审验或未换证"),
    groups=GROUPS,
    notes=(_("“单位”只写您辖区内的任职单位。"),),
)  # fmt: skip
