"""Lists: batches, and sources with whom the platform believes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.scope import Right
from elements.choices import ElementKind
from elements.list_page import list_export_url, with_parameters
from elements.list_view import ListColumn, ListView
from elements.models import Source
from exchange.forms import BatchFilterForm
from exchange.models import LandingBatch
from exchange.selectors import batch_list
from exchange.selectors.batches import filtered_batches, require_import
from exchange.selectors.sources import precedence, require_sources, source_lines, source_names
from exchange.views.batch_page import badge_of

_NUMBERS = tuple(
    ListColumn(name, label, is_numeric=True)
    for name, label in (
        ("received", gettext_lazy("收到")), ("created", gettext_lazy("新增")), ("updated", gettext_lazy("更新")),
        ("unchanged", gettext_lazy("无变化")), ("to_review", gettext_lazy("待核对")), ("rejected", gettext_lazy("无法读取")),
    )
)  # fmt: skip


class BatchListView(ListView):
    """GET: batches the user may see, newest first; filters stand in the URL."""

    title, list_name, export = gettext_lazy("导入批次"), batch_list.LIST_NAME, batch_list.LIST_NAME
    template_name, rows_template = "exchange/batches.html", "exchange/batch_rows.html"
    clear_url = reverse_lazy("exchange:list")
    count_words, capped_words = gettext_lazy("共 %(count)s 批"), gettext_lazy("%(count)s 批")
    read_page = staticmethod(batch_list.read_page)
    columns = (
        ListColumn("file", gettext_lazy("文件"), is_locked=True),
        ListColumn("state", gettext_lazy("状态")),
        ListColumn("kind", gettext_lazy("种类")),
        ListColumn("source", gettext_lazy("来源")),
        *_NUMBERS,
        ListColumn("observed_at", gettext_lazy("数据日期")),
        ListColumn("owner", gettext_lazy("上传人")),
        ListColumn("created_at", gettext_lazy("上传时间")),
    )

    def may_see(self, user: Any) -> bool:
        """Says no in the words of the import."""
        require_import(user)
        return True

    @cached_property
    def form(self) -> BatchFilterForm:
        """The filters of the URL; a value that cannot be is none."""
        form = BatchFilterForm(self.request.GET)
        form.is_valid()
        return form

    def frame(self, request: HttpRequest) -> dict[str, Any]:
        return super().frame(request) | {
            "filter_template": "exchange/batch_filters.html", "form": self.form,
            "empty_text": "" if request.GET else _("还没有导入过文件。"),
        }  # fmt: skip

    def filtered(self, _data: QueryDict, user: Any) -> tuple[QuerySet[LandingBatch], None]:
        return filtered_batches(user, self.form.cleaned_data), None

    def listed(self, request: HttpRequest) -> dict[str, Any]:
        return super().listed(request) | {"chips": _chips(self.form, request.GET)}

    def rows(self, found: Sequence[LandingBatch], _user: Any) -> list[dict[str, Any]]:
        return [
            row | {"badge": badge_of(row["batch"]), "counts": _counts(row["batch"])}
            for row in batch_list.batch_rows(found)
        ]


def _counts(batch: LandingBatch) -> list[dict[str, Any]]:
    """{name, label, value} of each number column; blank before the dry run."""
    return [
        {"name": one.name, "label": one.label, "value": f"{batch.counts.get(one.name, 0):,}" if batch.counts else ""}
        for one in _NUMBERS
    ]


def _chips(form: BatchFilterForm, data: QueryDict) -> list[dict[str, Any]]:
    chips = []
    for name, value in form.cleaned_data.items():
        if value:
            field = form.fields[name]
            shown = value if isinstance(value, Source) else dict(field.choices).get(value, value)  # type: ignore[attr-defined]
            chips.append({"label": field.label, "value": shown, "remove_url": with_parameters(data, **{name: None})})
    return chips


class SourceListView(LoginRequiredMixin, View):
    """GET: sources, what they brought last, and whom the platform believes about each field."""

    def get(self, request: HttpRequest) -> HttpResponse:
        rights = request.user.scope.rights
        require_sources(request.user)
        lines, counted_at = source_lines(request.user, clock.now())
        names = source_names()
        context = {
            "page_title": _("数据来源"),
            "lines": lines,
            "counted_at": counted_at,
            "kinds": [
                {"code": code, "label": label, "groups": precedence(code, names)} for code, label in ElementKind.choices
            ],
            "export_url": list_export_url("sources", request.GET, request.user) if lines else "",
            "order_export_url": list_export_url("source-order", request.GET, request.user),
            "export_is_table": True,
            "admin_url": reverse("admin:elements_source_changelist") if Right.CONFIGURE in rights else "",
            "policy_url": reverse("admin:elements_fieldpolicy_changelist") if Right.CONFIGURE in rights else "",
        }
        return render(request, "exchange/sources.html", context)
