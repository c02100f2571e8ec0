"""Merges as rows of the ledger: what, when, by whom, why, what moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from common.errors import DomainError
from common.scope import Actor, Right
from elements.choices import ElementKind
from elements.models import Element, Merge
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.merges import dropped_labels, merge_of, merges_of, moved_text
from elements.selectors.paging import Order, Place, read_cursor, read_slice, write_cursor
from elements.selectors.searches import apply_search

LIST_NAME = "merges"
CANDIDATES = 50
_ORDER = "-decided_at"


def order_of(text: str) -> Order:
    """Newest first, or oldest first.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    text = text or _ORDER
    if text.removeprefix("-") != "decided_at":
        raise DomainError("BAD_SORT", "不能按这一列排序，请点表头上可排序的列。", {"sort": text[:40]})
    return Order(text, "decided_at", "pk", Merge._meta.get_field("decided_at"))


@dataclass(frozen=True, slots=True)
class MergePage:
    """One page of merges and the cursors of its neighbours."""

    rows: list[Merge]
    next_cursor: str | None
    previous_cursor: str | None


def read_page(merges: QuerySet[Merge], *, order: Order, size: int, cursor: str) -> MergePage:
    """A page of the ledger: which rows, then the rows with both elements and what moved: three queries."""
    place = read_cursor(LIST_NAME, order, cursor) if cursor else None
    plain = merges.select_related(None).order_by()
    found = read_slice(plain, order, ["pk", "decided_at"], size, place)
    shown = Merge.objects.filter(pk__in=[pk for pk, _value in found.rows]).select_related("keep", "drop")
    by_id = {merge.pk: merge for merge in shown.prefetch_related("lineage")}

    def cursor_at(index: int, *, is_back: bool) -> str:
        pk, value = found.rows[index]
        return write_cursor(LIST_NAME, order, Place(value, pk, is_back))

    return MergePage(
        [by_id[pk] for pk, _value in found.rows],
        cursor_at(-1, is_back=False) if found.has_next else None,
        cursor_at(0, is_back=True) if found.has_previous and found.rows else None,
    )


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
