"""What ails the platform itself, and whether its administrators were told."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PlatformTrouble(models.Model):
    """One row for each thing that is watched, made when it is first looked at.

    Attributes:
        since: when it was found ill; None while it is well.
        told_at: when the administrators were told so.
    """

    class Name(models.TextChoices):
        FILES_DISK = "FILES_DISK", _("文件所在磁盘将满")
        DATABASE_DISK = "DATABASE_DISK", _("数据库所在磁盘将满")
        QUEUE_EMPTIED = "QUEUE_EMPTIED", _("消息队列被清空")

    name = models.CharField(_("名称"), max_length=20, choices=Name, primary_key=True)
    since = models.DateTimeField(_("发现时间"), null=True)
    told_at = models.DateTimeField(_("通知时间"), null=True)

    class Meta:
        verbose_name = _("平台故障")
        verbose_name_plural = _("平台故障")

    def __str__(self) -> str:
        return self.get_name_display()
