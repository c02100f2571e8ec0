"""Standard addresses, the names of places, and what became of address texts."""

import pghistory
from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from addresses.choices import AddressLevel, AddressState, DivisionLevel, NameKind, ResolveStatus
from common.geometry import SRID


@pghistory.track(pghistory.UpdateEvent(level=pghistory.Statement))
class StandardAddress(models.Model):
    """One node of the standard-address tree: town > village > road > number > estate > building > unit > room.

    Natural key: `code`, permanent and without meaning. `key` is the canonical path by which texts are linked. The full
    text is generated from the components, never typed. A node that was merged or retired stays and points on. A
    provisional node was made here and waits for the bureau that certifies addresses. Two places that truly have the same
    number are twins: the key of the second carries `~2`, and texts that name the number are ambiguous.
    """

    code = models.CharField(_("编码"), max_length=40)
    key = models.CharField(_("规范键"), max_length=240)
    level = models.SmallIntegerField(_("级别"), choices=AddressLevel)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级")
    )
    town = models.ForeignKey(
        "addresses.Division", models.PROTECT, db_index=False, related_name="+", verbose_name=_("镇街")
    )
    village = models.ForeignKey(
        "addresses.Division",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("村居"),
    )
    road = models.CharField(_("街路巷"), max_length=60, blank=True)
    number = models.CharField(_("门牌"), max_length=30, blank=True)
    estate = models.CharField(_("小区"), max_length=60, blank=True)
    building = models.CharField(_("楼栋"), max_length=30, blank=True)
    unit = models.CharField(_("单元"), max_length=20, blank=True)
    room = models.CharField(_("户室"), max_length=20, blank=True)
    full_text = models.CharField(_("全称"), max_length=240)
    point = models.PointField(_("位置"), srid=SRID, null=True, blank=True, spatial_index=False)
    block = models.ForeignKey(
        "addresses.Area", models.PROTECT, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("块")
    )
    state = models.CharField(_("状态"), max_length=8, choices=AddressState, default=AddressState.ACTIVE)
    is_provisional = models.BooleanField(_("临时"), default=False, db_default=False)
    twin_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, db_index=False, related_name="twins", verbose_name=_("同号")
    )
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replaces", verbose_name=_("并入")
    )

    class Meta:
        verbose_name = _("标准地址")
        verbose_name_plural = _("标准地址")
        # Not `unique=True`: Django would add an index for LIKE to each, which nobody uses.
        constraints = [
            models.UniqueConstraint(fields=["code"], name="address_code"),
            models.UniqueConstraint(fields=["key"], name="address_key"),
        ]
        indexes = [
            models.Index(fields=["block", "id"], name="address_block"),
            models.Index(fields=["village"], name="address_village"),
            GistIndex(fields=["point"], name="address_point"),
            GinIndex(OpClass("full_text", name="gin_trgm_ops"), name="address_text_trigram"),
        ]

    def __str__(self) -> str:
        return self.full_text


class AddressName(models.Model):
    """A name by which a place is or was called: official, short, alias or old, with its period.

    The place is named by its components; a road or estate belongs to the town (and village) given.
    """

    surface = models.CharField(_("名称"), max_length=60)
    kind = models.CharField(_("种类"), max_length=8, choices=NameKind)
    level = models.CharField(_("级别"), max_length=10)
    town = models.ForeignKey(
        "addresses.Division", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("镇街")
    )
    village = models.ForeignKey(
        "addresses.Division", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("村居")
    )
    road = models.CharField(_("街路巷"), max_length=60, blank=True)
    estate = models.CharField(_("小区"), max_length=60, blank=True)
    valid_from = models.DateField(_("起"), null=True, blank=True)
    valid_to = models.DateField(_("止（不含）"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("地名")
        verbose_name_plural = _("地名")
        constraints = [
            models.UniqueConstraint(
                fields=["surface", "kind", "level", "town", "village", "road", "estate"],
                name="address_name_once",
                nulls_distinct=False,
                violation_error_message=_("同一地点已有这个名称。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.surface}（{self.get_kind_display()}）"

    @property
    def is_division(self) -> bool:
        return self.level in {DivisionLevel.TOWN, DivisionLevel.VILLAGE}


class AddressText(models.Model):
    """What the engine said about one address text; elements with this text share the row. Natural key: the text.

    Personal numbers were cut from the text before it came here. A refold never parses again; a changed name or registry
    re-resolves only rows of an older `index_version`, and never what a person decided.
    """

    text = models.CharField(_("地址文本"), max_length=240)
    normalised = models.CharField(_("规范化文本"), max_length=240)
    status = models.CharField(_("结果"), max_length=10, choices=ResolveStatus)
    address = models.ForeignKey(
        StandardAddress,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="texts",
        verbose_name=_("标准地址"),
    )
    confidence = models.FloatField(_("可信度"))
    level_wanted = models.CharField(_("文本级别"), max_length=10, blank=True)
    level_reached = models.CharField(_("匹配级别"), max_length=10, blank=True)
    town = models.ForeignKey(
        "addresses.Division",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("镇街"),
    )
    explanation = models.JSONField(_("解释"), default=dict)
    is_decided = models.BooleanField(_("人工裁定"), default=False, db_default=False)
    index_version = models.BigIntegerField(_("名称库版本"))
    resolved_at = models.DateTimeField(_("匹配时间"), auto_now=True)

    class Meta:
        verbose_name = _("地址文本")
        verbose_name_plural = _("地址文本")
        constraints = [models.UniqueConstraint(fields=["text"], name="address_text_once")]
        indexes = [
            models.Index(fields=["address"], name="address_text_address"),
            models.Index(fields=["normalised"], name="address_text_normalised"),
            # Open texts in the order of the worklist; what narrows them is read without the rows.
            models.Index(
                fields=["id"],
                include=["status", "town"],
                condition=Q(status__in=["ambiguous", "relative", "unmatched", "review"]),
                name="address_text_open",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class IndexVersion(models.Model):
    """Version of names and registry, raised in the transaction that changes them; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    version = models.BigIntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("名称库版本")
        verbose_name_plural = _("名称库版本")

    def __str__(self) -> str:
        return str(self.version)
