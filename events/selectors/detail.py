"""One event as a reader sees it: the event, what it is tied to, who was in it."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import Point
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from addresses.models import Area, StandardAddress
from common.codes import code_table
from common.errors import NotVisible
from common.scope import Actor
from elements.choices import KeyScheme
from elements.models import Element, ElementKey
from elements.selectors.masking import may_read_names, shown_label
from events.kinds import EventTable
from events.list_kinds import EventList
from events.models import AccidentParty, EventKey

_TIES = ("vehicle", "person", "road")


def visible_event(chosen: EventList, event_id: int, user: Actor) -> Any:
    """One event with source and block, whether it stands or not: two queries, one for what has no key.

    Raises:
        NotVisible: there is none, or it is outside the scope.
    """
    return _found(_with_places(_one(chosen.table, event_id, user)))


def visible_row(kind: EventTable, event_id: int, user: Actor) -> Any:
    """One row of any kind of event, a party as well.

    Raises:
        NotVisible: there is none, or it is outside the scope.
    """
    return _found(_one(kind, event_id, user))


def _one(kind: EventTable, event_id: int, user: Actor) -> QuerySet[Any]:
    manager: Any = kind.model._default_manager
    found: QuerySet[Any] = manager.visible_to(user).filter(pk=event_id)
    if kind.is_observation or not hasattr(kind.model, "partitioning"):
        return found
    # The key leads to the part of the table that holds the event.
    key = EventKey.objects.filter(pk=event_id, kind=kind.code).values_list("occurred_at", flat=True).first()
    return found.filter(occurred_at=key) if key else found.none()


def _found(rows: QuerySet[Any]) -> Any:
    row = rows.first()
    if row is None:
        raise NotVisible
    return row


def _with_places(events: QuerySet[Any]) -> QuerySet[Any]:
    return events.select_related("source", "block__parent__parent").defer(
        "block__geom", "block__parent__geom", "block__parent__parent__geom"
    )


def tied_elements(events: list[Any], user: Actor) -> dict[int, dict[str, Any]]:
    """Element id → {id, label, is_visible} of vehicles, persons and roads of the events: two queries."""
    named = (getattr(one, f"{name}_id", None) for one in events for name in _TIES)
    ids = {pk for pk in named if pk is not None}
    if not ids:
        return {}
    in_full = may_read_names(user)
    seen = set(Element.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    return {
        one.pk: {"id": one.pk, "label": shown_label(one.kind, one.label, in_full=in_full), "is_visible": one.pk in seen}
        for one in Element.objects.filter(pk__in=ids).only("kind", "label")
    }


def vehicle_reason(event: Any) -> tuple[bool, str]:
    """(whether it may still be tied, why there is no vehicle yet in words): one query where the event names a plate."""
    if not event.plate_number:
        return False, _("来源没有给出号牌")
    types = [event.plate_type] if event.plate_type else list(code_table("hpzl"))
    named = [f"{one}:{event.plate_number}" for one in types]
    keys = ElementKey.objects.filter(scheme=KeyScheme.PLATE, value__in=named)
    spans = list(keys.values_list("element_id", "valid_from", "valid_to"))
    if not spans:
        return True, _("登记中还没有这个号牌的机动车；登记后自动关联")
    day = timezone.localtime(event.occurred_at).date() if event.occurred_at else None
    bearers = {pk for pk, since, until in spans if day and (not since or since <= day) and (not until or day < until)}
    if len(bearers) > 1:
        return True, _("当日有多辆机动车使用这个号牌，来源没有写明号牌种类")
    return True, _("这个号牌当日不在任何机动车名下")


def person_reason(event: Any) -> tuple[bool, str]:
    """(whether it may still be tied, why there is no person yet in words)."""
    if event.citizen_id is None:
        return False, _("来源没有给出证件号")
    return True, _("登记中还没有这个证件号的人员；登记后自动关联")


def standard_address(event: Any) -> StandardAddress | None:
    """The standard address that the text was read as: one query where there is one."""
    pk = getattr(event, "address_id", None)
    return StandardAddress.objects.filter(pk=pk).only("code", "full_text", "point").first() if pk else None


def parties_of(accident: Any, user: Actor) -> list[AccidentParty]:
    """Parties of an accident in the order of their numbers: one query."""
    found = AccidentParty.objects.visible_to(user).filter(accident_id=accident.pk)
    return list(found.select_related("source").order_by("is_withdrawn", "number", "pk"))


def places(event: Any) -> dict[str, Any]:
    """GeoJSON of the event's point, its address and its block, for the small map: two queries."""
    features = []
    block = Area.objects.filter(pk=event.block_id).only("geom", "name").first()
    if block is not None and block.geom is not None:
        features.append(_feature(block.geom, role="block", label=block.name))
    address = standard_address(event)
    if address is not None and address.point is not None:
        features.append(_feature(address.point, role="address", label=address.full_text))
    if event.point is not None:
        features.append(_feature(event.point, role="element", label=event.place_text or str(event._meta.verbose_name)))
    return {"type": "FeatureCollection", "features": features}


def _feature(geometry: Point | Any, *, role: str, label: str) -> dict[str, Any]:
    shape = {"type": geometry.geom_type, "coordinates": geometry.coords}
    return {"type": "Feature", "geometry": shape, "properties": {"role": role, "label": label}}
