"""One risk sheet: read, completed, handed over, signed, given back, taken out; what was done about its measures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from analytics.choices import RiskState
from analytics.models import RiskMeasure, RiskSheet
from analytics.reports import risk_sheets as services
from analytics.reports.files import FORMATS
from analytics.reports.render_docx import docx_of
from analytics.reports.render_html import html_of
from analytics.reports.risk_paper import paper_of, post_text, title_of
from analytics.risk_forms import SheetForm, measure_forms, planned, result_form
from analytics.selectors import reports as report_reading
from analytics.selectors import risk_sheets as reading
from analytics.views.risk_sheets import STATE_LEVELS, framed
from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from tagging.selectors.grade_records import links_of, record_links

Step = Callable[..., Any]
_STEPS: dict[str, tuple[Step, Any]] = {
    "renew": (services.renew_content, gettext_lazy("已按现在的数据重新计算；您写的内容没有变")),
    "submit": (services.submit_sheet, gettext_lazy("已提交，等待另一人签发")),
    "sign": (services.sign_sheet, gettext_lazy("已签发存档，内容不再改变")),
}


class RiskSheetView(LoginRequiredMixin, View):
    """GET: the paper, its state and its measures; `?mode=edit`: the form. POST: saves the form."""

    def get(self, request: HttpRequest, sheet_id: int) -> HttpResponse:
        sheet = reading.visible_sheet(sheet_id, request.user)  # type: ignore[arg-type]
        return render(request, "analytics/risk_sheet.html", page_context(request, sheet))

    def post(self, request: HttpRequest, sheet_id: int) -> HttpResponse:
        sheet = reading.visible_sheet(sheet_id, request.user)  # type: ignore[arg-type]
        if not _may_edit(sheet, request.user):
            raise NotAllowed
        form, rows = SheetForm(request.POST), measure_forms(sheet, reading.posts_for(sheet), request.POST)
        if not (form.is_valid() and rows.is_valid()):
            return self._again(request, sheet, form, rows, "", 400)
        try:
            services.save_sheet(
                sheet=sheet, conclusion=form.cleaned_data["conclusion"], review_on=form.cleaned_data["review_on"],
                measures=planned(rows), revision=form.cleaned_data["revision"], actor=request.user, now=clock.now(),  # type: ignore[arg-type]
            )  # fmt: skip
        except (NotVisible, NotAllowed):
            raise
        except DomainError as error:
            if error.status == 409:
                sheet = reading.visible_sheet(sheet_id, request.user)  # type: ignore[arg-type]
                return render(
                    request,
                    "analytics/risk_sheet.html",
                    page_context(request, sheet, refusal=error.message),
                    status=409,
                )
            return self._again(request, sheet, form, rows, error.message, error.status)
        messages.success(request, _("已保存"))
        more = "?mode=edit" if "more" in request.POST else ""
        return HttpResponseRedirect(reverse("analytics:risk-sheet", args=[sheet_id]) + more)

    def _again(
        self, request: HttpRequest, sheet: RiskSheet, form: SheetForm, rows: Any, refusal: str, status: int
    ) -> HttpResponse:
        context = page_context(request, sheet, refusal=refusal, form=form, rows=rows)
        return render(request, "analytics/risk_sheet.html", context, status=status)


def _may_edit(sheet: RiskSheet, user: Any) -> bool:
    return report_reading.may_write(user) and sheet.state != RiskState.SIGNED


def page_context(
    request: HttpRequest, sheet: RiskSheet, *, refusal: str = "", form: SheetForm | None = None, rows: Any = None,
    results: dict[int, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What the page of a sheet shows."""
    user: Any = request.user
    may_edit = _may_edit(sheet, user)
    is_editing = may_edit and ("edit" in request.GET.get("mode", "") or form is not None)
    measures = list(sheet.measures.select_related("area").order_by("number"))
    names = report_reading.names_of(
        {sheet.author_id, sheet.edited_by_id, sheet.signed_by_id, *(m.done_by_id for m in measures)}
    )
    if is_editing and form is None:
        initial = {"conclusion": sheet.conclusion, "review_on": sheet.review_on, "revision": sheet.revision}
        form, rows = SheetForm(initial=initial), measure_forms(sheet, reading.posts_for(sheet))
    may_tell = report_reading.may_write(user) or report_reading.may_approve(user)
    editions = list(reading.editions_of(sheet).defer("content"))
    return framed(request, title_of(sheet)) | {
        "sheet": sheet, "state_level": STATE_LEVELS[RiskState(sheet.state)], "refusal": refusal, "is_editing": is_editing,
        "may_edit": may_edit, "form": form if is_editing else None, "rows": rows if is_editing else None,
        "paper_html": "" if is_editing else html_of(paper_of(sheet, measures)),
        "grounds": _grounds(sheet, user), "author": names.get(sheet.author_id, ""),
        "editor": names.get(sheet.edited_by_id or 0, ""), "signer": names.get(sheet.signed_by_id or 0, ""),
        "measures": [_measure(one, names, may_tell and sheet.state == RiskState.SIGNED, results or {}) for one in measures],
        "editions": editions, "is_latest": sheet.pk == editions[0].pk,
        "is_overdue": sheet.review_on is not None and sheet.state == RiskState.SIGNED and sheet.review_on < clock.today(),
        "may_submit": may_edit and sheet.state == RiskState.DRAFT, "may_sign": _may_sign(sheet, user),
        "may_renew": report_reading.may_write(user) and sheet.state == RiskState.SIGNED,
        "returned": sheet.content.get("returned") if sheet.state == RiskState.DRAFT else None,
    }  # fmt: skip


