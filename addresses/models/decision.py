"""What operators decided about address texts, and what the engine learned from it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from addresses.choices import DecisionState, Verdict
from addresses.models.address import StandardAddress


class AddressDecision(models.Model):
    """What an operator said about all texts that are equal once normalised; it beats the engine until it is undone.

    Two operators who decide differently are in conflict: then neither holds and the texts wait until one is undone.
    """

    normalised = models.CharField(_("规范化文本"), max_length=240)
    verdict = models.CharField(_("结论"), max_length=12, choices=Verdict)
    address = models.ForeignKey(
        StandardAddress,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        verbose_name=_("标准地址"),
    )
    county = models.CharField(_("外地"), max_length=60, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    # What the engine had said: examples of its confidence.
    engine_address_id = models.BigIntegerField(_("引擎所选地址"), null=True)
    engine_status = models.CharField(_("引擎结果"), max_length=10, blank=True)
    engine_confidence = models.FloatField(_("引擎可信度"), null=True)
    state = models.CharField(_("状态"), max_length=10, choices=DecisionState, default=DecisionState.STANDING)
    actor_id = models.BigIntegerField(_("操作人"))
    decided_at = models.DateTimeField(_("时间"))
    undone_by = models.BigIntegerField(_("撤销人"), null=True)
    undone_at = models.DateTimeField(_("撤销时间"), null=True)

    class Meta:
        verbose_name = _("地址裁定")
        verbose_name_plural = _("地址裁定")
        constraints = [
            models.UniqueConstraint(
                fields=["normalised"], condition=Q(state="STANDING"), name="address_decision_standing"
            ),
            models.CheckConstraint(
                condition=Q(verdict="LINK", address__isnull=False) | (~Q(verdict="LINK") & Q(address__isnull=True)),
                name="address_decision_link",
            ),
            models.CheckConstraint(
                condition=Q(state="UNDONE", undone_at__isnull=False) | (~Q(state="UNDONE") & Q(undone_at__isnull=True)),
                name="address_decision_undone",
            ),
        ]
        indexes = [
            models.Index(fields=["normalised"], name="address_decision_text"),
            models.Index(fields=["-id"], condition=Q(state="CONFLICT"), name="address_decision_conflict"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.verdict}"


class Calibration(models.Model):
    """How often the engine was right by its raw confidence, learned from decisions; the newest row holds.

    `buckets`: [{"from", "to", "examples", "right", "confidence"}], raw confidence from 0 to 1.
    """

    made_at = models.DateTimeField(_("时间"))
    examples = models.IntegerField(_("样本"))
    buckets = models.JSONField(_("分桶"))
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("可信度校准")
        verbose_name_plural = _("可信度校准")

    def __str__(self) -> str:
        return str(self.pk)
