"""Pages of indicators: the board, the rows behind a sum, targets, and the taking in of earlier days."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views import View

from addresses.choices import AreaKind
from analytics.indicators import page
from analytics.indicators.asked import IndicatorAsked, asked_indicator
from analytics.indicators.parts import span_of
from analytics.indicators.registry import INDICATORS, indicator_named
from analytics.selectors.indicator_history import trends
from analytics.selectors.indicators import Board
from analytics.services.snapshot_file import COLUMNS, read_cells
from analytics.services.snapshot_import import apply_load, may_load, plan_load
from analytics.services.targets import may_set_targets, set_target
from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Right
from elements.list_page import list_export_url

_SALT, _LOOKED_AT_S = "indicator-load", 3_600
_NO_LOAD = gettext_lazy("以前的指标值由负责全市并有导入权限的岗位载入。")


class IndicatorsView(LoginRequiredMixin, View):
    """GET /indicators/?indicator=&by=&opened=&sort=: a card an indicator, and one of them area by area."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {"page_title": pgettext("list", "指标")}
        if Right.READ not in request.user.scope.rights:
            return render(request, "analytics/indicators.html", context | {"state": "no_permission"}, status=403)
        try:
            asked = asked_indicator(request.GET)
        except NotVisible:
            raise
        except DomainError as error:
            shown = {
                "code": error.code,
                "message": error.message,
                "retry_url": "?",
                "next_step": _("点“重试”从头再来。"),
            }
            return render(
                request, "analytics/indicators.html", context | {"state": "error", "error": shown}, status=error.status
            )
        return render(request, "analytics/indicators.html", context | _board(request, asked))


def _board(request: HttpRequest, asked: IndicatorAsked) -> dict[str, Any]:
    user = request.user
    board = Board(user, INDICATORS.values(), clock.today())
    whole = board.tree.whole(_("全部辖区"))
    days = trends(board.tree, user, INDICATORS, board.day)
    return {
        "as_of": clock.now(), "last_year": board.last_year, "asked": asked,
        "cards": [
            page.card(board.at(one, whole), board, days[key], one is asked.indicator) for key, one in INDICATORS.items()
        ],
        "rows": page.table_rows(board, asked), "total": page.cells(board.at(asked.indicator, whole), board),
        "tabs": page.tabs(asked), "sorts": page.sort_links(asked), "export_url": list_export_url("indicators", request.GET, user),
        "export_is_table": True, "may_set": may_set_targets(user) and asked.indicator.is_share,
        "areas": _target_areas(board) if may_set_targets(user) else [], "may_load": may_load(user), "columns": ",".join(COLUMNS),
    }  # fmt: skip


def _target_areas(board: Board) -> list[dict[str, Any]]:
    kinds = (AreaKind.BRIGADE, AreaKind.SQUADRON, AreaKind.DISTRICT)
    return [
        {"pk": one.area_id, "name": one.name} for kind in kinds for one in board.tree.places(kind) if one.kind == kind
    ]


class IndicatorRowsView(LoginRequiredMixin, View):
    """GET /indicators/<key>/rows/?which=all|met&area=|setting=: a figure that several registries make up."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        indicator, user = indicator_named(key), request.user
        if Right.READ not in user.scope.rights:
            raise NotAllowed
        is_met, span = request.GET.get("which") == "met", span_of(clock.today())
        place = {name: request.GET[name] for name in ("area", "setting") if request.GET.get(name)}
        rows = [
            {"label": part.label, **page.figure(
                part.rows(user, span, met=is_met, place=place).count(), part.url(span, met=is_met, place=place)
            )}
            for part in indicator.parts
        ]  # fmt: skip
        context = {
            "page_title": f"{indicator.label} · {_('分子') if is_met else _('分母')}", "rows": rows, "indicator": indicator,
            "total": sum(row["value"] for row in rows), "breadcrumbs": _breadcrumbs(),
        }  # fmt: skip
        request.navigation_path = reverse("analytics:indicators")
        return render(request, "analytics/indicator_rows.html", context)


class TargetView(LoginRequiredMixin, View):
    """POST /indicators/<key>/target/ `area`, `year`, `percent`: sets a target; blank takes it away."""

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        area, year = (request.POST.get(name, "") for name in ("area", "year"))
        try:
            if not all(one.isascii() and one.isdigit() and len(one) < 19 for one in (area, year)):
                raise DomainError("BAD_TARGET", "请选择责任区并填写四位数的年度。")
            stored = set_target(
                indicator=key, area_id=int(area), year=int(year), percent=request.POST.get("percent", ""),
                actor=request.user, now=clock.now(),
            )  # fmt: skip
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("目标已保存。") if stored else _("该年度的目标已取消。"))
        return HttpResponseRedirect(f"{reverse('analytics:indicators')}?indicator={key}")


class LoadView(LoginRequiredMixin, View):
    """POST /indicators/load/ `file`: what it would do; then `rows` as this page signed them: does it."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if not may_load(request.user):
            raise NotAllowed(str(_NO_LOAD))
        request.navigation_path = reverse("analytics:indicators")
        if request.POST.get("rows"):
            plan = apply_load(rows=_signed_rows(request), actor=request.user, now=clock.now())
            told = {"created": len(plan.created), "changed": len(plan.changed), "unchanged": plan.unchanged}
            messages.success(request, _("已载入：新增 %(created)s，更改 %(changed)s，未变 %(unchanged)s。") % told)
            return HttpResponseRedirect(reverse("analytics:indicators"))
        upload = request.FILES.get("file")
        if upload is None:
            raise DomainError("NO_FILE", "没有选择文件。请选择一个 CSV 或 XLSX 文件后再上传。")
        rows = read_cells(upload.read())
        plan = plan_load(rows=rows, actor=request.user, now=clock.now())
        signed = "" if plan.problems else signing.dumps([request.user.pk, rows], salt=_SALT, compress=True)
        context = {"page_title": _("载入以前的指标值"), "plan": plan, "signed": signed, "columns": ",".join(COLUMNS),
                   "breadcrumbs": _breadcrumbs()}  # fmt: skip
        return render(request, "analytics/indicator_load.html", context, status=400 if plan.problems else 200)


def _signed_rows(request: HttpRequest) -> list[tuple[int, tuple[str, ...]]]:
    """The rows that the same user looked at within the hour.

    Raises:
        DomainError: they were not, or somebody else's.
    """
    try:
        owner, rows = signing.loads(request.POST["rows"], salt=_SALT, max_age=_LOOKED_AT_S)
    except signing.BadSignature:
        owner, rows = None, []
    if owner != request.user.pk:
        raise DomainError("LOOK_AGAIN", "预览已过期，请重新上传文件并核对后再载入。")
    return [(number, tuple(cells)) for number, cells in rows]


def _breadcrumbs() -> list[dict[str, str]]:
    return [{"label": pgettext("list", "指标"), "url": reverse("analytics:indicators")}]
