"""Opaque tokens of the API."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiToken(models.Model):
    """One access or refresh token, stored as keyed hash; the text itself is shown once, to its owner.

    Tokens of one log-in share `family`: using a refresh token twice ends the family (it was copied).
    """

    class Kind(models.TextChoices):
        ACCESS = "ACCESS", _("访问")
        REFRESH = "REFRESH", _("刷新")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens", verbose_name=_("用户")
    )
    kind = models.CharField(_("种类"), max_length=8, choices=Kind)
    token_hash = models.BinaryField(_("摘要"), max_length=16, unique=True)
    family = models.UUIDField(_("登录"), db_index=True)
    auth_version = models.IntegerField(_("授权版本"))
    created_at = models.DateTimeField(_("签发时间"))
    expires_at = models.DateTimeField(_("到期时间"))
    used_at = models.DateTimeField(_("用于刷新的时间"), null=True)
    revoked_at = models.DateTimeField(_("吊销时间"), null=True)

    class Meta:
        verbose_name = _("接口令牌")
        verbose_name_plural = _("接口令牌")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"
