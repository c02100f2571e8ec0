"""Pages of borders: the check of the tiling, the list of changes, drawing one, its preview and result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from addresses.choices import BorderMoveState
from addresses.models.border import BorderMove
from addresses.selectors.borders import (
    border_move,
    movable_grids,
    move_document,
    neighbours_document,
    new_borders_document,
    require_configure,
)
from addresses.selectors.topology import TILING_KINDS, FaultKind, tiling_faults
from addresses.services import borders as services
from common import clock
from common.errors import DomainError, NotVisible
from common.models import Job
from console.border_form import BorderMoveForm, blank_form
from console.selectors import borders as selectors
from elements.choices import ElementKind
from elements.list_view import ListColumn, ListView

LEVELS = {
    BorderMoveState.DRAFT: "idle", BorderMoveState.SCHEDULED: "note", BorderMoveState.MOVING: "note",
    BorderMoveState.DONE: "ok", BorderMoveState.CANCELLED: "idle",
}  # fmt: skip
_JOB_LEVELS = {
    Job.State.QUEUED: "note", Job.State.RUNNING: "note", Job.State.DONE: "ok", Job.State.FAILED: "bad",
    Job.State.CANCELLED: "warn",
}  # fmt: skip
_FAULTS = {
    FaultKind.INVALID: gettext_lazy("图形无效"),
    FaultKind.OVERLAP: gettext_lazy("重叠"),
    FaultKind.GAP: gettext_lazy("空白，无人负责"),
    FaultKind.OUTSIDE: gettext_lazy("超出辖区"),
}
_STEPS = {"schedule": services.schedule_move, "cancel": services.cancel_move, "retry": services.retry_move}


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("边界调整"), "url": reverse("console:border-moves")}]


class AreaCheckView(LoginRequiredMixin, View):
    """GET: whether squadrons, districts and grids tile the city today; faults in a list and on the map."""

    def get(self, request: HttpRequest) -> HttpResponse:
        kinds, points = [], []
        for kind in TILING_KINDS:
            rows = []
            for fault in tiling_faults(kind=kind, day=clock.today(), user=request.user):
                row = {
                    "kind": str(_FAULTS[fault.kind]), "names": "、".join(fault.names) or "—",
                    "area": f"{fault.area_m2:,.0f}", "lon": f"{fault.lon:.6f}", "lat": f"{fault.lat:.6f}",
                }  # fmt: skip
                rows.append(row)
                points.append(row)
            kinds.append({"label": kind.label, "rows": rows})
        context = {"page_title": _("责任区检查"), "kinds": kinds, "points": points, "checked_on": clock.today()}
        return render(request, "console/border_check.html", context)


class BorderMovesView(ListView):
    """GET: changes of borders, the latest first."""

    title, list_name, export = gettext_lazy("边界调整"), selectors.LIST_NAME, selectors.LIST_NAME
    read_page = staticmethod(selectors.read_page)
    template_name, rows_template = "console/borders.html", "console/border_rows.html"
    extra = {
        "empty_title": gettext_lazy("还没有调整过边界"),
        "empty_text": gettext_lazy("网格换了管辖时在这里画：先预览影响，再定生效日期。"),
        "empty_url": reverse_lazy("console:border-new"),
        "empty_action": gettext_lazy("新建边界调整"),
    }
    columns = (
        ListColumn("name", gettext_lazy("名称"), is_locked=True),
        ListColumn("state", gettext_lazy("状态")),
        ListColumn("effective_on", gettext_lazy("生效日期")),
        ListColumn("grids", gettext_lazy("网格")),
        ListColumn("addresses", gettext_lazy("换块地址"), is_numeric=True),
        ListColumn("elements", gettext_lazy("换块要素"), is_numeric=True),
        ListColumn("reason", gettext_lazy("依据")),
    )

    def may_see(self, _user: Any) -> bool:
        """`moves_with_grids` refuses who configures nothing."""
        return True

    def filtered(self, _data: QueryDict, user: Any) -> tuple[QuerySet[BorderMove], None]:
        return selectors.moves_with_grids(user), None

    def rows(self, found: Sequence[BorderMove], _user: Any) -> list[dict[str, Any]]:
        return [
            row
            | {"level": LEVELS[BorderMoveState(row["move"].state)]}
            | {name: f"{row[name]:,}" for name in ("addresses", "elements")}
            for row in selectors.move_rows(found)
        ]


class BorderNewView(LoginRequiredMixin, View):
    """GET: the map to draw on, `?grid=CODE` (or `?area=CODE`). POST: stores the draft with its preview and leads to it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require_configure(request.user)
        return self._page(request, blank_form(), request.GET.get("grid") or request.GET.get("area", ""))

    def post(self, request: HttpRequest) -> HttpResponse:
        require_configure(request.user)
        code = request.POST.get("grid", "").replace("\x00", "")
        form = BorderMoveForm(request.POST, request.FILES, grid=code)
        if not form.is_valid():
            return self._page(request, form, code, status=400)
        try:
            move = self._draft(request, form)
        except DomainError as error:
            form.add_error(None, error.message)
            return self._page(request, form, code, status=error.status)
        return HttpResponseRedirect(reverse("console:border-move", args=[move.pk]))

    @transaction.atomic
    def _draft(self, request: HttpRequest, form: BorderMoveForm) -> BorderMove:
        values, now = form.cleaned_data, clock.now()
        move = services.draft_move(
            name=values["name"], reason=values["reason"], effective_on=values["effective_on"], borders=form.borders,
            actor=request.user, now=now,
        )  # fmt: skip
        effects = selectors.effects_of_move(request.user, move, clock.today())
        return services.store_effects(move_id=move.pk, effects=effects, actor=request.user, now=now)

    def _page(self, request: HttpRequest, form: BorderMoveForm, code: str, status: int = 200) -> HttpResponse:
        grids = movable_grids(clock.today()).order_by("code").values("code", "name")
        code = code.replace("\x00", "")[:24]
        chosen = next((grid for grid in grids if grid["code"] == code), None)
        context = {
            "page_title": _("新建边界调整"), "breadcrumbs": _crumbs(), "form": form, "grids": grids, "chosen": chosen,
            "asked": code, "is_unknown": bool(code) and chosen is None,
        }  # fmt: skip
        return render(request, "console/border_new.html", context, status=status)


