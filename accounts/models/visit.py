"""What somebody has looked at, so that what is new since then can be told."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class BlockVisit(models.Model):
    """When a user last said that he has seen what is new in a block."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="block_visits")
    block = models.ForeignKey("addresses.Area", models.CASCADE, related_name="+", verbose_name=_("块"))
    seen_at = models.DateTimeField(_("看过的时间"))

    class Meta:
        verbose_name = _("块的查看")
        verbose_name_plural = _("块的查看")
        constraints = [models.UniqueConstraint(fields=["user", "block"], name="block_visit_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.block_id}"
