"""The events of an element under conditions, as a page of its own."""

from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from common.errors import NotVisible
from console.element_page import frame_of
from console.element_tabs import tab_links, tabs_of
from console.event_tab import events_panel
from console.selectors.merge_list import merge_frame
from elements.selectors.detail import visible_element


class ElementEventsView(LoginRequiredMixin, View):
    """GET `kind`, `occurred_from`, `occurred_to`, `after`: the tab of events; a foreign element answers like a missing one."""

    def get(self, request: HttpRequest, element_id: int) -> HttpResponse:
        element = visible_element(element_id, request.user)
        available = tabs_of(element, request.user)
        shown = next((tab for tab in available if tab.key == "events"), None)
        if shown is None:
            raise NotVisible
        context = frame_of(element, request.user) | merge_frame(element, request.user)
        request.navigation_path = reverse("elements:list", args=[context["registry"].name])
        page = reverse("console:element", args=[element.pk])
        links = [{**link, "url": f"{page}{link['url']}"} for link in tab_links(available, shown)]
        context |= {"tabs": links, "panel": shown.template, **events_panel(element, request.user, request.GET)}
        return render(request, "console/element.html", context)
