"""Pages of grading schemes: what they say, their versions, and the form of another version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Right
from tagging.choices import VersionState
from tagging.models import Scheme, SchemeVersion
from tagging.scheme_forms import body_of, fields_of
from tagging.selectors.scheme_page import OPEN, base_of, described, scheme_named, version_numbered, versions_of
from tagging.services import grading, scheme_versions
from tagging.services.versions import require_rule_right
from tagging.views.simulations import last_simulations, simulation_context, simulation_of


class SchemeView(LoginRequiredMixin, View):
    """GET `version`: a scheme in words, with its versions; without `version` the one in force."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        scheme = scheme_named(code, request.user)
        number = request.GET.get("version", "")
        shown = version_numbered(scheme, int(number)) if number.isdecimal() and len(number) < 5 else scheme.published
        request.navigation_path = reverse("tagging:grades")
        versions, may_write = versions_of(scheme, request.user), Right.RULE in request.user.scope.rights
        context = _frame(scheme) | {
            "shown": shown,
            "versions": versions,
            "shown_row": next((one for one in versions if shown and one["row"].pk == shown.pk), None),
            "described": described(shown.body) if shown else {"failure": _("尚未发布任何版本。")},
            "may_write": may_write,
            "simulations": last_simulations(scheme, request.user) if may_write else [],
        }
        return render(request, "tagging/scheme.html", context)


class SchemeEditView(LoginRequiredMixin, View):
    """GET: the numbers of a scheme as a form with the simulator; `simulation`: those of a trial. POST: keeps them as a draft, and with `submit` hands it over."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        scheme = scheme_named(code, request.user)
        require_rule_right(request.user)
        base = base_of(scheme, request.user)
        context, asked = _form(request, scheme, base.body, base), request.GET.get("simulation", "")
        if asked:
            job = simulation_of(scheme, asked, request.user)
            context = _form(request, scheme, job.params["body"], base) | simulation_context(job, scheme, request.user)
        return render(request, "tagging/scheme_edit.html", context)

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        scheme = scheme_named(code, request.user)
        require_rule_right(request.user)
        base = base_of(scheme, request.user)
        body, now = base.body, clock.now()
        try:
            body = body_of(base.body, request.POST)
            row = scheme_versions.save_draft(
                scheme=scheme, body=body, note=request.POST.get("note", ""), actor=request.user, now=now
            )
            if "submit" in request.POST:
                scheme_versions.submit(version=row, actor=request.user, now=now)
        except NotAllowed:
            raise
        except DomainError as error:
            context = _form(request, scheme, body, base) | {"refusal": error.message}
            return render(request, "tagging/scheme_edit.html", context, status=error.status)
        text = (
            _("第 %(number)s 版已提交，待另一人发布。")
            if "submit" in request.POST
            else _("第 %(number)s 版草稿已保存。")
        )
        messages.success(request, text % {"number": row.number})
        return HttpResponseRedirect(f"{reverse('tagging:scheme', args=[code])}?version={row.number}")


class SchemeStepView(LoginRequiredMixin, View):
    """POST `note`: a step of a version: submit, publish, return, drop, restore."""

    def post(self, request: HttpRequest, code: str, version_number: int, action: str) -> HttpResponse:
        scheme = scheme_named(code, request.user)
        version = version_numbered(scheme, version_number)
        note, common = request.POST.get("note", ""), {"version": version, "actor": request.user, "now": clock.now()}
        steps: dict[str, tuple[Callable[[], Any], str]] = {
            "submit": (lambda: scheme_versions.submit(**common), _("已提交，待另一人发布。")),
            "publish": (lambda: scheme_versions.publish(note=note, **common), _("已发布，正在后台重新分级。")),
            "return": (lambda: scheme_versions.send_back(note=note, **common), _("已退回。")),
            "drop": (lambda: scheme_versions.drop(**common), _("草稿已删除。")),
            "restore": (lambda: scheme_versions.take_back_to(note=note, **common), _("已提交恢复，待另一人发布。")),
        }
        if action not in steps:
            raise NotVisible
        return _stepped(request, *steps[action], reverse("tagging:scheme", args=[code]))


class SchemeRunView(LoginRequiredMixin, View):
    """POST: has a scheme run over everything now."""

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        scheme = scheme_named(code, request.user)
        require_rule_right(request.user)

        def run() -> None:
            grading.ask_run(scheme, owner_id=request.user.pk)

        return _stepped(
            request, run, _("正在后台重新分级，完成后刷新页面即可看到。"), reverse("tagging:scheme", args=[code])
        )


def _stepped(request: HttpRequest, act: Callable[[], Any], text: str, back: str) -> HttpResponse:
    try:
        act()
    except (NotVisible, NotAllowed):
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, text)
    return HttpResponseRedirect(back)


def _frame(scheme: Scheme) -> dict[str, Any]:
    return {
        "page_title": scheme.name,
        "breadcrumbs": [{"label": _("分级"), "url": reverse("tagging:grades")}],
        "scheme": scheme,
    }


def _form(request: HttpRequest, scheme: Scheme, body: Any, base: SchemeVersion) -> dict[str, Any]:
    request.navigation_path = reverse("tagging:grades")
    back = {"label": scheme.name, "url": reverse("tagging:scheme", args=[scheme.code])}
    blocking = scheme.versions.filter(state__in=OPEN).exclude(pk=base.pk).first()
    return _frame(scheme) | {
        "page_title": _("调整分值与门槛"),
        "breadcrumbs": [*_frame(scheme)["breadcrumbs"], back],
        "fields": fields_of(body),
        "base": base,
        "is_draft": base.state == VersionState.DRAFT,
        "blocking": blocking,
        "note": request.POST.get("note", base.note if base.state == VersionState.DRAFT else ""),
        "left_out": _left_out(base.body, body),
        "simulations": last_simulations(scheme, request.user),
    }


def _left_out(base: Any, body: Any) -> list[dict[str, Any]]:
    """Indicators that a refused form had taken out, so that they can be put in again."""
    kept = {one["key"] for one in body["indicators"]}
    return [one for one in fields_of(base)["indicators"] if one["key"] not in kept]
