"""Where which vehicles may not go, when, and who has a permit."""

import pghistory
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.geometry import SRID
from elements.choices import DayKind
from elements.models.element import Element, history


@pghistory.track(*history(), pghistory.DeleteEvent(level=pghistory.Statement))
class NoGoRule(models.Model):
    """A prohibition (禁行) as announced: an area or a road, hours, days and kinds of vehicle; natural key: notice and name.

    Minutes are counted from midnight, local time; `to_minute` smaller than `from_minute` runs over midnight; both null: all
    day. `vehicle_types` are beginnings of codes of GA/T 16.4 (H1 heavy trucks), empty: every vehicle. `use_natures` are codes
    of GA/T 16.3 that alone are meant, empty: every use.
    """

    name = models.CharField(_("名称"), max_length=80)
    notice = models.CharField(_("通告文号"), max_length=60, blank=True)
    area = models.MultiPolygonField(_("禁行区域"), srid=SRID, null=True, blank=True)
    road = models.ForeignKey(
        Element, models.PROTECT, null=True, blank=True, related_name="no_go_rules", verbose_name=_("禁行道路")
    )
    days = models.CharField(_("日期"), max_length=10, choices=DayKind, default=DayKind.EVERY)
    from_minute = models.SmallIntegerField(_("起（分）"), null=True, blank=True)
    to_minute = models.SmallIntegerField(_("止（分）"), null=True, blank=True)
    vehicle_types = ArrayField(models.CharField(max_length=3), verbose_name=_("车辆类型"), default=list, blank=True)
    use_natures = ArrayField(models.CharField(max_length=1), verbose_name=_("使用性质"), default=list, blank=True)
    is_permit_possible = models.BooleanField(_("持通行证可通行"), default=True)
    valid_from = models.DateField(_("起"))
    valid_to = models.DateField(_("止（不含）"), null=True, blank=True)

    class Meta:
        verbose_name = _("禁行规定")
        verbose_name_plural = _("禁行规定")
        constraints = [
            models.CheckConstraint(
                condition=Q(area__isnull=True, road__isnull=False) | Q(area__isnull=False, road__isnull=True),
                name="no_go_area_or_road",
                violation_error_message=_("禁行规定要么划定区域，要么指定道路。"),
            ),
            models.CheckConstraint(
                condition=Q(from_minute__isnull=True, to_minute__isnull=True)
                | Q(from_minute__gte=0, from_minute__lt=1440, to_minute__gt=0, to_minute__lte=1440),
                name="no_go_minutes",
                violation_error_message=_("禁行时段须成对填写，在 0:00 至 24:00 之间。"),
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="no_go_period",
                violation_error_message=_("止期必须晚于起期。"),
            ),
            models.UniqueConstraint(
                fields=["notice", "name", "valid_from"],
                name="no_go_once",
                violation_error_message=_("同一通告已有这个名称的规定。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track(*history(), pghistory.DeleteEvent(level=pghistory.Statement))
class NoGoPermit(models.Model):
    """A permit (通行证) that lets one vehicle pass a rule in a period; natural key: its number."""

    number = models.CharField(_("证号"), max_length=40, unique=True)
    rule = models.ForeignKey(NoGoRule, models.PROTECT, related_name="permits", verbose_name=_("禁行规定"))
    vehicle = models.ForeignKey(Element, models.PROTECT, related_name="no_go_permits", verbose_name=_("机动车"))
    valid_from = models.DateField(_("起"))
    valid_to = models.DateField(_("止（不含）"))

    class Meta:
        verbose_name = _("通行证")
        verbose_name_plural = _("通行证")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__gt=F("valid_from")),
                name="no_go_permit_period",
                violation_error_message=_("止期必须晚于起期。"),
            ),
        ]

    def __str__(self) -> str:
        return self.number
