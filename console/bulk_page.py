"""What the pages of bulk corrections need: the form's fields, state and progress, the table of one's own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from common.models import Job
from console.editing import EditField, Entered, as_json, bulk_fields, edit_field, read_text
from console.selectors.bulk_preview import PreviewRow
from elements.choices import CorrectionState
from elements.kinds import Kind
from elements.models import BulkCorrection
from elements.services.corrections import official_fields
from exchange.exporters.elements_table import safe_cell

LEVELS = {
    CorrectionState.PLANNING: "note", CorrectionState.PLANNED: "warn", CorrectionState.APPLYING: "note",
    CorrectionState.APPLIED: "ok", CorrectionState.UNDOING: "note", CorrectionState.UNDONE: "idle",
    CorrectionState.DROPPED: "idle",
}  # fmt: skip
WORKING = {CorrectionState.PLANNING, CorrectionState.APPLYING, CorrectionState.UNDOING}
_JOB_LEVELS = {
    Job.State.QUEUED: "idle", Job.State.RUNNING: "note", Job.State.DONE: "ok", Job.State.FAILED: "bad",
    Job.State.CANCELLED: "warn",
}  # fmt: skip


@dataclass(slots=True)
class BulkInput:
    """One field of the form: what is to become of it, and what is wrong with that."""

    field: EditField
    is_official: bool
    action: str = ""
    text: str = ""
    problem: Entered | None = None


@dataclass(slots=True)
class BulkInputs:
    """The form as it was sent; `values` is field → value in JSON, None for cleared."""

    rows: list[BulkInput]
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        return not any(row.problem for row in self.rows)


def bulk_inputs(kind: Kind, data: QueryDict | None = None) -> BulkInputs:
    """The fields that can be set for many, with what was sent; other names that were sent are not looked at."""
    official = official_fields(kind)
    inputs = BulkInputs([BulkInput(edit_field(kind, name), name in official) for name in bulk_fields(kind)])
    for row in inputs.rows if data is not None else ():
        name = row.field.name
        row.action, row.text = data.get(f"action_{name}", ""), data.get(f"value_{name}", "")
        if row.action == "clear":
            inputs.values[name] = None
        elif row.action == "set":
            entered = read_text(kind, name, row.text)
            if entered.code:
                row.problem = entered
            else:
                inputs.values[name] = as_json(entered.value)
    return inputs


def state_of(correction: BulkCorrection) -> dict[str, Any]:
    """Badge, counts and what may be done now."""
    counts = correction.counts
    chosen = counts.get("chosen", len(correction.element_ids))
    changed, conflicts = counts.get("changed", 0), counts.get("conflicts", 0)
    return {
        "level": LEVELS[CorrectionState(correction.state)],
        "label": correction.get_state_display(),
        "chosen": chosen,
        "changed": changed,
        "conflicts": conflicts,
        "unchanged": max(0, chosen - changed - conflicts),
        "is_counted": bool(counts),
        "is_working": correction.state in WORKING,
        "is_planned": correction.state == CorrectionState.PLANNED,
        "is_applied": correction.state == CorrectionState.APPLIED,
    }


def job_of(correction: BulkCorrection) -> dict[str, Any] | None:
    """Its job for `includes/progress.html`."""
    job = Job.objects.filter(pk=correction.job_id).first()
    if job is None:
        return None
    waiting = _("等待后台处理…") if job.state == Job.State.QUEUED else job.message
    return {
        "id": job.pk, "title": job.title, "state": job.state, "state_label": job.get_state_display(),
        "level": _JOB_LEVELS[Job.State(job.state)], "is_finished": job.is_finished, "done": f"{job.done:,}",
        "total": f"{job.total:,}" if job.total else None, "percent": None if job.is_finished else job.percent,
        "remaining_text": waiting, "error": job.error_message, "log": [],
        "poll_url": reverse("console:bulk-progress", args=[correction.pk]),
    }  # fmt: skip


def written_rows(rows: Iterator[PreviewRow], mark: str) -> Iterator[bytes]:
    """CSV that Excel and WPS open: a line a field; text that a spreadsheet would run is made safe."""
    yield b"\xef\xbb\xbf" + _line(["平台编号", "名称", "字段", "原值", "新值", "结果", "导出标记"])
    for row in rows:
        yield b"".join(
            _line([row.element_id, row.label, cell.label, cell.old, cell.new, _outcome(cell), mark])
            for cell in row.cells
        )


def _outcome(cell: Any) -> str:
    if cell.is_conflict:
        return "进入冲突"
    return "不变" if cell.old == cell.new else "更正"


def _line(cells: list[Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return out.getvalue().encode()
