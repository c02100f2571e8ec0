"""Pages of rules: the list, one rule, a new one, the steps of a version, on and off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.errors import DomainError, NotVisible
from elements.list_view import ListColumn, ListView
from tagging.models import Rule, Tag
from tagging.rule_filters import filtered_rules
from tagging.selectors import rule_list, rule_page
from tagging.services import publishing
from tagging.services.version_steps import take_version_step
from tagging.services.versions import require_rule_right
from tagging.views.backtest_page import backtest_rows

LIST_URL = "tagging:rules"


class RuleListView(ListView):
    """GET: rules; who does not write rules sees those in force."""

    title, list_name, export = gettext_lazy("规则"), rule_list.LIST_NAME, rule_list.LIST_NAME
    clear_url, keeps_filters = "?filter=none", True
    template_name, rows_template = "tagging/rules.html", "tagging/rule_rows.html"
    count_words, capped_words = gettext_lazy("共 %(count)s 条规则"), gettext_lazy("%(count)s 条规则")
    extra = {"filter_template": "tagging/rule_filters.html"}
    columns = (
        ListColumn("title", gettext_lazy("规则"), is_locked=True, is_sortable=True),
        ListColumn("tag", gettext_lazy("标签")),
        ListColumn("sentence", gettext_lazy("条件")),
        ListColumn("state", gettext_lazy("状态")),
        ListColumn("waiting", gettext_lazy("待办版本")),
        ListColumn("number", gettext_lazy("现行版本"), is_numeric=True),
        ListColumn("hits", gettext_lazy("在标"), is_numeric=True, hint=gettext_lazy("辖区内现在因这条规则带有标签的要素")),
        ListColumn("last_run_at", gettext_lazy("最近运行"), hint=gettext_lazy("最近一次全量运行；平时随数据变化逐条核对")),
        ListColumn("code", gettext_lazy("代码"), is_sortable=True),
    )  # fmt: skip
    order_of, read_page = staticmethod(rule_list.order_of), staticmethod(rule_list.read_page)

    filtered = staticmethod(filtered_rules)

    def rows(self, found: Sequence[Rule], user: Any) -> list[dict[str, Any]]:
        return rule_list.rows(found, user)

    def listed(self, request: HttpRequest) -> dict[str, Any]:
        return super().listed(request) | {"may_write": rule_list.writes_rules(request.user)}


class RuleView(LoginRequiredMixin, View):
    """GET /rules/<code>/: one rule."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        rule = rule_list.visible_rule(code, request.user)
        return render(request, "tagging/rule.html", rule_context(request, rule))


def rule_context(request: HttpRequest, rule: Rule) -> dict[str, Any]:
    """What the page of a rule shows."""
    request.navigation_path = reverse(LIST_URL)  # type: ignore[attr-defined]
    user: Any = request.user
    versions = rule_page.versions_of(rule, user)
    writes = rule_list.writes_rules(user)
    return {
        "page_title": rule.title,
        "breadcrumbs": [{"label": _("规则"), "url": reverse(LIST_URL)}],
        "rule": rule,
        "state": rule_list.state_of(rule),
        "versions": versions,
        "current": next((one for one in versions if one["version"].pk == rule.published_id), None),
        "open": next((one for one in versions if one["version"].state in rule_list.OPEN), None),
        "standing": rule_page.standing_of(rule, user),
        "runs": rule_page.runs_of(rule) if writes else [],
        "backtests": backtest_rows(rule_page.backtests_of(rule)) if writes else [],
        "may_write": writes,
    }


