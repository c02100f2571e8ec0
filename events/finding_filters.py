"""Filters of the list of findings: the same for page and export. Parameters stand in the URL and hold no personal data."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.scope import Actor
from elements.list_filters import InAreaFilter, checked
from events.choices import EventFindingKind, EventFindingState
from events.models import EventFinding
from events.selectors.finding_list import visible_findings


class FindingFilter(InAreaFilter):
    """Filters of findings about events."""

    kind = django_filters.ChoiceFilter(choices=EventFindingKind.choices, label=_("疑点种类"), empty_label=_("不限"))
    state = django_filters.ChoiceFilter(choices=EventFindingState.choices, label=_("核查状态"), empty_label=_("不限"))
    vehicle = django_filters.NumberFilter(
        field_name="element_id", label=_("机动车（平台编号）"), min_value=1, max_value=2**31
    )

    class Meta:
        model = EventFinding
        fields: list[str] = []


def filtered_findings(data: QueryDict, user: Actor) -> tuple[QuerySet[EventFinding], FindingFilter]:
    """Findings of the scope that the query asks for.

    Raises:
        DomainError: a value that cannot be.
    """
    filterset = checked(FindingFilter(data, queryset=visible_findings(user)))
    return filterset.qs, filterset
