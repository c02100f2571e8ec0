"""Tables that every app writes to: jobs, audit rows, change rows, and what ails the platform."""

from common.models.audit import AuditRow
from common.models.change import ChangeReader, ChangeRow
from common.models.job import Job
from common.models.trouble import PlatformTrouble

__all__ = ["AuditRow", "ChangeReader", "ChangeRow", "Job", "PlatformTrouble"]
