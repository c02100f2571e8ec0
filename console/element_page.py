"""What the templates of an element need: head, fields with sources, differing values, claims."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.selectors.risk_sheets import KINDS as ASSESSED
from common.scope import Right
from elements.kinds import KINDS
from elements.models import ClaimLog, Element
from elements.registries import REGISTRIES
from elements.selectors.detail import folded_values
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.provenance import Provenance, Said
from elements.selectors.wording import worded
from tagging.selectors.grade_page import chips

QUALITY_LEVELS = {"SURVEYED": "ok", "ADDRESS": "ok", "VILLAGE": "note", "UNPLACED": "warn"}
# What tells most, for the card of the map.
_CARD_FIELDS = {
    "PERSON": ("citizen_id", "sex", "phone", "licence_classes", "licence_state", "licence_valid_to"),
    "VEHICLE": (
        "plate_type",
        "vehicle_type",
        "use_nature",
        "state",
        "inspection_valid_to",
        "scrap_due_on",
        "owner_name",
    ),
    "UNIT": ("uscc", "unit_type", "state", "legal_person_name", "phone"),
    "HOUSE": ("usage", "structure", "area_m2", "owner_name"),
    "ROAD": ("route_code", "road_class", "stake_from_m", "stake_to_m", "speed_limit_kmh", "manager_name"),
    "FACILITY": ("facility_type", "state", "road_name", "owner_department", "danger", "treated_by", "treat_by_on"),
}


def registry_of(element: Element) -> str:
    """Name of the registry that lists the element."""
    if element.kind == "PERSON":
        return "drivers" if getattr(element, "licence", None) is not None else "persons"
    if element.kind == "FACILITY":
        return "dangers" if getattr(element, "danger", None) is not None else "facilities"
    if element.kind == "ROAD":
        return "sections" if element.road.is_section else "roads"
    return {"VEHICLE": "vehicles", "UNIT": "units", "HOUSE": "houses"}[element.kind]


def frame_of(element: Element, user: Any) -> dict[str, Any]:
    """Head of page and card: what it is, where it belongs, how good that is."""
    registry = REGISTRIES[registry_of(element)]
    label = shown_label(element.kind, element.label, in_full=may_read_names(user)) or _("（无名称）")
    areas = [element.block, element.block.parent, getattr(element.block.parent, "parent", None)]
    return {
        "element": element,
        "page_title": label,
        "label": label,
        "registry": registry,
        "breadcrumbs": [{"label": registry.label, "url": reverse("elements:list", args=[registry.name])}],
        "areas": [area.name for area in reversed(areas) if area is not None],
        "quality_label": element.get_place_quality_display(),
        "quality_level": QUALITY_LEVELS[element.place_quality],
        "as_of": element.updated_at,
        "grade_chips": chips(element),
        "may_assess": element.kind in ASSESSED and Right.EXPORT in user.scope.rights,
    }


def field_rows(element: Element, found: Iterable[Provenance], user: Any) -> list[dict[str, Any]]:
    """Fields for `includes/definition_list.html`: value, winning source and its date, how many say otherwise."""
    kind = KINDS[element.kind]
    in_full = may_read_names(user)
    values = folded_values(element)
    may_reveal = Right.REVEAL in user.scope.rights
    rows = []
    for one in found:
        value = worded(kind, one.field, values.get(one.field), in_full=in_full)
        if not value and one.winner is None:
            continue
        row: dict[str, Any] = {"name": one.field, "label": kind.label_of(one.field), "value": value}
        if one.winner is not None:
            row |= {"source": one.winner.source, "observed_on": _day(one.winner)}
        if one.field in kind.sealed_fields and value:
            row["is_masked"] = True
            row["reveal_url"] = reverse("console:reveal", args=[element.pk, one.field]) if may_reveal else ""
        if one.field in element.conflicts:
            row |= {"conflict": _("取值冲突"), "conflict_url": f"?tab=values#field-{one.field}"}
        rows.append(row)
    return rows


def card_fields(element: Element, user: Any) -> list[dict[str, Any]]:
    """The most telling fields, without sources."""
    kind = KINDS[element.kind]
    values = folded_values(element)
    shown = (
        (name, worded(kind, name, values.get(name), in_full=may_read_names(user))) for name in _CARD_FIELDS[kind.code]
    )
    return [{"label": kind.label_of(name), "value": value} for name, value in shown if value]


def conflict_rows(element: Element, found: Iterable[Provenance], user: Any) -> list[dict[str, Any]]:
    """Every field that somebody speaks of, with all words on it; conflicts first, then differences, then agreement."""
    kind = KINDS[element.kind]
    in_full = may_read_names(user)

    def said(word: Said) -> dict[str, Any]:
        text = worded(kind, word_field, word.value, in_full=in_full)
        return {"source": word.source, "value": text, "observed_on": _day(word)}

    rows = []
    for one in found:
        if one.winner is None:
            continue
        word_field = one.field
        rows.append(
            {
                "field": one.field,
                "label": kind.label_of(one.field),
                "winner": said(one.winner),
                "others": [said(word) for word in one.others],
                "is_conflict": one.field in element.conflicts,
                "class_label": _("官方") if one.is_official else _("采集"),
            }
        )
    return sorted(rows, key=lambda row: (not row["is_conflict"], not row["others"]))


def claim_rows(element: Element, log: Iterable[ClaimLog], user: Any) -> list[dict[str, Any]]:
    """The log: who said what when, and whether it still stands."""
    kind = KINDS[element.kind]
    in_full = may_read_names(user)
    rows = []
    for claim in log:
        said = [
            {"label": kind.label_of(name), "value": worded(kind, name, claim.payload[name], in_full=in_full)}
            for name in kind.fields
            if name in claim.payload
        ]
        rows.append(
            {
                "claim": claim,
                "source": claim.source.name,
                "said": said,
                "cleared": [kind.label_of(name) for name in claim.cleared if name in kind.fields],
                "relation_count": len(claim.payload.get("relations", ())),
                "is_standing": claim.is_standing,
            }
        )
    return rows


def _day(word: Said) -> str:
    return f"{timezone.localtime(word.observed_at):%Y-%m-%d}"
