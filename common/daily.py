"""What is done once a day: every day once, however many clocks ring; a day on which nobody rang is marked, not passed over.

A row of `Job` for each (schedule, day) is the memory: whoever asks looks there under a lock of the database, so that two
beats, a clock set back and a lost schedule file of the ringer change nothing. What was missed while nobody rang is not done
again day by day: today's run does it all, and the days before are written down as skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from common import jobs
from common.jobs import JobRun
from common.models import Job

logger = structlog.get_logger(__name__)
DAILY, SKIPPED = "DAILY", "SKIPPED"
# Rows for skipped days; the oldest of them speaks for those before.
MOST_SKIPPED = 31


@dataclass(frozen=True, slots=True)
class Daily:
    """One thing that is due once a day.

    Attributes:
        at: local time from which the day's run is due.
        run: does it; safe to be done again after a kill.
    """

    name: str
    title: str
    at: time
    run: Callable[[], Any]

    def day_due(self, now: datetime) -> date:
        """The latest day whose run is due."""
        local = timezone.localtime(now)
        return local.date() if local.time() >= self.at else local.date() - timedelta(days=1)

    def params_of(self, day: date) -> dict[str, str]:
        """What the row of a day is known by."""
        return {"schedule": self.name, "day": day.isoformat()}

    def title_of(self, day: date) -> str:
        """For the list of jobs."""
        return f"{self.title}（每日）{day.isoformat()}"


_schedules: dict[str, Daily] = {}


def register_daily(name: str, title: str, at: time, run: Callable[[], Any]) -> None:
    """Names what is due daily; called from `AppConfig.ready()` of the app that owns the work."""
    _schedules[name] = Daily(name, title, at, run)


def start_due(*, now: datetime) -> int:
    """Asks for what is due and was not asked for yet; returns how much that was. As often as one likes."""
    return sum(start(one, now=now) for one in _schedules.values())


@transaction.atomic
def start(daily: Daily, *, now: datetime) -> bool:
    """Makes the job of the latest due day, and the marks of the days before that nobody asked for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"daily:{daily.name}"])
    day = daily.day_due(now)
    rows = Job.objects.filter(kind=DAILY, params__schedule=daily.name)
    of_day = rows.filter(params__day=day.isoformat())
    if of_day.exclude(error_code=SKIPPED).exists():
        return False
    # Marked by a clock that was ahead: the day has come after all.
    of_day.delete()
    _mark_skipped(daily, _last_before(day, rows), day, now)
    jobs.create_job(kind=DAILY, title=daily.title_of(day), owner_id=None, params=daily.params_of(day))
    return True


def run_daily(run: JobRun) -> dict[str, Any]:
    """Job handler."""
    _schedules[run.params["schedule"]].run()
    return {}


def _last_before(day: date, rows: Any) -> date | None:
    """Days after this one were written by a clock that was ahead; they say nothing about those before."""
    known = (date.fromisoformat(one) for one in rows.values_list("params__day", flat=True))
    return max((one for one in known if one < day), default=None)


def _mark_skipped(daily: Daily, last: date | None, day: date, now: datetime) -> None:
    if last is None or (missed := (day - last).days - 1) < 1:
        return
    logger.warning("daily_skipped", schedule=daily.name, days=missed)
    marked = [day - timedelta(days=back) for back in range(min(missed, MOST_SKIPPED), 0, -1)]
    messages = ["已跳过：这一天没有运行；之后的一次已一并处理。"] * len(marked)
    if missed > MOST_SKIPPED:
        messages[0] = f"已跳过：自 {last + timedelta(days=1)} 起都没有运行；之后的一次已一并处理。"
    Job.objects.bulk_create(
        Job(
            kind=DAILY, title=daily.title_of(one), state=Job.State.CANCELLED, params=daily.params_of(one), error_code=SKIPPED,
            error_message=message, finished_at=now,
        )
        for one, message in zip(marked, messages, strict=True)
    )  # fmt: skip
