"""What the page of one event needs: head, fields, place, ties, parties, versions, the rows beside it in its list."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from common.errors import DomainError
from console.event_fields import PARTY_FIELDS, field_groups, field_row, party_rows, time_line
from console.event_lists import FROM_LIST
from console.finding_page import capture_boxes
from elements.models import ClaimBatch
from elements.selectors.columns import stake_text
from events.choices import EventKind
from events.filters import filtered_events
from events.list_kinds import EventList
from events.selectors import detail
from events.selectors.findings import findings_of
from events.selectors.lists import beside, order_of
from events.selectors.versions import versions_of
from events.selectors.wording import moment_text
from exchange.models import LandingBatch

_LEVELS = {"EXACT": "ok", "NUMBER": "ok", "ROAD": "note", "VILLAGE": "note", "UNKNOWN": "warn"}


def event_context(chosen: EventList, event: Any, user: Any) -> dict[str, Any]:
    """Everything but the bar of the list."""
    is_accident = chosen.code == EventKind.ACCIDENT
    parties = detail.parties_of(event, user) if is_accident else []
    ties = detail.tied_elements([event, *parties], user)
    return {
        **summary_of(chosen, event, ties, user),
        "breadcrumbs": [{"label": chosen.label, "url": reverse(chosen.url_name)}],
        "parties": party_rows(parties, ties, user),
        "is_accident": is_accident,
        **(capture_boxes(event, findings_of(event, user), user) if chosen.code == EventKind.CAPTURE else {}),
        "geometry_url": reverse("console:event-places", args=[chosen.name, event.pk]),
        **_origin(chosen, event, user),
    }


def card_context(chosen: EventList, event: Any, data: QueryDict, user: Any) -> dict[str, Any]:
    """The event in short, for the drawer beside its list; its link carries the list on."""
    url = reverse("console:event", args=[chosen.name, event.pk])
    ties = detail.tied_elements([event], user)
    return summary_of(chosen, event, ties, user) | {"page_url": f"{url}?{data.urlencode()}" if data else url}


def summary_of(chosen: EventList, event: Any, ties: dict[int, dict[str, Any]], user: Any) -> dict[str, Any]:
    """Head, fields, place, who was concerned, time line."""
    has_own_parties = chosen.code == EventKind.ACCIDENT
    return {
        "page_title": f"{chosen.label} {moment_text(event.occurred_at)}",
        "event": event,
        "event_list": chosen,
        "areas": _areas(event),
        "quality": _quality(event),
        "groups": field_groups(chosen, event, user),
        "place_fields": _place_fields(chosen, event, ties, user),
        "concerned": [] if has_own_parties else _concerned(chosen, event, ties, user),
        "steps": time_line(event) if chosen.code == EventKind.INCIDENT else [],
    }


def list_bar(chosen: EventList, event: Any, data: QueryDict, user: Any) -> dict[str, Any]:
    """Context of `console/element_neighbours.html` when the URL says that the event was opened from its list."""
    if FROM_LIST not in data:
        return {}
    own = data.copy()
    own.pop(FROM_LIST)
    bar: dict[str, Any] = {
        "registry": chosen,
        "back_url": f"{reverse(chosen.url_name)}?{own.urlencode()}#event-{event.pk}",
    }
    try:
        found, _filters = filtered_events(chosen, own, user)
        before, after = beside(found, order=order_of(chosen, own.get("sort", "")), event=event)
    except DomainError as error:
        return bar | {"message": error.message, "back_url": f"{reverse(chosen.url_name)}?filter=none"}
    urls = {
        name: f"{reverse('console:event', args=[chosen.name, pk])}?{data.urlencode()}" if pk else ""
        for name, pk in (("previous_url", before), ("next_url", after))
    }
    return bar | urls | {"is_listed": True}


def _areas(event: Any) -> list[str]:
    areas = [event.block, event.block.parent, getattr(event.block.parent, "parent", None)]
    return [area.name for area in reversed(areas) if area is not None]


def _quality(event: Any) -> dict[str, str] | None:
    """How near the point is to the place, in words; a checkpoint stands where it stands."""
    if not hasattr(event, "place_quality"):
        return None
    return {"level": _LEVELS[event.place_quality], "label": event.get_place_quality_display()}


def _place_fields(chosen: EventList, event: Any, ties: dict[int, dict[str, Any]], user: Any) -> list[dict[str, Any]]:
    rows = [field_row(chosen.table, event, "place_text", user)]
    if chosen.is_recorded:
        rows += [_road_row(event, ties), _stake_row(event)]
    address = detail.standard_address(event)
    if address is not None:
        rows.append(
            {"label": _("标准地址"), "value": address.full_text, "url": reverse("console:address", args=[address.code])}
        )
    if (quality := _quality(event)) is not None:
        rows.append({"label": _("位置精度"), "value": quality["label"]})
    rows.append(field_row(chosen.table, event, "point", user))
    block_url = "" if event.block.is_pseudo else reverse("console:block", args=[event.block.code])
    rows.append({"label": _("责任块"), "value": event.block.name, "url": block_url})
    return [row for row in rows if row]


def _road_row(event: Any, ties: dict[int, dict[str, Any]]) -> dict[str, Any] | None:
    """The road of the registry with a link where the reader may see it, else what the source called it."""
    road = ties.get(event.road_id)
    if road is None:
        return {"label": _("道路"), "value": event.road_name} if event.road_name else None
    url = reverse("console:element", args=[road["id"]]) if road["is_visible"] else ""
    stated = event.road_name if event.road_name and event.road_name != road["label"] else ""
    source = _("来文：%(text)s") % {"text": stated} if stated else ""
    return {"label": _("道路"), "value": road["label"], "url": url, "source": source}


def _stake_row(event: Any) -> dict[str, Any] | None:
    return None if event.stake_m is None else {"label": _("桩号"), "value": stake_text(event.stake_m)}


def _concerned(chosen: EventList, event: Any, ties: dict[int, dict[str, Any]], user: Any) -> list[dict[str, Any]]:
    """Plate and person as stated, then vehicle and person of the registries, or why they are not known yet."""
    rows = [field_row(chosen.table, event, name, user) for name in PARTY_FIELDS if hasattr(event, name)]
    rows.append(_tie_row(_("机动车"), ties.get(event.vehicle_id), detail.vehicle_reason, event))
    if hasattr(event, "person_id"):
        rows.append(_tie_row(_("人员"), ties.get(event.person_id), detail.person_reason, event))
    return [row for row in rows if row]


def _tie_row(label: str, tie: dict[str, Any] | None, reason: Any, event: Any) -> dict[str, Any]:
    if tie is None:
        is_waiting, why = reason(event)
        return {"label": label, "value": _("等待关联") if is_waiting else _("未关联"), "source": why}
    if not tie["is_visible"]:
        return {"label": label, "value": _("已关联"), "source": _("不在您的管辖范围")}
    return {
        "label": label,
        "value": tie["label"] or _("（无名称）"),
        "url": reverse("console:element", args=[tie["id"]]),
    }


def _origin(chosen: EventList, event: Any, user: Any) -> dict[str, Any]:
    """Who said it: the versions with the pages of their imports; of what a device saw, the one import."""
    if chosen.is_recorded:
        said = versions_of(chosen.table, event.pk, user)
        urls = _batch_urls([one.version.batch_id for one in said], user)
        return {"versions": [{"said": one, "batch_url": urls.get(one.version.batch_id, "")} for one in said]}
    batch = ClaimBatch.objects.filter(pk=event.batch_id).first()
    return {"batch": batch, "batch_url": _batch_urls([event.batch_id], user).get(event.batch_id, "")}


def _batch_urls(batch_ids: list[int], user: Any) -> dict[int, str]:
    """Claim batch id → page of the import, for who may see it: one query."""
    found = LandingBatch.objects.visible_to(user).filter(claim_batch_id__in=batch_ids)
    return {claim: reverse("exchange:batch", args=[pk]) for claim, pk in found.values_list("claim_batch_id", "pk")}
