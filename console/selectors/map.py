"""What the one map shows: which dots a query means, their legend, the elements in view.

The same query object (`filtered_elements`) stands behind list, legend and tiles: a number is the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import Polygon
from django.core.exceptions import EmptyResultSet
from django.db.models import F, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from addresses.choices import AddressLevel, MapLayer
from addresses.models import StandardAddress
from addresses.models.map import MapFeature
from addresses.selectors.blocks import block_ids_of_areas
from addresses.selectors.tiles import DotFilter, SubjectFilter, counts_by_kind
from common import clock
from common.errors import DomainError, NotAllowed
from common.geometry import SRID
from common.scope import Actor, Right
from elements.choices import ElementKind, PlaceQuality
from elements.filters import FILTERS, Count, capped_count, filtered_elements
from elements.kinds import DRIVER
from elements.models import Element
from elements.registries import REGISTRIES, Registry
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.searches import apply_search

LAYERS = {"addresses": MapLayer.ADDRESS, "elements": MapLayer.ELEMENT}
# Depths of the tree that carry a dot; streets and villages are drawn by the base.
ADDRESS_KINDS = (AddressLevel.NUMBER, AddressLevel.ESTATE, AddressLevel.BUILDING)
ELEMENT_KINDS = {kind.code: kind for registry in REGISTRIES.values() for kind in registry.map_kinds}
_KINDS = frozenset({*ELEMENT_KINDS, *(level.name for level in ADDRESS_KINDS)})
LIST_SIZE = 50
HIGHLIGHT_LIMIT = 200
PLACE_LIMIT = 50
_FEW_IN_VIEW = 5_000
_NOT_SET: tuple[list[str], ...] = ([], [""], ["unknown"])  # "unknown": a yes-or-no filter left open


@dataclass(frozen=True, slots=True)
class MapQuery:
    """A request for dots: who asks, which registry (none means all), which filter.

    Attributes:
        user: the reader; the scope comes from here and from nowhere else.
        registry: one list, or None for every element.
        data: the parameters of the filter as they stand in the URL.
        kinds: kinds chosen in the layer tree; None means all.
        blocks: blocks of the scope inside the chosen area; None means every block.
        cover: areas that hold exactly these blocks.
    """

    user: Actor
    registry: Registry | None
    data: QueryDict
    kinds: tuple[str, ...] | None
    blocks: tuple[int, ...] | None
    cover: tuple[int, ...] | None

    @property
    def element_kinds(self) -> tuple[str, ...] | None:
        if self.registry is None:
            return self.kinds
        own = tuple(kind.code for kind in self.registry.map_kinds)
        return own if self.kinds is None else tuple(code for code in own if code in self.kinds)


def read_query(data: QueryDict, user: Actor) -> MapQuery:
    """The query that the parameters describe.

    Raises:
        NotAllowed: the user may not read.
        DomainError: there is no such registry or area.
    """
    if Right.READ not in user.scope.rights:
        raise NotAllowed
    name = data.get("registry", "")
    if name and name not in REGISTRIES:
        raise DomainError("BAD_REGISTRY", f"没有“{name[:20]}”这个登记，请从图层中选择。")
    chosen = data.get("kinds")
    kinds = None if chosen is None else tuple(sorted(_KINDS.intersection(chosen.split(","))))
    return MapQuery(user, REGISTRIES.get(name), data, kinds, *_blocks(data.get("area", ""), user))


def _blocks(area: str, user: Actor) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None]:
    """Blocks and cover of the chosen area, or of the scope."""
    scope = user.scope
    if not area:
        return (None, None) if scope.all_blocks else (scope.block_ids, scope.cover)
    if not area.isdecimal() or len(area) > 18:
        raise DomainError("BAD_FILTER", "责任区无效，请重新选择。", {"fields": ["area"]})
    blocks = block_ids_of_areas([int(area)], clock.today())
    visible = blocks if scope.all_blocks else blocks & set(scope.block_ids)
    return tuple(sorted(visible)), (int(area),) if visible == blocks else None


def address_dots(query: MapQuery) -> DotFilter:
    """Which address dots the query means."""
    return DotFilter(MapLayer.ADDRESS, query.blocks, query.kinds, cover=query.cover)


def element_dots(query: MapQuery) -> DotFilter:
    """Which element dots the query means; the pyramid answers where the filter is only area and kind.

    Raises:
        DomainError: a filter value is not valid, or the search has expired.
    """
    elements = matching_elements(query)
    if not _needs_live_count(query):
        return DotFilter(MapLayer.ELEMENT, query.blocks, query.element_kinds, cover=query.cover)
    try:
        sql, parameters = elements.order_by().values_list("pk").query.sql_with_params()
    except EmptyResultSet:
        return DotFilter(MapLayer.ELEMENT, ())
    return DotFilter(MapLayer.ELEMENT, query.blocks, query.element_kinds, SubjectFilter.of_compiled(sql, parameters))


def _needs_live_count(query: MapQuery) -> bool:
    if query.registry is None:
        return bool(query.data.get("search"))
    names = set(FILTERS[query.registry.name].base_filters) - {"area"}
    return any(query.data.getlist(name) not in _NOT_SET for name in names)


def matching_elements(query: MapQuery) -> QuerySet[Element]:
    """Elements of the query, on the map or not.

    Raises:
        DomainError: a filter value is not valid, or the search has expired.
    """
    elements: QuerySet[Element]
    if query.registry is not None:
        elements = filtered_elements(query.registry, query.data, query.user)[0]
    else:
        elements = Element.objects.visible_to(query.user).standing()
        if query.blocks is not None:
            elements = elements.filter(block_id__any=query.blocks)
        if token := query.data.get("search"):
            elements = apply_search(elements, token=token, user=query.user)
    if query.kinds is None:
        return elements
    chosen = [ELEMENT_KINDS[code].q for code in query.kinds if code in ELEMENT_KINDS]
    return elements.filter(reduce(or_, chosen)) if chosen else elements.none()


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One registry of the legend: how many elements the list has, and how many of them have no place on the map."""

    registry: Registry
    count: Count
    not_on_map: Count

    def as_json(self) -> dict[str, Any]:
        return {
            "registry": self.registry.name,
            "label": str(self.registry.label),
            "kind": self.registry.map_kind,
            **self.count.as_json(),
            "text": str(self.count),
            "not_on_map": {**self.not_on_map.as_json(), "text": str(self.not_on_map)},
        }


