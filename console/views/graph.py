"""The relations of an element over two hops: the fragment of its tab, and the same for machines."""

from __future__ import annotations

import orjson
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.permissions import requires
from common.scope import Right
from console.element_graph import graph_context, graph_json, graph_of
from console.element_page import frame_of
from console.element_tabs import RELATIONS, tab_links, tabs_of
from console.selectors.merge_list import merge_frame
from elements.selectors import detail


class GraphView(LoginRequiredMixin, View):
    """GET /elements/<id>/relations/?type=&current=: the panel, for htmx; without it the page with the panel."""

    def get(self, request: HttpRequest, element_id: int) -> HttpResponse:
        element = detail.visible_element(element_id, request.user)
        context = graph_context(element, request.user, request.GET)
        if request.headers.get("HX-Request"):
            return render(request, RELATIONS.template, context)
        frame = frame_of(element, request.user) | merge_frame(element, request.user)
        request.navigation_path = reverse("elements:list", args=[frame["registry"].name])
        base = reverse("console:element", args=[element.pk])
        tabs = tab_links(tabs_of(element, request.user), RELATIONS)
        for tab in tabs:
            tab["url"] = base + tab["url"]
        return render(request, "console/element.html", frame | context | {"tabs": tabs, "panel": RELATIONS.template})


class GraphApiView(APIView):
    """GET /api/v1/elements/<id>/relations/?hops=2&type=&current=: nodes and edges; a foreign element answers 404."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(responses={200: OpenApiTypes.OBJECT, 400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT})
    def get(self, request: Request, element_id: int) -> HttpResponse:
        element = detail.visible_element(element_id, request.user)
        graph = graph_of(element, request.user, request.query_params)
        response = HttpResponse(orjson.dumps(graph_json(graph)), content_type="application/json")
        response["Cache-Control"] = "private, no-store"
        return response
