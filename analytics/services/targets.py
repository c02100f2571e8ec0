"""What indicators should reach, area by area and year by year."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction

from addresses.choices import AreaKind
from addresses.selectors.blocks import current_areas
from analytics.indicators.registry import indicator_named
from analytics.models import IndicatorTarget
from common import clock
from common.audit import record_audit
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Actor, Right

_YEARS = range(2020, 2100)


def may_set_targets(user: Actor) -> bool:
    """Who answers for the whole city, or configures the platform."""
    rights = user.scope.rights
    return Right.CONFIGURE in rights or (Right.CORRECT in rights and user.scope.all_blocks)


@transaction.atomic
def set_target(
    *, indicator: str, area_id: int, year: int, percent: str, actor: Actor, now: datetime
) -> IndicatorTarget | None:
    """Sets the target of an area from a year on; blank takes that of the year away. The same again changes nothing.

    Args:
        indicator: key of a share.
        area_id: brigade, squadron, district or grid in force.
        year: from which it holds.
        percent: 0 to 100 with at most two decimals, as it was typed.
        actor: who sets it.
        now: moment of the act.

    Raises:
        NotAllowed: not for this actor to set.
        NotVisible: no such indicator or area.
        DomainError: it has no target, or the number or year cannot be.
    """
    if not may_set_targets(actor):
        raise NotAllowed("指标目标由负责全市的大队岗位或系统管理员设定。")
    if not indicator_named(indicator).is_share:
        raise DomainError("NO_TARGET", "起数没有目标。请在百分比指标上设定目标。")
    if not current_areas(clock.today()).filter(pk=area_id, kind__in=AreaKind.values, is_pseudo=False).exists():
        raise NotVisible
    if year not in _YEARS:
        raise DomainError("BAD_YEAR", "年度应为 2020 至 2099 之间的四位数。")
    value = _percent(percent)
    stored = IndicatorTarget.objects.select_for_update().filter(indicator=indicator, area_id=area_id, year=year).first()
    if (stored.percent if stored else None) == value:
        return stored
    if value is None:
        IndicatorTarget.objects.filter(indicator=indicator, area_id=area_id, year=year).delete()
        stored, verb = None, "INDICATOR_TARGET_REMOVED"
    elif stored is None:
        stored, verb = _created(indicator, area_id, year, value), "INDICATOR_TARGET_SET"
    else:
        stored.percent, verb = value, "INDICATOR_TARGET_SET"
        stored.save(update_fields=["percent"])
    record_audit(
        actor_id=actor.pk, verb=verb, subject_table=IndicatorTarget._meta.db_table,
        subject_id=f"{indicator}/{area_id}/{year}", fields=["percent"], now=now,
    )  # fmt: skip
    return stored


def _created(indicator: str, area_id: int, year: int, value: Decimal) -> IndicatorTarget:
    return IndicatorTarget.objects.create(indicator=indicator, area_id=area_id, year=year, percent=value)


def _percent(text: str) -> Decimal | None:
    """The number; None of a blank.

    Raises:
        DomainError: no number from 0 to 100 with at most two decimals.
    """
    text = text.strip().rstrip("%％")
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not (value.is_finite() and 0 <= value <= 100 and value == round(value, 2)):
        raise DomainError("BAD_PERCENT", "目标应为 0 至 100 之间、最多两位小数的百分数；不设目标请留空。")
    return value
