"""How borders of areas move."""

from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from addresses.choices import BorderMoveState
from addresses.models.area import Area
from common.geometry import SRID


class AreaBorder(models.Model):
    """A border that an area had in the past; the area keeps its number, posts and code. Its present border is in `Area`."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="past_borders", verbose_name=_("责任区"))
    geom = models.MultiPolygonField(_("范围"), srid=SRID)
    valid_from = models.DateField(_("起"))
    valid_to = models.DateField(_("止（不含）"))
    move = models.ForeignKey(
        "addresses.BorderMove", models.PROTECT, related_name="past_borders", verbose_name=_("边界调整")
    )

    class Meta:
        verbose_name = _("历史边界")
        verbose_name_plural = _("历史边界")
        constraints = [
            models.UniqueConstraint(fields=["area", "valid_to"], name="area_border_once"),
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="area_border_period"),
        ]

    def __str__(self) -> str:
        return f"{self.area_id} {self.valid_to}"


class BorderMove(models.Model):
    """A change of the borders of some grids: drawn, previewed, from a day on in force.

    `counts` is what the preview or the change counted: {addresses, elements: {kind: n}, tasks, areas}.
    """

    name = models.CharField(_("名称"), max_length=80)
    reason = models.CharField(_("依据"), max_length=200)
    effective_on = models.DateField(_("生效日期"))
    state = models.CharField(_("状态"), max_length=10, choices=BorderMoveState, default=BorderMoveState.DRAFT)
    counts = models.JSONField(_("影响"), default=dict)
    job_id = models.BigIntegerField(_("任务"), null=True)
    actor_id = models.BigIntegerField(_("提交人"), null=True)
    created_at = models.DateTimeField(_("提交时间"))
    done_at = models.DateTimeField(_("完成时间"), null=True)

    class Meta:
        verbose_name = _("边界调整")
        verbose_name_plural = _("边界调整")
        indexes = [models.Index(fields=["state", "effective_on"], name="border_move_due")]

    def __str__(self) -> str:
        return self.name


class BorderMoveItem(models.Model):
    """The new border of one grid in a move; the areas above it follow from their grids."""

    move = models.ForeignKey(BorderMove, models.CASCADE, related_name="items", verbose_name=_("边界调整"))
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("责任区"))
    geom = models.MultiPolygonField(_("新范围"), srid=SRID)

    class Meta:
        verbose_name = _("新边界")
        verbose_name_plural = _("新边界")
        constraints = [models.UniqueConstraint(fields=["move", "area"], name="border_move_item_once")]

    def __str__(self) -> str:
        return f"{self.move_id} {self.area_id}"
