"""Corrections of many elements at once."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from elements.choices import CorrectionState, ElementKind
from elements.models.claim import ClaimBatch


class BulkCorrection(models.Model):
    """One change of some fields of many elements: planned, looked at, applied, perhaps undone.

    The selection is kept as the ids that were counted when it was made; `values` maps a field to what a claim would say
    (None: cleared). Personal numbers cannot be set this way.
    """

    batch = models.OneToOneField(ClaimBatch, models.PROTECT, related_name="correction", verbose_name=_("声明批次"))
    kind = models.CharField(_("种类"), max_length=10, choices=ElementKind)
    registry = models.CharField(_("清单"), max_length=30)
    element_ids = ArrayField(models.BigIntegerField(), verbose_name=_("要素"))
    values = models.JSONField(_("改为"))
    reason = models.CharField(_("理由"), max_length=200)
    state = models.CharField(_("状态"), max_length=10, choices=CorrectionState, default=CorrectionState.PLANNING)
    job_id = models.BigIntegerField(_("任务"), null=True)
    counts = models.JSONField(_("计数"), default=dict)
    actor_id = models.BigIntegerField(_("提交人"))
    created_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("批量更正")
        verbose_name_plural = _("批量更正")
        indexes = [models.Index(fields=["actor_id", "-created_at"], name="bulk_correction_own")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def plan_job_id(self) -> int:
        """Number of its working rows; those of batches that are submitted at once are negative as well."""
        return -self.batch_id
