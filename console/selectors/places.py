"""Standard addresses, areas and open address texts as lists, inside the reader's scope."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet

from addresses.choices import ACCEPTED, WORKLIST, AddressLevel, AddressState, ResolveStatus
from addresses.models import AddressText, Area, StandardAddress
from addresses.selectors.blocks import block_ids_of_areas, current_areas
from common import clock
from common.scope import Actor, Right
from elements.choices import PlaceQuality
from elements.models import Element, ElementAddress
from elements.selectors.searches import load_search


def visible_addresses(user: Actor) -> QuerySet[StandardAddress]:
    """Standard addresses in force in the reader's blocks; what lies in no block is for who sees everything."""
    scope = user.scope
    addresses = StandardAddress.objects.filter(state=AddressState.ACTIVE)
    if Right.READ not in scope.rights or scope.sees_nothing:
        return addresses.none()
    return addresses if scope.all_blocks else addresses.filter(block_id__any=scope.block_ids)


def filtered_addresses(user: Actor, values: dict[str, Any]) -> QuerySet[StandardAddress]:
    """Addresses of the register's filter form: town, village, level, area, search token."""
    addresses = visible_addresses(user)
    for name in ("town", "village", "level"):
        if values.get(name):
            addresses = addresses.filter(**{name: values[name]})
    if values.get("area"):
        addresses = addresses.filter(block_id__any=sorted(block_ids_of_areas([values["area"].pk], clock.today())))
    if values.get("block"):
        addresses = addresses.filter(block=values["block"])
    if values.get("empty"):
        addresses = empty_addresses(user, addresses)
    if values.get("search"):
        addresses = addresses.filter(_names(values["search"], user))
    return addresses


def empty_addresses(user: Actor, addresses: QuerySet[StandardAddress]) -> QuerySet[StandardAddress]:
    """Doors of the register (numbers, buildings, rooms without anything below them) at which no visible element stands."""
    here = ElementAddress.objects.visible_to(user).filter(
        text__address_id=OuterRef("pk"), text__status__in=ACCEPTED, element__is_owned=True, element__is_withdrawn=False,
        element__merged_into__isnull=True,
    )  # fmt: skip
    below = StandardAddress.objects.filter(parent_id=OuterRef("pk"), state=AddressState.ACTIVE)
    return addresses.filter(~Exists(here), ~Exists(below), level__gte=AddressLevel.NUMBER)


def _names(token: str, user: Actor) -> Q:
    condition = Q(pk__in=[])
    for search in load_search(token=token, user=user):
        if search.what in {"address", "name"}:
            condition |= Q(full_text__contains=search.text)
    return condition


def areas_with_counts(user: Actor) -> list[dict[str, Any]]:
    """Brigade, squadrons, districts in force with their blocks and standing elements in the reader's scope: three queries.

    `total` is a sum over blocks, so that a squadron's number is that of its districts. Areas without a visible block are
    left out.
    """
    scope = user.scope
    blocks = current_areas(clock.today()).filter(kind="GRID")
    if Right.READ not in scope.rights or scope.sees_nothing:
        return []
    if not scope.all_blocks:
        blocks = blocks.filter(pk__in=scope.block_ids)
    totals = dict(
        Element.objects.visible_to(user)
        .standing()
        .order_by()
        .values("block_id")
        .annotate(n=Count("pk"))
        .values_list("block_id", "n")
    )
    areas = {
        area.pk: area
        for area in current_areas(clock.today())
        .exclude(kind="GRID")
        .select_related("parent")
        .defer("geom", "parent__geom")
    }
    sums = {pk: [0, 0] for pk in areas}
    for pk, parent in blocks.values_list("pk", "parent_id"):
        while parent in areas:
            sums[parent][0] += 1
            sums[parent][1] += totals.get(pk, 0)
            parent = areas[parent].parent_id
    shown = [area for area in areas.values() if sums[area.pk][0]]
    return [
        {"area": area, "blocks": sums[area.pk][0], "total": sums[area.pk][1], "depth": _depth(area, areas)}
        for area in sorted(shown, key=lambda a: _path(a, areas))
    ]


def _path(area: Area, areas: dict[int, Area]) -> tuple[str, ...]:
    parent = areas.get(area.parent_id) if area.parent_id else None
    return (*_path(parent, areas), area.code) if parent else (area.code,)


def _depth(area: Area, areas: dict[int, Area]) -> int:
    return len(_path(area, areas)) - 1


def open_texts(user: Actor, block_id: int | None = None) -> QuerySet[AddressText]:
    """Address texts that a person must look at and that some standing element in the reader's scope carries.

    Words beside a surveyed point (路口东 50 米) say enough: they wait for nobody.

    Args:
        user: reader.
        block_id: only what elements of this block carry.
    """
    visible = Element.objects.visible_to(user).standing().filter(pk=OuterRef("element_id"))
    if block_id is not None:
        visible = visible.filter(block_id=block_id)
    unsurveyed = visible.exclude(place_quality=PlaceQuality.SURVEYED)
    carried = ElementAddress.objects.filter(text=OuterRef("pk"))
    says_too_little = Q(status=ResolveStatus.RELATIVE) & ~Exists(carried.filter(Exists(unsurveyed)))
    return (
        AddressText.objects.filter(status__in=WORKLIST)
        .filter(Exists(carried.filter(Exists(visible))))
        .exclude(says_too_little)
    )


def carriers(user: Actor, text_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Text id → (number of visible elements that carry it, the first of them)."""
    rows = (
        ElementAddress.objects.visible_to(user)
        .filter(
            text__in=text_ids, element__is_owned=True, element__is_withdrawn=False, element__merged_into__isnull=True
        )
        .values("text")
        .annotate(number=Count("element", distinct=True), first=Min("element"))
        .values_list(F("text"), "number", "first")
    )
    return {text: (number, first) for text, number, first in rows}
