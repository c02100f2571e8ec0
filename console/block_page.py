"""What the templates of the block sheet need: numbers with their links and meanings, rows, gaps."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from addresses.models import Area
from console.event_block_page import event_figures, events_json
from console.selectors.block import (
    CONFLICT,
    DUE,
    FINDING,
    GAP,
    REGISTRY,
    STALE,
    UNPLACED,
    Measure,
    Sheet,
    measures,
)
from elements.registries import REGISTRIES
from elements.selectors.dues import due_rules
from elements.selectors.freshness import fresh_months
from elements.selectors.gaps import GAPS

# What is asked of the things of a registry here.
_TITLES = {
    "drivers": gettext_lazy("住在这里的驾驶人"), "vehicles": gettext_lazy("停在这里的机动车"),
    "houses": gettext_lazy("建在这里的房屋"), "units": gettext_lazy("在这里经营的单位"),
    "sections": gettext_lazy("经过这里的路段"), "facilities": gettext_lazy("装在这里的设施"),
    "dangers": gettext_lazy("这里的隐患点段"), "roads": gettext_lazy("中点在这里的整条道路"),
    "persons": gettext_lazy("住在这里的其他人员"),
}  # fmt: skip
_COLUMNS = (
    (REGISTRY, gettext_lazy("现有"), gettext_lazy("有来源登记、未撤回、未并入其他要素，且责任块是本块的要素")),
    (UNPLACED, gettext_lazy("未落地"), gettext_lazy("没有实测点，地址也没有匹配到标准地址的要素")),
    (CONFLICT, gettext_lazy("取值冲突"), gettext_lazy("至少一个官方字段各来源说法不一的要素")),
    (FINDING, gettext_lazy("疑点"), gettext_lazy("有未了结疑点（号牌异常、证件号冲突）的要素")),
)


def list_url(measure: Measure, block: Area) -> str:
    """The list that shows exactly the rows of a number."""
    query = "&".join(part for part in (measure.query, f"area={block.pk}") if part)
    return f"{reverse('elements:list', args=[measure.registry])}?{query}"


def sheet_context(sheet: Sheet) -> dict[str, Any]:
    """Everything of the page."""
    block = sheet.block
    areas = f"block={block.pk}"
    return {
        "grid": block,
        "page_title": block.name,
        "breadcrumbs": [{"label": _("块数据"), "url": reverse("console:blocks")}],
        "posts": sheet.posts,
        "as_of": sheet.as_of,
        "columns": [{"label": label, "definition": definition} for _group, label, definition in _COLUMNS],
        "figures": [_figure_row(name, sheet) for name in REGISTRIES],
        "address_url": f"{reverse('console:addresses')}?{areas}",
        "addresses": sheet.addresses,
        "texts": sheet.texts,
        "texts_url": f"{reverse('console:address-texts')}?{areas}",
        "dues": [_item(m, sheet, due_rules()[m.code].overdue_label, due_rules()[m.code].basis) for m in _of(DUE)],
        "open_rows": [_open_item(m, sheet) for m in (*_of(CONFLICT), *_of(FINDING))],
        "missing": _missing(sheet),
        "registers": [_item(m, sheet, str(_TITLES[m.registry]), str(_COLUMNS[0][2])) for m in _of(REGISTRY)],
        "elsewhere": sheet.elsewhere,
        "elsewhere_count": sheet.elsewhere_count,
        "tall": sheet.tall,
        "tall_count": sheet.tall_count,
        "event_figures": event_figures(block, sheet.events),
        "has_map": block.is_pseudo is False,
        "map_url": f"{reverse('map:page')}?area={block.pk}",
        "coverage_url": f"{reverse('console:coverage')}?by=grid&area={block.pk}",
        **feed_context(sheet),
    }


def feed_context(sheet: Sheet) -> dict[str, Any]:
    """What the panel of news needs."""
    return {"grid": sheet.block, "feed": sheet.feed, "as_of": sheet.as_of}


def _of(group: str) -> list[Measure]:
    return [measure for measure in measures() if measure.group == group]


def _figure_row(name: str, sheet: Sheet) -> dict[str, Any]:
    cells = [
        {"value": str(sheet.count(group, name)), "count": sheet.count(group, name).mark, "is_zero": not sheet.count(group, name).value,
         "url": list_url(Measure(group, name), sheet.block), "definition": definition}
        for group, _label, definition in _COLUMNS
    ]  # fmt: skip
    return {"registry": REGISTRIES[name], "cells": cells}


def _item(measure: Measure, sheet: Sheet, label: str, definition: str) -> dict[str, Any]:
    """One number with its first rows."""
    registry = REGISTRIES[measure.registry]
    return {
        "label": label, "definition": definition, "icon": registry.icon, "registry": registry.label,
        "count": sheet.counts[measure.key], "url": list_url(measure, sheet.block), "rows": sheet.rows.get(measure.key, []),
    }  # fmt: skip


def _open_item(measure: Measure, sheet: Sheet) -> dict[str, Any]:
    what = _("取值冲突") if measure.group == CONFLICT else _("未了结疑点")
    definition = _COLUMNS[2][2] if measure.group == CONFLICT else _COLUMNS[3][2]
    return _item(measure, sheet, f"{REGISTRIES[measure.registry].label} · {what}", str(definition))


def _missing(sheet: Sheet) -> list[dict[str, Any]]:
    """What is missing, by what it is missing of; addresses without anything come between."""
    found = [
        _item(m, sheet, f"{GAPS[m.code].label}（{REGISTRIES[m.registry].label}）", str(GAPS[m.code].definition))
        for m in _of(GAP)
    ]
    doors = {
        "label": _("没有任何要素的门牌、楼栋、户室"),
        "definition": _("登记册里在用、下面没有更细一级、您看得到的要素没有一个地址匹配到它的标准地址"),
        "icon": "address-book", "count": sheet.empty,
        "url": f"{reverse('console:addresses')}?block={sheet.block.pk}&empty=1", "addresses": sheet.empty_rows,
    }  # fmt: skip
    return [*found, doors, *(_stale_item(m, sheet) for m in _of(STALE))]


def _stale_item(measure: Measure, sheet: Sheet) -> dict[str, Any]:
    registry = REGISTRIES[measure.registry]
    months = fresh_months(registry.kind)
    label = _("%(registry)s：%(months)s 个月没有新说法") % {"registry": registry.label, "months": months}
    definition = _("所有来源对它的最近一次说法早于 %(months)s 个月前；月数按种类设定") % {"months": months}
    return _item(measure, sheet, label, definition)


def sheet_json(sheet: Sheet) -> dict[str, Any]:
    """The same sheet as data."""
    block = sheet.block
    return {
        "code": block.code,
        "name": block.name,
        "is_pseudo": block.is_pseudo,
        "village": block.village and {"code": block.village_id, "name": block.village.name},
        "district": block.parent and {"code": block.parent.code, "name": block.parent.name},
        "posts": [{"role": post.role, "name": str(post.user)} for post in sheet.posts],
        "figures": [
            {"group": m.group, "registry": m.registry, "code": m.code, **sheet.counts[m.key].as_json(),
             "rows": [{"id": r.element_id, "label": r.label, "address": r.note} for r in sheet.rows.get(m.key, [])]}
            for m in measures()
        ],
        "addresses": sheet.addresses.as_json(),
        "addresses_without_element": sheet.empty.as_json()
        | {"rows": [{"code": one.code, "full_text": one.full_text} for one in sheet.empty_rows]},
        "open_texts": sheet.texts.as_json(),
        "elsewhere": {"count": sheet.elsewhere_count, "rows": [
            {"id": e.row.element_id, "kind": e.row.kind, "label": e.row.label, "role": e.role, "address": e.row.note}
            for e in sheet.elsewhere]},
        "tall_buildings": {"count": sheet.tall_count, "rows": [
            {"code": t.code, "full_text": t.full_text, "rooms": t.rooms} for t in sheet.tall]},
        "events": events_json(sheet.events),
        "news": {"since": sheet.feed.since.isoformat(), "seen_at": sheet.feed.seen_at and sheet.feed.seen_at.isoformat(),
                 **sheet.feed.total.as_json(), "rows": [
            {"id": n.element_id, "kind": n.kind, "label": n.label, "at": n.at.isoformat(), "is_new": n.is_new,
             "changes": n.changes} for n in sheet.feed.news]},
        "as_of": sheet.as_of.isoformat(timespec="seconds"),
    }  # fmt: skip
