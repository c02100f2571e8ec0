"""What the templates of duty's lists need beside their rows."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from duty.selectors.orders import SORTABLE
from elements.filters import Count
from elements.list_page import with_parameters
from elements.selectors.paging import Order

_ORDER_COLUMNS = (
    ("number", gettext_lazy("工单编号")),
    ("facility", gettext_lazy("设施")),
    ("cause", gettext_lazy("事由")),
    ("fault", gettext_lazy("故障或隐患")),
    ("state", gettext_lazy("状态")),
    ("owner", gettext_lazy("责任单位")),
    ("due_on", gettext_lazy("期限")),
    ("area", gettext_lazy("责任块")),
    ("reported_at", gettext_lazy("报告时间")),
)
DUE_COLUMNS = [
    {"name": "label", "label": gettext_lazy("设施"), "is_locked": True},
    {"name": "type", "label": gettext_lazy("设施类型")},
    {"name": "area", "label": gettext_lazy("责任块")},
    {"name": "last_on", "label": gettext_lazy("上次巡检")},
    {"name": "every_days", "label": gettext_lazy("周期（天）"), "is_numeric": True},
    {"name": "due_on", "label": gettext_lazy("应检日期")},
    {"name": "record", "label": gettext_lazy("登记结果"), "is_locked": True},
]


def order_columns(order: Order, data: QueryDict) -> list[dict[str, Any]]:
    """Head of the list of orders; a second click turns the order round."""
    result = []
    for name, label in _ORDER_COLUMNS:
        item: dict[str, Any] = {"name": name, "label": label, "is_locked": name == "number"}
        is_sorted = name == order.name.removeprefix("-")
        if name in SORTABLE:
            item["sort_url"] = with_parameters(data, sort=f"-{name}" if is_sorted and not order.is_descending else name)
        if is_sorted:
            item["sorted"] = "descending" if order.is_descending else "ascending"
        result.append(item)
    return result


def count_text(count: Count) -> str:
    """How many rows there are, in words."""
    return _("%(count)s 条") % {"count": count} if count.is_capped else _("共 %(count)s 条") % {"count": count}
