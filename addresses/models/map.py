"""What the one map draws: features, their count pyramid, and the changes not folded into it yet.

The pyramid answers low zooms: per zoom a cell is 1/16 of a tile's side, so that a tile holds at most 256 cells a kind.
Besides its blocks the pyramid counts every area above them and, as block 0, all: whoever sees one area reads one row a cell.
"""

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from addresses.choices import MapLayer
from common.geometry import SRID

ALL_BLOCKS = 0
PYRAMID_MAX_ZOOM = 12
CELLS_PER_TILE_LOG2 = 4


class MapFeature(models.Model):
    """One dot: the point, kind and block of a subject (address or element) of a layer."""

    layer = models.SmallIntegerField(_("图层"), choices=MapLayer)
    subject_id = models.BigIntegerField(_("对象编号"))
    kind = models.CharField(_("种类"), max_length=10)
    block_id = models.BigIntegerField(_("块"))
    geom = models.PointField(_("位置"), srid=SRID, spatial_index=False)

    class Meta:
        verbose_name = _("图上要素")
        verbose_name_plural = _("图上要素")
        constraints = [models.UniqueConstraint(fields=["layer", "subject_id"], name="map_feature_subject")]
        indexes = [
            GistIndex(fields=["geom"], condition=Q(layer=1), name="map_feature_address_geom"),
            GistIndex(fields=["geom"], condition=Q(layer=2), name="map_feature_element_geom"),
        ]

    def __str__(self) -> str:
        return f"{self.layer}/{self.subject_id}"


class MapCell(models.Model):
    """Count of one kind in one cell of one zoom for one block, one area above blocks, or all (0)."""

    layer = models.SmallIntegerField(_("图层"), choices=MapLayer)
    zoom = models.SmallIntegerField(_("缩放级"))
    x = models.IntegerField(_("列"))
    y = models.IntegerField(_("行"))
    block_id = models.BigIntegerField(_("块或责任区"))
    kind = models.CharField(_("种类"), max_length=10)
    count = models.IntegerField(_("数量"))

    class Meta:
        verbose_name = _("图上计数格")
        verbose_name_plural = _("图上计数格")
        constraints = [
            models.UniqueConstraint(fields=["layer", "zoom", "block_id", "x", "y", "kind"], name="map_cell_once")
        ]

    def __str__(self) -> str:
        return f"{self.zoom}/{self.x}/{self.y}"


class TileDelta(models.Model):
    """A change of the pyramid's base cells, appended by whoever moves features and folded by one task."""

    layer = models.SmallIntegerField(_("图层"), choices=MapLayer)
    x = models.IntegerField(_("列"))
    y = models.IntegerField(_("行"))
    block_id = models.BigIntegerField(_("块"))
    kind = models.CharField(_("种类"), max_length=10)
    delta = models.IntegerField(_("变化"))

    class Meta:
        verbose_name = _("计数变化")
        verbose_name_plural = _("计数变化")

    def __str__(self) -> str:
        return f"{self.layer} {self.x}/{self.y} {self.delta:+d}"


class LayerVersion(models.Model):
    """Version of a layer, part of every tile's ETag; raised once per batch of changes.

    `needs_rebuild`: areas changed, the next folding counts the layer again.
    """

    layer = models.SmallIntegerField(_("图层"), choices=MapLayer, primary_key=True)
    version = models.BigIntegerField(_("版本"), default=1)
    needs_rebuild = models.BooleanField(_("待重新计数"), db_default=False)

    class Meta:
        verbose_name = _("图层版本")
        verbose_name_plural = _("图层版本")

    def __str__(self) -> str:
        return f"{self.layer}: {self.version}"
