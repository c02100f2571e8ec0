"""Keeping and forgetting filters of lists."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.errors import NotAllowed
from common.scope import Right
from elements.list_page import registry_named
from elements.services.saved_filters import delete_filter, save_filter


class SaveFilterView(LoginRequiredMixin, View):
    """POST `name`, `query`, `is_shared`, `is_default` → the list with that filter."""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        registry = registry_named(name)
        if Right.READ not in request.user.scope.rights:
            raise NotAllowed
        saved = save_filter(
            list_name=registry.name,
            name=request.POST.get("name", ""),
            query=request.POST.get("query", ""),
            is_shared="is_shared" in request.POST,
            is_default="is_default" in request.POST,
            actor=request.user,
            now=clock.now(),
        )
        messages.success(request, _("已保存筛选“%(name)s”。") % {"name": saved.name})
        return HttpResponseRedirect(f"{reverse('elements:list', args=[registry.name])}?filter={saved.pk}")


class DeleteFilterView(LoginRequiredMixin, View):
    """POST → the list without it."""

    def post(self, request: HttpRequest, filter_id: int) -> HttpResponse:
        list_name = delete_filter(filter_id=filter_id, actor=request.user)
        messages.success(request, _("已删除该筛选。"))
        return HttpResponseRedirect(f"{reverse('elements:list', args=[list_name])}?filter=none")
