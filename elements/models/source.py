"""Where claims come from and who is believed."""

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from elements.choices import ElementKind, FieldClass, Flow


class Source(models.Model):
    """A system or body that makes claims; natural key: code.

    `is_plate_authority`: when it newly says that a plate belongs to another vehicle, that is a re-issue, not an anomaly.
    `quotes`: whose numbers its files use for houses and facilities that they name (where somebody lives or parks); itself when empty.
    `flow`: whether its rows are counted as collected, verified or exchanged.
    `address_required`: rows of which an address text has no accepted standard address are held back (强制嵌入).
    `clear_mark`: text by which a cell says "empty it" (清空); blank cells always say nothing.
    """

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    department = models.CharField(_("主管部门"), max_length=60, blank=True)
    is_plate_authority = models.BooleanField(_("号牌核发机关"), default=False)
    clear_mark = models.CharField(_("清空标记"), max_length=10, blank=True)
    quotes = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("引用其编号的来源")
    )
    flow = models.CharField(_("数据流"), max_length=10, choices=Flow, default=Flow.EXCHANGED)
    address_required = models.BooleanField(_("必须有标准地址"), default=False, db_default=False)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("数据来源")
        verbose_name_plural = _("数据来源")

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent(level=pghistory.Statement))
class FieldPolicy(models.Model):
    """Whom to believe about one field: sources in order of precedence; others follow by their number."""

    kind = models.CharField(_("种类"), max_length=10, choices=ElementKind)
    field = models.CharField(_("字段"), max_length=40)
    field_class = models.CharField(_("性质"), max_length=10, choices=FieldClass)
    source_order = ArrayField(models.CharField(max_length=40), verbose_name=_("来源次序"), default=list, blank=True)

    class Meta:
        verbose_name = _("字段取值规则")
        verbose_name_plural = _("字段取值规则")
        constraints = [models.UniqueConstraint(fields=["kind", "field"], name="field_policy_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.field}"


class ExpectedCount(models.Model):
    """How many things of a kind somebody says there are in a village (a census, a register): what coverage is measured by.

    Natural key: village, kind, source. `kind` is the name of a registry (drivers, houses, vehicles …).
    """

    village = models.ForeignKey("addresses.Division", models.PROTECT, related_name="+", verbose_name=_("村居"))
    kind = models.CharField(_("登记"), max_length=20)
    number = models.IntegerField(_("应有数"))
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", verbose_name=_("来源"))
    as_of = models.DateField(_("统计日期"))

    class Meta:
        verbose_name = _("应有数")
        verbose_name_plural = _("应有数")
        constraints = [
            models.UniqueConstraint(
                fields=["village", "kind", "source"],
                name="expected_count_once",
                violation_error_message=_("这个来源已为该村居填过应有数。"),
            ),
            models.CheckConstraint(condition=models.Q(number__gte=0), name="expected_count_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.village_id} {self.kind}"
