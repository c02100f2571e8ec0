"""Plain lists of places: standard addresses and areas."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views import View

from addresses.models import StandardAddress
from addresses.services.registry_changes_ledger import may_change_registry
from common import clock
from common.audit import record_audit
from common.errors import NotAllowed
from common.scope import Right
from console.forms import AddressFilterForm, valid_filter
from console.selectors import places
from console.views.list_export import list_export_url
from elements.list_page import with_parameters
from elements.list_view import ListColumn, ListView
from elements.selectors.keyset_pages import RowPage, read_models
from elements.selectors.paging import Order
from elements.selectors.searches import load_search, save_search

_BY_NUMBER = Order("id", None, "pk", None)
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


class AddressListView(ListView):
    """GET: standard addresses in scope. POST `q`: a text search, which becomes a token in the URL."""

    title, list_name, export = pgettext_lazy("list", "标准地址"), "addresses", "addresses"
    template_name, rows_template = "console/place_list.html", "console/address_rows.html"
    columns = (
        ListColumn("full_text", gettext_lazy("标准地址"), is_locked=True),
        ListColumn("level", gettext_lazy("级别")),
        ListColumn("town", gettext_lazy("镇街")),
        ListColumn("village", gettext_lazy("村居")),
        ListColumn("block", gettext_lazy("责任块")),
        ListColumn("district", gettext_lazy("警务区")),
        ListColumn("point", gettext_lazy("经纬度"), hint=gettext_lazy("WGS84，度")),
        ListColumn("code", gettext_lazy("编码")),
    )

    @cached_property
    def form(self) -> AddressFilterForm:
        """The filters of the URL."""
        return AddressFilterForm(self.request.GET)

    def frame(self, request: HttpRequest) -> dict[str, Any]:
        return super().frame(request) | {
            "filter_template": "console/place_filters.html", "form": self.form, "has_text_search": True,
            "query": request.GET.urlencode(), "may_change_addresses": may_change_registry(request.user),
            "may_export_addresses": Right.EXPORT in request.user.scope.rights,
        }  # fmt: skip

    def filtered(self, _data: QueryDict, user: Any) -> tuple[QuerySet[StandardAddress], None]:
        return places.filtered_addresses(user, valid_filter(self.form)), None

    def order_of(self, _text: str) -> Order:
        return _BY_NUMBER

    def read_page(self, queryset: QuerySet[StandardAddress], **page: Any) -> RowPage[StandardAddress]:
        return read_models(queryset, list_name=self.list_name, shown=places.addresses_of_list(), **page)

    def listed(self, request: HttpRequest) -> dict[str, Any]:
        chips = filter_chips(self.form, valid_filter(self.form), request.GET, request.user)
        return super().listed(request) | {"chips": chips}

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
            "export_url": list_export_url(request, "areas"), "export_is_table": True,
            "rows_template": "console/area_rows.html", "count_text": _("共 %(count)s 个") % {"count": len(rows)},
        }  # fmt: skip
        return render(request, "console/place_list.html", context)
