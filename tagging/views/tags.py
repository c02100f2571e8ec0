"""Pages of tags: the catalogue, the bearers of one, and what is done to the tags of an element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Right
from elements.list_page import list_export_url
from elements.list_view import ListColumn, ListView
from elements.models import Element
from elements.registries import REGISTRIES
from tagging.models import Assignment, Tag
from tagging.selectors.tag_list import LIST_NAME, catalogue, kept_name_of, order_of, read_page, visible_tag, worded
from tagging.services import manual
from tagging.tag_filters import filtered_assignments


class CatalogueView(LoginRequiredMixin, View):
    """GET: the tags by group, with how many things of the scope bear each."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context: dict[str, Any] = {"page_title": _("标签")}
        if Right.READ not in request.user.scope.rights:
            return render(request, "tagging/tags.html", context | {"state": "no_permission"}, status=403)
        groups = catalogue(request.user)
        return render(request, "tagging/tags.html", context | {"groups": groups, "as_of": clock.now()})


class TagView(ListView):
    """GET: the things of the scope that bear a tag."""

    list_name, clear_url, keeps_filters = LIST_NAME, "?filter=none", True
    template_name, rows_template = "tagging/tag.html", "tagging/tag_rows.html"
    columns = (
        ListColumn("label", gettext_lazy("名称"), is_locked=True),
        ListColumn("area", gettext_lazy("责任块")),
        ListColumn("why", gettext_lazy("依据")),
        ListColumn("since", gettext_lazy("标注时间"), is_sortable=True, is_best_first=True),
        ListColumn("next", gettext_lazy("下次核对"), hint=gettext_lazy("没有新情况时，随时间推移可能变化的时间")),
        ListColumn("origin", gettext_lazy("标注方式")),
    )

    def get(self, request: HttpRequest, code: str) -> HttpResponse:  # type: ignore[override]
        self.tag: Tag = visible_tag(code)
        request.navigation_path = reverse("tagging:tags")  # type: ignore[attr-defined]
        return super().get(request)

    @property
    def kept_name(self) -> str:
        return kept_name_of(self.tag)

    def export_url(self, data: QueryDict, user: Any) -> str:
        return list_export_url(LIST_NAME, data, user, tag=self.tag.code)

    def frame(self, request: HttpRequest) -> dict[str, Any]:
        return super().frame(request) | {
            "page_title": self.tag.name,
            "tag": self.tag,
            "hidden_filter": "tag",
            "registries": [
                {"label": one.label, "url": f"{reverse('elements:list', args=[one.name])}?tag={self.tag.code}"}
                for one in REGISTRIES.values()
                if one.kind == self.tag.kind
            ],
            "breadcrumbs": [{"label": _("标签"), "url": reverse("tagging:tags")}],
        }

    def filtered(self, data: QueryDict, user: Any) -> tuple[QuerySet[Any], Any]:
        return filtered_assignments(data, user, self.tag)

    order_of, read_page = staticmethod(order_of), staticmethod(read_page)

    def rows(self, found: Sequence[Assignment], user: Any) -> list[dict[str, Any]]:
        return worded(found, user)


class TagForm(forms.Form):
    """What is asked when a tag is set by hand."""

    tag = forms.ModelChoiceField(queryset=Tag.objects.filter(is_manual=True), to_field_name="code")
    reason = forms.CharField(max_length=200, required=False)
    ends_on = forms.DateField(required=False)


class SetTagView(LoginRequiredMixin, View):
    """POST: sets a tag on an element by hand."""

    def post(self, request: HttpRequest, element_id: int) -> HttpResponse:
        element = Element.objects.visible_to(request.user).filter(pk=element_id).first()
        if element is None:
            raise NotVisible
        form = TagForm(request.POST)

        def write() -> str:
            if not form.is_valid():
                raise DomainError("BAD_TAG", _("请选择标签，并填写正确的到期日。"))
            row = manual.set_tag(element=element, actor=request.user, now=clock.now(), **form.cleaned_data)
            return _("已标注“%(tag)s”") % {"tag": row.tag.name}

        return answered(request, element_id, write)


class TagStepView(LoginRequiredMixin, View):
    """POST: reports an outcome (`outcome`), or takes off a tag that was set by hand (`end`)."""

    def post(self, request: HttpRequest, assignment_id: int, action: str) -> HttpResponse:
        row = Assignment.objects.visible_to(request.user).select_related("tag").filter(pk=assignment_id).first()
        if row is None or action not in ("outcome", "end"):
            raise NotVisible
        note = request.POST.get("note", "")

        def write() -> str:
            now, kwargs = clock.now(), {"assignment_id": assignment_id, "note": note, "actor": request.user}
            if action == "end":
                manual.end_tag(now=now, **kwargs)
                return _("已解除“%(tag)s”") % {"tag": row.tag.name}
            report = manual.report_outcome(outcome=request.POST.get("outcome", ""), now=now, **kwargs)
            return _("“%(tag)s”已登记：%(outcome)s") % {"tag": row.tag.name, "outcome": report.name}

        return answered(request, row.element_id, write)


def answered(request: HttpRequest, element_id: int, write: Any) -> HttpResponse:
    """Does it and goes back to the tags of the element; a refusal is said there."""
    try:
        messages.success(request, write())
    except (NotAllowed, NotVisible):
        raise
    except DomainError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("console:element", args=[element_id]) + "?tab=tags")