def element_legend(query: MapQuery) -> list[LegendRow]:
    """The registries of the query with the counts that list and API give."""
    registries = [query.registry] if query.registry else list(REGISTRIES.values())
    data = query.data if query.registry else _shared_filter(query.data)
    rows = []
    for registry in registries:
        elements = filtered_elements(registry, data, query.user)[0]
        rows.append(LegendRow(registry, capped_count(elements), capped_count(elements.filter(point__isnull=True))))
    return rows


def _shared_filter(data: QueryDict) -> QueryDict:
    """Of the parameters those that every registry has: the others wait in the URL for their registry."""
    shared = QueryDict(mutable=True)
    for name in ("area", "search"):
        if value := data.get(name):
            shared[name] = value
    return shared


def address_legend(query: MapQuery) -> list[dict[str, Any]]:
    """Address dots by depth, from the pyramid."""
    counts = {} if query.blocks == () else counts_by_kind(MapLayer.ADDRESS, query.cover or query.blocks)
    return [
        {"kind": level.name, "label": str(level.label), "count": counts.get(level.name, 0)} for level in ADDRESS_KINDS
    ]


@dataclass(frozen=True, slots=True)
class View:
    """The elements of the query inside a box: the first of them, and how many there are."""

    rows: list[dict[str, Any]]
    count: Count


