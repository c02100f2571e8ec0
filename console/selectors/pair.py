"""Two elements side by side: every field with its source, and what else is known of each."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection

from common.geometry import METRIC_SRID
from console.element_page import QUALITY_LEVELS, registry_of
from elements.kinds import KINDS, Kind
from elements.models import ClaimLog, Element, Finding, Photo
from elements.registries import REGISTRIES
from elements.selectors import detail
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.provenance import Provenance, provenance
from elements.selectors.wording import worded

# Bytes of a sealed value that are equal exactly for equal values, see `common.encryption`.
_INDEX = slice(1, 17)


def compared(left: Element, right: Element, user: Any) -> dict[str, Any]:
    """Context of the comparison: `sides`, `fields`, and `distance_m` (None where one has no place)."""
    log = {element.pk: list(detail.claim_log(element)) for element in (left, right)}
    return {
        "sides": [_side(element, len(log[element.pk]), user) for element in (left, right)],
        "fields": _fields(left, right, log, user),
        "distance_m": distance_m(left, right),
    }


def _side(element: Element, claim_count: int, user: Any) -> dict[str, Any]:
    areas = [element.block, element.block.parent]
    return {
        "element": element,
        "label": shown_label(element.kind, element.label, in_full=may_read_names(user)),
        "registry": REGISTRIES[registry_of(element)],
        "areas": [area.name for area in reversed(areas) if area is not None],
        "quality_label": element.get_place_quality_display(),
        "quality_level": QUALITY_LEVELS[element.place_quality],
        "addresses": detail.addresses(element),
        "relations": detail.relations(element, user),
        "photo_count": Photo.objects.filter(element=element, removed_at__isnull=True).count(),
        "finding_count": Finding.objects.filter(element=element, closed_at__isnull=True).count(),
        "claim_count": claim_count if claim_count < detail.LOG_LIMIT else _claim_count(element),
    }


def _claim_count(element: Element) -> int:
    return ClaimLog.objects.filter(element=element).count()


def _fields(left: Element, right: Element, log: dict[int, list[ClaimLog]], user: Any) -> list[dict[str, Any]]:
    """Rows {label, cells, is_same, is_one_sided} of the fields that one of the two has, in the kind's order."""
    kind, in_full = KINDS[left.kind], may_read_names(user)
    sides = [
        (detail.folded_values(one), {found.field: found for found in provenance(one, log[one.pk])})
        for one in (left, right)
    ]
    rows = []
    for name in kind.fields:
        values = [values.get(name) for values, _found in sides]
        if all(_is_blank(value) for value in values):
            continue
        rows.append(
            {
                "label": kind.label_of(name),
                "cells": [_cell(kind, name, values.get(name), found.get(name), in_full) for values, found in sides],
                "is_same": is_same(kind, name, *values),
                "is_one_sided": any(_is_blank(value) for value in values),
            }
        )
    return rows


def _is_blank(value: Any) -> bool:
    return value is None or value == ""


def is_same(kind: Kind, field: str, left: Any, right: Any) -> bool:
    """Whether two values of a field are one; sealed ones by their blind index, so that nothing is opened."""
    if left is None or right is None:
        return left is right
    if field in kind.sealed_fields:
        return bytes(left)[_INDEX] == bytes(right)[_INDEX]
    if isinstance(left, GEOSGeometry):
        return left.equals_exact(right)
    return left == right


def _cell(kind: Kind, field: str, value: Any, found: Provenance | None, in_full: bool) -> dict[str, Any]:
    said = found.winner if found else None
    return {
        "value": worded(kind, field, value, in_full=in_full),
        "source": said.source if said else "",
        "observed_at": said.observed_at if said else None,
    }


def distance_m(left: Element, right: Element) -> float | None:
    """Metres between the two, line or point; None where one has no place: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT ST_Distance(ST_Transform(coalesce(r.line, a.point), {METRIC_SRID}),
                                   ST_Transform(coalesce(s.line, b.point), {METRIC_SRID}))
                FROM elements_element a JOIN elements_element b ON b.id = %s
                LEFT JOIN elements_road r ON r.element_id = a.id LEFT JOIN elements_road s ON s.element_id = b.id
                WHERE a.id = %s""",
            [right.pk, left.pk],
        )
        row = cursor.fetchone()
    return round(row[0], 1) if row and row[0] is not None else None


def both_places(left: Element, right: Element) -> dict[str, Any]:
    """GeoJSON of both for the small map; what is of the second has the roles `other` and `other-line`."""
    first, second = detail.places(left)["features"], detail.places(right)["features"]
    for feature in first:
        _named(feature, "甲")
    for feature in second:
        _named(feature, "乙")
        properties = feature["properties"]
        properties["role"] = {"element": "other", "line": "other-line"}.get(properties["role"], properties["role"])
    blocks = {feature["properties"]["label"] for feature in first if feature["properties"]["role"] == "block"}
    second = [f for f in second if f["properties"]["role"] != "block" or f["properties"]["label"] not in blocks]
    return {"type": "FeatureCollection", "features": [*first, *second]}


def _named(feature: dict[str, Any], which: str) -> None:
    properties = feature["properties"]
    if properties["role"] != "block":
        properties["label"] = f"{which}：{properties['label']}"
