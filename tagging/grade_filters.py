"""Filters of graded elements; parameters stand in the URL and hold no personal data."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from addresses.choices import DivisionLevel
from addresses.models import Division
from common.errors import DomainError
from common.scope import Actor
from elements.list_filters import InAreaFilter, checked
from tagging.models import Grade, Scheme
from tagging.selectors.grade_levels import levels_of
from tagging.selectors.grade_list import visible_grades


class GradeFilter(InAreaFilter):
    """Filters of grades of one scheme; `scheme` is chosen elsewhere on the page."""

    block_paths = ("element__block_id",)

    scheme = django_filters.CharFilter(field_name="scheme__code", label=_("分级方案"))
    level = django_filters.MultipleChoiceFilter(distinct=False, label=_("等级"))
    town = django_filters.ModelChoiceFilter(
        queryset=Division.objects.filter(level=DivisionLevel.TOWN).order_by("code"),
        field_name="element__block__town", label=_("镇街"),
    )  # fmt: skip
    is_set = django_filters.BooleanFilter(
        field_name="override", lookup_expr="isnull", exclude=True, label=_("人工定级")
    )

    class Meta:
        model = Grade
        fields: list[str] = []

    def __init__(self, *args: Any, levels: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["level"].extra["choices"] = [(one["code"], one["name"]) for one in levels]


def scheme_asked(data: QueryDict) -> Scheme:
    """The scheme of a list.

    Raises:
        DomainError: none, or one that there is not.
    """
    rows = Scheme.objects.filter(is_active=True, published__isnull=False).select_related("published").order_by("pk")
    code = data.get("scheme", "")
    # Looked for here: what stands in a URL may be nothing that a database takes.
    found = next((scheme for scheme in rows if code in ("", scheme.code)), None)
    if found is None:
        raise DomainError("NO_SUCH_SCHEME", "没有这一分级方案，或尚未发布。请从“分级”页面进入。")
    return found


def filtered_grades(data: QueryDict, user: Actor) -> tuple[QuerySet[Grade], GradeFilter]:
    """Grades of the scope and of one scheme that the query asks for.

    Raises:
        DomainError: a value that cannot be.
    """
    scheme = scheme_asked(data)
    filterset = checked(
        GradeFilter(data, queryset=visible_grades(user).filter(scheme=scheme), levels=levels_of(scheme))
    )
    return filterset.qs, filterset
