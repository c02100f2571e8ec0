"""Taking in indicators of days before the platform counted: looked at first, then all rows or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from addresses.selectors.blocks import current_areas
from analytics.indicators.registry import INDICATORS, SHARES
from analytics.models import IndicatorSnapshot
from analytics.services.snapshot_file import Cells
from analytics.services.snapshots import lock_snapshots
from common.audit import record_audit
from common.errors import DomainError, NotAllowed
from common.models import Job
from common.scope import Actor, Right

KIND = "INDICATOR_IMPORT"
_REPORTED_PROBLEMS = 50
_MAX_NUMBER = 100_000_000
_Key = tuple[str, date, int]


@dataclass
class LoadPlan:
    """What would become of the rows; `problems` name row, column and cure, and with one nothing is written.

    Attributes:
        wanted: key → (numerator, denominator); `changed` are stored with other numbers.
    """

    received: int = 0
    wanted: dict[_Key, tuple[int, int]] = field(default_factory=dict)
    created: list[_Key] = field(default_factory=list)
    changed: list[_Key] = field(default_factory=list)
    unchanged: int = 0
    rejected: int = 0
    problems: list[str] = field(default_factory=list)

    def reject(self, number: int, column: str, cure: str) -> None:
        self.rejected += 1
        if len(self.problems) < _REPORTED_PROBLEMS:
            self.problems.append(f"第 {number} 行“{column}”列：{cure}。")


class _BadCell(Exception):
    def __init__(self, column: str, cure: str) -> None:
        super().__init__(column)
        self.column, self.cure = column, cure


def may_load(user: Actor) -> bool:
    """Who may bring files in for the whole city."""
    return Right.IMPORT in user.scope.rights and user.scope.all_blocks


def plan_load(*, rows: Sequence[tuple[int, Cells]], actor: Actor, now: datetime) -> LoadPlan:
    """Reads the rows and holds them against what is stored; writes nothing.

    Raises:
        NotAllowed: the actor may not import, or is not responsible for the whole city.
    """
    if not may_load(actor):
        raise NotAllowed("以前的指标值由负责全市并有导入权限的岗位载入。")
    plan = LoadPlan(received=len(rows))
    today = timezone.localtime(now).date()
    areas = dict(current_areas(today).filter(is_pseudo=False).values_list("code", "pk"))
    lines: dict[_Key, int] = {}
    for number, cells in rows:
        try:
            key, value = _read(cells, areas, today)
            if key in plan.wanted:
                raise _BadCell("责任区代码", f"同一指标、日期、责任区在第 {lines[key]} 行已有，请删去其中一行")
            plan.wanted[key], lines[key] = value, number
        except _BadCell as bad:
            plan.reject(number, bad.column, bad.cure)
    _compare(plan, lines)
    return plan


@transaction.atomic
def apply_load(*, rows: Sequence[tuple[int, Cells]], actor: Actor, now: datetime) -> LoadPlan:
    """Makes the same plan again and carries it out; the same rows a second time change nothing.

    Raises:
        NotAllowed: as `plan_load`.
        DomainError: a row cannot be read any more; nothing is written.
    """
    lock_snapshots()
    plan = plan_load(rows=rows, actor=actor, now=now)
    if plan.problems:
        raise DomainError("BAD_ROWS", f"{plan.problems[0]}请改正文件后重新上传。", {"problems": plan.problems})
    if not (plan.created or plan.changed):
        return plan
    job = Job.objects.create(
        kind=KIND, title="载入以前的指标值", state=Job.State.DONE, owner_id=actor.pk, done=plan.received, total=plan.received,
        counts={"created": len(plan.created), "changed": len(plan.changed), "unchanged": plan.unchanged}, finished_at=now,
    )  # fmt: skip
    fresh = [_snapshot(key, plan.wanted[key], job.pk) for key in (*plan.created, *plan.changed)]
    IndicatorSnapshot.objects.bulk_create(
        fresh, batch_size=2_000, update_conflicts=True, unique_fields=["indicator", "day", "block_id"],
        update_fields=["numerator", "denominator", "definition", "batch_id"],
    )  # fmt: skip
    record_audit(
        actor_id=actor.pk, verb="INDICATORS_LOADED", subject_table=IndicatorSnapshot._meta.db_table, subject_id=job.pk,
        count=len(fresh), now=now,
    )  # fmt: skip
    return plan


def _snapshot(key: _Key, value: tuple[int, int], job_id: int) -> IndicatorSnapshot:
    indicator, day, area_id = key
    return IndicatorSnapshot(
        indicator=indicator, day=day, block_id=area_id, numerator=value[0], denominator=value[1],
        definition=INDICATORS[indicator].version, batch_id=job_id,
    )  # fmt: skip


def _read(cells: Cells, areas: dict[str, int], today: date) -> tuple[_Key, tuple[int, int]]:
    """Key and value of a row.

    Raises:
        _BadCell: what cannot be read.
    """
    name, day_text, code, part_text, whole_text = cells
    names = {str(INDICATORS[key].label): key for key in SHARES} | {key: key for key in SHARES}
    if name not in names:
        labels = "、".join(str(INDICATORS[key].label) for key in SHARES)
        raise _BadCell("指标", f"应为 {labels} 之一；事故起数由平台直接从事故统计，不需要载入")
    try:
        day = date.fromisoformat(day_text)
    except ValueError:
        raise _BadCell("日期", "日期应为 2025-11-28 的形式") from None
    if day >= today:
        raise _BadCell("日期", "只能载入今天以前的日期，今天的值由平台统计")
    if code not in areas:
        raise _BadCell("责任区代码", "没有这个现行的责任区，请填大队、中队、警务区或网格的代码（见“责任区”清单）")
    part, whole = _number(part_text, "分子"), _number(whole_text, "分母")
    if part > whole:
        raise _BadCell("分子", "分子不能大于分母")
    return (names[name], day, areas[code]), (part, whole)


def _number(text: str, column: str) -> int:
    text = text.replace(",", "")
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) > _MAX_NUMBER:
        raise _BadCell(column, "应为不小于 0 的整数")
    return int(text)


def _compare(plan: LoadPlan, lines: dict[_Key, int]) -> None:
    """Sorts what is wanted into new, changed and unchanged; days that the platform counted itself are refused."""
    days = {key[1] for key in plan.wanted}
    asked = IndicatorSnapshot.objects.filter(indicator__in={key[0] for key in plan.wanted}, day__in=days)
    counted = set(asked.filter(batch_id__isnull=True).values_list("indicator", "day").distinct())
    loaded = asked.filter(batch_id__isnull=False)
    stored = {
        (one.indicator, one.day, one.block_id): (one.numerator, one.denominator, one.definition) for one in loaded
    }
    for key, value in plan.wanted.items():
        if key[:2] in counted:
            plan.reject(lines[key], "日期", "这一天平台已自己统计，请删去该行")
        elif key not in stored:
            plan.created.append(key)
        elif stored[key] != (*value, INDICATORS[key[0]].version):
            plan.changed.append(key)
        else:
            plan.unchanged += 1
