"""Pages of merges: two elements before they are merged, the ledger, one merge, and taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Right
from console import duplicate_page
from console.element_page import frame_of
from console.selectors import merge_list
from console.selectors.merge_preview import merge_preview
from console.selectors.pair import both_places, compared
from console.views.streaming import stream
from elements import list_page
from elements.filters import Count
from elements.models import Element, Merge
from elements.pair_filters import filtered_merges
from elements.selectors.detail import visible_element
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.merges import later_merge, moved_counts, visible_merge, worded_key
from elements.selectors.searches import load_search, save_search
from elements.services.merges import merge_elements, undo_merge
from exchange.exporters.elements_table import CHUNK_ROWS, Cell
from exchange.exporters.merges_csv import export_merges, merge_cells

_COLUMNS = [
    {"name": "decided_at", "label": gettext_lazy("合并时间"), "is_locked": True},
    {"name": "keep", "label": gettext_lazy("保留"), "is_locked": True},
    {"name": "drop", "label": gettext_lazy("并入"), "is_locked": True},
    {"name": "reason", "label": gettext_lazy("理由")},
    {"name": "moved", "label": gettext_lazy("转移内容")},
    {"name": "actor", "label": gettext_lazy("决定人")},
    {"name": "standing", "label": gettext_lazy("合并状态")},
    {"name": "undo", "label": gettext_lazy("操作")},
]


class MergeListView(LoginRequiredMixin, View):
    """GET: merges whose remaining element is in scope, newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        request.navigation_path = reverse("console:duplicates")
        context: dict[str, Any] = {
            "page_title": _("合并台账"), "list_name": merge_list.LIST_NAME, "rows_template": "console/merge_rows.html",
            "filter_template": "console/duplicate_filters.html", "clear_url": "?", "may_merge": duplicate_page.may_decide(request.user),
        }  # fmt: skip
        if Right.READ not in request.user.scope.rights:
            return render(request, "console/merges.html", {**context, "state": "no_permission"}, status=403)
        try:
            context |= self._rows(request)
        except DomainError as error:
            shown = {"code": error.code, "message": error.message, "retry_url": context["clear_url"],
                     "next_step": _("点“重试”清空条件，从头再来。")}  # fmt: skip
            context |= {"state": "error", "error": shown}
            return render(request, "console/merges.html", context, status=error.status)
        return render(request, "console/merges.html", context)

    def _rows(self, request: HttpRequest) -> dict[str, Any]:
        data, user = request.GET, request.user
        merges, filterset = filtered_merges(data, user)
        order, size = merge_list.order_of(data.get("sort", "")), list_page.page_size_of(data)
        page = merge_list.read_page(merges, order=order, size=size, cursor=data.get("cursor", ""))
        list_page.prepare_form(filterset, user)
        return {
            "columns": _COLUMNS,
            "rows": merge_list.merge_rows(page.rows, user),
            "pager": list_page.pager(page, data, size),  # type: ignore[arg-type]
            "count_text": _("共 %(count)s 次合并") % {"count": Count(merges.count(), False)},
            "chips": list_page.chips(filterset, data, user),  # type: ignore[arg-type]
            "filterset": filterset,
            "export_link": f"{reverse('console:merge-export')}?{data.urlencode()}"
            if Right.EXPORT in user.scope.rights
            else "",
            "result": duplicate_page.take_result(request),
        }


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


