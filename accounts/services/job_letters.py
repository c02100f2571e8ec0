"""A letter to who asked for a job that failed. The audit row is the memory: one letter a job.

A letter is sent before it is written down that it was: after a kill between the two it comes twice, never not at all.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast
from django.urls import reverse

from accounts.models import User
from common.audit import record_audit
from common.letters import send_letter
from common.models import AuditRow, Job

TOLD = "JOB_FAILURE_TOLD"
# What could not be sent for so long is on the pages anyway.
WITHIN = timedelta(days=1)
MOST_LETTERS = 50


def tell_job_owners(*, now: datetime) -> int:
    """Sends what is due; what could not be sent is due again at the next look. Returns how many letters went out."""
    told = AuditRow.objects.filter(
        verb=TOLD, subject_table=Job._meta.db_table, subject_id=OuterRef("key"), at__gte=now - 2 * WITHIN
    )
    failed = Job.objects.filter(state=Job.State.FAILED, finished_at__gte=now - WITHIN, owner_id__isnull=False)
    due = failed.annotate(key=Cast("pk", CharField())).filter(~Exists(told)).order_by("pk")
    return sum(_tell(pk, now) for pk in list(due.values_list("pk", flat=True)[:MOST_LETTERS]))


@transaction.atomic
def _tell(job_id: int, now: datetime) -> bool:
    """Under the lock of the job; who comes second finds it locked, or told."""
    job = Job.objects.select_for_update(skip_locked=True).filter(pk=job_id, state=Job.State.FAILED).first()
    if job is None or AuditRow.objects.filter(verb=TOLD, subject_table=Job._meta.db_table, subject_id=job_id).exists():
        return False
    email = User.objects.filter(pk=job.owner_id or 0, is_active=True).values_list("email", flat=True).first()
    # Titles may hold the name of a file; what went wrong in it may quote a row: both stay behind the link.
    if not email or not send_letter(
        subject="[任务] 您的一项任务没有完成", lines=[f"任务 #{job.pk} 没有完成（{job.error_code}）。原因和办法请登录平台查看。"],
        page=reverse("console:today"), to=email, about=job.kind,
    ):  # fmt: skip
        return False
    record_audit(actor_id=None, verb=TOLD, subject_table=Job._meta.db_table, subject_id=job.pk, now=now)
    return True
