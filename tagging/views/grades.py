"""Pages of grades: the overview, the list of graded elements, and grades set by people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Right
from elements.list_view import ListColumn, ListView
from elements.selectors.detail import visible_element
from elements.selectors.masking import may_read_names, shown_label
from tagging.grade_filters import filtered_grades, scheme_asked
from tagging.models import Grade, GradeOverride, Scheme
from tagging.selectors.grade_levels import levels_of
from tagging.selectors.grade_list import LIST_NAME, order_of, read_page, worded
from tagging.selectors.grade_overview import overview, waiting_overrides
from tagging.selectors.grade_page import grades_panel
from tagging.selectors.scheme_page import scheme_named
from tagging.services import overrides


class GradesView(LoginRequiredMixin, View):
    """GET: every scheme with its levels, and what waits for a decision."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if Right.READ not in request.user.scope.rights:
            return render(
                request, "tagging/grades.html", {"page_title": _("分级"), "state": "no_permission"}, status=403
            )
        now = clock.now()
        context = {
            "page_title": _("分级"),
            "schemes": overview(request.user, now),
            "waiting": waiting_overrides(request.user),
            "as_of": now,
        }
        return render(request, "tagging/grades.html", context)


class GradeListView(ListView):
    """GET: graded elements of one scheme in scope, the highest scores first; `scheme` stands in the URL."""

    title, list_name, export, keeps_filters = gettext_lazy("分级"), LIST_NAME, LIST_NAME, True
    template_name, rows_template = "tagging/grade_list.html", "tagging/grade_rows.html"
    count_words, capped_words = gettext_lazy("共 %(count)s 个"), gettext_lazy("%(count)s 个")
    columns = (
        ListColumn("element", gettext_lazy("要素"), is_locked=True),
        ListColumn("level", gettext_lazy("等级")),
        ListColumn("score", gettext_lazy("得分"), is_numeric=True, is_sortable=True, is_best_first=True),
        ListColumn("reasons", gettext_lazy("主要原因")),
        ListColumn("area", gettext_lazy("责任块")),
        ListColumn("district", gettext_lazy("警务区"), is_off=True),
        ListColumn("squadron", gettext_lazy("中队")),
        ListColumn("since", gettext_lazy("自"), is_sortable=True, is_best_first=True),
    )

    order_of, read_page, rows = staticmethod(order_of), staticmethod(read_page), staticmethod(worded)

    def get(self, request: HttpRequest) -> HttpResponse:
        request.navigation_path = reverse("tagging:grades")
        return super().get(request)

    def frame(self, request: HttpRequest) -> dict[str, Any]:
        context = super().frame(request) | {"breadcrumbs": [{"label": _("分级"), "url": reverse("tagging:grades")}]}
        data = self.query_of(request)
        try:
            scheme = scheme_asked(data)
        except DomainError:
            return context | {"clear_url": f"{reverse('tagging:grade-list')}?filter=none"}
        self.clear_url = f"?scheme={scheme.code}"
        return context | {
            "page_title": scheme.name, "scheme": scheme, "levels": list(reversed(levels_of(scheme))),
            "asked_levels": data.getlist("level"), "clear_url": self.clear_url, "hidden_filter": "scheme",
            "hidden_value": scheme.code, "empty_title": _("没有符合条件的要素"),
            "empty_text": _("放宽筛选条件；如果该方案刚发布，分级可能还在进行。"),
        }  # fmt: skip

    def filtered(self, data: QueryDict, user: Any) -> tuple[QuerySet[Grade], Any]:
        return filtered_grades(data, user)

    def listed(self, request: HttpRequest) -> dict[str, Any]:
        context = super().listed(request)
        # The scheme is the page, no condition that could be taken away.
        context["chips"] = [chip for chip in context["chips"] if "scheme=" in chip["remove_url"]]
        return context


class OverrideRequestView(LoginRequiredMixin, View):
    """POST `level`, `reason`, `expires_on`: asks for another level of an element; a foreign one answers like a missing one."""

    def post(self, request: HttpRequest, element_id: int, code: str) -> HttpResponse:
        visible_element(element_id, request.user)
        scheme = scheme_named(code, request.user)

        try:
            overrides.request_override(
                element_id=element_id, scheme=scheme, level=request.POST.get("level", ""),
                reason=request.POST.get("reason", ""), expires_on=_day(request.POST.get("expires_on", "")),
                actor=request.user, now=clock.now(),
            )  # fmt: skip
        except (NotVisible, NotAllowed):
            raise
        except DomainError as error:
            return self._refused(request, element_id, scheme, error)
        messages.success(request, _("已提交，待大队领导或所属中队长复核。"))
        return HttpResponseRedirect(_tab(element_id))

    def _refused(self, request: HttpRequest, element_id: int, scheme: Scheme, error: DomainError) -> HttpResponse:
        """The form again, with why not and what was typed; the tab, where the element has no grade of the scheme."""
        element = visible_element(element_id, request.user)
        panel = grades_panel(element, request.user)
        section = next((one for one in panel["grades"] if one["scheme"].pk == scheme.pk), None)
        if section is None:
            messages.error(request, error.message)
            return HttpResponseRedirect(_tab(element_id))
        label = shown_label(element.kind, element.label, in_full=may_read_names(request.user))
        context = panel | {
            "page_title": _("申请人工定级"), "breadcrumbs": [{"label": label or _("（无名称）"), "url": _tab(element_id)}],
            "one": section, "refusal": error.message, "typed": request.POST,
        }  # fmt: skip
        return render(request, "tagging/grade_override_refused.html", context, status=error.status)


class OverrideStepView(LoginRequiredMixin, View):
    """POST `note`: approves, refuses or ends a grade set by people."""

    def post(self, request: HttpRequest, override_id: int, action: str) -> HttpResponse:
        steps: dict[str, tuple[Callable[..., GradeOverride], dict[str, Any], str]] = {
            "approve": (overrides.decide_override, {"is_approved": True}, _("已同意，等级即时生效。")),
            "refuse": (overrides.decide_override, {"is_approved": False}, _("已退回申请。")),
            "end": (overrides.end_override, {}, _("人工定级已结束，恢复按得分的等级。")),
        }
        if action not in steps:
            raise NotVisible
        take, more, text = steps[action]
        note, reached = request.POST.get("note", ""), GradeOverride.objects.filter(pk=override_id).first()
        if reached is None:
            raise NotVisible
        visible_element(reached.element_id, request.user)

        def step() -> None:
            take(override_id=override_id, note=note, actor=request.user, now=clock.now(), **more)

        back = reverse("tagging:grades") if request.POST.get("from") == "overview" else _tab(reached.element_id)
        return _done(request, step, text, back)


def _done(request: HttpRequest, act: Callable[[], None], text: str, back: str) -> HttpResponse:
    """Back to the page, with what was done or why not."""
    try:
        act()
    except (NotVisible, NotAllowed):
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, text)
    return HttpResponseRedirect(back)


def _tab(element_id: int) -> str:
    return reverse("console:element", args=[element_id]) + "?tab=grades"


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