class MergeNewView(LoginRequiredMixin, View):
    """GET `keep`, `drop`: the two side by side; without `drop` the search for it. POST with `reason`: merges."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not duplicate_page.may_decide(request.user):
            raise NotAllowed
        keep = visible_element(_number(request.GET.get("keep", "")), request.user)
        if "drop" not in request.GET:
            return render(request, "console/merge_search.html", self._search(request, keep))
        drop = visible_element(_number(request.GET["drop"]), request.user)
        return render(request, "console/merge_new.html", two_elements(request, keep, drop))

    def post(self, request: HttpRequest) -> HttpResponse:
        keep_id, drop_id = (_number(request.POST.get(name, "")) for name in ("keep", "drop"))
        try:
            merge = merge_elements(
                keep_id=keep_id, drop_id=drop_id, reason=request.POST.get("reason", ""), actor=request.user, now=clock.now()
            )  # fmt: skip
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            duplicate_page.keep_result(request, str(error.message), level="error")
            return HttpResponseRedirect(self._behind(request, keep_id, drop_id))
        undo = duplicate_page.undo_of_merges([merge])
        duplicate_page.keep_result(request, _("已合并，编号 %(number)s。") % {"number": merge.pk}, undo=undo)
        return HttpResponseRedirect(self._ahead(request, merge))

    def _search(self, request: HttpRequest, keep: Element) -> dict[str, Any]:
        context = frame_of(keep, request.user) | {
            "page_title": _("与其他要素合并"), "token": request.GET.get("search", ""),
            "result": duplicate_page.take_result(request),
        }  # fmt: skip
        request.navigation_path = reverse("elements:list", args=[context["registry"].name])
        if not context["token"]:
            return context
        found, has_more = merge_list.candidates(keep, context["token"], request.user)
        in_full = may_read_names(request.user)
        rows = [{"element": one, "label": shown_label(one.kind, one.label, in_full=in_full)} for one in found]
        return context | {"candidates": rows, "has_more": has_more, "text": load_search(token=context["token"], user=request.user)[0].text}  # fmt: skip

    def _behind(self, request: HttpRequest, keep_id: int, drop_id: int) -> str:
        if here := duplicate_page.numbers_in([request.POST.get("here", "")]):
            return duplicate_page.pair_url(here[0], request.POST.get("query", ""))
        return f"{reverse('console:merge-new')}?{urlencode({'keep': keep_id, 'drop': drop_id})}"

    def _ahead(self, request: HttpRequest, merge: Merge) -> str:
        if "here" not in request.POST:
            return reverse("console:merge", args=[merge.pk])
        following = duplicate_page.numbers_in([request.POST.get("following", "")])
        return duplicate_page.pair_url(following[0] if following else None, request.POST.get("query", ""))


def _number(text: str) -> int:
    found = duplicate_page.numbers_in([text])
    if not found:
        raise NotVisible
    return found[0]


def two_elements(request: HttpRequest, keep: Element, drop: Element) -> dict[str, Any]:
    """Context of two chosen elements side by side.

    Raises:
        DomainError: they are one, or of two kinds.
    """
    if keep.pk == drop.pk:
        raise DomainError("MERGE_SAME", _("同一个要素不能与自己合并。"))
    if keep.kind != drop.kind:
        raise DomainError("MERGE_KINDS", _("种类不同的要素不能合并。"))
    frame = frame_of(keep, request.user)
    request.navigation_path = reverse("elements:list", args=[frame["registry"].name])
    here = {"label": frame["label"], "url": reverse("console:element", args=[keep.pk])}
    return compared(keep, drop, request.user) | {
        "page_title": _("合并两个要素"),
        "breadcrumbs": [*frame["breadcrumbs"], here],
        "keep_id": keep.pk,
        "may_merge": True,
        "result": duplicate_page.take_result(request),
    }


class MergePreviewView(LoginRequiredMixin, View):
    """GET `keep`, `drop`: what the merge would do, a fragment; nothing stays of the rehearsal."""

    def get(self, request: HttpRequest) -> HttpResponse:
        keep_id, drop_id = (_number(request.GET.get(name, "")) for name in ("keep", "drop"))
        try:
            context = merge_preview(keep_id=keep_id, drop_id=drop_id, user=request.user, now=clock.now())
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            return render(request, "console/merge_preview.html", {"refusal": error.message})
        return render(request, "console/merge_preview.html", context)


class MergePlacesView(LoginRequiredMixin, View):
    """GET `keep`, `drop`: GeoJSON of both for the small map."""

    def get(self, request: HttpRequest) -> JsonResponse:
        first, second = (visible_element(_number(request.GET.get(n, "")), request.user) for n in ("keep", "drop"))
        response = JsonResponse(both_places(first, second))
        response["Cache-Control"] = "private, no-cache"
        return response


class MergeSearchView(LoginRequiredMixin, View):
    """POST `keep`, `q`: keeps the search and leads back; the URL carries only its token."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if not duplicate_page.may_decide(request.user):
            raise NotAllowed
        keep = visible_element(_number(request.POST.get("keep", "")), request.user)
        now = clock.now()
        asked = {"keep": str(keep.pk)}
        try:
            saved = save_search(text=request.POST.get("q", ""), user=request.user, now=now)
        except DomainError as error:
            duplicate_page.keep_result(request, str(error.message), level="error")
        else:
            asked["search"] = saved.token
            record_audit(
                actor_id=request.user.pk, verb="SEARCHED", subject_table="elements_savedsearch", subject_id=saved.pk, now=now
            )  # fmt: skip
        return HttpResponseRedirect(f"{reverse('console:merge-new')}?{urlencode(asked)}")


class MergeExportView(LoginRequiredMixin, View):
    """GET: the ledger with the same query as CSV; the audit row stands before a byte leaves."""

    def get(self, request: HttpRequest) -> StreamingHttpResponse:
        user = request.user
        if Right.EXPORT not in user.scope.rights:
            raise NotAllowed
        merges, filterset = filtered_merges(request.GET, user)
        now = clock.now()
        filters = sorted(name for name, value in filterset.form.cleaned_data.items() if value not in (None, ""))
        record_audit(
            actor_id=user.pk, verb="EXPORTED", subject_table="elements_merge", fields=filters, count=merges.count(), now=now
        )  # fmt: skip
        at = timezone.localtime(now)
        rows = _cell_chunks(merges, user, f"{user.get_username()} {at:%Y-%m-%d %H:%M}")
        response = stream(request, export_merges(rows), content_type="text/csv; charset=utf-8")
        name = quote(f"合并台账_{at:%Y%m%d-%H%M}_{user.get_username()}.csv")
        response["Content-Disposition"] = f"attachment; filename=\"export.csv\"; filename*=UTF-8''{name}"
        response["Cache-Control"] = "no-store"
        return response


def _cell_chunks(merges: QuerySet[Merge], user: Any, mark: str) -> Iterator[list[list[Cell]]]:
    """Cells of some merges at a time, newest first."""
    order, cursor = merge_list.order_of(""), ""
    while True:
        page = merge_list.read_page(merges, order=order, size=CHUNK_ROWS, cursor=cursor)
        yield [_cells(row, mark) for row in merge_list.merge_rows(page.rows, user)]
        if page.next_cursor is None:
            return
        cursor = page.next_cursor


def _cells(row: dict[str, Any], mark: str) -> list[Cell]:
    merge = row["merge"]
    return merge_cells(
        number=merge.pk, kind=str(row["kind"]), keep=(row["keep_label"], merge.keep_id), drop=(row["drop_label"], merge.drop_id),
        reason=merge.reason, moved=row["moved"], decided=(row["actor"], merge.decided_at),
        undone=(row["undone_by"], merge.undone_at), mark=mark,
    )  # fmt: skip
