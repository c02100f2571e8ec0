"""The building sheet (楼盘表): its page, the content of one cell, and the same for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views import View
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.permissions import requires
from common.errors import NotVisible
from common.scope import Right
from console.building_sheet import FACILITY, HOUSE, HOUSEHOLD, RESIDENT, UNIT, VEHICLE, Cell, Floor, cells_of
from console.selectors import building
from console.selectors.building import Sheet
from elements.choices import AddressRole

# Group → icon, word.
_GROUPS = {
    HOUSE: ("home", gettext_lazy("房屋")),
    RESIDENT: ("user", gettext_lazy("现住")),
    HOUSEHOLD: ("id", gettext_lazy("仅户籍")),
    VEHICLE: ("car", gettext_lazy("机动车")),
    UNIT: ("building", gettext_lazy("单位")),
    FACILITY: ("traffic-lights", gettext_lazy("设施")),
}
_MAX_ROOM_LENGTH = 20
_CURRENT = mark_safe(' aria-current="true"')


def _stated(request: HttpRequest) -> str:
    """The room that a text names and the registry lacks, from the query."""
    return request.GET.get("stated", "").replace("\x00", "")[:_MAX_ROOM_LENGTH]


class _Drawing:
    """Draws the cells of one sheet. Not by a template: a tower has a thousand, and each would be a template of its own."""

    def __init__(self, node_code: str, marked: tuple[str, str]) -> None:
        self._page_url = reverse("console:building", args=[node_code])
        self._cell_url = reverse("console:building-cell", args=[node_code])
        self._marked = marked
        icons = static("icons.svg")
        self._counts = {
            group: format_html(
                '<span class="room-count"><svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>'
                '<span class="visually-hidden">{}</span>',
                icons, icon, word,
            )
            for group, (icon, word) in _GROUPS.items()
        }  # fmt: skip
        self._stated_note = format_html('<span class="visually-hidden">{}</span>', _("登记册没有这一户室"))
        self._empty_note = format_html('<span class="visually-hidden">{}</span>', _("空白"))

    def __call__(self, cell: Cell) -> SafeString:
        """A link with the number of the room and its counts; words beside the icons are for screen readers."""
        query = urlencode({"at": cell.code} | ({"stated": cell.stated} if cell.stated else {}))
        look = " is-stated" if cell.stated else "" if cell.entries else " is-empty"
        counts = "".join(f"{self._counts[group]}{number}</span>" for group, number in cell.counts().items())
        return format_html(
            '<a class="room{}" href="{}?{}" hx-get="{}?{}" hx-replace-url="{}?{}" title="{}"{}>'
            '<span class="{}">{}</span>{}{}{}</a>',
            look, self._page_url, query, self._cell_url, query, self._page_url, query, cell.name,
            _CURRENT if (cell.code, cell.stated) == self._marked else "",
            "room-number" if cell.number else "visually-hidden", cell.number or cell.name,
            self._stated_note if cell.stated else "", "" if cell.entries else self._empty_note, mark_safe(counts),
        )  # fmt: skip


def floor_label(floor: Floor) -> str:
    """5层, 地下1层; rooms that do not tell it stand under 未分层."""
    if floor.number is None:
        return str(_("未分层"))
    if floor.number < 0:
        return str(_("地下%(number)s层") % {"number": -floor.number})
    return str(_("%(number)s层") % {"number": floor.number})


def _cell_context(cell: Cell, user: Any) -> dict[str, Any]:
    records = building.house_records(cell, user)
    roles = dict(AddressRole.choices)
    groups = [
        {
            "icon": _GROUPS[group][0],
            "label": _GROUPS[group][1],
            "entries": [
                {
                    "element_id": entry.element_id,
                    "label": entry.label or _("（无名称）"),
                    "roles": [str(roles[role]) for role in entry.roles],
                    "record": records.get(entry.element_id, ()),
                }
                for entry in entries
            ],
        }
        for group, entries in cell.grouped().items()
    ]
    return {"cell_open": cell, "groups": groups, "ties": building.ties(cell, user)}


class BuildingView(LoginRequiredMixin, View):
    """GET: the sheet of a building; a unit or room leads to the sheet of its building, marked there.

    `at` (code of a unit or room, or of the building itself) and `stated` name the cell that stands open.
    """

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        place = building.place_at(code, request.user)
        node = building.building_of(place)
        if node.pk != place.pk:
            return HttpResponseRedirect(
                reverse("console:building", args=[node.code]) + f"?{urlencode({'at': place.code})}"
            )
        sheet = building.read_sheet(node, request.user)
        request.navigation_path = reverse("console:addresses")
        return render(request, "console/building.html", self._context(request, sheet))

    def _context(self, request: HttpRequest, sheet: Sheet) -> dict[str, Any]:
        node = sheet.node
        # A house without rooms has one cell; it stands open.
        marked = (request.GET.get("at", node.code if sheet.whole.is_room else ""), _stated(request))
        draw = _Drawing(node.code, marked)
        context = {
            "page_title": node.full_text,
            "breadcrumbs": [{"label": pgettext("list", "标准地址"), "url": reverse("console:addresses")}],
            "node": node,
            "areas": [area.name for area in (node.block and node.block.parent, node.block) if area],
            "totals": _totals(sheet),
            "whole": draw(sheet.whole),
            "is_whole_shown": sheet.whole.is_room or bool(sheet.whole.entries),
            "sections": [
                {
                    "name": section.name,
                    "is_marked": section.whole is not None and (section.whole.code, "") == marked,
                    "whole": draw(section.whole) if section.whole and section.whole.entries else None,
                    "floors": [
                        {
                            "label": floor_label(floor),
                            "cells": ["" if cell is None else draw(cell) for cell in floor.cells],
                        }
                        for floor in section.floors
                    ],
                }
                for section in sheet.sections
            ],
            "places": sheet.places,
            "is_single": sheet.whole.is_room,
            "legend": [{"icon": icon, "word": word} for icon, word in _GROUPS.values()],
        }
        if marked[0]:
            context |= self._open_cell(request, sheet, marked)
        return context

    def _open_cell(self, request: HttpRequest, sheet: Sheet, marked: tuple[str, str]) -> dict[str, Any]:
        """Content of the marked cell; a mark that is not of this sheet, or of a unit without anything, opens nothing."""
        owners = [sheet.whole, *(section.whole for section in sheet.sections if section.whole)]
        cells = [*(cell for cell in owners if cell.is_room or cell.entries), *cells_of(sheet.sections)]
        found = next((cell for cell in cells if (cell.code, cell.stated) == marked), None)
        return _cell_context(found, request.user) if found else {}


class BuildingCellView(LoginRequiredMixin, View):
    """GET: what is recorded at `at` (default: the building itself), a fragment for the side of the sheet."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        place = building.place_at(request.GET.get("at", code), request.user)
        if building.building_of(place).code != code:
            raise NotVisible
        cell = building.read_cell(place, _stated(request), request.user)
        return render(request, "console/building_cell.html", _cell_context(cell, request.user))


