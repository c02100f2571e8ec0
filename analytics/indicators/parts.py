"""A kind of rows that an indicator counts: the list's own query, so that list, page and snapshot cannot differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from analytics.periods import Span, same_last_year, to_date
from analytics.query import Query
from common.scope import Actor
from elements.filters import filtered_elements
from elements.registries import REGISTRIES
from events.list_kinds import EVENT_LISTS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Place = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one registry or one list of events.

    Attributes:
        name: of the registry or list; events are those since the first of January.
        whole: parameters of the list that open what is counted of.
        met: those that open the part of it that fulfils; empty where there is but a number.
    """

    name: str
    whole: Mapping[str, str] = field(default_factory=dict)
    met: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_of_events(self) -> bool:
        return self.name in EVENT_LISTS

    @property
    def label(self) -> StrOrPromise:
        return EVENT_LISTS[self.name].label if self.is_of_events else REGISTRIES[self.name].label

    def rows(self, user: Actor, span: Span, *, met: bool, place: Place | None = None) -> QuerySet[Any]:
        """The rows inside the user's scope; of a registry those of today, whatever the span."""
        if self.is_of_events:
            return self._query(span, met, place or {}).rows(user)
        data = QueryDict(urlencode(self._parameters(met, place or {})))
        return filtered_elements(REGISTRIES[self.name], data, user)[0]

    def url(self, span: Span, *, met: bool, place: Place) -> str:
        """The list page of the same rows."""
        if self.is_of_events:
            return self._query(span, met, place).url
        asked = self._parameters(met, place) or {"filter": "none"}
        return f"{reverse('elements:list', args=[self.name])}?{urlencode(asked)}"

    def _query(self, span: Span, met: bool, place: Place) -> Query:
        return Query.of(self.name, **self._parameters(met, place)).during(span)

    def _parameters(self, met: bool, place: Place) -> dict[str, str]:
        return {**self.whole, **(self.met if met else {}), **place}


def span_of(day: date) -> Span:
    """What an indicator of events counts on a day: since the first of January."""
    return to_date(Span(day, day))


def span_last_year(day: date) -> Span:
    """The same a year before."""
    return same_last_year(span_of(day))
