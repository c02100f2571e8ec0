"""Responsibility areas."""

import pghistory
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from addresses.choices import AreaKind
from common.geometry import SRID


@pghistory.track(pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent(level=pghistory.Statement))
class Area(models.Model):
    """Brigade, squadron, police district or duty grid as a polygon with its period; natural key: code and period.

    A grid is a block (块): the smallest unit, inside one village. Areas of one kind tile the city. A pseudo-block
    (未落地) has no polygon: it holds what could not be placed in its town, or in the city.
    """

    code = models.CharField(_("代码"), max_length=24)
    name = models.CharField(_("名称"), max_length=60)
    kind = models.CharField(_("种类"), max_length=10, choices=AreaKind)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级")
    )
    is_urban = models.BooleanField(_("城区"), default=False)
    is_pseudo = models.BooleanField(_("未落地虚拟块"), default=False)
    town = models.ForeignKey(
        "addresses.Division", models.PROTECT, null=True, blank=True, related_name="town_areas", verbose_name=_("镇街")
    )
    village = models.ForeignKey(
        "addresses.Division",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="village_areas",
        verbose_name=_("村居"),
    )
    valid_from = models.DateField(_("起"))
    valid_to = models.DateField(_("止（不含）"), null=True, blank=True)
    geom = models.MultiPolygonField(_("范围"), srid=SRID, null=True, blank=True)

    class Meta:
        verbose_name = _("责任区")
        verbose_name_plural = _("责任区")
        indexes = [
            models.Index(fields=["kind", "code"], name="area_kind"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(valid_to__isnull=True),
                name="area_code_current",
                violation_error_message=_("该代码已有现行的责任区，请先为旧的填写止期。"),
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="area_period",
                violation_error_message=_("责任区的止期必须晚于起期。"),
            ),
            models.CheckConstraint(
                condition=Q(is_pseudo=True, geom__isnull=True) | Q(is_pseudo=False, geom__isnull=False),
                name="area_geometry",
                violation_error_message=_("除未落地虚拟块外，责任区必须有范围。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name
