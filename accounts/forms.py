"""Forms of accounts: sign-in, new user, post."""

from __future__ import annotations

from typing import Any

import pyotp
from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.choices import AREA_ROLES, Role
from accounts.models import Post, User
from accounts.services.lockout import LockedOut, clear_attempts, count_attempt
from addresses.choices import AreaKind, DivisionLevel
from common import clock

# Which areas a role is posted to; an assistant is posted to a village.
_AREA_KINDS = {
    Role.SQUADRON: {AreaKind.SQUADRON},
    Role.OFFICER: {AreaKind.DISTRICT},
    Role.COORDINATOR: {AreaKind.GRID},
}


class SignInForm(AuthenticationForm):
    """User name, password, and the one-time code of accounts that ask for it.

    The field of the code appears after the first correct password; wrong user, password and code get one answer.
    """

    error_messages = {
        "invalid_login": _("用户名、密码或动态口令不正确。"),
        "inactive": _("用户名、密码或动态口令不正确。"),
        "otp_needed": _("请再次输入密码，并填写手机验证器上的动态验证码。"),
    }
    otp = forms.CharField(label=_("动态验证码"), max_length=8, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._otp_field = self.fields["otp"]
        if "otp" not in self.data:
            del self.fields["otp"]

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        if not username or not self.cleaned_data.get("password"):
            return self.cleaned_data
        attempt = {"username": username, "address": self.request.META.get("REMOTE_ADDR", "") if self.request else ""}
        try:
            count_attempt(**attempt)
        except LockedOut as error:
            raise ValidationError(error.message, code="locked_out") from error
        cleaned = super().clean()
        clear_attempts(**attempt)
        return cleaned

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if not user.otp_secret:
            return
        code = self.cleaned_data.get("otp", "")
        if not code:
            self.fields["otp"] = self._otp_field
            raise ValidationError(self.error_messages["otp_needed"], code="otp_needed")
        if not pyotp.TOTP(user.otp_secret).verify(code, for_time=clock.now(), valid_window=1):
            raise self.get_invalid_login_error()


class NewUserForm(AdminUserCreationForm):
    """A new account; the password passes the validators, or stays unusable until one is set."""

    class Meta:
        model = User
        fields = ("username", "display_name")


class PostForm(forms.ModelForm):
    """A post whose area fits its role: a squadron leader has a squadron, an assistant has a village."""

    class Meta:
        model = Post
        fields = ("role", "area", "village", "source_code", "valid_from", "valid_to")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        role, area, village = cleaned.get("role"), cleaned.get("area"), cleaned.get("village")
        if role in AREA_ROLES and not (area or village):
            raise ValidationError(_("这个岗位必须选择责任区或村居，否则看不到任何数据。"), code="area_needed")
        if role and role not in AREA_ROLES and (area or village):
            raise ValidationError(_("这个岗位不按责任区划分，请不要选择责任区或村居。"), code="area_unwanted")
        if area and role in _AREA_KINDS and area.kind not in _AREA_KINDS[role]:
            self.add_error(
                "area", _("责任区的种类与岗位不符：中队长对应中队，警务区交警对应警务区，协管员对应勤务网格。")
            )
        if village and village.level != DivisionLevel.VILLAGE:
            self.add_error("village", _("请选择村居，不是镇街或更高一级。"))
        if role == Role.LIAISON and not cleaned.get("source_code"):
            self.add_error("source_code", _("部门联络员必须填写来源代码，例如 TRANSPORT。"))
        return cleaned
