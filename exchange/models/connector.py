"""Links in: declared, not programmed. What was fetched, and what became of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.choices import LINK_KIND_CHOICES, FeedMode, RunState, Transport
from exchange.models.landing import LandingBatch, Upload


class Connector(models.Model):
    """One link in: whose data, about what, fetched how and how often, read by which columns. Natural key: code.

    `options` are those of the transport (`exchange/connectors/`); the secret lies apart, encrypted. `watermark` is how far
    it has come, as the source counts; readings overlap by `overlap_s`. `headers` are the columns that were accepted: others
    hold the reading back, as does a snapshot with less than `least_pct` of the rows of the last one.
    """

    code = models.SlugField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    source = models.ForeignKey("elements.Source", models.PROTECT, related_name="connectors", verbose_name=_("来源"))
    kind = models.CharField(_("种类"), max_length=10, choices=LINK_KIND_CHOICES)
    transport = models.CharField(_("传输方式"), max_length=10, choices=Transport)
    options = models.JSONField(_("传输设置"), default=dict)
    secret = models.BinaryField(_("密钥（加密）"), null=True)
    columns = models.JSONField(_("列对应"), default=dict)
    datum = models.CharField(_("坐标系"), max_length=6, default="WGS84")
    mode = models.CharField(_("方式"), max_length=10, choices=FeedMode, default=FeedMode.DELTA)
    every_s = models.PositiveIntegerField(_("间隔（秒）"), default=3600)
    overlap_s = models.PositiveIntegerField(_("重叠（秒）"), default=300)
    watermark = models.CharField(_("读到"), max_length=200, blank=True)
    headers = models.JSONField(_("约定的列"), default=list)
    least_pct = models.PositiveSmallIntegerField(_("全量行数下限（%）"), default=80)
    last_rows = models.IntegerField(_("上次全量行数"), null=True)
    agreement = models.CharField(_("依据"), max_length=200, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("责任人")
    )
    is_active = models.BooleanField(_("启用"), default=True)
    next_run_at = models.DateTimeField(_("下次读取"))
    failures = models.PositiveIntegerField(_("连续失败"), default=0)
    last_ok_at = models.DateTimeField(_("上次成功"), null=True)
    alerted_at = models.DateTimeField(_("已通知"), null=True)

    class Meta:
        verbose_name = _("接入链路")
        verbose_name_plural = _("接入链路")
        indexes = [models.Index(fields=["next_run_at"], condition=Q(is_active=True), name="connector_due")]

    def __str__(self) -> str:
        return self.name


class ConnectorRun(models.Model):
    """One reading of a link: what came, kept as received, the batch it went into, or why it was held.

    A file of a ferry folder is one run; `fingerprint` (keyed hash of name and content) tells it again.
    """

    connector = models.ForeignKey(Connector, models.CASCADE, related_name="runs", verbose_name=_("链路"))
    state = models.CharField(_("状态"), max_length=10, choices=RunState, default=RunState.RUNNING)
    job = models.ForeignKey("common.Job", models.SET_NULL, null=True, related_name="+", verbose_name=_("任务"))
    upload = models.ForeignKey(Upload, models.PROTECT, null=True, related_name="+", verbose_name=_("原件"))
    batch = models.ForeignKey(
        LandingBatch, models.PROTECT, null=True, related_name="connector_runs", verbose_name=_("批次")
    )
    file_name = models.CharField(_("文件"), max_length=200, blank=True)
    fingerprint = models.BinaryField(_("指纹"), max_length=16, null=True)
    watermark_from = models.CharField(_("自"), max_length=200, blank=True)
    watermark_to = models.CharField(_("至"), max_length=200, blank=True)
    headers = models.JSONField(_("列"), default=list)
    rows = models.IntegerField(_("行数"), null=True)
    counts = models.JSONField(_("计数"), default=dict)
    problem = models.CharField(_("原因代码"), max_length=40, blank=True)
    message = models.CharField(_("原因"), max_length=300, blank=True)
    started_at = models.DateTimeField(_("开始"))
    finished_at = models.DateTimeField(_("结束"), null=True)
    accepted_by = models.BigIntegerField(_("确认人"), null=True)
    receipt_at = models.DateTimeField(_("已发回执"), null=True)

    class Meta:
        verbose_name = _("读取记录")
        verbose_name_plural = _("读取记录")
        constraints = [
            models.UniqueConstraint(
                fields=["connector"], condition=Q(state__in=["RUNNING", "LANDING"]), name="connector_run_one"
            ),
            models.UniqueConstraint(
                fields=["connector", "fingerprint"],
                condition=Q(fingerprint__isnull=False) & ~Q(state="FAILED"),
                name="connector_run_file",
            ),
        ]
        indexes = [
            models.Index(fields=["connector", "-id"], name="connector_run_recent"),
            models.Index(fields=["connector"], condition=Q(state="HELD"), name="connector_run_held"),
            models.Index(
                fields=["connector"],
                condition=Q(receipt_at__isnull=True, fingerprint__isnull=False),
                name="connector_run_receipt",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connector} #{self.pk}"
