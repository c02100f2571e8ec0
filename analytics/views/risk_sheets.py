"""Risk sheets: the list and the beginning of a new one."""

from __future__ import annotations

from collections.abc import Sequence
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

from analytics.choices import RiskState
from analytics.models import RiskSheet
from analytics.reports.risk_sheets import draft_sheet
from analytics.risk_filters import filtered_sheets
from analytics.risk_forms import DistrictForm
from analytics.selectors import risk_sheets as reading
from analytics.selectors.reports import may_write
from common import clock
from common.errors import Conflict, NotAllowed
from elements.list_view import ListColumn, ListView
from elements.models import Element
from elements.selectors.keyset_pages import RowPage
from elements.selectors.paging import Order
from tagging.selectors.grade_list import points_text

LIST_URL = "analytics:risk-sheets"
STATE_LEVELS = {RiskState.DRAFT: "idle", RiskState.WAITING: "warn", RiskState.SIGNED: "ok"}
# What the head of the list counts: label, filter, badge.
_TILES = (
    (gettext_lazy("现行评估表"), {"standing": "in_force"}, "note"),
    (gettext_lazy("逾期未复评"), {"review": "overdue"}, "bad"),
    (gettext_lazy("30天内复评"), {"review": "soon"}, "warn"),
    (gettext_lazy("有逾期措施"), {"measures": "late"}, "bad"),
    (gettext_lazy("待签发"), {"state": "WAITING"}, "warn"),
)


class RiskSheetListView(ListView):
    """GET: sheets of subjects inside the reader's scope."""

    title, list_name = gettext_lazy("风险评估"), reading.LIST_NAME
    template_name, rows_template = "analytics/risk_sheets.html", "analytics/risk_sheet_rows.html"
    export = reading.LIST_NAME
    count_words, capped_words = gettext_lazy("共 %(count)s 份评估表"), gettext_lazy("%(count)s 份评估表")
    extra = {
        "empty_title": gettext_lazy("还没有风险评估表"),
        "empty_text": gettext_lazy("点“新评估”选警务区；道路和单位在它的页面上点“风险评估”。"),
    }
    columns = (
        ListColumn("subject", gettext_lazy("对象"), is_locked=True),
        ListColumn("kind", gettext_lazy("种类")),
        ListColumn("level", gettext_lazy("风险等级")),
        ListColumn("score", gettext_lazy("得分"), is_numeric=True),
        ListColumn("state", gettext_lazy("状态")),
        ListColumn("review_on", gettext_lazy("复评日期")),
        ListColumn("measures", gettext_lazy("措施完成"), is_numeric=True),
        ListColumn("edition", gettext_lazy("版次"), is_numeric=True),
        ListColumn("as_of", gettext_lazy("数据截至"), is_sortable=True, is_best_first=True),
    )

    def frame(self, request: HttpRequest) -> dict[str, Any]:
        user: Any = request.user
        return super().frame(request) | {"may_write": may_write(user), "tiles": self._tiles(user)}

    def _tiles(self, user: Any) -> list[dict[str, Any]]:
        if not self.may_see(user):
            return []
        tiles = []
        for label, params, level in _TILES:
            count = filtered_sheets(QueryDict(urlencode(params)), user)[0].count()
            tiles.append({
                "label": label, "value": count, "count": count, "url": f"?{urlencode(params)}",
                "level": level if count else "",
            })  # fmt: skip
        return tiles

    def filtered(self, data: QueryDict, user: Any) -> tuple[QuerySet[Any], Any]:
        return filtered_sheets(data, user)

    def order_of(self, text: str) -> Order:
        return reading.order_of(text)

    def read_page(self, queryset: QuerySet[Any], *, order: Order, size: int, cursor: str) -> RowPage[Any]:
        return reading.read_page(queryset, order=order, size=size, cursor=cursor)

    def rows(self, found: Sequence[RiskSheet], user: Any) -> list[dict[str, Any]]:
        overdue = set(
            RiskSheet.objects.filter(pk__in=[one.pk for one in found])
            .review_overdue(clock.today())
            .values_list("pk", flat=True)
        )
        return [
            {
                "sheet": one, "state_level": STATE_LEVELS[RiskState(one.state)], "is_overdue": one.pk in overdue,
                "score": points_text(one.score) if one.score is not None else "",
            }
            for one in found
        ]  # fmt: skip


class NewRiskSheetView(LoginRequiredMixin, View):
    """GET: a police district is chosen; `element`: that road or unit with its sheets so far.

    POST `area` or `element`: drafts the sheet, or opens the draft that is there.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        user = _writer(request)
        if "element" in request.GET:
            element = _element(request.GET["element"], user)
            context = framed(request, _("新评估")) | {
                "element": element,
                "sheets": reading.visible_sheets(user).filter(element=element).defer("content").order_by("-edition"),
            }
            return render(request, "analytics/risk_sheet_new.html", context)
        return self._shown(request, DistrictForm(user=user))

    def post(self, request: HttpRequest) -> HttpResponse:
        user = _writer(request)
        subject: Any
        if number := request.POST.get("element", ""):
            subject = _element(number, user)
        else:
            form = DistrictForm(request.POST, user=user)
            if not form.is_valid():
                return self._shown(request, form, status=400)
            subject = form.cleaned_data["area"]
        try:
            sheet_id = draft_sheet(subject=subject, actor=user, now=clock.now()).pk
        except Conflict as error:
            # Twice by one, or by two at once: both go on at the one draft.
            sheet_id = error.extra["sheet"]
        return HttpResponseRedirect(reverse("analytics:risk-sheet", args=[sheet_id]))

    def _shown(self, request: HttpRequest, form: DistrictForm, *, status: int = 200) -> HttpResponse:
        context = framed(request, _("新评估")) | {"form": form}
        return render(request, "analytics/risk_sheet_new.html", context, status=status)


def _element(number: str, user: Any) -> Element:
    return reading.subject_element(int(number) if number.isdecimal() and len(number) < 18 else 0, user)


def _writer(request: HttpRequest) -> Any:
    if not may_write(request.user):  # type: ignore[arg-type]
        raise NotAllowed
    return request.user


def framed(request: HttpRequest, title: str) -> dict[str, Any]:
    """Title and way of a page below the list."""
    request.navigation_path = reverse(LIST_URL)  # type: ignore[attr-defined]
    return {"page_title": title, "breadcrumbs": [{"label": _("风险评估"), "url": reverse(LIST_URL)}]}
