"""Tables that every app writes to: jobs, audit rows, change rows."""

from common.models.audit import AuditRow
from common.models.change import ChangeReader, ChangeRow
from common.models.job import Job

__all__ = ["AuditRow", "ChangeReader", "ChangeRow", "Job"]
