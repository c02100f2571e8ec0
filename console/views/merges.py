"""Pages of merges: the ledger, one merge, and taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.errors import Conflict
from console import duplicate_page
from console.selectors import merge_list
from elements.filters import Count
from elements.list_view import ListColumn, ListView
from elements.models import Merge
from elements.pair_filters import filtered_merges
from elements.selectors.masking import may_read_names
from elements.selectors.merges import later_merge, moved_counts, visible_merge, worded_key
from elements.services.merges import undo_merge


class MergeListView(ListView):
    """GET: merges whose remaining element is in scope, newest first."""

    title, list_name, export = gettext_lazy("合并台账"), merge_list.LIST_NAME, merge_list.LIST_NAME
    template_name, rows_template = "console/merges.html", "console/merge_rows.html"
    filtered, rows = staticmethod(filtered_merges), staticmethod(merge_list.merge_rows)
    order_of, read_page = staticmethod(merge_list.order_of), staticmethod(merge_list.read_page)
    count_words = gettext_lazy("共 %(count)s 次合并")
    columns = (
        ListColumn("decided_at", gettext_lazy("合并时间"), is_locked=True),
        ListColumn("keep", gettext_lazy("保留"), is_locked=True),
        ListColumn("drop", gettext_lazy("并入"), is_locked=True),
        ListColumn("reason", gettext_lazy("理由")),
        ListColumn("moved", gettext_lazy("转移内容")),
        ListColumn("actor", gettext_lazy("决定人")),
        ListColumn("standing", gettext_lazy("合并状态")),
        ListColumn("undo", gettext_lazy("操作")),
    )

    def frame(self, request: HttpRequest) -> dict[str, Any]:
        request.navigation_path = reverse("console:duplicates")
        return super().frame(request) | {"may_merge": duplicate_page.may_decide(request.user)}

    def count(self, merges: QuerySet[Merge]) -> Count:
        return Count(merges.count(), False)

    def listed(self, request: HttpRequest) -> dict[str, Any]:
        return super().listed(request) | {"result": duplicate_page.take_result(request)}


def merge_context(request: HttpRequest, merge: Merge) -> dict[str, Any]:
    """What the page of one merge shows."""
    user = request.user
    request.navigation_path = reverse("console:duplicates")
    in_full = may_read_names(user)
    return {
        "page_title": _("合并 #%(number)s") % {"number": merge.pk},
        "breadcrumbs": [{"label": _("合并台账"), "url": reverse("console:merges")}],
        "row": merge_list.merge_rows([merge], user)[0],
        "moves": moved_counts(merge.lineage.all()),
        "keys": [worded_key(scheme, value, in_full=in_full) for scheme, value, _from in merge.keys],
        "may_merge": duplicate_page.may_decide(user),
        "result": duplicate_page.take_result(request),
    }


class MergeView(LoginRequiredMixin, View):
    """GET: one merge. A foreign one answers like a missing one."""

    def get(self, request: HttpRequest, merge_id: int) -> HttpResponse:
        return render(request, "console/merge.html", merge_context(request, visible_merge(merge_id, request.user)))


class UndoMergeView(LoginRequiredMixin, View):
    """POST: takes the merge back; what stands against it comes back in words, with the merge to undo first."""

    def post(self, request: HttpRequest, merge_id: int) -> HttpResponse:
        merge = visible_merge(merge_id, request.user)
        try:
            undo_merge(merge=merge, actor=request.user, now=clock.now())
        except Conflict as error:
            context = merge_context(request, visible_merge(merge_id, request.user))
            context |= {"refusal": error.message, "later": later_merge(merge)}
            return render(request, "console/merge.html", context, status=error.status)
        duplicate_page.keep_result(request, _("已撤销合并 #%(number)s，两个要素恢复原样。") % {"number": merge.pk})
        return HttpResponseRedirect(reverse("console:merge", args=[merge.pk]))
