"""No-go rules: the page of all rules, the form of one, its permits, and whether a vehicle may go."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from addresses.drawing_texts import DRAWING_TEXTS
from common import clock
from common.errors import DomainError, NotAllowed
from common.scope import Right
from console.no_go_maps import road_lines
from console.no_go_page import permit_rows, rules_context
from console.views.list_export import list_export_url
from console.views.no_go_ends import take_result
from elements.forms_no_go import CheckForm, PermitForm, RuleForm, WithdrawForm, initial_of
from elements.models import NoGoRule
from elements.selectors import no_go
from elements.selectors.no_go_permits import permits_of
from elements.services.no_go import add_permit, check_plate, may_write_rules, save_rule


def _trail() -> list[dict[str, str]]:
    return [{"label": _("禁行规定"), "url": reverse("console:no-go")}]


class RulesView(LoginRequiredMixin, View):
    """GET: all rules, in force and ended, and the box that asks about one vehicle."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        no_go.require_reader(user)
        check = CheckForm(roads=no_go.road_choices(user)) if Right.READ in user.scope.rights else None
        context = rules_context(user, clock.today()) | {
            "page_title": _("禁行规定"),
            "check": check,
            "export_is_table": True,
        }
        if context["current"] or context["ended"]:
            context["export_url"] = list_export_url(request, "no-go-rules")
            context["permits_export_url"] = list_export_url(request, "no-go-permits") if context["may_write"] else ""
        return render(request, "console/no_go.html", context)


class RuleView(LoginRequiredMixin, View):
    """GET: the form of a rule, empty without an id. POST: makes or changes it; what is refused comes back in the form."""

    def get(self, request: HttpRequest, rule_id: int | None = None) -> HttpResponse:
        rule = self._rule(request, rule_id)
        initial = initial_of(rule) if rule else {"valid_from": clock.today()}
        return self._page(request, rule, RuleForm(initial=initial, roads=self._roads(request, rule)))

    def post(self, request: HttpRequest, rule_id: int | None = None) -> HttpResponse:
        rule = self._rule(request, rule_id)
        form = RuleForm(request.POST, roads=self._roads(request, rule))
        if not form.is_valid():
            return self._page(request, rule, form)
        try:
            saved = save_rule(
                draft=form.draft(), rule_id=rule_id, version=form.cleaned_data["version"], actor=request.user,
                now=clock.now(),
            )  # fmt: skip
        except DomainError as error:
            if error.status not in {400, 409}:
                raise
            form.add_error(None, error.message)
            return self._page(request, rule, form, status=error.status)
        messages.success(request, _("已保存禁行规定“%(name)s”。") % {"name": saved.name})
        return HttpResponseRedirect(reverse("console:no-go"))

    def _rule(self, request: HttpRequest, rule_id: int | None) -> NoGoRule | None:
        if not may_write_rules(request.user):
            raise NotAllowed(_("只有大队和系统管理员可以制定禁行规定。"))
        return no_go.rule_of_page(rule_id, request.user, clock.today()) if rule_id else None

    def _roads(self, request: HttpRequest, rule: NoGoRule | None) -> list[tuple[int, str]]:
        """A road that was merged or withdrawn since stays in the form of its rule."""
        choices = no_go.road_choices(request.user)
        if rule is not None and rule.road is not None and rule.road_id not in dict(choices):
            choices.append((rule.road_id, rule.road.label or f"#{rule.road_id}"))
        return choices

    def _page(self, request: HttpRequest, rule: NoGoRule | None, form: RuleForm, status: int = 200) -> HttpResponse:
        request.navigation_path = reverse("console:no-go")
        context: dict[str, Any] = {
            "page_title": rule.name if rule else _("新增禁行规定"), "breadcrumbs": _trail(), "form": form, "rule": rule,
            "road_lines": road_lines(request.user), "drawing_texts": {key: str(text) for key, text in DRAWING_TEXTS.items()},
            "permits": permit_rows(permits_of(rule, request.user), request.user, clock.today()) if rule else [],
            "export_url": list_export_url(request, "no-go-permits", rule=rule.pk) if rule else "", "export_is_table": True,
            "permit_form": PermitForm(), "withdraw_form": WithdrawForm(auto_id=False), "result": take_result(request),
            "may_end": rule is not None and (rule.valid_to is None or rule.valid_to > clock.today()),
        }  # fmt: skip
        return render(request, "console/no_go_form.html", context, status=status)


class PermitView(LoginRequiredMixin, View):
    """POST: puts a permit of a rule down; back to the rule."""

    def post(self, request: HttpRequest, rule_id: int) -> HttpResponse:
        if not may_write_rules(request.user):
            raise NotAllowed
        no_go.rule_of_page(rule_id, request.user, clock.today())
        form = PermitForm(request.POST)
        try:
            if not form.is_valid():
                raise DomainError("PERMIT_FORM", _("通行证没有登记：请填写证号、号牌和起止日期。"))
            data = form.cleaned_data
            vehicle = no_go.vehicle_by_plate(data["plate"], request.user)
            add_permit(
                rule_id=rule_id, number=data["number"], vehicle_id=vehicle.pk, valid_from=data["valid_from"],
                valid_to=data["valid_to"], actor=request.user, now=clock.now(),
            )  # fmt: skip
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("已登记通行证。"))
        return HttpResponseRedirect(reverse("console:no-go-rule", args=[rule_id]) + "#permits")


class CheckView(LoginRequiredMixin, View):
    """POST `plate`, a place, optionally a time → the answer with its reasons, a fragment; on record like a search."""

    def post(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if Right.READ not in user.scope.rights:
            raise NotAllowed
        form = CheckForm(request.POST, roads=no_go.road_choices(user))
        if not form.is_valid():
            problems = [f"{form.fields[name].label}：{errors[0]}" for name, errors in form.errors.items()]
            return self._answer(request, {"problem": "；".join(problems)})
        try:
            now = clock.now()
            answer = check_plate(
                plate=form.cleaned_data["plate"], position=form.position(), road_id=form.cleaned_data["road"],
                at=form.at(now), actor=user, now=now,
            )  # fmt: skip
        except DomainError as error:
            return self._answer(request, {"problem": error.message})
        return self._answer(request, {"answer": answer})

    def _answer(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        answer = render(request, "console/no_go_answer.html", context)
        answer["Cache-Control"] = "no-store"
        return answer
