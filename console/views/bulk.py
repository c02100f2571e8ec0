"""Many elements corrected at once: chosen in a list, filled in, looked at, written, undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Right
from console.bulk_page import LEVELS, BulkInputs, bulk_inputs, job_of, state_of, written_rows
from console.bulk_selection import Selection, selection_of
from console.selectors import bulk_preview
from console.views.edit import REASON
from console.views.streaming import send_file
from elements.choices import CorrectionState
from elements.kinds import KINDS
from elements.list_page import registry_named
from elements.list_view import ListColumn, ListView
from elements.models import BulkCorrection
from elements.registries import REGISTRIES, Registry
from elements.services import bulk_corrections as services
from elements.services.own_corrections import start_bulk_once
from exchange.exporters.elements_formats import FORMATS

_STEPS = {
    "confirm": services.confirm_bulk_correction,
    "drop": services.drop_bulk_correction,
    "undo": services.undo_bulk_correction,
    "retry": services.retry_bulk_correction,
}


class BulkFormView(LoginRequiredMixin, View):
    """GET `ids` or `all=1&query=…`: the form for the chosen elements. POST: begins the job that computes the effect."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        registry = _registry(request, name)
        chosen = selection_of(registry, request.GET, request.user)
        seen = request.GET.get("count", "")
        note = ""
        if chosen.is_all and seen.isdecimal() and int(seen) != len(chosen.ids):
            note = _("清单打开后，符合条件的由 %(seen)s 个变为 %(now)s 个，请核对。") % {
                "seen": seen,
                "now": len(chosen.ids),
            }
        return self._page(request, registry, chosen, bulk_inputs(KINDS[registry.kind]), note=note)

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        registry = _registry(request, name)
        chosen = selection_of(registry, request.POST, request.user)
        inputs = bulk_inputs(KINDS[registry.kind], request.POST)
        if request.POST.get("mark") != chosen.mark:
            error = Conflict(
                "BULK_CHANGED", f"符合条件的要素已变化，现在是 {len(chosen.ids):,} 个。请核对后再点一次“计算影响”。"
            )
            return self._page(request, registry, chosen, inputs, error=error)
        if not inputs.is_valid:
            error = DomainError("BULK_VALUES", "有字段填写不对，已在旁边注明。请改正后再提交。")
            return self._page(request, registry, chosen, inputs, error=error)
        try:
            correction = start_bulk_once(
                registry=registry.name, element_ids=chosen.ids, values=inputs.values,
                reason=request.POST.get("reason", ""), actor=request.user, now=clock.now(),
            )  # fmt: skip
        except DomainError as error:
            if error.status != 400:
                raise
            return self._page(request, registry, chosen, inputs, error=error)
        request.session[REASON] = correction.reason
        return HttpResponseRedirect(reverse("console:bulk", args=[correction.pk]))

    def _page(
        self, request: HttpRequest, registry: Registry, chosen: Selection, inputs: BulkInputs, **more: Any
    ) -> HttpResponse:
        request.navigation_path = reverse("elements:list", args=[registry.name])
        error = more.get("error")
        context = {
            "page_title": _("批量更正"), "breadcrumbs": [{"label": registry.label, "url": request.navigation_path}],
            "registry": registry, "chosen": chosen, "count": f"{len(chosen.ids):,}", "inputs": inputs.rows,
            "reason": request.POST.get("reason", request.session.get(REASON, "")), **more,
        }  # fmt: skip
        return render(request, "console/bulk_form.html", context, status=error.status if error else 200)


class BulkListView(ListView):
    """GET: the user's own bulk corrections, the latest first."""

    title, list_name, export = gettext_lazy("批量更正"), bulk_preview.LIST_NAME, bulk_preview.LIST_NAME
    read_page = staticmethod(bulk_preview.read_page)
    template_name, rows_template = "console/bulk_list.html", "console/bulk_rows.html"
    extra = {
        "empty_title": gettext_lazy("还没有批量更正过"),
        "empty_text": gettext_lazy("在任一登记清单里勾选要素，再点“批量更正”。先预览影响，确认后才写入。"),
    }
    columns = (
        ListColumn("number", gettext_lazy("编号"), is_locked=True),
        ListColumn("registry", gettext_lazy("清单")),
        ListColumn("fields", gettext_lazy("字段")),
        ListColumn("count", gettext_lazy("要素"), is_numeric=True),
        ListColumn("state", gettext_lazy("状态")),
        ListColumn("reason", gettext_lazy("理由")),
        ListColumn("created_at", gettext_lazy("时间")),
    )

    def may_see(self, _user: Any) -> bool:
        """`own_corrections` refuses who may not correct."""
        return True

    def filtered(self, _data: QueryDict, user: Any) -> tuple[QuerySet[BulkCorrection], None]:
        return bulk_preview.own_corrections(user), None

    def rows(self, found: Sequence[BulkCorrection], _user: Any) -> list[dict[str, Any]]:
        return [
            row | {"level": LEVELS[CorrectionState(row["correction"].state)], "count": f"{row['count']:,}"}
            for row in bulk_preview.correction_rows(found)
        ]


