"""The bar above an element that was opened from a list: rows before and after, and the way back."""

from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from common.errors import DomainError
from console.element_neighbours import broken_bar, neighbour_bar
from elements.list_page import registry_named
from elements.selectors.detail import visible_element


class ElementNeighboursView(LoginRequiredMixin, View):
    """GET `list=<registry>` and the list's own parameters: the bar, a fragment. A foreign element answers like a missing one."""

    def get(self, request: HttpRequest, element_id: int) -> HttpResponse:
        element = visible_element(element_id, request.user)
        registry = registry_named(request.GET.get("list", ""))
        try:
            context = neighbour_bar(element.pk, registry, request.GET, request.user)
        except DomainError as error:
            context = broken_bar(registry, error)
        return render(request, "console/element_neighbours.html", context)
