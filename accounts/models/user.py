"""The person at the keyboard."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from common.scope import Scope


class User(AbstractUser):
    """An account. What it may see and do follows from its posts alone; natural key: username.

    `auth_version` rises when posts, password or activity change; sessions and tokens of an older version end at the
    next request.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    display_name = models.CharField(_("姓名"), max_length=60, blank=True)
    auth_version = models.IntegerField(_("授权版本"), default=1)
    otp_secret = models.CharField(_("动态口令密钥"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("用户")
        verbose_name_plural = _("用户")

    def __str__(self) -> str:
        return self.display_name or self.username

    @cached_property
    def scope(self) -> Scope:
        """Rights and blocks of this user now; built once per loaded user, that is once per request or task."""
        # Late: selectors stand above models and read posts and areas.
        return import_string("accounts.selectors.build_scope")(self)