class NeighboursView(LoginRequiredMixin, View):
    """GET `?grid=CODE`: GeoJSON of the grid and those beside it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        code = request.GET.get("grid", "").replace("\x00", "")
        document = neighbours_document(request.user, code=code, day=clock.today())
        return HttpResponse(document, content_type="application/geo+json")


class BorderMoveView(LoginRequiredMixin, View):
    """GET: one change: what it moves, its map, its state and progress."""

    def get(self, request: HttpRequest, move_id: int) -> HttpResponse:
        move = border_move(request.user, move_id)
        context = {
            "page_title": move.name, "breadcrumbs": _crumbs(), "effects": selectors.effects_shown(request.user, move),
            **progress_context(move),
        }  # fmt: skip
        return render(request, "console/border_move.html", context)


class BorderProgressView(LoginRequiredMixin, View):
    """GET: the part of the page that changes while the work runs."""

    def get(self, request: HttpRequest, move_id: int) -> HttpResponse:
        return render(request, "console/border_progress.html", progress_context(border_move(request.user, move_id)))


class BorderEffectsView(LoginRequiredMixin, View):
    """GET: the stored counts of a change as JSON, ids only."""

    def get(self, request: HttpRequest, move_id: int) -> HttpResponse:
        move = border_move(request.user, move_id)
        return JsonResponse({"state": move.state, **{k: v for k, v in move.counts.items() if k != "base"}})


class BorderDocumentView(LoginRequiredMixin, View):
    """GET: GeoJSON of the borders before and after; `?download`: a file of the new ones alone, as an import takes it."""

    def get(self, request: HttpRequest, move_id: int) -> HttpResponse:
        move = border_move(request.user, move_id)
        if "download" not in request.GET:
            return HttpResponse(move_document(request.user, move), content_type="application/geo+json")
        answer = HttpResponse(new_borders_document(request.user, move), content_type="application/geo+json")
        answer.headers["Content-Disposition"] = f'attachment; filename="borders-{move.pk}.geojson"'
        return answer


class BorderStepView(LoginRequiredMixin, View):
    """POST: submits, cancels or takes up a change."""

    def post(self, request: HttpRequest, move_id: int, step: str) -> HttpResponse:
        require_configure(request.user)
        if step not in _STEPS:
            raise NotVisible
        _STEPS[step](move_id=move_id, actor=request.user, now=clock.now())
        return HttpResponseRedirect(reverse("console:border-move", args=[move_id]))


def progress_context(move: BorderMove) -> dict[str, Any]:
    """State, jobs and what has moved so far."""
    jobs = selectors.jobs_of_move(move)
    is_working = any(not job.is_finished for job in jobs)
    ended = jobs[-1].state if jobs else ""
    placed = jobs[1].counts if len(jobs) > 1 else {}
    return {
        "move": move,
        "level": LEVELS[BorderMoveState(move.state)],
        "jobs": [_job(job) for job in jobs],
        "is_working": is_working,
        "can_schedule": move.state == BorderMoveState.DRAFT,
        "can_cancel": move.state in (BorderMoveState.DRAFT, BorderMoveState.SCHEDULED) and not is_working,
        "can_retry": move.state in (BorderMoveState.SCHEDULED, BorderMoveState.MOVING)
        and ended in (Job.State.FAILED, Job.State.CANCELLED),
        "moved_addresses": move.counts.get("moved_addresses"),
        "moved_elements": [{"label": str(ElementKind(kind).label), "count": n} for kind, n in placed.items()],
        "moved_total": sum(placed.values()),
        "is_placed": len(jobs) > 1 and jobs[1].state == Job.State.DONE,
    }


def _job(job: Job) -> dict[str, Any]:
    return {
        "id": job.pk, "title": job.title, "state_label": job.get_state_display(), "level": _JOB_LEVELS[Job.State(job.state)],
        # The part around it asks for both jobs at once.
        "is_finished": True, "done": f"{job.done:,}", "total": f"{job.total:,}" if job.total and not job.is_finished else None,
        "percent": None if job.is_finished else job.percent or 0, "error": job.error_message,
    }  # fmt: skip
