"""Filters of the list of risk sheets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from addresses.models import Area
from addresses.selectors.blocks import block_ids_of_areas
from analytics.choices import RiskState, RiskSubject
from analytics.models import RiskSheet
from analytics.querysets import RiskSheetQuerySet
from analytics.selectors.areas import AreaTree
from analytics.selectors.risk_sheets import visible_sheets
from common import clock
from common.scope import Actor
from elements.list_filters import InAreaFilter, checked

SOON_DAYS = 30
_COLOURS = [("bad", _("高（红）")), ("warn", _("中（橙）")), ("ok", _("低（绿）")), ("idle", _("未评级"))]


class RiskSheetFilter(InAreaFilter):
    """Subject, standing, risk, area and review of a sheet."""

    standing = django_filters.ChoiceFilter(
        choices=[("in_force", _("现行")), ("open", _("未签发"))], method="by_standing", label=_("办理情况")
    )
    review = django_filters.ChoiceFilter(
        choices=[("overdue", _("逾期未复评")), ("soon", _("30天内复评"))], method="by_review", label=_("复评")
    )
    kind = django_filters.MultipleChoiceFilter(distinct=False, choices=RiskSubject.choices, label=_("对象"))
    state = django_filters.MultipleChoiceFilter(distinct=False, choices=RiskState.choices, label=_("状态"))
    colour = django_filters.MultipleChoiceFilter(distinct=False, choices=_COLOURS, label=_("风险"))
    measures = django_filters.ChoiceFilter(
        choices=[("late", _("有逾期未完成的措施"))], method="by_measures", label=_("措施")
    )
    element = django_filters.NumberFilter(field_name="element_id", min_value=1, max_value=2**53, label=_("要素编号"))

    class Meta:
        model = RiskSheet
        fields: list[str] = []

    def in_area(self, queryset: QuerySet, _name: str, area: Area) -> QuerySet:
        blocks = sorted(block_ids_of_areas([area.pk], clock.today()))
        return queryset.filter(Q(element__block_id__any=blocks) | Q(area_id__in=AreaTree.read().below(area.pk)))

    def by_standing(self, queryset: RiskSheetQuerySet, _name: str, standing: str) -> QuerySet:
        return queryset.in_force() if standing == "in_force" else queryset.exclude(state=RiskState.SIGNED)

    def by_review(self, queryset: RiskSheetQuerySet, _name: str, wanted: str) -> QuerySet:
        today = clock.today()
        if wanted == "overdue":
            return queryset.review_overdue(today)
        return queryset.in_force().filter(review_on__range=(today, today + timedelta(SOON_DAYS)))

    def by_measures(self, queryset: RiskSheetQuerySet, _name: str, _wanted: str) -> QuerySet:
        return queryset.with_late_measures(clock.today())


def filtered_sheets(data: QueryDict, user: Actor) -> tuple[QuerySet[Any], Any]:
    """Sheets that the reader sees and the query asks for.

    Raises:
        DomainError: a value that cannot be.
    """
    filterset = checked(RiskSheetFilter(data, queryset=visible_sheets(user)))
    return filterset.qs, filterset
