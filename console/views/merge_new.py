"""Pages of a merge before it is made: two elements side by side, its preview, the search for the other one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.audit import record_audit
from common.errors import DomainError, NotAllowed, NotVisible
from console import duplicate_page
from console.element_page import frame_of
from console.selectors import merge_list
from console.selectors.merge_preview import merge_preview
from console.selectors.pair import both_places, compared
from elements.models import Element, Merge
from elements.selectors.detail import visible_element
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.searches import load_search, save_search
from elements.services.merges import merge_elements


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