def parse_box(text: str) -> Polygon:
    """A box from "west,south,east,north" in degrees.

    Raises:
        DomainError: not four numbers of a box.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise DomainError("BAD_BOX", "地图范围无效，请刷新页面。") from error
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise DomainError("BAD_BOX", "地图范围无效，请刷新页面。")
    box = Polygon.from_bbox((west, south, east, north))
    box.srid = SRID
    return box


def elements_in_view(query: MapQuery, box: Polygon | None) -> View:
    """The first elements of the list, in the order of their ids; with a box only those whose dot lies in it."""
    elements = matching_elements(query)
    if box is not None:
        elements = _inside(elements, query, box)
    return View(_rows(elements.order_by("pk")[:LIST_SIZE], query.user), capped_count(elements))


def _inside(elements: QuerySet[Element], query: MapQuery, box: Polygon) -> QuerySet[Element]:
    """Few dots in the box: their ids by the spatial index. Many: a walk along the list finds enough of them soon."""
    dots = MapFeature.objects.filter(layer=MapLayer.ELEMENT, geom__bboverlaps=box)
    if query.blocks is not None:
        dots = dots.filter(block_id__any=query.blocks)
    if query.element_kinds is not None:
        dots = dots.filter(kind__in=query.element_kinds)
    ids = list(dots.values_list("subject_id", flat=True)[: _FEW_IN_VIEW + 1])
    if len(ids) <= _FEW_IN_VIEW:
        return elements.filter(pk__any=ids)
    return elements.filter(point__bboverlaps=box)


def _rows(elements: QuerySet[Element], user: Actor) -> list[dict[str, Any]]:
    in_full = may_read_names(user)
    values = elements.values(
        "pk",
        "kind",
        "label",
        "place_quality",
        "point",
        licence_of=F("licence__element_id"),
        block_name=F("block__name"),
    )
    return [
        {
            "id": row["pk"],
            "kind": DRIVER if row["licence_of"] else row["kind"],
            "kind_label": _("驾驶人") if row["licence_of"] else str(ElementKind(row["kind"]).label),
            "label": shown_label(row["kind"], row["label"], in_full=in_full) or _("（无名称）"),
            "block": row["block_name"],
            "quality": str(PlaceQuality(row["place_quality"]).label),
            "lon": row["point"].x if row["point"] else None,
            "lat": row["point"].y if row["point"] else None,
        }
        for row in values
    ]


@dataclass(frozen=True, slots=True)
class Found:
    """Where the elements of a query lie: their box in degrees, and the first ids to mark."""

    box: tuple[float, float, float, float] | None
    ids: list[int]
    count: Count
    not_on_map: Count


def find_extent(query: MapQuery) -> Found:
    """Box of the first `HIGHLIGHT_LIMIT` placed elements: "zoom to the result" of a search."""
    elements = matching_elements(query)
    ids = list(elements.filter(point__isnull=False).order_by("pk").values_list("pk", flat=True)[:HIGHLIGHT_LIMIT])
    box = Element.objects.filter(pk__any=ids).aggregate(box=Extent("point"))["box"] if ids else None
    return Found(box, ids, capped_count(elements), capped_count(elements.filter(point__isnull=True)))


@dataclass(frozen=True, slots=True)
class Place:
    """What lies at one place of the map."""

    elements: list[dict[str, Any]]
    addresses: list[dict[str, Any]]


def things_at(user: Actor, element_ids: list[int], address_ids: list[int]) -> Place:
    """The named elements and addresses, as far as the user may see them.

    Raises:
        NotAllowed: the user may not read.
    """
    scope = user.scope
    if Right.READ not in scope.rights:
        raise NotAllowed
    elements = Element.objects.visible_to(user).standing().filter(pk__any=element_ids[:PLACE_LIMIT])
    addresses = StandardAddress.objects.filter(pk__any=address_ids[:PLACE_LIMIT])
    if not scope.all_blocks:
        addresses = addresses.filter(block_id__any=scope.block_ids)
    levels = dict(AddressLevel.choices)
    rows = addresses.order_by("full_text").values("pk", "code", "full_text", "level", block_name=F("block__name"))
    return Place(_rows(elements.order_by("kind", "pk"), user), [row | {"level": levels[row["level"]]} for row in rows])
