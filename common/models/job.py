"""Long work: import, undo, refold, tile rebuild."""

from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """One piece of long work. The row is the truth, the queue only rings the bell.

    A holder takes the job by raising `token`; each of its transactions checks that it still holds it, so that a
    second holder and a late first one never both write. A job whose heartbeat is older than the lease is rung again.
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("排队")
        RUNNING = "RUNNING", _("进行中")
        DONE = "DONE", _("完成")
        FAILED = "FAILED", _("失败")
        CANCELLED = "CANCELLED", _("已取消")

    kind = models.CharField(_("种类"), max_length=40)
    title = models.CharField(_("名称"), max_length=200)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.QUEUED)
    owner_id = models.BigIntegerField(_("发起人"), null=True)
    params = models.JSONField(_("参数"), default=dict)
    counts = models.JSONField(_("计数"), default=dict)
    done = models.BigIntegerField(_("已处理"), default=0)
    total = models.BigIntegerField(_("总数"), null=True)
    message = models.CharField(_("进展"), max_length=200, blank=True)
    error_code = models.CharField(_("错误代码"), max_length=60, blank=True)
    error_message = models.TextField(_("错误说明"), blank=True)
    token = models.IntegerField(_("持有序号"), default=0)
    attempts = models.IntegerField(_("尝试次数"), default=0)
    cancel_requested = models.BooleanField(_("请求取消"), default=False)
    created_at = models.DateTimeField(_("创建时间"), auto_now_add=True)
    started_at = models.DateTimeField(_("开始时间"), null=True)
    heartbeat_at = models.DateTimeField(_("最近心跳"), null=True)
    finished_at = models.DateTimeField(_("结束时间"), null=True)

    class Meta:
        verbose_name = _("任务")
        verbose_name_plural = _("任务")
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=["QUEUED", "RUNNING"]), name="job_open"),
            models.Index(fields=["owner_id", "-id"], name="job_owner"),
        ]
        constraints = [
            # Daily work runs once a day; a day that was marked as skipped may come after all.
            models.UniqueConstraint(
                KT("params__schedule"),
                KT("params__day"),
                condition=Q(kind="DAILY") & ~Q(error_code="SKIPPED"),
                name="job_daily_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} #{self.pk}"

    @property
    def is_finished(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}

    @property
    def percent(self) -> int | None:
        """Whole percent done, or None while the total is unknown."""
        return min(100, self.done * 100 // self.total) if self.total else None
