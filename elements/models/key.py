"""The keys by which things are known."""

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from elements.choices import FindingKind, KeyScheme
from elements.models.element import Element
from elements.models.source import Source


class _Period(Func):
    function = "daterange"
    output_field = DateRangeField()


class _Hash(Func):
    """64 bits of a text: the exclusion index over them takes a sixth of the time of one over the text itself.

    Two plates with one hash (3 in a million that ten million plates hold such a pair) would meet as one plate with two
    vehicles: a finding for a person, never a merge.
    """

    function = "hashtextextended"
    output_field = models.BigIntegerField()


class ElementKey(models.Model):
    """One key of one element. Timeless schemes are unique by (scheme, value); PLATE by period.

    `value` is canonical; for CITIZEN_ID and FILE_NO it is the blind index in hex, for PLATE "type:number".
    """

    element = models.ForeignKey(Element, models.CASCADE, db_index=False, related_name="keys", verbose_name=_("要素"))
    scheme = models.SmallIntegerField(_("键"), choices=KeyScheme)
    value = models.CharField(_("值"), max_length=80)
    valid_from = models.DateField(_("起"), null=True)
    valid_to = models.DateField(_("止（不含）"), null=True)
    source = models.ForeignKey(Source, models.PROTECT, db_index=False, related_name="+", verbose_name=_("来源"))
    asserted_at = models.DateTimeField(_("声明时间"))

    class Meta:
        verbose_name = _("要素键")
        verbose_name_plural = _("要素键")
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "value"], condition=~Q(scheme=KeyScheme.PLATE), name="key_timeless"
            ),
            models.UniqueConstraint(
                fields=["element", "scheme", "value", "valid_from"], nulls_distinct=False, name="key_once"
            ),
            ExclusionConstraint(
                name="key_plate_period",
                expressions=[
                    (_Hash("value", Value(0)), RangeOperators.EQUAL),
                    ("element", RangeOperators.NOT_EQUAL),
                    (_Period("valid_from", "valid_to"), RangeOperators.OVERLAPS),
                ],
                condition=Q(scheme=KeyScheme.PLATE),
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_from__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="key_period",
            ),
        ]
        indexes = [
            models.Index(fields=["value"], condition=Q(scheme=KeyScheme.PLATE), name="key_plate"),
        ]

    def __str__(self) -> str:
        return f"{self.get_scheme_display()} #{self.pk}"


class Finding(models.Model):
    """Something about keys that only a person can settle, e.g. one plate claimed by two VINs."""

    kind = models.CharField(_("种类"), max_length=20, choices=FindingKind)
    element = models.ForeignKey(Element, models.CASCADE, related_name="findings", verbose_name=_("要素"))
    other = models.ForeignKey(Element, models.CASCADE, null=True, related_name="+", verbose_name=_("另一要素"))
    scheme = models.SmallIntegerField(_("键"), choices=KeyScheme)
    batch_id = models.BigIntegerField(_("批次"), null=True)
    row_number = models.IntegerField(_("行号"), null=True)
    opened_at = models.DateTimeField(_("发现时间"))
    closed_at = models.DateTimeField(_("了结时间"), null=True)

    class Meta:
        verbose_name = _("疑点")
        verbose_name_plural = _("疑点")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "element", "other", "scheme"],
                condition=Q(closed_at__isnull=True),
                nulls_distinct=False,
                name="finding_open_once",
            )
        ]
        indexes = [models.Index(fields=["batch_id"], name="finding_batch")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"
