"""Which events are meant: one object behind list, map, chart, export, report and API.

A query is a list of events and the parameters of its filter, exactly as they stand in the URL of the list. Whatever is counted is
counted from `rows`, and its number links to `url`: that both are the same rows is not a promise but one code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from analytics.periods import Span
from common import clock
from common.scope import Actor
from events.filters import FILTERS, TIME_PARAMETERS, filtered_events
from events.list_kinds import EventList
from events.list_kinds import event_list as named_list
from events.list_periods import first_day

Value = str | Iterable[str] | None


@dataclass(frozen=True, slots=True)
class Query:
    """Events of a list that pass its filter.

    Attributes:
        name: of the list: accidents, violations, incidents, captures.
        params: (parameter, value) pairs in the order of the filter's fields; equal queries are equal objects.
    """

    name: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, name: str, data: QueryDict) -> Query:
        """From the parameters of a request; those that are no filter of the list are left out.

        Raises:
            NotVisible: there is no such list.
        """
        return cls(name)._with({key: data.getlist(key) for key in data})

    @classmethod
    def of(cls, name: str, **values: Value) -> Query:
        """From single values.

        Raises:
            NotVisible: there is no such list.
        """
        return cls(name)._with(values)

    @property
    def event_list(self) -> EventList:
        return named_list(self.name)

    def get(self, parameter: str) -> list[str]:
        """Values of a parameter."""
        return [value for key, value in self.params if key == parameter]

    def narrowed(self, **values: Value) -> Query:
        """The same with other values of some parameters; None takes one away."""
        return self._with(values)

    def _with(self, values: Mapping[str, Value]) -> Query:
        kept: dict[str, list[str]] = {}
        for key, value in self.params:
            kept.setdefault(key, []).append(value)
        for key, given in values.items():
            kept[key] = [str(given)] if isinstance(given, str | int) else [str(one) for one in given or ()]
        order = FILTERS[self.event_list.code].base_filters
        pairs = tuple((key, value) for key in order for value in sorted(set(kept.get(key, ()))) if value != "")
        return replace(self, params=pairs)

    def during(self, span: Span | None) -> Query:
        """The same in other days; None = at any time."""
        if span is None:
            return self.narrowed(period=None, occurred_from=None, occurred_to=None)
        return self.narrowed(period=None, occurred_from=span.first.isoformat(), occurred_to=span.last.isoformat())

    @property
    def span(self) -> Span | None:
        """The days that are asked for; None where an end is open."""
        first, last = (_day(self.get(key)) for key in ("occurred_from", "occurred_to"))
        if named := self.get("period"):
            begin = first_day(named[0], clock.today())
            first, last = max(begin, first or begin), min(clock.today(), last or clock.today())
        return Span(first, last) if first and last and first <= last else None

    @property
    def borders_on(self) -> date | None:
        """The day whose borders say in which area an event lies; None: those of today."""
        return _day(self.get("borders_on"))

    @property
    def data(self) -> QueryDict:
        """As the filter reads it."""
        found = QueryDict(mutable=True)
        for key, value in self.params:
            found.appendlist(key, value)
        return found

    @property
    def text(self) -> str:
        """The query string; a list whose URL names no time would open with its usual one."""
        data = self.data
        if not TIME_PARAMETERS & data.keys():
            data["filter"] = "none"
        return data.urlencode()

    @property
    def url(self) -> str:
        """The list page that shows exactly these rows."""
        return f"{reverse(self.event_list.url_name)}?{self.text}"

    def rows(self, user: Actor) -> QuerySet[Any]:
        """The events, inside the user's scope.

        Raises:
            DomainError: a value that cannot be.
        """
        found, _filters = filtered_events(self.event_list, self.data, user)
        return found


def _day(values: list[str]) -> date | None:
    try:
        return date.fromisoformat(values[0]) if values else None
    except ValueError:
        # The filter refuses it with a message once rows are asked for.
        return None
