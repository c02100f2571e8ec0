"""What a kind of report consists of, edited as a list of blocks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from analytics.models import ReportTemplate
from analytics.reports.blocks import TYPES, addable, name_of
from analytics.reports.templates import KEPT, asked_blocks, change_template, copy_template, version_of
from analytics.selectors import reports as reading
from analytics.views.reports import framed
from common import clock
from common.errors import DomainError, NotAllowed

_WRITTEN = {"heading", "text"}
Asked = list[tuple[str, str]]


class TemplateEditView(LoginRequiredMixin, View):
    """GET: the blocks. POST: `block` and `text` of each in order, `name`, `version`, `do` (save, copy)."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        return self._shown(request, self._template(request, code))

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        template = self._template(request, code)
        name, asked = request.POST.get("name", ""), _asked(request)
        common: dict[str, Any] = {"template": template, "name": name, "actor": request.user, "now": clock.now()}
        try:
            if request.POST.get("do") == "copy":
                made = copy_template(**common)
                messages.success(request, _("已另存为新模板，可以修改它的内容"))
                return HttpResponseRedirect(reverse("analytics:report-template-edit", args=[made.code]))
            blocks = asked_blocks(template, asked)
            change_template(blocks=blocks, version=request.POST.get("version", ""), **common)
        except DomainError as error:
            if isinstance(error, NotAllowed):
                raise
            # What was chosen stays, unless it is of another version of the template.
            kept = None if error.code == "TEMPLATE_CHANGED" else asked
            return self._shown(request, template, refusal=error.message, name=name, asked=kept, status=error.status)
        messages.success(request, _("已保存，以后生成的报告都用新的内容"))
        return HttpResponseRedirect(reverse("analytics:report-templates"))

    def _template(self, request: HttpRequest, code: str) -> ReportTemplate:
        template = reading.visible_template(code, request.user)  # type: ignore[arg-type]
        if not reading.may_manage(request.user):  # type: ignore[arg-type]
            raise NotAllowed
        return template

    def _shown(
        self, request: HttpRequest, template: ReportTemplate, *, refusal: str = "", name: str = "", asked: Asked | None = None,
        status: int = 200,
    ) -> HttpResponse:  # fmt: skip
        choices = addable()
        rows = asked or [(f"{KEPT}{place}", block.get("text", "")) for place, block in enumerate(template.blocks)]
        context = framed(request, _("报告模板：%(name)s") % {"name": template.name}) | {
            "template": template, "name": name or template.name, "version": version_of(template), "refusal": refusal,
            "rows": [_row(template, choices, key, text) for key, text in rows],
            "addable": [_row(template, choices, key, "") for key in choices],
        }  # fmt: skip
        return render(request, "analytics/report_template_edit.html", context, status=status)


def _asked(request: HttpRequest) -> Asked:
    """Blocks without a text bring an empty one, so that both lists are as long."""
    return list(zip(request.POST.getlist("block"), request.POST.getlist("text"), strict=False))


def _row(template: ReportTemplate, choices: dict[str, Any], key: str, text: str) -> dict[str, Any]:
    """A line of the editor; what is no block any more says so when it is saved."""
    place = key.removeprefix(KEPT)
    if key.startswith(KEPT):
        is_known = place.isdecimal() and len(place) < 9 and int(place) < len(template.blocks)
        block = template.blocks[int(place)] if is_known else None
    else:
        block = choices[key][1] if key in choices else None
    if block is None:
        return {"key": key, "label": "？", "kind": "", "text": text, "title": ""}
    kind = block["type"]
    if kind in _WRITTEN:
        level = _("（%(level)s 级）") % {"level": block["level"]} if kind == "heading" else ""
        return {"key": key, "label": f"{TYPES[kind]}{level}", "kind": kind, "text": text, "title": ""}
    return {"key": key, "label": name_of(block), "kind": "", "text": "", "title": block.get("title", "")}
