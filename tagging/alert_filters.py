"""Filters of alerts; parameters stand in the URL and hold no personal data."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common import clock
from common.scope import Actor
from elements.list_filters import InAreaFilter, checked
from events.list_periods import Period, begin_of, first_day
from tagging.choices import OPEN_ALERTS, AlertLevel, AlertState
from tagging.models import Alert, AlertRecipient, Tag
from tagging.querysets import AlertQuerySet
from tagging.selectors.alert_list import visible_alerts

_LEVELS = [(level.value, level.label) for level in (AlertLevel.URGENT, AlertLevel.NORMAL)]


class AlertFilter(InAreaFilter):
    """Filters of alerts."""

    request_user: Any = None

    standing = django_filters.ChoiceFilter(
        choices=[
            ("open", _("未办结")), ("late", _("超时未接收")), ("overdue", _("逾期未办结")), ("ended", _("已办结和已静默")),
        ],
        method="by_standing", label=_("办理情况"),
    )  # fmt: skip
    mine = django_filters.BooleanFilter(method="of_mine", label=_("发给我的"))
    unread = django_filters.BooleanFilter(method="unread_by_me", label=_("我未看过的"))
    raised = django_filters.ChoiceFilter(choices=Period.choices, method="raised_since", label=_("首次"))
    first_from = django_filters.DateFilter(field_name="first_at", lookup_expr="date__gte", label=_("首次自"))
    level = django_filters.TypedChoiceFilter(choices=_LEVELS, coerce=int, label=_("级别"))
    state = django_filters.MultipleChoiceFilter(choices=AlertState.choices, distinct=False, label=_("状态"))
    tag = django_filters.ModelChoiceFilter(queryset=Tag.objects.filter(alert_level__gt=0), label=_("标签"))

    class Meta:
        model = Alert
        fields: list[str] = []

    def by_standing(self, queryset: AlertQuerySet, _name: str, standing: str) -> QuerySet:
        if standing == "late":
            return queryset.unanswered(clock.now())
        if standing == "overdue":
            return queryset.overdue(clock.now())
        if standing == "open":
            return queryset.filter(state__in=OPEN_ALERTS)
        return queryset.exclude(state__in=OPEN_ALERTS)

    def raised_since(self, queryset: QuerySet, _name: str, period: str) -> QuerySet:
        return queryset.filter(first_at__gte=begin_of(first_day(period, clock.today())))

    def of_mine(self, queryset: QuerySet, _name: str, wanted: bool) -> QuerySet:
        mine = Exists(AlertRecipient.objects.filter(alert_id=OuterRef("pk"), user_id=self.request_user.pk))
        return queryset.filter(mine) if wanted else queryset.filter(~mine)

    def unread_by_me(self, queryset: QuerySet, _name: str, wanted: bool) -> QuerySet:
        rows = AlertRecipient.objects.filter(
            alert_id=OuterRef("pk"), user_id=self.request_user.pk, seen_at__isnull=True
        )
        return queryset.filter(Exists(rows)) if wanted else queryset.filter(~Exists(rows))


def filtered_alerts(data: QueryDict, user: Actor) -> tuple[QuerySet[Alert], AlertFilter]:
    """Alerts of the scope that the query asks for.

    Raises:
        DomainError: a value that cannot be.
    """
    filterset = AlertFilter(data, queryset=visible_alerts(user))
    filterset.request_user = user
    return checked(filterset).qs, filterset
