"""What the pages of a batch show beside its rows: state, balance, tabs, progress, questions before an act."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from common.models import Job
from events.kinds import EVENT_TABLES
from events.links import event_url
from exchange.models import LandingBatch, LandingRow
from exchange.selectors.batches import OUTCOMES, WORKING, State, actions_of, kept_count, kept_outcomes, state_of

_STATE_LEVELS = {
    State.MAPPING: "note", State.PLANNING: "note", State.PLANNED: "warn", State.IMPORTING: "note", State.IMPORTED: "ok",
    State.UNDOING: "note", State.UNDONE: "idle", State.FAILED: "bad",
}  # fmt: skip
OUTCOME_LEVELS = {"CREATED": "ok", "UPDATED": "note", "UNCHANGED": "idle", "TO_REVIEW": "warn", "REJECTED": "bad"}
_TILE_LEVELS = {"to_review": "warn", "rejected": "bad"}
_JOB_LEVELS = {
    Job.State.QUEUED: "idle", Job.State.RUNNING: "note", Job.State.DONE: "ok", Job.State.FAILED: "bad",
    Job.State.CANCELLED: "warn",
}  # fmt: skip


def definitions() -> dict[str, str]:
    """What each outcome counts, for the tips of the tiles."""
    return {
        "created": _("平台里还没有、由本文件新建的对象"),
        "updated": _("平台里已有、该来源说法有变化的对象"),
        "unchanged": _("与该来源现有说法相同，或同一文件后面还有该对象的行"),
        "to_review": _("主键或地址有问题，没有采用，请按原因处理后再导入"),
        "rejected": _("整行读不出来，没有采用，请修补后再导入"),
    }


def badge_of(batch: LandingBatch) -> dict[str, str]:
    """Level and word of the batch's state for `includes/badge.html`."""
    state = state_of(batch)
    return {"level": _STATE_LEVELS[State(state)], "label": str(State(state).label)}


def batch_url(batch: LandingBatch, **parameters: Any) -> str:
    """The page of the batch with parameters; empty ones are left out."""
    url = reverse("exchange:batch", args=[batch.pk])
    kept = {name: value for name, value in parameters.items() if value}
    return f"{url}?{urlencode(kept)}" if kept else url


def thing_url(batch: LandingBatch, page_id: int | None) -> str:
    """The page of the element or event of a row; "" where there is none to show."""
    if page_id is None:
        return ""
    return event_url(batch.kind, page_id) if batch.kind in EVENT_TABLES else reverse("console:element", args=[page_id])


def frame_of(batch: LandingBatch) -> dict[str, Any]:
    """Context of every page of a batch."""
    return {
        "batch": batch,
        "page_title": batch.upload.name,
        "breadcrumbs": [{"label": _("导入批次"), "url": reverse("exchange:list")}],
        "badge": badge_of(batch),
        "actions": actions_of(batch),
    }


def tiles(batch: LandingBatch) -> list[dict[str, Any]]:
    """The balance: received, and the outcomes that add up to it, each leading to its rows."""
    at = batch.imported_at or batch.planned_at
    as_of = f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
    words = definitions()
    received = batch.counts.get("received", 0)
    result = [
        {
            "label": _("收到"),
            "value": f"{received:,}",
            **_mark(received, is_listed=received == kept_count(batch)),
            "url": batch_url(batch),
            "definition": _("文件里的数据行，空行不算；等于后面各项之和"),
            "as_of": as_of,
        }
    ]
    for name in OUTCOMES:
        count = batch.counts.get(name, 0)
        result.append(
            {
                "label": str(LandingRow.Outcome[name.upper()].label),
                "value": f"{count:,}",
                **_mark(count, is_listed=name in kept_outcomes(batch)),
                "url": batch_url(batch, outcome=name.upper() if name in kept_outcomes(batch) else ""),
                "definition": words[name],
                "as_of": as_of,
                "level": _TILE_LEVELS.get(name, "") if count else "",
            }
        )
    return result


def _mark(count: int, *, is_listed: bool) -> dict[str, Any]:
    """Rows that are not kept can only be counted."""
    return {"count": count} if is_listed else {"is_measure": True}


def tabs(batch: LandingBatch, outcome: str) -> list[dict[str, Any]]:
    """One tab an outcome whose rows are kept."""
    first = {
        "key": "all", "label": _("全部"), "url": batch_url(batch), "active": not outcome, "count": f"{kept_count(batch):,}",
    }  # fmt: skip
    return [first] + [
        {
            "key": name,
            "label": str(LandingRow.Outcome[name.upper()].label),
            "url": batch_url(batch, outcome=name.upper()),
            "active": outcome == name.upper(),
            "count": f"{batch.counts.get(name, 0):,}",
        }
        for name in kept_outcomes(batch)
    ]


def questions(batch: LandingBatch) -> dict[str, str]:
    """What is asked before an act: it says what will happen, with numbers."""
    counts = {name: f"{batch.counts.get(name, 0):,}" for name in OUTCOMES}
    held = batch.counts.get("to_review", 0) + batch.counts.get("rejected", 0)
    return {
        "import": _(
            "将新增 %(created)s 个、更新 %(updated)s 个对象，%(unchanged)s 行无变化；%(held)s 行不采用。入库后可以撤销。"
        )
        % {**counts, "held": f"{held:,}"},
        "reprocess": _(
            "将按原文件重新读取 %(to_review)s 行待核对的行：地址已裁定、问题已消除的会入库，其余仍留待核对。已入库的行不受影响。"
        )
        % counts,
        "undo": _(
            "将收回这批数据的全部说法：由它新建、别处没有依据的对象不再出现在清单里，由它更新的字段退回其他来源的取值。"
            "原始文件和逐行结果保留。撤销后要恢复，请重新导入该文件。"
        ),
    }


def progress(batch: LandingBatch, now: datetime) -> dict[str, Any] | None:
    """The batch's job for `includes/progress.html`, or None when it has none."""
    job = batch.job
    if job is None:
        return None
    is_running = not job.is_finished
    result: dict[str, Any] = {
        "id": job.pk,
        "title": job.title,
        "state": job.state,
        "state_label": job.get_state_display(),
        "level": _JOB_LEVELS[Job.State(job.state)],
        "is_finished": job.is_finished,
        "done": f"{job.done:,}",
        "total": f"{job.total:,}" if job.total else None,
        "percent": job.percent if is_running else None,
        "remaining_text": _remaining(job, now),
        "poll_url": reverse("exchange:progress", args=[batch.pk]),
        "error": job.error_message,
        "log": [],
    }
    if is_running and not job.cancel_requested and batch.state in WORKING:
        result["cancel_url"] = reverse("exchange:cancel", args=[batch.pk])
    return result


def _remaining(job: Job, now: datetime) -> str:
    """What it is doing and about how long it still takes; the estimate needs a total and a while of work."""
    if job.state == Job.State.QUEUED:
        return _("等待后台处理…")
    if job.cancel_requested:
        return _("正在停止…")
    parts = [job.message] if job.message else []
    elapsed_s = (now - job.started_at).total_seconds() if job.started_at else 0
    if job.total and 0 < job.done < job.total and elapsed_s >= 2:
        left_s = elapsed_s * (job.total - job.done) / job.done
        parts.append(
            _("约剩 %(count)s 秒") % {"count": round(left_s)}
            if left_s < 90
            else _("约剩 %(count)s 分钟") % {"count": round(left_s / 60)}
        )
    return " · ".join(parts)
