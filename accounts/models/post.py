"""What a user is responsible for, where, and from when to when."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role


@pghistory.track(
    pghistory.InsertEvent(level=pghistory.Statement),
    pghistory.UpdateEvent(level=pghistory.Statement),
    pghistory.DeleteEvent(level=pghistory.Statement),
)
class Post(models.Model):
    """Role × area (squadron, district, grid) or village × period; a user may hold several.

    A liaison's post names the source whose records it may see.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="posts", verbose_name=_("用户"))
    role = models.CharField(_("岗位"), max_length=12, choices=Role)
    area = models.ForeignKey("addresses.Area", models.PROTECT, null=True, blank=True, verbose_name=_("责任区"))
    village = models.ForeignKey("addresses.Division", models.PROTECT, null=True, blank=True, verbose_name=_("村居"))
    source_code = models.CharField(_("来源代码"), max_length=40, blank=True)
    valid_from = models.DateField(_("起"))
    valid_to = models.DateField(_("止（不含）"), null=True, blank=True)

    class Meta:
        verbose_name = _("岗位")
        verbose_name_plural = _("岗位")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="post_period",
                violation_error_message=_("岗位的止期必须晚于起期。"),
            ),
            models.CheckConstraint(
                condition=Q(area__isnull=True) | Q(village__isnull=True),
                name="post_area_or_village",
                violation_error_message=_("岗位只能对应一个责任区或一个村居。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.area or self.village or ''}".strip()
