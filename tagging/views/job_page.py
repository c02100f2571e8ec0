"""A job of rules or grades as pages show it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from common.models import Job

_LEVELS = {
    Job.State.QUEUED: "idle", Job.State.RUNNING: "note", Job.State.DONE: "ok", Job.State.FAILED: "bad",
    Job.State.CANCELLED: "warn",
}  # fmt: skip


def progress(job: Job, *, poll_url: str, result_url: str, cancel_url: str, doing: str = "") -> dict[str, Any]:
    """The job for `includes/progress.html`.

    Args:
        doing: what is being done, while it is.
    """
    is_stoppable = not job.is_finished and not job.cancel_requested
    return {
        "id": job.pk, "title": job.title, "state": job.state, "state_label": job.get_state_display(),
        "level": _LEVELS[Job.State(job.state)], "is_finished": job.is_finished, "done": job.done, "total": job.total,
        "percent": None if job.is_finished else job.percent, "remaining_text": _waits_for(job, doing),
        "error": job.error_message, "log": [], "poll_url": poll_url,
        "result_url": result_url if job.state == Job.State.DONE else "", "cancel_url": cancel_url if is_stoppable else "",
    }  # fmt: skip


def _waits_for(job: Job, doing: str) -> str:
    if job.state == Job.State.QUEUED:
        return _("等待后台处理…")
    return _("正在停止…") if job.cancel_requested else doing
