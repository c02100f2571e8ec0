"""What is there already and looks like the thing that somebody is typing: by key, name, address and place.

Only visible elements are ever named: a key of a thing outside the reader's scope finds nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from addresses.choices import ACCEPTED, AddressLevel, MapLayer
from addresses.services.resolution import resolve_texts
from common.geometry import METRIC_SRID, SRID
from common.scope import Actor
from elements.choices import ElementKind, KeyScheme
from elements.fold.sql import keys_of_rows
from elements.kinds import Kind
from elements.models import Element
from elements.selectors.masking import may_read_names, shown_label

LIMIT = 8
NEAR_M = 50
MIN_TEXT = 2
_ALIKE = 0.5
# About NEAR_M in degrees at 37° N, taken wide: the index cuts by it, metres decide.
_NEAR_DEG = 0.0007
_NEAR_ROWS = 200
_NUMBERED = frozenset(level.name.lower() for level in AddressLevel if level >= AddressLevel.NUMBER)
_FIRM = re.compile(r"有限责任公司|股份有限公司|有限公司|分公司|公司|莱州市|莱州|[（(].*?[）)]|\s")
_SAME_KEY, _SAME_PLATE, _SAME_NAME, _SAME_ADDRESS, _LIKE_NAME, _NEAR = 100, 60, 40, 30, 20, 25


@dataclass(slots=True)
class Similar:
    """One visible element and why it is shown.

    Attributes:
        element_id: of the element.
        label: masked for the reader.
        block: name of its block.
        reasons: in words, most telling first.
        is_same: it holds a key that was typed.
    """

    element_id: int
    label: str
    block: str
    reasons: list[str]
    is_same: bool


def values_as_json(values: Mapping[str, Any]) -> str:
    """Values of a claim as `jsonb_populate_record` reads them: bytes as hex, days and numbers as text."""
    plain = {
        name: f"\\x{bytes(value).hex()}" if isinstance(value, bytes | memoryview) else value
        for name, value in values.items()
    }
    return orjson.dumps(plain, default=str, option=orjson.OPT_SORT_KEYS).decode()


def key_holders(kind: Kind, values: Mapping[str, Any], today: date) -> list[tuple[int, KeyScheme]]:
    """(element id, scheme) of whatever holds one of the stated keys, seen by anybody or not: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT h.element_id, k.scheme
                FROM jsonb_populate_record(NULL::{kind.stage_table}, %(values)s::jsonb) s CROSS JOIN {keys_of_rows(kind, "s")}
                JOIN elements_elementkey h ON h.scheme = k.scheme AND h.value = k.value
                 AND (h.scheme <> {int(KeyScheme.PLATE)} OR daterange(h.valid_from, h.valid_to) @> %(today)s::date)
                WHERE k.value IS NOT NULL""",
            {"values": values_as_json(values), "today": today},
        )
        return [(element_id, KeyScheme(scheme)) for element_id, scheme in cursor.fetchall()]


def similar_elements(*, kind: Kind, values: Mapping[str, Any], user: Actor, today: date) -> list[Similar]:
    """At most eight visible standing elements of the kind that what was typed may be; a constant number of queries."""
    elements = Element.objects.visible_to(user).standing().filter(kind=kind.code)
    grounds: dict[int, dict[str, int]] = {}

    def add(element_id: int, reason: str, points: int) -> None:
        grounds.setdefault(element_id, {})[reason] = points

    holders = key_holders(kind, values, today)
    held = [pk for pk, _scheme in holders]
    same = set(elements.filter(pk__in=held).values_list("pk", flat=True)) if held else set()
    for pk, scheme in holders:
        if pk in same:
            add(pk, _("%(key)s相同") % {"key": scheme.label}, _SAME_KEY)
    if kind.code == ElementKind.VEHICLE and "plate_number" in values:
        for pk in elements.filter(vehicle__plate_number=values["plate_number"]).values_list("pk", flat=True)[:LIMIT]:
            add(pk, _("号牌号码相同"), _SAME_PLATE)
    name = str(values.get("name") or "")
    if len(name) >= MIN_TEXT:
        for pk, label in _named(kind, elements, name, user):
            add(pk, *((_("名称相同"), _SAME_NAME) if label == name else (_("名称相近"), _LIKE_NAME)))
    if (node_id := _address_of(kind, values)) is not None:
        at = Q(addresses__text__address_id=node_id, addresses__text__status__in=ACCEPTED)
        for pk in elements.filter(at).order_by("pk").distinct().values_list("pk", flat=True)[:LIMIT]:
            add(pk, _("同一标准地址"), _SAME_ADDRESS)
    if kind.code == ElementKind.FACILITY and "point" in values:
        for pk, distance_m in _near(elements, str(values["point"])):
            add(pk, _("相距 %(metres)s 米") % {"metres": distance_m}, _NEAR + NEAR_M - distance_m)
    return _rows(elements, grounds, same, user)


def _named(kind: Kind, elements: QuerySet[Element], name: str, user: Actor) -> list[tuple[int, str]]:
    """Elements of that name or one like it. Who sees names masked may not feel for persons by name."""
    if kind.code == ElementKind.PERSON:
        if not may_read_names(user):
            return []
        found = elements.filter(label__startswith=name).order_by("label", "pk")
    elif kind.code == ElementKind.UNIT:
        core = _FIRM.sub("", name) or name
        found = elements.filter(label__contains=core if len(core) >= MIN_TEXT else name).order_by("label", "pk")
    else:
        likeness = TrigramSimilarity("label", name)
        found = (
            elements.annotate(likeness=likeness)
            .filter(Q(label__startswith=name) | Q(likeness__gte=_ALIKE))
            .order_by("-likeness", "pk")
        )
    return list(found.values_list("pk", "label")[:LIMIT])


def _address_of(kind: Kind, values: Mapping[str, Any]) -> int | None:
    """Standard address, at least a number, of the first address that was typed; nothing is stored."""
    text = next((str(values[name]) for _role, name in kind.address_fields if values.get(name)), "")
    if len(text) < MIN_TEXT:
        return None
    (resolution,) = resolve_texts([text])
    node = resolution.node
    return node.id if node and resolution.status in ACCEPTED and node.level in _NUMBERED else None


def _near(elements: QuerySet[Element], point: str) -> list[tuple[int, int]]:
    """(id, metres) of the visible elements whose dot is within fifty metres, nearest first: two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT m.subject_id, d.metres FROM (SELECT %(point)s::geometry(Point, {SRID}) AS at) p
                JOIN addresses_mapfeature m
                  ON m.layer = {int(MapLayer.ELEMENT)} AND m.geom && ST_Expand(p.at, {_NEAR_DEG})
                CROSS JOIN LATERAL (SELECT round(ST_Distance(ST_Transform(m.geom, {METRIC_SRID}),
                                                             ST_Transform(p.at, {METRIC_SRID})))::int AS metres) d
                WHERE d.metres <= {NEAR_M} ORDER BY d.metres, m.subject_id LIMIT {_NEAR_ROWS}""",
            {"point": point},
        )
        metres = dict(cursor.fetchall())
    visible = elements.filter(pk__in=list(metres)).values_list("pk", flat=True)
    return sorted(((pk, metres[pk]) for pk in visible), key=lambda one: (one[1], one[0]))


def _rows(
    elements: QuerySet[Element], grounds: Mapping[int, Mapping[str, int]], same: set[int], user: Actor
) -> list[Similar]:
    """The eight with the most points, in words: one query."""
    best = sorted(grounds, key=lambda pk: (-sum(grounds[pk].values()), pk))[:LIMIT]
    if not best:
        return []
    shown = elements.filter(pk__in=best).values_list("pk", "kind", "label", "block__name")
    rows = {pk: (kind, label, block) for pk, kind, label, block in shown}
    in_full = may_read_names(user)
    result = []
    for pk in best:
        if pk in rows:
            kind, label, block = rows[pk]
            reasons = sorted(grounds[pk], key=lambda reason: -grounds[pk][reason])
            result.append(Similar(pk, shown_label(kind, label, in_full=in_full), block, reasons, pk in same))
    return result
