"""Merges as rows of the ledger: what, when, by whom, why, what moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from common.scope import Actor, Right
from elements.choices import ElementKind
from elements.models import Element, Merge
from elements.selectors.keyset_pages import RowPage, order_among, read_models
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.merges import dropped_labels, merge_of, merges_of, moved_text
from elements.selectors.paging import Order
from elements.selectors.searches import apply_search

LIST_NAME = "merges"
CANDIDATES = 50


def order_of(text: str) -> Order:
    """Newest first, or oldest first.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    return order_among(Merge, text, usual="-decided_at", sortable=("decided_at",))


def read_page(merges: QuerySet[Merge], *, order: Order, size: int, cursor: str) -> RowPage[Merge]:
    """A page of the ledger: which rows, then the rows with both elements and what moved: three queries."""
    shown = Merge.objects.select_related("keep", "drop").prefetch_related("lineage")
    return read_models(merges, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=shown)


def merge_rows(merges: Sequence[Merge], user: Actor) -> list[dict[str, Any]]:
    """{merge, kind, keep_label, drop_label, is_drop_visible, actor, undone_by, moved} of each, masked: two queries.

    `drop_label` is "" where what went lies outside the scope again.
    """
    dropped = dropped_labels(merges, user)
    people = {pk for merge in merges for pk in (merge.actor_id, merge.undone_by_id) if pk}
    names = {one.pk: str(one) for one in User.objects.filter(pk__in=people)}
    in_full = may_read_names(user)
    return [
        {
            "merge": merge,
            "kind": ElementKind(merge.keep.kind).label,
            "keep_label": shown_label(merge.keep.kind, merge.keep.label, in_full=in_full),
            "drop_label": dropped[merge.pk][0],
            "is_drop_visible": dropped[merge.pk][1],
            "actor": names.get(merge.actor_id or 0, ""),
            "undone_by": names.get(merge.undone_by_id or 0, ""),
            "moved": moved_text(merge.lineage.all()),
        }
        for merge in merges
    ]


def may_have_merges(element: Element, user: Any) -> bool:
    """Everything may be merged but a section, which is cut from a road."""
    return not (element.kind == ElementKind.ROAD and element.road.is_section)


def merges_panel(element: Element, user: Any) -> dict[str, Any]:
    """Context of the tab 合并 of an element: what went into it."""
    return {"merge_rows": merge_rows(list(merges_of(element, user)), user)}


def merge_frame(element: Element, user: Any) -> dict[str, Any]:
    """Context of every page of an element: whether it may be merged with another, and into what it went.

    Asks the database only about an element that was merged away.
    """
    if element.merged_into_id is None:
        is_standing = element.is_owned and not element.is_withdrawn and may_have_merges(element, user)
        return {"may_merge": is_standing and Right.CORRECT in user.scope.rights}
    merge = merge_of(element, user)
    return {"gone_into": merge_rows([merge], user)[0] if merge else {"merge": None}}


def candidates(element: Element, token: str, user: Actor) -> tuple[list[Element], bool]:
    """Standing elements of the same kind that a search finds, beside the element itself; and whether there are more."""
    others = Element.objects.visible_to(user).standing().filter(kind=element.kind).exclude(pk=element.pk)
    if element.kind == ElementKind.ROAD:
        others = others.filter(road__is_section=False)
    found = apply_search(others, token=token, user=user).select_related("block__parent").order_by("label", "pk")
    rows = list(found.defer("point", "block__geom", "block__parent__geom")[: CANDIDATES + 1])
    return rows[:CANDIDATES], len(rows) > CANDIDATES
