"""Where vehicles are and were, second by second."""

from typing import ClassVar

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import BrinIndex
from django.utils.translation import gettext_lazy as _

from common.geometry import SRID
from common.partitions import Partitioning
from elements.models import Element, Source
from events.models.fields import PositionFields
from events.querysets import EventQuerySet


class Tracker(models.Model):
    """A vehicle as a source of positions names it: its plate and plate type. Natural key: source and both.

    Positions carry this number alone, so that a plate that becomes known later ties all of them at once. `vehicle` is whose
    plate it is today; a track is read by the periods of the plate.
    """

    source = models.ForeignKey(Source, models.PROTECT, db_index=False, related_name="+", verbose_name=_("来源"))
    plate_number = models.CharField(_("号牌号码"), max_length=10)
    plate_type = models.CharField(_("号牌种类"), max_length=2, blank=True)
    vehicle = models.ForeignKey(
        Element, models.PROTECT, null=True, db_constraint=False, related_name="+", verbose_name=_("机动车")
    )

    class Meta:
        verbose_name = _("定位终端")
        verbose_name_plural = _("定位终端")
        constraints = [
            models.UniqueConstraint(fields=["source", "plate_number", "plate_type"], name="tracker_once"),
        ]
        indexes = [models.Index(fields=["plate_number"], name="tracker_plate")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.pk}"


class Position(PositionFields):
    """One fix of a tracker. Natural key, and the table's: tracker and time. Kept 92 days."""

    partitioning: ClassVar = Partitioning("occurred_at", every="day", ahead_days=14, keep_days=92)
    pk = models.CompositePrimaryKey("tracker_id", "occurred_at")
    tracker = models.ForeignKey(
        Tracker, models.PROTECT, db_index=False, db_constraint=False, related_name="+", verbose_name=_("定位终端")
    )
    batch_id = models.BigIntegerField(_("批次"))

    class Meta:
        verbose_name = _("车辆位置")
        verbose_name_plural = _("车辆位置")
        # Tracks are read by tracker and time; what was where at a time is read by time first. A batch is found for its undo.
        indexes = [
            BrinIndex(fields=["occurred_at"], name="position_time"),
            BrinIndex(fields=["batch_id"], name="position_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.tracker_id} {self.occurred_at:%Y-%m-%d %H:%M:%S}"


class LastPosition(models.Model):
    """The newest fix of each tracker, with the grid that it lies in: what the live map shows."""

    tracker = models.OneToOneField(
        Tracker, models.PROTECT, primary_key=True, related_name="last", verbose_name=_("定位终端")
    )
    occurred_at = models.DateTimeField(_("定位时间"))
    point = models.PointField(_("位置"), srid=SRID, spatial_index=True)
    speed_kmh = models.SmallIntegerField(_("速度（千米/时）"), null=True)
    direction_deg = models.SmallIntegerField(_("方向（度）"), null=True)
    block_id = models.BigIntegerField(_("块"))

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("最新位置")
        verbose_name_plural = _("最新位置")
        indexes = [models.Index(fields=["block_id"], name="last_position_block")]

    def __str__(self) -> str:
        return f"{self.tracker_id}"
