"""Users and their posts in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.forms import NewUserForm, PostForm
from accounts.models import Post
from common.admin import ConfigureAdmin, ConfigureRights


class PostInline(ConfigureRights, admin.StackedInline):
    """The posts of a user; taking one away ends the user's sessions at the next request."""

    model = Post
    form = PostForm
    extra = 0
    autocomplete_fields = ("area", "village")
    can_delete_rows = True


class UserAdmin(ConfigureAdmin, DjangoUserAdmin):
    """Accounts: name, password, posts. Rights come from posts alone, so groups and flags are not shown.

    An account is switched off, never deleted: audit rows and claims name it.
    """

    add_form = NewUserForm
    inlines = (PostInline,)
    list_display = ("username", "display_name", "is_active", "last_login")
    list_filter = ("is_active", "posts__role")
    search_fields = ("username", "display_name")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "auth_version")
    fieldsets = (
        (None, {"fields": ("username", "display_name", "password", "is_active")}),
        (_("记录"), {"fields": ("last_login", "date_joined", "auth_version")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "display_name", "usable_password", "password1", "password2")}),)

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> tuple[type[admin.StackedInline], ...]:
        # A new user is saved first: the password form has a layout of its own.
        return () if obj is None else self.inlines
