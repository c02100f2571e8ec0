"""Lists: batches, and sources with whom the platform believes."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from accounts.models import User
from common import clock
from common.errors import NotAllowed
from common.scope import Right
from elements.choices import ElementKind
from elements.models import Source
from exchange.forms import BatchFilterForm
from exchange.models import LandingBatch
from exchange.selectors.batches import OUTCOMES, filtered_batches, require_import
from exchange.selectors.sources import precedence, source_lines
from exchange.views.batch_page import badge_of

PAGE_BATCHES = 30
COUNT_LIMIT = 10_000


def _columns() -> list[dict[str, Any]]:
    numbers = [("received", _("收到")), ("created", _("新增")), ("updated", _("更新")), ("unchanged", _("无变化"))]
    numbers += [("to_review", _("待核对")), ("rejected", _("无法读取"))]
    plain = [("file", _("文件")), ("state", _("状态")), ("kind", _("种类")), ("source", _("来源"))]
    return [
        *({"name": name, "label": label, "is_locked": name == "file"} for name, label in plain),
        *({"name": name, "label": label, "is_numeric": True} for name, label in numbers),
        {"name": "observed_at", "label": _("数据日期")},
        {"name": "owner", "label": _("上传人")},
        {"name": "created_at", "label": _("上传时间")},
    ]


def _with(data: QueryDict, **changes: str | None) -> str:
    changed = data.copy()
    for name in ("after", "before", *changes):
        changed.pop(name, None)
    for name, value in changes.items():
        if value:
            changed[name] = value
    return f"?{changed.urlencode()}"


class BatchListView(LoginRequiredMixin, View):
    """GET: batches the user may see, newest first; filters stand in the URL."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require_import(request.user)
        form = BatchFilterForm(request.GET)
        form.is_valid()
        batches = filtered_batches(request.user, form.cleaned_data)
        rows, pager = self._page(batches, request.GET)
        owners = dict(User.objects.filter(pk__in={b.owner_id for b in rows}).values_list("pk", "display_name"))
        count = batches.order_by()[: COUNT_LIMIT + 1].count()
        context = {
            "page_title": _("导入批次"),
            "list_name": "landing-batches",
            "columns": _columns(),
            "rows": [self._row(batch, owners) for batch in rows],
            "rows_template": "exchange/batch_rows.html",
            "filter_template": "exchange/batch_filters.html",
            "form": form,
            "chips": self._chips(form, request.GET),
            "clear_url": reverse("exchange:list"),
            "pager": pager,
            "count_text": _("共 %(count)s 批") % {"count": f"{count:,}"}
            if count <= COUNT_LIMIT
            else _("超过 10,000 批"),
            "empty_text": "" if request.GET else _("还没有导入过文件。"),
        }
        return render(request, "exchange/batches.html", context)

    def _page(self, batches: QuerySet[LandingBatch], data: QueryDict) -> tuple[list[LandingBatch], dict[str, Any]]:
        """Batches older than `after`, or the page before `before`; newest first."""
        after, before = data.get("after", ""), data.get("before", "")
        is_back = before.isascii() and before.isdigit()
        if is_back:
            batches = batches.filter(pk__gt=int(before[:18])).order_by("pk")
        else:
            batches = batches.filter(pk__lt=int(after[:18])) if after.isascii() and after.isdigit() else batches
            batches = batches.order_by("-pk")
        read = list(batches[: PAGE_BATCHES + 1])
        has_more, rows = len(read) > PAGE_BATCHES, read[:PAGE_BATCHES][:: -1 if is_back else 1]
        pager: dict[str, Any] = {}
        if rows and (has_more if is_back else after):
            pager |= {"first_url": _with(data), "previous_url": _with(data, before=str(rows[0].pk))}
        if rows and (is_back or has_more):
            pager["next_url"] = _with(data, after=str(rows[-1].pk))
        return rows, pager

    def _row(self, batch: LandingBatch, owners: dict[int, str]) -> dict[str, Any]:
        is_counted = bool(batch.counts)
        counts = [
            {"name": name, "value": f"{batch.counts.get(name, 0):,}" if is_counted else "", "label": column["label"]}
            for name in ("received", *OUTCOMES)
            for column in _columns()
            if column["name"] == name
        ]
        return {
            "batch": batch,
            "badge": badge_of(batch),
            "counts": counts,
            "owner": owners.get(batch.owner_id or 0)
            or (_("命令行") if batch.owner_id is None else f"#{batch.owner_id}"),
        }

    def _chips(self, form: BatchFilterForm, data: QueryDict) -> list[dict[str, Any]]:
        chips = []
        for name, value in form.cleaned_data.items():
            if value:
                field = form.fields[name]
                shown = value if isinstance(value, Source) else dict(field.choices).get(value, value)  # type: ignore[attr-defined]
                chips.append({"label": field.label, "value": shown, "remove_url": _with(data, **{name: None})})
        return chips


class SourceListView(LoginRequiredMixin, View):
    """GET: sources, what they brought last, and whom the platform believes about each field."""

    def get(self, request: HttpRequest) -> HttpResponse:
        rights = request.user.scope.rights
        if not rights & {Right.IMPORT, Right.CONFIGURE}:
            raise NotAllowed
        lines, counted_at = source_lines(request.user, clock.now())
        names = dict(Source.objects.values_list("code", "name"))
        context = {
            "page_title": _("数据来源"),
            "lines": lines,
            "counted_at": counted_at,
            "kinds": [
                {"code": code, "label": label, "groups": precedence(code, names)} for code, label in ElementKind.choices
            ],
            "admin_url": reverse("admin:elements_source_changelist") if Right.CONFIGURE in rights else "",
            "policy_url": reverse("admin:elements_fieldpolicy_changelist") if Right.CONFIGURE in rights else "",
        }
        return render(request, "exchange/sources.html", context)
