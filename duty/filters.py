"""Filters of the lists of duty; parameters stand in the URL and hold no personal data."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common import clock
from common.codes import code_table
from common.scope import Actor
from duty.choices import OrderCause, OrderState
from duty.models import WorkOrder
from duty.selectors.inspections import due_facilities, narrowed
from duty.selectors.orders import visible_orders
from elements.list_filters import InAreaFilter, checked
from elements.models import Element

_TYPES = [(code, f"{code} {label}") for code, label in code_table("sslx").items()]


class OrderFilter(InAreaFilter):
    """Filters of work orders."""

    block_paths = ("facility__block_id",)
    request_user: Any = None

    standing = django_filters.ChoiceFilter(
        choices=[("open", _("未办结")), ("overdue", _("已逾期")), ("closed", _("已办结"))],
        method="by_standing",
        label=_("办理情况"),
    )
    mine = django_filters.BooleanFilter(method="of_mine", label=_("我经办的"))
    cause = django_filters.ChoiceFilter(choices=OrderCause.choices, label=_("事由"))
    state = django_filters.MultipleChoiceFilter(choices=OrderState.choices, distinct=False, label=_("状态"))
    facility_type = django_filters.MultipleChoiceFilter(
        field_name="facility__facility__facility_type", choices=_TYPES, distinct=False, label=_("设施类型")
    )

    class Meta:
        model = WorkOrder
        fields: list[str] = []

    def by_standing(self, queryset: Any, _name: str, standing: str) -> QuerySet:
        if standing == "open":
            return queryset.open()
        return queryset.overdue(clock.today()) if standing == "overdue" else queryset.filter(closed_at__isnull=False)

    def of_mine(self, queryset: QuerySet, _name: str, wanted: bool) -> QuerySet:
        mine = WorkOrder.objects.filter(steps__actor_id=self.request_user.pk).values("pk")
        return queryset.filter(pk__in=mine) if wanted else queryset.exclude(pk__in=mine)


class DueFilter(InAreaFilter):
    """Filters of facilities that are to be inspected."""

    standing = django_filters.ChoiceFilter(
        choices=[("SOON", _("7 天内到期和已逾期")), ("OVERDUE", _("已逾期")), ("NEVER", _("从未巡检"))],
        method="by_standing", label=_("巡检情况"),
    )  # fmt: skip
    facility_type = django_filters.MultipleChoiceFilter(
        field_name="facility__facility_type", choices=_TYPES, distinct=False, label=_("设施类型")
    )

    class Meta:
        model = Element
        fields: list[str] = []

    def by_standing(self, queryset: QuerySet, _name: str, standing: str) -> QuerySet:
        return narrowed(queryset, standing, clock.today())


def filtered_orders(data: QueryDict, user: Actor) -> tuple[QuerySet[WorkOrder], OrderFilter]:
    """Orders of the scope that the query asks for.

    Raises:
        DomainError: a value that cannot be.
    """
    filterset = OrderFilter(data, queryset=visible_orders(user))
    filterset.request_user = user
    return checked(filterset).qs, filterset


def filtered_due(data: QueryDict, user: Actor) -> tuple[QuerySet[Element], DueFilter]:
    """Facilities of the scope that are to be inspected, as the query asks.

    Raises:
        DomainError: a value that cannot be.
    """
    filterset = checked(DueFilter(data, queryset=due_facilities(user)))
    return filterset.qs, filterset
