"""Plain lists of places: standard addresses and areas."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views import View

from addresses.services.registry_changes_ledger import may_change_registry
from common import clock
from common.audit import record_audit
from common.errors import NotAllowed
from common.scope import Right
from console.forms import AddressFilterForm, valid_filter
from console.selectors import places
from elements.filters import capped_count
from elements.list_page import page_size_of, with_parameters
from elements.selectors.lists import PAGE_SIZES
from elements.selectors.searches import load_search, save_search

_ADDRESS_COLUMNS = [
    {"name": "full_text", "label": gettext_lazy("标准地址"), "is_locked": True},
    {"name": "level", "label": gettext_lazy("级别")},
    {"name": "town", "label": gettext_lazy("镇街")},
    {"name": "village", "label": gettext_lazy("村居")},
    {"name": "block", "label": gettext_lazy("责任块")},
    {"name": "district", "label": gettext_lazy("警务区")},
    {"name": "point", "label": gettext_lazy("经纬度"), "hint": gettext_lazy("WGS84，度")},
    {"name": "code", "label": gettext_lazy("编码")},
]
_AREA_COLUMNS = [
    {"name": "name", "label": gettext_lazy("名称"), "is_locked": True},
    {"name": "kind", "label": gettext_lazy("种类")},
    {"name": "parent", "label": gettext_lazy("上级")},
    {"name": "is_urban", "label": gettext_lazy("城乡")},
    {"name": "blocks", "label": gettext_lazy("勤务网格数"), "is_numeric": True, "hint": gettext_lazy("您辖区内的")},
    {
        "name": "total",
        "label": gettext_lazy("要素数"),
        "is_numeric": True,
        "hint": gettext_lazy("您辖区内现有的，含未落地"),
    },
    {"name": "valid_from", "label": gettext_lazy("启用日期")},
    {"name": "code", "label": gettext_lazy("代码")},
]


def require_read(request: HttpRequest) -> None:
    if Right.READ not in request.user.scope.rights:
        raise NotAllowed


def _page_by_id(queryset: QuerySet, data: QueryDict, size: int) -> tuple[list[Any], dict[str, Any]]:
    """A page in order of ids, begun after `after=` or ended before `before=`; numbers only, so they may stand in the URL."""
    after, before = data.get("after", ""), data.get("before", "")
    is_back = before.isascii() and before.isdigit()
    if is_back:
        rows = list(queryset.filter(pk__lt=int(before)).order_by("-pk")[: size + 1])
    elif after.isascii() and after.isdigit():
        rows = list(queryset.filter(pk__gt=int(after)).order_by("pk")[: size + 1])
    else:
        after, rows = "", list(queryset.order_by("pk")[: size + 1])
    has_more = len(rows) > size
    rows = rows[:size][::-1] if is_back else rows[:size]
    sizes = [
        {"value": s, "url": with_parameters(data, page_size=s, after=None, before=None), "active": s == size}
        for s in PAGE_SIZES
    ]
    pager: dict[str, Any] = {"page_sizes": sizes}
    if rows and (has_more if is_back else after):
        pager["first_url"] = with_parameters(data, after=None, before=None)
        pager["previous_url"] = with_parameters(data, before=rows[0].pk, after=None)
    if rows and (is_back or has_more):
        pager["next_url"] = with_parameters(data, after=rows[-1].pk, before=None)
    return rows, pager


def filter_chips(form: forms.Form, values: dict[str, Any], data: QueryDict, user: Any) -> list[dict[str, Any]]:
    chips = []
    for name, value in values.items():
        if value in (None, ""):
            continue
        choices = {str(key): text for key, text in getattr(form.fields[name], "_choices", ())}
        shown = load_search(token=value, user=user)[0].text if name == "search" else choices.get(str(value), value)
        url = with_parameters(data, **{name: None, "after": None, "before": None})
        chips.append({"label": form.fields[name].label, "value": shown, "remove_url": url})
    return chips


def _export_url(request: HttpRequest, name: str = "addresses") -> str:
    """The file of the same rows, or "" for who may not take lists out."""
    if Right.EXPORT not in request.user.scope.rights:
        return ""
    query = with_parameters(request.GET, after=None, before=None, page_size=None)
    return reverse("console:list-export", args=[name]) + query


class AddressListView(LoginRequiredMixin, View):
    """GET: standard addresses in scope. POST `q`: a text search, which becomes a token in the URL."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require_read(request)
        form = AddressFilterForm(request.GET)
        values = valid_filter(form)
        addresses = places.filtered_addresses(request.user, values)
        joined = addresses.select_related("town", "village", "block__parent").defer(
            "block__geom", "block__parent__geom"
        )
        rows, pager = _page_by_id(joined, request.GET, page_size_of(request.GET))
        context = {
            "page_title": pgettext("list", "标准地址"), "list_name": "addresses", "columns": _ADDRESS_COLUMNS, "rows": rows, "pager": pager,
            "rows_template": "console/address_rows.html", "filter_template": "console/place_filters.html", "form": form,
            "chips": filter_chips(form, values, request.GET, request.user), "clear_url": "?", "has_text_search": True,
            "query": request.GET.urlencode(), "count_text": _count_text(addresses),
            "export_url": _export_url(request), "export_is_table": True,
            "may_change_addresses": may_change_registry(request.user),
            "may_export_addresses": Right.EXPORT in request.user.scope.rights,
        }  # fmt: skip
        return render(request, "console/place_list.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        require_read(request)
        now = clock.now()
        saved = save_search(text=request.POST.get("q", ""), user=request.user, now=now)
        record_audit(
            actor_id=request.user.pk,
            verb="SEARCHED",
            subject_table="elements_savedsearch",
            subject_id=saved.pk,
            now=now,
        )
        data = QueryDict(request.POST.get("query", "")[:1000])
        url = with_parameters(data, search=saved.token, after=None, before=None)
        return HttpResponseRedirect(reverse("console:addresses") + url)


class AreaListView(LoginRequiredMixin, View):
    """GET: brigade, squadrons, districts in scope with their numbers of blocks and elements."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require_read(request)
        rows = [
            {**row, "blocks_text": f"{row['blocks']:,}", "total_text": f"{row['total']:,}"}
            for row in places.areas_with_counts(request.user)
        ]
        context = {
            "page_title": pgettext("list", "责任区"), "list_name": "areas", "columns": _AREA_COLUMNS, "rows": rows,
            "export_url": _export_url(request, "areas"), "export_is_table": True,
            "rows_template": "console/area_rows.html", "count_text": _("共 %(count)s 个") % {"count": len(rows)},
        }  # fmt: skip
        return render(request, "console/place_list.html", context)


def _count_text(queryset: QuerySet) -> str:
    count = capped_count(queryset)
    return _("%(count)s 条") % {"count": count} if count.is_capped else _("共 %(count)s 条") % {"count": count}
