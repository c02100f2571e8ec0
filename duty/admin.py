"""The plan of inspections in the admin. Work orders and inspections are written by their services only."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from common.admin import ConfigureAdmin
from common.codes import code_table
from duty.models import InspectionPlan


class InspectionPlanAdmin(ConfigureAdmin):
    """Days between inspections of one type of facility."""

    list_display = ("facility_type", "type_name", "every_days", "is_active")
    ordering = ("facility_type",)
    fields = ("facility_type", "every_days", "is_active")

    def type_name(self, plan: InspectionPlan) -> str:
        return code_table("sslx").get(plan.facility_type, plan.facility_type)

    type_name.short_description = _("设施类型名称")  # type: ignore[attr-defined]
