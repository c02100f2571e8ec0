"""What the template of a list needs beside its rows: head with sort links, chips, pager."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import django_filters
from django import forms
from django.db.models import Model
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from common.errors import NotVisible
from common.scope import Actor, Right
from elements.filters import ElementFilter
from elements.registries import REGISTRIES, Registry
from elements.selectors.areas import areas_of_scope
from elements.selectors.columns import COLUMNS
from elements.selectors.keyset_pages import RowPage
from elements.selectors.lists import DEFAULT_PAGE_SIZE, PAGE_SIZES, Page, sortable_columns
from elements.selectors.masking import is_called_by_vin
from elements.selectors.paging import Order
from elements.selectors.saved_filters import NO_FILTER
from elements.selectors.searches import load_search

# The element in the drawer beside the list: the browser writes and reads it, the list itself does not ask.
OPEN = "open"
# What of a URL says where one is in a list, not which rows it has.
PAGING = ("after", "before", "page", "page_size")
SEARCH_LABELS = {
    "citizen_id": "证件号", "phone": "电话", "phone_tail": "电话尾号", "uscc": "信用代码", "vin": "车辆识别代号",
    "plate": "号牌", "name": "名称", "address": "地址",
}  # fmt: skip


def registry_named(name: str) -> Registry:
    """The registry of a URL.

    Raises:
        NotVisible: there is none of this name.
    """
    if name not in REGISTRIES:
        raise NotVisible
    return REGISTRIES[name]


def page_size_of(data: QueryDict) -> int:
    """Rows of a page; anything but the offered sizes is the usual one."""
    text = data.get("page_size", "")
    return int(text) if text in {str(size) for size in PAGE_SIZES} else DEFAULT_PAGE_SIZE


def with_parameters(data: QueryDict, **changes: Any) -> str:
    """`?…` of the same query with some parameters set (None = removed); paging starts again unless `cursor` is set."""
    changed = _without_place(data)
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = str(value)
    return f"?{changed.urlencode()}"


def list_export_url(name: str, data: QueryDict, user: Actor, **changes: Any) -> str:
    """The file of the rows that a page shows, some parameters set; "" for who may not take lists out."""
    if not {Right.EXPORT, Right.READ} <= user.scope.rights:
        return ""
    return reverse("console:list-export", args=[name]) + with_parameters(data, **dict.fromkeys(PAGING), **changes)


def element_query(registry: Registry, data: QueryDict) -> str:
    """`?list=…` that a link to an element carries, so that its page knows the rows beside it: what the list's own URL says."""
    kept = data.copy()
    kept.pop(OPEN, None)
    kept["list"] = registry.name
    return f"?{kept.urlencode()}"


def head(registry: Registry, order: Order, data: QueryDict, user: Actor) -> list[dict[str, Any]]:
    """Columns for `includes/list_head.html`; a second click on the sorted column turns the order round."""
    sortable = {column.name for column in sortable_columns(registry, user)}
    result = []
    for column in COLUMNS[registry.name]:
        is_sorted = column.name == order.name.removeprefix("-")
        descending = is_sorted and not order.is_descending
        item: dict[str, Any] = {
            "name": column.name,
            "label": column.label,
            "is_numeric": column.is_numeric,
            "is_locked": column.name == "label",
            "hint": column.hint,
            "is_off": column.is_off,
        }
        if column.name in sortable:
            item["sort_url"] = with_parameters(data, sort=f"-{column.name}" if descending else column.name)
        if is_sorted:
            item["sorted"] = "descending" if order.is_descending else "ascending"
        result.append(item)
    return result


def pager(page: Page | RowPage[Any], data: QueryDict, size: int) -> dict[str, Any]:
    """Links for `includes/list_pager.html`."""
    sizes = [{"value": s, "url": with_parameters(data, page_size=s), "active": s == size} for s in PAGE_SIZES]
    result: dict[str, Any] = {"page_sizes": sizes}
    if page.previous_cursor:
        result["first_url"] = with_parameters(data)
        result["previous_url"] = with_parameters(data, cursor=page.previous_cursor)
    if page.next_cursor:
        result["next_url"] = with_parameters(data, cursor=page.next_cursor)
    return result


def chips(filterset: ElementFilter, data: QueryDict, user: Actor) -> list[dict[str, Any]]:
    """One chip for each value in force, with the link that takes it away."""
    result = []
    for name, value in filterset.form.cleaned_data.items():
        if value in (None, "", []):
            continue
        label = filterset.filters[name].label
        if name == "search":
            result.append({"label": label, "value": _search_text(value, user), "remove_url": _without(data, name)})
            continue
        field = filterset.form.fields[name]
        choices = dict(getattr(field, "choices", ())) if not isinstance(value, Model) else {}
        for one in value if isinstance(value, list) else [value]:
            text = choices.get(one, one)
            shown = _("是") if one is True else _("否") if one is False else text
            raw = one if isinstance(value, list) else None
            result.append({"label": label, "value": shown, "remove_url": _without(data, name, raw)})
    return result


def prepare_form(filterset: ElementFilter, user: Actor) -> None:
    """Widgets for people: date pickers, 不限 for no choice, and only the areas of the reader's scope: one query."""
    for field in filterset.form.fields.values():
        if isinstance(field, forms.DateField):
            field.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        elif isinstance(field.widget, forms.NullBooleanSelect):
            field.widget.choices = [("unknown", _("不限")), ("true", _("是")), ("false", _("否"))]
        elif isinstance(field, django_filters.fields.ChoiceField | forms.ModelChoiceField):
            field.empty_label = _("不限")
    if "area" not in filterset.form.fields:
        return
    areas = [(area["pk"], "\u3000" * (area["depth"] - 1) + area["name"]) for area in areas_of_scope(user.scope)]
    chosen = filterset.form.cleaned_data.get("area")
    if chosen and chosen.pk not in dict(areas):
        areas.insert(0, (chosen.pk, chosen.name))
    filterset.form.fields["area"].widget.choices = [("", _("不限")), *areas]


def _search_text(token: str, user: Actor) -> str:
    searches = load_search(token=token, user=user)
    kinds = " / ".join(SEARCH_LABELS[search.what] for search in searches)
    return f"{searches[0].text}（{kinds}）"


def _without_place(data: QueryDict) -> QueryDict:
    """The query without the page that is shown and the row that lies open beside it."""
    changed = data.copy()
    for name in ("cursor", OPEN):
        changed.pop(name, None)
    return changed


def _without(data: QueryDict, name: str, value: Any = None) -> str:
    """The query without a parameter, or without one of its values. A saved filter is spelt out and let go of."""
    changed = _without_place(data)
    rest = [one for one in changed.getlist(name) if value is not None and one != str(value)]
    changed.setlist(name, rest) if rest else changed.pop(name, None)
    # What is left must not fall back to the filter that the list opens with.
    changed["filter"] = NO_FILTER
    return f"?{changed.urlencode()}"


def worded_rows(registry: Registry, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with codes in words, cell by cell in column order: `{id, row, is_unplated, cells: [{column, value}]}`."""
    columns: Sequence = COLUMNS[registry.name]
    return [
        {
            "id": row["id"],
            "row": row,
            "is_unplated": is_called_by_vin(registry.kind, row["label"]),
            "cells": [{"column": column, "value": column.worded(row[column.name])} for column in columns],
        }
        for row in rows
    ]
