"""Filters of rules."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.scope import Actor
from elements.choices import ElementKind
from elements.list_filters import checked
from tagging.choices import VersionState
from tagging.models import Rule, RuleVersion
from tagging.selectors.rule_list import STATES, visible_rules


class RuleFilter(django_filters.FilterSet):
    """Filters of rules: `q` in code, title or name of the tag."""

    q = django_filters.CharFilter(method="by_text", max_length=60, label=_("关键词"))
    state = django_filters.ChoiceFilter(choices=list(STATES.items()), method="in_state", label=_("状态"))
    kind = django_filters.ChoiceFilter(choices=ElementKind.choices, field_name="tag__kind", label=_("对象种类"))

    class Meta:
        model = Rule
        fields: list[str] = []

    def by_text(self, queryset: QuerySet, _name: str, text: str) -> QuerySet:
        return queryset.filter(Q(code__icontains=text) | Q(title__icontains=text) | Q(tag__name__icontains=text))

    def in_state(self, queryset: QuerySet, _name: str, state: str) -> QuerySet:
        if state == "waiting":
            waiting = RuleVersion.objects.filter(state=VersionState.SUBMITTED)
            return queryset.filter(pk__in=waiting.values("rule_id"))
        return queryset.filter(
            {
                "on": Q(is_active=True, published__isnull=False),
                "off": Q(is_active=False),
                "new": Q(is_active=True, published__isnull=True),
                "failed": Q(is_active=True) & ~Q(failure=""),
            }[state]
        )


def filtered_rules(data: QueryDict, user: Actor) -> tuple[QuerySet[Rule], RuleFilter]:
    """Rules that the reader sees and the query asks for.

    Raises:
        DomainError: a value that cannot be.
    """
    filterset = checked(RuleFilter(data, queryset=visible_rules(user)))
    return filterset.qs, filterset
