"""Import batches as their pages and the API see them: which one, in what state, what may be done with it."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from common.errors import Conflict, NotAllowed, NotVisible
from common.models import Job
from common.scope import Actor, Right
from elements.models import Source
from events.choices import EventKind
from exchange.models import LandingBatch
from exchange.problems import WORDINGS, worded
from exchange.selectors.flows import batches_of

State = LandingBatch.State
WORKING = frozenset({State.PLANNING, State.IMPORTING, State.UNDOING})
OUTCOMES = ("created", "updated", "unchanged", "to_review", "rejected")
HELD = ("to_review", "rejected")
# Kinds of jobs, as `exchange.services.landing` registers them.
_PLAN, _UNDO = "PLAN_IMPORT", "UNDO_IMPORT"
_REFUSED = {
    "plan": "这批数据现在不能试算：已开始入库，或正在处理。请刷新页面。",
    "import": "这批数据现在不能入库：还没有试算，或已经入库、正在处理。请刷新页面。",
    "reprocess": "这批数据现在不能重新处理：没有待核对的行，或正在处理。请刷新页面。",
    "undo": "这批数据现在不能撤销：没有入库，或正在处理。请刷新页面。",
    "cancel": "没有正在进行的任务，无需停止。请刷新页面。",
    "mend": "没有需要修补的行，或还没有试算完。请刷新页面。",
}


def require_import(user: Actor) -> None:
    """Raises NotAllowed for a user whose posts do not carry the right to import."""
    if Right.IMPORT not in user.scope.rights:
        raise NotAllowed("您的岗位不能导入文件，请联系大队管理员。")


def visible_batch(batch_id: int, user: Actor) -> LandingBatch:
    """One batch with file, source, job and the batch it mends: one query.

    Raises:
        NotVisible: it does not exist or is somebody else's: one answer for both.
    """
    batch = (
        LandingBatch.objects.visible_to(user)
        .select_related("upload", "source", "job", "mends__upload")
        .filter(pk=batch_id)
        .first()
    )
    if batch is None:
        raise NotVisible
    return batch


def importable_sources(user: Actor) -> QuerySet[Source]:
    """Sources in whose name the user may bring files in: all for police posts, its own for a liaison."""
    scope = user.scope
    sources = Source.objects.filter(is_active=True).order_by("pk")
    if Right.IMPORT not in scope.rights:
        return sources.none()
    if scope.all_blocks or Right.READ in scope.rights:
        return sources
    return sources.filter(code__in=scope.source_codes)


def state_of(batch: LandingBatch) -> str:
    """The batch's state; work whose job ended without finishing it counts as not completed."""
    job = batch.job
    if batch.state in WORKING and (job is None or job.state in {Job.State.FAILED, Job.State.CANCELLED}):
        return State.FAILED
    return batch.state


def actions_of(batch: LandingBatch) -> frozenset[str]:
    """What may be done now: plan, import, reprocess, undo, cancel, mend.

    A stopped undo can only be undone further; a stopped import can be gone on with or undone; what was never planned to
    the end is planned first.
    """
    state = state_of(batch)
    if state in WORKING:
        return frozenset({"cancel"})
    if state == State.MAPPING:
        return frozenset({"plan"})
    if state == State.PLANNED:
        return frozenset({"plan", "import", *_mend(batch)})
    if state == State.IMPORTED:
        return frozenset({"undo", *_mend(batch), *_reprocess(batch)})
    if state == State.UNDONE:
        return frozenset()
    last = batch.job.kind if batch.job else _PLAN
    if last == _UNDO:
        return frozenset({"undo"})
    return frozenset({"plan"}) if last == _PLAN else frozenset({"import", "undo", *_mend(batch)})


def _mend(batch: LandingBatch) -> set[str]:
    return {"mend"} if batch.counts.get("to_review", 0) + batch.counts.get("rejected", 0) else set()


def _reprocess(batch: LandingBatch) -> set[str]:
    # What keeps a position back stands in its row: it reads the same again.
    is_held = batch.counts.get("to_review", 0) and batch.kind != EventKind.POSITION
    return {"reprocess"} if is_held else set()


def require_action(batch: LandingBatch, action: str) -> None:
    """Raises Conflict when the action is not possible in the batch's state."""
    if action not in actions_of(batch):
        raise Conflict("BATCH_STATE", _REFUSED[action])


def kept_outcomes(batch: LandingBatch) -> tuple[str, ...]:
    """Outcomes whose rows are kept one by one; of positions, millions a day, only those that did not go in."""
    return HELD if batch.kind == EventKind.POSITION else OUTCOMES


def kept_count(batch: LandingBatch) -> int:
    """How many rows of the batch can be looked at."""
    return sum(batch.counts.get(name, 0) for name in kept_outcomes(batch))


def require_rows(batch: LandingBatch) -> None:
    """Raises Conflict while the batch's page shows no rows: before its dry run, and while it is worked on."""
    state = state_of(batch)
    if state in WORKING or state == State.MAPPING or not batch.counts.get("received"):
        raise Conflict(
            "BATCH_STATE", "这批数据还没有逐行结果：还没有试算，或正在处理。请在批次页查看进度，完成后再导出。"
        )


def mending_batches(batch: LandingBatch, user: Actor) -> list[LandingBatch]:
    """Batches that brought mended rows of this one, newest first."""
    mending = LandingBatch.objects.visible_to(user).filter(mends=batch).select_related("upload", "source", "job")
    return list(mending.order_by("-pk")[:20])


def recent_batches(user: Actor, limit: int = 10) -> list[LandingBatch]:
    """The user's own last files."""
    own = LandingBatch.objects.visible_to(user).filter(owner_id=user.pk).select_related("upload", "source", "job")
    return list(own.order_by("-pk")[:limit])


def filtered_batches(user: Actor, filters: dict[str, Any]) -> QuerySet[LandingBatch]:
    """Batches the user may see, narrowed by state, kind, source and flow."""
    batches: QuerySet[LandingBatch] = LandingBatch.objects.visible_to(user).select_related("upload", "source", "job")
    if state := filters.get("state"):
        ended = Q(job__isnull=True) | Q(job__state__in=[Job.State.FAILED, Job.State.CANCELLED])
        stalled = Q(state__in=WORKING) & ended
        batches = batches.filter(Q(state=state) | stalled) if state == State.FAILED else batches.filter(state=state)
        if state in WORKING:
            batches = batches.exclude(stalled)
    if kind := filters.get("kind"):
        batches = batches.filter(kind=kind)
    if source := filters.get("source"):
        batches = batches.filter(source=source)
    if flow := filters.get("flow"):
        batches = batches_of(flow, batches)
    return batches


def problem_summary(batch: LandingBatch, limit: int = 12) -> list[dict[str, Any]]:
    """Each problem of the file with how many rows have it: {code, column, level, text, count}, most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p->>'code', coalesce(p->>'column', ''), count(*)
               FROM exchange_landingrow r CROSS JOIN jsonb_array_elements(r.problems) p
               WHERE r.batch_id = %s AND r.problems <> '[]' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %s""",
            [batch.pk, limit],
        )
        found = cursor.fetchall()
    return [
        {**worded({"code": code, "column": column}), "count": count}
        for code, column, count in found
        if code in WORDINGS
    ]
