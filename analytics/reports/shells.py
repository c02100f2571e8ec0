"""Shells that users bring: checked before they are kept."""

from __future__ import annotations

from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction

from analytics.models import ReportTemplate
from analytics.reports.shell import read_shell
from analytics.selectors.reports import may_manage
from common.audit import record_audit
from common.errors import NotAllowed
from common.scope import Actor


def keep_shell(*, template: ReportTemplate, data: bytes, actor: Actor, now: datetime) -> None:
    """Puts a document in place of the template's shell; the earlier file stays on disk for reports that were made with it.

    Raises:
        NotAllowed. DomainError: see `read_shell`.
    """
    if not may_manage(actor):
        raise NotAllowed
    read_shell(data)
    with transaction.atomic():
        template.shell.save(f"{template.code}.docx", ContentFile(data), save=False)
        _save(template, "REPORT_SHELL_SET", actor, now)


@transaction.atomic
def drop_shell(*, template: ReportTemplate, actor: Actor, now: datetime) -> None:
    """Back to the platform's own.

    Raises:
        NotAllowed.
    """
    if not may_manage(actor):
        raise NotAllowed
    template.shell = ""
    _save(template, "REPORT_SHELL_DROPPED", actor, now)


def _save(template: ReportTemplate, verb: str, actor: Actor, now: datetime) -> None:
    template.save(update_fields=["shell"])
    record_audit(
        actor_id=actor.pk, verb=verb, subject_table=ReportTemplate._meta.db_table, subject_id=template.pk, now=now
    )
