"""Pages of suspected duplicates: the list, one pair side by side, and what people decide about them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from common.models import Job
from console import duplicate_page
from console.selectors import pair_list
from console.selectors.pair import compared
from elements import list_page
from elements.choices import ElementKind, PairState
from elements.filters import Count
from elements.list_view import ListView
from elements.models import DuplicatePair, Merge
from elements.pair_filters import filtered_pairs
from elements.selectors import pair_pages
from elements.selectors.detail import visible_element
from elements.selectors.keyset_pages import RowPage
from elements.selectors.merges import visible_merge
from elements.services.duplicates import FIND_DUPLICATES, judge_pairs, merge_pairs, request_search, suggested
from elements.services.merges import undo_merge


class DuplicateListView(ListView):
    """GET: pairs in scope; the tabs choose the state. It opens with the undecided."""

    title, list_name, export = gettext_lazy("疑似重复"), pair_pages.LIST_NAME, pair_pages.LIST_NAME
    template_name, rows_template = "console/duplicates.html", "console/duplicate_rows.html"
    clear_url, columns = "?state=PROPOSED", duplicate_page.COLUMNS
    extra = {"hidden_filter": "state"}
    filtered, rows = staticmethod(filtered_pairs), staticmethod(pair_list.pair_rows)
    order_of, read_page = staticmethod(pair_pages.order_of), staticmethod(pair_pages.read_page)

    def query_of(self, request: HttpRequest) -> QueryDict:
        data = request.GET.copy()
        data["state"] = duplicate_page.state_of(data).value
        return data

    def count_text(self, _pairs: QuerySet[DuplicatePair], _page: RowPage[DuplicatePair]) -> str:
        """Said by `_judging`: the tabs count every state."""
        return ""

    def listed(self, request: HttpRequest) -> dict[str, Any]:
        context = super().listed(request)
        return context | self._judging(request, self.query_of(request), context)

    def _judging(self, request: HttpRequest, data: QueryDict, context: dict[str, Any]) -> dict[str, Any]:
        """The tabs, and what the reader may decide."""
        user, shown = request.user, PairState(data["state"])
        tabs = pair_list.state_tabs(data, user, shown)
        count = next(tab["count"] for tab in tabs if tab["active"])
        may_decide = duplicate_page.may_decide(user)
        may_judge = may_decide and shown in pair_list.OPEN_STATES
        state_label = context["filterset"].filters["state"].label
        return {
            "tabs": tabs,
            "shown_state": shown,
            "hidden_value": shown,
            "columns": [head for head in context["columns"] if head["name"] != "choose" or may_judge],
            "count": count,
            "count_text": _("共 %(count)s 对") % {"count": Count(count, False)},
            "chips": [chip for chip in context["chips"] if chip["label"] != state_label],
            "query": list_page.with_parameters(data).removeprefix("?"),
            "may_judge": may_judge,
            "may_search": may_decide,
            "job": self._job(request),
            "result": duplicate_page.take_result(request),
        }

    def _job(self, request: HttpRequest) -> dict[str, Any] | None:
        job = duplicate_page.last_search() if duplicate_page.may_decide(request.user) else None
        if job is None or (job.is_finished and str(job.pk) != request.GET.get("job")):
            return None
        return duplicate_page.search_progress(job)


class DuplicateView(LoginRequiredMixin, View):
    """GET: one pair side by side. A pair with a foreign element answers like a missing one."""

    def get(self, request: HttpRequest, pair_id: int) -> HttpResponse:
        user = request.user
        pair = pair_list.visible_pair(pair_id, user)
        request.navigation_path = reverse("console:duplicates")
        data = request.GET.copy()
        data.setdefault("state", pair.state)
        query = urlencode({k: v for k, v in data.items() if k not in ("cursor", "keep")})
        left, right = (visible_element(pk, user) for pk in (pair.low_id, pair.high_id))
        context = compared(left, right, user) | {
            "page_title": _("疑似重复 #%(number)s") % {"number": pair.pk},
            "breadcrumbs": [{"label": _("疑似重复"), "url": duplicate_page.pair_url(None, query)}],
            "pair": pair,
            "grounds": pair_list.grounds(pair),
            "keep_id": suggested(pair)[0],
            "query": query,
            "may_merge": duplicate_page.may_decide(user) and pair_list.is_open(pair),
            "merge_made": Merge.objects.filter(keep__in=(left, right), drop__in=(left, right), undone_at=None).first(),
            "result": duplicate_page.take_result(request),
        }
        return render(request, "console/duplicate.html", context | pair_list.neighbours(pair, data, user))


class JudgeView(LoginRequiredMixin, View):
    """POST `act` (merge or a state), `pair` ids or `all`, `reason` or `note`: decides, and leads on with what became of it."""

    def post(self, request: HttpRequest) -> HttpResponse:
        act, query = request.POST.get("act", ""), request.POST.get("query", "")
        ahead = _page(request, "following")
        try:
            ids = self._chosen(request, act, query)
            self._merge(request, ids) if act == "merge" else self._judge(request, ids, act)
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            duplicate_page.keep_result(request, str(error.message), level="error")
            ahead = _page(request, "here")
        return HttpResponseRedirect(ahead)

    def _chosen(self, request: HttpRequest, act: str, query: str) -> list[int]:
        if not duplicate_page.may_decide(request.user):
            raise NotAllowed
        if not request.POST.get("all"):
            ids = duplicate_page.numbers_in(request.POST.getlist("pair"))
            if not ids:
                raise DomainError("NO_PAIRS", _("请先勾选要处理的疑似重复。"))
            return ids
        expected = duplicate_page.numbers_in([request.POST.get("count", "")])
        limit = pair_list.MAX_MERGES if act == "merge" else pair_list.MAX_JUDGED
        return pair_list.all_matching(QueryDict(query), request.user, expected=sum(expected), limit=limit)

    def _merge(self, request: HttpRequest, ids: list[int]) -> None:
        result = merge_pairs(
            pair_ids=ids, reason=request.POST.get("reason", ""), actor=request.user, now=clock.now()
        )  # fmt: skip
        level, text = duplicate_page.worded_merges(result)
        duplicate_page.keep_result(request, text, level=level, undo=duplicate_page.undo_of_merges(result.merges))

    def _judge(self, request: HttpRequest, ids: list[int], act: str) -> None:
        if act not in PairState.values:
            raise DomainError("PAIR_STATE", _("没有这种处理方式，请从按钮中选择。"))
        was = set(DuplicatePair.objects.filter(pk__in=ids).values_list("state", flat=True))
        count = judge_pairs(
            pair_ids=ids, state=PairState(act), note=request.POST.get("note", ""), actor=request.user, now=clock.now()
        )
        undo = duplicate_page.undo_of_judgement(ids, PairState(was.pop())) if len(was) == 1 else {}
        duplicate_page.keep_result(request, duplicate_page.worded_judgement(count, PairState(act)), undo=undo)


def _page(request: HttpRequest, field: str) -> str:
    """The pair that a field of the form names, with the query of its list; without one the list."""
    pair_ids = duplicate_page.numbers_in([request.POST.get(field, "")])
    return duplicate_page.pair_url(pair_ids[0] if pair_ids else None, request.POST.get("query", ""))


class UndoJudgementView(LoginRequiredMixin, View):
    """POST `merges`, or `pairs` with the `state` they had: takes back what was just decided."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if not duplicate_page.may_decide(request.user):
            raise NotAllowed
        merges = duplicate_page.numbers_in(request.POST.getlist("merges"))
        pairs = duplicate_page.numbers_in(request.POST.getlist("pairs"))
        try:
            done = self._undo_merges(request, merges) if merges else self._put_back(request, pairs)
            duplicate_page.keep_result(request, _("已撤销 %(count)s 对的处理。") % {"count": done})
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            duplicate_page.keep_result(request, str(error.message), level="error")
        return HttpResponseRedirect(_page(request, "here"))

    def _undo_merges(self, request: HttpRequest, merge_ids: list[int]) -> int:
        for merge_id in merge_ids:
            undo_merge(merge=visible_merge(merge_id, request.user), actor=request.user, now=clock.now())
        return len(merge_ids)

    def _put_back(self, request: HttpRequest, pair_ids: list[int]) -> int:
        state = duplicate_page.state_of(request.POST)
        return judge_pairs(pair_ids=pair_ids, state=state, note="", actor=request.user, now=clock.now())


class SearchDuplicatesView(LoginRequiredMixin, View):
    """POST `kind` (blank: all): asks for the search and leads to the list, which shows how far it is."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if not duplicate_page.may_decide(request.user):
            raise NotAllowed
        kind = request.POST.get("kind", "")
        if kind and kind not in ElementKind.values:
            raise NotVisible
        job = request_search(ElementKind(kind) if kind else None)
        return HttpResponseRedirect(f"{reverse('console:duplicates')}?{urlencode({'kind': kind, 'job': job.pk})}")


class SearchProgressView(LoginRequiredMixin, View):
    """GET: how far the search is, for htmx."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not duplicate_page.may_decide(request.user):
            raise NotAllowed
        number = duplicate_page.numbers_in([request.GET.get("job", "")])
        job = Job.objects.filter(kind=FIND_DUPLICATES, pk__in=number).first()
        if job is None:
            raise NotVisible
        return render(request, "includes/progress.html", {"job": duplicate_page.search_progress(job)})
