"""The page one opens the day with: counts and work, by what the posts allow."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from addresses.choices import ResolveStatus
from common import clock
from common.errors import NotAllowed
from common.scope import Right
from console.selectors import today
from elements.choices import Flow
from elements.filters import Count
from elements.registries import REGISTRIES
from exchange.selectors.flows import flow_figures

_DEFINITIONS = {
    "all": gettext_lazy("有来源登记、未撤回、未并入其他要素，且责任块在您辖区内的要素"),
    "unplaced": gettext_lazy("没有实测点，地址也没有匹配到标准地址的要素"),
    "conflict": gettext_lazy("至少一个官方字段各来源说法不一的要素"),
    "finding": gettext_lazy("有未了结疑点（号牌异常、证件号冲突）的要素"),
}
_TEXT_DEFINITION = gettext_lazy("辖区内要素带有的、需要人来判断的地址文本；同一文本只算一条")


class TodayView(LoginRequiredMixin, View):
    """GET / : one page for all roles; each part shows by right."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        rights = user.scope.rights
        area = request.GET.get("area", "")
        context: dict[str, Any] = {"page_title": _("今日"), "as_of": clock.now(), "has_post": bool(rights)}
        if Right.READ in rights:
            context |= _reading(user, area)
        if Right.IMPORT in rights:
            batches = today.batches_needing_attention(user) if Right.READ in rights else today.own_batches(user)
            context |= {
                "batches": [_batch(batch) for batch in batches],
                "may_import": True,
                "import_url": _optional("exchange:list"),
            }
        context["audit_rows"] = today.latest_audit(user)
        context["may_audit"] = Right.AUDIT in rights
        context["settings_url"] = _optional("admin:index") if Right.CONFIGURE in rights else ""
        context["is_submitter"] = Right.SUBMIT in rights
        return render(request, "console/today.html", context)


class SharesView(LoginRequiredMixin, View):
    """Fragment of the page, loaded after it: share of standardised addresses of each source."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if Right.READ not in request.user.scope.rights:
            raise NotAllowed
        context = {"shares": today.standardised_shares(request.user), "as_of": clock.now()}
        return render(request, "console/today_shares.html", context)


class FlowsView(LoginRequiredMixin, View):
    """Fragment of the page, loaded after it: what was collected, verified and exchanged, by month."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if Right.IMPORT not in request.user.scope.rights:
            raise NotAllowed
        batches = reverse("exchange:list")
        flows = [
            {
                "label": Flow(row.flow).label, "month": row.month, "url": f"{batches}?flow={row.flow}",
                "received": row.received, "accepted": row.accepted, "to_review": row.to_review, "rejected": row.rejected,
            }
            for row in flow_figures(request.user)
        ]  # fmt: skip
        return render(request, "console/today_flows.html", {"flows": flows})


def _reading(user: Any, area: str) -> dict[str, Any]:
    found = today.measured(user, area)
    rows = []
    for name, registry in REGISTRIES.items():
        url = reverse("elements:list", args=[name])
        cells = [
            _cell(found.registries[name][m], url, query, area, _DEFINITIONS[m]) for m, query in today.MEASURES.items()
        ]
        rows.append({"registry": registry, "cells": cells})
    texts_url = reverse("console:address-texts")
    texts = [
        {
            "label": ResolveStatus(status).label,
            "value": str(count),
            "count": count.mark,
            "url": f"{texts_url}?status={status}",
            "definition": _TEXT_DEFINITION,
        }
        for status, count in found.texts.items()
    ]
    return {"may_read": True, "registry_rows": rows, "text_tiles": texts, "area": area}


def _cell(count: Count, url: str, query: str, area: str, definition: str) -> dict[str, Any]:
    # `filter=none`: the number is that of the plain list, not of the filter that the list opens with.
    parts = [part for part in (query, f"area={area}" if area else "") if part] or ["filter=none"]
    return {
        "value": str(count),
        "count": count.mark,
        "is_zero": count.value == 0,
        "url": f"{url}?{'&'.join(parts)}",
        "definition": definition,
    }


def _batch(batch: Any) -> dict[str, Any]:
    return {
        "name": batch.upload.name,
        "source": batch.source.name,
        "kind": batch.get_kind_display(),
        "state": batch.get_state_display(),
        "is_bad": batch.state == batch.State.FAILED,
        "created_at": batch.created_at,
        "url": _optional("exchange:batch", batch.pk),
    }


def _optional(name: str, *args: Any) -> str:
    """URL of a page that may not be installed, or ""."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
