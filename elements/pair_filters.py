"""The query object behind pages and API of suspected duplicates and of merges; parameters hold no personal data."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from addresses.models import Area
from addresses.selectors.blocks import block_ids_of_areas
from common import clock
from common.errors import DomainError
from common.scope import Actor
from elements.choices import ElementKind, PairState
from elements.models import DuplicatePair, Merge
from elements.selectors.duplicates import visible_merges, visible_pairs


class _InArea(django_filters.FilterSet):
    """What both have: an area that holds one of the two elements."""

    sides: tuple[str, str] = ("low", "high")

    area = django_filters.ModelChoiceFilter(
        queryset=Area.objects.filter(valid_to__isnull=True).defer("geom"), method="in_area", label=_("责任区")
    )

    def in_area(self, queryset: QuerySet, _name: str, area: Area) -> QuerySet:
        ids = sorted(block_ids_of_areas([area.pk], clock.today()))
        one, other = self.sides
        return queryset.filter(Q(**{f"{one}__block_id__any": ids}) | Q(**{f"{other}__block_id__any": ids}))


class PairFilter(_InArea):
    """Filters of pairs that look like one thing."""

    state = django_filters.ChoiceFilter(choices=PairState, label=_("状态"))
    kind = django_filters.ChoiceFilter(field_name="low__kind", choices=ElementKind, label=_("种类"))
    score_from = django_filters.NumberFilter(
        field_name="score", lookup_expr="gte", min_value=0, max_value=100, label=_("相似度不低于")
    )

    class Meta:
        model = DuplicatePair
        fields: list[str] = []


class MergeFilter(_InArea):
    """Filters of merges."""

    sides = ("keep", "drop")

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


def _checked(filterset: Any) -> Any:
    if not filterset.is_valid():
        labels = "、".join(str(filterset.filters[name].label) for name in filterset.errors)
        raise DomainError("BAD_FILTER", f"筛选条件无效：{labels}。请改正或清除该条件。")
    return filterset


def filtered_pairs(data: QueryDict, user: Actor) -> tuple[QuerySet[DuplicatePair], PairFilter]:
    """Pairs of the scope that the query asks for.

    Raises:
        DomainError: a value that cannot be.
    """
    filterset = _checked(PairFilter(data, queryset=visible_pairs(user)))
    return filterset.qs, filterset


def filtered_merges(data: QueryDict, user: Actor) -> tuple[QuerySet[Merge], MergeFilter]:
    """Merges of the scope that the query asks for.

    Raises:
        DomainError: a value that cannot be.
    """
    filterset = _checked(MergeFilter(data, queryset=visible_merges(user)))
    return filterset.qs, filterset
