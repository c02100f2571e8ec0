"""What the filters of lists that are no registry have in common: the area, and the refusal of a value that cannot be."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from addresses.models import Area
from addresses.selectors.blocks import block_ids_of_areas
from common import clock
from common.errors import DomainError


class InAreaFilter(django_filters.FilterSet):
    """An area that holds one of the elements of a row; `block_paths` lead to their blocks."""

    block_paths: tuple[str, ...] = ("block_id",)

    area = django_filters.ModelChoiceFilter(
        queryset=Area.objects.filter(valid_to__isnull=True).defer("geom"), method="in_area", label=_("责任区")
    )

    def in_area(self, queryset: QuerySet, _name: str, area: Area) -> QuerySet:
        ids = sorted(block_ids_of_areas([area.pk], clock.today()))
        inside = Q()
        for path in self.block_paths:
            inside |= Q(**{f"{path}__any": ids})
        return queryset.filter(inside)


def checked(filterset: Any) -> Any:
    """The filter set itself.

    Raises:
        DomainError: a value that cannot be.
    """
    if not filterset.is_valid():
        labels = "、".join(str(filterset.filters[name].label) for name in filterset.errors)
        raise DomainError("BAD_FILTER", f"筛选条件无效：{labels}。请改正或清除该条件。")
    return filterset
