"""What the page of the ledgers needs: a card for each, with its choices."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from addresses.models import Area
from common.scope import Actor
from elements.selectors.areas import areas_of_scope
from exchange.ledgers import LEDGERS, Ledger


def areas_to_choose(user: Actor) -> list[dict[str, Any]]:
    """Squadrons and districts of the scope, indented: one query; empty where there is nothing to choose."""
    return [
        {"pk": str(area["pk"]), "name": "\u3000" * (area["depth"] - 1) + area["name"]}
        for area in areas_of_scope(user.scope)
    ]


def card(ledger: Ledger, data: QueryDict, count: int) -> dict[str, Any]:
    """One card: `ledger`, `count`, what is chosen, and its URLs."""
    chosen = data.getlist("group")
    return {
        "ledger": ledger,
        "count": count,
        "count_text": f"{count:,}",
        "columns": [column.label for column in ledger.columns],
        "area": data.get("area", ""),
        "is_late": data.get("late") == "1",
        "groups": [{"group": group, "is_chosen": group.code in chosen} for group in ledger.groups],
        "count_url": reverse("console:ledger-count", args=[ledger.code]),
        "export_url": reverse("console:ledger-export", args=[ledger.code]),
    }


def chosen_ledger(data: QueryDict) -> str:
    """Code of the ledger that the parameters are about; "" of none."""
    code = data.get("ledger", "")
    return code if code in LEDGERS else ""


def said_of(ledger: Ledger, data: QueryDict, area: Area | None, count: int) -> str:
    """What the rows are, for the line below the title: area, groups, only overdue, how many."""
    groups = [str(group.label) for group in ledger.groups if group.code in data.getlist("group")]
    parts = [area.name if area else _("全部辖区"), *groups]
    if data.get("late") == "1":
        parts.append(str(ledger.overdue_label))
    return "　".join([*parts, _("共 %(count)s 条") % {"count": count}])