class BulkView(LoginRequiredMixin, View):
    """GET: one bulk correction: progress, preview, result."""

    def get(self, request: HttpRequest, correction_id: int) -> HttpResponse:
        correction = bulk_preview.own_correction(request.user, correction_id)
        request.navigation_path = reverse("console:bulk-list")
        state = state_of(correction)
        said = bulk_preview.said_rows(correction, request.user)
        job = job_of(correction) if state["is_working"] else None
        context = {
            "page_title": _("批量更正 #%(number)s") % {"number": correction.pk},
            "breadcrumbs": [{"label": _("批量更正"), "url": request.navigation_path}],
            "correction": correction, "registry": REGISTRIES[correction.registry], "state": state, "said": said, "job": job,
            "is_stuck": job is not None and job["is_finished"],
            "has_official": any(row["is_official"] for row in said),
            "rows": bulk_preview.shown_rows(correction, request.user),
            "may_export": state["is_planned"] and Right.EXPORT in request.user.scope.rights,
        }  # fmt: skip
        return render(request, "console/bulk.html", context)


class BulkProgressView(LoginRequiredMixin, View):
    """GET, asked each second: the job's progress; when it has ended the page is loaded again."""

    def get(self, request: HttpRequest, correction_id: int) -> HttpResponse:
        job = job_of(bulk_preview.own_correction(request.user, correction_id))
        response = render(request, "includes/progress.html", {"job": job})
        if job is None or job["is_finished"]:
            response["HX-Refresh"] = "true"
        response["Cache-Control"] = "no-store"
        return response


class BulkRowsView(LoginRequiredMixin, View):
    """GET: every row of the preview as CSV; the audit row stands before a byte leaves."""

    def get(self, request: HttpRequest, correction_id: int) -> StreamingHttpResponse:
        user = request.user
        correction = bulk_preview.own_correction(user, correction_id)
        if Right.EXPORT not in user.scope.rights:
            raise NotAllowed
        if correction.state != CorrectionState.PLANNED:
            raise Conflict("BULK_STATE", "预览已不在：写入或放弃以后，请到各要素的“变更历史”查看。")
        now = clock.now()
        count = correction.counts.get("changed", 0) + correction.counts.get("conflicts", 0)
        record_audit(
            actor_id=user.pk, verb="EXPORTED", subject_table="elements_bulkcorrection", subject_id=correction.pk,
            fields=list(correction.values), count=count, now=now,
        )  # fmt: skip

        def write(mark: str) -> Iterator[bytes]:
            return written_rows(bulk_preview.all_rows(correction, user), mark)

        title, content_type = f"{_('批量更正')}_{correction.pk}", FORMATS["csv"].content_type
        return send_file(request, write, title=title, extension="csv", content_type=content_type, now=now)


class BulkStepView(LoginRequiredMixin, View):
    """POST: writes what was shown, drops it, or takes it back. Pressed twice, the second leads to the same page."""

    def post(self, request: HttpRequest, correction_id: int, step: str) -> HttpResponse:
        correction = bulk_preview.own_correction(request.user, correction_id)
        if step not in _STEPS:
            raise NotVisible
        try:
            _STEPS[step](correction=correction, actor=request.user, now=clock.now())
        except Conflict as error:
            messages.warning(request, error.message)
        return HttpResponseRedirect(reverse("console:bulk", args=[correction.pk]))


def _registry(request: HttpRequest, name: str) -> Registry:
    """The list of the URL, for who may correct."""
    registry = registry_named(name)
    if Right.CORRECT not in request.user.scope.rights:
        raise NotAllowed
    return registry
