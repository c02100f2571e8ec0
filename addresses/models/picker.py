"""Other systems that embed the address picker."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class PickerSite(models.Model):
    """A system whose pages may show the address picker in a frame; natural key: its key in the frame's address.

    `origins`: scheme, host and port of its pages, e.g. http://10.8.3.2:8080; no others may embed or get an answer.
    """

    key = models.SlugField(_("标识"), max_length=40, unique=True)
    name = models.CharField(_("系统名称"), max_length=80)
    origins = ArrayField(models.CharField(max_length=120), verbose_name=_("允许嵌入的来源"))
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("地址选择器接入系统")
        verbose_name_plural = _("地址选择器接入系统")

    def __str__(self) -> str:
        return self.name
