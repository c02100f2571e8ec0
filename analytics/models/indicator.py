"""Indicators: what they were on each day, and what they should be."""

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from addresses.models import Area
from analytics.querysets import SnapshotQuerySet


class IndicatorSnapshot(models.Model):
    """Numerator and denominator of an indicator in a block at the end of a day. Natural key: day, indicator, block.

    A block without a row on a day that has rows had 0 of 0. `definition` is the version of the definition that counted;
    `batch_id` the job that loaded an earlier day from a file, NULL where the platform counted itself.
    """

    day = models.DateField(_("日期"))
    indicator = models.CharField(_("指标"), max_length=40)
    block_id = models.BigIntegerField(_("块"))
    numerator = models.IntegerField(_("分子"))
    denominator = models.IntegerField(_("分母"))
    definition = models.SmallIntegerField(_("定义版本"))
    batch_id = models.BigIntegerField(_("载入任务"), null=True)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = _("指标日值")
        verbose_name_plural = _("指标日值")
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "day", "block_id"], include=["numerator", "denominator"], name="snapshot_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.day} #{self.block_id}"


@pghistory.track(
    pghistory.InsertEvent(level=pghistory.Statement),
    pghistory.UpdateEvent(level=pghistory.Statement),
    pghistory.DeleteEvent(level=pghistory.Statement),
)
class IndicatorTarget(models.Model):
    """What an indicator should reach in an area from a year on; natural key: indicator, area, year. `percent` 0 to 100."""

    indicator = models.CharField(_("指标"), max_length=40)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("责任区"))
    year = models.SmallIntegerField(_("年度"))
    percent = models.DecimalField(_("目标（%）"), max_digits=5, decimal_places=2)

    class Meta:
        verbose_name = _("指标目标")
        verbose_name_plural = _("指标目标")
        constraints = [models.UniqueConstraint(fields=["indicator", "area", "year"], name="indicator_target_once")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.year} #{self.area_id}"
