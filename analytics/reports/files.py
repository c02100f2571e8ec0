"""DOCX and PDF of reports: made by a job, kept encrypted under what they were made of, so that the same report is the same file."""

from __future__ import annotations

import json
from typing import Any

from analytics.models import Report
from analytics.reports.paper import paper_of
from analytics.reports.render_docx import docx_of
from analytics.reports.render_pdf import pdf_of
from common.errors import DomainError, NotVisible
from common.files import FileStore
from common.jobs import JobRun, create_job
from common.models import Job

RENDER_REPORT = "RENDER_REPORT"
STORE = FileStore(purpose="report-files", folder_name="reports")
FORMATS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "pdf": "application/pdf",
}  # fmt: skip
# Raised when the look of paper changes: older files are then made anew.
_LOOK = 1


def file_name(report: Report, kind: str) -> str:
    """What a file is kept under: all that it is made of.

    Raises:
        NotVisible: there is no such format.
    """
    if kind not in FORMATS:
        raise NotVisible
    shell = report.template.shell.name if kind == "docx" else ""
    parts = [
        _LOOK, report.pk, report.title, report.state, report.edition, report.author_id, report.edited_by_id,
        report.approved_by_id, str(report.approved_at), shell, report.content["blocks"],
    ]  # fmt: skip
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
    return f"{STORE.hash_of(text.encode()).hex()}.{kind}"


def stored(report: Report, kind: str) -> bytes | None:
    """The file, if it was made."""
    try:
        return STORE.get(file_name(report, kind))
    except FileNotFoundError:
        return None


def render(report: Report, kind: str) -> bytes:
    """Makes and keeps the file.

    Raises:
        DomainError: the shell of the template is gone or cannot be used.
    """
    paper = paper_of(report)
    data = docx_of(paper, shell_of(report)) if kind == "docx" else pdf_of(paper)
    STORE.put_as(file_name(report, kind), data)
    return data


def shell_of(report: Report) -> bytes | None:
    """The shell that the template's user uploaded; None = the platform's."""
    shell = report.template.shell
    if not shell:
        return None
    try:
        with shell.open("rb") as stream:
            data: bytes = stream.read()
    except FileNotFoundError as error:
        raise DomainError("SHELL_GONE", "公文模板文件不在了。请在“报告模板”里重新上传，或恢复为平台自带的。") from error
    return data


def ask_file(report: Report, kind: str, *, owner_id: int) -> Job:
    """The job that makes the file; the one that is under way already, if there is one."""
    params = {"report": report.pk, "format": kind}
    waiting = Job.objects.filter(
        kind=RENDER_REPORT, owner_id=owner_id, params=params, state__in=[Job.State.QUEUED, Job.State.RUNNING]
    )
    return waiting.first() or create_job(
        kind=RENDER_REPORT, title=f"生成文件：{report.title}", owner_id=owner_id, params=params
    )


def run_render(run: JobRun) -> dict[str, Any]:
    """Job handler."""
    report = Report.objects.select_related("template", "area").filter(pk=run.params["report"]).first()
    if report is None:
        raise DomainError("REPORT_GONE", "报告已经不在了。")
    run.progress(done=0, total=1, message="正在排版")
    if stored(report, run.params["format"]) is None:
        render(report, run.params["format"])
    run.progress(done=1, total=1)
    return {"report": report.pk}
