"""Global search: POST, then a page whose URL carries only a random token."""

from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.audit import record_audit
from common.errors import NotAllowed
from common.scope import Right
from console.selectors import search as selectors
from elements.list_page import SEARCH_LABELS
from elements.selectors.searches import load_search, save_search


class SearchView(LoginRequiredMixin, View):
    """POST `q`, optionally `next=map`: keeps the search and leads to its results. GET: recent searches."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {"page_title": _("搜索"), "recent": _recent(request)}
        return render(request, "console/search_recent.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if Right.READ not in user.scope.rights:
            raise NotAllowed
        now = clock.now()
        saved = save_search(text=request.POST.get("q", ""), user=user, now=now)
        record_audit(
            actor_id=user.pk, verb="SEARCHED", subject_table="elements_savedsearch", subject_id=saved.pk, now=now
        )
        return HttpResponseRedirect(_target(request.POST.get("next", ""), saved.token))


class SearchResultsView(LoginRequiredMixin, View):
    """GET: what the search of a token finds, by type; the token is its owner's alone."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        user = request.user
        if Right.READ not in user.scope.rights:
            raise NotAllowed
        searches = load_search(token=token, user=user)
        groups, addresses, address_count = selectors.results(token, user)
        context = {
            "page_title": _("搜索结果"),
            "text": searches[0].text,
            "kinds": [SEARCH_LABELS[search.what] for search in searches],
            "groups": groups,
            "addresses": addresses,
            "address_count": address_count,
            "token": token,
            "recent": _recent(request),
        }
        return render(request, "console/search.html", context)


def _recent(request: HttpRequest) -> list[dict[str, object]]:
    return [
        {**row, "kinds": [SEARCH_LABELS[what] for what in row["kinds"]]}
        for row in selectors.recent_searches(request.user)
    ]


def _target(wanted: str, token: str) -> str:
    """The map when it was asked for, else the page of results."""
    if wanted == "map":
        return f"{reverse('map:page')}?search={token}"
    return reverse("console:search-results", args=[token])
