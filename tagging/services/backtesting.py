"""A version of a rule tried on past days: whom it would have tagged, told day by day by what was known on that day."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from django.db import transaction
from django.utils import timezone

from addresses.choices import AreaKind
from addresses.models import Area
from common import clock
from common.audit import record_audit
from common.errors import Conflict, DomainError
from common.jobs import JobRun, create_job
from common.models import Job
from common.scope import Actor
from elements.models import Element
from tagging.choices import RunKind
from tagging.models import Rule, RuleRun, RuleVersion
from tagging.rules import nodes
from tagging.selectors.laboratory import hits
from tagging.selectors.rules import moment_at
from tagging.services.publishing import read_body
from tagging.services.versions import require_rule_right

BACKTEST = "BACKTEST"
LEAST_DAYS, MOST_DAYS = 1, 366


@transaction.atomic
def ask(*, version: RuleVersion, days: int, actor: Actor, now: datetime) -> Job:
    """Starts a back-test of a version over the last whole days, beside the version in force when that is another.

    Raises:
        NotAllowed. DomainError: a number of days that cannot be, a body that cannot be read. Conflict: one of it runs.
    """
    require_rule_right(actor)
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise DomainError("BAD_DAYS", f"天数须是 {LEAST_DAYS} 至 {MOST_DAYS} 的整数。")
    read_body(version.rule, version.body)
    Rule.objects.select_for_update(of=("self",)).get(pk=version.rule_id)
    running = Job.objects.filter(kind=BACKTEST, state__in=[Job.State.QUEUED, Job.State.RUNNING])
    if running.filter(params__version=version.pk).exists():
        raise Conflict("BACKTEST_RUNS", "这一版正在试算，请等它结束，或先停止它。")
    job = create_job(
        kind=BACKTEST, title=f"回溯试算“{version.rule.title}”近 {days} 天", owner_id=actor.pk,
        params={"version": version.pk, "days": days},
    )  # fmt: skip
    record_audit(
        actor_id=actor.pk, verb="RULE_BACKTEST", subject_table=RuleVersion._meta.db_table, subject_id=version.pk,
        now=now, count=days,
    )  # fmt: skip
    return job


def run_backtest(run: JobRun) -> dict[str, Any]:
    """Job handler; `params`: version, days. Writes one run; stopped in between it writes nothing."""
    began, now, days = time.monotonic(), clock.now(), int(run.params["days"])
    version = (
        RuleVersion.objects.select_related("rule__tag", "rule__published").filter(pk=run.params["version"]).first()
    )
    if version is None:
        raise DomainError("VERSION_GONE", "这一版草稿已被删除，没有可试算的内容。")
    rule = version.rule
    asked = [read_body(rule, version.body)]
    if rule.published is not None and rule.published_id != version.pk:
        asked.append(read_body(rule, rule.published.body))
    tried = _Trial(days, now, run, steps=len(asked) * (days + 1))
    series = [tried.follow(one) for one in asked]
    areas = _Areas()
    result = {
        "days": days, "body": version.body, "minutes_each": rule.tag.minutes, "began": tried.began.isoformat(),
        "published": rule.published.number if len(asked) > 1 and rule.published else None,
        "series": [one.days for one in series],
        "grids": areas.by_grid(series[0].fresh, series[0].standing),
    }  # fmt: skip
    with transaction.atomic():
        run.progress(done=tried.done)
        # Its draft may have been thrown away meanwhile: then there is nothing to keep.
        if not RuleVersion.objects.select_for_update(of=("self",)).filter(pk=version.pk).exists():
            raise DomainError("VERSION_GONE", "这一版草稿已被删除，没有可试算的内容。")
        RuleRun.objects.update_or_create(
            job_id=run.job.pk, kind=RunKind.BACKTEST,
            defaults={"version_id": version.pk, "at": now, "hits": len(series[0].standing), "result": result,
                      "seconds": time.monotonic() - began},
        )  # fmt: skip
    return {"new": sum(row["new"] for row in series[0].days), "standing": len(series[0].standing)}


def day_end(day: date) -> datetime:
    """The moment at which a local day is over."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time_of_day.min))


class _Series:
    """What one condition would have done: rows a day, new hits by thing, who stands at the end."""

    def __init__(self) -> None:
        self.days: list[dict[str, Any]] = []
        self.fresh: Counter[int] = Counter()
        self.standing: set[int] = set()


class _Trial:
    """Conditions asked at the end of each of the last whole days, and of the day before these."""

    def __init__(self, days: int, now: datetime, run: JobRun, *, steps: int) -> None:
        self._now, self._run, self._steps, self.done = now, run, steps, 0
        last = timezone.localdate(now) - timedelta(days=1)
        self._days = [last - timedelta(days=back) for back in range(days, -1, -1)]
        self.began = moment_at(now, now=now).began

    def follow(self, rule: nodes.Rule) -> _Series:
        """One condition over the days. What it hit on the day before the first is no new hit."""
        series = _Series()
        for number, day in enumerate(self._days):
            end = day_end(day)
            self._run.progress(done=self.done, total=self._steps, message=f"{day:%Y-%m-%d}")
            found = set(hits(rule, moment_at(end, now=self._now)))
            self.done += 1
            fresh, gone = found - series.standing, series.standing - found
            series.standing = found
            if number == 0:
                continue
            series.fresh.update(fresh)
            series.days.append(
                {"day": day.isoformat(), "new": len(fresh), "gone": len(gone), "standing": len(found),
                 "is_inferred": end <= self.began}
            )  # fmt: skip
        return series


class _Areas:
    """Grids with the squadron above them, as they are now."""

    def __init__(self) -> None:
        rows = Area.objects.values_list("pk", "name", "kind", "parent_id")
        self._areas = {pk: (name, kind, parent) for pk, name, kind, parent in rows}

    def by_grid(self, fresh: Counter[int], standing: Iterable[int]) -> list[dict[str, Any]]:
        """New hits in all and who stands at the end, a row a grid that has any; most new hits first."""
        standing = set(standing)
        blocks = Element.objects.filter(pk__any=sorted(standing | set(fresh))).values_list("pk", "block_id")
        new, held = Counter[int](), Counter[int]()
        for pk, block in blocks:
            new[block] += fresh[pk]
            held[block] += pk in standing
        rows = [
            {
                "squadron": self._squadron(block),
                "grid": self._areas[block][0],
                "new": new[block],
                "standing": held[block],
            }
            for block in set(new) | set(held)
        ]
        return sorted(rows, key=lambda row: (-row["new"], -row["standing"], row["squadron"], row["grid"]))

    def _squadron(self, block: int) -> str:
        at: int | None = block
        while at is not None:
            name, kind, parent = self._areas[at]
            if kind == AreaKind.SQUADRON:
                return str(name)
            at = parent
        return ""
