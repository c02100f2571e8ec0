"""What changed, in order, without values, and how far its readers have come."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Func
from django.utils.translation import gettext_lazy as _


class _TransactionId(Func):
    """Number of the running transaction as a bigint."""

    template = "(pg_current_xact_id()::text)::bigint"
    output_field = models.BigIntegerField()


class ChangeRow(models.Model):
    """One change of one subject, written in the transaction of the change.

    The exchange fans it out, the rule engine and the live stream read it; nothing is lost by a crash between commit
    and enqueue. Readers go by `xid`, the number of the transaction: ids are given before a commit, so that a later one may be
    seen before an earlier one.
    """

    at = models.DateTimeField(_("时间"))
    actor_id = models.BigIntegerField(_("操作人"), null=True)
    job_id = models.BigIntegerField(_("任务"), null=True)
    verb = models.CharField(_("动作"), max_length=20)
    subject_table = models.CharField(_("对象表"), max_length=60)
    subject_id = models.BigIntegerField(_("对象编号"))
    xid = models.BigIntegerField(_("事务号"), db_default=_TransactionId())

    class Meta:
        verbose_name = _("变更记录")
        verbose_name_plural = _("变更记录")
        indexes = [
            models.Index(fields=["subject_table", "subject_id"], name="change_subject"),
            # Rows come almost in the order of their transactions: a hundredth of a btree, and no cost for the writer.
            BrinIndex(fields=["xid"], pages_per_range=16, name="change_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_table} {self.subject_id}"


class ChangeReader(models.Model):
    """A reader of change rows and how far it has come: every transaction below `xid` is read. Natural key: name."""

    name = models.CharField(_("读者"), max_length=40, unique=True)
    xid = models.BigIntegerField(_("已读到的事务号"))
    read_at = models.DateTimeField(_("读取时间"))

    class Meta:
        verbose_name = _("变更读者")
        verbose_name_plural = _("变更读者")

    def __str__(self) -> str:
        return self.name
