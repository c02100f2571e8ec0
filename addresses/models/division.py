"""The division tree."""

import pghistory
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from addresses.choices import DivisionLevel
from common.geometry import SRID


@pghistory.track(pghistory.UpdateEvent(level=pghistory.Statement))
class Division(models.Model):
    """Province, city, county, town or village with its official code (natural key; 2 to 12 digits).

    A renamed or merged division stays, with `valid_to` and `replaced_by`; its names stay as dated names.
    """

    code = models.CharField(_("代码"), max_length=12, primary_key=True)
    name = models.CharField(_("名称"), max_length=60)
    level = models.CharField(_("级别"), max_length=10, choices=DivisionLevel)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级")
    )
    is_urban = models.BooleanField(_("城区"), default=False)
    valid_from = models.DateField(_("起"), null=True, blank=True)
    valid_to = models.DateField(_("止（不含）"), null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replaces", verbose_name=_("并入")
    )
    point = models.PointField(_("代表点"), srid=SRID, null=True, blank=True)

    class Meta:
        verbose_name = _("行政区划")
        verbose_name_plural = _("行政区划")
        indexes = [models.Index(fields=["parent", "code"], name="division_parent")]

    def __str__(self) -> str:
        return self.name
