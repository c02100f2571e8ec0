"""The query object behind pages and API of suspected duplicates and of merges; parameters hold no personal data."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.scope import Actor
from elements.choices import ElementKind, PairState
from elements.list_filters import InAreaFilter, checked
from elements.models import DuplicatePair, Merge
from elements.selectors.duplicates import visible_merges, visible_pairs


class PairFilter(InAreaFilter):
    """Filters of pairs that look like one thing."""

    block_paths = ("low__block_id", "high__block_id")

    state = django_filters.ChoiceFilter(choices=PairState, label=_("状态"))
    kind = django_filters.ChoiceFilter(field_name="low__kind", choices=ElementKind, label=_("种类"))
    score_from = django_filters.NumberFilter(
        field_name="score", lookup_expr="gte", min_value=0, max_value=100, label=_("相似度不低于")
    )

    class Meta:
        model = DuplicatePair
        fields: list[str] = []


class MergeFilter(InAreaFilter):
    """Filters of merges."""

    block_paths = ("keep__block_id", "drop__block_id")

    kind = django_filters.ChoiceFilter(field_name="keep__kind", choices=ElementKind, label=_("种类"))
    standing = django_filters.ChoiceFilter(
        choices=[("in_force", _("有效")), ("undone", _("已撤销"))], method="by_standing", label=_("合并状态")
    )
    decided_from = django_filters.DateFilter(field_name="decided_at", lookup_expr="date__gte", label=_("合并日期自"))

    class Meta:
        model = Merge
        fields: list[str] = []

    def by_standing(self, queryset: QuerySet, _name: str, standing: str) -> QuerySet:
        return queryset.filter(undone_at__isnull=standing == "in_force")


def filtered_pairs(data: QueryDict, user: Actor) -> tuple[QuerySet[DuplicatePair], PairFilter]:
    """Pairs of the scope that the query asks for.

    Raises:
        DomainError: a value that cannot be.
    """
    filterset = checked(PairFilter(data, queryset=visible_pairs(user)))
    return filterset.qs, filterset


def filtered_merges(data: QueryDict, user: Actor) -> tuple[QuerySet[Merge], MergeFilter]:
    """Merges of the scope that the query asks for.

    Raises:
        DomainError: a value that cannot be.
    """
    filterset = checked(MergeFilter(data, queryset=visible_merges(user)))
    return filterset.qs, filterset
