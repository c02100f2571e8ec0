"""Coverage: its table, the upload of expected counts, and the same for machines."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.permissions import requires
from common import clock
from common.errors import DomainError, NotAllowed
from common.scope import Actor, Right
from console.coverage_page import (
    BY,
    SORTS,
    border_days,
    columns_of,
    definitions_of,
    figures_json,
    shown_cells,
    shown_row,
)
from console.coverage_query import area_of, asked_coverage, borders_of, by_of
from console.views.list_export import list_export_url
from elements.list_page import with_parameters
from elements.registries import REGISTRIES
from elements.selectors.coverage import coverage, total_of
from elements.services.expected_counts import COLUMNS, load_expected_counts

_PAGE = 50


def may_upload(user: Actor) -> bool:
    """True of who may say how many things there should be."""
    return Right.IMPORT in user.scope.rights and user.scope.all_blocks


class CoverageView(LoginRequiredMixin, View):
    """GET /coverage/?by=&registry=&area=&borders_on=&sort=&page=: one registry, a row a district, grid or village."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if Right.READ not in request.user.scope.rights:
            raise NotAllowed
        data, now = request.GET, clock.now()
        asked = asked_coverage(data)
        rows = asked.rows(request.user, now)
        context = {
            "page_title": _("覆盖率"), "as_of": now, "by_label": BY[asked.by], "borders_on": asked.borders_on,
            **_choices(data, asked.by, asked.registry, asked.borders_on), **_table(data, rows, asked.registry),
            "export_url": list_export_url(request, "coverage") if rows else "", "export_is_table": True,
            "may_upload": may_upload(request.user), "upload_columns": ",".join(COLUMNS),
        }  # fmt: skip
        return render(request, "console/coverage.html", context)


def _choices(data: QueryDict, by: str, registry: str, borders_on: date | None) -> dict[str, Any]:
    return {
        "border_tabs": [
            {"label": label, "url": with_parameters(data, borders_on=day or None, page=None), "active": active}
            for day, label, active in border_days(borders_on)
        ],
        "by_tabs": [
            {"label": label, "url": with_parameters(data, by=key, page=None, registry=registry), "active": key == by}
            for key, label in BY.items()
        ],
        "registry_tabs": [
            {"key": name, "label": one.label, "url": with_parameters(data, registry=name, page=None, sort=None),
             "active": name == registry}
            for name, one in REGISTRIES.items()
        ],
        "registry": REGISTRIES[registry],
    }  # fmt: skip


def _table(data: QueryDict, rows: list[Any], registry: str) -> dict[str, Any]:
    sort = data.get("sort", "")
    pages = max(1, -(-len(rows) // _PAGE))
    asked = data.get("page", "")
    number = min(max(1, int(asked)), pages) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    borders = {"borders_on": data["borders_on"]} if data.get("borders_on") else {}
    place = {"area": data["area"]} | borders if data.get("area") else {}
    columns = columns_of(registry, definitions_of(registry))
    for column in columns:
        is_up = sort == column["name"]
        column["url"] = with_parameters(data, sort=f"-{column['name']}" if is_up else column["name"], page=None)
        column["sorted"] = "ascending" if is_up else "descending" if sort == f"-{column['name']}" else ""
        column["is_sortable"] = column["name"] in SORTS
    return {
        "columns": columns,
        "rows": [shown_row(row, registry, borders) for row in rows[(number - 1) * _PAGE : number * _PAGE]],
        "total": shown_cells(total_of(rows, registry), registry, place),
        "count": len(rows), "number": number, "pages": pages,
        "previous_url": with_parameters(data, page=number - 1) if number > 1 else "",
        "next_url": with_parameters(data, page=number + 1) if number < pages else "",
    }  # fmt: skip


class ExpectedCountsView(LoginRequiredMixin, View):
    """POST /coverage/expected/: a CSV of expected counts; with a bad row the page says which and nothing is written."""

    def post(self, request: HttpRequest) -> HttpResponse:
        upload = request.FILES.get("file")
        if not may_upload(request.user):
            raise NotAllowed("应有数由负责全市并有导入权限的岗位填报。")
        if upload is None:
            raise DomainError("NO_FILE", "没有选择文件。请选择一个 CSV 文件后再上传。")
        report = load_expected_counts(content=upload.read(), actor=request.user, now=clock.now())
        if report.problems:
            context = {"page_title": _("应有数没有填报"), "report": report, "upload_columns": ",".join(COLUMNS)}
            return render(request, "console/coverage_problems.html", context, status=400)
        told = {"received": report.received, "created": report.created, "changed": report.changed}
        messages.success(request, _("收到 %(received)s 行：新增 %(created)s，更改 %(changed)s，其余没有变化。") % told)
        return HttpResponseRedirect(reverse("console:coverage"))


class CoverageApiView(APIView):
    """GET /api/v1/coverage/?by=&area=&borders_on=: every registry, a row a district, grid or village."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(responses={200: OpenApiTypes.OBJECT, 400: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> HttpResponse:
        data, now = request.query_params, clock.now()
        by, day = by_of(data), borders_of(data)
        rows = coverage(request.user, by=by, area_id=area_of(data), registries=REGISTRIES, now=now, borders_on=day)
        body = {
            "by": by,
            "borders_on": day and day.isoformat(),
            "as_of": now.isoformat(timespec="seconds"),
            "rows": [
                {
                    "name": row.name,
                    "area": row.area and row.area.code,
                    "village": row.village_code or None,
                    "registries": {name: figures_json(figures) for name, figures in row.figures.items()},
                }
                for row in rows
            ],
        }
        return HttpResponse(orjson.dumps(body), content_type="application/json")
