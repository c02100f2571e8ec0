"""Filters that analysis adds to the list of accidents: those behind an accident-prone place, and those a search could not place."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.forms import HiddenInput
from django.utils.translation import gettext_lazy as _

from analytics.selectors.hot_spots import left_out_ids, spot_ids
from common.scope import Actor
from events.filters import AccidentFilter


def add_to_accidents() -> None:
    """Gives the list of accidents these filters; called once, when the app is ready."""
    AccidentFilter.base_filters |= {
        "hot_spot": _SpotFilter(
            min_value=1, max_value=2**53, decimal_places=0, label=_("多发点段编号"), widget=HiddenInput
        ),
        "left_out": _LeftOutFilter(max_length=40, label=_("多发点段排查未计入"), widget=HiddenInput),
    }


def _kept(one: django_filters.Filter, queryset: QuerySet, ids_of: Callable[[Actor], list[int]]) -> QuerySet:
    user: Any = one.parent.request_user  # type: ignore[attr-defined]
    return queryset.filter(pk__any=ids_of(user))


class _SpotFilter(django_filters.NumberFilter):
    def filter(self, queryset: QuerySet, value: Decimal | None) -> QuerySet:
        return queryset if value is None else _kept(self, queryset, lambda user: spot_ids(int(value), user))


class _LeftOutFilter(django_filters.CharFilter):
    def filter(self, queryset: QuerySet, value: str) -> QuerySet:
        return _kept(self, queryset, lambda user: left_out_ids(value, user)) if value else queryset
