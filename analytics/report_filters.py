"""Filters of the list of reports."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from addresses.choices import AreaKind
from addresses.models import Area
from analytics.choices import Cycle, ReportState
from analytics.models import Report
from analytics.selectors.reports import visible_reports
from common.scope import Actor
from elements.list_filters import checked


class ReportFilter(django_filters.FilterSet):
    """Period, state, kind and area of a report."""

    cycle = django_filters.MultipleChoiceFilter(
        distinct=False, field_name="template__cycle", choices=Cycle.choices, label=_("周期")
    )
    state = django_filters.MultipleChoiceFilter(distinct=False, choices=ReportState.choices, label=_("状态"))
    area = django_filters.ModelChoiceFilter(
        queryset=Area.objects.filter(valid_to__isnull=True, kind__in=[AreaKind.SQUADRON, AreaKind.DISTRICT]).defer(
            "geom"
        ),
        label=_("责任区"),
    )
    last_from = django_filters.DateFilter(field_name="last_day", lookup_expr="gte", label=_("期间止于（自）"))
    last_to = django_filters.DateFilter(field_name="last_day", lookup_expr="lte", label=_("期间止于（至）"))

    class Meta:
        model = Report
        fields: list[str] = []


def filtered_reports(data: QueryDict, user: Actor) -> tuple[QuerySet[Any], Any]:
    """Reports that the reader sees and the query asks for.

    Raises:
        DomainError: a value that cannot be.
    """
    filterset = checked(ReportFilter(data, queryset=visible_reports(user)))
    return filterset.qs, filterset
