"""The settings site at /admin/: the plain Django admin, opened by a post, not by flags; its tables are listed here.

Plain, because themes for it evaluate scripts, which the content security policy refuses (ADR 0010).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.admin import UserAdmin
from accounts.models import User
from addresses.admin import AddressNameAdmin, AreaAdmin, DivisionAdmin, PickerSiteAdmin
from addresses.models import AddressName, Area, Division, PickerSite
from common.admin import AuditRowAdmin, JobAdmin, may_configure
from common.models import AuditRow, Job
from duty.admin import InspectionPlanAdmin
from duty.models import InspectionPlan
from elements.admin import ElementAdmin, ExpectedCountAdmin, FieldPolicyAdmin
from elements.models import Element, ExpectedCount, FieldPolicy, Source
from exchange.admin import ImportSourceAdmin, MappingAdmin
from exchange.models import Mapping


class PlatformAdminSite(admin.AdminSite):
    """Settings for users with `Right.CONFIGURE`; element data is not in it."""

    site_header = _("系统设置")
    site_title = _("交通要素管控平台")
    index_title = _("设置")
    site_url = "/"
    empty_value_display = "—"

    def has_permission(self, request: HttpRequest) -> bool:
        return may_configure(request)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The platform's own login page; who is signed in without the right is refused instead of asked again."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", "/admin/"), login_url=settings.LOGIN_URL)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "environment_banner": settings.ENVIRONMENT_BANNER}


admin_site = PlatformAdminSite(name="admin")
# The whole list: what is not here cannot be edited by anybody in the admin.
REGISTERED = (
    (User, UserAdmin),
    (Division, DivisionAdmin),
    (Area, AreaAdmin),
    (AddressName, AddressNameAdmin),
    (PickerSite, PickerSiteAdmin),
    (Source, ImportSourceAdmin),
    (FieldPolicy, FieldPolicyAdmin),
    (ExpectedCount, ExpectedCountAdmin),
    (Element, ElementAdmin),
    (Mapping, MappingAdmin),
    (InspectionPlan, InspectionPlanAdmin),
    (Job, JobAdmin),
    (AuditRow, AuditRowAdmin),
)
for _model, _model_admin in REGISTERED:
    admin_site.register(_model, _model_admin)