class RuleForm(forms.Form):
    """A new rule: its name, the tag that it gives, and what it rests on."""

    title = forms.CharField(label=gettext_lazy("规则名称"), max_length=60)
    tag = forms.ModelChoiceField(
        label=gettext_lazy("标签"), queryset=Tag.objects.none(), empty_label=gettext_lazy("请选择"),
        help_text=gettext_lazy("规则给谁打标签，由标签的对象种类决定。"),
    )  # fmt: skip
    source = forms.CharField(
        label=gettext_lazy("依据"), max_length=300, required=False,
        help_text=gettext_lazy("法律、标准、文件或专项行动的名称。"), widget=forms.Textarea(attrs={"rows": 2, "maxlength": 300}),
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        field: Any = self.fields["tag"]
        field.queryset = Tag.objects.filter(is_active=True).order_by("kind", "position", "code")
        field.label_from_instance = lambda tag: f"{tag.name}（{tag.get_kind_display()}）"


class NewRuleView(LoginRequiredMixin, View):
    """GET: the form of a new rule. POST: makes it and leads into the laboratory."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require_rule_right(request.user)  # type: ignore[arg-type]
        return self._shown(request, RuleForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        require_rule_right(request.user)  # type: ignore[arg-type]
        form = RuleForm(request.POST)
        if not form.is_valid():
            return self._shown(request, form, status=400)
        try:
            rule = publishing.create_rule(**form.cleaned_data, actor=request.user, now=clock.now())
        except DomainError as error:
            form.add_error(None, error.message)
            return self._shown(request, form, status=error.status)
        return HttpResponseRedirect(reverse("tagging:laboratory", args=[rule.code]))

    def _shown(self, request: HttpRequest, form: RuleForm, *, status: int = 200) -> HttpResponse:
        request.navigation_path = reverse(LIST_URL)  # type: ignore[attr-defined]
        crumbs = [{"label": _("规则"), "url": reverse(LIST_URL)}]
        context = {"page_title": _("新建规则"), "breadcrumbs": crumbs, "form": form}
        return render(request, "tagging/rule_new.html", context, status=status)


DONE = {
    "submit": gettext_lazy("已提交，等待另一人审核发布"),
    "drop": gettext_lazy("草稿已删除"),
    "publish": gettext_lazy("已发布，正在全量运行"),
    "return": gettext_lazy("已退回"),
    "restore": gettext_lazy("已提交恢复，等待另一人审核发布"),
}


class VersionStepView(LoginRequiredMixin, View):
    """POST /rules/<code>/versions/<version_number>/<action>/: submit, drop, publish, return, restore."""

    def post(self, request: HttpRequest, code: str, version_number: int, action: str) -> HttpResponse:
        user: Any = request.user
        require_rule_right(user)
        rule = rule_list.visible_rule(code, user)
        version = rule_page.version_of(rule, version_number, user)
        try:
            take_version_step(
                version=version, action=action, note=request.POST.get("note", ""), actor=user, now=clock.now()
            )  # fmt: skip
        except NotVisible:
            raise
        except DomainError as error:
            return _refused(request, rule, error)
        messages.success(request, DONE[action])
        return HttpResponseRedirect(reverse("tagging:rule", args=[code]))


class SwitchView(LoginRequiredMixin, View):
    """POST /rules/<code>/switch/: stops the rule, or starts it again; `on` = 1 or 0, `reason`."""

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        require_rule_right(request.user)  # type: ignore[arg-type]
        rule = rule_list.visible_rule(code, request.user)  # type: ignore[arg-type]
        is_on = request.POST.get("on") == "1"
        switch = publishing.switch_on if is_on else publishing.switch_off
        try:
            switch(rule=rule, reason=request.POST.get("reason", ""), actor=request.user, now=clock.now())  # type: ignore[arg-type]
        except DomainError as error:
            return _refused(request, rule, error)
        messages.success(request, _("规则已启用，正在全量运行") if is_on else _("规则已停用，它的标签正在解除"))
        return HttpResponseRedirect(reverse("tagging:rule", args=[code]))


def _refused(request: HttpRequest, rule: Rule, error: DomainError) -> HttpResponse:
    """The page of the rule with why a step was not taken."""
    rule = rule_list.visible_rule(rule.code, request.user)  # type: ignore[arg-type]
    return render(
        request, "tagging/rule.html", rule_context(request, rule) | {"refusal": error.message}, status=error.status
    )
