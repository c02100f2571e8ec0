"""Searches and filters that people keep."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedSearch(models.Model):
    """A search by plate, ID, phone, name or address of one user, for twelve hours.

    The URL carries the random `token`; what was searched is stored encrypted and never leaves with it.
    """

    token = models.CharField(_("标识"), max_length=32, unique=True)
    user_id = models.BigIntegerField(_("用户"))
    criteria = models.BinaryField(_("条件（加密）"))
    created_at = models.DateTimeField(_("时间"))
    expires_at = models.DateTimeField(_("失效时间"), db_index=True)

    class Meta:
        verbose_name = _("检索")
        verbose_name_plural = _("检索")

    def __str__(self) -> str:
        return f"#{self.pk}"


class SavedFilter(models.Model):
    """A named filter of a list: private or for the team, perhaps the one that the list opens with."""

    user_id = models.BigIntegerField(_("用户"))
    list_name = models.CharField(_("清单"), max_length=30)
    name = models.CharField(_("名称"), max_length=40)
    query = models.CharField(_("条件"), max_length=1000)
    is_shared = models.BooleanField(_("共享给同事"), default=False)
    is_default = models.BooleanField(_("默认打开"), default=False)
    created_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("已存筛选")
        verbose_name_plural = _("已存筛选")
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "list_name", "name"],
                name="saved_filter_once",
                violation_error_message=_("这个名称已经用过。"),
            ),
            models.UniqueConstraint(
                fields=["user_id", "list_name"], condition=models.Q(is_default=True), name="saved_filter_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name
