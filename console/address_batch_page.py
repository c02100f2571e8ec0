"""What the pages of address files show: columns with a preview, progress, the bar of results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from addresses.choices import ResolveStatus
from common.models import Job
from common.scrub import scrub
from console.address_check_page import STATUS_LEVELS
from exchange.importers.address_files import first_rows, guess_columns, kept_rows
from exchange.selectors.address_batches import KEPT, has_files
from exchange.services.address_batch import COLUMNS, answered

PREVIEW_ROWS = 20
_BAR_WIDTH = 1_000
_CHUNK_ROWS = 500
# Pieces of one level beside each other would look like one.
_BAR_LEVELS = {ResolveStatus.PARTIAL: "part", ResolveStatus.AMBIGUOUS: "ambiguous"}
_NUMBERS_AT = (-3, -2)  # 经度, 纬度 before 责任块
_JOB_LEVELS = {
    Job.State.QUEUED: "idle", Job.State.RUNNING: "note", Job.State.DONE: "ok", Job.State.FAILED: "bad",
    Job.State.CANCELLED: "warn",
}  # fmt: skip


def preview(content: bytes, asked: Sequence[int] | None) -> dict[str, Any]:
    """Columns to choose from and the first rows resolved; without a choice the address columns are guessed."""
    headers, rows = first_rows(content, PREVIEW_ROWS)
    chosen = guess_columns(headers, first_rows(content, 200)[1]) if asked is None else list(asked)
    chosen = [at for at in chosen if 0 <= at < len(headers)]
    shown = [
        {"texts": [scrub(cells[at]) for at in chosen], "status": status, "level": STATUS_LEVELS[ResolveStatus(status)],
         "label": answer[3], "address": answer[1], "note": answer[4]}
        for cells, status, answer in answered(rows, chosen)
    ] if chosen else []  # fmt: skip
    return {
        "columns": [
            {"at": at, "name": header, "is_chosen": at in chosen, "sample": _sample(rows, at)}
            for at, header in enumerate(headers)
        ],
        "chosen": [headers[at] for at in chosen],
        "rows": shown,
        "result_columns": COLUMNS,
    }


def _sample(rows: Sequence[Sequence[str]], at: int) -> str:
    return next((scrub(row[at])[:24] for row in rows if row[at].strip()), "")


def batch_url(job: Job) -> str:
    return reverse("console:address-batch-job", args=[job.pk])


def progress(job: Job, now: datetime) -> dict[str, Any]:
    """The job for `includes/progress.html`."""
    result: dict[str, Any] = {
        "id": job.pk, "title": job.title, "state": job.state, "state_label": job.get_state_display(),
        "level": _JOB_LEVELS[Job.State(job.state)], "is_finished": job.is_finished, "done": f"{job.done:,}",
        "total": f"{job.total:,}" if job.total else None, "percent": None if job.is_finished else job.percent,
        "remaining_text": _remaining(job, now), "error": job.error_message, "log": [],
        "poll_url": reverse("console:address-batch-progress", args=[job.pk]),
    }  # fmt: skip
    if not job.is_finished and not job.cancel_requested:
        result["cancel_url"] = reverse("console:address-batch-step", args=[job.pk, "cancel"])
    return result


def _remaining(job: Job, now: datetime) -> str:
    """What it waits for, or about how long it still takes."""
    if job.state == Job.State.QUEUED:
        return _("等待后台处理…")
    if job.cancel_requested:
        return _("正在停止…")
    elapsed_s = (now - job.started_at).total_seconds() if job.started_at else 0
    if not job.total or not 0 < job.done < job.total or elapsed_s < 2:
        return job.message
    left_s = elapsed_s * (job.total - job.done) / job.done
    if left_s < 90:
        return _("约剩 %(count)s 秒") % {"count": round(left_s)}
    return _("约剩 %(count)s 分钟") % {"count": round(left_s / 60)}


def result_context(job: Job, now: datetime) -> dict[str, Any]:
    """State, bar of results and what may be done with the files."""
    statuses = job.counts.get("statuses", {})
    rows = job.counts.get("rows", 0)
    accepted = statuses.get(ResolveStatus.EXACT, 0) + statuses.get(ResolveStatus.PARTIAL, 0)
    return {
        "state": {"level": _JOB_LEVELS[Job.State(job.state)], "label": job.get_state_display()},
        "name": job.params["name"],
        "bar": bar(statuses),
        "rows": f"{rows:,}",
        "total": f"{job.params['rows']:,}",
        "share": f"{accepted * 100 / rows:.1f}%" if rows else "",
        "is_partial": bool(rows) and rows < job.params["rows"],
        "has_result": bool(job.counts.get("path")) and has_files(job, now),
        "has_files": has_files(job, now),
        "kept_until": timezone.localtime(job.created_at + KEPT),
    }


def bar(statuses: dict[str, int]) -> list[dict[str, Any]]:
    """Pieces of the bar in the order of the statuses: {label, count, share, x, width, level}, of 1,000 wide."""
    total = sum(statuses.values())
    pieces, x = [], 0.0
    for status in ResolveStatus:
        count = statuses.get(status.value, 0)
        if not count:
            continue
        width = count * _BAR_WIDTH / total
        level = _BAR_LEVELS.get(status, STATUS_LEVELS[status])
        pieces.append(
            {"label": str(status.label), "count": f"{count:,}", "share": f"{count * 100 / total:.1f}%", "x": round(x, 2),
             "width": round(width, 2), "level": level}
        )  # fmt: skip
        x += width
    return pieces


def recent_rows(jobs: Sequence[Job], now: datetime) -> list[dict[str, Any]]:
    """The user's last files for the page."""
    return [
        {
            "url": batch_url(job),
            "name": job.params["name"],
            "badge": {"level": _JOB_LEVELS[Job.State(job.state)], "label": job.get_state_display()},
            "rows": f"{job.params['rows']:,}",
            "created_at": job.created_at,
            "has_files": has_files(job, now),
        }
        for job in jobs
    ]


class ResultTable:
    """The rows of a result for the writers of CSV and XLSX: headings, then cells with numbers where numbers are."""

    def __init__(self, content: bytes) -> None:
        self._rows = kept_rows(content)
        self.headings = next(self._rows)

    def pages(self) -> Iterator[list[list[Any]]]:
        """Some rows at a time."""
        page: list[list[Any]] = []
        for cells in self._rows:
            row: list[Any] = list(cells)
            for at in _NUMBERS_AT:
                row[at] = float(row[at]) if row[at] else ""
            page.append(row)
            if len(page) == _CHUNK_ROWS:
                yield page
                page = []
        if page:
            yield page


def days_kept() -> int:
    """For the texts of the page."""
    return KEPT // timedelta(days=1)
