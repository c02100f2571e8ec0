"""Filters by tag and grade, of the registries and of the list of a tag; what tags and grades add to the registries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.scope import Actor
from elements.filters import FILTERS
from elements.list_filters import InAreaFilter, checked
from elements.registries import REGISTRIES
from elements.selectors.columns import COLUMNS
from tagging.models import Assignment, Grade, Scheme, Tag
from tagging.selectors import registry_columns
from tagging.selectors.tag_list import visible_assignments


def add_to_registries() -> None:
    """Gives every registry its filters and columns of tags and grades; called once, when the app is ready."""
    for name, filterset in FILTERS.items():
        filterset.base_filters |= _registry_filters(REGISTRIES[name].kind)
        COLUMNS[name] += registry_columns.COLUMNS


class _OnceAskedFilter(django_filters.MultipleChoiceFilter):
    """A choice of what the database knows: asked once for a filter set, however many filters offer it and however often it is shown."""

    def __init__(self, *, read: Callable[[str], list[tuple[str, str]]], kind: str, **options: Any) -> None:
        super().__init__(distinct=False, **options)
        self._read, self._kind = read, kind

    @property
    def field(self) -> Any:
        if "choices" not in self.extra:
            kept = self.parent.__dict__.setdefault("_asked_choices", {})
            if self._read not in kept:
                kept[self._read] = self._read(self._kind)
            self.extra["choices"] = kept[self._read]
        return super().field


def _registry_filters(kind: str) -> dict[str, django_filters.Filter]:
    tags, grades = {"read": _tag_choices, "kind": kind}, {"read": _grade_choices, "kind": kind}
    return {
        "tag": _OnceAskedFilter(**tags, method=_with_any, label=_("有任一标签")),
        "tag_not": _OnceAskedFilter(**tags, method=_with_none, label=_("没有标签")),
        "tagged": django_filters.BooleanFilter(method=_with_or_without, label=_("带标签")),
        "grade": _OnceAskedFilter(**grades, method=_with_grade, label=_("等级")),
    }


def _tag_choices(kind: str) -> list[tuple[str, str]]:
    return list(Tag.objects.filter(kind=kind, is_active=True).order_by("position", "pk").values_list("code", "name"))


def _grade_choices(kind: str) -> list[tuple[str, str]]:
    rows = Scheme.objects.filter(kind=kind, published__isnull=False).values_list("code", "name", "published__body")
    return [
        (f"{code}:{level['code']}", f"{name}：{level['name']}")
        for code, name, body in rows
        for level in body.get("levels", ())
    ]


def _bearers(*codes: str) -> QuerySet:
    rows = Assignment.objects.standing()
    return (rows.filter(tag__code__in=codes) if codes else rows).values("element_id")


def _with_any(queryset: QuerySet, _name: str, codes: list[str]) -> QuerySet:
    return queryset.filter(pk__in=_bearers(*codes)) if codes else queryset


def _with_none(queryset: QuerySet, _name: str, codes: list[str]) -> QuerySet:
    return queryset.exclude(pk__in=_bearers(*codes)) if codes else queryset


def _with_or_without(queryset: QuerySet, _name: str, wanted: bool) -> QuerySet:
    return queryset.filter(pk__in=_bearers()) if wanted else queryset.exclude(pk__in=_bearers())


def _with_grade(queryset: QuerySet, _name: str, wanted: list[str]) -> QuerySet:
    ids = Grade.objects.none().values("element_id")
    for one in wanted:
        scheme, _colon, level = one.partition(":")
        ids = ids | Grade.objects.standing().filter(scheme__code=scheme, level=level).values("element_id")
    return queryset.filter(pk__in=ids) if wanted else queryset


class AssignmentFilter(InAreaFilter):
    """Filters of the things that bear a tag."""

    block_paths = ("element__block_id",)
    request_user: Any = None

    # The page is of one tag, which a file of its rows names in its query.
    tag = django_filters.CharFilter(field_name="tag__code", label=_("标签"))
    rule = django_filters.ChoiceFilter(
        choices=[("rule", _("规则判定")), ("hand", _("人工标注"))], method="by_origin", label=_("标注方式")
    )
    since_from = django_filters.DateFilter(field_name="since", lookup_expr="date__gte", label=_("标注自"))
    since_to = django_filters.DateFilter(field_name="since", lookup_expr="date__lte", label=_("标注至"))
    raised = django_filters.BooleanFilter(method="is_raised", label=_("已升级"))
    by_rule = django_filters.CharFilter(field_name="rule__code", label=_("规则代码"))

    class Meta:
        model = Assignment
        fields: list[str] = []

    def by_origin(self, queryset: QuerySet, _name: str, origin: str) -> QuerySet:
        return queryset.filter(rule__isnull=origin == "hand")

    def is_raised(self, queryset: QuerySet, _name: str, wanted: bool) -> QuerySet:
        return queryset.filter(level__gt=0) if wanted else queryset.filter(level=0)


def filtered_assignments(data: QueryDict, user: Actor, tag: Tag) -> tuple[QuerySet[Assignment], AssignmentFilter]:
    """Standing assignments of a tag in the scope that the query asks for.

    Raises:
        DomainError: a filter value that cannot be.
    """
    filterset = AssignmentFilter(data, queryset=visible_assignments(user).filter(tag=tag))
    filterset.request_user = user
    return checked(filterset).qs, filterset
