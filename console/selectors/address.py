"""What the page of a standard address shows, and what a change of it would touch, inside the reader's scope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.db.models.functions import Length
from django.urls import reverse

from accounts.models import User
from addresses.choices import ACCEPTED, AddressState
from addresses.models import AddressChange, AddressChangeItem, StandardAddress
from addresses.selectors.suggest import suggest
from addresses.selectors.visible import visible_addresses
from addresses.services.registry_changes_record import texts_of, trial
from addresses.services.resolution import load_index
from common.scope import Actor
from elements.choices import ElementKind
from elements.models import Element, ElementAddress
from elements.selectors.address_texts import carried_texts
from elements.selectors.masking import may_read_names, shown_label

CHILDREN_SHOWN = 60
ELEMENTS_SHOWN = 20
ROWS_SHOWN = 20
SUGGESTED = 8


@dataclass(frozen=True, slots=True)
class Carried:
    """What is recorded at an address, as far as the reader sees it.

    Attributes:
        texts: number of texts that link to it.
        total: number of elements.
        first: the first of them: {id, kind, label}.
    """

    texts: int
    total: int
    first: list[dict[str, Any]]


def children_of(address: StandardAddress, user: Actor) -> tuple[list[StandardAddress], int]:
    """What stands directly below, the first by name, and how many there are: two queries."""
    below = visible_addresses(user).filter(parent=address.pk)
    return list(
        below.only("code", "full_text", "is_provisional").order_by(Length("full_text"), "full_text")[:CHILDREN_SHOWN]
    ), below.count()


def _carriers(user: Actor, **of_text: Any) -> QuerySet[Element]:
    rows = ElementAddress.objects.filter(element=OuterRef("pk"), **of_text)
    return Element.objects.visible_to(user).standing().filter(Exists(rows))


def carried_by(address: StandardAddress, user: Actor) -> Carried:
    """Texts and elements at exactly this address: three queries."""
    elements = _carriers(user, text__address=address.pk, text__status__in=ACCEPTED)
    in_full = may_read_names(user)
    first = [
        {"id": row.pk, "kind": row.get_kind_display(), "label": shown_label(row.kind, row.label, in_full=in_full)}
        for row in elements.only("kind", "label").order_by("kind", "pk")[:ELEMENTS_SHOWN]
    ]
    texts = carried_texts(user).filter(address=address.pk, status__in=ACCEPTED)
    return Carried(texts.count(), elements.count(), first)


def effects_of(act: Callable[[], AddressChange], user: Actor) -> dict[str, Any]:
    """What a change touches, by carrying it out and taking it back.

    Returns:
        {addresses, added, texts, elements: [{label, count}], element_total, rows: [{before, after, state}]}.

    Raises:
        DomainError: the change is refused.
    """
    with trial(act) as change:
        items = list(change.items.order_by("address__level", "pk")[:ROWS_SHOWN])
        successors = {item.after["row"]["replaced_by_id"] for item in items} - {None}
        names = dict(StandardAddress.objects.filter(pk__in=successors).values_list("pk", "full_text"))
        texts = texts_of(change)
        kinds = _carriers(user, text__in=texts).order_by("kind").values_list("kind").annotate(n=Count("pk"))
        elements = [{"label": str(ElementKind(kind).label), "count": count} for kind, count in kinds]
    rows = [_row(item, names) for item in items]
    return {
        "addresses": change.counts["addresses"], "added": change.counts["added"], "texts": len(texts), "rows": rows,
        "elements": elements, "element_total": sum(one["count"] for one in elements),
    }  # fmt: skip


def _row(item: AddressChangeItem, names: dict[int, str]) -> dict[str, str]:
    after, before = item.after["row"], item.before["row"]["full_text"] if item.before else ""
    return {
        "before": before if before != after["full_text"] else "",
        "after": after["full_text"],
        "state": str(AddressState(after["state"]).label),
        "into": names.get(after["replaced_by_id"], ""),
    }


def former_writings(address: StandardAddress, user: Actor) -> list[StandardAddress]:
    """Addresses in the reader's blocks that answer with this one: old writings and what was taken in; one query."""
    rows = StandardAddress.objects.filter(replaced_by=address.pk).exclude(state=AddressState.ACTIVE)
    if not user.scope.all_blocks:
        rows = rows.filter(block_id__any=user.scope.block_ids)
    return list(rows.only("code", "full_text", "state").order_by("-pk")[:ROWS_SHOWN])


def merge_candidates(typed: str, address: StandardAddress, user: Actor) -> list[StandardAddress]:
    """Addresses of the same level in the reader's blocks that what was typed may mean."""
    found = suggest(typed, load_index().names, limit=50) if typed else []
    ids = [one.id for one in found]
    rows = {
        row.pk: row for row in visible_addresses(user).filter(pk__in=ids, level=address.level).exclude(pk=address.pk)
    }
    return [rows[pk] for pk in ids if pk in rows][:SUGGESTED]


def actor_names(ids: set[int | None]) -> dict[int, str]:
    """Display names of who changed something: one query."""
    return dict(User.objects.filter(pk__in=ids - {None}).values_list("pk", "display_name"))


def page_url(address: StandardAddress) -> str:
    return reverse("console:address", args=[address.code])
