"""Opening a masked number: a small form for the reason, then the value, once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Actor, Right
from elements.kinds import KINDS
from elements.selectors.detail import visible_element
from elements.services.reveal import reveal_field
from events.kinds import EVENT_TABLES, EventTable
from events.selectors.detail import visible_row
from events.services.reveal import reveal_event_field


class _RevealView(LoginRequiredMixin, View, ABC):
    """Fragments of `includes/definition_list.html`. GET: the form. POST `reason`: the value; it is in no URL and no cache."""

    def get(self, request: HttpRequest, field: str, **ids: Any) -> HttpResponse:
        may_open = self.fields(request.user, **ids)
        if Right.REVEAL not in request.user.scope.rights:
            raise NotAllowed
        if field not in may_open:
            raise NotVisible
        return render(request, "console/reveal_form.html", {"field": field})

    def post(self, request: HttpRequest, field: str, **ids: Any) -> HttpResponse:
        reason = request.POST.get("reason", "")
        try:
            value = self.reveal(request.user, field=field, reason=reason, **ids)
        except DomainError as error:
            if error.code != "REVEAL_REASON":
                raise
            context = {"field": field, "reason": reason, "problem": error.message}
            return render(request, "console/reveal_form.html", context)
        response = render(request, "console/revealed.html", {"value": value})
        response["Cache-Control"] = "no-store"
        return response

    @abstractmethod
    def fields(self, user: Actor, **ids: Any) -> dict[str, str]:
        """The fields that can be opened, of something that the user sees."""

    @abstractmethod
    def reveal(self, user: Actor, *, field: str, reason: str, **ids: Any) -> str:
        """The value, on record."""


class RevealView(_RevealView):
    """A number of an element."""

    def fields(self, user: Actor, element_id: int = 0, **_ids: Any) -> dict[str, str]:
        return KINDS[visible_element(element_id, user).kind].sealed_fields

    def reveal(self, user: Actor, *, field: str, reason: str, element_id: int = 0, **_ids: Any) -> str:
        return reveal_field(element_id=element_id, field=field, reason=reason, actor=user, now=clock.now())


class EventRevealView(_RevealView):
    """A number of an event, or of a party: `kind` is the kind of event in small letters."""

    def fields(self, user: Actor, kind: str = "", event_id: int = 0, **_ids: Any) -> dict[str, str]:
        table = _table(kind)
        visible_row(table, event_id, user)
        return table.sealed_fields

    def reveal(self, user: Actor, *, field: str, reason: str, kind: str = "", event_id: int = 0, **_ids: Any) -> str:
        return reveal_event_field(
            kind=_table(kind), event_id=event_id, field=field, reason=reason, actor=user, now=clock.now()
        )


def _table(kind: str) -> EventTable:
    if kind.upper() not in EVENT_TABLES or not kind.islower():
        raise NotVisible
    return EVENT_TABLES[kind.upper()]
