"""Which rows a ledger has: those of the list with the same filter, narrowed to groups and to what is overdue."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.http import QueryDict

from common.errors import DomainError
from common.scope import Actor
from elements.filters import ElementFilter, filtered_elements
from elements.registries import REGISTRIES
from exchange.ledgers.ledger import Ledger


def ledger_rows(ledger: Ledger, data: QueryDict, user: Actor, today: date) -> tuple[QuerySet, ElementFilter]:
    """Elements of the ledger inside the reader's scope, and the filter of the list that they passed.

    Args:
        data: parameters of the list, and `group` (codes) and `late` (1 = only overdue).

    Raises:
        DomainError: a filter value is not valid, or there is no such group.
    """
    queryset, filterset = filtered_elements(REGISTRIES[ledger.registry], data, user)
    queryset = queryset.filter(_groups(ledger, data.getlist("group")))
    if data.get("late") == "1":
        queryset = queryset.filter(ledger.overdue(user, today))
    return queryset, filterset


def _groups(ledger: Ledger, codes: list[str]) -> Q:
    known = {group.code: group for group in ledger.groups}
    wanted = [code for code in codes if code] or (list(known) if ledger.is_grouped else [])
    if unknown := set(wanted) - set(known):
        raise DomainError("BAD_FILTER", "没有这种分类，请从页面上重新选择。", {"group": sorted(unknown)[0][:40]})
    joined = Q()
    for code in wanted:
        joined |= known[code].condition
    return joined
