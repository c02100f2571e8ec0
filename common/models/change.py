"""What changed, in order, without values."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ChangeRow(models.Model):
    """One change of one subject, written in the transaction of the change.

    The exchange fans it out, the rule engine and the live stream read it; nothing is lost by a crash between commit
    and enqueue. The id is the sequence.
    """

    at = models.DateTimeField(_("时间"))
    actor_id = models.BigIntegerField(_("操作人"), null=True)
    job_id = models.BigIntegerField(_("任务"), null=True)
    verb = models.CharField(_("动作"), max_length=20)
    subject_table = models.CharField(_("对象表"), max_length=60)
    subject_id = models.BigIntegerField(_("对象编号"))

    class Meta:
        verbose_name = _("变更记录")
        verbose_name_plural = _("变更记录")
        indexes = [models.Index(fields=["subject_table", "subject_id"], name="change_subject")]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_table} {self.subject_id}"
