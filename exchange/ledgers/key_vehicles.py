"""重点车辆台账: vehicles of the known key groups, what is overdue of them, who is responsible."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.scope import Actor
from elements.choices import ElementKind
from elements.kinds import KINDS
from elements.selectors.masking import shown_label, shown_text
from exchange.ledgers.ledger import ANSWERED, RESPONSIBLE, TOLD, Group, Ledger, LedgerColumn, LedgerRow, registry_dues
from exchange.ledgers.values import due_flags, overdue_items, rules_of, worded

_KIND = ElementKind.VEHICLE
_FIELDS = frozenset(KINDS[_KIND].fields)
# Total mass from which lorries and tractors are followed by satellite. Source: 道路运输车辆动态监督管理办法.
_HEAVY_KG = 12_000
_USE, _TYPE = "vehicle__use_nature", "vehicle__vehicle_type"

# Codes: GA/T 16.3 (use) and GA/T 16.4 (type of vehicle).
GROUPS = (
    Group(
        "PASSENGER_HAZARD", _("两客一危"),
        _("《道路运输车辆动态监督管理办法》：公路客运、旅游客运的大中型客车和危险化学品运输车；班线类别须人工核对"),
        Q(**{f"{_USE}__in": ["B", "E"], f"{_TYPE}__regex": "^K[12]"}) | Q(**{_USE: "R"}),
    ),
    Group(
        "HEAVY_GOODS", _("一货（重型载货、牵引）"),
        _("《道路运输车辆动态监督管理办法》：总质量 12 吨以上的重型载货汽车和半挂牵引车"),
        Q(vehicle__total_mass_kg__gte=_HEAVY_KG) & (Q(**{f"{_TYPE}__startswith": "H1"}) | Q(**{f"{_TYPE}__startswith": "Q"})),
    ),
    Group(
        "SCHOOL_BUS", _("校车"),
        _("《校车安全管理条例》：使用性质为校车，或车辆类型为专用校车；使用许可须人工核对"),
        Q(**{f"{_USE}__in": ["O", "P", "Q", "S"]}) | Q(**{f"{_TYPE}__in": ["K18", "K28", "K38"]}),
    ),
    Group(
        "FORMER_COACH", _("营转非大客车"),
        _("五类重点车辆之一：使用性质为营转非的大型客车"),
        Q(**{_USE: "L", f"{_TYPE}__startswith": "K1"}),
    ),
    Group(
        "DUMP_TRUCK", _("渣土候选（自卸货车）"),
        _("没有渣土车的国家代码：自卸货车只是候选，以城管的渣土运输许可为准"),
        Q(**{f"{_TYPE}__in": ["H17", "H27", "H37", "H45", "H54"]}),
    ),
)  # fmt: skip


def any_key_vehicle() -> Q:
    """Vehicles of any of the groups."""
    joined = Q()
    for group in GROUPS:
        joined |= group.condition
    return joined


def _label(row: LedgerRow) -> str:
    return shown_label(_KIND, row.values["label"], in_full=row.in_full)


def _unit(row: LedgerRow) -> str | None:
    return shown_text(_KIND, "owner_name", row.values["vehicle__owner_name"], in_full=row.in_full)


def _annotations(_user: Actor, today: date) -> dict[str, Any]:
    return due_flags(rules_of(_KIND), today)


def _overdue(_user: Actor, today: date) -> Q:
    return registry_dues(_KIND, _FIELDS, today)


KEY_VEHICLES = Ledger(
    code="key-vehicles",
    title=_("重点车辆台账"),
    registry="vehicles",
    icon="car",
    columns=(
        LedgerColumn(_("号牌号码"), _label, width=14),
        LedgerColumn(_("号牌种类"), lambda row: worded("hpzl", row.values["vehicle__plate_type"]), width=14),
        LedgerColumn(_("车辆类型"), lambda row: worded("cllx", row.values[_TYPE]), width=16),
        LedgerColumn(_("使用性质"), lambda row: worded("syxz", row.values[_USE]), width=12),
        LedgerColumn(_("单位（所有人）"), _unit, width=26),
        LedgerColumn(_("状态"), lambda row: worded("jdczt", row.values["vehicle__state"], is_letters=True), width=14),
        LedgerColumn(_("逾期项"), overdue_items, width=26),
        TOLD,
        RESPONSIBLE,
        ANSWERED,
    ),
    paths=(
        "label", "vehicle__plate_type", _TYPE, _USE, "vehicle__owner_name", "vehicle__state",
        "vehicle__inspection_valid_to", "vehicle__scrap_due_on", "vehicle__insurance_valid_to",
        "vehicle__transport_permit_valid_to",
    ),
    annotations=_annotations,
    overdue=_overdue,
    overdue_label=_("逾期未检验、未报废、保险或道路运输证过期"),
    groups=GROUPS,
    is_grouped=True,
)  # fmt: skip
