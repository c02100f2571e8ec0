"""Events counted by day and block, so that a year of ten million answers at once."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.choices import EventKind


class DayCount(models.Model):
    """How many standing events of a kind an area had on a day of the wall clock, whole or by one property.

    Natural key: kind, dimension, day, area, value. `dimension` is empty for the whole day (value empty), else names the property
    that `value` belongs to. `area_id` is the block where the day is counted whole, its district (or what has none, itself) by a
    property: a thousand blocks by hour would be as many rows as there are events. Made from the events; a day that changed since
    is in `StaleDay` and is counted from the events.
    """

    kind = models.CharField(_("种类"), max_length=10, choices=EventKind)
    dimension = models.CharField(_("维度"), max_length=12, blank=True)
    day = models.DateField(_("日期"))
    area_id = models.BigIntegerField(_("责任区"))
    value = models.CharField(_("取值"), max_length=12, blank=True)
    count = models.IntegerField(_("件数"))

    class Meta:
        verbose_name = _("日计数")
        verbose_name_plural = _("日计数")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "dimension", "day", "area_id", "value"], include=["count"], name="day_count_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day} #{self.area_id}"


class StaleDay(models.Model):
    """A day of a kind whose events changed after it was counted; written by the statement that changed them.

    Rows are only added and, once the day was counted anew, deleted, so that writers never wait for each other.
    """

    kind = models.CharField(_("种类"), max_length=10, choices=EventKind)
    day = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("待重计的日子")
        verbose_name_plural = _("待重计的日子")
        indexes = [models.Index(fields=["kind", "day"], name="stale_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"
