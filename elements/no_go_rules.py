"""Whether a no-go rule holds for a passage, and why: the same conditions as the SQL of `selectors.no_go`, one rule at a time.

A rule over midnight belongs to the day on which it began: at 2:00 on Saturday a rule of work days from 22:00 to 6:00 still
holds, that of Friday. Period and kind of day are those of that day; a permit is a paper for days as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from elements.choices import DayKind
from elements.models import NoGoPermit, NoGoRule
from elements.no_go_calendar import is_announced, is_work_day
from elements.no_go_words import days_in_words, hours_in_words, uses_in_words, vehicles_in_words


@dataclass(frozen=True, slots=True)
class Passage:
    """A vehicle at a place and a time.

    Attributes:
        at: aware.
        vehicle_id: element of the vehicle, None when it is not registered; only an element can have a permit.
        vehicle_type: code of GA/T 16.4, "" when unknown: then no rule that names types holds.
        use_nature: code of GA/T 16.3, "" when unknown.
        position: (longitude, latitude) in degrees, WGS84.
        road_id: element of a road or section, beside or instead of the position.
    """

    at: datetime
    vehicle_id: int | None = None
    vehicle_type: str = ""
    use_nature: str = ""
    position: tuple[float, float] | None = None
    road_id: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition of a rule: whether it is met, and in words."""

    is_met: bool
    text: str | Promise


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of a passage at its place; `permit` lets the vehicle pass."""

    rule: NoGoRule
    reasons: tuple[Reason, ...]
    permit: NoGoPermit | None

    @property
    def applies(self) -> bool:
        """The rule is meant for this vehicle at this time."""
        return all(reason.is_met for reason in self.reasons)

    @property
    def is_forbidden(self) -> bool:
        return self.applies and self.permit is None


def begun_on(rule: NoGoRule, at: datetime) -> date | None:
    """The day whose hours hold at that moment; None outside the hours."""
    local = timezone.localtime(at)
    today, minute = local.date(), local.hour * 60 + local.minute
    if rule.from_minute is None or rule.to_minute is None:
        return today
    if rule.from_minute < rule.to_minute:
        return today if rule.from_minute <= minute < rule.to_minute else None
    if minute >= rule.from_minute:
        return today
    return today - timedelta(days=1) if minute < rule.to_minute else None


def judge(rule: NoGoRule, passage: Passage, *, place: str | Promise, permits: Sequence[NoGoPermit]) -> Verdict:
    """Whether the rule holds at its place, which the caller has found; `permits` are those of the rule and the vehicle."""
    local = timezone.localtime(passage.at)
    begun = begun_on(rule, passage.at)
    day = begun or local.date()
    reasons = (
        Reason(True, place),
        Reason(begun is not None, _hours(rule, local, begun)),
        _day_reason(rule, day),
        _period_reason(rule, day),
        _named(rule.vehicle_types, passage.vehicle_type, str.startswith, vehicles_in_words(rule.vehicle_types), _("车辆类型")),
        _named(rule.use_natures, passage.use_nature, str.__eq__, uses_in_words(rule.use_natures), _("使用性质")),
    )  # fmt: skip
    return Verdict(rule, reasons, _permit(rule, permits, local.date()))


def _permit(rule: NoGoRule, permits: Sequence[NoGoPermit], today: date) -> NoGoPermit | None:
    if not rule.is_permit_possible:
        return None
    return next((one for one in permits if one.valid_from <= today < one.valid_to), None)


def _hours(rule: NoGoRule, local: datetime, begun: date | None) -> str:
    words = _("禁行时段 %(hours)s，所查时刻 %(time)s") % {"hours": hours_in_words(rule), "time": f"{local:%H:%M}"}
    if begun is not None and begun != local.date():
        words += _("（属于前一日 %(day)s 开始的时段）") % {"day": begun.isoformat()}
    return words


def _day_reason(rule: NoGoRule, day: date) -> Reason:
    if rule.days == DayKind.EVERY:
        return Reason(True, _("每天禁行"))
    works = is_work_day(day)
    kind = _("工作日") if works else _("休息日或节假日")
    words = _("%(days)s禁行，%(day)s 是%(kind)s") % {"days": days_in_words(rule), "day": day.isoformat(), "kind": kind}
    if not is_announced(day):
        words += _("（%(year)s 年放假安排未收录，按周一至周五为工作日推算）") % {"year": day.year}
    return Reason(works == (rule.days == DayKind.WORK), words)


def _period_reason(rule: NoGoRule, day: date) -> Reason:
    is_met = rule.valid_from <= day and (rule.valid_to is None or day < rule.valid_to)
    if rule.valid_to is None:
        return Reason(is_met, _("自 %(since)s 起施行") % {"since": rule.valid_from.isoformat()})
    dates = {"since": rule.valid_from.isoformat(), "until": rule.valid_to.isoformat()}
    return Reason(is_met, _("自 %(since)s 起施行，%(until)s 起失效") % dates)


def _named(codes: Sequence[str], code: str, fits: Callable[[str, str], bool], words: str, what: str) -> Reason:
    if not codes:
        return Reason(True, _("不限%(what)s") % {"what": what})
    if not code:
        return Reason(False, _("限%(words)s；这辆车的%(what)s未登记，无法认定") % {"words": words, "what": what})
    is_met = any(fits(code, one) for one in codes)
    yes, no = _("限%(words)s，这辆车属于"), _("限%(words)s，这辆车不属于")
    return Reason(is_met, (yes if is_met else no) % {"words": words})
