"""The catalogue of tags."""

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from elements.choices import ElementKind
from tagging.choices import AlertLevel, TagLevel


@pghistory.track(pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent(level=pghistory.Statement))
class Tag(models.Model):
    """Something that elements of one kind may be marked as, e.g. 逾期未检验; natural key: code.

    `guidance` is what the officer of the block is to do. `minutes` is the work that one marked element means, for a
    back-test. `is_manual`: people may set it by hand.
    """

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=40)
    kind = models.CharField(_("对象种类"), max_length=10, choices=ElementKind)
    group = models.CharField(_("类别"), max_length=40)
    level = models.SmallIntegerField(_("等级"), choices=TagLevel, default=TagLevel.CARE)
    icon = models.CharField(_("图标"), max_length=30, default="tag")
    guidance = models.CharField(_("处置要求"), max_length=400, blank=True)
    minutes = models.SmallIntegerField(_("每例工作量（分钟）"), default=20)
    alert_level = models.SmallIntegerField(_("预警"), choices=AlertLevel, default=AlertLevel.NONE)
    is_manual = models.BooleanField(_("可人工标注"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)
    source = models.CharField(_("依据"), max_length=200, blank=True)
    position = models.SmallIntegerField(_("顺序"), default=100)

    class Meta:
        verbose_name = _("标签")
        verbose_name_plural = _("标签")
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes__gte=0), name="tag_minutes", violation_error_message=_("工作量不能是负数。")
            )
        ]

    def __str__(self) -> str:
        return self.name
