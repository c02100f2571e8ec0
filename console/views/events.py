"""Lists of events: accidents, violations, incidents, captures; and searching in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.audit import record_audit
from common.errors import DomainError, NotAllowed
from common.scope import Right
from console.event_lists import event_query, procedure_links, time_links, withdrawn_chip, worded_rows
from elements.list_page import with_parameters
from elements.list_view import ListColumn, ListView
from elements.selectors.keyset_pages import RowPage
from elements.selectors.paging import Order
from elements.selectors.searches import save_search
from events.choices import EventKind
from events.filters import TIME_PARAMETERS, filtered_events
from events.list_kinds import EVENT_LISTS, EventList, event_list
from events.selectors.columns import COLUMNS
from events.selectors.lists import order_of, read_page, shown_rows
from events.selectors.searches import require_searchable


def _heads(chosen: EventList) -> tuple[ListColumn, ...]:
    return tuple(
        ListColumn(
            one.name, one.label, is_locked=one.name == "occurred_at", is_numeric=one.is_numeric,
            is_sortable=one.name == "occurred_at", is_best_first=True, hint=one.hint,
        )
        for one in COLUMNS[chosen.code]
    )  # fmt: skip


class EventListView(ListView):
    """GET: events of the scope, newest first. A URL that names no time opens with the list's usual period."""

    chosen: ClassVar[EventList]
    template_name, rows_template = "console/events.html", "console/event_rows.html"
    clear_url, keeps_filters = "?filter=none", True
    extra = {
        "empty_title": gettext_lazy("没有符合条件的事件"),
        "empty_text": gettext_lazy("放宽时间范围，或清空条件再看。"),
    }

    def frame(self, request: HttpRequest) -> dict[str, Any]:
        search_url = reverse("console:events-search", args=[self.chosen.name])
        context = super().frame(request) | {"filter_template": "console/event_filters.html"}
        return context | {"search_url": search_url, "may_search_person": self.chosen.code in _WITH_PERSON}

    def query_of(self, _request: HttpRequest) -> QueryDict:
        data, _saved = self.asked
        if TIME_PARAMETERS & data.keys() or "filter" in data:
            return data
        data = data.copy()
        data["period"] = self.chosen.usual_period
        return data

    def filtered(self, data: QueryDict, user: Any) -> tuple[QuerySet[Any], Any]:
        return filtered_events(self.chosen, data, user)

    def order_of(self, text: str) -> Order:
        return order_of(self.chosen, text)

    def read_page(self, queryset: QuerySet[Any], *, order: Order, size: int, cursor: str) -> RowPage[dict[str, Any]]:
        return read_page(queryset, chosen=self.chosen, order=order, size=size, cursor=cursor)

    def rows(self, found: Sequence[dict[str, Any]], user: Any) -> list[dict[str, Any]]:
        return worded_rows(self.chosen, shown_rows(self.chosen, found, user))

    def listed(self, request: HttpRequest) -> dict[str, Any]:
        data, context = self.query_of(request), super().listed(request)
        return context | {
            "chips": [*context["chips"], *withdrawn_chip(self.chosen, data)],
            "event_list": self.chosen,
            "event_query": event_query(data),
            "card_url": reverse("console:event-card", args=[self.chosen.name, 0]),
            "query": with_parameters(data, page_size=None).removeprefix("?"),
            "time_links": time_links(data),
            "procedure_links": procedure_links(self.chosen, data, request.user),
        }


_WITH_PERSON = frozenset({EventKind.ACCIDENT, EventKind.VIOLATION})


class AccidentListView(EventListView):
    """GET: accidents, with how many were handled by either procedure."""

    chosen = EVENT_LISTS["accidents"]
    title, columns, list_name, export = chosen.label, _heads(chosen), chosen.export_name, chosen.export_name


class ViolationListView(EventListView):
    """GET: violations."""

    chosen = EVENT_LISTS["violations"]
    title, columns, list_name, export = chosen.label, _heads(chosen), chosen.export_name, chosen.export_name


class IncidentListView(EventListView):
    """GET: incidents."""

    chosen = EVENT_LISTS["incidents"]
    title, columns, list_name, export = chosen.label, _heads(chosen), chosen.export_name, chosen.export_name


class CaptureListView(EventListView):
    """GET: captures, those of today unless asked otherwise."""

    chosen = EVENT_LISTS["captures"]
    title, columns, list_name, export = chosen.label, _heads(chosen), chosen.export_name, chosen.export_name


class EventSearchView(LoginRequiredMixin, View):
    """POST `q` (and `query`, the list's own parameters): the search goes into a token, the token into the URL."""

    def post(self, request: HttpRequest, name: str) -> HttpResponseRedirect:
        chosen, user, text, now = event_list(name), request.user, request.POST.get("q", ""), clock.now()
        if Right.READ not in user.scope.rights:
            raise NotAllowed
        data = QueryDict(request.POST.get("query", "")[:1000], mutable=True)
        try:
            require_searchable(text, chosen)
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse(chosen.url_name) + with_parameters(data))
        search = save_search(text=text, user=user, now=now)
        record_audit(
            actor_id=user.pk, verb="SEARCHED", subject_table="elements_savedsearch", subject_id=search.pk, now=now
        )
        return HttpResponseRedirect(reverse(chosen.url_name) + with_parameters(data, search=search.token))