def _totals(sheet: Sheet) -> list[dict[str, Any]]:
    totals = sheet.totals
    rows = [
        (_("户室"), totals.rooms), (_("有房屋登记"), totals.with_house), (_("有人员"), totals.with_people),
        (_("有机动车"), totals.with_vehicles), (_("有单位"), totals.with_units), (_("空白"), totals.empty),
    ]  # fmt: skip
    if totals.unregistered:
        rows.append((_("登记册没有"), totals.unregistered))
    return [{"label": label, "value": f"{value:,}"} for label, value in rows]


class BuildingApiView(APIView):
    """GET /api/v1/addresses/<code>/building/: the same sheet as data; a unit or room answers with its building."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(responses={200: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT})
    def get(self, request: Request, code: str) -> HttpResponse:
        node = building.building_of(building.place_at(code, request.user))
        if node.code != code:
            node = building.place_at(node.code, request.user)
        sheet = building.read_sheet(node, request.user)
        body = {
            "code": node.code,
            "full_text": node.full_text,
            "block": node.block.code if node.block else None,
            "totals": asdict(sheet.totals),
            "building": _as_json(sheet.whole),
            "units": [
                {
                    "name": section.name,
                    "unit": _as_json(section.whole) if section.whole else None,
                    "floors": [
                        {"floor": floor.number, "rooms": [cell and _as_json(cell) for cell in floor.cells]}
                        for floor in section.floors
                    ],
                }
                for section in sheet.sections
            ],
            "buildings": [{"code": place.code, "full_text": place.full_text} for place in sheet.places],
        }
        return HttpResponse(orjson.dumps(body), content_type="application/json")


def _as_json(cell: Cell) -> dict[str, Any]:
    return {
        "code": cell.code,
        "room": cell.number,
        "is_registered": not cell.stated,
        "counts": cell.counts(),
        "elements": [
            {"id": e.element_id, "kind": e.kind, "label": e.label, "roles": e.roles} for e in cell.entries.values()
        ],
    }
