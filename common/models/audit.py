"""Who looked at or did what."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditRow(models.Model):
    """One sensitive act: a reveal, an export, a search, a decision, a change of rights.

    Holds ids and field names, never values. Append-only by grant: the application role may insert and read.
    No foreign keys, so that rows outlive users and subjects.
    """

    at = models.DateTimeField(_("时间"))
    actor_id = models.BigIntegerField(_("操作人"), null=True)
    verb = models.CharField(_("动作"), max_length=40)
    subject_table = models.CharField(_("对象表"), max_length=60)
    subject_id = models.CharField(_("对象编号"), max_length=60, blank=True)
    fields = ArrayField(models.CharField(max_length=60), verbose_name=_("字段"), default=list)
    count = models.IntegerField(_("条数"), null=True)
    reason = models.CharField(_("理由"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("审计记录")
        verbose_name_plural = _("审计记录")
        indexes = [
            models.Index(fields=["subject_table", "subject_id", "-at"], name="audit_subject"),
            models.Index(fields=["actor_id", "-at"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.verb} {self.subject_table}"
