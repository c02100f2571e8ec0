"""Kept filters of lists: their menu, keeping one, forgetting one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.errors import NotAllowed
from common.scope import Right
from console.saved_lists import saved_list
from elements.filters import capped_count
from elements.selectors.saved_filters import NO_FILTER, saved_filters
from elements.services.saved_filters import delete_filter, save_filter


class SavedFilterMenuView(LoginRequiredMixin, View):
    """GET: fragment with the filters that a reader may use on a list, each with its count. Loaded when the menu opens."""

    LIMIT = 12

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        chosen, user = saved_list(name), request.user
        items = [
            {
                "saved": one,
                "count": capped_count(chosen.rows(QueryDict(one.query), user)),
                "is_own": one.user_id == user.pk,
            }
            for one in saved_filters(user, name)[: self.LIMIT]
        ]
        return render(request, "includes/saved_filter_menu.html", {"items": items, "list_url": chosen.url})


class SaveFilterView(LoginRequiredMixin, View):
    """POST `name`, `query`, `is_shared`, `is_default` → the list with that filter."""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        chosen = saved_list(name)
        if Right.READ not in request.user.scope.rights:
            raise NotAllowed
        saved = save_filter(
            list_name=name,
            name=request.POST.get("name", ""),
            query=request.POST.get("query", ""),
            is_shared="is_shared" in request.POST,
            is_default="is_default" in request.POST,
            actor=request.user,
            now=clock.now(),
        )
        messages.success(request, _("已保存筛选“%(name)s”。") % {"name": saved.name})
        return HttpResponseRedirect(f"{chosen.url}?filter={saved.pk}")


class DeleteFilterView(LoginRequiredMixin, View):
    """POST → the list without it."""

    def post(self, request: HttpRequest, filter_id: int) -> HttpResponse:
        list_name = delete_filter(filter_id=filter_id, actor=request.user)
        messages.success(request, _("已删除该筛选。"))
        return HttpResponseRedirect(f"{saved_list(list_name).url}?filter={NO_FILTER}")
