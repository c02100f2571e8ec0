"""The end of a no-go rule with its preview; withdrawing a permit, and taking that back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from console.no_go_maps import city_roads
from console.no_go_page import cards, permit_rows
from elements.forms_no_go import EndForm, WithdrawForm
from elements.models import NoGoRule
from elements.selectors.no_go import rule_of_page
from elements.selectors.no_go_permits import permits_ending_with, visible_permit
from elements.services.no_go import require_writer
from elements.services.no_go_ends import Withdrawal, check_end, end_rule, restore_permit, withdraw_permit

_RESULT = "no_go_result"


def take_result(request: HttpRequest) -> dict[str, Any] | None:
    """The permit that was just withdrawn, once: {text, level, permit_id}."""
    return request.session.pop(_RESULT, None)


def _to_permits(rule_id: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("console:no-go-rule", args=[rule_id]) + "#permits")


class EndRuleView(LoginRequiredMixin, View):
    """GET `on`: what would end with the rule on that day. POST `ends_on`, `reason`, `version`: ends it."""

    def get(self, request: HttpRequest, rule_id: int) -> HttpResponse:
        rule = self._rule(request, rule_id)
        usual = max(clock.today(), rule.valid_from + timedelta(days=1))
        asked = request.GET.get("on", "")
        ends_on = _day(asked) if asked else usual
        initial = {"ends_on": ends_on or usual, "version": rule.version}  # type: ignore[attr-defined]
        return self._page(request, rule, EndForm(initial=initial), ends_on)

    def post(self, request: HttpRequest, rule_id: int) -> HttpResponse:
        rule = self._rule(request, rule_id)
        form = EndForm(request.POST)
        if not form.is_valid():
            return self._page(request, rule, form, _day(request.POST.get("ends_on", "")), status=400)
        try:
            ended = end_rule(rule_id=rule_id, **form.cleaned_data, actor=request.user, now=clock.now())
        except DomainError as error:
            if error.status not in {400, 409}:
                raise
            form.add_error(None, error.message)
            return self._page(request, rule, form, form.cleaned_data["ends_on"], status=error.status)
        said = {"name": ended.name, "day": ended.valid_to}
        messages.success(request, _("禁行规定“%(name)s”自 %(day)s 起失效。") % said)
        return HttpResponseRedirect(reverse("console:no-go"))

    def _rule(self, request: HttpRequest, rule_id: int) -> NoGoRule:
        require_writer(request.user)
        request.navigation_path = reverse("console:no-go")
        return rule_of_page(rule_id, request.user, clock.today())

    def _page(
        self, request: HttpRequest, rule: NoGoRule, form: EndForm, ends_on: date | None, status: int = 200
    ) -> HttpResponse:
        trail = [
            {"label": _("禁行规定"), "url": reverse("console:no-go")},
            {"label": rule.name, "url": reverse("console:no-go-rule", args=[rule.pk])},
        ]
        context = {
            "page_title": _("结束禁行规定"), "breadcrumbs": trail, "rule": rule, "form": form, "ends_on": ends_on,
            "card": cards([rule], clock.today())[0],
            "city_roads": city_roads(request.user), **self._effects(request, rule, ends_on),
        }  # fmt: skip
        return render(request, "console/no_go_end.html", context, status=status)

    def _effects(self, request: HttpRequest, rule: NoGoRule, ends_on: date | None) -> dict[str, Any]:
        """The permits that end with the rule, or why it cannot end on that day."""
        if ends_on is None:
            return {"problem": _("日期无法识别，应写作 2026-12-01。")}
        try:
            check_end(rule, ends_on, clock.today())
        except DomainError as error:
            return {"problem": error.message}
        ending = permits_ending_with(rule, ends_on, request.user)
        return {
            "permits": permit_rows(ending.shown, request.user, clock.today()),
            "hidden_count": ending.hidden_count,
            "permit_count": len(ending.shown) + ending.hidden_count,
        }


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


class WithdrawPermitView(LoginRequiredMixin, View):
    """POST `reason`: withdraws a permit; back to its rule with a note that offers to take it back."""

    def post(self, request: HttpRequest, permit_id: int) -> HttpResponse:
        require_writer(request.user)
        rule_id = visible_permit(permit_id, request.user).rule_id
        form = WithdrawForm(request.POST)
        try:
            if not form.is_valid():
                raise DomainError("PERMIT_REASON", _("请写明撤销理由，不超过 200 个字。"))
            done = withdraw_permit(
                permit_id=permit_id, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now()
            )  # fmt: skip
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            messages.error(request, error.message)
        else:
            request.session[_RESULT] = {"text": _worded(done), "level": "success", "permit_id": permit_id}
        return _to_permits(rule_id)


def _worded(done: Withdrawal) -> str:
    if done.ends_on is None:
        return _("通行证 %(number)s 尚未生效，已撤销。") % {"number": done.number}
    if done.ends_on > clock.today():
        return _("通行证 %(number)s 今天刚生效，明天起失效。") % {"number": done.number}
    return _("通行证 %(number)s 已撤销，今天起失效。") % {"number": done.number}


class RestorePermitView(LoginRequiredMixin, View):
    """POST: takes back one's own withdrawal of just now."""

    def post(self, request: HttpRequest, permit_id: int) -> HttpResponse:
        try:
            permit = restore_permit(permit_id=permit_id, actor=request.user, now=clock.now())
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("console:no-go"))
        messages.success(request, _("已恢复通行证 %(number)s。") % {"number": permit.number})
        return _to_permits(permit.rule_id)
