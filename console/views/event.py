"""The page of one event, its card and its places."""

from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from console.event_page import card_context, event_context, list_bar
from events.list_kinds import event_list
from events.selectors.detail import places, visible_event
from exchange.contracts import TOLD_SUBJECTS


class EventView(LoginRequiredMixin, View):
    """GET: one event. A foreign event answers like a missing one."""

    def get(self, request: HttpRequest, kind: str, event_id: int) -> HttpResponse:
        chosen = event_list(kind)
        event = visible_event(chosen, event_id, request.user)
        request.navigation_path = reverse(chosen.url_name)
        context = event_context(chosen, event, request.user)
        context["told_subject"] = TOLD_SUBJECTS.get(chosen.code, "")
        context["bar"] = list_bar(chosen, event, request.GET, request.user)
        return render(request, "console/event.html", context)


class EventCardView(LoginRequiredMixin, View):
    """GET: the event in short, a fragment for the drawer beside its list, whose parameters go into its link."""

    def get(self, request: HttpRequest, kind: str, event_id: int) -> HttpResponse:
        chosen = event_list(kind)
        event = visible_event(chosen, event_id, request.user)
        return render(request, "console/event_card.html", card_context(chosen, event, request.GET, request.user))


class EventPlacesView(LoginRequiredMixin, View):
    """GET: GeoJSON of the event's point, its address and its block."""

    def get(self, request: HttpRequest, kind: str, event_id: int) -> JsonResponse:
        event = visible_event(event_list(kind), event_id, request.user)
        response = JsonResponse(places(event))
        response["Cache-Control"] = "private, no-cache"
        return response
