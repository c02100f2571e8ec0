"""Two elements that are one thing: what is likely, what a person decided, and what moved because of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from elements.choices import PairState
from elements.models.element import Element


class DuplicatePair(models.Model):
    """Two elements that look like one. Likeness proposes, a person decides; `low` has the smaller number.

    `reasons` is a list of {code, points, detail}, the grounds of `score` (0 to 100).
    """

    low = models.ForeignKey(Element, models.CASCADE, db_index=False, related_name="+", verbose_name=_("要素"))
    high = models.ForeignKey(Element, models.CASCADE, related_name="+", verbose_name=_("另一要素"))
    state = models.CharField(_("状态"), max_length=10, choices=PairState, default=PairState.PROPOSED)
    score = models.SmallIntegerField(_("相似度"))
    reasons = models.JSONField(_("依据"), default=list)
    proposed_at = models.DateTimeField(_("提出时间"))
    seen_at = models.DateTimeField(_("最近仍相似"))
    decided_at = models.DateTimeField(_("判断时间"), null=True)
    decided_by_id = models.BigIntegerField(_("判断人"), null=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("疑似重复")
        verbose_name_plural = _("疑似重复")
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="duplicate_pair_order"),
        ]
        indexes = [models.Index(fields=["state", "-score", "id"], name="duplicate_pair_list")]

    def __str__(self) -> str:
        return f"{self.low_id} {self.high_id}"


class Merge(models.Model):
    """The decision that the keys of `drop` belong to `keep`, by whom and why; undone, it is given back exactly.

    `keys` are the (scheme, value) that moved, so that claims follow their key when it goes back.
    """

    keep = models.ForeignKey(Element, models.PROTECT, related_name="kept_in", verbose_name=_("保留"))
    drop = models.ForeignKey(Element, models.PROTECT, related_name="dropped_in", verbose_name=_("并入"))
    reason = models.CharField(_("理由"), max_length=200)
    keys = models.JSONField(_("随之转移的键"), default=list)
    actor_id = models.BigIntegerField(_("决定人"), null=True)
    decided_at = models.DateTimeField(_("决定时间"))
    undone_at = models.DateTimeField(_("撤销时间"), null=True)
    undone_by_id = models.BigIntegerField(_("撤销人"), null=True)

    class Meta:
        verbose_name = _("合并")
        verbose_name_plural = _("合并")
        constraints = [
            models.UniqueConstraint(fields=["drop"], condition=Q(undone_at__isnull=True), name="merge_once"),
            models.CheckConstraint(condition=~Q(keep=F("drop")), name="merge_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.drop_id} → {self.keep_id}"


class MergeLineage(models.Model):
    """The rows of one table that a merge gave another element."""

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="lineage", verbose_name=_("合并"))
    table = models.CharField(_("表"), max_length=60)
    column = models.CharField(_("列"), max_length=40)
    row_ids = ArrayField(models.BigIntegerField(), verbose_name=_("行"))

    class Meta:
        verbose_name = _("合并的去向")
        verbose_name_plural = _("合并的去向")
        constraints = [models.UniqueConstraint(fields=["merge", "table", "column"], name="merge_lineage_once")]

    def __str__(self) -> str:
        return f"{self.merge_id} {self.table}.{self.column}"
