"""隐患台账: what is wrong where, who mends it by when, what the review found."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.scope import Actor
from elements.choices import ElementKind
from exchange.ledgers.ledger import RESPONSIBLE, Ledger, LedgerColumn, LedgerRow, registry_dues
from exchange.ledgers.values import (
    due_flags,
    first_number,
    number_of,
    overdue_items,
    photo_count,
    place_of,
    rules_of,
    worded,
)

_FIELDS = frozenset({"treat_by_on"})


def _kind(row: LedgerRow) -> str:
    parts = (worded("sslx", row.values["facility__facility_type"]), worded("yhdj", row.values["danger__danger_grade"]))
    return "·".join(part for part in parts if part)


def _review(row: LedgerRow) -> str:
    day = row.values["danger__reviewed_on"]
    parts = (day.isoformat() if day else "", worded("fcjg", row.values["danger__review_result"]))
    return " ".join(part for part in parts if part)


def _annotations(_user: Actor, today: date) -> dict[str, Any]:
    rules = rules_of(ElementKind.FACILITY, *_FIELDS)
    return {"source_number": first_number(), "photo_count": photo_count(), **due_flags(rules, today)}


def _overdue(_user: Actor, today: date) -> Q:
    return registry_dues(ElementKind.FACILITY, _FIELDS, today)


DANGERS = Ledger(
    code="dangers",
    title=_("隐患台账"),
    registry="dangers",
    icon="alert-triangle",
    columns=(
        LedgerColumn(_("编号"), number_of, width=14),
        LedgerColumn(_("位置"), place_of, width=30),
        LedgerColumn(_("类型"), _kind, width=12),
        LedgerColumn(_("主要隐患"), lambda row: row.values["danger__danger"], width=28),
        LedgerColumn(_("整治意见"), lambda row: row.values["danger__treatment"], width=28),
        LedgerColumn(_("整改单位"), lambda row: row.values["danger__treated_by"], width=18),
        LedgerColumn(_("整改期限"), lambda row: row.values["danger__treat_by_on"], width=12),
        LedgerColumn(_("复查日期/结果"), _review, width=14),
        LedgerColumn(_("逾期项"), overdue_items, width=16),
        LedgerColumn(_("照片"), lambda row: row.values["photo_count"] or 0, width=7),
        RESPONSIBLE,
    ),
    paths=(
        "facility__road_name", "facility__stake_m", "facility__site_address", "point", "facility__facility_type",
        "danger__danger_grade", "danger__danger", "danger__treatment", "danger__treated_by", "danger__treat_by_on",
        "danger__reviewed_on", "danger__review_result",
    ),
    annotations=_annotations,
    overdue=_overdue,
    overdue_label=_("逾期未整改"),
    notes=(_("“照片”是平台里的照片张数；编号是来源台账的编号。"),),
)  # fmt: skip
