"""Pages of the registries."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.audit import record_audit
from common.errors import DomainError
from common.scope import Right
from elements import list_page
from elements.filters import Count, capped_count, filtered_elements
from elements.list_page import page_size_of, registry_named
from elements.models import ClaimBatch
from elements.registries import Registry
from elements.selectors.lists import fill_read, order_of, read_page
from elements.selectors.saved_filters import NO_FILTER, default_filter, with_saved_filter
from elements.selectors.searches import save_search
from elements.services.registering import ENTRY_FORMS, may_register

MAP_URL_NAME = "map:page"


def _map_url(registry: Registry, query: str) -> str:
    """The map with the same filter, or "" where the map is not installed."""
    try:
        return f"{reverse(MAP_URL_NAME)}?registry={registry.name}&{query}".rstrip("&")
    except NoReverseMatch:
        return ""


class RegistryListView(LoginRequiredMixin, View):
    """A registry as a list. GET; filters, order and place stand in the URL."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        registry = registry_named(name)
        context: dict[str, Any] = {
            "registry": registry,
            "page_title": registry.label,
            "list_name": registry.name,
            "rows_template": "elements/list_rows.html",
            "filter_template": "elements/list_filters.html",
            "clear_url": f"?filter={NO_FILTER}",
            "register_url": self._register_url(registry, request.user),
        }
        if Right.READ not in request.user.scope.rights:
            return render(request, "elements/list.html", {**context, "state": "no_permission"}, status=403)
        if not request.GET and (saved := default_filter(request.user, registry.name)):
            return HttpResponseRedirect(f"?filter={saved.pk}")
        try:
            context |= self._rows(request, registry)
        except DomainError as error:
            shown = {"code": error.code, "message": error.message, "retry_url": context["clear_url"]}
            shown["next_step"] = _("点“重试”清空条件，从头再来。")
            return render(
                request, "elements/list.html", {**context, "state": "error", "error": shown}, status=error.status
            )
        return render(request, "elements/list.html", context)

    def _rows(self, request: HttpRequest, registry: Registry) -> dict[str, Any]:
        user = request.user
        data, saved = with_saved_filter(request.GET, list_name=registry.name, user=user)
        queryset, filterset = filtered_elements(registry, data, user, with_form=True)
        order = order_of(registry, data.get("sort", ""), user)
        size = page_size_of(data)
        page = read_page(queryset, registry=registry, order=order, size=size, cursor=data.get("cursor", ""), user=user)
        fill_read(page.rows, registry=registry, user=user)
        count = Count(len(page.rows), False) if page.is_whole else capped_count(queryset)
        query = list_page.with_parameters(data, page_size=None, filter=None).removeprefix("?")
        as_of = ClaimBatch.objects.filter(kind=registry.kind, state=ClaimBatch.State.APPLIED).order_by("-pk").first()
        list_page.prepare_form(filterset, user)
        return {
            "columns": list_page.head(registry, order, data, user),
            "rows": list_page.worded_rows(registry, page.rows),
            "element_query": list_page.element_query(registry, request.GET),
            "pager": list_page.pager(page, data, size),
            "count_text": _("共 %(count)s 条") % {"count": count}
            if not count.is_capped
            else _("%(count)s 条") % {"count": count},
            "chips": list_page.chips(filterset, data, user),
            "filterset": filterset,
            "saved": saved,
            "query": query,
            "as_of": as_of.created_at if as_of else None,
            "map_url": _map_url(registry, query),
            "export_url": self._export_url(registry, query, user),
            "may_save": bool(query),
            "bulk_url": self._bulk_url(registry, user),
            "bulk_count": "" if count.is_capped else count.value,
        }

    def _bulk_url(self, registry: Registry, user: Any) -> str:
        """The form that corrects the chosen rows, or "" for who may not."""
        return reverse("console:bulk-form", args=[registry.name]) if Right.CORRECT in user.scope.rights else ""

    def _register_url(self, registry: Registry, user: Any) -> str:
        """The form of a new element, or "" for who may not and for what is not entered by hand."""
        may = registry.name in ENTRY_FORMS and may_register(user)
        return reverse("console:register", args=[registry.name]) if may else ""

    def _export_url(self, registry: Registry, query: str, user: Any) -> str:
        if Right.EXPORT not in user.scope.rights:
            return ""
        return f"{reverse('console:export', args=[registry.name])}?{query}"


class RegistrySearchView(LoginRequiredMixin, View):
    """POST `q` (and `query`, the list's own parameters): the search goes into a token, the token into the URL."""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        registry = registry_named(name)
        now = clock.now()
        search = save_search(text=request.POST.get("q", ""), user=request.user, now=now)
        record_audit(
            actor_id=request.user.pk,
            verb="SEARCHED",
            subject_table="elements_savedsearch",
            subject_id=search.pk,
            now=now,
        )
        data = QueryDict(request.POST.get("query", "")[:1000], mutable=True)
        url = reverse("elements:list", args=[registry.name])
        return HttpResponseRedirect(url + list_page.with_parameters(data, search=search.token))
