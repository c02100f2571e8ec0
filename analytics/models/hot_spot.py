"""Accident-prone places as a run found them."""

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from analytics.choices import SpotKind, SpotMethod
from analytics.querysets import HotSpotQuerySet
from common.geometry import SRID
from elements.models import Element


class HotSpotRun(models.Model):
    """A search for accident-prone places: method, settings, the accidents asked for, when, by whom; written once.

    `query` holds the filter parameters of the accidents, `settings` those of the method with the source of the definition,
    `counts` how many accidents were taken and how many could not be, by reason.
    """

    method = models.CharField(_("方法"), max_length=10, choices=SpotMethod)
    settings = models.JSONField(_("参数"))
    query = models.JSONField(_("事故范围"))
    counts = models.JSONField(_("计数"), default=dict)
    as_of = models.DateTimeField(_("数据截至"))
    owner_id = models.BigIntegerField(_("发起人"), null=True)
    job_id = models.BigIntegerField(_("任务"), null=True)
    is_official = models.BooleanField(_("作为现行结果"), default=False)

    class Meta:
        verbose_name = _("多发点段排查")
        verbose_name_plural = _("多发点段排查")
        indexes = [models.Index(fields=["method", "-as_of"], name="spot_run_method")]

    def __str__(self) -> str:
        return f"{self.get_method_display()} #{self.pk}"


class HotSpot(models.Model):
    """One accident-prone place of a run; natural key: run and rank.

    `from_m`, `to_m`: metres along `road` from its origin, NULL for a place found by points alone. `geom` WGS84. `accidents`: ids of
    the accidents behind it. `block`: that of most of them. `expected`: what a method that knows exposure expects.
    """

    run = models.ForeignKey(HotSpotRun, models.CASCADE, db_index=False, related_name="spots", verbose_name=_("排查"))
    rank = models.SmallIntegerField(_("名次"))
    kind = models.CharField(_("类型"), max_length=8, choices=SpotKind)
    road = models.ForeignKey(Element, models.PROTECT, null=True, related_name="+", verbose_name=_("道路"))
    from_m = models.IntegerField(_("起点桩号（米）"), null=True)
    to_m = models.IntegerField(_("终点桩号（米）"), null=True)
    block_id = models.BigIntegerField(_("块"))
    score = models.FloatField(_("得分"))
    expected = models.FloatField(_("期望起数"), null=True)
    general = models.IntegerField(_("一般程序起数"))
    summary = models.IntegerField(_("简易程序起数"))
    deaths = models.IntegerField(_("死亡人数"))
    injured = models.IntegerField(_("受伤人数"))
    accidents = models.JSONField(_("事故"), default=list)
    grounds = models.JSONField(_("认定理由"), default=list)
    geom = models.GeometryField(_("位置"), srid=SRID)

    objects = HotSpotQuerySet.as_manager()

    class Meta:
        verbose_name = _("事故多发点段")
        verbose_name_plural = _("事故多发点段")
        constraints = [models.UniqueConstraint(fields=["run", "rank"], name="hot_spot_rank")]

    def __str__(self) -> str:
        return f"{self.run_id} #{self.rank}"
