"""Standard addresses and areas as lists, inside the reader's scope."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from addresses.choices import ACCEPTED, AddressLevel, AddressState
from addresses.models import Area, StandardAddress
from addresses.selectors.blocks import block_ids_of_areas, current_areas
from addresses.selectors.visible import visible_addresses
from common import clock
from common.scope import Actor, Right
from elements.models import Element, ElementAddress
from elements.selectors.searches import load_search


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
    if values.get("provisional"):
        addresses = addresses.filter(is_provisional=True)
    if values.get("empty"):
        addresses = empty_addresses(user, addresses)
    if values.get("search"):
        addresses = addresses.filter(_names(values["search"], user))
    return addresses


def addresses_of_list() -> QuerySet[StandardAddress]:
    """Addresses with all that a row of their list shows, without any outline."""
    joined = StandardAddress.objects.select_related("town", "village", "block__parent")
    return joined.defer("block__geom", "block__parent__geom")


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