def _may_sign(sheet: RiskSheet, user: Any) -> bool:
    waits = sheet.state == RiskState.WAITING
    return waits and report_reading.may_approve(user) and user.pk not in (sheet.author_id, sheet.edited_by_id)


def _measure(measure: RiskMeasure, names: dict[int, str], may_tell: bool, results: dict[int, Any]) -> dict[str, Any]:
    form = results.get(measure.pk) or (result_form(measure) if may_tell else None)
    return {
        "measure": measure, "post": post_text(measure), "by": names.get(measure.done_by_id or 0, ""), "form": form,
        "is_late": measure.done_on is None and measure.due_on < clock.today(),
    }  # fmt: skip


def _grounds(sheet: RiskSheet, user: Any) -> list[dict[str, Any]]:
    """The records behind each item, as far as the reader sees them: a query a table."""
    items = [item for section in sheet.content["sections"] for item in section["items"] if item.get("records")]
    links = record_links(items, user)
    found = []
    for item in items:
        shown, hidden = links_of(item, links)
        found.append({"label": item["label"], "links": shown, "hidden": hidden})
    return found


class RiskSheetStepView(LoginRequiredMixin, View):
    """POST /risk-sheets/<id>/<action>/: renew, submit, sign, return (`reason`), discard."""

    def post(self, request: HttpRequest, sheet_id: int, action: str) -> HttpResponse:
        sheet = reading.visible_sheet(sheet_id, request.user)  # type: ignore[arg-type]
        common: dict[str, Any] = {"sheet": sheet, "actor": request.user, "now": clock.now()}
        try:
            if action == "discard":
                services.discard_sheet(**common)
                messages.success(request, _("已作废这份没有签发的评估表"))
                return HttpResponseRedirect(reverse("analytics:risk-sheets"))
            if action == "return":
                services.return_sheet(reason=request.POST.get("reason", ""), **common)
                messages.success(request, _("已退回编制人"))
            elif action in _STEPS:
                step, said = _STEPS[action]
                step(**common)
                messages.success(request, said)
            else:
                raise NotVisible
        except NotVisible:
            raise
        except DomainError as error:
            sheet = reading.visible_sheet(sheet_id, request.user)  # type: ignore[arg-type]
            context = page_context(request, sheet, refusal=error.message)
            return render(request, "analytics/risk_sheet.html", context, status=error.status)
        return HttpResponseRedirect(reverse("analytics:risk-sheet", args=[sheet_id]))


class RiskMeasureView(LoginRequiredMixin, View):
    """POST /risk-sheets/<id>/measures/<number>/: what was done about a measure."""

    def post(self, request: HttpRequest, sheet_id: int, number: int) -> HttpResponse:
        sheet = reading.visible_sheet(sheet_id, request.user)  # type: ignore[arg-type]
        measure = sheet.measures.filter(number=number).first()
        if measure is None:
            raise NotVisible
        form = result_form(measure, request.POST)
        refusal, status = "", 400
        if form.is_valid():
            try:
                services.report_measure(measure=measure, **form.cleaned_data, actor=request.user, now=clock.now())  # type: ignore[arg-type]
            except (NotVisible, NotAllowed):
                raise
            except DomainError as error:
                refusal, status = error.message, error.status
            else:
                messages.success(request, _("已记录完成情况"))
                return HttpResponseRedirect(reverse("analytics:risk-sheet", args=[sheet_id]))
        context = page_context(request, sheet, refusal=refusal, results={measure.pk: form})
        return render(request, "analytics/risk_sheet.html", context, status=status)


class RiskSheetFileView(LoginRequiredMixin, View):
    """GET /risk-sheets/<id>/file/: the sheet as DOCX."""

    def get(self, request: HttpRequest, sheet_id: int) -> HttpResponse:
        user: Any = request.user
        sheet = reading.visible_sheet(sheet_id, user)
        if not report_reading.may_write(user):
            raise NotAllowed
        measures = list(sheet.measures.select_related("area").order_by("number"))
        services.note_taken(sheet=sheet, actor=user, now=clock.now())
        response = HttpResponse(docx_of(paper_of(sheet, measures)), content_type=FORMATS["docx"])
        name = f"{title_of(sheet)}.docx".replace("/", "-")
        response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        return response
