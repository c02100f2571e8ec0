"""Landing: every incoming row is kept as received, then read, resolved and merged."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.choices import KIND_CHOICES
from exchange.querysets import LandingBatchQuerySet


class Upload(models.Model):
    """A file as received, stored encrypted under its hash; natural key: keyed hash of its content."""

    content_hash = models.BinaryField(_("内容摘要"), max_length=16, unique=True)
    name = models.CharField(_("文件名"), max_length=200)
    size_bytes = models.BigIntegerField(_("大小（字节）"))
    path = models.CharField(_("存放位置"), max_length=80)
    owner_id = models.BigIntegerField(_("上传人"), null=True)
    created_at = models.DateTimeField(_("上传时间"))

    class Meta:
        verbose_name = _("上传文件")
        verbose_name_plural = _("上传文件")

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class Mapping(models.Model):
    """How the columns of a source's files map to fields; remembered per source, kind and set of headers."""

    source = models.ForeignKey("elements.Source", models.CASCADE, related_name="mappings", verbose_name=_("来源"))
    kind = models.CharField(_("种类"), max_length=10, choices=KIND_CHOICES)
    header_hash = models.CharField(_("表头摘要"), max_length=32)
    columns = models.JSONField(_("列对应"))
    updated_at = models.DateTimeField(_("更新时间"), auto_now=True)
    updated_by = models.BigIntegerField(_("更新人"), null=True)

    class Meta:
        verbose_name = _("列对应")
        verbose_name_plural = _("列对应")
        constraints = [models.UniqueConstraint(fields=["source", "kind", "header_hash"], name="mapping_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.get_kind_display()}"


class LandingBatch(models.Model):
    """One file on its way in: read, mapped, previewed, imported, perhaps undone.

    Balance: received = created + updated + unchanged + to_review + rejected.
    """

    class State(models.TextChoices):
        MAPPING = "MAPPING", _("待对应列")
        PLANNING = "PLANNING", _("试算中")
        PLANNED = "PLANNED", _("待确认")
        IMPORTING = "IMPORTING", _("入库中")
        IMPORTED = "IMPORTED", _("已入库")
        UNDOING = "UNDOING", _("撤销中")
        UNDONE = "UNDONE", _("已撤销")
        FAILED = "FAILED", _("未完成")

    upload = models.ForeignKey(Upload, models.PROTECT, related_name="batches", verbose_name=_("文件"))
    source = models.ForeignKey(
        "elements.Source", models.PROTECT, related_name="landing_batches", verbose_name=_("来源")
    )
    kind = models.CharField(_("种类"), max_length=10, choices=KIND_CHOICES)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.MAPPING)
    owner_id = models.BigIntegerField(_("上传人"), null=True)
    encoding = models.CharField(_("编码"), max_length=20, blank=True)
    delimiter = models.CharField(_("分隔符"), max_length=2, blank=True)
    sheet = models.CharField(_("工作表"), max_length=60, blank=True)
    datum = models.CharField(_("坐标系"), max_length=6, default="WGS84")
    headers = models.JSONField(_("表头"), default=list)
    columns = models.JSONField(_("列对应"), default=dict)
    observed_at = models.DateTimeField(_("数据时间"))
    job = models.ForeignKey("common.Job", models.SET_NULL, null=True, related_name="+", verbose_name=_("任务"))
    claim_batch = models.ForeignKey(
        "elements.ClaimBatch", models.PROTECT, null=True, related_name="+", verbose_name=_("声明批次")
    )
    mends = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="mended_by", verbose_name=_("所修补的批次")
    )
    counts = models.JSONField(_("计数"), default=dict)
    created_at = models.DateTimeField(_("上传时间"))
    planned_at = models.DateTimeField(_("试算时间"), null=True)
    imported_at = models.DateTimeField(_("入库时间"), null=True)

    objects = LandingBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("导入批次")
        verbose_name_plural = _("导入批次")
        indexes = [models.Index(fields=["owner_id", "-id"], name="landing_batch_owner")]

    def __str__(self) -> str:
        return f"{self.upload.name} #{self.pk}"

    @property
    def is_stranded(self) -> bool:
        """Its job ended without finishing (fault or cancel): the step may be taken again."""
        working = {self.State.PLANNING, self.State.IMPORTING, self.State.UNDOING}
        return self.state in working and self.job is not None and self.job.state in {"FAILED", "CANCELLED"}


class LandingRow(models.Model):
    """One row as received (encrypted), with its fate; natural key: batch and row number (1 = first line after the header).

    `problems`: list of {code, column, level}; the wording is made when shown. `element_id` is a plain value.
    """

    class Outcome(models.TextChoices):
        CREATED = "CREATED", _("新增")
        UPDATED = "UPDATED", _("更新")
        UNCHANGED = "UNCHANGED", _("无变化")
        TO_REVIEW = "TO_REVIEW", _("待核对")
        REJECTED = "REJECTED", _("无法读取")

    batch = models.ForeignKey(LandingBatch, models.CASCADE, db_index=False, related_name="rows", verbose_name=_("批次"))
    row_number = models.IntegerField(_("行号"))
    raw = models.BinaryField(_("原始行（加密）"))
    row_hash = models.BinaryField(_("行摘要"), max_length=16)
    outcome = models.CharField(_("结果"), max_length=10, choices=Outcome, null=True)
    problems = models.JSONField(_("问题"), default=list)
    element_id = models.BigIntegerField(_("要素"), null=True)
    claim_id = models.BigIntegerField(_("声明"), null=True)
    is_final = models.BooleanField(_("已入库"), default=False)
    mended_by_row = models.ForeignKey(
        "self", models.SET_NULL, null=True, db_index=False, related_name="mends_row", verbose_name=_("修补行")
    )

    class Meta:
        verbose_name = _("落地行")
        verbose_name_plural = _("落地行")
        constraints = [models.UniqueConstraint(fields=["batch", "row_number"], name="landing_row_once")]
        indexes = [
            models.Index(fields=["batch", "outcome", "row_number"], name="landing_row_outcome"),
            models.Index(fields=["mended_by_row"], condition=Q(mended_by_row__isnull=False), name="landing_row_mended"),
            models.Index(fields=["row_hash"], condition=Q(claim_id__isnull=False), name="landing_row_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.row_number}"
