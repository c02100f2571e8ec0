"""Filters of events by the tags and grades that the things in them have now; added to the lists of events here."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from events.filters import FILTERS
from events.selectors.parties import NAMED_KINDS, events_of
from tagging.models import Assignment, Grade, Scheme, Tag

_HELP = _("事件里的机动车、驾驶人或当事人、道路，或机动车当时所属的单位，现在带有的；不是事发时的。")


def add_to_events() -> None:
    """Gives every list of events its filters by tag and grade; called once, when the app is ready."""
    for filterset in FILTERS.values():
        filterset.base_filters |= {
            "tag": django_filters.MultipleChoiceFilter(
                choices=_tag_choices, method=_with_tag, label=_("涉及要素现有标签"), help_text=_HELP, distinct=False
            ),
            "grade": django_filters.MultipleChoiceFilter(
                choices=_grade_choices, method=_with_grade, label=_("涉及要素现有等级"), help_text=_HELP, distinct=False
            ),
        }


def _tag_choices() -> list[tuple[str, str]]:
    tags = Tag.objects.filter(kind__in=NAMED_KINDS, is_active=True).order_by("kind", "position", "pk")
    return [(tag.code, f"{tag.get_kind_display()}：{tag.name}") for tag in tags]


def _grade_choices() -> list[tuple[str, str]]:
    schemes = Scheme.objects.filter(kind__in=NAMED_KINDS, published__isnull=False).order_by("pk")
    return [
        (f"{code}:{level['code']}", f"{name}：{level['name']}")
        for code, name, body in schemes.values_list("code", "name", "published__body")
        for level in body.get("levels", ())
    ]


def _with_tag(queryset: QuerySet[Any], _name: str, codes: list[str]) -> QuerySet[Any]:
    by_kind: dict[str, list[int]] = defaultdict(list)
    for pk, kind in Tag.objects.filter(code__in=codes).values_list("pk", "kind"):
        by_kind[kind].append(pk)
    standing = Assignment.objects.standing()
    bearers = [(kind, standing.filter(tag_id__in=tags).values("element_id")) for kind, tags in by_kind.items()]
    return _of_any(queryset, bearers) if codes else queryset


def _with_grade(queryset: QuerySet[Any], _name: str, wanted: list[str]) -> QuerySet[Any]:
    kinds = dict(Scheme.objects.filter(code__in=[one.partition(":")[0] for one in wanted]).values_list("code", "kind"))
    bearers = []
    for one in wanted:
        scheme, _colon, level = one.partition(":")
        held = Grade.objects.standing().filter(scheme__code=scheme, level=level)
        bearers.append((kinds[scheme], held.values("element_id")))
    return _of_any(queryset, bearers) if wanted else queryset


def _of_any(queryset: QuerySet[Any], bearers: list[tuple[str, QuerySet[Any]]]) -> QuerySet[Any]:
    """Events that name one of the bearers. Of one kind the condition is plain, so that an index answers it."""
    if len(bearers) == 1:
        return events_of(queryset, *bearers[0])
    found = Q(pk__in=[])
    for kind, ids in bearers:
        found |= Q(pk__in=events_of(queryset.model._default_manager.all(), kind, ids).values("pk"))
    return queryset.filter(found)
