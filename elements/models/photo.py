"""Pictures of elements."""

import uuid

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.geometry import SRID
from elements.models.element import Element


class Photo(models.Model):
    """A picture of an element. The file is what the platform encoded itself, encrypted, under the hash of its content.

    `received_hash` is the hash of the file as it came: sent twice, it is one picture. `position` is where the camera said it
    was (taken out of the file), null when it did not say; `distance_m` from the element at the time of upload.
    """

    token = models.UUIDField(_("标识"), unique=True, default=uuid.uuid4, editable=False)
    element = models.ForeignKey(Element, models.CASCADE, db_index=False, related_name="photos", verbose_name=_("要素"))
    received_hash = models.BinaryField(_("原文件哈希"), max_length=16)
    content_hash = models.BinaryField(_("内容哈希"), max_length=16)
    width_px = models.IntegerField(_("宽（像素）"))
    height_px = models.IntegerField(_("高（像素）"))
    size_bytes = models.IntegerField(_("大小（字节）"))
    caption = models.CharField(_("说明"), max_length=120, blank=True)
    taken_at = models.DateTimeField(_("拍摄时间"), null=True)
    position = models.PointField(_("拍摄位置"), srid=SRID, null=True, spatial_index=False)
    distance_m = models.IntegerField(_("距要素（米）"), null=True)
    uploaded_by_id = models.BigIntegerField(_("上传人"), null=True)
    uploaded_at = models.DateTimeField(_("上传时间"))
    removed_at = models.DateTimeField(_("删除时间"), null=True)
    removed_by_id = models.BigIntegerField(_("删除人"), null=True)

    class Meta:
        verbose_name = _("照片")
        verbose_name_plural = _("照片")
        constraints = [
            models.UniqueConstraint(
                fields=["element", "received_hash"], condition=Q(removed_at__isnull=True), name="photo_once"
            )
        ]
        indexes = [models.Index(fields=["content_hash"], name="photo_content")]

    def __str__(self) -> str:
        return f"#{self.pk}"
