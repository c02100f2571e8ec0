"""Files of addresses that a user had resolved: jobs of one kind, each its owner's only."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from common.errors import NotAllowed, NotVisible
from common.models import Job
from common.scope import Actor, Right

RESOLVE_FILE = "RESOLVE_ADDRESS_FILE"
KEPT = timedelta(days=7)
_LISTED = 10


def require_batches(user: Actor) -> None:
    """Raises NotAllowed for a user whose posts do not carry the right to bring files in."""
    if Right.IMPORT not in user.scope.rights:
        raise NotAllowed("您的岗位不能批量解析地址，请联系大队管理员。")


def own_batches(user: Actor) -> QuerySet[Job]:
    """The user's own, the latest first."""
    return Job.objects.filter(kind=RESOLVE_FILE, owner_id=user.pk).order_by("-pk")


def recent_batches(user: Actor) -> list[Job]:
    """The user's last ones."""
    return list(own_batches(user)[:_LISTED])


def own_batch(job_id: int, user: Actor) -> Job:
    """One of the user's own: one query.

    Raises:
        NotVisible: it does not exist or is somebody else's: one answer for both.
    """
    job = own_batches(user).filter(pk=job_id).first() if job_id < 2**63 else None
    if job is None:
        raise NotVisible
    return job


def has_files(job: Job, now: datetime) -> bool:
    """Whether the job's files are still kept."""
    return not job.params.get("is_deleted") and job.created_at > now - KEPT
