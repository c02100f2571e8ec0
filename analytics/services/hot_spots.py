"""Searches for accident-prone places: asked for, run as a job, made the result in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from analytics.choices import SpotMethod
from analytics.models import HotSpot, HotSpotRun
from analytics.periods import Span
from analytics.query import Query
from analytics.selectors.black_spots import settings_of
from common import clock
from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed
from common.jobs import JobRun, create_job
from common.models import Job
from common.scope import Actor, Right

FIND_SPOTS = "HOT_SPOTS"


@transaction.atomic
def ask(
    *, method: str, changed: Mapping[str, int | None], area: int | None, procedure: str, actor: Actor, now: datetime
) -> Job:
    """Starts a search among the accidents of the actor's scope in the last years.

    Args:
        changed: numbers of the definition that are other than in the file.
        area: id of an area; None = the whole scope.
        procedure: accidents of this procedure only; blank = both, which are counted apart.

    Raises:
        NotAllowed. DomainError: a setting that cannot be, a method whose data are not there. Conflict: one runs already.
    """
    if Right.READ not in actor.scope.rights:
        raise NotAllowed
    if method not in SpotMethod.values:
        raise DomainError("NO_SUCH_METHOD", "没有这种排查方法，请从页面上选择。")
    if method == SpotMethod.BAYES:
        raise DomainError(
            "NO_EXPOSURE", "道路没有登记流量，不能用经验贝叶斯。请先登记各路段的日均流量，或改用其他方法。"
        )
    settings = settings_of(method, changed)
    query = Query.of("accidents", area=str(area) if area else None, procedure=procedure or None).during(
        _years(timezone.localdate(now), int(settings["window_years"]["value"]))
    )
    query.rows(actor)  # refuses an area that is none
    if Job.objects.filter(kind=FIND_SPOTS, owner_id=actor.pk, state__in=[Job.State.QUEUED, Job.State.RUNNING]).exists():
        raise Conflict("SPOTS_RUN", "您的上一次排查还没有结束，请等它结束，或先停止它。")
    job = create_job(
        kind=FIND_SPOTS, title=f"多发点段排查：{SpotMethod(method).label}", owner_id=actor.pk,
        params={"method": method, "settings": settings, "query": [list(pair) for pair in query.params]},
    )  # fmt: skip
    record_audit(
        actor_id=actor.pk, verb="HOT_SPOTS_RUN", subject_table=HotSpotRun._meta.db_table, subject_id=job.pk, now=now
    )
    return job


def _years(today: date, years: int) -> Span:
    """The last whole days: as many years up to yesterday's date."""
    try:
        first = today.replace(year=today.year - years)
    except ValueError:
        first = date(today.year - years, 3, 1)
    return Span(first, today)


def run_search(run: JobRun) -> dict[str, Any]:
    """Job handler; `params`: method, settings, query. Writes a run with its places; stopped in between it writes nothing."""
    # Arrays and geometry stay out of what a web process loads.
    from analytics.services.hot_spot_search import found_spots, read_accidents

    now, settings = clock.now(), run.params["settings"]
    method, params = run.params["method"], tuple((name, value) for name, value in run.params["query"])
    owner = User.objects.get(pk=run.job.owner_id or 0)
    run.progress(done=0, total=3, message="读取事故和道路")
    read = read_accidents(Query("accidents", params).rows(owner))
    run.progress(done=1, message="查找点段")
    values = {name: one["value"] for name, one in settings.items()}
    spots = found_spots(method, read, values)
    is_whole = owner.scope.all_blocks and not Query("accidents", params).get("area")
    with transaction.atomic():
        run.progress(done=2, message="写入结果")
        made = HotSpotRun.objects.create(
            method=method, settings=settings, query=run.params["query"], counts=read.counts | {"is_whole": is_whole},
            as_of=now, owner_id=owner.pk, job_id=run.job.pk,
        )  # fmt: skip
        for spot in spots:
            spot.run = made
        HotSpot.objects.bulk_create(spots, batch_size=500)
        run.progress(done=3)
    return {"run": made.pk, "spots": len(spots)}


@transaction.atomic
def make_official(*, run: HotSpotRun, actor: Actor, now: datetime) -> HotSpotRun:
    """Makes a run the result in force of its method; the one before stays what was in force before.

    Raises:
        NotAllowed. Conflict: it is not of the whole city, or an official one is newer.
    """
    if Right.RULE not in actor.scope.rights:
        raise NotAllowed
    run = HotSpotRun.objects.select_for_update().get(pk=run.pk)
    if not run.counts.get("is_whole"):
        raise Conflict("SPOTS_PART", "这次排查只包括部分辖区，不能作为现行结果。请对全市重新排查。")
    if HotSpotRun.objects.filter(method=run.method, is_official=True, as_of__gte=run.as_of).exists():
        raise Conflict("SPOTS_OLD", "已有同样新或更新的现行结果。请重新排查后再设定。")
    run.is_official = True
    run.save(update_fields=["is_official"])
    record_audit(
        actor_id=actor.pk,
        verb="HOT_SPOTS_OFFICIAL",
        subject_table=HotSpotRun._meta.db_table,
        subject_id=run.pk,
        now=now,
    )
    return run
